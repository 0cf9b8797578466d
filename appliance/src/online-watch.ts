/** Sees who is online with what they have just bought: sessions are kept apart from purchases, by another thread. */
import type { Clock, Fault, Log, Result } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { system } from '@lango/kernel/verbs'
import { ONLINE_ROWS_MAX, purchasesOnline } from '@lango/modules/payments'
import type { Site } from './site.ts'

const LOOK_MS = 1000
/** Who goes online later than that had kept it for another day. */
const GIVEN_WITHIN_MS = 86_400_000

const actor = system('payments')

type Deps = {
  readonly site: { readonly clock: Pick<Clock, 'now'> } & Pick<Site, 'dispatcher' | 'ids'>
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  readonly log: Log
  readonly every: (ms: number, run: () => void) => () => void
}

export const watchOnline = ({ site: { clock, dispatcher, ids }, reader, log, every }: Deps): (() => void) => {
  const counted = reader.prepare<[number, number], { purchaseId: string; at: number }>(
    `SELECT purchaseId, at FROM (
       SELECT u.id purchaseId, coalesce(
         (SELECT min(started_at) FROM session_history WHERE grant_no = g.no),
         (SELECT min(started_at) FROM live_sessions WHERE grant_no = g.no)) at
       FROM purchases u JOIN grants g ON g.service_id = u.id
       WHERE u.online_at IS NULL AND u.granted_at > ?)
     WHERE at IS NOT NULL LIMIT ?`,
  )
  return every(LOOK_MS, () => {
    const online = counted.all(clock.now() - GIVEN_WITHIN_MS, ONLINE_ROWS_MAX)
    if (online.length === 0) return
    const done: Result<unknown, Fault> = dispatcher.dispatch(
      purchasesOnline,
      { online },
      { id: ids.next('cmd'), actor },
    )
    if (!done.ok) log.error('who is online with a purchase could not be kept', { fault: done.error })
  })
}
