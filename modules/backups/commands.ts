import { desc, eq, lt } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand, secretText } from '@lango/kernel/verbs'
import { RETRY_AFTER_MS, RUNS_KEPT, SCHEDULE_ID, readPlace, scheduleSecretPurpose } from './rules.ts'
import { backupRuns, backupSchedules } from './tables.ts'

const HOUR_SEC = 3600

/** Only at the box itself: who may choose where backups go may read everything in them. */
export const setBackupSchedule = defineCommand({
  name: 'backups.schedule',
  permission: 'system',
  input: z.object({
    everySec: z
      .number()
      .int()
      .min(HOUR_SEC)
      .max(30 * 86_400),
    keep: z.number().int().min(1).max(1000).default(14),
    place: z
      .string()
      .max(1024)
      .refine((text) => readPlace(text) !== undefined, 'A place is a path from / or s3://bucket/prefix.'),
    endpoint: z.url({ protocol: /^https?$/ }).optional(),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/)
      .default('us-east-1'),
    accessKeyId: z.string().min(1).max(128).optional(),
    secretKey: secretText(z.string().min(1).max(256)).optional(),
    passphrase: secretText(z.string().min(8, 'A passphrase has at least 8 characters.').max(256)),
  }),
  handle(ctx, { secretKey, passphrase, ...input }) {
    const isS3 = readPlace(input.place)!.kind === 's3'
    if (isS3 && (input.accessKeyId === undefined || secretKey === undefined)) return err({ type: 'StorageKeyMissing' })
    const secrets = JSON.stringify({ passphrase: passphrase.reveal(), secretKey: secretKey?.reveal() })
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
    return ok({ everySec: input.everySec, keep: input.keep, place: input.place })
  },
})

export const clearBackupSchedule = defineCommand({
  name: 'backups.unschedule',
  permission: 'system',
  input: z.object({}),
  handle(ctx) {
    return ok({ removed: ctx.db.delete(backupSchedules.site).run().changes })
  },
})

/** How the job's run went; sets when the next one is due. */
export const recordBackupRun = defineCommand({
  name: 'backups.record',
  permission: 'system',
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
    const schedule = ctx.db.select().from(site).where(eq(site.id, SCHEDULE_ID)).get()
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
  input: z.object({}),
  handle(ctx) {
    const { site } = backupSchedules
    let [resealed, unreadable] = [0, 0]
    for (const { secrets } of ctx.db.select().from(site).all()) {
      if (ctx.vault.isCurrent(secrets)) continue
      const box = ctx.vault.reseal(secrets, scheduleSecretPurpose)
      if (box.ok) ctx.db.update(site).set({ secrets: box.value }).run()
      if (box.ok) resealed += 1
      else unreadable += 1
    }
    return ok({ resealed, unreadable })
  },
})
