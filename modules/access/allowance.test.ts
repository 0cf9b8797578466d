import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allowanceAt, type QuotaTerms, type Usage } from './allowance.ts'
import { Calendar, METER_HOUR_MS } from './calendar.ts'
import { openPolicy, type Policy } from './policy.ts'

const ZONE = 'Africa/Nairobi'
const calendar = new Calendar(ZONE)
const at = (text: string): number => Temporal.ZonedDateTime.from(`${text}[${ZONE}]`).epochMilliseconds
const GB = 1_000_000_000

type Used = readonly (readonly [at: string, octets: number])[]

/** Usage as the hours have it. */
const usageOf =
  (used: Used) =>
  ({ fromAt, toAt = Infinity }: { fromAt: number; toAt?: number | undefined }): Usage => {
    const inside = used.filter(([when]) => {
      const hourAt = Math.floor(at(when) / METER_HOUR_MS) * METER_HOUR_MS
      return hourAt >= fromAt && hourAt < toAt
    })
    return { octets: inside.reduce((sum, [, octets]) => sum + octets, 0), sec: inside.length * 60 }
  }

const allowance = (now: string, used: Used, terms: Partial<QuotaTerms>, policy: Partial<Policy> = {}) =>
  allowanceAt(
    { quotaOctets: 10 * GB, quotaSec: null, topUps: [], beganAt: at('2026-01-15T10:00'), ...terms },
    { ...openPolicy, quotaPeriod: 'month', ...policy },
    calendar,
    usageOf(used),
    at(now),
  )
const octets = (...asked: Parameters<typeof allowance>) => {
  const { used, left, over, rolledOver, toppedUp } = allowance(...asked).octets!
  return { used: used / GB, left: left / GB, over: over / GB, rolledOver: rolledOver / GB, toppedUp: toppedUp / GB }
}

test('a month counts its own usage; what is used beyond it is over', () => {
  const used: Used = [
    ['2026-01-31T23:59', 9 * GB],
    ['2026-02-01T00:00', 4 * GB],
    ['2026-02-10T00:00', 7 * GB],
  ]
  expect(octets('2026-01-31T23:59', used.slice(0, 1), {})).toMatchObject({ used: 9, left: 1, over: 0 })
  expect(octets('2026-02-01T00:00', used.slice(0, 2), {})).toMatchObject({ used: 4, left: 6, over: 0 })
  expect(octets('2026-02-10T00:00', used, {})).toMatchObject({ used: 11, left: 0, over: 1 })
  expect(octets('2026-03-01T00:00', used, {})).toMatchObject({ used: 0, left: 10, over: 0 })
})

test('time is counted by the same periods, and both may be limited', () => {
  const used: Used = [
    ['2026-01-31T12:00', GB],
    ['2026-02-01T12:00', GB],
  ]
  const both = allowance('2026-02-02T00:00', used, { quotaSec: 90 })
  expect(both.sec).toMatchObject({ used: 60, left: 30, over: 0 })
  expect(both.octets).toMatchObject({ used: GB, left: 9 * GB })
  expect(allowance('2026-02-02T00:00', used, { quotaOctets: null, quotaSec: 90 }).octets).toBeUndefined()
})

test('a top-up is good until the end of its period, after the data of the plan', () => {
  const topUps = [{ at: at('2026-02-10T12:00'), octets: 5 * GB }]
  const used: Used = [['2026-02-11T00:00', 12 * GB]]
  expect(octets('2026-02-10T13:00', [], { topUps })).toMatchObject({ left: 15, toppedUp: 5 })
  expect(octets('2026-02-12T00:00', used, { topUps })).toMatchObject({ left: 3, toppedUp: 5, over: 0 })
  expect(octets('2026-03-01T00:00', used, { topUps })).toMatchObject({ left: 10, toppedUp: 0 })
})

test('what was used beyond the quota is paid by the next top-up of the period', () => {
  const topUps = [{ at: at('2026-02-12T12:00'), octets: 5 * GB }]
  expect(octets('2026-02-13T00:00', [['2026-02-10T00:00', 11 * GB]], { topUps })).toMatchObject({ left: 4, over: 0 })
})

test('a top-up until an instant is used first where it ends first, and its rest lapses then', () => {
  const topUps = [{ at: at('2026-02-10T12:30'), octets: 5 * GB, untilAt: at('2026-02-11T12:30') }]
  const used: Used = [
    ['2026-02-01T00:00', 2 * GB],
    ['2026-02-10T20:00', 3 * GB],
  ]
  expect(octets('2026-02-11T12:29', used, { topUps })).toMatchObject({ left: 10, toppedUp: 5 })
  expect(octets('2026-02-11T12:30', used, { topUps })).toMatchObject({ left: 8, toppedUp: 3 })
})

test('a top-up that outlives its period keeps what earlier periods have left of it', () => {
  const topUps = [{ at: at('2026-02-10T12:00'), octets: 5 * GB, untilAt: at('2026-04-01T12:00') }]
  const used: Used = [
    ['2026-02-11T00:00', 13 * GB],
    ['2026-03-11T00:00', 11 * GB],
  ]
  expect(octets('2026-03-01T00:00', used.slice(0, 1), { topUps })).toMatchObject({ left: 12, toppedUp: 2 })
  expect(octets('2026-03-12T00:00', used, { topUps })).toMatchObject({ left: 1, toppedUp: 2 })
  expect(octets('2026-04-01T11:00', used, { topUps })).toMatchObject({ left: 11, toppedUp: 1 })
  expect(octets('2026-04-01T12:00', used, { topUps })).toMatchObject({ left: 10, toppedUp: 0 })
})

