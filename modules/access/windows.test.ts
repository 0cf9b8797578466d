import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Calendar } from './calendar.ts'
import type { Window } from './windows.ts'

const NAIROBI = 'Africa/Nairobi'
const LISBON = 'Europe/Lisbon'
const MON_TO_FRI = [1, 2, 3, 4, 5]
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]
const at = (text: string, zone: string): number => Temporal.ZonedDateTime.from(`${text}[${zone}]`).epochMilliseconds
const shown = (instant: number | undefined, zone: string): string | undefined =>
  instant === undefined
    ? undefined
    : Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone).toString({ timeZoneName: 'never' })
const state = (windows: readonly Window[], now: string, zone = NAIROBI) => {
  const { isOpen, openUntilAt, fast, nextAt } = new Calendar(zone).windowsAt(windows, at(now, zone))
  return { isOpen, until: shown(openUntilAt, zone), fast: fast?.downKbps, next: shown(nextAt, zone) }
}

const office: Window = { days: MON_TO_FRI, from: '08:00', to: '17:00' }
const night: Window = { days: MON_TO_FRI, from: '22:00', to: '06:00' }

// The 20th of November 2026 is a Friday.
test.each([
  ['just before', [office], '2026-11-20T07:59:59', false, undefined, '2026-11-20T08:00:00+03:00'],
  [
    'with its first instant',
    [office],
    '2026-11-20T08:00',
    true,
    '2026-11-20T17:00:00+03:00',
    '2026-11-20T17:00:00+03:00',
  ],
  ['over with its last', [office], '2026-11-20T17:00', false, undefined, '2026-11-23T08:00:00+03:00'],
  ['on a day without', [office], '2026-11-21T12:00', false, undefined, '2026-11-23T08:00:00+03:00'],
  [
    'after midnight, by the day it began on',
    [night],
    '2026-11-21T05:59',
    true,
    '2026-11-21T06:00:00+03:00',
    '2026-11-21T06:00:00+03:00',
  ],
  ['before midnight of a day without', [night], '2026-11-21T23:00', false, undefined, '2026-11-23T22:00:00+03:00'],
  ['after midnight of a day without', [night], '2026-11-23T03:00', false, undefined, '2026-11-23T22:00:00+03:00'],
  [
    'in two that touch, until the end of the second',
    [office, { days: [5], from: '17:00', to: '20:00' }],
    '2026-11-20T09:00',
    true,
    '2026-11-20T20:00:00+03:00',
    '2026-11-20T17:00:00+03:00',
  ],
])('access %s', (_what, windows, now, isOpen, until, next) => {
  expect(state(windows, now)).toEqual({ isOpen, until, next, fast: undefined })
})

test('access at all hours of all days never ends', () => {
  expect(state([{ days: EVERY_DAY, from: '00:00', to: '00:00' }], '2026-11-20T12:00')).toMatchObject({
    isOpen: true,
    until: undefined,
  })
  expect(state([{ days: EVERY_DAY, from: '06:00', to: '06:00' }], '2026-11-20T12:00').until).toBeUndefined()
  expect(state([{ days: [5, 6], from: '00:00', to: '00:00' }], '2026-11-20T12:00').until).toBe(
    '2026-11-22T00:00:00+03:00',
  )
})

test('a window with a speed refuses nobody; the first that is open counts', () => {
  const fast: Window = { days: EVERY_DAY, from: '22:00', to: '06:00', downKbps: 50, upKbps: 5 }
  const faster: Window = { days: [5], from: '20:00', to: '23:00', downKbps: 90, upKbps: 9 }
  expect(state([faster, fast], '2026-11-20T12:00')).toMatchObject({ isOpen: true, until: undefined, fast: undefined })
  expect(state([faster, fast], '2026-11-20T22:30')).toMatchObject({ fast: 90, next: '2026-11-20T23:00:00+03:00' })
  expect(state([faster, fast], '2026-11-20T23:00')).toMatchObject({ fast: 50 })
  expect(state([fast, office], '2026-11-20T23:00')).toMatchObject({ isOpen: false })
})

test('where the clock is put forward or back, a window follows the clock on the wall', () => {
  // On the 29th of March 01:00 becomes 02:00; on the 25th of October 02:00 becomes 01:00.
  const nights: readonly Window[] = [{ days: EVERY_DAY, from: '22:00', to: '06:00' }]
  expect(state(nights, '2026-03-29T05:59:59', LISBON)).toMatchObject({
    isOpen: true,
    until: '2026-03-29T06:00:00+01:00',
  })
  expect(state(nights, '2026-10-25T05:59:59', LISBON)).toMatchObject({
    isOpen: true,
    until: '2026-10-25T06:00:00+00:00',
  })
  // A time that is skipped is as much later; of one that comes twice the first begins, and the first ends.
  const early: readonly Window[] = [{ days: EVERY_DAY, from: '01:30', to: '03:00' }]
  expect(state(early, '2026-03-28T23:00', LISBON).next).toBe('2026-03-29T02:30:00+01:00')
  expect(state(early, '2026-10-25T00:00', LISBON).next).toBe('2026-10-25T01:30:00+01:00')
})

test('between two turns nothing changes, and every turn is seen from before it', () => {
  const time = fc
    .tuple(fc.nat(23), fc.constantFrom(0, 15, 30))
    .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`)
  const window = fc.record({
    days: fc.uniqueArray(fc.nat(6), { minLength: 1 }),
    from: time,
    to: time,
    speed: fc.option(fc.constantFrom(1, 2), { nil: undefined }),
  })
  const windows = fc
    .array(window, { minLength: 1, maxLength: 3 })
    .map((list) =>
      list.map(({ speed, ...rest }): Window =>
        speed === undefined ? rest : { ...rest, downKbps: speed, upKbps: speed },
      ),
    )
  const instant = fc.integer({ min: at('2026-03-25T00:00', LISBON), max: at('2026-04-05T00:00', LISBON) })
  fc.assert(
    fc.property(windows, instant, fc.double({ min: 0, max: 1, noNaN: true }), (list, now, part) => {
      const calendar = new Calendar(LISBON)
      const here = calendar.windowsAt(list, now)
      expect(here.nextAt === undefined || here.nextAt > now).toBe(true)
      const until = Math.min(here.nextAt ?? Infinity, now + 86_400_000)
      const later = calendar.windowsAt(list, Math.floor(now + (until - 1 - now) * part))
      expect([later.isOpen, later.fast, later.nextAt]).toEqual([here.isOpen, here.fast, here.nextAt])
      expect(here.openUntilAt === undefined || !calendar.windowsAt(list, here.openUntilAt).isOpen).toBe(true)
      expect(here.openUntilAt === undefined || here.isOpen).toBe(true)
    }),
    { numRuns: 300 },
  )
})
