import { expect, test } from 'vitest'
import { dayOf, daysIn, hourOfDay, instantOf, timeRangeOf } from './time-range.ts'

const nairobi = 'Africa/Nairobi'
/** 00:30 of the 21st in Nairobi, still the 20th in Greenwich. */
const now = Date.UTC(2026, 10, 20, 21, 30)
const utc = (at: number) => new Date(at).toISOString()

const read = (query: string, timeZone = nairobi) => {
  const { range, fault } = timeRangeOf(new URLSearchParams(query), { now, timeZone, otherwise: '7d' })
  return { from: utc(range.fromAt), to: utc(range.toAt), preset: range.preset, fault }
}

test('days are those of the site, today the last of them', () => {
  const to = '2026-11-21T21:00:00.000Z'
  expect(read('range=today')).toEqual({ from: '2026-11-20T21:00:00.000Z', to, preset: 'today', fault: undefined })
  expect(read('')).toMatchObject({ from: '2026-11-14T21:00:00.000Z', to, preset: '7d' })
  expect(read('range=30d')).toMatchObject({ from: '2026-10-22T21:00:00.000Z', to })
  expect(read('range=1000y')).toMatchObject({ preset: '7d' })
})

test('days of one’s own are whole, hours are exact', () => {
  expect(read('from=2026-11-01&to=2026-11-02')).toEqual({
    from: '2026-10-31T21:00:00.000Z',
    to: '2026-11-02T21:00:00.000Z',
    preset: undefined,
    fault: undefined,
  })
  expect(read('from=2026-11-01T06:30&to=2026-11-01T07:00')).toMatchObject({
    from: '2026-11-01T03:30:00.000Z',
    to: '2026-11-01T04:00:00.000Z',
  })
})

test.each([
  ['from=yesterday', 'from'],
  ['from=2026-02-30', 'from'],
  ['from=2026-11-05&to=2026-11-01', 'to'],
  ['to=2026-11-01T25:00', 'to'],
  ['from=2026-11-01T06:00&to=2026-11-01T06:00', 'to'],
])('%s cannot be meant, and the page says at which field', (query, fault) => {
  expect(read(query).fault).toBe(fault)
})

test('a day on which the clock is put back has 25 hours, and one on which it is put forward 23', () => {
  const hours = (day: string) =>
    (instantOf(day, 'Europe/Lisbon', 'last')! - instantOf(day, 'Europe/Lisbon')!) / 3_600_000
  expect(['2026-10-24', '2026-10-25', '2026-03-29'].map(hours)).toEqual([24, 25, 23])
})

test('days and hours of instants are the site’s', () => {
  expect([dayOf(now, nairobi), hourOfDay(now, nairobi)]).toEqual(['2026-11-21', 0])
  expect([dayOf(now, 'UTC'), hourOfDay(now, 'UTC')]).toEqual(['2026-11-20', 21])
  expect(daysIn({ fromAt: now, toAt: now + 86_400_000 }, nairobi)).toEqual(['2026-11-21', '2026-11-22'])
})
