import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { grants } from '../access/tables.ts'
import { ledgerBalances } from '../ledger/index.ts'
import { ownReferralCode } from '../offers/index.ts'
import { addPlan } from '../plans/index.ts'
import { changeSettings } from '../settings/index.ts'
import { topUpCash } from '../wallets/index.ts'
import { wallets as walletsTable } from '../wallets/tables.ts'
import { buyFromWallet } from './wallet-commands.ts'
import { promptTold } from './commands.ts'
import {
  createPaymentWork,
  hearPayments,
  listPurchases,
  listReferrals,
  refundPayment,
  requestPurchase,
  setMpesa,
} from './index.ts'
import { paymentModules } from './testing/modules.ts'
import { certificate } from './testing/certificate.ts'

const NJERI = '+254712345678'
const phoneOf = (n: number): string => `+2547${String(20_000_000 + n)}`
const MONTH_MS = 30 * 86_400_000

const shop = (set: { referralMonthlyMax?: number } = {}) => {
  const now = { of: () => 0 }
  const jobs = createPaymentWork({ provider: () => undefined, clock: { now: () => now.of() } })
  const site = memorySite(paymentModules, { jobs })
  now.of = site.clock.now
  const terms = { kind: 'hotspot', policy: {}, validitySec: 3600 } as const
  site.must(addPlan, { ...terms, name: 'Day', priceMinor: 5000 })
  site.must(addPlan, { ...terms, name: 'Hour', priceMinor: 2000 })
  site.must(changeSettings, { referralPlan: 'Hour', referralFriendBp: 1000, referralMonthlyMax: 2, ...set })
  const ask = (phone: string, code?: string, device?: string) =>
    site.dispatch(requestPurchase, { plan: 'Day', phone, ...(code && { code }), ...(device && { device }) })
  const pay = (id: string) => site.must(promptTold, { purchaseId: id, told: { type: 'paid' } })
  return {
    ...site,
    ask,
    buy: (phone: string, code?: string) => {
      const asked = ask(phone, code)
      if (!asked.ok) throw new Error(asked.error.type)
      pay(asked.value.id)
      return asked.value
    },
    pay,
    codeOf: (phone: string) => site.must(ownReferralCode, { phone }).code,
    rewards: () => site.query(listPurchases, { phone: NJERI }).filter(({ amountMinor }) => amountMinor === 0),
    referrals: () => site.query(listReferrals, {}),
  }
}

test('a friend pays less, and whoever told them has the plan that is promised, once and for nothing in the books', () => {
  const site = shop()
  const code = site.codeOf(NJERI)
  expect(code).toMatch(/^[2-9A-HJ-NP-Z]{6}$/)
  expect(site.codeOf(NJERI)).toBe(code)
  const { number, amountMinor } = site.buy(phoneOf(1), code.toLowerCase())
  expect(amountMinor).toBe(4500)
  expect(site.rewards()).toMatchObject([{ state: 'granted', plan: 'Hour', discountMinor: 2000, offerId: null }])
  expect(site.referrals()).toMatchObject([
    { state: 'rewarded', code, phone: NJERI, friendPhone: phoneOf(1), purchase: number, reward: number + 1 },
  ])
  const { accounts, broken } = site.query(ledgerBalances, {})
  expect(broken).toEqual([])
  expect(accounts.find((one) => one.code === 'plans')?.balanceMinor).toBe(4500)
})

test('it is the first that counts: not whoever has bought before, nor a second time, nor by another’s code', () => {
  const site = shop({ referralMonthlyMax: 9 })
  const [code, other] = [site.codeOf(NJERI), site.codeOf(phoneOf(50))]
  site.buy(phoneOf(1))
  expect(site.ask(phoneOf(1), code)).toMatchObject({ error: { type: 'OfferCodeUnfit', why: 'not-new' } })
  // Both are asked for before either is paid.
  const first = site.ask(phoneOf(2), code)
  site.clock.advance(120_000)
  const again = site.ask(phoneOf(2), other)
  for (const asked of [first, again]) if (asked.ok) site.pay(asked.value.id)
  expect([first.ok, again.ok]).toEqual([true, true])
  expect(site.referrals()).toMatchObject([{ friendPhone: phoneOf(2), code }])
  expect(site.rewards()).toHaveLength(1)
})

