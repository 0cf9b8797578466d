import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RESERVATION_SEC, SlotTable, deviceHash, slotTableBytes } from './slots.ts'

const table = (): SlotTable => new SlotTable(new SharedArrayBuffer(slotTableBytes))
const A = deviceHash('AA:00:00:00:00:01')
const B = deviceHash('AA:00:00:00:00:02')

test('a device keeps its slot, another one is refused when the limit is reached', () => {
  const slots = table()
  expect(slots.reserve(7, A, 1, 100)).toBe('reserved')
  expect(slots.reserve(7, A, 1, 101)).toBe('reserved')
  expect(slots.reserve(7, B, 1, 102)).toBe('full')
  expect(slots.reserve(8, B, 1, 102)).toBe('reserved')
})

test('a reservation without a Start lapses; an open session does not', () => {
  const slots = table()
  slots.reserve(7, A, 1, 100)
  expect(slots.reserve(7, B, 1, 100 + RESERVATION_SEC)).toBe('reserved')
  slots.open(7, B)
  expect(slots.reserve(7, A, 1, 100 + 10 * RESERVATION_SEC)).toBe('full')
  slots.close(7, B)
  expect(slots.reserve(7, A, 1, 100 + 10 * RESERVATION_SEC)).toBe('reserved')
})

test('two sessions of one device take one slot, which is free when both have ended', () => {
  const slots = table()
  slots.open(7, A)
  slots.open(7, A)
  slots.close(7, A)
  expect(slots.taken(7, 0)).toBe(1)
  slots.close(7, A)
  expect(slots.taken(7, 0)).toBe(0)
  slots.close(7, A)
  expect(slots.taken(7, 0)).toBe(0)
})

test('a session that the NAS let in counts, over the limit too', () => {
  const slots = table()
  slots.open(7, A)
  slots.open(7, B)
  expect(slots.taken(7, 0)).toBe(2)
})

test('lapsed reservations are swept, whoever made them', () => {
  const slots = table()
  for (let grant = 1; grant <= 1000; grant++) slots.reserve(grant, A, 1, 100)
  slots.sweep(100 + RESERVATION_SEC)
  for (let grant = 1; grant <= 1000; grant++) expect(slots.taken(grant, 0)).toBe(0)
})

test('a shard that is full refuses instead of forgetting', () => {
  const slots = table()
  const answers = new Set<string>()
  for (let device = 1; device < 5000; device++) answers.add(slots.reserve(7, device, 100_000, 100))
  expect([...answers].sort()).toEqual(['reserved', 'table-full'])
})

test('whatever happens, the table says what a plain map says', () => {
  const step = fc.record({
    what: fc.constantFrom('reserve' as const, 'open' as const, 'close' as const, 'release' as const),
    grant: fc.integer({ min: 1, max: 6 }),
    device: fc.integer({ min: 1, max: 4 }),
    wait: fc.integer({ min: 0, max: 40 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const slots = table()
      const model = new Map<string, { open: number; until: number }>()
      let now = 1000
      for (const { what, grant, device, wait } of steps) {
        now += wait
        const key = `${grant}/${device}`
        const alive = (): [string, { open: number; until: number }][] =>
          [...model].filter(([name, entry]) => name.startsWith(`${grant}/`) && (entry.open > 0 || entry.until > now))
        const known = alive().find(([name]) => name === key)?.[1]
        const fits = known !== undefined || alive().length < 2
        const answer = what === 'reserve' ? slots.reserve(grant, device, 2, now) : undefined
        expect(answer).toBe(what === 'reserve' ? (fits ? 'reserved' : 'full') : undefined)
        if (what === 'reserve') {
          if (fits) model.set(key, { open: known?.open ?? 0, until: now + RESERVATION_SEC })
        } else if (what === 'open') {
          slots.open(grant, device)
          model.set(key, { open: (model.get(key)?.open ?? 0) + 1, until: 0 })
        } else if (what === 'close') {
          slots.close(grant, device)
          const entry = model.get(key)
          if (entry && entry.open > 0) model.set(key, { ...entry, open: entry.open - 1 })
        } else {
          slots.release(grant, device)
          const entry = model.get(key)
          if (entry) model.set(key, { ...entry, until: 0 })
        }
        expect(slots.taken(grant, now)).toBe(alive().length)
      }
    }),
    { numRuns: 60 },
  )
})

/** Each worker takes slots of the same grants as fast as it can and tells how many it got. */
const RACER = `
  const { parentPort, workerData } = require('node:worker_threads')
  import(workerData.script).then(({ SlotTable }) => {
    const slots = new SlotTable(workerData.buffer)
    let got = 0
    for (let grant = 1; grant <= 2000; grant++) if (slots.reserve(grant, workerData.device, 1, 100) === 'reserved') got += 1
    parentPort.postMessage(got)
  })`

test('two threads at once never both take the last slot', async () => {
  const buffer = new SharedArrayBuffer(slotTableBytes)
  const script = new URL('./slots.ts', import.meta.url).href
  const racers = [1, 2, 3].map(
    (device) =>
      new Promise<number>((resolve, reject) => {
        const worker = new Worker(RACER, { eval: true, workerData: { buffer, script, device } })
        worker.once('message', resolve).once('error', reject)
      }),
  )
  const got = await Promise.all(racers)
  expect(got.reduce((sum, n) => sum + n, 0)).toBe(2000)
})
