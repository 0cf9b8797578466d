import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { money } from '@lango/kernel'
import {
  bestOffer,
  offeredPrice,
  offerStanding,
  priceWith,
  readOfferCode,
  type Discount,
  type OfferTerms,
} from './rules.ts'

const discounts = fc.oneof(
  fc.record({ kind: fc.constant('percent' as const), bp: fc.integer({ min: 1, max: 10_000 }) }),
  fc.record({ kind: fc.constant('amount' as const), minor: fc.integer({ min: 1, max: 2_000_000 }) }),
  fc.record({ kind: fc.constant('price' as const), minor: fc.integer({ min: 0, max: 2_000_000 }) }),
)
const prices = fc.oneof(
  fc.integer({ min: 1, max: 20_000 }).map((shillings) => money(shillings * 100, 'KES')),
  fc.integer({ min: 1, max: 2_000_000 }).map((minor) => money(minor, 'KES')),
  fc.integer({ min: 1, max: 50_000 }).map((minor) => money(minor, 'UGX')),
)

const always: OfferTerms = {
  discount: { kind: 'percent', bp: 5000 },
  currency: 'KES',
  planIds: [],
  fromAt: null,
  untilAt: null,
  windows: [],
  timeZone: 'Africa/Nairobi',
  usesMax: null,
  usesPerPhoneMax: null,
  status: 'active',
}
const hour = { id: 'pln_1', priceMinor: 2000, currency: 'KES' }

describe('a price with an offer', () => {
  test('is never below nothing, never above the price, and nothing only where it may be', () => {
    fc.assert(
      fc.property(prices, discounts, fc.boolean(), (price, discount, mayBeFree) => {
        const minor = priceWith(price, discount, mayBeFree)
        expect(Number.isSafeInteger(minor)).toBe(true)
        expect(minor).toBeGreaterThanOrEqual(mayBeFree ? 0 : 1)
        expect(minor).toBeLessThanOrEqual(price.minor)
      }),
    )
  })

  test('is whole shillings where the price was, and more than was promised in no case', () => {
    fc.assert(
      fc.property(prices, fc.integer({ min: 1, max: 10_000 }), (price, bp) => {
        const minor = priceWith(price, { kind: 'percent', bp }, true)
        const exact = (BigInt(price.minor) * BigInt(10_000 - bp)) / 10_000n
        // One unit is asked for at least unless it is free altogether.
        const unit = price.currency === 'KES' && price.minor % 100 === 0 ? 100 : 1
        expect(minor % unit).toBe(0)
        expect(BigInt(minor) <= exact || minor === unit).toBe(true)
      }),
    )
  })

  test.each([
    [2000, { kind: 'percent', bp: 2500 }, 1500],
    [1500, { kind: 'percent', bp: 5000 }, 700],
    [100, { kind: 'percent', bp: 1000 }, 100],
    [100, { kind: 'percent', bp: 10_000 }, 0],
    [2000, { kind: 'amount', minor: 550 }, 1400],
    [2000, { kind: 'amount', minor: 2000 }, 0],
    [2000, { kind: 'price', minor: 1000 }, 1000],
    [2000, { kind: 'price', minor: 3000 }, 2000],
    [1050, { kind: 'percent', bp: 1000 }, 945],
  ] as const)('%i with %j is %i', (minor, discount, is) => {
    expect(priceWith(money(minor, 'KES'), discount, true)).toBe(is)
  })

  test('without a number of uses it asks for a shilling at least', () => {
    expect(offeredPrice({ ...always, discount: { kind: 'amount', minor: 2000 } }, hour)).toBe(100)
    expect(offeredPrice({ ...always, discount: { kind: 'amount', minor: 2000 }, usesMax: 5 }, hour)).toBe(0)
  })
})

test('the best of several is as cheap as the cheapest, and one that takes nothing off is none', () => {
  const terms = fc
    .record({ discount: discounts, usesMax: fc.constantFrom(null, 5) })
    .map((own) => ({ ...always, ...own }))
  fc.assert(
    fc.property(fc.array(terms, { maxLength: 6 }), prices, (offers, price) => {
      const plan = { id: 'pln_1', priceMinor: price.minor, currency: price.currency }
      const each = offers.map((offer) => offeredPrice(offer, plan)).filter((minor) => minor !== undefined)
      expect(bestOffer(plan, offers)?.priceMinor).toBe(each.length === 0 ? undefined : Math.min(...each))
      for (const minor of each) expect(minor).toBeLessThan(price.minor)
    }),
  )
})

test('of two that leave as little the first is taken', () => {
  const [first, second] = [{ ...always }, { ...always }]
  expect(bestOffer(hour, [first, second])?.offer).toBe(first)
})

test('an amount in one currency says nothing of a price in another; a percentage does', () => {
  const abroad = { ...hour, currency: 'UGX' }
  const amount: Discount = { kind: 'amount', minor: 500 }
  expect(offeredPrice({ ...always, discount: amount }, abroad)).toBeUndefined()
  expect(offeredPrice(always, abroad)).toBe(1000)
  expect(offeredPrice({ ...always, planIds: ['pln_2'] }, hour)).toBeUndefined()
})

describe('when an offer holds', () => {
  // A Friday, 18:30 in Nairobi.
  const now = Date.UTC(2026, 10, 20, 15, 30)
  const HOUR_MS = 3_600_000
  const evening = { days: [5], from: '18:00', to: '20:00' }

  test('within its times of the week, in its own time zone, until they end', () => {
    const happy = { ...always, windows: [evening] }
    expect(offerStanding(happy, 0, now)).toEqual({ state: 'open', untilAt: Date.UTC(2026, 10, 20, 17) })
    expect(offerStanding(happy, 0, now + 2 * HOUR_MS).state).toBe('closed')
    expect(offerStanding({ ...happy, timeZone: 'UTC' }, 0, now).state).toBe('closed')
    expect(offerStanding({ ...happy, untilAt: now + HOUR_MS }, 0, now).untilAt).toBe(now + HOUR_MS)
  })

  test('from its first instant on, up to its last and without it', () => {
    const dated = { ...always, fromAt: now, untilAt: now + HOUR_MS }
    const at = (instant: number) => offerStanding(dated, 0, instant)
    expect([now - 1, now, now + HOUR_MS - 1, now + HOUR_MS].map((instant) => at(instant).state)).toEqual([
      'early',
      'open',
      'open',
      'over',
    ])
    expect(at(now).untilAt).toBe(now + HOUR_MS)
  })

  test('as long as uses are left, and until it is stopped', () => {
    expect(offerStanding({ ...always, usesMax: 2 }, 1, now).state).toBe('open')
    expect(offerStanding({ ...always, usesMax: 2 }, 2, now).state).toBe('used-up')
    expect(offerStanding({ ...always, status: 'stopped' }, 0, now).state).toBe('stopped')
    expect(offerStanding(always, 99, now)).toEqual({ state: 'open', untilAt: undefined })
  })
})

test.each([
  ['karibu20', 'KARIBU20'],
  [' kar-ibu 20 ', 'KARIBU20'],
  ['__proto__', undefined],
  ['constructor', 'CONSTRUCTOR'],
  ['ab', undefined],
  ['A'.repeat(21), undefined],
  ['<b>', undefined],
  ['кариби', undefined],
  ['', undefined],
])('a code typed %j is %j', (typed, code) => {
  expect(readOfferCode(typed)).toBe(code)
})
