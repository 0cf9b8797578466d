import { desc, eq, lt } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand, secretText, type CommandContext } from '@lango/kernel/verbs'
import {
  ENDPOINT_WRONG,
  EVERY_SEC_MAX,
  EVERY_SEC_MIN,
  KEEP_DEFAULT,
  KEEP_MAX,
  newRecoveryKey,
  PASSPHRASE_LENGTH_MAX,
  PASSPHRASE_LENGTH_MIN,
  PLACE_LENGTH_MAX,
  readEndpoint,
  readPlace,
  REGION,
  REGION_DEFAULT,
  RETRY_AFTER_MS,
  RUNS_KEPT,
  SCHEDULE_ID,
  scheduleSecretPurpose,
} from './rules.ts'
import { shelfSecretPurpose } from './shelf-rules.ts'
import { backupRuns, backupSchedules, backupShelves } from './tables.ts'

type ScheduleRow = typeof backupSchedules.site.$inferSelect
type Secrets = { readonly passphrase: string; readonly secretKey?: string }

const scheduleOf = (ctx: CommandContext): ScheduleRow | undefined => {
  const { site } = backupSchedules
  return ctx.db.select().from(site).where(eq(site.id, SCHEDULE_ID)).get()
}

/** Nothing when there are none, or their key is gone. */
const secretsOf = (ctx: CommandContext, schedule: ScheduleRow | undefined): Partial<Secrets> => {
  const opened = schedule && ctx.vault.open(schedule.secrets, scheduleSecretPurpose)
  return opened?.ok ? (JSON.parse(opened.value.reveal()) as Secrets) : {}
}

/** A storage key is its id's: another id has another. */
const keptBy = (secrets: Partial<Secrets>, { newKey, isSameKey }: { newKey: boolean; isSameKey: boolean }) => ({
  passphrase: newKey ? undefined : secrets.passphrase,
  secretKey: isSameKey ? secrets.secretKey : undefined,
})

const shownOf = (schedule: ScheduleRow | undefined) => {
  if (!schedule) return null
  const { everySec, keep, place, endpoint, region, accessKeyId } = schedule
  return { everySec, keep, place, endpoint, region, accessKeyId }
}

/**
 * An owner's alone: who may choose where backups go may read everything in them. Secrets that are not given stay as they
 * are; where there is no passphrase a recovery key is made, and told this once.
 */
export const setBackupSchedule = defineCommand({
  name: 'backups.schedule',
  summary:
    'Sets how often the box makes a backup by itself, where it goes and how many are kept, and starts the first one.',
  output: z.object({
    everySec: z.number().int(),
    keep: z.number().int(),
    place: z.string(),
    recoveryKey: z.string().optional(),
  }),
  permission: 'backups.write',
  valueIsSecret: true,
  input: z.object({
    everySec: z.number().int().min(EVERY_SEC_MIN).max(EVERY_SEC_MAX),
    keep: z.number().int().min(1).max(KEEP_MAX).default(KEEP_DEFAULT),
    place: z
      .string()
      .max(PLACE_LENGTH_MAX)
      .refine((text) => readPlace(text) !== undefined, 'A place is usb, a path from / or s3://bucket/prefix.'),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .refine((text) => readEndpoint(text) !== undefined, ENDPOINT_WRONG)
      .optional(),
    region: z.string().regex(REGION).default(REGION_DEFAULT),
    accessKeyId: z.string().min(1).max(128).optional(),
    secretKey: secretText(z.string().min(1).max(256)).optional(),
    passphrase: secretText(
      z.string().min(PASSPHRASE_LENGTH_MIN, 'A passphrase has at least 8 characters.').max(PASSPHRASE_LENGTH_MAX),
    ).optional(),
    /** A new recovery key instead of the passphrase that is set. */
    newKey: z.boolean().default(false),
  }),
  handle(ctx, { secretKey, passphrase, newKey, ...input }) {
    const before = scheduleOf(ctx)
    const kept = keptBy(secretsOf(ctx, before), { newKey, isSameKey: before?.accessKeyId === input.accessKeyId })
    const storageKey = secretKey?.reveal() ?? kept.secretKey
    const isS3 = readPlace(input.place)!.kind === 's3'
    if (isS3 && (input.accessKeyId === undefined || storageKey === undefined)) return err({ type: 'StorageKeyMissing' })
    const staying = passphrase?.reveal() ?? kept.passphrase
    const sealing = staying ?? newRecoveryKey(ctx.random)
    const secrets = JSON.stringify({ passphrase: sealing, secretKey: isS3 ? storageKey : undefined })
    const row = {
      id: SCHEDULE_ID,
      ...input,
      endpoint: input.endpoint ?? null,
      accessKeyId: input.accessKeyId ?? null,
      secrets: ctx.vault.seal(secrets, scheduleSecretPurpose),
      // The first one at once: whether it works is seen today.
      nextAt: ctx.now,
      changedAt: ctx.now,
      changedBy: ctx.actor.id,
    }
    const { site } = backupSchedules
    ctx.db.insert(site).values(row).onConflictDoUpdate({ target: site.id, set: row }).run()
    ctx.changed(shownOf(before), shownOf(row))
    const { everySec, keep, place } = input
    return ok({ everySec, keep, place, ...(staying === undefined && { recoveryKey: sealing }) })
  },
})

