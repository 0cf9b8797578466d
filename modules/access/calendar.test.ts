import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Calendar, METER_HOUR_MS, type QuotaPeriod } from './calendar.ts'

const at = (text: string, zone: string): number => Temporal.ZonedDateTime.from(`${text}[${zone}]`).epochMilliseconds
const shown = (instant: number | undefined, zone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(instant!).toZonedDateTimeISO(zone).toPlainDateTime().toString()

const NAIROBI = 'Africa/Nairobi'
const LISBON = 'Europe/Lisbon'

test.each<[QuotaPeriod, string, string, string, string, string]>([
  ['day', NAIROBI, '2026-11-21', '2026-11-21T00:00', '2026-11-21T00:00:00', '2026-11-22T00:00:00'],
  ['day', NAIROBI, '2026-11-21', '2026-11-21T23:59:59.999', '2026-11-21T00:00:00', '2026-11-22T00:00:00'],
  ['week', NAIROBI, '2026-11-21', '2026-11-21T09:00', '2026-11-16T00:00:00', '2026-11-23T00:00:00'],
  ['week', NAIROBI, '2026-11-21', '2026-11-23T00:00', '2026-11-23T00:00:00', '2026-11-30T00:00:00'],
  ['month', NAIROBI, '2026-11-21', '2026-02-28T12:00', '2026-02-01T00:00:00', '2026-03-01T00:00:00'],
  ['month', NAIROBI, '2026-11-21', '2026-12-31T12:00', '2026-12-01T00:00:00', '2027-01-01T00:00:00'],
  ['subscription', NAIROBI, '2026-11-21', '2026-11-20T23:00', '2026-10-21T00:00:00', '2026-11-21T00:00:00'],
  ['subscription', NAIROBI, '2026-11-21', '2026-11-21T00:00', '2026-11-21T00:00:00', '2026-12-21T00:00:00'],
  // The 31st of a month that has none is its last day, and the next month has its 31st again.
  ['subscription', NAIROBI, '2026-01-31', '2026-02-27T12:00', '2026-01-31T00:00:00', '2026-02-28T00:00:00'],
  ['subscription', NAIROBI, '2026-01-31', '2026-02-28T00:00', '2026-02-28T00:00:00', '2026-03-31T00:00:00'],
  ['subscription', NAIROBI, '2026-01-31', '2026-04-30T00:00', '2026-04-30T00:00:00', '2026-05-31T00:00:00'],
  ['subscription', NAIROBI, '2026-01-30', '2028-02-29T12:00', '2028-02-29T00:00:00', '2028-03-30T00:00:00'],
  // Summer time begins on the 29th of March and ends on the 25th of October: a day of 23 hours and one of 25.
  ['day', LISBON, '2026-01-01', '2026-03-29T12:00', '2026-03-29T00:00:00', '2026-03-30T00:00:00'],
  ['day', LISBON, '2026-01-01', '2026-10-25T23:30', '2026-10-25T00:00:00', '2026-10-26T00:00:00'],
])('a %s in %s that began on %s: at %s it is the one from %s to %s', (period, zone, anchor, now, from, to) => {
  const span = new Calendar(zone).periodAt(period, at(`${anchor}T10:00`, zone), at(now, zone))
  expect([shown(span.fromAt, zone), shown(span.toAt, zone)]).toEqual([from, to])
})

test('the days on which summer time begins and ends have 23 and 25 hours', () => {
  const calendar = new Calendar(LISBON)
  const hours = (day: string): number => {
    const { fromAt, toAt } = calendar.periodAt('day', 0, at(`${day}T12:00`, LISBON))
    return (toAt! - fromAt) / METER_HOUR_MS
  }
  expect([hours('2026-03-29'), hours('2026-06-01'), hours('2026-10-25')]).toEqual([23, 24, 25])
})

test('a quota without a period is one for the whole life', () => {
  expect(new Calendar(NAIROBI).periodAt('none', 0, 1e12)).toEqual({ fromAt: 0, toAt: undefined })
})

test('a zone that does not exist is refused', () => {
  expect(() => new Calendar('Africa/Atlantis')).toThrow(RangeError)
})

test('periods follow each other without a gap, begin with a whole hour of usage, and hold the instant they are of', () => {
  const zone = fc.constantFrom(NAIROBI, 'Africa/Johannesburg', LISBON, 'Asia/Kathmandu', 'America/New_York', 'UTC')
  const period = fc.constantFrom<QuotaPeriod>('day', 'week', 'month', 'subscription')
  const instant = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2040, 0) })
  fc.assert(
    fc.property(zone, period, instant, instant, (name, kind, anchor, now) => {
      const calendar = new Calendar(name)
      const { fromAt, toAt } = calendar.periodAt(kind, anchor, now)
      expect(fromAt <= now && now < toAt!).toBe(true)
      expect([fromAt % METER_HOUR_MS, toAt! % METER_HOUR_MS]).toEqual([0, 0])
      expect(calendar.periodAt(kind, anchor, toAt!).fromAt).toBe(toAt)
      expect(calendar.periodAt(kind, anchor, fromAt - 1).toAt).toBe(fromAt)
      expect(new Calendar(name).periodAt(kind, anchor, now)).toEqual({ fromAt, toAt })
    }),
    { numRuns: 300 },
  )
})
