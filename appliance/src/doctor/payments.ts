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
    .prepare<[number], number>('SELECT count(*) FROM refunds WHERE disputed_at > ?')
    .pluck()
    .get(now - DISPUTED_MS)!
  return [
    ...(now - since > UNREAD_MS
      ? [found('payments', 'attention', { type: 'payments-unread', minutes: Math.floor((now - since) / 60_000) })]
      : []),
    ...(waiting > 0 ? [found('payments', 'attention', { type: 'payments-unmatched', payments: waiting })] : []),
    ...(refunds.unknown + refunds.unanswered + refunds.failed > 0
      ? [found('payments', 'attention', { type: 'refunds-troubled', ...refunds })]
      : []),
    ...(disputed > 0 ? [found('payments', 'attention', { type: 'payments-disputed', movements: disputed })] : []),
    ...(denied + mismatched > 0
      ? [found('payments', 'attention', { type: 'payments-forged', denied, mismatched })]
      : []),
  ]
}
