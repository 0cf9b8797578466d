import { expect, test } from 'vitest'
import { err, money, ok, type Result } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { ledgerBalances } from '../ledger/index.ts'
import { setSender } from '../messages/index.ts'
import { addPlan, setPlanStatus } from '../plans/index.ts'
import {
  createPaymentWork,
  hearPayments,
  listPayments,
  listPurchases,
  purchasePace,
  purchasesOnline,
  requestPurchase,
  resolvePayment,
  revealPurchase,
  setMpesa,
} from './index.ts'
import type { PaymentProvider, PromptRequest, PromptState, ProviderFault, Received } from './port.ts'
import { deaf } from './testing/deaf.ts'
import { paymentModules } from './testing/modules.ts'

const AMINA = '+254712345678'
type Asked = Result<{ readonly ref: string }, ProviderFault>

/** A provider that says what the test has it say. */
const shop = () => {
  const says = {
    prompt: (): Asked => ok({ ref: `ws_CO_${prompts.length}` }),
    state: (): Result<PromptState, ProviderFault> => ok({ state: 'pending' }),
    received: [] as Received[],
    isSetUp: true,
  }
  const prompts: PromptRequest[] = []
  const provider: PaymentProvider = {
    prompt(request) {
      prompts.push(request)
      return Promise.resolve(says.prompt())
    },
    promptState: () => Promise.resolve(says.state()),
    received: () => Promise.resolve(ok({ payments: says.received, unread: 0 })),
    reverse: () => Promise.resolve(err({ type: 'ProviderMisconfigured', code: '', reason: '' })),
    registerCallbacks: () => Promise.resolve(ok('registered')),
    isHintOf: () => false,
    ...deaf,
  }
  const now = { of: () => 0 }
  const jobs = createPaymentWork({
    provider: () => (says.isSetUp ? provider : undefined),
    clock: { now: () => now.of() },
  })
  const site = memorySite(paymentModules, {
    jobs,
  })
  now.of = site.clock.now
  void site.jobs.run(new AbortController().signal)
  const hour = site.must(addPlan, {
    name: 'Hour',
    kind: 'hotspot',
    policy: {},
    validitySec: 3600,
    priceMinor: 2000,
    currency: 'KES',
  })
  const { must, clock, runJobs } = site
  return {
    ...site,
    says,
    prompts,
    withdraw: () => site.must(setPlanStatus, { id: hour.id, status: 'withdrawn' }),
    buy: async (phone = AMINA) => {
      const bought = must(requestPurchase, { plan: 'Hour', phone })
      await runJobs()
      return bought
    },
    pass: async (ms: number) => {
      clock.advance(ms)
      await runJobs()
    },
    purchase: () => site.query(listPurchases, {})[0]!,
    money: () => site.query(listPayments, {}),
    balance: (code: string) =>
      site.query(ledgerBalances, {}).accounts.find((account) => account.code === code)?.balanceMinor ?? 0,
    receipt: (more: Partial<Received> = {}): Received => ({
      receipt: 'SJ41XK2P9Q',
      amount: money(2000, 'KES'),
      shortcode: '174379',
      paidAt: clock.now(),
      account: '',
      phone: AMINA,
      phoneHint: undefined,
      name: 'AMINA',
      ...more,
    }),
    grants: () =>
      site.database.raw
        .prepare<[], { login: string; kind: string }>('SELECT login, kind FROM grants ORDER BY login')
        .all(),
  }
}

test('what is bought is given once the money is there, with each step stamped', async () => {
  const { buy, prompts, pass, says, purchase, grants, balance } = shop()
  const { reference } = await buy()
  expect(prompts).toMatchObject([{ phone: AMINA, amount: { minor: 2000, currency: 'KES' }, reference }])
  expect(reference).toMatch(/^L[2-9A-HJ-NP-Z]{8}$/)
  expect(purchase()).toMatchObject({ state: 'accepted', plan: 'Hour' })
  await pass(3000)
  expect([purchase().state, grants()]).toEqual(['accepted', []])
  says.state = () => ok({ state: 'paid', receipt: undefined })
  await pass(3000)
  const { state, requestedAt, acceptedAt, confirmedAt, grantedAt } = purchase()
  expect(state).toBe('granted')
  expect([acceptedAt, confirmedAt, grantedAt].map((at) => at! - requestedAt)).toEqual([0, 6000, 6000])
  expect(grants()).toMatchObject([{ login: expect.stringMatching(/^voucher:/) as string, kind: 'hotspot' }])
  expect([balance('mobile-money'), balance('plans'), balance('purchases')]).toEqual([2000, 2000, 0])
})

