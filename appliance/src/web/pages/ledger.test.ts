import { addPlan } from '@lango/modules/plans'
import { checkEntries, listEntries } from '@lango/modules/ledger'
import { hearPayments, requestPurchase } from '@lango/modules/payments'
import { handVouchers, makeVouchers, openBatch, revokeRest } from '@lango/modules/vouchers'
import { expect, test } from 'vitest'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const desk = () => {
  const made = deskUnderTest()
  const { site } = made
  site.must(addPlan, {
    name: 'Day',
    kind: 'hotspot',
    policy: {},
    validitySec: 86_400,
    priceMinor: 5000,
    currency: 'KES',
  })
  site.must(openBatch, { plan: 'Day', count: 40 })
  site.must(makeVouchers, { batch: 1 })
  return {
    ...made,
    sell: (from: number, to: number, holder = 'Kiosk') =>
      site.must(handVouchers, { batch: 1, from, to, state: 'sold', holder }),
    text: async (path = '/ledger') => (await made.page(path)).replaceAll('\u00a0', ' '),
  }
}

test('what was sold, to whom it is owed and what was given back stands there, and comes to nothing', async () => {
  const { as, sell, text, site } = desk()
  as('owner')
  expect(await text()).toContain('No money has moved yet')
  sell(1, 10, '<b>Duka</b>')
  site.must(revokeRest, { batch: 1, keepSold: false })
  sell(1, 1)
  const page = await text()
  expect(page).toMatch(/Cash of &lt;b>Duka&lt;\/b>.*?held.*?KES 500\.00.*?KES 500\.00.*?KES 0\.00/s)
  expect(page).toMatch(/Given back.*?Sale/s)
  expect(page).not.toContain('out of balance')
  expect(site.query(checkEntries, {})).toEqual({ entries: 2, broken: 0 })
})

test('money that came in by phone stands there in words, also what nobody knows the purpose of', async () => {
  const { as, text, site } = desk()
  as('owner')
  site.must(addPlan, {
    name: 'Hour',
    kind: 'hotspot',
    policy: {},
    validitySec: 3600,
    priceMinor: 2000,
    currency: 'KES',
  })
  const { reference } = site.must(requestPurchase, { plan: 'Hour', phone: '+254712345678' })
  const heard = { amountMinor: 2000, currency: 'KES', shortcode: '174379', paidAt: site.clock.now(), phones: [] }
  const payments = [
    { ...heard, receipt: 'SJ41XK2P9Q', account: reference },
    { ...heard, receipt: 'SJ41XK2P9R', account: 'HOUSE 7' },
  ]
  site.must(hearPayments, { payments })
  const page = await text()
  expect(page).toMatch(/Mobile money.*?KES 40\.00/s)
  expect(page).toMatch(/for nobody knows what.*?KES 20\.00/s)
  expect(page).toMatch(/Plans bought by phone.*?KES 20\.00/s)
  expect(page).toContain('Paid for and not given yet')
})

test('whoever looks at older entries gets each once', async () => {
  const { as, sell, text, site } = desk()
  as('owner')
  site.must(openBatch, { plan: 'Day', count: 60 })
  for (let left = 60; left > 0; left -= 50) site.must(makeVouchers, { batch: 2 })
  for (let serial = 1; serial <= 60; serial++)
    site.must(handVouchers, { batch: 2, from: serial, to: serial, state: 'sold', holder: `Kiosk ${serial}` })
  const all = site.query(listEntries, {}).map(({ cause }) => cause)
  expect(all).toHaveLength(60)
  const first = await text()
  const older = /href="(\/ledger\?before=[^"]+)"/.exec(first)![1]!
  const second = await text(older)
  expect(all.filter((cause) => first.includes(cause))).toEqual(all.slice(0, 50))
  expect(all.filter((cause) => second.includes(cause))).toEqual(all.slice(50))
  expect(second).not.toContain('Older entries')
  sell(1, 1)
})

test('books that somebody has meddled with say so', async () => {
  const { as, sell, text, site } = desk()
  as('owner')
  sell(1, 2)
  const { raw } = site.database
  expect(() => raw.exec('UPDATE ledger_postings SET minor = 1')).toThrow('append only')
  const triggers = raw.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all()
  for (const name of triggers) raw.exec(`DROP TRIGGER "${name}"`)
  raw.exec('UPDATE ledger_postings SET minor = minor + 1 WHERE minor > 0')
  expect(await text()).toContain('The books are out of balance by KES 0.01')
  expect(site.query(checkEntries, {})).toEqual({ entries: 1, broken: 1 })
})

test.each(['technician', 'cashier', 'viewer'] as const)('a %s does not see the ledger', async (role) => {
  const { as, visit } = desk()
  as(role)
  expect((await visit('/ledger')).status).toBe(403)
})