test('nobody is their own friend, by their phone or by their device', () => {
  const site = shop()
  const code = site.codeOf(NJERI)
  const device = 'aa:bb:cc:dd:ee:01'
  const asked = site.ask(NJERI, undefined, device)
  if (asked.ok) site.pay(asked.value.id)
  const own = { error: { type: 'OfferCodeUnfit', why: 'own' } }
  expect(site.ask(NJERI, code)).toMatchObject(own)
  expect(site.ask(phoneOf(1), code, 'AA-BB-CC-DD-EE-01')).toMatchObject(own)
  expect(site.ask(phoneOf(1), code, 'aa:bb:cc:dd:ee:02')).toMatchObject({ ok: true })
})

test('money in a wallet makes nobody an old friend, and out of another’s wallet nobody is brought', () => {
  const site = shop()
  const code = site.codeOf(NJERI)
  for (const phone of [NJERI, phoneOf(1)]) site.must(topUpCash, { phone, amountMinor: 50_000 })
  const walletOf = (phone: string) =>
    site.database.orm.select().from(walletsTable.site).where(eq(walletsTable.site.phone, phone)).get()!.id
  site.must(buyFromWallet, { walletId: walletOf(NJERI), plan: 'Day', phone: phoneOf(2), code })
  expect(site.referrals()).toEqual([])
  site.must(buyFromWallet, { walletId: walletOf(phoneOf(1)), plan: 'Day', code })
  expect(site.referrals()).toMatchObject([{ friendPhone: phoneOf(1), state: 'rewarded' }])
})

test('so many within thirty days are rewarded, and those after them are told apart', () => {
  const site = shop()
  const code = site.codeOf(NJERI)
  for (let n = 0; n < 3; n++) site.buy(phoneOf(n), code)
  expect(site.referrals().map(({ state }) => state)).toEqual(['capped', 'rewarded', 'rewarded'])
  expect(site.rewards()).toHaveLength(2)
  site.clock.advance(MONTH_MS)
  site.buy(phoneOf(3), code)
  expect(site.rewards()).toHaveLength(3)
})

test.each([[{ referralPlan: '' }], [{ referralPlan: 'Gone' }]])(
  'where nothing is promised nothing is given: %j',
  (set) => {
    const site = shop()
    const code = site.codeOf(NJERI)
    const asked = site.ask(phoneOf(1), code)
    site.must(changeSettings, set)
    if (asked.ok) site.pay(asked.value.id)
    expect([site.rewards(), site.referrals()]).toEqual([[], []])
    site.must(changeSettings, { referralPlan: '' })
    expect(site.ask(phoneOf(2), code)).toMatchObject({ error: { type: 'OfferCodeUnfit', why: 'unknown' } })
  },
)

const account = {
  shortcode: '174379',
  consumerKey: 'k',
  consumerSecret: 's',
  passkey: 'p',
  phone: '+254700000001',
  initiatorName: 'testapi',
  initiatorPassword: 'x',
  certificate,
}

test.each([false, true])('what the friend paid goes back: the reward too, unless it was used (%s)', (isUsed) => {
  const site = shop()
  site.must(setMpesa, account)
  const { reference } = site.buy(phoneOf(1), site.codeOf(NJERI))
  const of = { receipt: 'SJ41XK2P9Q', amountMinor: 4500, currency: 'KES', shortcode: '174379', account: reference }
  site.must(hearPayments, { payments: [{ ...of, paidAt: site.clock.now(), phone: phoneOf(1), phones: [] }] })
  const { id } = site.rewards()[0]!
  const grantOf = () => site.database.orm.select().from(grants.site).where(eq(grants.site.serviceId, id)).get()!
  if (isUsed)
    site.database.orm
      .update(grants.site)
      .set({ firstUsedAt: site.clock.now() })
      .where(eq(grants.site.serviceId, id))
      .run()
  site.must(refundPayment, { receipt: 'SJ41XK2P9Q' })
  expect([grantOf().status, site.rewards()[0]!.state, site.referrals()[0]!.state]).toEqual(
    isUsed ? ['active', 'granted', 'rewarded'] : ['ended', 'refunded', 'taken-back'],
  )
  expect(site.query(ledgerBalances, {}).broken).toEqual([])
  // The friend has had their first.
  expect(site.ask(phoneOf(1), site.codeOf(NJERI))).toMatchObject({ error: { why: 'not-new' } })
})
