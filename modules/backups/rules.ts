/** Names of backups, which of them go, and where they may be kept. Pure. */

export const SCHEDULE_ID = 'bks_schedule'
export const scheduleSecretPurpose = 'backups.schedule'
/** After a failure it is tried again this soon, or when the next one is due. */
export const RETRY_AFTER_MS = 15 * 60_000
/** Runs that are kept in the log. */
export const RUNS_KEPT = 200

export const backupPrefix = (hostName: string): string => `lango-${hostName.replaceAll(/[^A-Za-z0-9-]/g, '-')}-`

/** `lango-pop-20261126T020000Z.backup`: names in order of text are in order of time. */
export const backupName = (hostName: string, at: number): string =>
  `${backupPrefix(hostName)}${new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '')}.backup`

const STAMP = /^\d{8}T\d{6}Z\.backup$/

/** Of all that is in a place, the ones of this box beyond the newest `keep`, the oldest first. Others' are left alone. */
export const beyondKeep = (names: readonly string[], hostName: string, keep: number): string[] => {
  const prefix = backupPrefix(hostName)
  const own = names.filter((name) => name.startsWith(prefix) && STAMP.test(name.slice(prefix.length)))
  return own.toSorted().slice(0, Math.max(0, own.length - keep))
}

export type Place =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string }

/** Undefined when it is neither. A bucket's name as AWS has it; a prefix without a slash at its ends. */
export const readPlace = (text: string): Place | undefined => {
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text) ?? []
  if (bucket !== undefined) return { kind: 's3', bucket, prefix: prefix.replaceAll(/^\/+|\/+$/g, '') }
  return text.startsWith('/') && !/\p{Cc}/u.test(text) ? { kind: 'folder', path: text } : undefined
}
