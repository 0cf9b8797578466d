import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { err, ok, orThrow, seededRandom, type Fault, type Result } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import type { Actor, AnyCommand } from '@lango/kernel/verbs'
import { checkEntries, credit, debit, ledgerBalances, post as postEntry } from '../ledger/index.ts'
import {
  callbackDigest,
  createCallbackGate,
  createPaymentWork,
  hearAnswer,
  hearPayments,
  hearPayout,
  listPayments,
  listPayouts,
  releasePayout,
  requestPayout,
  sayPayout,
  setMpesa,
  turnDownPayout,
  type Answer,
  type PaidOutClaim,
} from './index.ts'
import type { Asked, PaymentProvider, ProviderFault, ToldAt } from './port.ts'
import { nextOfPayout, payoutLimits } from './payout-rules.ts'
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
const open = { payoutUpTo: 1000, payoutDayUpTo: 2000, payoutAloneUpTo: 1000 }
const njeri: Actor = { kind: 'staff', id: 'stf_njeri' }
const otieno: Actor = { kind: 'staff', id: 'stf_otieno' }

type Request = Parameters<PaymentProvider['payOut']>[0]
type Answered = Result<Asked | 'asked-before', ProviderFault>

/** A provider that says what the test has it say. */
const shop = (more: object = open, callbackUrl = 'https://pop.example.com') => {
  const asked: Request[] = []
  const questions: (ToldAt & { readonly originatorId?: string })[] = []
  const says = { answer: (_request: Request): Answered | Promise<Answered> => ok({ ref: `AG_${asked.length}` }) }
  const provider: PaymentProvider = {
    ...deaf,
    prompt: () => Promise.resolve(ok({ ref: 'ws_CO_1' })),
    promptState: () => Promise.resolve(ok({ state: 'pending' })),
    received: () => Promise.resolve(ok({ payments: [], unread: 0 })),
    reverse: () => Promise.resolve(ok({ ref: 'AG_r' })),
    registerCallbacks: () => Promise.resolve(ok('registered')),
    isHintOf: () => false,
    async payOut(request) {
      asked.push(request)
      return says.answer(request)
    },
    transactionStatus(request) {
      questions.push(request)
      return Promise.resolve(ok({ ref: `AG_q${questions.length}` }))
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
  must(setMpesa, { ...account, ...initiator, callbackUrl, ...more })
  const gate = createCallbackGate(database.raw, site.vault)
  const arrivedAt = (url: string, body: string) => {
    const token = url.split('/').at(-1)!
    const arrived = { origin: '196.201.214.200', isKnownSource: true, body, digest: callbackDigest(token, body) }
    return { subject: gate.subjectOf(token), arrived }
  }
  /** Somebody of the staff does it. */
  const dispatchAs = <C extends AnyCommand>(actor: Actor, command: C, input: z.input<C['input']>) =>
    site.dispatch(command, input, { actor })
  const mustAs = <C extends AnyCommand>(actor: Actor, command: C, input: z.input<C['input']>) =>
    orThrow<unknown, Fault>(dispatchAs(actor, command, input)) as { readonly number: number }
  return {
    ...site,
    dispatchAs,
    mustAs,
    asked,
    questions,
    says,
    hear: (receipt = RECEIPT, more: object = { phone: AMINA, phones: [] }) => {
      const of = { receipt, amountMinor: 2000, currency: 'KES', shortcode: '174379', paidAt: clock.now(), account: 'X' }
      must(hearPayments, { payments: [{ ...of, phones: [], ...more }] })
    },
    payment: (receipt = RECEIPT) => query(listPayments, { receipt }).payments[0]!,
    pay: async (amountMinor = 50_000) => {
      must(requestPayout, { for: { as: 'compensation', phone: AMINA, amountMinor }, reason: 'Outage' })
      await runJobs()
    },
    pass: async (ms: number) => {
      clock.advance(ms)
      await runJobs()
    },
    payout: () => query(listPayouts, {}).payouts[0]!,
    balances: () => {
      expect([query(ledgerBalances, {}).broken, query(checkEntries, {}).broken]).toEqual([[], 0])
      const of = query(ledgerBalances, {}).accounts.map(({ code, balanceMinor }) => [code, balanceMinor])
      return Object.fromEntries(of.filter(([, minor]) => minor !== 0)) as Record<string, number>
    },
    post: (url: string, claim: PaidOutClaim | undefined, body = JSON.stringify(claim) ?? '') => {
      const { subject, arrived } = arrivedAt(url, body)
      if (subject?.kind !== 'payout') return 'stranger'
      const { payoutId, isTimeout } = subject
      return must(hearPayout, { ...arrived, payoutId, isTimeout, ...(claim && { claim }) }).outcome
    },
    answer: (url: string, claim: Answer) => {
      const { subject, arrived } = arrivedAt(url, JSON.stringify(claim))
      if (subject?.kind !== 'question') return 'stranger'
      const { questionId, isTimeout } = subject
      return must(hearAnswer, { ...arrived, questionId, isTimeout, claim }).outcome
    },
  }
}
const paid = (ref: string, more: Partial<PaidOutClaim> = {}): PaidOutClaim => ({ ref, failure: null, ...more })

test('nothing is paid out until somebody has set how much may be', async () => {
  const { dispatch, asked, balances, hear } = shop({})
  hear()
  for (const wish of [
    { as: 'compensation', phone: AMINA, amountMinor: 100 },
    { as: 'payment', receipt: RECEIPT },
  ] as const)
    expect(dispatch(requestPayout, { for: wish, reason: 'r' })).toMatchObject({ error: { type: 'PayoutsOff' } })
  expect([asked.length, balances()]).toEqual([0, { 'mobile-money': 2000, unmatched: 2000 }])
})

test('money that waits goes to the phone that it came from, whole, and stands on its way until M-Pesa has said so', async () => {
  const { hear, must, runJobs, asked, payout, payment, balances, post, dispatch } = shop()
  hear()
  must(requestPayout, { for: { as: 'payment', receipt: RECEIPT }, reason: 'Too old to be reversed' })
  await runJobs()
  expect(asked).toMatchObject([{ phone: AMINA, amount: { minor: 2000 }, reason: 'Too old to be reversed' }])
  expect(asked[0]!.id).toBe(payout().id)
  expect([payout().state, payment().state, balances()]).toEqual([
    'sent',
    'refunding',
    { 'mobile-money': 2000, payouts: 2000 },
  ])
  expect(dispatch(requestPayout, { for: { as: 'payment', receipt: RECEIPT }, reason: 'again' })).toMatchObject({
    error: { type: 'PaymentSettled' },
  })
  const told = paid('AG_1', { receipt: 'SPAYOUT001', name: '254712345678 - Amina', amountMinor: 2000, currency: 'KES' })
  expect(post(asked[0]!.resultUrl!, told)).toBe('believed')
  expect([payout().state, payout().receipt, payment().state, balances()]).toEqual([
    'done',
    'SPAYOUT001',
    'refunded',
    {},
  ])
})

test('one that failed is where it was taken from', async () => {
  const { hear, must, runJobs, asked, payout, payment, balances, post } = shop()
  hear()
  must(requestPayout, { for: { as: 'payment', receipt: RECEIPT }, reason: 'r' })
  await runJobs()
  expect(post(asked[0]!.resultUrl!, { ref: 'AG_1', failure: 'receiver' })).toBe('believed')
  expect([payout().state, payout().failure, payment().state]).toEqual(['failed', 'receiver', 'unmatched'])
  expect(balances()).toEqual({ 'mobile-money': 2000, unmatched: 2000 })
  must(requestPayout, { for: { as: 'payment', receipt: RECEIPT }, reason: 'once more' })
  await runJobs()
  expect(asked[1]!.id).not.toBe(asked[0]!.id)
})

test('it goes to no phone that did not pay as far as anybody knows', () => {
  const { hear, dispatch } = shop()
  const other = '+254712345679'
  hear('CLEAR', { phone: AMINA, phones: [] })
  hear('MASKED', { phoneHint: '2547 ***** 67*', phones: [AMINA, other] })
  hear('NOBODY', { phoneHint: 'x', phones: [] })
  const ask = (receipt: string, phone?: string) =>
    dispatch(requestPayout, { for: { as: 'payment', receipt, ...(phone && { phone }) }, reason: 'r' })
  expect(ask('CLEAR', other)).toMatchObject({ error: { type: 'PayeeUnknown', phones: [AMINA] } })
  expect(ask('MASKED')).toMatchObject({ error: { type: 'PayeeUnknown' } })
  expect(ask('NOBODY', AMINA)).toMatchObject({ error: { type: 'PayeeUnknown', phones: [] } })
  expect(ask('MASKED', other).ok).toBe(true)
})

test('no more than is set goes out at once, nor within a day', async () => {
  const { dispatch, must, clock } = shop()
  const ask = (shillings: number) =>
    dispatch(requestPayout, { for: { as: 'expense', phone: AMINA, amountMinor: shillings * 100 }, reason: 'r' })
  expect(ask(1001)).toMatchObject({ error: { type: 'PayoutHigh', maxMinor: 100_000 } })
  expect(
    dispatch(requestPayout, { for: { as: 'expense', phone: AMINA, amountMinor: 150 }, reason: 'r' }),
  ).toMatchObject({
    error: { type: 'PayoutCents' },
  })
  expect([ask(1000).ok, ask(600).ok]).toEqual([true, true])
  expect(ask(401)).toMatchObject({ error: { type: 'PayoutDayFull', leftMinor: 40_000 } })
  clock.advance(payoutLimits.dayMs)
  expect(ask(401).ok).toBe(true)
  must(setMpesa, { initiatorName: '' })
  expect(ask(1)).toMatchObject({ error: { type: 'InitiatorUnready' } })
})

test('a seller has what they have earned and no more', async () => {
  const { dispatch, must, runJobs, asked, post, balances, database, ids, clock } = shop()
  const ctx = { db: database.orm, ids, now: clock.now(), actor: njeri }
  const amount = { minor: 30_000, currency: 'KES' }
  const lines = [
    debit({ kind: 'expense', code: 'commission' }, amount),
    credit({ kind: 'liability', code: 'commission:stf_a' }, amount),
  ]
  postEntry(ctx, { kind: 'sold', cause: 'test', lines })
  const ask = (amountMinor: number, who = 'stf_a') =>
    dispatch(requestPayout, { for: { as: 'commission', who, phone: AMINA, amountMinor }, reason: 'November' })
  expect(ask(30_100)).toMatchObject({ error: { type: 'CommissionShort', owedMinor: 30_000 } })
  expect(ask(100, 'stf_b')).toMatchObject({ error: { type: 'CommissionShort', owedMinor: 0 } })
  expect(ask(20_000).ok).toBe(true)
  expect(ask(20_000)).toMatchObject({ error: { type: 'CommissionShort', owedMinor: 10_000 } })
  await runJobs()
  post(asked[0]!.resultUrl!, paid('AG_1'))
  expect(balances()).toEqual({ commission: 30_000, 'commission:stf_a': 10_000, 'mobile-money': -20_000 })
  must(setMpesa, {})
})

test('above what one person pays out alone somebody else releases it', async () => {
  const { dispatchAs, mustAs, runJobs, asked, payout, balances, pass } = shop({ ...open, payoutAloneUpTo: 0 })
  mustAs(njeri, requestPayout, { for: { as: 'expense', phone: AMINA, amountMinor: 10_000 }, reason: 'r' })
  await pass(3_600_000)
  expect([payout().state, asked.length, balances()]).toEqual(['waiting', 0, { 'paid-out': 10_000, payouts: 10_000 }])
  expect(dispatchAs(njeri, releasePayout, { number: 1 })).toMatchObject({ error: { type: 'PayoutOwn' } })
  mustAs(otieno, releasePayout, { number: 1 })
  await runJobs()
  expect([payout().state, payout().requestedBy, payout().releasedBy, asked.length]).toEqual([
    'sent',
    njeri.id,
    otieno.id,
    1,
  ])
  expect(dispatchAs(otieno, releasePayout, { number: 1 })).toMatchObject({ error: { type: 'PayoutSettled' } })
  expect(dispatchAs(otieno, releasePayout, { number: 9 })).toMatchObject({ error: { type: 'PayoutUnknown' } })
})

test('a token is whoever made it, and all who hold the console are one', () => {
  const { dispatchAs, mustAs, database } = shop({ ...open, payoutAloneUpTo: 0 })
  const token = database.raw.prepare(
    "INSERT INTO api_tokens (id, name, role, hash, created_at, created_by) VALUES (?, 'x', 'owner', ?, 0, ?)",
  )
  token.run('tok_njeri', 'a', njeri.id)
  token.run('tok_of_token', 'b', 'tok_njeri')
  token.run('tok_console', 'c', 'socket')
  const ask = (actor: Actor) =>
    mustAs(actor, requestPayout, { for: { as: 'expense', phone: AMINA, amountMinor: 100 }, reason: 'r' }).number
  const release = (number: number, actor: Actor) => dispatchAs(actor, releasePayout, { number })
  const [web, socket]: Actor[] = [
    { kind: 'console', id: 'web' },
    { kind: 'console', id: 'socket' },
  ]
  const ofToken = (id: string): Actor => ({ kind: 'token', id })
  for (const [one, other] of [
    [njeri, ofToken('tok_njeri')],
    [ofToken('tok_of_token'), njeri],
    [web!, socket!],
    [socket!, ofToken('tok_console')],
    [ofToken('tok_console'), { kind: 'console', id: 'root' }],
  ] as const)
    expect(release(ask(one), other)).toMatchObject({ error: { type: 'PayoutOwn' } })
  expect(release(ask(njeri), ofToken('tok_console')).ok).toBe(true)
})

test('one that is turned down has moved nothing', async () => {
  const { dispatchAs, mustAs, hear, payout, payment, balances, asked, pass } = shop({ ...open, payoutAloneUpTo: 0 })
  hear()
  mustAs(njeri, requestPayout, { for: { as: 'payment', receipt: RECEIPT }, reason: 'r' })
  mustAs(otieno, turnDownPayout, { number: 1 })
  expect([payout().state, payment().state, balances()]).toEqual([
    'turned-down',
    'unmatched',
    { 'mobile-money': 2000, unmatched: 2000 },
  ])
  for (const command of [releasePayout, turnDownPayout])
    expect(dispatchAs(otieno, command, { number: 1 })).toMatchObject({ error: { type: 'PayoutSettled' } })
  await pass(3_600_000)
  expect(asked).toEqual([])
})

test('what nobody answered is asked for again under the same name, and what was heard before is on its way', async () => {
  const { pay, says, asked, payout, pass, questions, answer, balances } = shop()
  says.answer = () => (asked.length === 1 ? err({ type: 'ProviderSilent', reason: 'cut' }) : ok('asked-before'))
  await pay()
  expect([payout().state, payout().mayBeHeard]).toEqual(['asked', true])
  await pass(60_000)
  expect([payout().state, payout().providerRef, new Set(asked.map(({ id }) => id)).size]).toEqual(['sent', null, 1])
  await pass(120_000)
  expect(questions).toMatchObject([{ originatorId: payout().id }])
  const told = { ref: 'AG_q1', failure: null, state: 'done', amountMinor: 50_000, currency: 'KES' } as const
  expect(answer(questions[0]!.resultUrl!, { ...told, receipt: 'SPAYOUT001', feeMinor: 2200 })).toBe('believed')
  expect([payout().state, payout().receipt, payout().feeMinor]).toEqual(['done', 'SPAYOUT001', 2200])
  expect(balances()).toEqual({ compensation: 50_000, 'mobile-money': -52_200, 'mobile-money-fees': 2200 })
})

test('a refusal after a try that may have been heard is no end', async () => {
  const { pay, says, asked, payout, pass, must, balances } = shop()
  says.answer = () =>
    asked.length === 1
      ? err({ type: 'ProviderSilent', reason: 'cut' })
      : err({ type: 'ProviderRefused', code: '1', failure: 'configuration', reason: 'no' })
  await pay()
  await pass(60_000)
  expect([payout().state, balances()]).toEqual(['unknown', { compensation: 50_000, payouts: 50_000 }])
  must(sayPayout, { number: 1, isDone: false })
  expect([payout().state, balances()]).toEqual(['failed', {}])
})

test('what was never heard has failed after some tries', async () => {
  const { pay, says, asked, payout, pass, balances } = shop()
  says.answer = () => err({ type: 'ProviderUnreachable', reason: 'no route' })
  await pay()
  for (let step = 0; step < 30; step++) await pass(10_000)
  expect([asked.length, payout().state, payout().failure, balances()]).toEqual([
    payoutLimits.triesMax,
    'failed',
    'system',
    {},
  ])
})

test('whoever was not told the address, or tells of another name or amount, changes nothing', async () => {
  const { pay, asked, payout, post, database, must, balances } = shop()
  await pay()
  const { resultUrl, timeoutUrl } = asked[0]! as Request & { resultUrl: string; timeoutUrl: string }
  const last = resultUrl.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))
  for (const url of [last, timeoutUrl.replace('/09', '/08'), resultUrl.replace('/08', '/06')])
    expect(post(url, paid('AG_1'))).toBe('stranger')
  expect(post(resultUrl, paid('AG_2'))).toBe('mismatch')
  expect(post(resultUrl, { ref: 'AG_2', failure: 'system' })).toBe('mismatch')
  expect(post(resultUrl, paid('AG_1', { amountMinor: 1, currency: 'KES' }))).toBe('mismatch')
  expect(post(resultUrl, undefined)).toBe('unreadable')
  for (let letter = 0; letter < 50; letter++) post(resultUrl, paid(`AG_forged ${letter}`))
  const rows = database.raw.prepare('SELECT count(*) FROM payment_inbox').pluck().get()
  expect([rows, payout().state]).toEqual([payoutLimits.rowsOfPayoutMax, 'sent'])
  must(setMpesa, { shortcode: '600984' })
  expect(post(resultUrl, paid('AG_1'))).toBe('stranger')
  expect(balances()).toEqual({ compensation: 50_000, payouts: 50_000 })
})

