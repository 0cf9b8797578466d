import { err, ok, type Result } from './result.ts'

/** An amount in integer minor units (cents) of an ISO 4217 currency. Always a safe integer. */
export type Money = { readonly minor: number; readonly currency: string }

export type MoneyFault =
  | { readonly type: 'MoneyUnreadable'; readonly text: string }
  | { readonly type: 'MoneyTooPrecise'; readonly text: string; readonly decimals: number }
  | { readonly type: 'MoneyTooLarge'; readonly text: string }
  | { readonly type: 'CurrencyUnknown'; readonly currency: string }

/** How a fraction of a minor unit is settled. Always named at the place of use. */
export type Rounding = 'half-up' | 'half-even' | 'down' | 'up'

const TEXT_LENGTH_MAX = 40
const known = new Set(Intl.supportedValuesOf('currency'))
const decimalsOf = new Map<string, number>()

/** Minor-unit digits of a currency by ISO 4217 (KES 2, UGX 0, KWD 3). Throws on a code that does not exist. */
export const currencyDecimals = (currency: string): number => {
  const cached = decimalsOf.get(currency)
  if (cached !== undefined) return cached
  if (!known.has(currency)) throw new RangeError(`${currency} is no currency`)
  const { maximumFractionDigits } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
  const decimals = maximumFractionDigits ?? 2
  decimalsOf.set(currency, decimals)
  return decimals
}

export const money = (minor: number, currency: string): Money => {
  if (!Number.isSafeInteger(minor)) throw new RangeError(`${minor} minor units is no safe integer`)
  currencyDecimals(currency)
  return { minor: minor === 0 ? 0 : minor, currency }
}

export const addMoney = (a: Money, b: Money): Money => money(a.minor + minorOf(b, a.currency), a.currency)
export const subtractMoney = (a: Money, b: Money): Money => money(a.minor - minorOf(b, a.currency), a.currency)
export const negateMoney = (a: Money): Money => money(-a.minor, a.currency)
/** Negative, zero or positive, as for sorting. */
export const compareMoney = (a: Money, b: Money): number => a.minor - minorOf(b, a.currency)

const minorOf = (amount: Money, currency: string): number => {
  if (amount.currency !== currency) throw new TypeError(`${amount.currency} does not mix with ${currency}`)
  return amount.minor
}

/** `amount × numerator / denominator`, exact until the one rounding. Proration: 10 days of 31 is (10, 31). */
export const scaleMoney = (amount: Money, numerator: number, denominator: number, rounding: Rounding): Money => {
  if (denominator === 0) throw new RangeError('a share of nothing')
  const product = BigInt(amount.minor) * BigInt(numerator)
  return money(Number(divide(product, BigInt(denominator), rounding)), amount.currency)
}

const divide = (dividend: bigint, divisor: bigint, rounding: Rounding): bigint => {
  const negative = dividend < 0n !== divisor < 0n
  const above = dividend < 0n ? -dividend : dividend
  const below = divisor < 0n ? -divisor : divisor
  const quotient = above / below
  const twiceRest = (above % below) * 2n
  const magnitude = awayFromZero(quotient, twiceRest, below, rounding) ? quotient + 1n : quotient
  return negative ? -magnitude : magnitude
}

const awayFromZero = (quotient: bigint, twiceRest: bigint, divisor: bigint, rounding: Rounding): boolean => {
  if (twiceRest === 0n || rounding === 'down') return false
  if (rounding === 'up') return true
  if (twiceRest !== divisor) return twiceRest > divisor
  return rounding === 'half-up' || quotient % 2n === 1n
}

/**
 * Divides an amount by weights without losing or making a cent: each part is rounded down, and what is left goes
 * one unit at a time to the parts with the largest remainder, the earlier one first.
 */
export const allocateMoney = (amount: Money, weights: readonly number[]): Money[] => {
  if (weights.some((weight) => !Number.isSafeInteger(weight) || weight < 0)) throw new RangeError('weights are counts')
  const total = weights.reduce((sum, weight) => sum + BigInt(weight), 0n)
  if (total === 0n) throw new RangeError('nobody to allocate to')
  const sign = amount.minor < 0 ? -1 : 1
  const whole = BigInt(Math.abs(amount.minor))
  const parts = weights.map((weight, index) => {
    const product = whole * BigInt(weight)
    return { index, minor: Number(product / total), rest: product % total }
  })
  let left = Math.abs(amount.minor) - parts.reduce((sum, part) => sum + part.minor, 0)
  for (const part of [...parts].sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1))) {
    if (left === 0) break
    part.minor += 1
    left -= 1
  }
  return parts.map((part) => money(sign * part.minor, amount.currency))
}

const GROUPED = /^(-?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?$/
const DECIMAL_COMMA = /^(-?)(\d+)(?:,(\d{1,2}))$/

/**
 * Reads what people write: `1,500.50`, `1500.5`, `KES 1 500`, `1500,50`. A comma before exactly three digits groups;
 * before one or two it is the decimal sign. Digits past the currency's own are refused, never rounded.
 */
export const parseMoney = (text: string, currency: string): Result<Money, MoneyFault> => {
  if (!known.has(currency)) return err({ type: 'CurrencyUnknown', currency })
  if (text.length > TEXT_LENGTH_MAX) return err({ type: 'MoneyUnreadable', text: text.slice(0, TEXT_LENGTH_MAX) })
  const bare = text.replaceAll(new RegExp(`[\\s']|^\\s*${currency}|${currency}\\s*$`, 'gi'), '')
  const match = GROUPED.exec(bare) ?? DECIMAL_COMMA.exec(bare)
  if (match === null) return err({ type: 'MoneyUnreadable', text })
  const [, sign, whole = '', fraction = ''] = match
  const decimals = currencyDecimals(currency)
  if (fraction.length > decimals) return err({ type: 'MoneyTooPrecise', text, decimals })
  const minor = Number(whole.replaceAll(',', '') + fraction.padEnd(decimals, '0'))
  if (!Number.isSafeInteger(minor)) return err({ type: 'MoneyTooLarge', text })
  return ok(money(sign === '-' ? -minor : minor, currency))
}

/** `KES 1,500.50`: the code first, so that no two currencies share a sign. `parseMoney` reads it back. */
export const formatMoney = (amount: Money): string => {
  const decimals = currencyDecimals(amount.currency)
  const digits = String(Math.abs(amount.minor)).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals).replaceAll(/\B(?=(\d{3})+$)/g, ',')
  const fraction = decimals === 0 ? '' : `.${digits.slice(-decimals)}`
  return `${amount.currency} ${amount.minor < 0 ? '-' : ''}${whole}${fraction}`
}
