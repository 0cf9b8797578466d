import { expect, test } from 'vitest'
import { err, ok } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { firstUse } from '../access/index.ts'
import { checkEntries, ledgerBalances } from '../ledger/index.ts'
import { listMessages, setSender } from '../messages/index.ts'
import { addPlan, setPlanStatus } from '../plans/index.ts'
import { changeSettings } from '../settings/index.ts'
import {
  blockWallet,
  listWallets,
  sendMoney,
  showWallet,
  tellFirstCode,
  topUpCash,
  walletTotals,
} from '../wallets/index.ts'
import {
  buyFromWallet,
  createPaymentWork,
  hearCallback,
  hearPayments,
  listPayments,
  listPurchases,
  refundPayment,
  renewalOf,
  renewUsedUp,
  requestTopUp,
  resolvePayment,
  setMpesa,
  setOwnRenewal,
  walletBought,
} from './index.ts'
import type { PaymentProvider, PromptState } from './port.ts'
import { deaf } from './testing/deaf.ts'
import { paymentModules } from './testing/modules.ts'
import { certificate } from './testing/certificate.ts'

const AMINA = '+254712345678'
const BARAKA = '+254722000111'
const HOUR_MS = 3_600_000
const account = {
  shortcode: '174379',
  consumerKey: 'k',
  consumerSecret: 's',
  passkey: 'p',
  phone: '+254700000001',
  initiatorName: 'x',
  initiatorPassword: 'x',
  certificate,
}

/** A box that sells an hour for 20 and a day with 100 MB for 50. */
const shop = () => {
  const says = { state: { state: 'pending' } as PromptState, isCut: false }
  let prompts = 0
  const provider: PaymentProvider = {
    prompt() {
      prompts += 1
      const cut = { type: 'ProviderUnreachable', reason: 'no route' } as const
      return Promise.resolve(says.isCut ? err(cut) : ok({ ref: `ws_CO_${prompts}` }))
    },
    promptState: () => Promise.resolve(ok(says.state)),
    received: () => Promise.resolve(ok({ payments: [], unread: 0 })),
    reverse: () => Promise.resolve(ok({ ref: 'AG_1' })),
    registerCallbacks: () => Promise.resolve(ok('registered')),
    isHintOf: () => false,
    ...deaf,
  }
  const now = { of: () => 0 }
  const jobs = createPaymentWork({ provider: () => provider, clock: { now: () => now.of() } })
  const site = memorySite(paymentModules, {
    jobs,
  })
  const { must, query, clock, database, dispatch, runJobs } = site
  now.of = clock.now
  void site.jobs.run(new AbortController().signal)
  const plan = { kind: 'hotspot', policy: {}, currency: 'KES' } as const
  const { id: hourId } = must(addPlan, { ...plan, name: 'Hour', validitySec: 3600, priceMinor: 2000 })
  must(addPlan, { ...plan, name: 'Data', quotaOctets: 100, priceMinor: 5000 })
  let receipts = 0
  const hear = (amountMinor: number, account: string, more: object = {}) => {
    receipts += 1
    const receipt = `SJ41XK2P${receipts}`
    const of = { amountMinor, currency: 'KES', shortcode: '174379', paidAt: clock.now(), account, phones: [] }
    must(hearPayments, { payments: [{ receipt, ...of, ...more }] })
    return receipt
  }
  const wallet = (number = 1) => query(showWallet, { number })!
  const grant = (service: string) =>
    database.raw
      .prepare<
        [string],
        { id: string; no: number; login: string; expiresAt: number | null; quotaOctets: number | null; status: string }
      >('SELECT id, no, login, expires_at expiresAt, quota_octets quotaOctets, status FROM grants WHERE service_id = ?')
      .get(service)
  return {
    ...site,
    says,
    hear,
    wallet,
    grant,
    hourId,
    cash: (amountMinor: number, phone = AMINA) => must(topUpCash, { phone, amountMinor }),
    buy: (name = 'Hour', more: object = {}) => dispatch(buyFromWallet, { walletId: wallet().id, plan: name, ...more }),
    /** Bought, gone online with, and renewed by itself from now on. */
    renewing: (name = 'Hour') => {
      const { id } = must(buyFromWallet, { walletId: wallet().id, plan: name })
      must(setOwnRenewal, { walletId: wallet().id, purchaseId: id, on: true })
      must(firstUse, { grantId: grant(id)!.id, device: '', bind: false, deviceLimit: 1 })
      return id
    },
    pass: async (ms: number) => {
      clock.advance(ms)
      await runJobs()
    },
    balances: () =>
      Object.fromEntries(query(ledgerBalances, {}).accounts.map(({ code, balanceMinor }) => [code, balanceMinor])),
    sound: () => expect([query(ledgerBalances, {}).broken, query(checkEntries, {}).broken]).toEqual([[], 0]),
  }
}

