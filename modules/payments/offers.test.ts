import fc from 'fast-check'
import { expect, test } from 'vitest'
import { err, ok, type Result } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { ledgerBalances } from '../ledger/index.ts'
import { addOffer, setOffer, setOfferStatus } from '../offers/index.ts'
import { addPlan, setPlan } from '../plans/index.ts'
import { promptTold } from './commands.ts'
import { createPaymentWork, listOffers, listPurchases, requestPurchase, revealPurchase } from './index.ts'
import type { PaymentProvider, PromptState, ProviderFault } from './port.ts'
import { deaf } from './testing/deaf.ts'
import { paymentLimits } from './rules.ts'
import { paymentModules } from './testing/modules.ts'

const AMINA = '+254712345678'
const phoneOf = (n: number): string => `+2547${String(10_000_000 + n)}`
const HOUR_MS = 3_600_000

const shop = () => {
  const says = { state: ok({ state: 'pending' }) as Result<PromptState, ProviderFault> }
  const prompted: { phone: string; minor: number }[] = []
  const provider: PaymentProvider = {
    prompt({ phone, amount: { minor } }) {
      prompted.push({ phone, minor })
      return Promise.resolve(ok({ ref: `ws_CO_${prompted.length}` }))
    },
    promptState: () => Promise.resolve(says.state),
    received: () => Promise.resolve(ok({ payments: [], unread: 0 })),
    reverse: () => Promise.resolve(err({ type: 'ProviderMisconfigured', code: '', reason: '' })),
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
  const hour = { name: 'Hour', kind: 'hotspot', policy: {}, validitySec: 3600, priceMinor: 2000 } as const
  const { id } = site.must(addPlan, hour)
  const offer = (terms: Partial<Parameters<typeof site.must<typeof addOffer>>[1]>) =>
    site.must(addOffer, {
      name: 'Offer',
      discount: { kind: 'percent', bp: 5000 },
      timeZone: 'Africa/Nairobi',
      ...terms,
    })
  return {
    ...site,
    says,
    prompted,
    hour: { id, ...hour },
    offer,
    ask: (more: { phone?: string; code?: string; shownMinor?: number; device?: string } = {}) =>
      site.dispatch(requestPurchase, { plan: 'Hour', phone: AMINA, ...more }),
    purchases: () => site.query(listPurchases, {}),
    offers: () => site.query(listOffers, { at: site.clock.now() }),
    pass: async (ms: number) => {
      site.clock.advance(ms)
      await site.runJobs()
    },
    fails: (purchaseId: string, mayStillBePaid: boolean) => {
      site.must(promptTold, { purchaseId, told: { type: 'taken', ref: purchaseId } })
      site.must(promptTold, { purchaseId, told: { type: 'failed', failure: 'timeout', mayStillBePaid } })
    },
    isPaid: (purchaseId: string) => site.must(promptTold, { purchaseId, told: { type: 'paid' } }),
  }
}

test('a code takes its part off what the phone is asked for, and the books have what was paid', async () => {
  const site = shop()
  site.offer({ code: 'KARIBU', discount: { kind: 'percent', bp: 2500 } })
  expect(site.ask({ code: ' kari-bu ' })).toMatchObject({ ok: true, value: { amountMinor: 1500 } })
  await site.runJobs()
  expect(site.prompted).toEqual([{ phone: AMINA, minor: 1500 }])
  const [bought] = site.purchases()
  expect(bought).toMatchObject({ amountMinor: 1500, discountMinor: 500 })
  site.isPaid(bought!.id)
  const { accounts, broken } = site.query(ledgerBalances, {})
  expect(broken).toEqual([])
  expect(accounts.find(({ code }) => code === 'plans')?.balanceMinor).toBe(1500)
  expect(site.offers()).toMatchObject([
    { uses: 1, given: [{ currency: 'KES', purchases: 1, discountMinor: 500, paidMinor: 1500 }] },
  ])
})

test('an offer without a code holds by itself, the best of several, and never two at once', () => {
  const site = shop()
  site.offer({ discount: { kind: 'amount', minor: 300 } })
  site.offer({ discount: { kind: 'price', minor: 1200 } })
  site.offer({ code: 'HALF', discount: { kind: 'percent', bp: 5000 } })
  site.offer({ code: 'LITTLE', discount: { kind: 'amount', minor: 100 } })
  const asked = (code?: string) =>
    site.ask({ phone: phoneOf(site.purchases().length), ...(code !== undefined && { code }) })
  expect([asked(), asked('HALF'), asked('LITTLE')]).toMatchObject(
    [1200, 1000, 1200].map((amountMinor) => ({ value: { amountMinor } })),
  )
  // The code that was no better was not used up.
  expect(site.offers().map(({ number, uses }) => [number, uses])).toEqual([
    [4, 0],
    [3, 1],
    [2, 2],
    [1, 0],
  ])
})

test.each([
  ['unknown', {}, 'NOBODYS'],
  ['unknown', {}, '__proto__'],
  ['early', { fromAt: Number.MAX_SAFE_INTEGER }, 'KARIBU'],
  ['over', { untilAt: 1 }, 'KARIBU'],
  ['other-plans', { plans: ['Day'] }, 'KARIBU'],
] as const)('a code that does nothing is said and nobody is asked: %s', (why, terms, code) => {
  const site = shop()
  site.must(addPlan, { name: 'Day', kind: 'hotspot', policy: {}, priceMinor: 5000 })
  site.offer({ code: 'KARIBU', ...terms, plans: [...('plans' in terms ? terms.plans : [])] })
  const jobs = site.count({ name: 'jobs' })
  expect(site.ask({ code })).toMatchObject({ ok: false, error: { type: 'OfferCodeUnfit', why } })
  expect([site.count({ name: 'purchases' }), site.count({ name: 'jobs' })]).toEqual([0, jobs])
})

test('nobody is asked for more than they were shown, and what was asked for keeps its price', () => {
  const site = shop()
  const { number } = site.offer({})
  expect(site.ask({ shownMinor: 1000 })).toMatchObject({ ok: true })
  site.must(setOffer, { number, name: 'Offer', discount: { kind: 'percent', bp: 1000 }, timeZone: 'Africa/Nairobi' })
  site.must(setPlan, { ...site.hour, priceMinor: 3000 })
  expect(site.purchases()).toMatchObject([{ amountMinor: 1000, discountMinor: 1000 }])
  expect(site.ask({ phone: phoneOf(1), shownMinor: 2000 })).toMatchObject({
    ok: false,
    error: { type: 'PriceChanged', plan: 'Hour', shownMinor: 2000, priceMinor: 2700, currency: 'KES' },
  })
  // Less than was shown is no harm.
  expect(site.ask({ phone: phoneOf(1), shownMinor: 2800 })).toMatchObject({ value: { amountMinor: 2700 } })
  site.must(setOfferStatus, { number, status: 'stopped' })
  expect(site.ask({ phone: phoneOf(2) })).toMatchObject({ value: { amountMinor: 3000 } })
})

test('a use is given back by what failed for good, and kept by what may still be paid until nobody asks after it', () => {
  const site = shop()
  site.offer({ code: 'ONE', usesMax: 1 })
  const first = site.ask({ code: 'ONE' })
  const second = () => site.ask({ code: 'ONE', phone: phoneOf(2) })
  const usedUp = { error: { type: 'OfferCodeUnfit', why: 'used-up' } }
  expect(second()).toMatchObject(usedUp)
  if (!first.ok) throw new Error('refused')
  site.fails(first.value.id, true)
  expect(second()).toMatchObject(usedUp)
  site.clock.advance(paymentLimits.useHeldMs)
  expect(second()).toMatchObject({ ok: true, value: { amountMinor: 1000 } })
  const again = site.purchases()[0]!
  site.fails(again.id, false)
  expect(site.ask({ code: 'ONE', phone: phoneOf(3) })).toMatchObject({ ok: true })
})

test('one phone has it as often as it may, whoever else has it meanwhile', () => {
  const site = shop()
  site.offer({ code: 'TWICE', usesPerPhoneMax: 2 })
  for (let n = 0; n < 2; n++) {
    const asked = site.ask({ code: 'TWICE' })
    if (!asked.ok) throw new Error('refused')
    site.isPaid(asked.value.id)
  }
  expect(site.ask({ code: 'TWICE' })).toMatchObject({ error: { why: 'used-by-phone' } })
  expect(site.ask({ code: 'TWICE', phone: phoneOf(1) })).toMatchObject({ ok: true })
})

test('what costs nothing is given at once, to one phone and one device once, and moves nothing in the books', async () => {
  const site = shop()
  site.offer({ code: 'FREE', discount: { kind: 'price', minor: 0 }, usesMax: 3 })
  const device = 'aa-bb-cc-dd-ee-01'
  expect(site.ask({ code: 'FREE', device })).toMatchObject({ ok: true, value: { amountMinor: 0 } })
  expect(site.purchases()).toMatchObject([{ state: 'granted', amountMinor: 0, discountMinor: 2000 }])
  expect(site.must(revealPurchase, { number: 1 }).code).toMatch(/^P/)
  await site.runJobs()
  expect(site.prompted).toEqual([])
  expect(site.query(ledgerBalances, {}).accounts).toEqual([])
  const once = { error: { type: 'OfferCodeUnfit', why: 'used-by-phone' } }
  expect(site.ask({ code: 'FREE' })).toMatchObject(once)
  expect(site.ask({ code: 'FREE', phone: phoneOf(1), device: 'AA:BB:CC:DD:EE:01' })).toMatchObject(once)
  expect(site.ask({ code: 'FREE', phone: phoneOf(1) })).toMatchObject({ ok: true })
  expect(site.ask({ code: 'FREE', phone: phoneOf(2) })).toMatchObject({ ok: true })
  expect(site.ask({ code: 'FREE', phone: phoneOf(3) })).toMatchObject({ error: { why: 'used-up' } })
})

type Step =
  | { readonly do: 'ask'; readonly phone: number; readonly code: string | undefined }
  | { readonly do: 'fail'; readonly which: number; readonly mayStillBePaid: boolean }
  | { readonly do: 'pay'; readonly which: number }
  | { readonly do: 'pass'; readonly hours: number }

const which = fc.nat({ max: 20 })
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      phone: fc.nat({ max: 4 }),
      code: fc.constantFrom('A', 'B', 'FREE', undefined).map((code) => code && `${code}00`),
    }),
  },
  fc.record({ do: fc.constant('fail' as const), which, mayStillBePaid: fc.boolean() }),
  fc.record({ do: fc.constant('pay' as const), which }),
  fc.record({ do: fc.constant('pass' as const), hours: fc.nat({ max: 14 }) }),
)