test('a top-up that has lapsed does not count against one that was bought later, also without periods', () => {
  const topUps = [
    { at: at('2026-02-10T12:00'), octets: 5 * GB, untilAt: at('2026-02-12T00:00') },
    { at: at('2026-02-20T12:00'), octets: 5 * GB },
  ]
  const used: Used = [
    ['2026-02-01T00:00', 10 * GB],
    ['2026-02-11T00:00', 4 * GB],
  ]
  expect(octets('2026-02-21T00:00', used, { topUps }, { quotaPeriod: 'none' })).toMatchObject({ left: 5, over: 0 })
})

test('unused data rolls over into the next period, up to the cap, is used first and lapses with it', () => {
  const rollover = { rolloverOctets: 4 * GB }
  const january: Used = [['2026-01-20T00:00', 7 * GB]]
  expect(octets('2026-02-01T00:00', january, {}, rollover)).toMatchObject({ left: 13, rolledOver: 3 })
  expect(octets('2026-02-01T00:00', [], {}, rollover)).toMatchObject({ left: 14, rolledOver: 4 })
  const february: Used = [...january, ['2026-02-20T00:00', 2 * GB]]
  // 2 of the 3 that rolled over are used: the third lapses, and the plan's own 10 roll over up to the cap.
  expect(octets('2026-03-01T00:00', february, {}, rollover)).toMatchObject({ left: 14, rolledOver: 4 })
  expect(octets('2026-03-01T00:00', [...january, ['2026-02-20T00:00', 12 * GB]], {}, rollover)).toMatchObject({
    rolledOver: 1,
  })
})

test('nothing rolls over from before the subscription began, nor from more than a year of months', () => {
  const rollover = { rolloverOctets: 100 * GB }
  expect(octets('2026-01-20T00:00', [], {}, rollover)).toMatchObject({ rolledOver: 0 })
  const asked: number[] = []
  allowanceAt(
    { quotaOctets: GB, quotaSec: null, topUps: [], beganAt: 0 },
    { ...openPolicy, quotaPeriod: 'month', ...rollover },
    calendar,
    ({ fromAt }) => {
      asked.push(fromAt)
      return { octets: 0, sec: 0 }
    },
    at('2026-11-21T00:00'),
  )
  expect(Math.min(...asked)).toBe(at('2025-11-01T00:00'))
  expect(asked).toHaveLength(13)
})

test('without top-ups and rollover one span is asked for, whatever else there is', () => {
  const spans: unknown[] = []
  const terms = { quotaOctets: GB, quotaSec: 60, topUps: [{ at: at('2026-02-02T00:00'), octets: GB }], beganAt: 0 }
  const ask = (span: unknown): Usage => {
    spans.push(span)
    return { octets: 0, sec: 0 }
  }
  allowanceAt(terms, { ...openPolicy, quotaPeriod: 'day' }, calendar, ask, at('2026-02-02T12:00'))
  expect(spans).toEqual([{ fromAt: at('2026-02-02T00:00'), toAt: at('2026-02-03T00:00') }])
})

test('nothing is lost between pockets: what is left and what was used make up what there was, and nothing is negative', () => {
  const topUp = fc.record({
    hour: fc.nat(100),
    octets: fc.nat(20),
    lastsHours: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  })
  const use = fc.record({ hour: fc.nat(120), octets: fc.nat(6) })
  const begin = at('2026-02-02T00:00')
  fc.assert(
    fc.property(
      fc.array(topUp, { maxLength: 4 }),
      fc.array(use, { maxLength: 12 }),
      fc.nat(120),
      (bought, used, now) => {
        const nowAt = begin + now * METER_HOUR_MS
        const past = used.filter(({ hour }) => hour <= now)
        const topUps = bought
          .filter(({ hour }) => hour <= now)
          .map(({ hour, octets: amount, lastsHours }) => ({
            at: begin + hour * METER_HOUR_MS,
            octets: amount,
            untilAt: lastsHours === undefined ? undefined : begin + (hour + lastsHours) * METER_HOUR_MS,
          }))
        const measure = allowanceAt(
          { quotaOctets: 10, quotaSec: null, topUps, beganAt: begin },
          { ...openPolicy, quotaPeriod: 'none' },
          calendar,
          ({ fromAt, toAt = Infinity }) => {
            const inside = past.filter(({ hour }) => {
              const hourAt = begin + hour * METER_HOUR_MS
              return hourAt >= fromAt && hourAt < toAt
            })
            return { octets: inside.reduce((sum, { octets: n }) => sum + n, 0), sec: 0 }
          },
          nowAt,
        ).octets!
        const total = past.reduce((sum, { octets: n }) => sum + n, 0)
        const given = 10 + topUps.reduce((sum, { octets: n }) => sum + n, 0)
        expect(measure.used).toBe(total)
        expect(Math.min(measure.left, measure.over)).toBe(0)
        expect(measure.left).toBeGreaterThanOrEqual(0)
        // What has lapsed is all that may be missing.
        expect(measure.left - measure.over).toBeLessThanOrEqual(given - total)
        const hasLapsed = topUps.some(({ untilAt }) => untilAt !== undefined && untilAt <= nowAt)
        expect(hasLapsed || measure.left - measure.over === given - total).toBe(true)
      },
    ),
    { numRuns: 500 },
  )
})
