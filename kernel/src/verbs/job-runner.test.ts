import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { ok } from '../base/index.ts'
import { memorySite } from '../testing/index.ts'
import { addShelf, shelves, shop } from '../testing/shop.fixture.ts'
import { defineCommand } from './command.ts'
import { defineJob, jobDefaults, type AnyJob, type Enqueue, type JobContext } from './job.ts'
import { backoffMs } from './job-runner.ts'
import { defineModule } from './module.ts'
import { jobs } from './tables.ts'

/** A site with one job, a command that enqueues it, and the tries it saw. */
const siteWith = (run: (context: JobContext, input: { n: number }) => Promise<void>, rest: Partial<AnyJob> = {}) => {
  const tries: number[] = []
  const job = defineJob({
    name: 'work',
    input: z.object({ n: z.int().default(0) }),
    limits: { attemptsMax: 3, timeoutMs: 1000, backoffMs: 100, backoffMsMax: 10_000, atOnce: 2 },
    run: (context, input) => {
      tries.push(context.attempt)
      return run(context, input)
    },
    ...rest,
  })
  const order = (options?: Enqueue) =>
    defineCommand({
      name: 'work.order',
      summary: 'Of the test.',
      permission: 'x',
      input: z.object({ n: z.int().default(0) }),
      handle({ enqueue }, { n }) {
        enqueue(job, { n }, options)
        return ok()
      },
    })
  const site = memorySite([shop, defineModule({ name: 'work', jobs: [job] })])
  const states = () => site.database.raw.prepare('SELECT state FROM jobs').pluck().all()
  return { site, order, tries, states, job }
}

test('a job that ends well is gone', async () => {
  const { site, order, tries } = siteWith(async () => {})
  site.must(order(), {})
  await site.runJobs()
  expect([tries, site.count(jobs)]).toEqual([[1], 0])
})

test('a job waits for its time', async () => {
  const { site, order, tries } = siteWith(async () => {})
  site.must(order({ runAt: site.clock.now() + 5000 }), {})
  await site.runJobs()
  expect(tries).toEqual([])
  await site.clock.advanceAsync(5000)
  expect(tries).toEqual([1])
})

test('a failure is tried again after a growing wait; at its limit the job stays visible, with an alarm and a button', async () => {
  let broken = true
  const { site, order, tries, states } = siteWith(async () => {
    if (broken) throw new Error('printer on fire')
  })
  site.must(order(), {})
  await site.runJobs()
  await site.clock.advanceAsync(49)
  expect([tries, states()]).toEqual([[1], ['ready']])
  await site.clock.advanceAsync(60_000)
  expect([tries, states()]).toEqual([[1, 2, 3], ['failed']])
  expect(site.jobs.failed()).toMatchObject([{ name: 'work', input: { n: 0 }, error: 'printer on fire', attempts: 3 }])
  expect(site.told.at(-1)).toMatchObject({
    name: 'alarm.raised',
    data: { kind: 'JobFailed', name: 'work', message: 'printer on fire' },
  })
  broken = false
  expect(site.jobs.retry(site.jobs.failed()[0]!.id)).toBe(true)
  await site.runJobs()
  expect([tries, site.count(jobs)]).toEqual([[1, 2, 3, 1], 0])
  expect(site.jobs.retry('job_nobody')).toBe(false)
})

test('backoff doubles to its maximum, with jitter between a half and the whole', () => {
  const limits = { ...jobDefaults, backoffMs: 100, backoffMsMax: 1000 }
  expect([1, 2, 3, 4, 5, 50].map((attempt) => backoffMs(limits, attempt, 1))).toEqual([100, 200, 400, 800, 1000, 1000])
  expect(backoffMs(limits, 1, 0)).toBe(50)
})

test('a job that does not end is aborted and counted as failed', async () => {
  let aborted = false
  const { site, order, states } = siteWith(
    ({ signal }) => new Promise(() => signal.addEventListener('abort', () => (aborted = true))),
  )
  site.must(order(), {})
  site.jobs.tick()
  await site.clock.advanceAsync(999)
  expect(aborted).toBe(false)
  await site.clock.advanceAsync(1)
  expect([aborted, states()]).toEqual([true, ['ready']])
  expect(site.database.raw.prepare('SELECT error FROM jobs').pluck().get()).toBe('no end after 1000 ms')
})

