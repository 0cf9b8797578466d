import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { liveDay, type Weather } from '../modules/payments/testing/day.ts'
import { expectMoneyWhole } from '../modules/payments/testing/money-whole.ts'
import { isLong, temporaryFolder } from './box.ts'

/**
 * 100,000 purchases, in days of 5,000; without `--long` a part of one. Each day is of a seed of its own and can be lived
 * alone: `LANGO_LONG=1 vitest run --config e2e/vitest.config.ts e2e/money.test.ts -t 'day 7$'`.
 */
const days = isLong ? 20 : 1
const purchases = isLong ? 5000 : 200
const timeoutMs = isLong ? 60 * 60_000 : 60_000
const folder = temporaryFolder('money')
afterAll(() => rmSync(folder, { recursive: true }))

/** Half of the days by a till, half of them with masked numbers. */
const weatherOf = (day: number): Weather => ({
  isTill: day % 2 === 1,
  isMasked: day % 4 >= 2,
  faults: 0.08,
  isReached: true,
  forgeries: 0.05,
  trustUpTo: day % 5 === 0 ? 20 : 50,
  crashes: 0.0005,
  refunds: 0.1,
  codes: 0.2,
  wallets: 0.3,
  lendsUpTo: day % 3 === 0 ? 50 : 0,
  friends: 0.1,
  resolves: 0.05,
  payouts: 0.02,
})

test.each(Array.from({ length: days }, (_, day) => day))(
  `${purchases} purchases: every shilling is one grant or waits for somebody, day %i`,
  { timeout: timeoutMs },
  async (day) => {
    const weather = weatherOf(day)
    const file = join(folder, `${day}.db`)
    const options = { seed: 41_000 + day, weather, file, purchases, phones: purchases, atOnce: 20 }
    const lived = await liveDay(options, ({ sinceMs, amountMinor }) => {
      if (sinceMs >= 60_000 || amountMinor > weather.trustUpTo * 100) throw new Error(`ahead for ${sinceMs} ms`)
    })
    expectMoneyWhole(lived)
    expect(lived.world.paid().length).toBeGreaterThan(purchases / 4)
    lived.site.database.close()
    rmSync(file)
  },
)
