import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  AT_ONCE_MAX,
  batchEnds,
  batchOf,
  busyHoursOf,
  deviceStates,
  mayBegin,
  mustHalt,
  tallyOf,
  type DeviceState,
  type Plan,
} from './progress.ts'
import { isQuiet } from '../updates/index.ts'

const plan = (change: Partial<Plan> = {}): Plan => ({
  batchPercents: [10, 50],
  failPercent: 20,
  forgivenFailed: 0,
  forgivenBegun: 0,
  ...change,
})
const anyPlan = fc.record<Plan>({
  batchPercents: fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 4 }),
  failPercent: fc.integer({ min: 1, max: 100 }),
  forgivenFailed: fc.constant(0),
  forgivenBegun: fc.constant(0),
})
const devices = (...states: readonly DeviceState[]) => states.map((state) => ({ state }))

test('one comes first, then each batch when all of the one before are over', () => {
  expect(batchEnds(100, plan())).toEqual([1, 10, 50, 100])
  expect(batchEnds(3, plan())).toEqual([1, 2, 3])
  expect(batchEnds(1, plan())).toEqual([1])
  const tally = (all: number, begun: number, over: number) => ({ all, begun, over, failed: 0 })
  expect(mayBegin(tally(100, 0, 0), plan())).toBe(1)
  expect(mayBegin(tally(100, 1, 0), plan())).toBe(0)
  expect(mayBegin(tally(100, 1, 1), plan())).toBe(9)
  expect(mayBegin(tally(100, 10, 9), plan())).toBe(0)
  expect([batchOf(tally(100, 10, 10), plan()), mayBegin(tally(100, 10, 10), plan())]).toEqual([2, AT_ONCE_MAX])
})

test('whatever the plan, all are reached, one at first, never more at once than may be', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), anyPlan, fc.infiniteStream(fc.nat()), (all, wanted, pick) => {
      let [begun, over] = [0, 0]
      for (let turns = 0; over < all; turns += 1) {
        expect(turns).toBeLessThan(all * 3)
        const more = mayBegin({ all, begun, over, failed: 0 }, wanted)
        expect(over === 0 && begun + more !== 1).toBe(false)
        expect(begun + more).toBeLessThanOrEqual(all)
        begun += more
        expect(begun - over).toBeLessThanOrEqual(AT_ONCE_MAX)
        // Some of those under way come to their end, one at least.
        over += 1 + ((pick.next().value as number) % (begun - over))
      }
    }),
    { numRuns: 300 },
  )
})

test('it stops when the rate is reached, and a failure that was forgiven counts no more', () => {
  const states = (count: number, failed: number) => ({ all: 50, begun: count, over: count, failed })
  expect([states(10, 1), states(10, 2), states(1, 1), states(0, 0)].map((one) => mustHalt(one, plan()))).toEqual([
    false,
    true,
    true,
    false,
  ])
  const forgiving = plan({ forgivenFailed: 2, forgivenBegun: 10 })
  expect([states(10, 2), states(16, 3), states(14, 3)].map((one) => mustHalt(one, forgiving))).toEqual([
    false,
    false,
    true,
  ])
  expect(mayBegin(states(10, 2), plan())).toBe(0)
})

test('those that were left out belong to no batch, and whoever is away keeps nobody waiting', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...deviceStates), { maxLength: 40 }), (states) => {
      const tally = tallyOf(devices(...states))
      expect(tally.all).toBe(states.filter((state) => state !== 'skipped').length)
      expect(tally.failed).toBeLessThanOrEqual(tally.over)
      expect(tally.over).toBeLessThanOrEqual(tally.begun)
      expect(tally.begun).toBeLessThanOrEqual(tally.all)
    }),
  )
  expect(mayBegin(tallyOf(devices('skipped', 'good', 'waiting', 'waiting', 'waiting')), plan())).toBe(1)
})

const HOUR_MS = 3_600_000
const hourOfDay = (at: number): number => Math.floor(at / HOUR_MS) % 24

test('a router’s quiet hour is the one in which the fewest were online there', () => {
  // Always somebody from 5 to 1, nobody in the four hours between.
  const stays = Array.from({ length: 7 }, (_, day) => ({
    startedAt: (day * 24 + 5) * HOUR_MS,
    endedAt: (day * 24 + 25) * HOUR_MS,
  }))
  const busy = busyHoursOf(stays, hourOfDay)
  const window = { windowFromHour: null, windowToHour: null }
  expect(Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => isQuiet(window, hour, busy))).toEqual([3])
  expect(busy[5]).toBe(7 * 3600)
  expect(busy.slice(24, 48)).toEqual(busy.slice(0, 24))
})

test('the hours of a stay add up to it', () => {
  const stay = fc
    .tuple(fc.integer({ min: 0, max: 30 * 24 * HOUR_MS }), fc.integer({ min: 0, max: 20 * 24 * HOUR_MS }))
    .map(([startedAt, lengthMs]) => ({ startedAt, endedAt: startedAt + lengthMs }))
  fc.assert(
    fc.property(fc.array(stay, { maxLength: 5 }), (stays) => {
      const sum = busyHoursOf(stays, hourOfDay)
        .slice(0, 24)
        .reduce((a, b) => a + b, 0)
      const whole = stays.reduce((total, { startedAt, endedAt }) => total + (endedAt - startedAt) / 1000, 0)
      expect(sum).toBeCloseTo(whole, 3)
    }),
  )
})
