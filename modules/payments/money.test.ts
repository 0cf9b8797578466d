import { expect, test } from 'vitest'
import { seededRandom } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { access } from '../access/index.ts'
import { customers } from '../customers/index.ts'
import { checkEntries, ledger, ledgerBalances } from '../ledger/index.ts'
import { messages } from '../messages/index.ts'
import { addPlan, plans } from '../plans/index.ts'
import { services } from '../services/index.ts'
import { settings } from '../settings/index.ts'
import { createPaymentWork, listPayments, listPurchases, payments, requestPurchase } from './index.ts'
import { createWorld } from './testing/world.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

type Weather = { readonly isTill: boolean; readonly isMasked: boolean; readonly faults: number }

/** A day of a busy estate: people buy, pay twice, pay by themselves, and things go wrong. */
const dayOf = async (seed: number, weather: Weather) => {
  const random = seededRandom(seed)
  const known: { world?: ReturnType<typeof createWorld> } = {}
  const clockOf = { now: () => 0 }
  const jobs = createPaymentWork({ provider: () => known.world?.provider, clock: { now: () => clockOf.now() } })
  const site = memorySite([settings, messages, access, plans, ledger, customers, services, payments], { seed, jobs })
  const { clock, must, dispatch, query, runJobs } = site
  clockOf.now = clock.now
  void site.jobs.run(new AbortController().signal)
  const world = createWorld({ now: clock.now, random, ...weather })
  known.world = world
  for (const [name, priceMinor] of [
    ['Hour', 2000],
    ['Day', 5000],
  ] as const)
    must(addPlan, { name, kind: 'hotspot', policy: {}, validitySec: 3600, priceMinor, currency: 'KES' })
  const phones = Array.from({ length: 12 }, (_, n) => `+2547123456${String(n).padStart(2, '0')}`)
  const any = <T>(list: readonly T[]): T => list[random.below(list.length)]!
  const pass = async (ms: number, stepMs: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += stepMs) {
      clock.advance(stepMs)
      await runJobs()
    }
  }
  for (let step = 0; step < 30; step++) {
    const asked = dispatch(requestPurchase, { plan: any(['Hour', 'Day']), phone: any(phones) })
    if (!asked.ok) expect(['PromptOpen', 'PromptsMany']).toContain(asked.error.type)
    if (random.below(8) === 0) {
      const account = any([asked.ok ? asked.value.reference : 'HOUSE 7', 'jirani', ''])
      world.payByHand(any([2000, 5000, 700]), any(phones), account)
    }
    await pass(random.below(120_000), 10_000)
  }
  await pass(30 * MINUTE_MS, 2 * MINUTE_MS)
  await pass(14 * HOUR_MS, 30 * MINUTE_MS)
  const rows = query(listPayments, {}).payments
  const bought = query(listPurchases, {})
  const grants = site.database.raw.prepare<[], { serviceId: string }>('SELECT service_id serviceId FROM grants').all()
  return { world, rows, bought, grants, ...site }
}

const weathers: readonly Weather[] = [
  { isTill: false, isMasked: false, faults: 0 },
  { isTill: false, isMasked: true, faults: 0.15 },
  { isTill: false, isMasked: false, faults: 0.3 },
  { isTill: true, isMasked: false, faults: 0.1 },
  { isTill: true, isMasked: true, faults: 0.2 },
]
const days = weathers.flatMap((weather, index) => [1, 2].map((n) => ({ seed: 10 * index + n, ...weather })))

test.each(days)(
  'every shilling is one purchase’s or waits for somebody to look at it, and nothing is given unpaid: %j',
  async ({ seed, ...weather }) => {
    const { world, rows, bought, grants, query } = await dayOf(seed, weather)
    const paid = world.paid()
    expect(rows.map(({ receipt }) => receipt).toSorted()).toEqual(paid.map(({ receipt }) => receipt).toSorted())
    const granted = bought.filter(({ state }) => state === 'granted')
    expect(grants.map(({ serviceId }) => serviceId).toSorted()).toEqual(granted.map(({ id }) => id).toSorted())
    // One receipt for each of them, and for no two the same.
    const matched = rows.filter(({ state }) => state === 'matched')
    expect(matched.map(({ purchaseId }) => purchaseId ?? '').toSorted()).toEqual(granted.map(({ id }) => id).toSorted())
    for (const { purchaseId, amountMinor } of matched)
      expect(granted.find(({ id }) => id === purchaseId)!.amountMinor).toBe(amountMinor)
    for (const { state, doubt } of rows) expect(doubt === null).toBe(state === 'matched')
    const { accounts, broken } = query(ledgerBalances, {})
    expect([broken, query(checkEntries, {}).broken]).toEqual([[], 0])
    const balance = (code: string): number => accounts.find((account) => account.code === code)?.balanceMinor ?? 0
    const sum = (list: readonly { readonly amountMinor: number }[]) =>
      list.reduce((all, one) => all + one.amountMinor, 0)
    expect(balance('mobile-money')).toBe(paid.reduce((all, { amount }) => all + amount.minor, 0))
    expect(balance('unmatched')).toBe(sum(rows.filter(({ state }) => state === 'unmatched')))
    expect([balance('plans'), balance('purchases')]).toEqual([sum(granted), 0])
  },
)
