import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareVersions } from '@lango/kernel'
import type { Release, SlotsStatus } from './port.ts'
import {
  bestOf,
  HOURS_A_WEEK,
  isPlace,
  isQuiet,
  quietHour,
  rateNow,
  runningOf,
  unfitFor,
  type BoxFacts,
} from './rules.ts'

const NOW = Date.UTC(2026, 10, 27)

const version = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 3 }))
  .map((parts) => parts.join('.'))
const schema = fc.integer({ min: 1, max: 20 })
const date = fc.option(fc.constantFrom('2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'), { nil: undefined })

const release: fc.Arbitrary<Release> = fc.record({
  name: fc.constant('lango'),
  version,
  arch: fc.constantFrom('amd64', 'arm64'),
  schema,
  minReader: schema,
  minVersion: version,
  rings: fc.record({ canary: date, early: date, all: date }),
  withdrawn: fc.boolean(),
  notes: fc.constant({ en: '', sw: '' }),
  sizeBytes: fc.constant(1),
  sha256: fc.constant('0'),
})
const facts: fc.Arbitrary<BoxFacts> = fc.record({
  arch: fc.constantFrom('amd64', 'arm64'),
  version,
  previous: fc.option(version, { nil: undefined }),
  highest: fc.option(version, { nil: undefined }),
  schema,
  minReader: schema,
  ring: fc.constantFrom('canary', 'early', 'all'),
  denied: fc.array(version, { maxLength: 2 }),
  now: fc.constant(NOW),
})

/** Older: below 0. */
const order = compareVersions
const isReadable = (one: Release, box: BoxFacts): boolean => one.minReader <= box.schema && box.minReader <= one.schema
/** What shows that a property does not hold; null where nothing was found. */
const counterexample = <T>(property: fc.IProperty<T>): T | null => fc.check(property, { numRuns: 1000 }).counterexample

test('whatever is offered, a box goes only to what is newer, of its kind, not denied, and readable both ways', () => {
  const found = counterexample(
    fc.property(fc.array(release, { maxLength: 8 }), facts, (releases, box) => {
      const best = bestOf(releases, box)
      if (best === undefined) return releases.every((one) => unfitFor(one, box) !== undefined)
      const isNewer = order(best.version, box.version) > 0 && order(box.version, best.minVersion) >= 0
      const isNotLower = box.highest === undefined || order(best.version, box.highest) >= 0
      const isWanted = !best.withdrawn && best.arch === box.arch && !box.denied.includes(best.version)
      const isBest = releases.every((one) => unfitFor(one, box) !== undefined || order(one.version, best.version) <= 0)
      return isNewer && isNotLower && isWanted && isBest && isReadable(best, box)
    }),
  )
  expect(found).toBeNull()
})

test('who asks for a version opens the way back to the previous one, and to no other older one', () => {
  const found = counterexample(
    fc.property(release, facts, (one, box) => {
      if (unfitFor(one, box, one.version) !== undefined) return true
      const isBack = order(one.version, box.version) < 0
      return (!isBack || one.version === box.previous) && one.arch === box.arch && isReadable(one, box)
    }),
  )
  expect(found).toBeNull()
})

test('who is in an earlier ring has all that later ones have', () => {
  const found = counterexample(
    fc.property(release, facts, (one, box) => {
      const [all, early, canary] = (['all', 'early', 'canary'] as const).map(
        (ring) => unfitFor(one, { ...box, ring }) === undefined,
      )
      return (all !== true || early === true) && (early !== true || canary === true)
    }),
  )
  expect(found).toBeNull()
})

test('versions are in one order', () => {
  const found = counterexample(
    fc.property(version, version, version, (a, b, c) => {
      const isTurned = Math.sign(order(a, b)) + Math.sign(order(b, a)) === 0
      return isTurned && (order(a, b) > 0 || order(b, c) > 0 || order(a, c) <= 0)
    }),
  )
  expect(found).toBeNull()
  expect(order('1.10.0', '1.9.9')).toBeGreaterThan(0)
})

test('the quiet hour has the fewest online, with the hour behind it', () => {
  const figure = fc.integer({ min: 0, max: 1000 })
  fc.assert(
    fc.property(fc.array(figure, { minLength: HOURS_A_WEEK, maxLength: HOURS_A_WEEK }), (busy) => {
      const quiet = quietHour(busy)
      const load = (hour: number): number => busy[hour]! + busy[(hour + 1) % HOURS_A_WEEK]!
      for (let hour = 0; hour < HOURS_A_WEEK; hour++) expect(load(quiet)).toBeLessThanOrEqual(load(hour))
      const window = { windowFromHour: null, windowToHour: null }
      const hours = Array.from({ length: HOURS_A_WEEK }, (_, hour) => hour)
      expect(hours.filter((hour) => isQuiet(window, hour, busy))).toEqual([quiet])
      for (const hour of hours) expect(rateNow(1000, hour, busy)).toBeGreaterThanOrEqual(250)
    }),
    { numRuns: 10 },
  )
  expect(quietHour([])).toBe(3)
  expect(rateNow(0, 3, [])).toBe(0)
})

test.each([
  [2, 5, [2, 3, 4]],
  [23, 1, [0, 23]],
])('a window from %i to %i is these hours of each day', (from, to, hours) => {
  const window = { windowFromHour: from, windowToHour: to }
  const ofDay = Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => isQuiet(window, 24 * 3 + hour, []))
  expect(ofDay).toEqual(hours)
})

test('the previous release is what is good in the other slot', () => {
  const status: SlotsStatus = {
    slot: 'B',
    versions: { A: '1.0.0', B: '1.1.0' },
    states: { A: 'good', B: 'good' },
    phase: 'idle',
    percent: 0,
    version: null,
    why: '',
    at: 0,
  }
  expect(runningOf(status)).toEqual({ version: '1.1.0', previous: '1.0.0' })
  expect(runningOf({ ...status, states: { A: 'bad', B: 'good' } })).toEqual({ version: '1.1.0', previous: undefined })
})

test.each([
  ['https://releases.isp.example/lango', true],
  ['/run/lango-os/usb/sda1', true],
  ['http://127.0.0.1:8000/', true],
  ['http://releases.isp.example/', false],
  ['https://user:pw@releases.isp.example/', false],
  ['file:///etc', false],
  ['relative', false],
])('%s may be a place of releases: %s', (text, may) => expect(isPlace(text)).toBe(may))