test('how long it took from the money to being online is told, of those who went on at once', async () => {
  const { buy, pass, says, clock, query, must, purchase } = shop()
  const went = async (phone: string, afterMs: number | undefined) => {
    says.state = () => ok({ state: 'paid', receipt: undefined })
    await buy(phone)
    await pass(6000)
    if (afterMs !== undefined)
      must(purchasesOnline, { online: [{ purchaseId: purchase().id, at: clock.now() + afterMs }] })
  }
  await went('+254712000001', 1000)
  await went('+254712000002', 4000)
  await went('+254712000003', undefined)
  await went('+254712000004', 3_600_000)
  const pace = query(purchasePace, { fromAt: 0 })
  expect(pace).toMatchObject({ asked: 4, paid: 4, online: 3, failed: 0 })
  expect(pace.paidToOnlineP50Ms! - pace.paidToOnlineP95Ms!).toBe(-3000)
  // The first session counts, whoever tells of another.
  must(purchasesOnline, { online: [{ purchaseId: purchase().id, at: clock.now() }] })
  expect(query(purchasePace, { fromAt: 0 })).toEqual(pace)
  expect(query(purchasePace, { fromAt: clock.now() + 1 })).toEqual({
    asked: 0,
    paid: 0,
    online: 0,
    failed: 0,
    paidToOnlineP50Ms: undefined,
    paidToOnlineP95Ms: undefined,
  })
})

test('where Safaricom reaches the box each prompt has an address of its own, in hexadecimal', async () => {
  const { buy, prompts, must } = shop()
  await buy()
  must(setMpesa, { callbackUrl: 'https://pop.example.com/box/', shortcode: '174379' })
  await buy('+254712345679')
  await buy('+254712345670')
  const [none, ...urls] = prompts.map(({ callbackUrl }) => callbackUrl)
  expect(none).toBeUndefined()
  for (const url of urls) expect(url).toMatch(/^https:\/\/pop\.example\.com\/box\/callbacks\/[0-9a-f]{54}$/)
  expect(new Set(urls).size).toBe(2)
})

test('the receipt that comes later is that of the purchase, and no money of its own', async () => {
  const { buy, pass, says, money, receipt, balance } = shop()
  const { id, reference } = await buy()
  says.state = () => ok({ state: 'paid', receipt: undefined })
  await pass(3000)
  says.received = [receipt({ account: reference.toLowerCase() })]
  await pass(60_000)
  expect(money()).toMatchObject({ unmatched: 0, payments: [{ state: 'matched', purchaseId: id }] })
  expect(balance('mobile-money')).toBe(2000)
})

test('the list alone is enough: nobody needs to reach the box', async () => {
  const { buy, pass, says, purchase, receipt, grants } = shop()
  says.prompt = () => err({ type: 'ProviderSilent', reason: 'no answer' })
  const { reference } = await buy()
  expect(purchase()).toMatchObject({ state: 'accepted', providerRef: null })
  says.received = [receipt({ account: reference })]
  await pass(60_000)
  expect(purchase().state).toBe('granted')
  expect(grants()).toHaveLength(1)
})

test('nobody says no: the prompt times out, and money that comes later still buys it', async () => {
  const { buy, pass, says, purchase, grants } = shop()
  await buy()
  for (let turn = 0; turn < 30; turn++) await pass(10_000)
  expect(purchase()).toMatchObject({ state: 'failed', failure: 'timeout', mayStillBePaid: true })
  says.state = () => ok({ state: 'paid', receipt: undefined })
  await pass(30 * 60_000)
  expect(purchase()).toMatchObject({ state: 'granted', failure: null })
  expect(grants()).toHaveLength(1)
})

test.each([
  ['balance', false],
  ['cancelled', true],
] as const)('a payment that fails (%s) says why, and the phone may be asked again', async (failure, mayStillBePaid) => {
  const { buy, pass, says, purchase, grants } = shop()
  await buy()
  says.state = () => ok({ state: 'failed', failure, code: '1', mayStillBePaid })
  await pass(3000)
  expect(purchase()).toMatchObject({ state: 'failed', failure, mayStillBePaid })
  await buy()
  expect(grants()).toEqual([])
})

test('a phone has one prompt at a time', async () => {
  const { buy, dispatch, pass } = shop()
  const { number } = await buy()
  expect(dispatch(requestPurchase, { plan: 'Hour', phone: AMINA })).toMatchObject({
    error: { type: 'PromptOpen', number },
  })
  await pass(91_000)
  expect(dispatch(requestPurchase, { plan: 'Hour', phone: AMINA }).ok).toBe(true)
})