test('whoever asks, fails and pays in whatever order: no offer is used more often than it may be while it is asked for', () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 40 }), (taken) => {
      const site = shop()
      const limits = { A00: [3, 2], B00: [2, 1], FREE00: [2, 1] } as const
      for (const [code, [usesMax, usesPerPhoneMax]] of Object.entries(limits))
        site.offer({
          code,
          usesMax,
          usesPerPhoneMax,
          ...(code === 'FREE00' && { discount: { kind: 'percent', bp: 10_000 } }),
        })
      const asked: string[] = []
      for (const step of taken) {
        const id = 'which' in step ? asked[step.which % Math.max(asked.length, 1)] : undefined
        if (step.do === 'pass') site.clock.advance(step.hours * HOUR_MS)
        if (step.do === 'pay' && id !== undefined) site.isPaid(id)
        if (step.do === 'fail' && id !== undefined) site.fails(id, step.mayStillBePaid)
        if (step.do !== 'ask') continue
        const before = site.offers()
        const done = site.ask({ phone: phoneOf(step.phone), ...(step.code && { code: step.code }) })
        if (!done.ok) continue
        asked.push(done.value.id)
        for (const { code, uses, usesMax } of site.offers()) {
          // What was given back and is paid all the same is over the number, and takes no further one with it.
          const max = code === step.code ? usesMax! : before.find((one) => one.code === code)!.uses
          expect(uses).toBeLessThanOrEqual(max)
        }
      }
      for (const { amountMinor, discountMinor, state, offerId } of site.purchases()) {
        expect(amountMinor + discountMinor).toBe(2000)
        expect(discountMinor > 0).toBe(offerId !== null)
        expect(amountMinor > 0 || state === 'granted').toBe(true)
      }
      const granted = site.purchases().filter(({ state }) => state === 'granted')
      const income = site.query(ledgerBalances, {}).accounts.find(({ code }) => code === 'plans')?.balanceMinor ?? 0
      expect(income).toBe(granted.reduce((sum, { amountMinor }) => sum + amountMinor, 0))
    }),
    { numRuns: 40 },
  )
})
