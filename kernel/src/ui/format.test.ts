import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  formatAgo,
  formatBytes,
  formatDuration,
  formatExact,
  formatMac,
  formatNumber,
  formatPerSec,
  formatPhone,
  formatPrice,
  formatQuota,
  formatRate,
  formatSpeed,
  formatTimeOfDay,
  visible,
} from './format.ts'
import { catalogue, counted, fill, isLang, langs, localeOf } from './locale.ts'

const en = localeOf('en', 'Africa/Nairobi')
const sw = localeOf('sw', 'Africa/Nairobi')
const plain = (text: string) => text.replaceAll('\u00a0', ' ')

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [12_400_000_000, '12.4 GB'],
  [99_949_999, '99.9 MB'],
  [99_950_000, '100 MB'],
  [999_499_999, '999 MB'],
  [999_500_000, '1.0 GB'],
  [2 ** 53 - 1, '9.0 PB'],
  [undefined, '–'],
])('%s octets read %s', (octets, text) => expect(plain(formatBytes(octets, en))).toBe(text))

test.each([
  [0, '0 kbit/s'],
  [512, '512 kbit/s'],
  [8200, '8.2 Mbit/s'],
  [123_400, '123 Mbit/s'],
  [1_000_000, '1.0 Gbit/s'],
  [undefined, '–'],
])('%s kbit/s read %s', (rateKbps, text) => expect(plain(formatRate(rateKbps, en))).toBe(text))

test('no size is shown with more than three figures, and sizes keep their order', () => {
  const ranked = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  const rank = (text: string) => ranked.indexOf(text.split(' ')[1] ?? '') * 1000 + Number(text.split(' ')[0])
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
      const [small, large] = [Math.min(a, b), Math.max(a, b)].map((octets) => plain(formatBytes(octets, en)))
      expect(small).toMatch(/^\d{1,3}(\.\d)? [kMGTP]?B$/)
      expect(rank(small!)).toBeLessThanOrEqual(rank(large!))
    }),
  )
})

test.each([
  [-5000, '0 s', 'sek 0'],
  [0, '0 s', 'sek 0'],
  [999, '0 s', 'sek 0'],
  [45_000, '45 s', 'sek 45'],
  [60_000, '1 min', 'dak 1'],
  [12 * 60_000 + 59_000, '12 min', 'dak 12'],
  [2 * 3600_000, '2 h', 'saa 2'],
  [2 * 3600_000 + 14 * 60_000, '2 h 14 min', 'saa 2 dak 14'],
  [3 * 86_400_000 + 4 * 3600_000, '3 d 4 h', 'siku 3 saa 4'],
])('%s ms last %s / %s', (durationMs, english, swahili) => {
  expect(plain(formatDuration(durationMs, en))).toBe(english)
  expect(plain(formatDuration(durationMs, sw))).toBe(swahili)
})

test.each([
  [0, 'just now', 'sasa hivi'],
  [9_999, 'just now', 'sasa hivi'],
  [-30_000, 'just now', 'sasa hivi'],
  [-300_000, 'in 5 min', 'baada ya dak 5'],
  [29_000, '20 s ago', 'sek 20 zilizopita'],
  [60_000, '1 min ago', 'dak 1 iliyopita'],
  [3 * 60_000, '3 min ago', 'dak 3 zilizopita'],
  [3600_000, '1 h ago', 'saa 1 iliyopita'],
  [47 * 3600_000, '47 h ago', 'saa 47 zilizopita'],
  [48 * 3600_000, '2 d ago', 'siku 2 zilizopita'],
])('%s ms back is %s / %s', (ageMs, english, swahili) => {
  const now = 1_795_000_000_000
  expect(plain(formatAgo(now - ageMs, now, en))).toBe(english)
  expect(plain(formatAgo(now - ageMs, now, sw))).toBe(swahili)
})

test('an instant is told in the time of the site, with its zone', () => {
  const at = Date.UTC(2026, 10, 21, 15, 42, 7)
  expect(formatTimeOfDay(at, en)).toBe('18:42:07')
  expect(formatExact(at, en)).toMatch(/^21 Nov 2026, 18:42:07 (EAT|GMT\+3)$/)
  expect(formatTimeOfDay(at, localeOf('en', 'UTC'))).toBe('15:42:07')
})

test.each([
  [0, '0'],
  [0.44, '0.4'],
  [9.96, '10'],
  [1204.4, '1,204'],
])('%s a second read %s', (value, text) => expect(formatPerSec(value, en)).toBe(text))