test('a phone that does not pay is asked five times an hour at most', async () => {
  const { buy, dispatch, pass, says, runJobs } = shop()
  says.prompt = () => err({ type: 'ProviderRefused', code: '1', failure: 'cancelled', reason: '' })
  for (let times = 0; times < 5; times++) await buy()
  const ask = () => dispatch(requestPurchase, { plan: 'Hour', phone: AMINA })
  expect(ask()).toMatchObject({ error: { type: 'PromptsMany' } })
  await buy('+254700000009')
  await pass(3_600_000)
  expect(ask().ok).toBe(true)
  await runJobs()
})

test('a provider that cannot be reached is tried some times, and nothing is on the phone', async () => {
  const { buy, pass, says, prompts, purchase } = shop()
  says.prompt = () => err({ type: 'ProviderUnreachable', reason: 'no route' })
  await buy()
  for (let turn = 0; turn < 40; turn++) await pass(1000)
  expect(prompts).toHaveLength(5)
  expect(purchase()).toMatchObject({ state: 'failed', failure: 'system', mayStillBePaid: false })
})

test('after a crash in the middle of asking nobody is asked a second time', async () => {
  const { buy, pass, says, prompts, purchase } = shop()
  says.prompt = () => {
    throw new Error('the plug was pulled')
  }
  await buy()
  await pass(5000)
  expect(prompts).toHaveLength(1)
  expect(purchase()).toMatchObject({ state: 'accepted', providerRef: null })
})

test('without a provider that is set up it is said at once', async () => {
  const { buy, says, purchase } = shop()
  says.isSetUp = false
  await buy()
  expect(purchase()).toMatchObject({ state: 'failed', failure: 'configuration' })
})

test('only what people take by themselves is sold so, at its price', () => {
  const { must, dispatch, withdraw } = shop()
  must(addPlan, { name: 'Fibre', kind: 'pppoe', policy: {}, priceMinor: 100, currency: 'KES' })
  must(addPlan, { name: 'Free', kind: 'hotspot', policy: {} })
  const fault = (plan: string, phone = AMINA) => dispatch(requestPurchase, { plan, phone })
  expect(fault('Fibre')).toMatchObject({ error: { type: 'PlanNotForSale' } })
  expect(fault('Free')).toMatchObject({ error: { type: 'PlanNotForSale' } })
  expect(fault('Nothing')).toMatchObject({ error: { type: 'PlanUnknown' } })
  expect(fault('Hour', '0712345678')).toMatchObject({ error: { type: 'InputInvalid' } })
  withdraw()
  expect(fault('Hour')).toMatchObject({ error: { type: 'PlanUnknown' } })
})

test('what was paid for is given also when the plan was withdrawn meanwhile', async () => {
  const { buy, withdraw, says, pass, purchase } = shop()
  await buy()
  withdraw()
  says.state = () => ok({ state: 'paid', receipt: undefined })
  await pass(3000)
  expect(purchase().state).toBe('granted')
})

test.each([
  ['is for nothing that was asked for', { account: 'HOUSE 7', phone: '+254700000001' }, 'nothing-fits'],
  ['is another amount than the purchase that it names', { amount: money(1900, 'KES') }, 'amount'],
] as const)('money that %s waits for somebody', async (_, more, doubt) => {
  const { buy, pass, says, money, receipt, balance, purchase } = shop()
  const { reference } = await buy()
  says.received = [receipt({ account: reference, ...more })]
  await pass(60_000)
  expect(money()).toMatchObject({ unmatched: 1, payments: [{ state: 'unmatched', doubt }] })
  expect(balance('unmatched')).toBe(money().payments[0]!.amountMinor)
  expect(purchase().state).toBe('accepted')
})

test('a second payment for the same purchase waits for somebody, who gives it back or gives something for it', async () => {
  const { buy, pass, says, money, receipt, balance, must, dispatch, grants, query } = shop()
  const { reference } = await buy()
  says.received = [receipt({ account: reference }), receipt({ account: reference, receipt: 'SJ41XK2P9R' })]
  says.received.push(receipt({ account: reference, receipt: 'SJ41XK2P9S' }))
  await pass(60_000)
  expect(money().payments.filter(({ doubt }) => doubt === 'paid-twice')).toHaveLength(2)
  must(resolvePayment, { receipt: 'SJ41XK2P9R', how: { as: 'refund' }, note: 'given back in cash' })
  must(resolvePayment, { receipt: 'SJ41XK2P9S', how: { as: 'plan', plan: 'Hour', phone: AMINA } })
  expect(money().unmatched).toBe(0)
  expect([balance('mobile-money'), balance('unmatched'), balance('plans')]).toEqual([4000, 0, 4000])
  expect(grants()).toHaveLength(2)
  expect(dispatch(resolvePayment, { receipt: 'SJ41XK2P9R', how: { as: 'refund' } })).toMatchObject({
    error: { type: 'PaymentSettled' },
  })
  expect(query(listPurchases, {}).map(({ state }) => state)).toEqual(['granted', 'granted'])
})

