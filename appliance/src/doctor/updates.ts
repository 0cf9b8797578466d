/** Whether an update waits for somebody, was taken back, or could not be looked for. */
import type { RawDatabase } from '@lango/kernel/db'
import { found, type Check } from './check.ts'

type Row = {
  readonly mode: string | null
  readonly version: string | null
  readonly fault: string | null
  readonly checkedAt: number | null
}
type Run = { readonly version: string; readonly outcome: string; readonly why: string; readonly at: number }

const NAME = 'updates'
/** An update that was taken back is told for so long. */
const TOLD_MS = 30 * 86_400_000

export const checkUpdates = (site: RawDatabase, now: number): Check[] => {
  const last = site
    .prepare<[], Run>(
      "SELECT version, outcome, why, at FROM update_runs WHERE outcome <> 'handed-over' ORDER BY no DESC",
    )
    .get()
  if (last && last.outcome !== 'good' && now - last.at < TOLD_MS) {
    const { why, at } = last
    const type = last.outcome === 'rolled-back' ? 'update-rolled-back' : 'update-refused'
    return [found(NAME, 'attention', { type, why, at })]
  }
  return checkOffer(site)
}

/** What the doctor says beside what the installer told (`update.ts`). */
export const checkOffer = (site: RawDatabase): Check[] => {
  const row = site
    .prepare<[], Row>(
      `SELECT s.mode, p.offered ->> 'version' version, p.fault, p.checked_at checkedAt
       FROM update_progress p LEFT JOIN update_settings s ON true`,
    )
    .get()
  if (!row) return []
  // What is installed by itself needs nobody.
  if (row.version !== null && row.mode !== 'auto')
    return [found(NAME, 'attention', { type: 'update-waits', version: row.version })]
  if (row.fault === null) return []
  return [found(NAME, 'attention', { type: 'updates-unread', fault: JSON.parse(row.fault) as { type: string } })]
}