export const clearBackupSchedule = defineCommand({
  name: 'backups.unschedule',
  summary: 'Stops scheduled backups and forgets their secrets; backups that were made stay where they are.',
  output: z.object({ removed: z.number().int() }),
  permission: 'backups.write',
  input: z.object({}),
  handle(ctx) {
    ctx.changed(shownOf(scheduleOf(ctx)), null)
    return ok({ removed: ctx.db.delete(backupSchedules.site).run().changes })
  },
})

/** Brings the next one forward to now: the job looks every minute, and makes one at a time. */
export const backUpNow = defineCommand({
  name: 'backups.now',
  summary: 'Brings the next scheduled backup forward: it begins within a minute.',
  output: z.object({ place: z.string() }),
  permission: 'backups.write',
  input: z.object({}),
  handle(ctx) {
    const schedule = scheduleOf(ctx)
    if (!schedule) return err({ type: 'BackupsUnscheduled' })
    const nextAt = Math.min(schedule.nextAt, ctx.now)
    ctx.db.update(backupSchedules.site).set({ nextAt }).run()
    ctx.changed({ nextAt: schedule.nextAt }, { nextAt })
    return ok({ place: schedule.place })
  },
})

/** How the job's run went; sets when the next one is due. */
export const recordBackupRun = defineCommand({
  name: 'backups.record',
  permission: 'system',
  isInternal: true,
  input: z.object({
    startedAt: z.number().int(),
    place: z.string(),
    name: z.string(),
    bytes: z.number().int().optional(),
    removed: z.number().int().default(0),
    error: z.string().max(1000).optional(),
  }),
  handle(ctx, { bytes, error, ...run }) {
    const runs = backupRuns.site
    const state = error === undefined ? 'done' : 'failed'
    ctx.db
      .insert(runs)
      .values({ ...run, endedAt: ctx.now, state, bytes: bytes ?? null, error: error ?? null })
      .run()
    const oldest = ctx.db.select({ no: runs.no }).from(runs).orderBy(desc(runs.no)).limit(1).offset(RUNS_KEPT).get()
    if (oldest)
      ctx.db
        .delete(runs)
        .where(lt(runs.no, oldest.no + 1))
        .run()
    const { site } = backupSchedules
    const schedule = scheduleOf(ctx)
    if (schedule) {
      const everyMs = schedule.everySec * 1000
      const nextAt = ctx.now + (state === 'done' ? everyMs : Math.min(RETRY_AFTER_MS, everyMs))
      ctx.db.update(site).set({ nextAt }).where(eq(site.id, SCHEDULE_ID)).run()
    }
    return ok({ state })
  },
})

export const resealBackupSecrets = defineCommand({
  name: 'backups.reseal',
  permission: 'system',
  isInternal: true,
  input: z.object({}),
  handle(ctx) {
    let [resealed, unreadable] = [0, 0]
    const reseal = (sealed: Buffer, purpose: string, keep: (box: Buffer) => void): void => {
      if (ctx.vault.isCurrent(sealed)) return
      const box = ctx.vault.reseal(sealed, purpose)
      if (box.ok) keep(box.value)
      if (box.ok) resealed += 1
      else unreadable += 1
    }
    const { site: schedules } = backupSchedules
    for (const { secrets } of ctx.db.select().from(schedules).all())
      reseal(secrets, scheduleSecretPurpose, (box) => ctx.db.update(schedules).set({ secrets: box }).run())
    const { site: shelves } = backupShelves
    for (const { id, secret } of ctx.db.select().from(shelves).all())
      reseal(secret, shelfSecretPurpose(id), (box) =>
        ctx.db.update(shelves).set({ secret: box }).where(eq(shelves.id, id)).run(),
      )
    return ok({ resealed, unreadable })
  },
})
