import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { join } from 'node:path'
import { fakeClock, seededRandom } from '@lango/kernel/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { accountingPackets, loginPackets, runLoad, SOCKETS } from '../aaa/load.ts'
import { testBox, type TestBox } from '../cli/testing/box.ts'
import type { Minute } from '../machine/day-history.ts'
import { readCeiling, scratchOf, shareOf, writeCeiling, type Ceiling } from './ceiling.ts'
import { BenchService } from './service.ts'

let box: TestBox
beforeEach(() => void (box = testBox()))
afterEach(() => box.remove())

const users = [
  { login: 'a', password: 'one', mac: '02-00-00-00-00-01' },
  { login: 'b', password: 'two', mac: '02-00-00-00-00-02' },
]
const ceiling: Ceiling = {
  at: 1,
  releasedAt: 2,
  logins: { perSec: 1000, p95Ms: 5 },
  accounting: { perSec: 500, p95Ms: 9 },
  lost: 0,
  processor: 'Cortex-A53',
  processors: 4,
  memoryOctets: 1e9,
}

test('packets are each their own: no id twice in flight on a socket, no session of two loads', () => {
  const packets = accountingPackets(2000, users, 'secret', 'run')
  for (const [at, packet] of packets.entries()) expect(packet[1]).toBe(Math.floor(at / SOCKETS) % 256)
  const texts = packets.map((packet) => packet.toString('latin1'))
  expect(texts.filter((text) => text.includes('run-0')).length).toBe(3)
  expect(
    new Set(loginPackets(500, users, 'secret', seededRandom(1)).map((packet) => packet.toString('hex'))).size,
  ).toBe(500)
})

/** Answers as told, by the count of the request. */
const server = async (answer: (count: number) => number | undefined) => {
  const socket = createSocket('udp4')
  let count = 0
  socket.on('message', (packet, { port, address }) => {
    const code = answer(count++)
    if (code !== undefined) socket.send(Buffer.from([code, packet[1]!, 0, 20, ...Buffer.alloc(16)]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { port: socket.address().port, close: () => socket.close() }
}

test('a load counts what is answered, what is refused and what is lost, and ends', async () => {
  const { port, close } = await server((count) => (count === 10 ? undefined : count === 20 ? 3 : 2))
  const result = await runLoad(loginPackets(1000, users, 'secret', seededRandom(1)), port, 60_000)
  close()
  // On a machine that is very busy more may come too late.
  expect(result.answered + result.lost).toBe(1000)
  expect(result.lost).toBeGreaterThan(0)
  expect(result.answered).toBeGreaterThan(0)
  expect(result.refused).toBeLessThanOrEqual(1)
  expect(result.perSec).toBeGreaterThan(0)
})

test('a load on nobody ends too', async () => {
  const { port, close } = await server(() => undefined)
  const result = await runLoad(loginPackets(10, users, 'secret', seededRandom(1)), port, 10)
  close()
  expect(result).toMatchObject({ answered: 0, perSec: 0, lost: 10 })
})

test('what was measured is kept; what is unreadable counts as nothing', () => {
  expect(readCeiling(box.folder)).toBeUndefined()
  writeCeiling(box.folder, ceiling)
  expect(readCeiling(box.folder)).toEqual(ceiling)
  for (const nonsense of ['', '{', '{"at":1}', JSON.stringify({ ...ceiling, logins: { perSec: 0, p95Ms: 1 } })]) {
    writeFileSync(join(box.dir, 'bench-self.json'), nonsense)
    expect(readCeiling(box.folder)).toBeUndefined()
  }
})

test('a load takes of the box what its logins and its accounting take together', () => {
  expect(shareOf(ceiling, [])).toBe(0)
  // 100 logins a second are a tenth, 100 of accounting a fifth.
  expect(
    shareOf(ceiling, [
      { logins: 6000, accounting: 6000 },
      { logins: 60, accounting: 0 },
    ]),
  ).toBeCloseTo(0.3)
})

const machine = { cpuShare: 0.1, memoryUsedShare: 0.5, clockSure: true, upSec: 1 }
const serviceOf = (minutes: readonly Minute[]) =>
  new BenchService({ folder: box.folder, clock: fakeClock(), machine: () => machine, minutes: () => minutes })

test('a box with much to do does not measure itself, and one that never has says nothing of its load', () => {
  const busy = serviceOf([{ at: 5, machine, logins: 600, accounting: 1200 }])
  expect(busy.start()).toMatchObject({ ok: false, error: { type: 'BenchBusy', perSec: 30 } })
  expect(busy.show()).toEqual({})
  writeCeiling(box.folder, ceiling)
  expect(busy.show()).toMatchObject({ ceiling, busiest: { share: 0.05, from: 5 } })
})

test('one that is stopped leaves nothing behind, and can be stopped again', async () => {
  const service = serviceOf([])
  mkdirSync(scratchOf(box.folder))
  writeFileSync(join(scratchOf(box.folder), 'left'), 'by a power cut')
  expect(service.start()).toMatchObject({ ok: true, value: { running: expect.any(Number) as number } })
  expect(existsSync(join(scratchOf(box.folder), 'left'))).toBe(false)
  await service.stop()
  expect(service.show()).toEqual({ fault: { type: 'BenchStopped' } })
  expect(existsSync(scratchOf(box.folder))).toBe(false)
  await service.stop()
  expect(readCeiling(box.folder)).toBeUndefined()
})
