import { describe, expect, test } from 'vitest'
import { canonical, durationText, parseDurationMs, parseRateBps } from './values.ts'
import { has, menuIn, momentMs, parseVersion, propertyIn, type RouterosAbility } from './versions.ts'

const version = (text: string) => parseVersion(text)!

test.each([
  ['7.16.2 (stable)', [7, 16, 2, '']],
  ['6.49.10 (long-term)', [6, 49, 10, '']],
  ['7.20rc1', [7, 20, 0, 'rc1']],
  ['7.1beta4 (development)', [7, 1, 0, 'beta4']],
  ['6.43', [6, 43, 0, '']],
  ['v7', undefined],
  ['', undefined],
  ['7.16x', undefined],
])('the version %s', (text, parts) => {
  const parsed = parseVersion(text)
  expect(parsed && [parsed.major, parsed.minor, parsed.patch, parsed.preview]).toEqual(parts)
})

test.each<[RouterosAbility, string, string]>([
  ['plainLogin', '6.42.12', '6.43'],
  ['rest', '6.49.10', '7.1beta4'],
  ['restOverHttp', '7.8', '7.9'],
  ['isoDates', '7.9.2', '7.10'],
  ['emptyReply', '7.17.2', '7.18'],
])('%s: not in %s, but in %s', (ability, before, since) => {
  expect([has(version(before), ability), has(version(since), ability), has(version('8.0'), ability)]).toEqual([
    false,
    true,
    true,
  ])
})

test('menus and properties are called by the names of the version', () => {
  expect(['7.16', '7.12', '6.49'].map((text) => menuIn(version(text), '/interface/wifi'))).toEqual([
    '/interface/wifi',
    '/interface/wifiwave2',
    '/interface/wireless',
  ])
  expect(['7.16', '5.26'].map((text) => propertyIn(version(text), '/queue/simple', 'target'))).toEqual([
    'target',
    'target-addresses',
  ])
  expect(menuIn(version('7.16'), '/ppp/secret')).toBe('/ppp/secret')
  expect(propertyIn(version('7.16'), '/ppp/secret', 'name')).toBe('name')
})

describe('moments', () => {
  test.each([
    ['jan/02/1970 03:04:05', '+00:00', '1970-01-02T03:04:05Z'],
    ['1970-01-02 03:04:05', '+00:00', '1970-01-02T03:04:05Z'],
    ['nov/26/2026 14:00:00', '+03:00', '2026-11-26T11:00:00Z'],
    ['2026-11-26 14:00:00', '-03:30', '2026-11-26T17:30:00Z'],
    ['2024-02-29', '+00:00', '2024-02-29T00:00:00Z'],
    ['Dec/31/2025', '+00:00', '2025-12-31T00:00:00Z'],
  ])('%s at %s', (text, offset, iso) => {
    expect(momentMs(text, offset)).toBe(Date.parse(iso))
  })

  test.each(['', 'never', 'foo/02/1970', '2025-02-29', '2025-13-01', 'jan/32/1970', '1970-01-02 24:00:00', '1/2/1970'])(
    '%j is none',
    (text) => {
      expect(momentMs(text)).toBeUndefined()
    },
  )

  test('an offset that cannot be read gives none', () => {
    expect(momentMs('1970-01-02', 'east')).toBeUndefined()
  })
})

describe('durations', () => {
  test.each([
    ['1w2d3h4m5s', 788_645_000],
    ['1d02:03:04', 93_784_000],
    ['00:05:00', 300_000],
    ['5m', 300_000],
    ['1s100ms', 1100],
    ['1100ms', 1100],
    ['90', 90_000],
    ['0s', 0],
    ['none', undefined],
    ['', undefined],
    ['5m3', undefined],
    ['-5m', undefined],
  ])('%j', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms)
  })

  test.each([0, 1, 1100, 300_000, 788_645_000])('%i ms are written as they are read', (ms) => {
    expect(parseDurationMs(durationText(ms))).toBe(ms)
  })
})

test.each([
  ['10M', 10_000_000],
  ['512k', 512_000],
  ['1G', 1_000_000_000],
  ['256000', 256_000],
  ['0', 0],
  ['10 M', undefined],
  ['-1', undefined],
])('the rate %j', (text, bps) => {
  expect(parseRateBps(text)).toBe(bps)
})

test.each([
  ['disabled', 'yes', 'true'],
  ['disabled', undefined, 'no'],
  ['use-radius', 'accounting', 'accounting'],
  ['max-limit', '2M/10M', '2000000/10000000'],
  ['max-limit', '5M', '5000k/5M'],
  ['burst-time', '16/16', '16s/16s'],
  ['timeout', '1100ms', '1s100ms'],
  ['idle-timeout', '00:05:00', '5m'],
  ['target', '10.0.0.5', '10.0.0.5/32'],
  ['target', '10.0.0.5,2001:DB8::1', '10.0.0.5/32,2001:db8::1/128'],
  ['address', '10.0.0.0/24', '10.0.0.0/24'],
  ['mac-address', 'aa-bb-cc-00-11-22', 'AA:BB:CC:00:11:22'],
  ['comment', undefined, ''],
])('%s: %j is %j to the router', (property, one, other) => {
  expect(canonical(property, one)).toBe(canonical(property, other))
})

test.each([
  ['comment', 'yes', 'true'],
  ['name', '5m', '300s'],
  ['password', 'A', 'a'],
  ['disabled', 'yes', 'no'],
  ['use-radius', 'yes', 'accounting'],
  ['max-limit', '2M/10M', '10M/2M'],
  ['idle-timeout', 'none', '0s'],
  ['target', '10.0.0.5', '10.0.0.6'],
  ['address', '10.0.0.0/24', '10.0.0.0'],
  ['constructor', 'a', 'b'],
])('%s: %j is not %j to the router', (property, one, other) => {
  expect(canonical(property, one)).not.toBe(canonical(property, other))
})