test('a first top-up by M-Pesa opens the wallet once it is paid, and whoever paid is told the code for a while', async () => {
  const { must, says, pass, wallet, query, balances, sound, count, clock } = shop()
  const { id } = must(requestTopUp, { phone: AMINA, amountMinor: 10_000 })
  await pass(0)
  expect(count({ name: 'wallets' })).toBe(0)
  says.state = { state: 'paid', receipt: undefined }
  await pass(4000)
  expect(wallet()).toMatchObject({ phone: AMINA, balanceMinor: 10_000, moves: [{ kind: 'mpesa', about: 1 }] })
  expect(query(listPurchases, {})[0]).toMatchObject({ state: 'granted', purpose: 'wallet', plan: null })
  expect(balances()).toMatchObject({ 'mobile-money': 10_000, purchases: 0 })
  expect(must(tellFirstCode, { purchaseId: id }).code).toMatch(/^W/)
  clock.advance(HOUR_MS)
  expect(must(tellFirstCode, { purchaseId: id }).code).toBeUndefined()
  const { id: second } = must(requestTopUp, { phone: AMINA, amountMinor: 5000 })
  await pass(4000)
  await pass(4000)
  expect(wallet().balanceMinor).toBe(15_000)
  expect(must(tellFirstCode, { purchaseId: second }).code).toBeUndefined()
  sound()
})

test('a prompt for a wallet is limited as any other, and asks for whole shillings', () => {
  const { must, dispatch } = shop()
  expect(dispatch(requestTopUp, { phone: AMINA, amountMinor: 1050 })).toMatchObject({ error: { type: 'AmountUnfit' } })
  must(requestTopUp, { phone: AMINA, amountMinor: 1000 })
  expect(dispatch(requestTopUp, { phone: AMINA, amountMinor: 1000 })).toMatchObject({ error: { type: 'PromptOpen' } })
})

test('a callback is never believed for a wallet, however small the amount', async () => {
  const { must, pass, count, query } = shop()
  must(setMpesa, { shortcode: '174379', callbackUrl: 'https://pop.example.com', trustUpTo: 1000 })
  const { id } = must(requestTopUp, { phone: AMINA, amountMinor: 1000 })
  await pass(0)
  const claim = { ref: 'ws_CO_1', isPaid: true, amountMinor: 1000, currency: 'KES' }
  const arrived = { origin: '196.201.214.200', isKnownSource: true, body: '{}', digest: 'x'.repeat(64) }
  expect(must(hearCallback, { ...arrived, purchaseId: id, claim })).toEqual({ outcome: 'asked' })
  expect([count({ name: 'wallets' }), query(listPurchases, {})[0]!.state]).toEqual([0, 'accepted'])
})

