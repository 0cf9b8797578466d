import { expect, test } from 'vitest'
import { err, ok } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { createPersonalReader, verifyAudit } from '@lango/kernel/verbs'
import { checkEntries, ledgerBalances } from '../ledger/index.ts'
import { setSender } from '../messages/index.ts'
import { ownReferralCode } from '../offers/index.ts'
import { addPlan } from '../plans/index.ts'
import { addSubscriber, eraseCustomer } from '../services/index.ts'
import {
  blockWallet,
  emptyWallet,
  enterWallet,
  eraseWallet,
  listWallets,
  revealWallet,
  sendMoney,
  showWallet,
  topUpCash,
  walletAtGate,
  walletTotals,
} from '../wallets/index.ts'
import {
  buyFromWallet,
  createPaymentWork,
  findPurchases,
  hearPayments,
  listPayouts,
  listPurchases,
  purchasesOfPhone,
  renewalOf,
  requestPayout,
  requestTopUp,
  sayPayout,
  setMpesa,
  setOwnRenewal,
} from './index.ts'
import type { PaymentProvider } from './port.ts'
import { paymentLimits } from './rules.ts'
import { deaf } from './testing/deaf.ts'
import { paymentModules } from './testing/modules.ts'
import { certificate } from './testing/certificate.ts'

const AMINA = '+254712345678'
const BARAKA = '+254722000111'
const DAY_MS = 86_400_000
const account = {
  shortcode: '174379',
  consumerKey: 'k',
  consumerSecret: 's',
  passkey: 'p',
  phone: '+254700000001',
  initiatorName: 'x',
  initiatorPassword: 'x',
  certificate,
  payoutUpTo: 1000,
  payoutDayUpTo: 2000,
  payoutAloneUpTo: 1000,
}

/** A box with a subscriber who has a wallet. */
const box = (phone = '0712 345 678') => {
  const provider: PaymentProvider = {
    ...deaf,
    prompt: () => Promise.resolve(ok({ ref: 'ws_CO_1' })),
    promptState: () => Promise.resolve(ok({ state: 'paid', receipt: undefined })),
    received: () => Promise.resolve(ok({ payments: [], unread: 0 })),
    reverse: () => Promise.resolve(err({ type: 'ProviderBusy', reason: 'no' })),
    registerCallbacks: () => Promise.resolve(ok('registered')),
    isHintOf: () => false,
    payOut: () => Promise.resolve(ok({ ref: 'AG_1' })),
  }
  const now = { of: () => 0 }
  const jobs = createPaymentWork({ provider: () => provider, clock: { now: () => now.of() } })
  const site = memorySite(paymentModules, { jobs })
  now.of = site.clock.now
  void site.jobs.run(new AbortController().signal)
  const { must, dispatch, query, clock, runJobs, database } = site
  must(setMpesa, account)
  must(setSender, { sender: { driver: 'africastalking', username: 'isp', prefixes: ['+254'], secret: 'x' } })
  const plan = { policy: {}, currency: 'KES' } as const
  must(addPlan, { ...plan, name: 'Hour', kind: 'hotspot', validitySec: 3600, priceMinor: 2000 })
  must(addPlan, { ...plan, name: 'Home', kind: 'pppoe' })
  must(addSubscriber, { login: 'amina', name: 'Amina Kamau', phone, password: 'x', plan: 'Home' })
  const read = createPersonalReader(database.raw, site.vault)
  return {
    ...site,
    cash: (amountMinor: number, of = AMINA) => must(topUpCash, { phone: of, amountMinor }),
    wallet: (number = 1) => query(showWallet, { number })!,
    erase: () => dispatch(eraseCustomer, { login: 'amina' }),
    pass: async (ms: number) => {
      clock.advance(ms)
      await runJobs()
    },
    /** Everything that stands in the file, as whoever may read all of it is told. */
    everything: (): string =>
      database.raw
        .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .pluck()
        .all()
        .map((table) => {
          const rows = database.raw.prepare<[], Record<string, unknown>>(`SELECT * FROM "${table}"`).all()
          return JSON.stringify(rows.map((row) => [row, typeof row['record'] === 'string' ? read(row['record']) : '']))
        })
        .join('\n'),
    sound: () => {
      expect([query(ledgerBalances, {}).broken, query(checkEntries, {}).broken]).toEqual([[], 0])
      expect(verifyAudit(database.raw).ok).toBe(true)
    },
    balances: () =>
      Object.fromEntries(
        query(ledgerBalances, {})
          .accounts.filter(({ balanceMinor }) => balanceMinor !== 0)
          .map(({ code, balanceMinor }) => [code, balanceMinor]),
      ),
  }
}

