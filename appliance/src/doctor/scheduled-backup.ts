/** Whether the backups that the box makes by itself are made. */
import type { RawDatabase } from '@lango/kernel/db'
import { attention, fine, type Check } from './check.ts'

type Schedule = { readonly everySec: number; readonly place: string; readonly changedAt: number }
type Run = { readonly state: 'done' | 'failed'; readonly endedAt: number; readonly error: string | null }

const NAME = 'scheduled-backup'
const HOUR_MS = 3_600_000

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
  if (last?.state === 'failed')
    return [attention(NAME, `The last backup to ${place} failed: ${last.error ?? 'no cause is known'}.`, REMEDY)]
  const dueMs = schedule.everySec * 1000 + HOUR_MS
  if (now - (lastDone?.endedAt ?? schedule.changedAt) > dueMs)
    return [attention(NAME, `No backup has reached ${place} for longer than its schedule says.`, REMEDY)]
  return [fine(NAME, lastDone ? `Backups reach ${place} as scheduled.` : `The first backup to ${place} is due.`)]
}

const REMEDY = 'It is tried again by itself; see what went wrong: lango backup runs'