test('money sent to the paybill goes to the wallet whose reference or phone is the account, without anybody’s hand', () => {
  const { hear, wallet, cash, query, balances, sound } = shop()
  cash(1000)
  hear(2500, wallet().reference.toLowerCase())
  hear(500, '0712 345 678')
  hear(700, BARAKA)
  hear(300, `W${wallet().reference.slice(1, 8)}2`)
  expect(wallet().balanceMinor).toBe(4000)
  expect(query(listPayments, {}).payments.map(({ state, doubt }) => [state, doubt])).toEqual([
    ['unmatched', 'nothing-fits'],
    ['unmatched', 'nothing-fits'],
    ['matched', null],
    ['matched', null],
  ])
  expect(balances()).toMatchObject({ unmatched: 1000, 'mobile-money': 4000 })
  sound()
})

test('what nobody could match goes into a wallet by somebody’s word, once, and opens it where there is none', () => {
  const { hear, wallet, dispatch, sound } = shop()
  const receipt = hear(700, 'nyumba 7')
  const resolve = () => dispatch(resolvePayment, { receipt, how: { as: 'wallet', phone: AMINA } })
  expect(resolve()).toMatchObject({ ok: true, value: { state: 'resolved' } })
  expect(resolve()).toMatchObject({ error: { type: 'PaymentSettled' } })
  expect(wallet()).toMatchObject({ phone: AMINA, balanceMinor: 700 })
  sound()
})

test('a bundle is bought from the wallet at once, also while nobody outside is reached; pressed twice it is paid once', () => {
  const { cash, says, dispatch, wallet, query, grant, balances, count } = shop()
  cash(5000)
  says.isCut = true
  const buy = () => dispatch(buyFromWallet, { walletId: wallet().id, plan: 'Hour' }, { id: 'once' })
  const bought = buy()
  expect(buy()).toEqual(bought)
  const id = bought.ok ? bought.value.id : ''
  expect(grant(id)).toMatchObject({ status: 'active' })
  expect(query(listPurchases, {})[0]).toMatchObject({ state: 'granted', paidBy: 'wallet', phone: AMINA })
  expect([wallet().balanceMinor, count({ name: 'purchases' })]).toEqual([3000, 1])
  expect(balances()).toMatchObject({ plans: 2000, purchases: 0 })
})

test('what is not there cannot be spent, nor by a blocked wallet, and nothing is given', () => {
  const { cash, buy, must, count, wallet } = shop()
  cash(3000)
  expect(buy('Data')).toMatchObject({ error: { type: 'WalletShort', balanceMinor: 3000, wantedMinor: 5000 } })
  expect(buy('Nothing')).toMatchObject({ error: { type: 'PlanUnknown' } })
  must(blockWallet, { wallet: 1, blocked: true })
  expect(buy()).toMatchObject({ error: { type: 'WalletBlocked' } })
  expect([count({ name: 'purchases' }), count({ name: 'grants' }), wallet().balanceMinor]).toEqual([0, 0, 3000])
})

test('M-Pesa money of the same phone and price is never taken for what a wallet has paid', () => {
  const { cash, buy, hear, query } = shop()
  cash(2000)
  buy()
  hear(2000, '', { phone: AMINA })
  hear(2000, query(listPurchases, {})[0]!.reference, { phone: AMINA })
  expect(query(listPayments, {}).payments.map(({ doubt }) => doubt)).toEqual(['paid-twice', 'nothing-fits'])
})

test('a bundle for a friend is theirs, and its code is sent to them', () => {
  const { cash, must, buy, query } = shop()
  must(setSender, { sender: { driver: 'africastalking', username: 'isp', prefixes: ['+254'], secret: 'x' } })
  cash(2000)
  buy('Hour', { phone: BARAKA })
  expect(query(listPurchases, {})[0]).toMatchObject({ phone: BARAKA, paidBy: 'wallet' })
  expect(query(listMessages, {})[0]).toMatchObject({ kind: 'purchase', recipient: BARAKA })
})

