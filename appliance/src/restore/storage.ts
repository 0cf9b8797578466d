/** Backups in S3-compatible storage, for a box that is to become the one that made them. */
import { z } from 'zod'
import { err, ok, type Result, type Secret } from '@lango/kernel'
import { secretText } from '@lango/kernel/verbs'
import { readPlace } from '@lango/modules/backups'
import {
  causeOf,
  ENDPOINT_WRONG,
  newestFirst,
  PLACE_LENGTH_MAX,
  readEndpoint,
  REGION,
  REGION_DEFAULT,
  type BackupCause,
} from '@lango/modules/backups/rules'
import type { BackupStore } from '@lango/modules/backups/port'

export const storageSchema = z.object({
  place: z
    .string()
    .max(PLACE_LENGTH_MAX)
    .refine((text) => readPlace(text)?.kind === 's3', 'Storage is s3://bucket/prefix.'),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .refine((text) => readEndpoint(text) !== undefined, ENDPOINT_WRONG)
    .optional(),
  region: z.string().regex(REGION).default(REGION_DEFAULT),
  accessKeyId: z.string().min(1).max(128),
  secretKey: secretText(z.string().min(1).max(256)),
})
export type Storage = z.output<typeof storageSchema>

export type StoreAt = (
  at: {
    readonly place: string
    readonly region: string
    readonly endpoint: string | null
    readonly accessKeyId: string
  },
  secretKey: Secret,
) => BackupStore

export type StorageFault =
  /** `kind` is what it comes to, of what people can mend; `cause` the sentence. */
  | { readonly type: 'StorageFailed'; readonly kind: BackupCause; readonly cause: string }
  | { readonly type: 'StorageEmpty'; readonly place: string }

export const storeOf = (storeAt: StoreAt, { endpoint, secretKey, ...storage }: Storage): BackupStore =>
  storeAt({ ...storage, endpoint: endpoint ?? null }, secretKey)

const failed = (error: unknown) => {
  const cause = error instanceof Error ? error.message : String(error)
  return err({ type: 'StorageFailed', kind: causeOf(cause), cause } satisfies StorageFault)
}

/** What is there, the newest first. */
export const listStorage = async (
  store: BackupStore,
  place: string,
  signal: AbortSignal,
): Promise<Result<readonly string[], StorageFault>> => {
  try {
    const names = newestFirst(await store.list(signal))
    return names.length === 0 ? err({ type: 'StorageEmpty', place }) : ok(names)
  } catch (error) {
    return failed(error)
  }
}

/** Brings one into a new file. */
export const fetchBackup = async (
  store: BackupStore,
  name: string,
  file: string,
  signal: AbortSignal,
): Promise<Result<void, StorageFault>> => {
  try {
    await store.get(name, file, signal)
    return ok()
  } catch (error) {
    return failed(error)
  }
}
