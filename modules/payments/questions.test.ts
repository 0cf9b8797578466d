import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { ok } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { ledgerBalances } from '../ledger/index.ts'
import {
  askBalance,
  callbackDigest,
  createCallbackGate,
  createPaymentWork,
  hearAnswer,
  hearPayments,
  listPayments,
  listRefunds,
  refundPayment,
  sayRefund,
  setMpesa,
  showBalance,
  type Answer,
} from './index.ts'
import type { PaymentProvider, ToldAt } from './port.ts'
import { askStatusAfterMs, answerOutcome, endIn, questionLimits } from './question-rules.ts'
import { deaf } from './testing/deaf.ts'
import { paymentModules } from './testing/modules.ts'

const RECEIPT = 'SJ41XK2P9Q'
const AMOUNT = { amountMinor: 2000, currency: 'KES' }
const { publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const account = { shortcode: '174379', consumerKey: 'k', consumerSecret: 's', passkey: 'p', phone: '+254700000001' }
const initiator = { initiatorName: 'testapi', initiatorPassword: 'Initiator#1', certificate: publicKey }

/** A box that has paid a receipt back as far as it asked for it, and a provider that tells nothing of it by itself. */
const shop = (callbackUrl = 'https://pop.example.com') => {
  const asked: (ToldAt & { readonly receipt?: string; readonly originatorId?: string })[] = []
  const balances: ToldAt[] = []
  const taken = { says: (): void => {} }
  const provider: PaymentProvider = {
    ...deaf,
    prompt: () => Promise.resolve(ok({ ref: 'ws_CO_1' })),
    promptState: () => Promise.resolve(ok({ state: 'pending' })),
    received: () => Promise.resolve(ok({ payments: [], unread: 0 })),
    reverse: () => Promise.resolve(ok({ ref: 'AG_1', originatorId: 'own-1' })),
    registerCallbacks: () => Promise.resolve(ok('registered')),
    isHintOf: () => false,
    transactionStatus(request) {
      asked.push(request)
      taken.says()
      return Promise.resolve(ok({ ref: `AG_q${asked.length}` }))
    },
    accountBalance(request) {
      balances.push(request)
      return Promise.resolve(ok({ ref: `AG_b${balances.length}` }))
    },
  }
  const now = { of: () => 0 }
  const jobs = createPaymentWork({ provider: () => provider, clock: { now: () => now.of() } })
  const site = memorySite(paymentModules, {
    jobs,
  })
  now.of = site.clock.now
  void site.jobs.run(new AbortController().signal)
  const { must, query, runJobs, clock, database } = site
  must(setMpesa, { ...account, ...initiator, callbackUrl })
  const of = { receipt: RECEIPT, ...AMOUNT, shortcode: '174379', paidAt: clock.now(), account: 'HOUSE 7', phones: [] }
  must(hearPayments, { payments: [of] })
  const gate = createCallbackGate(database.raw, site.vault)
  return {
    ...site,
    asked,
    askedForBalance: balances,
    taken,
    payBack: async () => {
      must(refundPayment, { receipt: RECEIPT })
      await runJobs()
    },
    pass: async (minutes: number) => {
      clock.advance(minutes * 60_000)
      await runJobs()
    },
    refund: () => query(listRefunds, {})[0]!,
    payment: () => query(listPayments, { receipt: RECEIPT }).payments[0]!,
    balances: () =>
      Object.fromEntries(
        query(ledgerBalances, {})
          .accounts.map(({ code, balanceMinor }) => [code, balanceMinor] as const)
          .filter(([, minor]) => minor !== 0),
      ),
    post: (url: string, claim: Answer | undefined, body = JSON.stringify(claim) ?? '') => {
      const token = url.split('/').at(-1)!
      const subject = gate.subjectOf(token)
      if (subject?.kind !== 'question') return 'stranger'
      const { questionId, isTimeout } = subject
      const arrived = { origin: '196.201.214.200', isKnownSource: true, body, digest: callbackDigest(token, body) }
      return must(hearAnswer, { ...arrived, questionId, isTimeout, ...(claim && { claim }) }).outcome
    },
  }
}
const says = (ref: string, more: Partial<Answer> = {}): Answer => ({ ref, failure: null, ...AMOUNT, ...more })

test('a refund that M-Pesa tells nothing of is asked about, and ends as M-Pesa says', async () => {
  const { payBack, pass, asked, refund, payment, post, balances } = shop()
  await payBack()
  await pass(1)
  expect([asked.length, refund().state]).toEqual([0, 'sent'])
  await pass(1)
  expect(asked).toMatchObject([{ originatorId: 'own-1' }])
  expect(post(asked[0]!.resultUrl!, says('AG_q1', { state: 'done', receipt: 'SREVERSAL1' }))).toBe('believed')
  expect([refund().state, payment().state, balances()]).toEqual(['done', 'refunded', {}])
  await pass(3000)
  expect(asked).toHaveLength(1)
})

test('asked by its payment it is over once that is reversed, and not while that stands', async () => {
  const { payBack, pass, asked, refund, post } = shop()
  await payBack()
  await pass(2)
  expect(post(asked[0]!.resultUrl!, { ref: 'AG_q1', failure: 'system' })).toBe('believed')
  await pass(10)
  expect(asked[1]).toMatchObject({ receipt: RECEIPT })
  expect(post(asked[1]!.resultUrl!, says('AG_q2', { state: 'done', receipt: RECEIPT }))).toBe('believed')
  expect(refund().state).toBe('sent')
  await pass(60)
  post(asked[2]!.resultUrl!, { ref: 'AG_q3', failure: 'system' })
  await pass(360)
  expect(post(asked[3]!.resultUrl!, says('AG_q4', { state: 'reversed', receipt: 'OTHER' }))).toBe('believed')
  expect(refund().state).toBe('sent')
  expect(post(asked[3]!.resultUrl!, says('AG_q4', { state: 'reversed', receipt: RECEIPT }))).toBe('settled')
  await pass(24 * 60)
  post(asked[4]!.resultUrl!, { ref: 'AG_q5', failure: 'system' })
  await pass(24 * 60)
  expect(post(asked[5]!.resultUrl!, says('AG_q6', { state: 'reversed', receipt: RECEIPT }))).toBe('believed')
  expect(refund().state).toBe('done')
})

test('it is asked some times, further and further apart, and then somebody looks', async () => {
  const { payBack, pass, asked, refund } = shop()
  await payBack()
  for (let days = 0; days < 14; days++) for (const hours of [1, 5, 6, 12]) await pass(hours * 60)
  expect([asked.length, refund().state]).toEqual([questionLimits.perMovementMax, 'sent'])
})

test('where nobody reaches the box nothing is asked', async () => {
  const { payBack, pass, asked, dispatch } = shop('')
  await payBack()
  await pass(3000)
  expect(asked).toEqual([])
  expect(dispatch(askBalance, {})).toMatchObject({ error: { type: 'BalanceUnready', missing: ['callbackUrl'] } })
})

test('one that failed for good waits for somebody again', async () => {
  const { payBack, pass, asked, refund, payment, post, balances } = shop()
  await payBack()
  await pass(2)
  post(asked[0]!.resultUrl!, says('AG_q1', { state: 'failed' }))
  expect([refund().state, refund().failure, payment().state]).toEqual(['failed', 'system', 'unmatched'])
  expect(balances()).toEqual({ 'mobile-money': 2000, unmatched: 2000 })
})

test('what somebody has said otherwise meanwhile is not changed by it, and is told', async () => {
  const { payBack, pass, asked, refund, post, must, balances } = shop()
  await payBack()
  await pass(2)
  must(sayRefund, { receipt: RECEIPT, isDone: false })
  expect(post(asked[0]!.resultUrl!, says('AG_q1', { state: 'done' }))).toBe('believed')
  expect(refund()).toMatchObject({ state: 'failed', disputedAs: 'done' })
  expect(refund().disputedAt).not.toBeNull()
  expect(balances()).toEqual({ 'mobile-money': 2000, unmatched: 2000 })
})

test('whoever was not told the address, or tells of another question or amount, ends nothing', async () => {
  const { payBack, pass, asked, refund, post, database, must } = shop()
  await payBack()
  await pass(2)
  const { resultUrl, timeoutUrl } = asked[0]!
  const last = resultUrl!.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))
  for (const url of [last, timeoutUrl!.replace('/0b', '/0a'), resultUrl!.replace('/0a', '/06')])
    expect(post(url, says('AG_q1', { state: 'done' }))).toBe('stranger')
  expect(post(resultUrl!, says('AG_q2', { state: 'done' }))).toBe('mismatch')
  expect(post(resultUrl!, undefined)).toBe('unreadable')
  for (let letter = 0; letter < 30; letter++) post(resultUrl!, says(`AG_forged ${letter}`, { state: 'done' }))
  const rows = database.raw.prepare('SELECT count(*) FROM payment_inbox').pluck().get()
  expect([rows, refund().state]).toEqual([questionLimits.rowsOfQuestionMax, 'sent'])
  must(setMpesa, { shortcode: '600984' })
  expect(post(resultUrl!, says('AG_q1', { state: 'done' }))).toBe('stranger')
})