test('a refund of a top-up takes from the wallet what is left there, and the rest is the operator’s loss', () => {
  const { hear, wallet, cash, must, buy, balances, sound } = shop()
  must(setMpesa, account)
  cash(1000)
  const [first, second] = [hear(5000, wallet().reference), hear(500, wallet().reference)]
  buy('Data')
  expect(wallet().balanceMinor).toBe(1500)
  must(refundPayment, { receipt: second })
  expect(wallet()).toMatchObject({ balanceMinor: 1000, moves: [{ kind: 'refund', minor: -500 }, {}, {}, {}, {}] })
  must(refundPayment, { receipt: first })
  expect(wallet().balanceMinor).toBe(0)
  expect(balances()).toMatchObject({ refunds: 5500, 'wallet-refunds': 4000, plans: 5000 })
  sound()
})

test('a bundle is renewed shortly before it ends, with the same login, once for each period', async () => {
  const { cash, renewing, grant, pass, wallet, query, balances, sound } = shop()
  cash(5000)
  const id = renewing()
  const before = grant(id)!
  await pass(HOUR_MS - 70_000)
  expect(wallet().balanceMinor).toBe(3000)
  for (let looks = 0; looks < 4; looks++) await pass(15_000)
  expect(wallet()).toMatchObject({ balanceMinor: 1000, moves: [{ kind: 'renewal', about: 2, minor: -2000 }, {}, {}] })
  expect(grant(id)).toEqual({ ...before, expiresAt: before.expiresAt! + HOUR_MS })
  expect(query(listPurchases, {})[0]).toMatchObject({ state: 'granted', renewsId: id, paidBy: 'wallet' })
  expect(balances()).toMatchObject({ plans: 4000, purchases: 0 })
  sound()
})

test('without money it waits, says so once, and goes on when money comes in, wherever from', async () => {
  const { cash, renewing, grant, pass, wallet, must, query, clock } = shop()
  must(setSender, { sender: { driver: 'africastalking', username: 'isp', prefixes: ['+254'], secret: 'x' } })
  cash(2000)
  const id = renewing()
  const told = () => query(listMessages, {}).filter(({ kind }) => kind === 'wallet').length
  const before = told()
  for (let looks = 0; looks < 5; looks++) await pass(HOUR_MS / 2)
  expect([told() - before, query(renewalOf, { purchaseId: id })!.state]).toEqual([1, 'short'])
  cash(1000, BARAKA)
  cash(1500, BARAKA)
  must(sendMoney, { walletId: wallet(2).id, phone: AMINA, amountMinor: 2500 })
  await pass(15_000)
  expect(wallet().balanceMinor).toBe(500)
  expect(grant(id)!.expiresAt).toBe(clock.now() + HOUR_MS)
  expect(query(renewalOf, { purchaseId: id })).toMatchObject({ state: 'on', dueAt: null })
})

test.each([
  ['wait without', 2000, 'active'],
  ['have some and are suspended', 4000, 'suspended'],
] as const)('whoever has money again is renewed however many %s', async (_, cashMinor, status) => {
  const { cash, must, grant, pass, query, database } = shop()
  const waiting = Array.from({ length: 101 }, (_, n) => {
    const phone = `+2547${String(20_000_000 + n)}`
    const { id: walletId } = cash(2000, phone)
    const { id } = must(buyFromWallet, { walletId, plan: 'Hour' })
    must(setOwnRenewal, { walletId, purchaseId: id, on: true })
    must(firstUse, { grantId: grant(id)!.id, device: '', bind: false, deviceLimit: 1 })
    return { phone, id }
  })
  for (let looks = 0; looks < 3; looks++) await pass(HOUR_MS)
  const { phone, id } = waiting.at(-1)!
  const stateOf = (purchaseId: string) => query(renewalOf, { purchaseId })!.state
  expect(new Set(waiting.map((one) => stateOf(one.id)))).toEqual(new Set(['short']))
  for (const one of waiting.slice(0, -1)) {
    database.raw.prepare('UPDATE grants SET status = ? WHERE service_id = ?').run(status, one.id)
    if (cashMinor > 2000) cash(cashMinor, one.phone)
  }
  cash(2000, phone)
  await pass(15_000)
  expect([stateOf(id), stateOf(waiting[0]!.id)]).toEqual(['on', 'short'])
})

