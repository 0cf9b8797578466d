import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { ledgerBalances } from '../ledger/index.ts'
import { addOffer, ownReferralCode, setOffer, setOfferStatus } from '../offers/index.ts'
import { addPlan } from '../plans/index.ts'
import { changeSettings } from '../settings/index.ts'
import {
  createPaymentWork,
  hearPayments,
  listOffers,
  listPayments,
  listPurchases,
  offersThen,
  requestPurchase,
  resolvePayment,
} from './index.ts'
import { paymentModules } from './testing/modules.ts'

const AMINA = '+254712345678'
const NJERI = '+254722000000'
const HOUR_MS = 3_600_000

const shop = () => {
  const now = { of: () => 0 }
  const jobs = createPaymentWork({ provider: () => undefined, clock: { now: () => now.of() } })
  const site = memorySite(paymentModules, { jobs })
  now.of = site.clock.now
  const terms = { kind: 'hotspot', policy: {}, validitySec: 3600 } as const
  site.must(addPlan, { ...terms, name: 'Hour', priceMinor: 2000 })
  site.must(addPlan, { ...terms, name: 'Day', priceMinor: 5000 })
  let heard = 0
  return {
    ...site,
    offer: (more: Partial<Parameters<typeof site.must<typeof addOffer>>[1]> = {}) =>
      site.must(addOffer, {
        name: 'Half',
        discount: { kind: 'percent', bp: 5000 },
        timeZone: 'Africa/Nairobi',
        ...more,
      }).number,
    /** Money that came in for nothing that was asked for. */
    hear: (amountMinor: number, more: { paidAt?: number; phone?: string } = {}): string => {
      const receipt = `SJ41XK${String((heard += 1)).padStart(4, '0')}`
      const of = { currency: 'KES', shortcode: '174379', account: 'HOUSE 7', phones: [], phone: AMINA }
      site.must(hearPayments, { payments: [{ receipt, amountMinor, paidAt: site.clock.now(), ...of, ...more }] })
      return receipt
    },
    fits: (receipt: string) =>
      site.query(offersThen, { receipt, at: site.clock.now() }).map(({ plan, offer }) => [plan, offer]),
    give: (receipt: string, offer: number, plan = 'Hour', phone = AMINA) =>
      site.dispatch(resolvePayment, { receipt, how: { as: 'offer', plan, offer, phone } }),
    nothing: () => [site.count({ name: 'purchases' }), site.query(listPayments, {}).unmatched],
  }
}
const notHeld = { ok: false, error: { type: 'OfferNotHeld' } }

test('money at the price of an offer that held is given the plan for, and a use of it counts', () => {
  const site = shop()
  const offer = site.offer()
  const receipt = site.hear(1000)
  expect(site.fits(receipt)).toEqual([['Hour', offer]])
  expect(site.give(receipt, offer)).toMatchObject({ ok: true, value: { state: 'resolved' } })
  expect(site.query(listPurchases, {})).toMatchObject([
    { state: 'granted', plan: 'Hour', amountMinor: 1000, discountMinor: 1000, phone: AMINA },
  ])
  expect(site.query(listOffers, { at: site.clock.now() })).toMatchObject([{ uses: 1 }])
  const { accounts, broken } = site.query(ledgerBalances, {})
  expect(broken).toEqual([])
  expect(accounts.find(({ code }) => code === 'plans')?.balanceMinor).toBe(1000)
  expect(accounts.find(({ code }) => code === 'unmatched')?.balanceMinor).toBe(0)
  expect(site.give(receipt, offer)).toMatchObject({ error: { type: 'PaymentSettled' } })
})

test('what held when it was paid counts, not what holds when somebody looks', () => {
  const site = shop()
  const paidAt = site.clock.now()
  const ended = site.offer({ untilAt: paidAt + HOUR_MS })
  const stopped = site.offer({ name: 'Stopped later', plans: ['Day'], discount: { kind: 'price', minor: 1000 } })
  const inTime = site.hear(1000)
  site.clock.advance(2 * HOUR_MS)
  site.must(setOfferStatus, { number: stopped, status: 'stopped' })
  // Stopped once more, it was stopped when it was first.
  site.clock.advance(HOUR_MS)
  site.must(setOfferStatus, { number: stopped, status: 'stopped' })
  const made = site.offer({ name: 'Made since' })
  expect(site.fits(inTime)).toEqual([
    ['Day', stopped],
    ['Hour', ended],
  ])
  const between = site.hear(1000, { paidAt: paidAt + 2.5 * HOUR_MS })
  expect(site.fits(between)).toEqual([])
  for (const offer of [ended, stopped, made, 99]) expect(site.give(between, offer)).toMatchObject(notHeld)
  expect(site.nothing()).toEqual([0, 2])
  expect(site.give(inTime, stopped, 'Day')).toMatchObject({ ok: true })
})

test('no use is given that is not left: of all, or of the phone', () => {
  const site = shop()
  const once = site.offer({ usesMax: 1 })
  const each = site.offer({ name: 'Each once', discount: { kind: 'price', minor: 700 }, usesPerPhoneMax: 1 })
  const [first, second] = [site.hear(1000), site.hear(1000)]
  expect(site.give(first, once)).toMatchObject({ ok: true })
  expect(site.fits(second)).toEqual([])
  expect(site.give(second, once, 'Hour', NJERI)).toMatchObject(notHeld)
  const [own, again] = [site.hear(700), site.hear(700)]
  expect(site.give(own, each)).toMatchObject({ ok: true })
  expect(site.fits(again)).toEqual([])
  expect(site.give(again, each)).toMatchObject(notHeld)
  // Whoever it is for has not used it.
  expect(site.give(again, each, 'Hour', NJERI)).toMatchObject({ ok: true })
  expect(site.query(listPayments, {}).unmatched).toBe(1)
})

test('only what is worth as much: another amount, another plan, or terms that have changed give nothing', () => {
  const site = shop()
  const hour = site.offer({ plans: ['Hour'], code: 'HALF' })
  const receipt = site.hear(2500)
  expect(site.fits(receipt)).toEqual([])
  expect(site.give(receipt, hour)).toMatchObject({
    error: { type: 'AmountDiffers', paidMinor: 2500, priceMinor: 1000 },
  })
  expect(site.give(receipt, hour, 'Day')).toMatchObject(notHeld)
  expect(site.give(receipt, hour, 'Gone')).toMatchObject({ error: { type: 'PlanUnknown' } })
  const half = site.hear(1000)
  expect(site.fits(half)).toEqual([['Hour', hour]])
  const terms = { name: 'A tenth', timeZone: 'Africa/Nairobi', discount: { kind: 'percent', bp: 1000 } } as const
  site.must(setOffer, { number: hour, ...terms })
  expect(site.fits(half)).toEqual([])
  expect(site.nothing()).toEqual([0, 2])
})

test('by itself such money is matched to nothing, and a friend’s code is not guessed', () => {
  const site = shop()
  site.offer()
  site.must(changeSettings, { referralPlan: 'Hour', referralFriendBp: 2500, referralMonthlyMax: 2 })
  site.must(ownReferralCode, { phone: NJERI })
  expect(site.fits(site.hear(1500))).toEqual([])
  const { amountMinor } = site.must(requestPurchase, { plan: 'Hour', phone: NJERI })
  expect(amountMinor).toBe(1000)
  expect(site.fits(site.hear(1000))).toHaveLength(1)
  expect(site.query(listPayments, {})).toMatchObject({ unmatched: 2 })
})
