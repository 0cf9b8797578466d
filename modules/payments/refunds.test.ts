import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { err, money, ok, type Result } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { checkEntries, ledgerBalances } from '../ledger/index.ts'
import { addPlan } from '../plans/index.ts'
import {
  callbackDigest,
  createCallbackGate,
  createPaymentWork,
  hearPayments,
  hearResult,
  listPayments,
  listPurchases,
  listRefunds,
  refundPayment,
  requestPurchase,
  resolvePayment,
  sayRefund,
  setMpesa,
} from './index.ts'
import type { PaymentProvider, ProviderFault } from './port.ts'
import { resultOutcome, type RefundClaim } from './refund-rules.ts'
import { deaf } from './testing/deaf.ts'
import { paymentModules } from './testing/modules.ts'

const AMINA = '+254712345678'
const RECEIPT = 'SJ41XK2P9Q'
const { publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const account = { shortcode: '174379', consumerKey: 'k', consumerSecret: 's', passkey: 'p', phone: '+254700000001' }
const initiator = { initiatorName: 'testapi', initiatorPassword: 'Initiator#1', certificate: publicKey }
type Asked = Result<{ readonly ref: string }, ProviderFault>
type Reversal = Parameters<PaymentProvider['reverse']>[0]

/** A provider that says what the test has it say; `callbackUrl` where the box is reached. */
const shop = (callbackUrl = '') => {
  const asked: Reversal[] = []
  const says = { answer: (): Asked | Promise<Asked> => ok({ ref: `AG_${asked.length}` }) }
  const provider: PaymentProvider = {
    prompt: () => Promise.resolve(ok({ ref: 'ws_CO_1' })),
    promptState: () => Promise.resolve(ok({ state: 'paid', receipt: undefined })),
    received: () => Promise.resolve(ok({ payments: [], unread: 0 })),
    async reverse(request) {
      asked.push(request)
      return says.answer()
    },
    registerCallbacks: () => Promise.resolve(ok('registered')),
    isHintOf: () => false,
    ...deaf,
  }
  const now = { of: () => 0 }
  const jobs = createPaymentWork({ provider: () => provider, clock: { now: () => now.of() } })
  const site = memorySite(paymentModules, {
    jobs,
  })
  now.of = site.clock.now
  void site.jobs.run(new AbortController().signal)
  const { must, query, runJobs, clock, database } = site
  must(addPlan, { name: 'Hour', kind: 'hotspot', policy: {}, validitySec: 3600, priceMinor: 2000, currency: 'KES' })
  must(setMpesa, { ...account, ...initiator, callbackUrl })
  const hear = (receipt = RECEIPT, name = '', amountMinor = 2000): void => {
    const of = { receipt, amountMinor, currency: 'KES', shortcode: '174379', paidAt: clock.now(), account: name }
    must(hearPayments, { payments: [{ ...of, phone: AMINA, phones: [] }] })
  }
  const gate = createCallbackGate(database.raw, site.vault)
  return {
    ...site,
    asked,
    says,
    hear,
    /** Bought and paid for, with its receipt. */
    buy: async () => {
      const { reference } = must(requestPurchase, { plan: 'Hour', phone: AMINA })
      await runJobs()
      clock.advance(3000)
      await runJobs()
      hear(RECEIPT, reference)
      return reference
    },
    payBack: async (receipt = RECEIPT) => {
      must(refundPayment, { receipt })
      await runJobs()
    },
    refund: () => query(listRefunds, {})[0]!,
    payment: (receipt = RECEIPT) => query(listPayments, { receipt }).payments[0]!,
    purchase: () => query(listPurchases, {})[0]!,
    active: () => database.raw.prepare("SELECT count(*) FROM grants WHERE status = 'active'").pluck().get(),
    balances: () => {
      expect([query(ledgerBalances, {}).broken, query(checkEntries, {}).broken]).toEqual([[], 0])
      const of = query(ledgerBalances, {}).accounts.map(({ code, balanceMinor }) => [code, balanceMinor])
      return Object.fromEntries(of.filter(([, minor]) => minor !== 0)) as Record<string, number>
    },
    /** Posts to an address that the provider was told; what came of it, or that nobody was told the address. */
    post: (url: string, claim: RefundClaim | undefined, body = JSON.stringify(claim)) => {
      const token = url.split('/').at(-1)!
      const subject = gate.subjectOf(token)
      if (subject?.kind !== 'refund') return 'stranger'
      const { refundId, isTimeout } = subject
      const arrived = { origin: '196.201.214.200', isKnownSource: true, body, digest: callbackDigest(token, body) }
      return must(hearResult, { ...arrived, refundId, isTimeout, ...(claim && { claim }) }).outcome
    },
  }
}
const POP = 'https://pop.example.com'
const done = (ref: string, more: Partial<RefundClaim> = {}): RefundClaim => ({ ref, failure: null, ...more })

test('money that waits goes back whole once M-Pesa has said so, and stands on its way until then', async () => {
  const { hear, payBack, asked, refund, payment, balances, post } = shop(POP)
  hear(RECEIPT, 'HOUSE 7')
  await payBack()
  expect(asked).toMatchObject([{ receipt: RECEIPT, amount: money(2000, 'KES') }])
  expect([refund().state, payment().state, balances()]).toEqual([
    'sent',
    'refunding',
    { 'mobile-money': 2000, refunds: 2000 },
  ])
  const all = { receipt: RECEIPT, amountMinor: 2000, currency: 'KES' }
  expect(post(asked[0]!.resultUrl!, done('AG_1', all))).toBe('believed')
  expect([refund().state, payment().state, balances()]).toEqual(['done', 'refunded', {}])
})

test('what was bought ends before its money goes, and is no income any more', async () => {
  const { buy, payBack, purchase, payment, active, balances, asked, post, hear, dispatch } = shop(POP)
  const reference = await buy()
  expect([purchase().state, active(), balances()]).toEqual(['granted', 1, { 'mobile-money': 2000, plans: 2000 }])
  await payBack()
  expect([purchase().state, active(), balances()]).toEqual(['refunded', 0, { 'mobile-money': 2000, refunds: 2000 }])
  post(asked[0]!.resultUrl!, done('AG_1'))
  expect([payment().state, balances()]).toEqual(['refunded', {}])
  expect(dispatch(refundPayment, { receipt: RECEIPT })).toMatchObject({ error: { type: 'PaymentSettled' } })
  // Whoever pays for it once more has bought nothing: it waits for somebody.
  hear('SECOND', reference)
  expect([payment('SECOND').doubt, active(), balances()]).toEqual([
    'paid-twice',
    0,
    { 'mobile-money': 2000, unmatched: 2000 },
  ])
})

test('one that failed waits for somebody again, and may be paid back or given for once more', async () => {
  const { buy, payBack, refund, payment, asked, post, balances, must, active, query } = shop(POP)
  await buy()
  await payBack()
  expect(post(asked[0]!.resultUrl!, { ref: 'AG_1', failure: 'configuration' })).toBe('believed')
  expect(refund()).toMatchObject({ state: 'failed', failure: 'configuration', saidBy: null })
  expect(payment()).toMatchObject({ state: 'unmatched', doubt: 'refund-failed', resolvedAt: null })
  expect(balances()).toEqual({ 'mobile-money': 2000, unmatched: 2000 })
  await payBack()
  expect(post(asked[1]!.resultUrl!, { ref: 'AG_2', failure: 'balance' })).toBe('believed')
  must(resolvePayment, { receipt: RECEIPT, how: { as: 'plan', plan: 'Hour', phone: AMINA } })
  expect([active(), balances()]).toEqual([1, { 'mobile-money': 2000, plans: 2000 }])
  await payBack()
  post(asked[2]!.resultUrl!, done('AG_3'))
  expect([
    active(),
    balances(),
    query(listRefunds, {})
      .map(({ state }) => state)
      .toSorted(),
  ]).toEqual([0, {}, ['done', 'failed', 'failed']])
})

test('nothing is sent before the initiator is set up, nor twice for one receipt', async () => {
  const { hear, must, dispatch, payBack } = shop()
  hear()
  must(setMpesa, { initiatorName: '' })
  expect(dispatch(refundPayment, { receipt: RECEIPT })).toMatchObject({
    error: { type: 'InitiatorUnready', missing: ['initiatorName'] },
  })
  must(setMpesa, { initiatorName: 'testapi' })
  await payBack()
  expect(dispatch(refundPayment, { receipt: RECEIPT })).toMatchObject({ error: { type: 'RefundOpen' } })
  expect(dispatch(resolvePayment, { receipt: RECEIPT, how: { as: 'refund' } })).toMatchObject({
    error: { type: 'PaymentSettled' },
  })
  expect(dispatch(refundPayment, { receipt: 'NONE' })).toMatchObject({ error: { type: 'PaymentUnknown' } })
  expect(dispatch(setMpesa, { certificate: 'no PEM' })).toMatchObject({ error: { type: 'InputInvalid' } })
})

test('where nobody reaches the box it stays sent until somebody has looked', async () => {
  const { hear, payBack, asked, refund, payment, must, dispatch, balances } = shop()
  hear()
  await payBack()
  expect([asked[0]!.resultUrl, asked[0]!.timeoutUrl, refund().state]).toEqual([undefined, undefined, 'sent'])
  must(sayRefund, { receipt: RECEIPT, isDone: true })
  expect([refund().state, refund().saidBy !== null, payment().state, balances()]).toEqual([
    'done',
    true,
    'refunded',
    {},
  ])
  expect(dispatch(sayRefund, { receipt: RECEIPT, isDone: false })).toMatchObject({ error: { type: 'RefundUnknown' } })
})

const faults: readonly (readonly [ProviderFault, string])[] = [
  [{ type: 'ProviderSilent', reason: 'no answer' }, 'unknown'],
  [{ type: 'ProviderMisconfigured', code: 'initiator', reason: 'none' }, 'failed'],
  [{ type: 'ProviderRefused', code: 'amount', failure: 'configuration', reason: 'cents' }, 'failed'],
]
test.each(faults)('asked, and answered by $type', async (fault, state) => {
  const { hear, payBack, says, refund, asked, runJobs, clock } = shop(POP)
  says.answer = () => err(fault)
  hear()
  await payBack()
  clock.advance(3_600_000)
  await runJobs()
  expect([refund().state, asked.length]).toEqual([state, 1])
})

test('what was not heard is asked again, some times, and then waits for somebody', async () => {
  const { hear, payBack, says, refund, asked, runJobs, clock, payment } = shop()
  says.answer = () => err({ type: 'ProviderUnreachable', reason: 'no route' })
  hear()
  await payBack()
  expect(refund().state).toBe('asked')
  for (let tries = 0; tries < 8; tries++) {
    clock.advance(60_000)
    await runJobs()
  }
  expect([asked.length, refund().state, refund().failure, payment().state]).toEqual([
    5,
    'failed',
    'system',
    'unmatched',
  ])
})

test('after a crash it is not sent a second time: somebody looks, and says how it was', async () => {
  const { hear, payBack, says, refund, asked, runJobs, clock, must, dispatch, payment } = shop(POP)
  says.answer = () => Promise.reject(new Error('the plug was pulled'))
  hear()
  await payBack()
  expect(dispatch(sayRefund, { receipt: RECEIPT, isDone: true })).toMatchObject({ error: { type: 'RefundEarly' } })
  clock.advance(60_000)
  await runJobs()
  expect([asked.length, refund().state]).toEqual([1, 'unknown'])
  must(sayRefund, { receipt: RECEIPT, isDone: false })
  expect([refund().state, payment().state]).toEqual(['failed', 'unmatched'])
})

test('a result that comes before the answer counts once the answer says what it is called', async () => {
  const { hear, payBack, says, refund, asked, post } = shop(POP)
  const outcomes: unknown[] = []
  says.answer = () => {
    // Somebody who has read the address says another thing first.
    outcomes.push(post(asked[0]!.resultUrl!, { ref: 'AG_other', failure: 'system' }))
    outcomes.push(post(asked[0]!.resultUrl!, done('AG_1')))
    return ok({ ref: 'AG_1' })
  }
  hear()
  await payBack()
  expect([outcomes, refund().state]).toEqual([['early', 'early'], 'done'])
})

test('a result of one that has no name is shown to whoever decides, and decides nothing', async () => {
  const { hear, payBack, says, refund, asked, post } = shop(POP)
  says.answer = () => err({ type: 'ProviderSilent', reason: 'no answer' })
  hear()
  await payBack()
  expect(post(asked[0]!.resultUrl!, done('AG_1'))).toBe('noted')
  expect(refund()).toMatchObject({ state: 'unknown', claims: [{ ref: 'AG_1', failure: null }] })
})

test('that M-Pesa waited too long is no end: its result counts when it comes', async () => {
  const { hear, payBack, refund, asked, post } = shop(POP)
  hear()
  await payBack()
  const { resultUrl, timeoutUrl } = asked[0]!
  expect([post(timeoutUrl!, undefined, '{}'), refund().state]).toEqual(['waited', 'unknown'])
  expect([post(timeoutUrl!, undefined, '{"again":1}'), refund().state]).toEqual(['settled', 'unknown'])
  expect([post(resultUrl!, done('AG_1')), refund().state]).toEqual(['believed', 'done'])
  expect([post(resultUrl!, { ref: 'AG_1', failure: 'system' }), refund().state]).toEqual(['settled', 'done'])
})

test('whoever has not been told the address, or tells of another refund, receipt or amount, changes nothing', async () => {
  const { hear, payBack, refund, asked, post, database, must } = shop(POP)
  hear()
  hear('SECOND')
  await payBack()
  await payBack('SECOND')
  const [first, second] = asked as [Reversal, Reversal]
  const last = (url: string) => url.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))
  const asResult = first.timeoutUrl!.replace(/\/07/, '/06')
  for (const url of [last(first.resultUrl!), asResult, first.resultUrl!.replace('/06', '/01')])
    expect(post(url, done('AG_1'))).toBe('stranger')
  const forged: readonly (RefundClaim | undefined)[] = [
    done('AG_2'),
    done('AG_1', { receipt: 'SECOND' }),
    done('AG_1', { amountMinor: 100, currency: 'KES' }),
    undefined,
  ]
  expect(forged.map((claim) => post(first.resultUrl!, claim, JSON.stringify(claim) ?? ''))).toEqual([
    'mismatch',
    'mismatch',
    'mismatch',
    'unreadable',
  ])
  for (let letter = 0; letter < 50; letter++) post(second.resultUrl!, done(`AG_forged ${letter}`))
  expect(database.raw.prepare('SELECT count(*) FROM payment_inbox').pluck().get()).toBe(24)
  expect(refund().state).toBe('sent')
  must(setMpesa, { shortcode: '600984' })
  expect(post(first.resultUrl!, done('AG_1'))).toBe('stranger')
})

test('a result counts for what M-Pesa took and nobody has ended', () => {
  const of = { state: 'sent', providerRef: 'AG_1', receipt: 'R', amountMinor: 1, currency: 'KES' } as const
  expect(resultOutcome(of, done('AG_1'))).toBe('believed')
  expect(resultOutcome({ ...of, state: 'done' }, done('AG_1'))).toBe('settled')
  expect(resultOutcome({ ...of, state: 'unknown', providerRef: null }, done('AG_1'))).toBe('noted')
})
