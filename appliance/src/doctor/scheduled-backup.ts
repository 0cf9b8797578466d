/** Whether the backups that the box makes by itself are made. */
import type { RawDatabase } from '@lango/kernel/db'
import { fine, found, HOUR_MS, type Check } from './check.ts'

type Schedule = { readonly everySec: number; readonly place: string; readonly changedAt: number }
type Run = { readonly state: 'done' | 'failed'; readonly endedAt: number; readonly error: string | null }

const NAME = 'scheduled-backup'

/** Nothing where no schedule is set: `backup` tells how old the last one is. */
export const checkScheduledBackup = (site: RawDatabase, now: number): Check[] => {
  const schedule = site
    .prepare<[], Schedule>('SELECT every_sec everySec, place, changed_at changedAt FROM backup_schedules')
    .get()
  if (!schedule) return []
  const runs = site
    .prepare<[number], Run>(
      'SELECT state, ended_at endedAt, error FROM backup_runs WHERE ended_at >= ? ORDER BY no DESC',
    )
    .all(schedule.changedAt)
  const [last] = runs
  const lastDone = runs.find(({ state }) => state === 'done')
  const { place } = schedule
  if (last?.state === 'failed') return [found(NAME, 'attention', { type: 'backup-failed', place, error: last.error })]
  const dueMs = schedule.everySec * 1000 + HOUR_MS
  if (now - (lastDone?.endedAt ?? schedule.changedAt) > dueMs)
    return [found(NAME, 'attention', { type: 'backup-late', place })]
  return [fine(NAME, lastDone ? `Backups reach ${place} as scheduled.` : `The first backup to ${place} is due.`)]
}