test('an answer of another amount ends nothing', async () => {
  const { payBack, pass, asked, refund, post } = shop()
  await payBack()
  await pass(2)
  expect(post(asked[0]!.resultUrl!, says('AG_q1', { state: 'done', amountMinor: 100 }))).toBe('believed')
  expect(refund().state).toBe('sent')
})

test('an answer that comes before it is known what M-Pesa calls the question counts once it is', async () => {
  const { payBack, pass, asked, taken, refund, post } = shop()
  const outcomes: unknown[] = []
  taken.says = () => {
    outcomes.push(post(asked[0]!.resultUrl!, says('AG_other', { state: 'failed' })))
    outcomes.push(post(asked[0]!.resultUrl!, says('AG_q1', { state: 'done' })))
  }
  await payBack()
  await pass(2)
  expect([outcomes, refund().state]).toEqual([['early', 'early'], 'done'])
})

test('what the shortcode has is asked for once in a minute at most, and kept with its time', async () => {
  const { must, runJobs, askedForBalance: asked, post, query, clock, pass } = shop()
  await runJobs()
  await pass(60)
  expect(asked).toHaveLength(1)
  await pass(2)
  for (let times = 0; times < 5; times++) must(askBalance, {})
  await runJobs()
  expect([asked.length, query(showBalance, {})]).toMatchObject([2, { balances: [], asked: { state: 'sent' } }])
  const utility = {
    account: 'Utility Account',
    currentMinor: 500,
    availableMinor: 400,
    currency: 'KES',
    isPaying: true,
  }
  expect(post(asked[1]!.resultUrl!, { ref: 'AG_b2', failure: null, balances: [utility] })).toBe('believed')
  expect(query(showBalance, {})).toMatchObject({ at: clock.now(), balances: [utility] })
  await runJobs()
  await pass(60)
  expect(asked).toHaveLength(3)
  expect(post(asked[2]!.timeoutUrl!, undefined, '{}')).toBe('waited')
  expect(query(showBalance, {})).toMatchObject({ balances: [utility], asked: { state: 'failed' } })
})

test('how often a movement is asked about, and what an answer is good for', () => {
  expect(Array.from({ length: 7 }, (_, asked) => askStatusAfterMs(asked))).toEqual([
    120_000,
    600_000,
    3_600_000,
    21_600_000,
    86_400_000,
    86_400_000,
    undefined,
  ])
  const sent = { state: 'sent', providerRef: 'AG_1' } as const
  expect(answerOutcome(sent, says('AG_1'))).toBe('believed')
  expect(answerOutcome({ ...sent, state: 'answered' }, says('AG_1'))).toBe('settled')
  for (const state of ['reversed', 'open', undefined] as const)
    expect(endIn(AMOUNT, says('AG_1', { state }))).toBeUndefined()
  expect(endIn(AMOUNT, says('AG_1', { state: 'done', failure: 'system' }))).toBeUndefined()
  expect(endIn(AMOUNT, says('AG_1', { state: 'done', currency: 'USD' }))).toBeUndefined()
  expect(endIn({ ...AMOUNT, receipt: RECEIPT }, says('AG_1', { state: 'failed', receipt: RECEIPT }))).toBeUndefined()
})