test('what is resolved has to be worth as much', async () => {
  const { pass, says, receipt, dispatch, must, buy, money } = shop()
  must(addPlan, { name: 'Day', kind: 'hotspot', policy: {}, priceMinor: 5000, currency: 'KES' })
  await pass(0)
  says.received = [receipt({ phone: undefined })]
  await pass(60_000)
  const resolve = (how: Parameters<typeof dispatch<typeof resolvePayment>>[1]['how'], code = 'SJ41XK2P9Q') =>
    dispatch(resolvePayment, { receipt: code, how })
  expect(resolve({ as: 'plan', plan: 'Day', phone: AMINA })).toMatchObject({
    error: { type: 'AmountDiffers', paidMinor: 2000, priceMinor: 5000 },
  })
  expect(resolve({ as: 'purchase', number: 99 })).toMatchObject({ error: { type: 'PurchaseUnknown' } })
  expect(resolve({ as: 'refund' }, 'NOTHING')).toMatchObject({ error: { type: 'PaymentUnknown' } })
  const { number } = await buy()
  expect(resolve({ as: 'purchase', number })).toMatchObject({ ok: true })
  expect(money().payments[0]).toMatchObject({ state: 'resolved' })
})

test('what depends on the clock is given when the clock is trusted', async () => {
  const { buy, clock, says, pass, purchase, must, database } = shop()
  must(addPlan, { name: 'Today', kind: 'hotspot', policy: {}, validitySec: 3600, priceMinor: 2000, currency: 'KES' })
  database.raw.prepare("UPDATE plans SET valid_from = 'creation'").run()
  clock.setSure(false)
  await buy()
  says.state = () => ok({ state: 'paid', receipt: undefined })
  await pass(3000)
  expect(purchase().state).toBe('confirmed')
  clock.setSure(true)
  await pass(60_000)
  expect(purchase().state).toBe('granted')
})

test('a receipt is heard once, whoever tells it and however often', async () => {
  const { must, buy, receipt, balance } = shop()
  const { reference } = await buy()
  const { amount, phone, phoneHint: _, name, ...rest } = receipt({ account: reference })
  const row = { ...rest, amountMinor: amount.minor, currency: amount.currency, phone: phone!, name: name!, phones: [] }
  expect(must(hearPayments, { payments: [row, row] })).toEqual({ matched: 1, unmatched: 0 })
  expect(must(hearPayments, { payments: [row] })).toEqual({ matched: 0, unmatched: 0 })
  expect(balance('mobile-money')).toBe(2000)
})

test('nobody’s number or name stands in the audit log in clear', async () => {
  const { buy, pass, says, receipt, database } = shop()
  await buy()
  says.received = [receipt()]
  await pass(60_000)
  const records = database.raw.prepare<[], string>('SELECT record FROM audit').pluck().all().join()
  expect(records).not.toContain('254712345678')
  expect(records).not.toContain('AMINA')
})

test('what was bought logs in by a code, which goes to the phone that paid and is told at the desk', async () => {
  const { buy, pass, says, must, dispatch, database } = shop()
  const sender = { driver: 'africastalking' as const, username: 'isp', prefixes: ['+254'], secret: 'key-of-sms' }
  must(setSender, { sender })
  const { number } = await buy()
  expect(dispatch(revealPurchase, { number })).toMatchObject({ error: { type: 'PurchaseNotGranted' } })
  says.state = () => ok({ state: 'paid', receipt: undefined })
  await pass(3000)
  const { code } = must(revealPurchase, { number })
  expect(code).toMatch(/^P[2-9A-HJKMNP-Z]{8}$/)
  const sent = database.raw.prepare('SELECT channel, kind, recipient FROM messages').all()
  expect(sent).toEqual([{ channel: 'sms', kind: 'purchase', recipient: AMINA }])
  const tables = database.raw
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'sqlite_sequence'")
    .all()
  const rows = tables.map(({ name }) => JSON.stringify(database.raw.prepare(`SELECT * FROM "${name}"`).all()))
  expect(rows.join()).not.toContain(code)
})