test('that M-Pesa waited too long is no end, and a result of one that has ended changes nothing', async () => {
  const { pay, asked, payout, post } = shop()
  await pay()
  expect([post(asked[0]!.timeoutUrl!, undefined, '{}'), payout().state]).toEqual(['waited', 'unknown'])
  expect([post(asked[0]!.resultUrl!, paid('AG_1')), payout().state]).toEqual(['believed', 'done'])
  expect([post(asked[0]!.resultUrl!, { ref: 'AG_1', failure: 'system' }), payout().state]).toEqual(['settled', 'done'])
})

test('a result that comes before the answer counts once the answer says what it is called', async () => {
  const { pay, says, payout, asked, post } = shop()
  const outcomes: unknown[] = []
  says.answer = () => {
    outcomes.push(post(asked[0]!.resultUrl!, { ref: 'AG_other', failure: 'system' }))
    outcomes.push(post(asked[0]!.resultUrl!, paid('AG_1')))
    return ok({ ref: 'AG_1' })
  }
  await pay()
  expect([outcomes, payout().state]).toEqual([['early', 'early'], 'done'])
})

const seeds = Array.from({ length: 16 }, (_, seed) => seed)
test.each(seeds)(
  'money leaves once for each payout, whatever is lost, doubled, forged or pulled away: seed %i',
  async (seed) => {
    const random = seededRandom(seed)
    const chance = (share: number): boolean => random.unit() < share
    const { says, asked, mustAs, pass, query, post, answer, questions, balances, dispatchAs } = shop({
      payoutUpTo: 1000,
      payoutDayUpTo: 100_000,
      payoutAloneUpTo: 500,
    })
    /** What the provider has done, by the name it was asked under. */
    const ledgerOfProvider = new Map<
      string,
      { readonly isPaid: boolean; readonly ref: string; readonly minor: number }
    >()
    const letters: (() => void)[] = []
    says.answer = ({ id, amount, resultUrl, timeoutUrl }) => {
      if (chance(0.15)) return err({ type: 'ProviderUnreachable', reason: 'no route' })
      if (chance(0.1)) throw new Error('the plug was pulled before')
      if (ledgerOfProvider.has(id))
        return chance(0.2) ? err({ type: 'ProviderSilent', reason: 'cut' }) : ok('asked-before')
      if (chance(0.05)) return err({ type: 'ProviderRefused', code: '1', failure: 'configuration', reason: 'no' })
      const ref = `AG_${ledgerOfProvider.size}`
      const isPaid = chance(0.8)
      ledgerOfProvider.set(id, { isPaid, ref, minor: amount.minor })
      const all = { amountMinor: amount.minor, currency: 'KES' }
      const result = () => post(resultUrl!, { ref, failure: isPaid ? null : 'balance', ...(isPaid && all) })
      if (chance(0.7)) letters.push(result)
      if (chance(0.3)) letters.push(result)
      if (chance(0.2)) letters.push(() => post(timeoutUrl!, undefined, '{}'))
      if (chance(0.3)) letters.push(() => post(resultUrl!, { ref: 'AG_forged', failure: isPaid ? 'system' : null }))
      if (chance(0.3)) letters.push(() => post(resultUrl!, { ref, failure: null, amountMinor: 1, currency: 'KES' }))
      if (chance(0.15)) return err({ type: 'ProviderSilent', reason: 'cut' })
      if (chance(0.1)) throw new Error('the plug was pulled after')
      return ok({ ref })
    }
    let answered = 0
    const deliver = (): void => {
      for (; answered < questions.length; answered++) {
        const { originatorId = '', resultUrl } = questions[answered]!
        const found = ledgerOfProvider.get(originatorId)
        const ref = `AG_q${answered + 1}`
        const told = found
          ? ({
              ref,
              failure: null,
              state: found.isPaid ? 'done' : 'failed',
              amountMinor: found.minor,
              currency: 'KES',
            } as const)
          : ({ ref, failure: 'system' } as const)
        if (chance(0.2)) continue
        letters.push(() => answer(resultUrl!, told))
        if (chance(0.2))
          letters.push(() => answer(resultUrl!, { ...told, ref: 'AG_forged', failure: null, state: 'done' }))
      }
      while (letters.length > 0 && chance(0.9)) letters.splice(random.below(letters.length), 1)[0]!()
    }
    for (let step = 0; step < 25; step++) {
      const amountMinor = (1 + random.below(900)) * 100
      mustAs(njeri, requestPayout, { for: { as: 'expense', phone: AMINA, amountMinor }, reason: 'r' })
      const waiting = query(listPayouts, { state: 'waiting' }).payouts
      if (waiting.length > 0 && chance(0.6))
        dispatchAs(otieno, chance(0.8) ? releasePayout : turnDownPayout, { number: waiting[0]!.number })
      await pass(random.below(90_000))
      deliver()
    }
    for (let step = 0; step < 30; step++) {
      await pass(6 * 3_600_000)
      deliver()
    }
    const rows = query(listPayouts, {}).payouts
    const sumOf = (list: readonly { readonly amountMinor: number }[]): number =>
      list.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
    // What is said to be paid is paid, what is said not to be is not, and what nobody knows is on its way in the books.
    const isPaid = ({ id }: { readonly id: string }): boolean => ledgerOfProvider.get(id)?.isPaid === true
    const notPaid: readonly string[] = ['failed', 'turned-down', 'waiting']
    expect(rows.filter((row) => row.state === 'done' && !isPaid(row))).toEqual([])
    expect(rows.filter((row) => notPaid.includes(row.state) && isPaid(row))).toEqual([])
    const onTheWay = rows.filter(({ state }) => ['waiting', 'asked', 'sent', 'unknown'].includes(state))
    const done = rows.filter(({ state }) => state === 'done')
    const books = balances()
    expect([books['mobile-money'] ?? 0, books['payouts'] ?? 0, books['paid-out'] ?? 0]).toEqual([
      -sumOf(done),
      sumOf(onTheWay),
      sumOf(done) + sumOf(onTheWay),
    ])
    // One name for each, however often it was asked for.
    expect(new Set(asked.map(({ id }) => id)).size).toBeLessThanOrEqual(rows.length)
  },
)

test('what is told of one that has been answered changes nothing', () => {
  for (const state of ['waiting', 'sent', 'done', 'failed', 'unknown', 'turned-down'] as const)
    expect(nextOfPayout({ state, tries: 1, mayBeHeard: false }, { type: 'taken', ref: 'x' })).toEqual({
      type: 'nothing',
    })
})
