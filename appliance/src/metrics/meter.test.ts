import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SharedState, histogramBoundsMicros, sharedStateBytes } from '../aaa/shared-state.ts'
import { LATENCY_LOGINS_MIN, Meter, quantileMicros } from './meter.ts'

const metered = () => {
  const state = new SharedState(new SharedArrayBuffer(sharedStateBytes))
  return { state, meter: new Meter(state) }
}

test('a counter goes on where shared memory has come round, and so does a sum of microseconds', () => {
  const { state, meter } = metered()
  state.count('accepts', 0xffff_fff0)
  state.observe('login', 0x7fff_ffff)
  meter.look(0)
  state.count('accepts', 0x20)
  state.observe('login', 0x7fff_ffff)
  state.observe('login', 3)
  meter.look(1000)
  expect(meter.count('accepts')).toBe(0x1_0000_0010)
  expect(meter.tally('login').sumMicros).toBe(0x1_0000_0001)
  expect(state.read('accepts')).toBe(0x10)
})

test('a histogram counts each answer in the first bucket that it fits into, and touches nothing else', () => {
  const { state, meter } = metered()
  for (const micros of [0, 200, 201, 999_999, 1_000_001]) state.observe('login', micros)
  state.observe('commit', 700)
  meter.look(0)
  expect(meter.tally('login').counts).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
  expect(meter.tally('commit')).toEqual({ counts: [0, 1, ...Array<number>(11).fill(0)], sumMicros: 700 })
  expect(meter.tally('proxied').counts.every((count) => count === 0)).toBe(true)
  expect([state.get('storeFailing'), state.read('radsecDropped')]).toEqual([0, 0])
})

test('the p95 is that of the last five minutes: what was slow before them is forgotten', () => {
  const { state, meter } = metered()
  const login = (count: number, micros: number) => {
    for (let n = 0; n < count; n++) state.observe('login', micros)
  }
  meter.look(0)
  login(100, 400_000)
  meter.look(10_000)
  expect(meter.recentLogins().p95Ms).toBeGreaterThan(200)
  for (let at = 20_000; at <= 320_000; at += 10_000) {
    login(1, 100)
    meter.look(at)
  }
  const { logins, p95Ms } = meter.recentLogins()
  expect([logins, p95Ms! < 1]).toEqual([30, true])
})

test('a few logins at night tell nothing', () => {
  const { state, meter } = metered()
  meter.look(0)
  for (let n = 1; n < LATENCY_LOGINS_MIN; n++) state.observe('login', 900_000)
  meter.look(1000)
  expect(meter.recentLogins()).toEqual({ logins: LATENCY_LOGINS_MIN - 1, p95Ms: undefined })
})

test('a quantile lies in the bucket that the true one lies in', () => {
  const bounds = histogramBoundsMicros.login
  const bucketOf = (micros: number) => {
    const at = bounds.findIndex((bound) => micros <= bound)
    return at === -1 ? bounds.length - 1 : at
  }
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 200 }), (micros) => {
      const counts = Array<number>(bounds.length + 1).fill(0)
      for (const one of micros) counts[bucketOf(one)]! += 1
      const exact = micros.toSorted((a, b) => a - b)[Math.ceil(0.95 * micros.length) - 1]!
      const told = quantileMicros(bounds, counts, 0.95)
      const bucket = bucketOf(exact)
      expect(told).toBeGreaterThanOrEqual(bounds[bucket - 1] ?? 0)
      expect(told).toBeLessThanOrEqual(bounds[bucket]!)
    }),
  )
})
