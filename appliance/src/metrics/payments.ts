/** What is told of money to Prometheus: what waits, what went wrong, how fast who pays is online. */
import type { RawDatabase } from '@lango/kernel/db'
import type { Metric, Sample } from './exposition.ts'
import { providerFaults, type ProviderTally } from './provider-tally.ts'

const DAY_MS = 86_400_000
/** Who logs in later than that had gone away: it says nothing of how fast the box is. */
const AT_ONCE_MS = 10 * 60_000
/** Of a day, the latest: a reading may not keep logins waiting. */
const TIMES_MAX = 2000
const QUANTILES = [0.5, 0.95, 1] as const

const purchaseStates = ['requested', 'accepted', 'confirmed', 'granted', 'failed', 'refunded'] as const
const outcomes = [
  'asked',
  'ahead',
  'settled',
  'early',
  'listed',
  'mismatch',
  'unreadable',
  'believed',
  'noted',
  'waited',
  'unknown-source',
] as const
/** Those that are not over. */
const openRefunds = ['asked', 'sent', 'unknown'] as const
const openPayouts = ['waiting', 'asked', 'sent', 'unknown'] as const

type Counted = { readonly label: string; readonly n: number }
type Unmatched = { readonly n: number; readonly minor: number; readonly oldestAt: number | null }

const listed = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ')

const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  help,
  type: 'gauge',
  samples,
})

/** One sample for each that there can be: one that is not there is 0, and not missing. */
const counts = (label: string, names: readonly string[], rows: readonly Counted[]): Sample[] => {
  const found = new Map(rows.map(({ label: name, n }) => [name, n]))
  return names.map((name) => ({ labels: { [label]: name }, value: found.get(name) ?? 0 }))
}

/** Each by an index: of what is over there is more each day. */
const readings = (reader: RawDatabase) => {
  const purchases = reader.prepare<[number], Counted>(
    `SELECT state label, count(*) n FROM purchases
     WHERE state IN (${listed(purchaseStates)}) AND requested_at > ? GROUP BY state`,
  )
  const callbacks = reader.prepare<[number], Counted>(
    `SELECT outcome label, count(*) n FROM payment_inbox
     WHERE outcome IN (${listed(outcomes)}) AND arrived_at > ? GROUP BY outcome`,
  )
  const open = (table: 'refunds' | 'payouts', states: readonly string[]) =>
    reader.prepare<[], Counted>(
      `SELECT state label, count(*) n FROM ${table} WHERE state IN (${listed(states)}) GROUP BY state`,
    )
  const [refunds, payouts] = [open('refunds', openRefunds), open('payouts', openPayouts)]
  const unmatched = reader.prepare<[], Unmatched>(
    `SELECT count(*) n, coalesce(sum(amount_minor), 0) minor, min(heard_at) oldestAt FROM payments WHERE state = 'unmatched'`,
  )
  const times = reader
    .prepare<[number, number], number>(
      `SELECT online_at - min(confirmed_at, coalesce(claimed_at, confirmed_at)) AS took FROM purchases
       WHERE state IN ('granted', 'refunded') AND requested_at > ? AND online_at IS NOT NULL
         AND confirmed_at IS NOT NULL
       ORDER BY requested_at DESC LIMIT ?`,
    )
    .pluck()
  return { purchases, callbacks, refunds, payouts, unmatched, times }
}

const paidToOnline = (times: readonly number[]): Sample[] => {
  const took = times.filter((ms) => ms >= 0 && ms <= AT_ONCE_MS)
  const sorted = took.toSorted((one, other) => one - other)
  return QUANTILES.flatMap((quantile) => {
    const value = sorted[Math.max(0, Math.ceil(sorted.length * quantile) - 1)]
    return value === undefined ? [] : [{ labels: { quantile: String(quantile) }, value: value / 1000 }]
  })
}

const answersOf = ({ faults, answeredAt }: ProviderTally, now: number): Metric[] => {
  return [
    {
      name: 'lango_payment_provider_faults_total',
      help: 'Questions to the provider of payments that had no answer, or no for an answer, since the start.',
      type: 'counter',
      samples: providerFaults.map((type) => ({
        labels: { fault: type.slice('Provider'.length).toLowerCase() },
        value: faults[type],
      })),
    },
    gauge(
      'lango_payment_provider_last_answer_age_seconds',
      'Since the provider of payments said anything at all; nothing while it has not since the start.',
      answeredAt === undefined ? [] : [{ value: Math.max(0, now - answeredAt) / 1000 }],
    ),
  ]
}

export const createPaymentMetrics = (reader: RawDatabase, provider: () => ProviderTally, now: () => number) => {
  const { purchases, callbacks, refunds, payouts, unmatched, times } = readings(reader)
  return (): Metric[] => {
    const since = now() - DAY_MS
    const waiting = unmatched.get()!
    const purchased = purchases.all(since)
    return [
      gauge(
        'lango_purchases',
        'What people asked for within the last 24 hours, by how it stands; requested and accepted are prompts in flight.',
        counts('state', purchaseStates, purchased),
      ),
      gauge(
        'lango_payment_paid_to_online_seconds',
        'From the money to being online, of the last 24 hours, by the share of purchases.',
        paidToOnline(times.all(since, TIMES_MAX)),
      ),
      gauge('lango_payments_unmatched', 'Payments that wait for somebody to say what they were for.', [
        { value: waiting.n },
      ]),
      gauge('lango_payments_unmatched_amount', 'What they come to, in units of the currency.', [
        { value: waiting.minor / 100 },
      ]),
      gauge('lango_payments_unmatched_oldest_age_seconds', 'How long the oldest of them waits; 0 where none does.', [
        { value: waiting.oldestAt === null ? 0 : Math.max(0, now() - waiting.oldestAt) / 1000 },
      ]),
      gauge(
        'lango_payment_callbacks',
        'What was posted about money within the last 24 hours, by what came of it.',
        counts('outcome', outcomes, callbacks.all(since)),
      ),
      gauge(
        'lango_refunds_open',
        'Money on its way back, by how it stands.',
        counts('state', openRefunds, refunds.all()),
      ),
      gauge(
        'lango_payouts_open',
        'Money on its way out, by how it stands.',
        counts('state', openPayouts, payouts.all()),
      ),
      ...answersOf(provider(), now()),
    ]
  }
}
