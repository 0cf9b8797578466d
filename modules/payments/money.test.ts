import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listPurchases } from './index.ts'
import { liveDay, type Weather } from './testing/day.ts'
import { expectMoneyWhole } from './testing/money-whole.ts'

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'money-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const calm = {
  isTill: false,
  isMasked: false,
  faults: 0,
  isReached: false,
  forgeries: 0,
  trustUpTo: 0,
  crashes: 0,
  refunds: 0,
  codes: 0,
  wallets: 0,
  lendsUpTo: 0,
  friends: 0,
  resolves: 0,
  payouts: 0,
}
const reached = { ...calm, isReached: true, forgeries: 0.3 }
const all = { refunds: 0.2, codes: 0.3, wallets: 0.3, lendsUpTo: 50, friends: 0.3, resolves: 0.2, payouts: 0.2 }
const weathers: readonly Weather[] = [
  calm,
  { ...calm, isMasked: true, faults: 0.15 },
  { ...calm, faults: 0.3 },
  { ...calm, isTill: true, faults: 0.1 },
  { ...calm, isTill: true, isMasked: true, faults: 0.2 },
  { ...reached, faults: 0 },
  { ...reached, faults: 0.15, trustUpTo: 20 },
  { ...reached, isMasked: true, faults: 0.3, trustUpTo: 50 },
  { ...reached, isTill: true, faults: 0.2, trustUpTo: 50 },
  { ...reached, isTill: true, isMasked: true, faults: 0.1, trustUpTo: 20 },
  { ...reached, faults: 0.15, trustUpTo: 50, crashes: 0.005 },
  { ...calm, isTill: true, faults: 0.1, crashes: 0.005 },
  { ...calm, refunds: 0.3 },
  { ...calm, faults: 0.15, refunds: 0.3 },
  { ...calm, isTill: true, faults: 0.1, refunds: 0.3, crashes: 0.02 },
  { ...reached, faults: 0, refunds: 0.5 },
  { ...reached, faults: 0.15, trustUpTo: 50, refunds: 0.5 },
  { ...reached, isTill: true, isMasked: true, faults: 0.2, refunds: 0.3 },
  { ...reached, faults: 0.15, refunds: 0.5, crashes: 0.01 },
  { ...calm, codes: 0.5 },
  { ...calm, isTill: true, faults: 0.2, codes: 0.5 },
  { ...reached, faults: 0.15, trustUpTo: 50, refunds: 0.5, codes: 0.7 },
  { ...calm, wallets: 0.5 },
  { ...calm, faults: 0.15, refunds: 0.3, wallets: 0.5 },
  { ...reached, faults: 0.15, trustUpTo: 100, refunds: 0.3, crashes: 0.01, wallets: 0.5 },
  { ...calm, isTill: true, isMasked: true, faults: 0.2, wallets: 0.5 },
]
const further: readonly Weather[] = [
  { ...calm, wallets: 0.7, lendsUpTo: 50 },
  { ...reached, faults: 0.15, trustUpTo: 100, refunds: 0.3, crashes: 0.01, wallets: 0.7, lendsUpTo: 50 },
  { ...calm, friends: 0.7 },
  { ...reached, faults: 0.15, trustUpTo: 50, refunds: 0.5, codes: 0.3, friends: 0.7, wallets: 0.2 },
  { ...calm, faults: 0.3, resolves: 0.5 },
  { ...calm, isTill: true, faults: 0.3, resolves: 0.7, refunds: 0.3 },
  { ...reached, isTill: true, faults: 0.3, resolves: 0.7, crashes: 0.01 },
  { ...calm, payouts: 0.5 },
  { ...reached, faults: 0, payouts: 0.7 },
  { ...reached, isTill: true, faults: 0.2, payouts: 0.7, resolves: 0.3, refunds: 0.3 },
  { ...reached, isMasked: true, faults: 0.2, payouts: 0.7, crashes: 0.02 },
  { ...reached, ...all, faults: 0.15, trustUpTo: 50, crashes: 0.01 },
  { ...reached, ...all, isTill: true, isMasked: true, faults: 0.2, trustUpTo: 20 },
]
/** `npm run test:long` lives each weather twice, and days of thousands in `e2e/money.test.ts`. */
const seeds = process.env['LANGO_LONG'] === '1' ? [1, 2] : [1]
const days = [
  ...weathers.flatMap((weather, index) => seeds.map((n) => ({ seed: 10 * index + n, ...weather }))),
  ...further.map((weather, index) => ({ seed: 1000 + index, ...weather })),
]

test.each(days)(
  'every shilling is one purchase’s, waits for somebody to look at it, or is back where it came from, and nothing is given unpaid: %j',
  async ({ seed, ...weather }) => {
    const file = weather.crashes > 0 ? join(folder, `${seed}.db`) : ':memory:'
    const day = { seed, weather, file, purchases: 30, phones: 12, atOnce: 1 }
    const lived = await liveDay(day, ({ sinceMs, amountMinor }) => {
      expect(sinceMs).toBeLessThan(60_000)
      expect(amountMinor).toBeLessThanOrEqual(weather.trustUpTo * 100)
    })
    const { world, site, refused, crashes } = lived
    for (const fault of refused)
      expect(['PromptOpen', 'PromptsMany', 'OfferCodeUnfit', 'PriceChanged']).toContain(fault)
    expect(crashes > 0).toBe(weather.crashes > 0)
    expect(world.paidBack().length > 0).toBe(weather.refunds > 0)
    expect(site.query(listPurchases, {}).some(({ discountMinor }) => discountMinor > 0)).toBe(
      weather.codes + weather.friends > 0,
    )
    expectMoneyWhole(lived)
  },
)
