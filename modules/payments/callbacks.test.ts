import { expect, test } from 'vitest'
import { money, ok, type Result } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { ledgerBalances } from '../ledger/index.ts'
import { addPlan } from '../plans/index.ts'
import {
  callbackLimits,
  listAhead,
  callbackDigest,
  createCallbackGate,
  createPaymentWork,
  hearCallback,
  listPurchases,
  requestPurchase,
  setMpesa,
} from './index.ts'
import type { PaymentProvider, PromptState, ProviderFault, Received } from './port.ts'
import { paymentInbox } from './tables.ts'
import { deaf } from './testing/deaf.ts'
import { paymentModules } from './testing/modules.ts'

const AMINA = '+254712345678'
const PAID = { state: 'paid', receipt: undefined } as const
const CANCELLED = { state: 'failed', failure: 'cancelled', code: '1032', mayStillBePaid: true } as const

/** A box that Safaricom reaches, and a provider that says what the test has it say. */
const shop = async () => {
  const says = {
    ref: 'ws_CO_1' as string | undefined,
    state: ok({ state: 'pending' }) as Result<PromptState, ProviderFault>,
    received: [] as Received[],
  }
  const urls: string[] = []
  const asked: string[] = []
  const provider: PaymentProvider = {
    prompt({ callbackUrl = '' }) {
      urls.push(callbackUrl)
      const { ref } = says
      return Promise.resolve(
        ref === undefined ? { ok: false, error: { type: 'ProviderSilent', reason: 'no answer' } } : ok({ ref }),
      )
    },
    promptState(ref) {
      asked.push(ref)
      return Promise.resolve(says.state)
    },
    received() {
      asked.push('the list')
      return Promise.resolve(ok({ payments: says.received, unread: 0 }))
    },
    reverse: () => Promise.resolve({ ok: false, error: { type: 'ProviderMisconfigured', code: '', reason: '' } }),
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
  const { must, clock, runJobs } = site
  must(setMpesa, { shortcode: '174379', callbackUrl: 'https://pop.example.com' })
  must(addPlan, { name: 'Hour', kind: 'hotspot', policy: {}, validitySec: 3600, priceMinor: 2000, currency: 'KES' })
  const gate = createCallbackGate(site.database.raw, site.vault)
  await runJobs()
  let posts = 0
  return {
    ...site,
    says,
    asked,
    buy: async () => {
      const bought = must(requestPurchase, { plan: 'Hour', phone: AMINA })
      await runJobs()
      asked.length = 0
      return bought
    },
    /** Posted to the address of the first prompt, and all that follows at once. */
    post: async ({
      isKnownSource = false,
      ...more
    }: Partial<Parameters<typeof claimOf>[0]> & { isKnownSource?: boolean } = {}) => {
      posts += 1
      const token = urls[0]!.split('/').at(-1)!
      const body = `${posts}`
      const { outcome } = must(hearCallback, {
        purchaseId: (gate.subjectOf(token) as { purchaseId: string }).purchaseId,
        origin: '10.0.0.1',
        isKnownSource,
        body,
        digest: callbackDigest(token, body),
        claim: claimOf(more),
      })
      await runJobs()
      return outcome
    },
    pass: async (ms: number) => {
      clock.advance(ms)
      await runJobs()
    },
    purchase: () => site.query(listPurchases, {})[0]!,
    grants: () => site.database.raw.prepare<[], { status: string }>('SELECT status FROM grants').all(),
    balance: (code: string) =>
      site.query(ledgerBalances, {}).accounts.find((account) => account.code === code)?.balanceMinor ?? 0,
    inbox: () => site.database.orm.select().from(paymentInbox.site).all(),
  }
}
/** People who buy, each by a prompt of their own, and what is claimed of it. */
const phones = async () => {
  const made = await shop()
  let posts = 0
  return {
    ...made,
    buyBy: async (phone: string) => {
      made.says.ref = `ws_CO_${posts}_${phone}`
      const { id } = made.must(requestPurchase, { plan: 'Hour', phone })
      await made.runJobs()
      return id
    },
    claim: (purchaseId: string) => {
      posts += 1
      const { ref } = made.database.raw
        .prepare<[string], { ref: string }>('SELECT provider_ref ref FROM purchases WHERE id = ?')
        .get(purchaseId)!
      const body = `of a phone ${posts}`
      const arrived = { origin: '10.0.0.1', isKnownSource: false, body, digest: callbackDigest(purchaseId, body) }
      return made.must(hearCallback, { ...arrived, purchaseId, claim: claimOf({ ref }) }).outcome
    },
  }
}
const claimOf = (more: { ref?: string; isPaid?: boolean; amountMinor?: number; currency?: string }) => ({
  ref: 'ws_CO_1',
  isPaid: true,
  amountMinor: 2000,
  currency: 'KES',
  ...more,
})

test('a callback is a reason to ask at once, and what is bought is given when the answer says so', async () => {
  const { buy, post, says, asked, purchase, clock } = await shop()
  await buy()
  says.state = ok(PAID)
  const before = clock.now()
  expect(await post()).toBe('asked')
  expect(asked).toEqual(['ws_CO_1'])
  expect(purchase()).toMatchObject({ state: 'granted', claimedAt: before, grantedAt: before, deniedAt: null })
})

test('a claim that it is paid gives nothing while the provider says nothing', async () => {
  const { buy, post, pass, says, purchase, grants } = await shop()
  await buy()
  await post()
  expect([purchase().state, grants()]).toEqual(['accepted', []])
  says.state = ok(PAID)
  await pass(3000)
  expect(purchase()).toMatchObject({ state: 'granted', deniedAt: null })
})

test('where the provider says otherwise nothing is given, and it is on record for somebody', async () => {
  const { buy, post, says, purchase, grants, clock, pass } = await shop()
  await buy()
  says.state = ok(CANCELLED)
  await post()
  expect(purchase()).toMatchObject({ state: 'failed', failure: 'cancelled', deniedAt: clock.now() })
  expect(grants()).toEqual([])
  says.state = ok(PAID)
  await pass(5 * 60_000)
  expect(purchase()).toMatchObject({ state: 'granted', mayStillBePaid: false })
})

test('a forged failure fails nothing: it makes the question come sooner', async () => {
  const { buy, post, says, purchase, asked } = await shop()
  await buy()
  expect(await post({ isPaid: false })).toBe('asked')
  expect([purchase().state, asked]).toEqual(['accepted', ['ws_CO_1']])
  says.state = ok(PAID)
  await post({ isPaid: false })
  expect(purchase()).toMatchObject({ state: 'granted', claimedAt: null, deniedAt: null })
  // Late, or for a purchase that is over.
  expect([await post({ isPaid: false }), await post()]).toEqual(['settled', 'settled'])
  expect(purchase().state).toBe('granted')
})

test.each([
  ['another prompt', { ref: 'ws_CO_2' }],
  ['another amount', { amountMinor: 100 }],
  ['another currency', { currency: 'UGX' }],
])('what names %s is kept and not acted on', async (_, more) => {
  const { buy, post, purchase, asked, inbox } = await shop()
  await buy()
  expect(await post(more)).toBe('mismatch')
  expect([asked, purchase().claimedAt]).toEqual([[], null])
  expect(inbox()).toMatchObject([{ outcome: 'mismatch', origin: '10.0.0.1' }])
})

test('where only known addresses count, others are kept and not acted on', async () => {
  const { buy, post, asked, must, inbox } = await shop()
  must(setMpesa, { callbackFrom: 'known', trustUpTo: 20 })
  await buy()
  expect(await post()).toBe('unknown-source')
  expect([asked, inbox().length]).toEqual([[], 1])
  expect(await post({ isKnownSource: true })).toBe('ahead')
})

test('up to an amount that is trusted it is given at once, and confirmed after', async () => {
  const { buy, post, pass, says, purchase, grants, must, balance } = await shop()
  must(setMpesa, { trustUpTo: 20 })
  await buy()
  expect(await post()).toBe('ahead')
  expect([purchase().state, grants(), balance('plans')]).toEqual(['accepted', [{ status: 'active' }], 0])
  says.state = ok(PAID)
  await pass(3000)
  const { aheadAt, deniedAt, state } = purchase()
  expect([state, deniedAt, aheadAt]).toEqual(['granted', null, purchase().claimedAt])
  await pass(60_000)
  expect([grants(), balance('plans'), balance('mobile-money')]).toEqual([[{ status: 'active' }], 2000, 2000])
})

test('what was given ahead is taken back when M-Pesa says otherwise, and is theirs when it is paid after all', async () => {
  const { buy, post, pass, says, purchase, grants, must, told, balance } = await shop()
  must(setMpesa, { trustUpTo: 20 })
  await buy()
  says.state = ok(CANCELLED)
  await post()
  expect([purchase().state, grants()]).toEqual(['failed', [{ status: 'ended' }]])
  expect(purchase().deniedAt).not.toBeNull()
  // Whoever is online on it is looked at again.
  expect(told.filter(({ name }) => name === 'access.changed')).toHaveLength(1)
  // Once ahead is enough.
  expect(await post()).toBe('asked')
  expect(grants()).toEqual([{ status: 'ended' }])
  says.state = ok(PAID)
  await pass(5 * 60_000)
  expect([purchase().state, grants(), balance('plans')]).toEqual(['granted', [{ status: 'active' }], 2000])
})

test('what was given ahead is taken back after a minute in which nobody has confirmed it', async () => {
  const { buy, post, pass, says, purchase, grants, must } = await shop()
  must(setMpesa, { trustUpTo: 20 })
  await buy()
  says.state = { ok: false, error: { type: 'ProviderUnreachable', reason: 'no route' } }
  await post()
  await pass(59_000)
  expect(grants()).toEqual([{ status: 'active' }])
  await pass(1000)
  expect(grants()).toEqual([{ status: 'ended' }])
  expect(purchase().deniedAt).not.toBeNull()
})

test.each([
  ['above the amount', { trustUpTo: 19 }, {}],
  ['of another amount', { trustUpTo: 100 }, { amountMinor: 100 }],
  ['of another prompt', { trustUpTo: 100 }, { ref: 'ws_CO_2' }],
  ['of a failure', { trustUpTo: 100 }, { isPaid: false }],
])('nothing is given ahead for a claim %s', async (_, set, more) => {
  const { buy, post, grants, must } = await shop()
  must(setMpesa, set)
  await buy()
  await post(more)
  expect(grants()).toEqual([])
})

test('where nobody knows the prompt’s name the list is read at once, and it alone is believed', async () => {
  const { buy, post, pass, says, asked, purchase, clock } = await shop()
  says.ref = undefined
  const { reference } = await buy()
  await pass(3000)
  expect(await post()).toBe('listed')
  expect([asked, purchase().state]).toEqual([['the list'], 'accepted'])
  says.received = [
    {
      receipt: 'SJ41XK2P9Q',
      amount: money(2000, 'KES'),
      shortcode: '174379',
      paidAt: clock.now(),
      account: reference,
      phone: undefined,
      phoneHint: undefined,
      name: undefined,
    },
  ]
  await pass(3000)
  await post()
  expect(purchase().state).toBe('granted')
})

test('the list goes on to be read each minute, and no oftener than it is told to', async () => {
  const { buy, post, says, asked, pass } = await shop()
  says.ref = undefined
  await buy()
  await pass(3000)
  await post()
  asked.length = 0
  for (let minute = 0; minute < 5; minute++) await pass(60_000)
  expect(asked).toHaveLength(5)
})

test('days later it is a callback like another: the provider is asked', async () => {
  const { buy, post, says, purchase, pass } = await shop()
  await buy()
  for (let turn = 0; turn < 20; turn++) await pass(10_000)
  expect(purchase()).toMatchObject({ state: 'failed', failure: 'timeout' })
  await pass(5 * 86_400_000)
  says.state = ok(CANCELLED)
  expect(await post()).toBe('asked')
  expect(purchase().state).toBe('failed')
})

test('what was posted long ago is forgotten', async () => {
  const { buy, post, inbox, pass } = await shop()
  await buy()
  await post()
  await pass(91 * 86_400_000)
  await post({ isPaid: false })
  expect(inbox()).toHaveLength(1)
})

test('a phone that was given something ahead and did not pay is given nothing ahead for a day, and others are', async () => {
  const { must, database, clock, query, claim, buyBy } = await phones()
  const other = '+254712345679'
  must(setMpesa, { trustUpTo: 20 })
  expect(claim(await buyBy(AMINA))).toBe('ahead')
  clock.advance(91_000)
  // While nobody knows yet whether it is paid it counts as unpaid.
  expect(claim(await buyBy(AMINA))).toBe('asked')
  expect(claim(await buyBy(other))).toBe('ahead')
  expect(query(listAhead, { fromAt: 0 })).toMatchObject({ given: 2, confirmed: 0 })
  database.raw.prepare('UPDATE purchases SET confirmed_at = ahead_at + 5000 WHERE phone = ?').run(other)
  clock.advance(91_000)
  expect(claim(await buyBy(other))).toBe('ahead')
  clock.advance(callbackLimits.aheadWithinMs)
  expect(claim(await buyBy(AMINA))).toBe('ahead')
  expect(
    query(listAhead, { fromAt: 0 }).rows.find(({ phone, state }) => phone === other && state === 'confirmed'),
  ).toMatchObject({
    unpaidMs: 5000,
  })
})

test('once many phones have not paid for what they were given ahead nobody is given anything so', async () => {
  const { must, claim, buyBy, query } = await phones()
  must(setMpesa, { trustUpTo: 20 })
  const outcomes: unknown[] = []
  for (let at = 0; at < callbackLimits.aheadUnpaidMax + 2; at++)
    outcomes.push(claim(await buyBy(`+2547123456${String(at).padStart(2, '0')}`)))
  const given = Array.from({ length: callbackLimits.aheadUnpaidMax }, () => 'ahead')
  expect(outcomes).toEqual([...given, 'asked', 'asked'])
  expect(query(listAhead, { fromAt: 0, limit: 5 })).toMatchObject({ given: callbackLimits.aheadUnpaidMax })
})
