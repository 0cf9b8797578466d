import { defineTable } from '@lango/kernel/db'

/** When and where backups are made by themselves: one row, or none. */
export const backupSchedules = defineTable(
  'backup_schedules',
  { home: 'site', flow: 'never', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    everySec: c.int(),
    keep: c.int(),
    /** `usb`, an absolute path, or `s3://bucket/prefix`. */
    place: c.text(),
    /** Of the storage; null for AWS itself. */
    endpoint: c.optText(),
    region: c.text(),
    accessKeyId: c.optText(),
    /** What seals the keys in a backup, and the storage's secret key: JSON, sealed. */
    secrets: c.secret(),
    /** When the next one is due. */
    nextAt: c.instant(),
    changedAt: c.instant(),
    changedBy: c.text(),
  }),
)

/** How each went. */
export const backupRuns = defineTable(
  'backup_runs',
  { home: 'site', flow: 'never', onDelete: 'follow', key: 'no' },
  (c) => ({
    startedAt: c.instant(),
    endedAt: c.instant(),
    state: c.oneOf(['done', 'failed']),
    place: c.text(),
    name: c.text(),
    bytes: c.optBytes64(),
    /** Older ones that were removed after it. */
    removed: c.int(),
    error: c.optText(),
  }),
  { indexes: { byState: ['state', 'endedAt'] } },
)
