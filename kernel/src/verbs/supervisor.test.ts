import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { collectingLog, fakeClock, seededRandom } from '../testing/index.ts'
import { supervise, supervisorLimits, type Service } from './supervisor.ts'

const setUp = (services: Service[], clock = fakeClock()) => {
  const log = collectingLog()
  return { clock, log, supervisor: supervise(services, { clock, timers: clock, random: seededRandom(1), log }) }
}
const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))

test('services run until they are stopped, and stopping waits for their end', async () => {
  let cleaned = false
  const { supervisor } = setUp([
    {
      name: 'radius',
      async run(signal) {
        await untilAborted(signal)
        cleaned = true
      },
    },
  ])
  expect(supervisor.states()).toEqual([{ name: 'radius', state: 'running', falls: 0 }])
  expect(await supervisor.stop()).toEqual([])
  expect([cleaned, supervisor.states()[0]!.state]).toEqual([true, 'stopped'])
})

test.each([
  ['throws', () => Promise.reject(new Error('port in use'))],
  ['ends by itself', () => Promise.resolve()],
])('a service that %s is started again, after waits that double up to their limit', async (_, run) => {
  const starts: number[] = []
  const clock = fakeClock()
  const service = { name: 'a', run: () => (starts.push(clock.monotonicMs()), run()) }
  const { supervisor, log } = setUp([service], clock)
  await clock.advanceAsync(300_000)
  const waits = starts.slice(1).map((at, index) => at - starts[index]!)
  for (const [index, wait] of waits.entries()) {
    const longest = Math.min(supervisorLimits.backoffMsMax, supervisorLimits.backoffMs * 2 ** index)
    expect(wait).toBeGreaterThanOrEqual(longest / 2)
    expect(wait).toBeLessThanOrEqual(longest)
  }
  expect(waits.length).toBeGreaterThan(8)
  expect(log.lines.length).toBe(starts.length)
  expect(supervisor.states()[0]!.falls).toBe(starts.length)
  expect(await supervisor.stop()).toEqual([])
})

test('a service that falls again and again leaves nothing behind that waits for the end of the box', async () => {
  const clock = fakeClock()
  const listening: number[] = []
  const run = (signal: AbortSignal) => {
    listening.push(getEventListeners(signal, 'abort').length)
    return Promise.reject(new Error('port in use'))
  }
  const { supervisor } = setUp([{ name: 'a', run }], clock)
  await clock.advanceAsync(60_000)
  expect(listening.length).toBeGreaterThan(3)
  expect(new Set(listening)).toEqual(new Set([0]))
  expect(await supervisor.stop()).toEqual([])
})

test('a service that ran steadily starts its backoff anew', async () => {
  const starts: number[] = []
  const clock = fakeClock()
  const run = () =>
    new Promise<void>((resolve) => {
      starts.push(clock.monotonicMs())
      clock.after(starts.length === 5 ? supervisorLimits.steadyMs : 0, resolve)
    })
  const { supervisor } = setUp([{ name: 'a', run }], clock)
  await clock.advanceAsync(80_000)
  const waitAfterSteady = starts[5]! - starts[4]! - supervisorLimits.steadyMs
  expect(waitAfterSteady).toBeLessThanOrEqual(supervisorLimits.backoffMs)
  await supervisor.stop()
})

test('one that falls leaves its neighbours alone, and one that does not end is named', async () => {
  const { clock, supervisor } = setUp([
    { name: 'falls', run: () => Promise.reject(new Error('x')) },
    { name: 'stubborn', run: () => new Promise(() => {}) },
  ])
  await clock.advanceAsync(10)
  expect(supervisor.states().map((one) => one.state)).toEqual(['waiting', 'running'])
  const stopped = supervisor.stop()
  await clock.advanceAsync(supervisorLimits.stopMsMax)
  expect(await stopped).toEqual(['stubborn'])
})
