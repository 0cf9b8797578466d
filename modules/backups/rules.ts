/** Names of backups, which of them go, where they may be kept, and what seals them. Pure. */
import type { Random } from '@lango/kernel'

export const SCHEDULE_ID = 'bks_schedule'
export const scheduleSecretPurpose = 'backups.schedule'
/** After a failure it is tried again this soon, or when the next one is due. */
export const RETRY_AFTER_MS = 15 * 60_000
/** Runs that are kept in the log. */
export const RUNS_KEPT = 200

export const EVERY_SEC_MIN = 3600
export const EVERY_SEC_MAX = 30 * 86_400
export const KEEP_DEFAULT = 14
export const KEEP_MAX = 1000
export const PLACE_LENGTH_MAX = 1024
export const PASSPHRASE_LENGTH_MIN = 8
export const PASSPHRASE_LENGTH_MAX = 256
export const REGION = /^[a-z0-9-]{1,40}$/
export const REGION_DEFAULT = 'us-east-1'

const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'

/** A recovery key to write down: 28 letters and digits that are not mistaken for each other, 138 bits. */
export const newRecoveryKey = (random: Random): string =>
  Array.from({ length: 7 }, () => Array.from({ length: 4 }, () => LETTERS[random.below(LETTERS.length)]).join('')).join(
    '-',
  )

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

/** Epoch ms; undefined of a name that a schedule has not given. */
export const madeAtOf = (name: string): number | undefined => {
  const [, year, month, day, hour, minute, second] = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.backup$/.exec(name) ?? []
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(at) ? undefined : at
}

const MADE_AT = /(\d{8})[T-](\d{4,6})Z?\.backup$/

/** Of all that is in a place what is called a backup, whichever box's, the newest first as its name tells. */
export const newestFirst = (names: readonly string[]): string[] => {
  const madeAt = (name: string): string => {
    const [, day = '', time = ''] = MADE_AT.exec(name) ?? []
    return `${day}${time.padEnd(6, '0')}`
  }
  const backups = names.filter((name) => name.endsWith('.backup'))
  return backups.toSorted((a, b) => (madeAt(a) === madeAt(b) ? (a < b ? -1 : 1) : madeAt(a) < madeAt(b) ? 1 : -1))
}

export type Place =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string }
  /** Whichever stick for backups is plugged into a box of an image. */
  | { readonly kind: 'usb' }

/** Undefined when it is none. A bucket's name as AWS has it; a prefix without a slash at its ends. */
export const readPlace = (text: string): Place | undefined => {
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text) ?? []
  if (bucket !== undefined) return { kind: 's3', bucket, prefix: prefix.replaceAll(/^\/+|\/+$/g, '') }
  if (text === 'usb') return { kind: 'usb' }
  return text.startsWith('/') && !/\p{Cc}/u.test(text) ? { kind: 'folder', path: text } : undefined
}

export const ENDPOINT_WRONG = 'Behind # stands sha256: and 64 hex digits, of a certificate that is shown by https.'

export type Endpoint = {
  /** Without what stands behind `#`. */
  readonly address: string
  /** SHA-256 in hex of the certificate that the storage's chain has to end in; undefined where any public one will do. */
  readonly pinSha256: string | undefined
}

/** `https://10.0.0.3/shelf#sha256:HEX`; undefined when it is none, or names a certificate that http does not show. */
export const readEndpoint = (text: string): Endpoint | undefined => {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined
  const [address = '', behind] = text.split('#')
  if (behind === undefined) return { address, pinSha256: undefined }
  const pin = /^sha256:([0-9a-f]{64})$/i.exec(behind)?.[1]
  return pin === undefined || url.protocol === 'http:' ? undefined : { address, pinSha256: pin.toLowerCase() }
}

const causes = [
  [/ENOSPC|EDQUOT|has no room/, 'space'],
  [/EACCES|EPERM/, 'rights'],
  [/ENOENT|ENOTDIR/, 'gone'],
  [/EROFS/, 'readOnly'],
  [/EIO/, 'disk'],
  [/another certificate/, 'certificate'],
  [/clocks of/, 'clock'],
  [/cannot be reached/, 'unreachable'],
  [/no such bucket/, 'bucket'],
  [/refuses the key/, 'forbidden'],
  [/is in the region/, 'region'],
  [/no stick for backups/, 'stick'],
  [/mounts no sticks/, 'noImage'],
  [/passphrase of the schedule/, 'passphrase'],
] as const
export type BackupCause = (typeof causes)[number][1] | 'other'

/** What a failed run's cause comes to, of those that people can mend. */
export const causeOf = (error: string): BackupCause => causes.find(([shape]) => shape.test(error))?.[1] ?? 'other'