test('where the operator lends by then, what waits for money is renewed on that', async () => {
  const { cash, renewing, pass, must, wallet, query } = shop()
  cash(2000)
  const id = renewing()
  for (let looks = 0; looks < 3; looks++) await pass(HOUR_MS / 2)
  expect(query(renewalOf, { purchaseId: id })!.state).toBe('short')
  must(changeSettings, { payLaterUpTo: 20, payLaterAfter: 2 })
  await pass(15_000)
  expect(wallet().balanceMinor).toBe(0)
  must(changeSettings, { payLaterAfter: 1 })
  await pass(15_000)
  expect(wallet().balanceMinor).toBe(-2000)
  expect(query(renewalOf, { purchaseId: id })!.state).toBe('on')
})

test('what is used up is renewed at once, and by what is told late no second time', () => {
  const { cash, renewing, grant, must, wallet } = shop()
  cash(15_000)
  const id = renewing('Data')
  const { no } = grant(id)!
  const used = (quotaOctets: number) => must(renewUsedUp, { grantNo: no, quotaOctets, quotaSec: null }).renewed
  expect([used(100), used(100), used(100)]).toEqual([true, false, false])
  expect([grant(id)!.quotaOctets, wallet().balanceMinor]).toEqual([200, 5000])
  expect(used(200)).toBe(true)
  expect(used(300)).toBe(false)
  expect(wallet().balanceMinor).toBe(0)
})

test('it stops where the plan is withdrawn, and while nobody trusts the clock nothing is renewed', async () => {
  const { cash, renewing, must, pass, wallet, query, hourId, clock } = shop()
  cash(9000)
  const id = renewing()
  clock.setSure(false)
  await pass(HOUR_MS)
  expect(wallet().balanceMinor).toBe(7000)
  clock.setSure(true)
  must(setPlanStatus, { id: hourId, status: 'withdrawn' })
  await pass(15_000)
  expect(query(renewalOf, { purchaseId: id })).toMatchObject({ state: 'stopped', why: 'plan-gone' })
  await pass(HOUR_MS)
  expect(wallet().balanceMinor).toBe(7000)
})

test('it is switched off again, and for nobody else’s purchase', async () => {
  const { cash, renewing, must, pass, wallet, dispatch, query } = shop()
  cash(9000)
  cash(1000, BARAKA)
  const id = renewing()
  expect(query(walletBought, { walletId: wallet().id })).toMatchObject([{ id, canRenew: true, renewal: 'on' }])
  const other = { walletId: wallet(2).id, purchaseId: id, on: false }
  expect(dispatch(setOwnRenewal, other)).toMatchObject({ error: { type: 'PurchaseUnknown' } })
  must(setOwnRenewal, { ...other, walletId: wallet().id })
  await pass(HOUR_MS)
  expect(wallet().balanceMinor).toBe(7000)
})

test('where the operator lends, who has bought before goes below nothing for a bundle of their own, and the next money pays it', () => {
  const { cash, buy, must, wallet, query, dispatch } = shop()
  must(changeSettings, { payLaterUpTo: 30, payLaterAfter: 2 })
  cash(4000)
  expect(buy('Data')).toMatchObject({ error: { type: 'WalletShort' } })
  buy()
  buy()
  // So much is lent, and no more; never to a friend.
  expect(buy('Hour', { phone: BARAKA })).toMatchObject({ error: { type: 'WalletShort' } })
  expect(dispatch(sendMoney, { walletId: wallet().id, phone: BARAKA, amountMinor: 100 })).toMatchObject({
    error: { type: 'WalletShort' },
  })
  expect(buy()).toMatchObject({ ok: true })
  expect(wallet().balanceMinor).toBe(-2000)
  expect(buy()).toMatchObject({ error: { type: 'WalletShort' } })
  expect(query(walletTotals, {}).sums).toEqual([{ currency: 'KES', owedMinor: 0, owingMinor: 2000 }])
  cash(3000)
  expect(wallet().balanceMinor).toBe(1000)
  expect(query(listWallets, {})).toHaveLength(1)
})
