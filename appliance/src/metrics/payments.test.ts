import { expect, test } from 'vitest'
import { err, ok } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { access } from '@lango/modules/access'
import { customers } from '@lango/modules/customers'
import { ledger } from '@lango/modules/ledger'
import { messages } from '@lango/modules/messages'
import { hearPayments, payments, requestPurchase } from '@lango/modules/payments'
import type { PaymentProvider } from '@lango/modules/payments/port'
import { offers } from '@lango/modules/offers'
import { addPlan, plans } from '@lango/modules/plans'
import { wallets } from '@lango/modules/wallets'
import { services } from '@lango/modules/services'
import { settings } from '@lango/modules/settings'
import { createPaymentMetrics } from './payments.ts'
import { createProviderTally } from './provider-tally.ts'

const AMINA = '+254712345678'
const DAY_MS = 86_400_000

const shop = () => {
  const site = memorySite([settings, messages, access, plans, ledger, customers, wallets, services, offers, payments])
  const { must, database, clock } = site
  must(addPlan, { name: 'Hour', kind: 'hotspot', policy: {}, validitySec: 3600, priceMinor: 2000, currency: 'KES' })
  const tally = createProviderTally(clock)
  const metrics = createPaymentMetrics(database.raw, tally.read, clock.now)
  const told = () =>
    new Map(
      metrics().flatMap((metric) =>
        metric.type === 'histogram'
          ? []
          : metric.samples.map(({ labels, value }) => [[metric.name, ...Object.values(labels ?? {})].join(' '), value]),
      ),
    )
  return { ...site, tally, told }
}

test('what was bought within a day is counted by how it stands, and how fast who paid was online', () => {
  const { must, database, told, clock } = shop()
  const none = told()
  expect([none.get('lango_purchases requested'), none.get('lango_purchases granted')]).toEqual([0, 0])
  expect([...none.keys()].filter((name) => name.startsWith('lango_payment_paid_to_online'))).toEqual([])
  for (const [at, sec] of [2, 4, 60].entries()) {
    const { reference } = must(requestPurchase, { plan: 'Hour', phone: `+25471234567${at}` })
    const of = { receipt: `R${at}`, amountMinor: 2000, currency: 'KES', shortcode: '1', paidAt: clock.now() }
    must(hearPayments, { payments: [{ ...of, account: reference, phones: [] }] })
    database.raw
      .prepare('UPDATE purchases SET online_at = confirmed_at + ? WHERE reference = ?')
      .run(sec * 1000, reference)
  }
  must(requestPurchase, { plan: 'Hour', phone: AMINA })
  const some = told()
  expect([some.get('lango_purchases granted'), some.get('lango_purchases requested')]).toEqual([3, 1])
  const online = ['0.5', '0.95', '1'].map((quantile) => some.get(`lango_payment_paid_to_online_seconds ${quantile}`))
  expect(online).toEqual([4, 60, 60])
  clock.advance(DAY_MS + 1)
  expect(told().get('lango_purchases granted')).toBe(0)
})

test('money that waits is told with how much it is and how long the oldest waits', () => {
  const { must, told, clock } = shop()
  expect(told().get('lango_payments_unmatched_oldest_age_seconds')).toBe(0)
  const of = { amountMinor: 2000, currency: 'KES', shortcode: '1', paidAt: clock.now(), account: 'X', phones: [] }
  must(hearPayments, { payments: [{ ...of, receipt: 'A' }] })
  clock.advance(90_000)
  must(hearPayments, { payments: [{ ...of, receipt: 'B' }] })
  const some = told()
  expect([
    some.get('lango_payments_unmatched'),
    some.get('lango_payments_unmatched_amount'),
    some.get('lango_payments_unmatched_oldest_age_seconds'),
  ]).toEqual([2, 40, 90])
  for (const name of ['lango_refunds_open sent', 'lango_payouts_open waiting', 'lango_payment_callbacks mismatch'])
    expect(some.get(name)).toBe(0)
})

test('what the provider does not answer is counted by why, and since when it has said nothing', async () => {
  const { tally, told, clock } = shop()
  const answers = [
    ok({ state: 'pending' } as const),
    err({ type: 'ProviderSilent', reason: 'r' } as const),
    err({ type: 'ProviderUnreachable', reason: 'r' } as const),
  ]
  const provider = tally.over({ promptState: () => Promise.resolve(answers.shift()!) } as unknown as PaymentProvider)
  const never = new AbortController().signal
  expect(told().has('lango_payment_provider_last_answer_age_seconds')).toBe(false)
  for (let times = 0; times < 3; times++) {
    await provider.promptState('ref', never)
    clock.advance(10_000)
  }
  const some = told()
  expect([
    some.get('lango_payment_provider_faults_total silent'),
    some.get('lango_payment_provider_faults_total unreachable'),
    some.get('lango_payment_provider_faults_total refused'),
    some.get('lango_payment_provider_last_answer_age_seconds'),
  ]).toEqual([1, 1, 0, 30])
})
