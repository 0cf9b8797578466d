import { expect, test } from 'vitest'
import { byDay, byHour, peakHours, totalOf } from './usage-figures.ts'

const HOUR_MS = 3_600_000
const nairobi = 'Africa/Nairobi'
/** Midnight of 20 November in Nairobi. */
const from = Date.UTC(2026, 10, 19, 21)
const hour = (at: number, octets: number, sec = 0) => ({
  hourAt: from + at * HOUR_MS,
  inputOctets: octets,
  outputOctets: octets * 10,
  sessionTimeSec: sec,
})
const range = { fromAt: from, toAt: from + 48 * HOUR_MS }

test('hours make days of the site, and a day without any stands there too', () => {
  const days = byDay([hour(0, 1), hour(23, 2)], range, nairobi)
  expect(days.map(({ key, inputOctets }) => [key, inputOctets])).toEqual([
    ['2026-11-20', 3],
    ['2026-11-21', 0],
  ])
})

test('a day by the hour has each of its hours', () => {
  const hours = byHour([hour(5, 7)], { fromAt: from, toAt: from + 24 * HOUR_MS })
  expect(hours).toHaveLength(24)
  expect(hours[5]).toMatchObject({ key: String(from + 5 * HOUR_MS), inputOctets: 7, outputOctets: 70 })
})

test('an hour of the day is an average over the days that have had it', () => {
  const peaks = peakHours([hour(20, 900_000, 7200), hour(44, 900_000, 3600)], range, nairobi)
  expect(peaks[20]).toEqual({ hour: 20, online: 1.5, downKbps: 20, upKbps: 2 })
  expect(peaks.filter(({ online }) => online > 0)).toHaveLength(1)
  // The second day has not come to 20 o'clock yet.
  const now = peakHours([hour(20, 900_000, 7200)], { fromAt: from, toAt: from + 30 * HOUR_MS }, nairobi)
  expect(now[20]!.online).toBe(2)
})

test('nothing is lost on the way to a total', () => {
  const hours = [hour(0, 1, 10), hour(30, 2, 20)]
  expect(totalOf(byDay(hours, range, nairobi))).toEqual(totalOf(hours))
  expect(totalOf(byHour(hours, range))).toEqual(totalOf(hours))
})
