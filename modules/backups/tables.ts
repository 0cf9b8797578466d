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

/** What this box keeps for others: a key of its own for each, which opens nothing else. */
export const backupShelves = defineTable(
  'backup_shelves',
  { home: 'site', flow: 'never', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    /** As it stands in the path, and in the data folder. */
    name: c.text(),
    accessKeyId: c.text(),
    /** Of that key. Needed as it is, to work out signatures. */
    secret: c.secret(),
    bytesMax: c.bytes64(),
    /** What lies there, as it was counted last. */
    bytesUsed: c.bytes64(),
    kept: c.int(),
    /** By its name the newest, and when it came. */
    newestName: c.optText(),
    newestAt: c.optInstant(),
    createdAt: c.instant(),
    createdBy: c.text(),
  }),
  { unique: { byName: ['name'], byAccessKey: ['accessKeyId'] } },
)