test('nobody is erased together with money: what is in their wallet leaves first, and nothing has changed by asking', () => {
  const { cash, erase, must, wallet, everything, balances, sound } = box()
  cash(5000)
  expect(erase()).toMatchObject({ error: { type: 'WalletNotEmpty', wallet: 1, balanceMinor: 5000, currency: 'KES' } })
  expect(everything().includes('Amina Kamau')).toBe(true)
  expect(wallet()).toMatchObject({ status: 'active', phone: AMINA })
  must(emptyWallet, { wallet: 1, how: 'cash', reason: 'Asked to be forgotten' })
  expect(erase()).toMatchObject({ ok: true })
  expect(balances()).toEqual({})
  sound()
})

test('after that nothing in the file, the searches or the portal leads to them; the movements and the books stay', async () => {
  const site = box()
  const { cash, erase, must, dispatch, query, wallet, everything, pass, balances, sound, database } = site
  cash(10_000)
  const { id } = must(requestTopUp, { phone: AMINA, amountMinor: 3000 })
  await pass(0)
  await pass(4000)
  const receipt = {
    receipt: 'SJ41XK2P9Q',
    amountMinor: 3000,
    currency: 'KES',
    shortcode: '174379',
    paidAt: site.clock.now(),
  }
  must(hearPayments, {
    payments: [{ ...receipt, account: '0712345678', phone: AMINA, name: 'AMINA KAMAU', phones: [] }],
  })
  const bought = must(buyFromWallet, { walletId: wallet().id, plan: 'Hour' })
  must(setOwnRenewal, { walletId: wallet().id, purchaseId: bought.id, on: true })
  must(ownReferralCode, { phone: AMINA })
  must(sendMoney, { walletId: wallet().id, phone: BARAKA, amountMinor: 1000 })
  const code = must(revealWallet, { wallet: 1 }).code
  await pass(3 * DAY_MS)
  expect(query(renewalOf, { purchaseId: bought.id })).toBeDefined()
  must(emptyWallet, { wallet: 1, how: 'written-off', reason: 'Left the town' })
  expect(erase()).toMatchObject({ ok: true })
  const left = everything()
  const traces = ['712345678', '0712 345 678', 'Amina', 'AMINA']
  expect(traces.filter((trace) => left.includes(trace))).toEqual([])
  expect(query(listWallets, {}).map(({ phone }) => phone)).toEqual([BARAKA])
  expect(query(listWallets, { q: '1', phone: AMINA })).toEqual([])
  expect(query(findPurchases, { q: '', phone: AMINA }).purchases).toEqual([])
  expect(query(purchasesOfPhone, { phone: AMINA, fromAt: 0 })).toEqual([])
  expect(must(enterWallet, { phone: AMINA, code }).opened).toBeNull()
  expect(query(walletAtGate, { number: 1, codeNo: 1 })).toBeUndefined()
  expect(query(renewalOf, { purchaseId: bought.id })).toBeUndefined()
  expect(wallet()).toMatchObject({ status: 'erased', balanceMinor: 0 })
  expect(wallet().moves.map(({ kind }) => kind)).toEqual(['written-off', 'sent', 'bundle', 'mpesa', 'cash'])
  expect(query(listPurchases, {}).map(({ amountMinor }) => amountMinor)).toEqual([2000, 3000])
  expect(balances()).toMatchObject({ 'wallets-given-up': 10_000, plans: 2000 })
  expect(query(walletTotals, {})).toEqual({ wallets: 1, sums: [{ currency: 'KES', owedMinor: 1000, owingMinor: 0 }] })
  for (const refused of [
    dispatch(revealWallet, { wallet: 1 }),
    dispatch(blockWallet, { wallet: 1, blocked: false }),
    dispatch(eraseWallet, { wallet: 1 }),
  ])
    expect(refused).toMatchObject({ error: { type: 'WalletUnknown' } })
  expect(dispatch(buyFromWallet, { walletId: wallet().id, plan: 'Hour' })).toMatchObject({ ok: false })
  expect(database.raw.prepare('SELECT state FROM purchases WHERE id = ?').pluck().get(id)).toBe('granted')
  sound()
})

