import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ago, clean, duration, facts, octets, rate, table } from './format.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [12_400_000_000, '12.4 GB'],
  [999_960_000, '1.0 GB'],
  [124_000_000, '124 MB'],
])('%i octets are %s', (count, text) => expect(octets(count)).toBe(text))

test.each([
  [0, 'no limit'],
  [512, '512 kbit/s'],
  [10_000, '10 Mbit/s'],
  [1500, '1.5 Mbit/s'],
  [1_000_000, '1 Gbit/s'],
])('%i kbit/s are %s', (kbps, text) => expect(rate(kbps)).toBe(text))

test.each([
  [-5, '0 s'],
  [59.9, '59 s'],
  [180, '3 min'],
  [8040, '2 h 14 min'],
  [7200, '2 h'],
  [273_600, '3 d 4 h'],
])('%d seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text))

test('the past is ago, the future is in, and never is a dash', () => {
  expect(ago(1000, 181_000)).toBe('3 min ago')
  expect(ago(181_000, 1000)).toBe('in 3 min')
  expect(ago(null, 1000)).toBe('–')
})

test('no text from outside can move the cursor or hide itself', () => {
  expect(clean('amina\u001b[2J\r\n\u202eabc\u0085')).toBe('amina\\u{1b}[2J\\u{d}\\u{a}\\u{202e}abc\\u{85}')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(clean(text)).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u)
    }),
  )
})

test('columns are aligned, numbers to the right, and empty cells are dashes', () => {
  const rows = [
    ['amina', 7, null],
    ['bé😀', 1234, 'x\ny'],
  ]
  expect(table(['NAME', '>N', 'NOTE'], rows, 'none')).toBe('NAME      N  NOTE\namina     7  –\nbé😀    1234  x\\u{a}y')
  expect(table(['NAME'], [], 'Nobody.')).toBe('Nobody.')
  expect(
    facts([
      ['login', 'amina'],
      ['IPv6 prefix', undefined],
    ]),
  ).toBe('login        amina\nIPv6 prefix  –')
})
