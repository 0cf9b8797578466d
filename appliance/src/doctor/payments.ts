/** Does the money that customers pay arrive here? */
import type { RawDatabase } from '@lango/kernel/db'
import { found, type Check } from './check.ts'

/** The provider's list is read each minute. */
const UNREAD_MS = 15 * 60_000
/** So long somebody should look at what does not agree. */
const FORGED_MS = 86_400_000

/** A result comes within a minute, where it comes. */
const UNANSWERED_MS = 10 * 60_000

/** What M-Pesa says of money that stands otherwise here. */
const DISPUTED_MS = 7 * 86_400_000

/** A balance that is older than that says little. */
const BALANCE_OLD_MS = 3 * 3_600_000

type Refunds = { readonly unknown: number; readonly unanswered: number; readonly failed: number }

export const checkPayments = (site: RawDatabase, now: number): Check[] => {
  const account = site
    .prepare<[], { changedAt: number; missing: string }>('SELECT changed_at changedAt, missing FROM payment_accounts')
    .get()
  if (account?.missing !== '[]') return []
  const readTo = site.prepare<[], number>('SELECT at FROM payment_marks').pluck().get()
  const since = Math.max(readTo ?? 0, account.changedAt)
  const waiting = site.prepare<[], number>("SELECT count(*) FROM payments WHERE state = 'unmatched'").pluck().get()!
  const denied = site
    .prepare<[number], number>('SELECT count(*) FROM purchases WHERE denied_at > ? AND confirmed_at IS NULL')
    .pluck()
    .get(now - FORGED_MS)!
  const mismatched = site
    .prepare<[number], number>("SELECT count(*) FROM payment_inbox WHERE outcome = 'mismatch' AND arrived_at > ?")
    .pluck()
    .get(now - FORGED_MS)!
  const refunds = site
    .prepare<[number, number], Refunds>(
      `SELECT count(*) FILTER (WHERE state = 'unknown') AS unknown,
         count(*) FILTER (WHERE state = 'sent' AND sent_at < ?) AS unanswered,
         count(*) FILTER (WHERE state = 'failed' AND ended_at > ?) AS failed FROM refunds`,
    )
    .get(now - UNANSWERED_MS, now - FORGED_MS)!
  const disputed = site
    .prepare<[number, number], number>(
      `SELECT (SELECT count(*) FROM refunds WHERE disputed_at > ?) + (SELECT count(*) FROM payouts WHERE disputed_at > ?)`,
    )
    .pluck()
    .get(now - DISPUTED_MS, now - DISPUTED_MS)!
  return [
    ...(now - since > UNREAD_MS
      ? [found('payments', 'attention', { type: 'payments-unread', minutes: Math.floor((now - since) / 60_000) })]
      : []),
    ...(waiting > 0 ? [found('payments', 'attention', { type: 'payments-unmatched', payments: waiting })] : []),
    ...(refunds.unknown + refunds.unanswered + refunds.failed > 0
      ? [found('payments', 'attention', { type: 'refunds-troubled', ...refunds })]
      : []),
    ...checkPayouts(site, now),
    ...(disputed > 0 ? [found('payments', 'attention', { type: 'payments-disputed', movements: disputed })] : []),
    ...(denied + mismatched > 0
      ? [found('payments', 'attention', { type: 'payments-forged', denied, mismatched })]
      : []),
  ]
}

type Payouts = Refunds & { readonly waiting: number }
type Funds = { readonly hasMinor: number | null; readonly needsMinor: number; readonly currency: string | null }

/** Money that is to go out: does it, and is there enough of it? */
const checkPayouts = (site: RawDatabase, now: number): Check[] => {
  const payouts = site
    .prepare<[number, number, number], Payouts>(
      `SELECT count(*) FILTER (WHERE state = 'unknown') AS unknown,
         count(*) FILTER (WHERE state = 'sent' AND sent_at < ?) AS unanswered,
         count(*) FILTER (WHERE state = 'failed' AND ended_at > ?) AS failed,
         count(*) FILTER (WHERE state = 'waiting' AND requested_at < ?) AS waiting
       FROM payouts WHERE state IN ('unknown', 'sent', 'failed', 'waiting')`,
    )
    .get(now - UNANSWERED_MS, now - FORGED_MS, now - FORGED_MS)!
  const { hasMinor, needsMinor, currency } = site
    .prepare<[number], Funds>(
      `SELECT (SELECT sum(json_extract(b.value, '$.availableMinor'))
           FROM json_each(q.answer, '$.balances') b WHERE json_extract(b.value, '$.isPaying')) AS hasMinor,
         json_extract(q.answer, '$.balances[0].currency') AS currency,
         coalesce((SELECT sum(amount_minor) FROM payouts WHERE state IN ('waiting', 'asked')), 0) +
         coalesce((SELECT sum(amount_minor) FROM refunds WHERE state = 'asked'), 0) AS needsMinor
       FROM payment_questions q WHERE q.kind = 'balance' AND q.state = 'answered' AND q.ended_at > ?
       ORDER BY q.asked_at DESC LIMIT 1`,
    )
    .get(now - BALANCE_OLD_MS) ?? { hasMinor: null, needsMinor: 0, currency: null }
  const isShort = hasMinor !== null && currency !== null && hasMinor < needsMinor
  return [
    ...(payouts.unknown + payouts.unanswered + payouts.failed + payouts.waiting > 0
      ? [found('payments', 'attention', { type: 'payouts-troubled', ...payouts })]
      : []),
    ...(isShort ? [found('payments', 'attention', { type: 'payouts-unfunded', hasMinor, needsMinor, currency })] : []),
  ]
}