test('no more of a kind run at once than its limit says', async () => {
  let running = 0
  let most = 0
  const release: (() => void)[] = []
  const { site, order } = siteWith(async () => {
    most = Math.max(most, ++running)
    await new Promise<void>((resolve) => release.push(resolve))
    running -= 1
  })
  for (let n = 0; n < 5; n++) site.must(order(), { n })
  site.jobs.tick()
  while (site.count(jobs) > 0) {
    release.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(most).toBe(2)
})

test('what waits for room, or is nobody’s job, does not keep the box awake', async () => {
  const held = Promise.withResolvers<void>()
  const { site, order, tries } = siteWith(() => held.promise)
  for (let n = 0; n < 5; n++) site.must(order(), { n })
  site.database.raw.exec("UPDATE jobs SET name = 'gone' WHERE id = (SELECT max(id) FROM jobs)")
  const looks = vi.spyOn(site.clock, 'after')
  site.jobs.tick()
  await site.clock.advanceAsync(900)
  // One for each of the two that run to be cut off, and one to look again.
  expect([tries.length, looks.mock.calls.length]).toEqual([2, 3])
  held.resolve()
  await site.jobs.settled()
  expect(tries).toHaveLength(4)
})

test('a second job with a key brings the waiting one forward, and never puts it off', async () => {
  const { site, order, tries } = siteWith(async () => {})
  const at = site.clock.now()
  site.must(order({ key: 'k', runAt: at + 60_000 }), { n: 1 })
  site.must(order({ key: 'k', runAt: at + 5000 }), { n: 2 })
  site.must(order({ key: 'k', runAt: at + 90_000 }), { n: 3 })
  expect(site.count(jobs)).toBe(1)
  await site.runJobs()
  await site.clock.advanceAsync(4999)
  expect(tries).toEqual([])
  await site.clock.advanceAsync(1)
  expect(tries).toEqual([1])
})

test('a key keeps a second waiting job away', async () => {
  const { site, order, tries } = siteWith(async () => {})
  for (let n = 0; n < 3; n++) site.must(order({ key: 'k' }), { n })
  await site.runJobs()
  expect(tries).toEqual([1])
  site.must(order({ key: 'k' }), {})
  await site.runJobs()
  expect(tries).toEqual([1, 1])
})

test('a retried job does not repeat the command that its first try carried out', async () => {
  const { site, order } = siteWith(async ({ dispatch, attempt }) => {
    dispatch(addShelf, { name: 'once' })
    dispatch(addShelf, { name: 'second' }, '/2')
    if (attempt < 3) throw new Error('after the command')
  })
  site.must(order(), {})
  await site.runJobs()
  await site.clock.advanceAsync(60_000)
  expect([site.count(shelves), site.count(jobs)]).toEqual([2, 0])
})

test('the service runs what a commit left, by its event, until it is stopped', async () => {
  const { site, order, tries } = siteWith(async () => {})
  const stop = new AbortController()
  const ended = site.jobs.run(stop.signal)
  site.must(order(), {})
  await site.jobs.settled()
  expect(tries).toEqual([1])
  stop.abort()
  await ended
  site.must(order(), {})
  expect([tries, site.clock.pending()]).toEqual([[1], 0])
})

test('a job that has ended is forgotten, however long the box runs on', async () => {
  const signals: WeakRef<AbortSignal>[] = []
  const { site, order } = siteWith(async ({ signal }) => void signals.push(new WeakRef(signal)))
  const stop = new AbortController()
  const ended = site.jobs.run(stop.signal)
  for (let n = 0; n < 5; n++) site.must(order(), { n })
  await site.runJobs()
  // A turn of the event loop: what a WeakRef was made of in this one is kept until it is over.
  await new Promise((resolve) => setImmediate(resolve))
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  collectGarbage()
  expect(signals.map((signal) => signal.deref())).toEqual([undefined, undefined, undefined, undefined, undefined])
  stop.abort()
  await ended
})

test('what a stop cut off runs again at the next start, and the cut-off try does not count', async () => {
  const { site, order, tries } = siteWith(async ({ attempt, signal }) => {
    if (attempt === 1 && tries.length === 1) await new Promise((_, reject) => signal.addEventListener('abort', reject))
  })
  site.must(order(), {})
  const stop = new AbortController()
  const ended = site.jobs.run(stop.signal)
  stop.abort()
  await ended
  expect(site.database.raw.prepare('SELECT state FROM jobs').pluck().get()).toBe('running')
  const again = new AbortController()
  void site.jobs.run(again.signal)
  await site.jobs.settled()
  again.abort()
  expect([tries, site.count(jobs)]).toEqual([[1, 1], 0])
})

test('a recurring job is there from the start, keeps its rhythm, and is never given up', async () => {
  let fail = false
  const shelvesMade: string[] = []
  const { site, tries, states } = siteWith(
    async ({ dispatch }) => {
      if (fail) throw new Error('no')
      const made = dispatch(addShelf, { name: 'each' })
      if (made.ok) shelvesMade.push(made.value.id)
    },
    { everyMs: 60_000 },
  )
  const stop = new AbortController()
  const ended = site.jobs.run(stop.signal)
  await site.clock.advanceAsync(120_000)
  expect([tries.length, new Set(shelvesMade).size]).toEqual([3, 3])
  fail = true
  await site.clock.advanceAsync(300_000)
  expect(states()).toEqual(['ready'])
  expect(site.told.some((one) => one.name === 'alarm.raised')).toBe(true)
  fail = false
  await site.clock.advanceAsync(120_000)
  expect(new Set(shelvesMade).size).toBeGreaterThan(3)
  stop.abort()
  await ended
})

test('a job of a feature that is gone is left alone', async () => {
  const { site, order, tries } = siteWith(async () => {})
  site.must(order(), {})
  site.database.raw.exec("UPDATE jobs SET name = 'gone'")
  await site.runJobs()
  expect([tries, site.count(jobs)]).toEqual([[], 1])
})

test('a job’s input is checked when it is ordered', () => {
  const { site, order } = siteWith(async () => {})
  expect(site.dispatch({ ...order(), input: z.object({ n: z.number() }) } as never, { n: 0.5 } as never)).toMatchObject(
    { ok: false },
  )
  expect(site.count(jobs)).toBe(0)
})
