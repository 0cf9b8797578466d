import { z } from 'zod'
import { ascending, defineQuery, descending } from '@lango/kernel/db'
import { backupRuns, backupSchedules, backupShelves } from './tables.ts'

/** The schedule without its secrets; undefined when there is none. */
export const showBackupSchedule = defineQuery({
  name: 'backups.show',
  summary: 'Shows the backup schedule without its secrets; null when none is set.',
  permission: 'backups.read',
  input: z.object({}),
  tables: { backupSchedules },
  select: ({ db, backupSchedules, byKey }) =>
    db
      .select({
        everySec: backupSchedules.everySec,
        keep: backupSchedules.keep,
        place: backupSchedules.place,
        endpoint: backupSchedules.endpoint,
        region: backupSchedules.region,
        accessKeyId: backupSchedules.accessKeyId,
        nextAt: backupSchedules.nextAt,
        changedAt: backupSchedules.changedAt,
        changedBy: backupSchedules.changedBy,
      })
      .from(backupSchedules)
      .orderBy(...byKey(backupSchedules)),
  shape: (rows) => rows[0],
})

/** The latest first. */
export const listBackupRuns = defineQuery({
  name: 'backups.runs',
  summary: 'Lists scheduled backups that were made or failed, the latest first, with size or cause.',
  permission: 'backups.read',
  input: z.object({ limit: z.number().int().min(1).max(200).default(20) }),
  tables: { backupRuns },
  examples: [{}, { limit: 1 }],
  select: ({ db, backupRuns, byKey }, { limit }) =>
    db
      .select()
      .from(backupRuns)
      .orderBy(descending(backupRuns.no), ...byKey(backupRuns))
      .limit(limit),
  shape: (rows) => rows,
})

/** By name. */
export const listShelves = defineQuery({
  name: 'backups.shelves',
  summary: 'Lists the shelves lent to other boxes: what is used of each, and which backup came last, and when.',
  permission: 'backups.read',
  input: z.object({}),
  tables: { backupShelves },
  select: ({ db, backupShelves, byKey }) =>
    db
      .select({
        name: backupShelves.name,
        accessKeyId: backupShelves.accessKeyId,
        bytesMax: backupShelves.bytesMax,
        bytesUsed: backupShelves.bytesUsed,
        kept: backupShelves.kept,
        newestName: backupShelves.newestName,
        newestAt: backupShelves.newestAt,
        createdAt: backupShelves.createdAt,
        createdBy: backupShelves.createdBy,
      })
      .from(backupShelves)
      .orderBy(ascending(backupShelves.name), ...byKey(backupShelves)),
  shape: (rows) => rows,
})
