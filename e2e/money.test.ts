import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { liveDay, type Weather } from '../modules/payments/testing/day.ts'
import { expectMoneyWhole } from '../modules/payments/testing/money-whole.ts'
import { isLong, temporaryFolder } from './box.ts'

/** 100,000 purchases, in days of 5,000; without `--long` a part of one. */
const days = isLong ? 20 : 1
const purchases = isLong ? 5000 : 200
const timeoutMs = isLong ? 30 * 60_000 : 60_000
const folder = temporaryFolder('money')
afterAll(() => rmSync(folder, { recursive: true }))

/** Half of the days by a till, half of them with masked numbers. */
const weatherOf = (day: number): Weather => ({
  isTill: day % 2 === 1,
  isMasked: day % 4 >= 2,
  faults: 0.08,
  isReached: true,
  forgeries: 0.05,
  trustUpTo: 20,
  crashes: 0.0005,
  refunds: 0.1,
  codes: 0.2,
})

test.each(Array.from({ length: days }, (_, day) => day))(
  `${purchases} purchases: every shilling is one grant or waits for somebody, day %i`,
  { timeout: timeoutMs },
  async (day) => {
    const weather = weatherOf(day)
    const options = { seed: 41_000 + day, weather, file: join(folder, `${day}.db`), purchases }
    const lived = await liveDay({ ...options, phones: purchases, atOnce: 20 }, ({ sinceMs, amountMinor }) => {
      if (sinceMs >= 60_000 || amountMinor > weather.trustUpTo * 100) throw new Error(`ahead for ${sinceMs} ms`)
    })
    expectMoneyWhole(lived.site, lived.world.paid(), lived.world.paidBack())
    expect(lived.world.paid().length).toBeGreaterThan(purchases / 4)
    lived.site.database.close()
  },
)
