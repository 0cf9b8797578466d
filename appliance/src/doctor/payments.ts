/** Does the money that customers pay arrive here? */
import type { RawDatabase } from '@lango/kernel/db'
import { found, type Check } from './check.ts'

/** The provider's list is read each minute. */
const UNREAD_MS = 15 * 60_000

export const checkPayments = (site: RawDatabase, now: number): Check[] => {
  const account = site
    .prepare<[], { changedAt: number; missing: string }>('SELECT changed_at changedAt, missing FROM payment_accounts')
    .get()
  if (account?.missing !== '[]') return []
  const readTo = site.prepare<[], number>('SELECT at FROM payment_marks').pluck().get()
  const since = Math.max(readTo ?? 0, account.changedAt)
  const waiting = site.prepare<[], number>("SELECT count(*) FROM payments WHERE state = 'unmatched'").pluck().get()!
  return [
    ...(now - since > UNREAD_MS
      ? [found('payments', 'attention', { type: 'payments-unread', minutes: Math.floor((now - since) / 60_000) })]
      : []),
    ...(waiting > 0 ? [found('payments', 'attention', { type: 'payments-unmatched', payments: waiting })] : []),
  ]
}
