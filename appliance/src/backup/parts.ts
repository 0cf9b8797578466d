/** What a backup is made of. */
import { auditHeadSchema } from '@lango/kernel/verbs'
import { z } from 'zod'

/** Rises when an older release could not restore what this one writes. Members are only ever added to the manifest. */
export const BACKUP_FORMAT = 1

export const partNames = {
  manifest: 'manifest.json',
  site: 'site.db.zst',
  sessions: 'sessions.db.zst',
  /** `keys.json` and `tls/`, sealed. */
  sealed: 'keys.sealed',
} as const

const part = z.object({ bytes: z.number().int(), sha256: z.string() })

export const manifestSchema = z.object({
  product: z.literal('lango'),
  format: z.number().int(),
  createdAt: z.number().int(),
  hostName: z.string(),
  /** Of the databases, before compression. */
  databases: z.object({ site: part, sessions: part }),
  schema: z.object({ schema: z.number().int(), minReader: z.number().int() }),
  keys: z.enum(['sealed', 'absent']),
  /** How far the audit log had come, signed. Absent in backups from before there were such heads. */
  auditHead: auditHeadSchema.optional(),
})
export type Manifest = z.infer<typeof manifestSchema>

/** File names in the data folder to their content, base64. */
export const sealedFilesSchema = z.object({
  files: z.record(z.string().regex(/^(keys\.json|tls\/[a-z][a-z0-9-]*\.(?:pem|sealed))$/), z.base64()),
})

/** Beside the databases: when the last backup was made, for `doctor`. */
export const lastBackupSchema = z.object({ at: z.number().int(), file: z.string(), bytes: z.number().int() })
export const LAST_BACKUP_FILE = 'last-backup.json'
