import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  addMoney,
  allocateMoney,
  compareMoney,
  currencyDecimals,
  formatMoney,
  money,
  negateMoney,
  parseMoney,
  scaleMoney,
  subtractMoney,
} from './money.ts'

const currencies = fc.constantFrom('KES', 'UGX', 'KWD', 'ZAR', 'USD')
const amounts = fc
  .record({ minor: fc.maxSafeInteger(), currency: currencies })
  .map(({ minor, currency }) => money(minor, currency))

test.each([
  ['1,500.50', 'KES', 150_050],
  ['1500.5', 'KES', 150_050],
  ['1500', 'KES', 150_000],
  ['KES 1 500', 'KES', 150_000],
  ["1'500.00 kes", 'KES', 150_000],
  ['1500,50', 'KES', 150_050],
  ['1,500', 'KES', 150_000],
  ['-0.05', 'KES', -5],
  ['12,500', 'UGX', 12_500],
  ['1.250', 'KWD', 1250],
])('%s in %s is %d minor units', (text, currency, minor) => {
  expect(parseMoney(text, currency)).toEqual({ ok: true, value: { minor, currency } })
})

test.each([
  ['', 'KES', 'MoneyUnreadable'],
  ['12,34,567', 'KES', 'MoneyUnreadable'],
  ['1,5000', 'KES', 'MoneyUnreadable'],
  ['1.500,50', 'KES', 'MoneyUnreadable'],
  ['1.5e3', 'KES', 'MoneyUnreadable'],
  ['0x10', 'KES', 'MoneyUnreadable'],
  ['USD 5', 'KES', 'MoneyUnreadable'],
  ['9'.repeat(100), 'KES', 'MoneyUnreadable'],
  ['1.505', 'KES', 'MoneyTooPrecise'],
  ['1.5', 'UGX', 'MoneyTooPrecise'],
  ['90071992547409.92', 'KES', 'MoneyTooLarge'],
  ['1', 'XYZ', 'CurrencyUnknown'],
])('%s in %s is refused: %s', (text, currency, type) => {
  expect(parseMoney(text, currency)).toMatchObject({ ok: false, error: { type } })
})

test('what is formatted is read back as the same amount', () => {
  fc.assert(
    fc.property(amounts, (amount) => {
      expect(parseMoney(formatMoney(amount), amount.currency)).toEqual({ ok: true, value: amount })
    }),
  )
  expect(formatMoney(money(-150_050, 'KES'))).toBe('KES -1,500.50')
  expect(formatMoney(money(5, 'KES'))).toBe('KES 0.05')
})

test('reading never throws, whatever is written', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), currencies, (text, currency) => {
      expect(typeof parseMoney(text, currency).ok).toBe('boolean')
    }),
  )
})

test('an allocation loses no cent and gives each part its share to within one', () => {
  const weights = fc
    .array(fc.nat(1000), { minLength: 1, maxLength: 12 })
    .filter((list) => list.some((weight) => weight > 0))
  fc.assert(
    fc.property(amounts, weights, (amount, list) => {
      const parts = allocateMoney(amount, list)
      expect(parts.reduce((sum, part) => sum + BigInt(part.minor), 0n)).toBe(BigInt(amount.minor))
      const total = list.reduce((sum, weight) => sum + weight, 0)
      for (const [index, part] of parts.entries()) {
        const exact = (BigInt(amount.minor) * BigInt(list[index]!)) / BigInt(total)
        expect(Math.abs(Number(BigInt(part.minor) - exact))).toBeLessThanOrEqual(1)
        expect(list[index] === 0 && part.minor !== 0).toBe(false)
      }
    }),
  )
  expect(allocateMoney(money(100, 'KES'), [1, 1, 1]).map((part) => part.minor)).toEqual([34, 33, 33])
  expect(() => allocateMoney(money(1, 'KES'), [0, 0])).toThrow('nobody')
  expect(() => allocateMoney(money(1, 'KES'), [1, -1])).toThrow('counts')
})

test('10 of 31 days of 249.95 are 80.63 (Kill Bill)', () => {
  expect(scaleMoney(money(24_995, 'USD'), 10, 31, 'half-up').minor).toBe(8063)
})

test.each([
  ['half-up', 5, 1, 2, 3],
  ['half-even', 5, 1, 2, 2],
  ['half-even', 7, 1, 2, 4],
  ['down', 5, 1, 2, 2],
  ['up', 5, 1, 2, 3],
  ['half-up', -5, 1, 2, -3],
  ['down', -5, 1, 2, -2],
  ['up', 4, 1, 2, 2],
] as const)('%s: %d × %d / %d is %d', (rounding, minor, numerator, denominator, expected) => {
  expect(scaleMoney(money(minor, 'KES'), numerator, denominator, rounding).minor).toBe(expected)
})

test('every rounding stays within one unit of the exact share', () => {
  const roundings = fc.constantFrom('half-up', 'half-even', 'down', 'up' as const)
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 1, max: 1000 }),
      roundings,
      (minor, n, d, rounding) => {
        const scaled = scaleMoney(money(minor, 'KES'), n, d, rounding).minor
        expect(Math.abs(scaled * d - minor * n)).toBeLessThan(d)
      },
    ),
  )
})

test('amounts add and subtract, and never in two currencies', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (a, b) => {
      const sum = addMoney(money(a, 'KES'), money(b, 'KES'))
      expect(subtractMoney(sum, money(b, 'KES'))).toEqual(money(a, 'KES'))
      expect(Math.sign(compareMoney(sum, negateMoney(sum)))).toBe(Math.sign(a + b))
    }),
  )
  expect(() => addMoney(money(1, 'KES'), money(1, 'USD'))).toThrow(TypeError)
})

test('an amount past safe integers is a programmer error', () => {
  expect(() => addMoney(money(Number.MAX_SAFE_INTEGER, 'KES'), money(1, 'KES'))).toThrow(RangeError)
  expect(() => money(0.5, 'KES')).toThrow(RangeError)
  expect(() => scaleMoney(money(1, 'KES'), 1, 0, 'down')).toThrow(RangeError)
  expect(() => currencyDecimals('nope')).toThrow(RangeError)
})