test('what is paid for the wallet later, or comes to its reference, is never hidden in it', async () => {
  const { erase, cash, must, wallet, query, pass, balances, sound } = box()
  cash(1000)
  must(emptyWallet, { wallet: 1, how: 'cash', reason: 'r' })
  const { reference } = wallet()
  must(requestTopUp, { phone: AMINA, amountMinor: 3000 })
  await pass(0)
  expect(erase()).toMatchObject({ ok: true })
  await pass(4000)
  const of = { amountMinor: 700, currency: 'KES', shortcode: '174379', paidAt: 1, phones: [] }
  must(hearPayments, { payments: [{ ...of, receipt: 'SJ41XK2P9Q', account: reference }] })
  // Whoever pays afterwards opens a new one, under the number that they have paid from.
  expect([wallet(1).balanceMinor, wallet(2)]).toEqual([
    0,
    expect.objectContaining({ phone: AMINA, balanceMinor: 3000 }),
  ])
  expect(balances()).toMatchObject({ unmatched: 700 })
  expect(query(listPurchases, {})[0]!.phone).toBe(AMINA)
  await pass(paymentLimits.pullBackMs + paymentLimits.fitsWithinMs)
  expect(query(listPurchases, {})[0]!.phone).toBe('erased')
  sound()
})

test('a number that is another customer’s too goes on with them, with its wallet', () => {
  const { cash, erase, must, wallet } = box()
  cash(5000)
  must(addSubscriber, { login: 'baraka', name: 'Baraka', phone: AMINA, password: 'x', plan: 'Home' })
  expect(erase()).toMatchObject({ ok: true })
  expect(wallet()).toMatchObject({ status: 'active', phone: AMINA, balanceMinor: 5000 })
})

test('whoever holds a wallet and is no customer is erased by its number, once it is empty', () => {
  const { cash, must, dispatch, everything, wallet, sound } = box()
  cash(5000, BARAKA)
  expect(dispatch(eraseWallet, { wallet: 1 })).toMatchObject({ error: { type: 'WalletNotEmpty' } })
  must(emptyWallet, { wallet: 1, how: 'written-off', reason: 'r' })
  must(eraseWallet, { wallet: 1 })
  expect(everything().includes(BARAKA.slice(1))).toBe(false)
  expect(wallet().status).toBe('erased')
  cash(100, BARAKA)
  expect(wallet(2)).toMatchObject({ phone: BARAKA, balanceMinor: 100 })
  sound()
})

test('by M-Pesa what is in a wallet goes to its phone, no more than is there; what comes back is in it again', async () => {
  const { cash, dispatch, must, wallet, query, pass, balances, erase, sound } = box()
  cash(5050)
  const pay = (amountMinor: number, phone = AMINA) =>
    dispatch(requestPayout, { for: { as: 'wallet', phone, amountMinor }, reason: 'Leaves' })
  expect(pay(5100)).toMatchObject({ error: { type: 'WalletShort' } })
  expect(pay(5050)).toMatchObject({ error: { type: 'PayoutCents' } })
  expect(pay(100, BARAKA)).toMatchObject({ error: { type: 'WalletUnknown' } })
  expect(pay(5000)).toMatchObject({ ok: true })
  expect(pay(100)).toMatchObject({ error: { type: 'WalletShort' } })
  await pass(0)
  expect(wallet()).toMatchObject({ balanceMinor: 50, moves: [{ kind: 'payout', about: 1, minor: -5000 }, {}] })
  expect(balances()).toMatchObject({ payouts: 5000 })
  must(emptyWallet, { wallet: 1, how: 'written-off', reason: 'r' })
  expect(erase()).toMatchObject({ ok: true })
  must(sayPayout, { number: 1, isDone: false })
  expect(query(listPayouts, {}).payouts[0]!.state).toBe('failed')
  expect(wallet()).toMatchObject({ status: 'erased', balanceMinor: 5000, moves: [{ kind: 'payout-back' }, {}, {}, {}] })
  expect(query(walletTotals, {}).sums).toEqual([{ currency: 'KES', owedMinor: 5000, owingMinor: 0 }])
  must(emptyWallet, { wallet: 1, how: 'cash', reason: 'r' })
  expect(balances()).toEqual({ 'wallets-given-up': 50, 'cash:test': 50 })
  sound()
})
