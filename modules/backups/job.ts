/** Makes the backup that is due, puts it away, looks whether it arrived, and only then removes older ones. */
import { z } from 'zod'
import type { Clock, Secret } from '@lango/kernel'
import { defineJob, type AnyJob, type JobContext } from '@lango/kernel/verbs'
import { recordBackupRun } from './commands.ts'
import type { BackupFile, BackupStore } from './port.ts'
import { showBackupSchedule } from './queries.ts'
import { backupName, beyondKeep } from './rules.ts'

export type ScheduleSecrets = { readonly passphrase: Secret; readonly secretKey: Secret | undefined }
export type Schedule = NonNullable<ReturnType<typeof showBackupSchedule.shape>>

export type BackupJobDeps = {
  readonly clock: Clock
  readonly hostName: string
  /** Undefined when they cannot be read. */
  readonly secrets: () => ScheduleSecrets | undefined
  readonly storeAt: (schedule: Schedule, secretKey: Secret | undefined) => BackupStore
  /** Makes the archive somewhere on this machine; `use` has it until it ends. Rejects with a sentence. */
  readonly withBackup: <T>(passphrase: Secret, name: string, use: (file: BackupFile) => Promise<T>) => Promise<T>
  /** The last good one, for whoever asks how the box is. */
  readonly noted: (done: { readonly at: number; readonly file: string; readonly bytes: number }) => void
}

/** A look at whether one is due costs next to nothing. */
const LOOK_EVERY_MS = 60_000
const RUN_MS_MAX = 6 * 3_600_000
const ERROR_LENGTH_MAX = 500

export const createBackupJob = (deps: BackupJobDeps): AnyJob =>
  defineJob({
    name: 'backups.make',
    input: z.object({}),
    everyMs: LOOK_EVERY_MS,
    limits: { attemptsMax: 1, timeoutMs: RUN_MS_MAX, atOnce: 1 },
    async run(context) {
      const schedule = context.query(showBackupSchedule, {})
      const startedAt = deps.clock.now()
      if (!schedule || schedule.nextAt > startedAt) return
      const name = backupName(deps.hostName, startedAt)
      const run = { startedAt, place: schedule.place, name }
      try {
        const done = await makeOne(deps, context, schedule, name)
        context.dispatch(recordBackupRun, { ...run, ...done })
        deps.noted({ at: startedAt, file: `${schedule.place.replace(/\/+$/, '')}/${name}`, bytes: done.bytes })
      } catch (error) {
        // A box that stops makes it at its next start.
        if (context.signal.aborted) throw error
        const cause = error instanceof Error ? error.message : String(error)
        context.log.warn('a scheduled backup failed', { place: schedule.place, error })
        context.dispatch(recordBackupRun, { ...run, error: cause.slice(0, ERROR_LENGTH_MAX) })
      }
    },
  })

const makeOne = async (
  deps: BackupJobDeps,
  { signal, log }: JobContext,
  schedule: Schedule,
  name: string,
): Promise<{ bytes: number; removed: number }> => {
  const secrets = deps.secrets()
  if (!secrets) throw new Error('the passphrase of the schedule cannot be read: set the schedule again')
  const store = deps.storeAt(schedule, secrets.secretKey)
  const bytes = await deps.withBackup(secrets.passphrase, name, async (file) => {
    await store.put(name, file, signal)
    await store.verify(name, file, signal)
    return file.bytes
  })
  // From here on there is a good one: what goes wrong now leaves too many, never too few.
  let removed = 0
  try {
    for (const old of beyondKeep(await store.list(signal), deps.hostName, schedule.keep)) {
      await store.remove(old, signal)
      removed += 1
    }
  } catch (error) {
    log.warn('old backups could not be removed', { place: schedule.place, error })
  }
  return { bytes, removed }
}