test('thousands stand apart', () => expect(formatNumber(1_234_567, en)).toBe('1,234,567'))

test.each([
  ['aa-bb-cc-dd-ee-ff', 'AA:BB:CC:DD:EE:FF'],
  ['AABB.CCDD.EEFF', 'AA:BB:CC:DD:EE:FF'],
  ['aabbccddeeff', 'AA:BB:CC:DD:EE:FF'],
  ['aa:bb:cc:dd:ee', 'aa:bb:cc:dd:ee'],
  ['aa:bb:cc:dd:ee:ff:00', 'aa:bb:cc:dd:ee:ff:00'],
  ['ether1\0', 'ether1‹0000›'],
  ['', ''],
])('device %j reads %s', (text, mac) => expect(formatMac(text)).toBe(mac))

test.each([
  ['+254712345678', '+254 712 345 678'],
  ['+254 712-345 678', '+254 712 345 678'],
  ['+255712345678', '+255 712 345 678'],
  ['0712345678', '0712345678'],
  ['+4915112345678', '+4915112345678'],
])('phone %s reads %s', (text, phone) => expect(plain(formatPhone(text))).toBe(phone))

test.each([
  ['alice', 'alice'],
  ['José Müller 日本 😀', 'José Müller 日本 😀'],
  ['alice\0', 'alice‹0000›'],
  ['alice ', 'alice‹0020›'],
  ['alice\u00a0', 'alice‹00A0›'],
  ['a\u{e0061}b', 'a‹E0061›b'],
  ['a\r\nb\tc', 'a‹000D›‹000A›b‹0009›c'],
  ['\u202Eecila', '‹202E›ecila'],
  ['al\u200Bice', 'al‹200B›ice'],
  ['\x7f\x85', '‹007F›‹0085›'],
  ['bad\uD800', 'bad\uFFFD'],
])('the text %j is shown as %s', (text, shown) => expect(visible(text)).toBe(shown))

test('showing text twice changes nothing more', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(visible(visible(text))).toBe(visible(text))
    }),
  )
})

test('a place in a sentence takes its value, also one named like a method, and an unknown place stays to be seen', () => {
  expect(fill('{n} of {total}', { n: 3, total: '1,204' })).toBe('3 of 1,204')
  expect(fill('{toString} {constructor}', {})).toBe('{toString} {constructor}')
})

test('the number chooses its form', () => {
  const { sessions } = catalogue(
    { sessions: { one: '{n} session', other: '{n} sessions' } },
    { sessions: { one: 'kipindi {n}', other: 'vipindi {n}' } },
  ).en
  expect([0, 1, 1200].map((n) => counted(sessions, n, en))).toEqual(['0 sessions', '1 session', '1,200 sessions'])
})

test('both languages have the same words with the same places in them', () => {
  const places = (text: unknown) =>
    JSON.stringify(text)
      .match(/\{\w+\}/g)
      ?.toSorted() ?? []
  for (const [name, english] of Object.entries(en.words)) {
    const swahili = (sw.words as Record<string, unknown>)[name]
    expect(new Set(places(swahili)), name).toEqual(new Set(places(english)))
  }
})

test('a language is one of ours or it is not', () => {
  expect([...langs, 'de', '__proto__', ''].map(isLang)).toEqual([true, true, false, false, false])
})

test.each([
  [150_000, 'KES', 'KSh 1,500.00'],
  [0, 'KES', 'KSh 0.00'],
  [-410_000, 'KES', 'KSh -4,100.00'],
  [1500, 'UGX', 'USh 1,500'],
  [150_000, 'USD', 'USD 1,500.00'],
])('%d minor units of %s read %s', (minor, currency, text) => expect(plain(formatPrice(minor, currency))).toBe(text))

test.each([
  [10_000_000_000, '10 GB'],
  [1_500_000_000, '1.5 GB'],
  [999, '999 B'],
  [1_234_567, '1.235 MB'],
])('a quota of %d octets reads %s', (octets, text) => expect(plain(formatQuota(octets))).toBe(text))

test.each([
  [10_000, 5000, '10 / 5 Mbit/s'],
  [1500, 512, '1.5 Mbit/s / 512 kbit/s'],
  [0, 0, 'no limit'],
  [0, 1000, 'no limit / 1 Mbit/s'],
])('a speed of %d and %d kbit/s reads %s', (downKbps, upKbps, text) =>
  expect(plain(formatSpeed({ downKbps, upKbps }, 'no limit'))).toBe(text),
)
