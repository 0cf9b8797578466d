/** Shelves: what a box keeps of the backups of others. Pure. */
import { defineLimits, type Random } from '@lango/kernel'

export const BYTES_PER_GB = 1_000_000_000
/** Twice a day missed is a line that was down; this is a box that nobody looks after. */
export const SHELF_SILENT_MS = 3 * 86_400_000

export const shelfLimits = defineLimits({
  shelvesMax: 20,
  /** On one shelf: twice what a schedule keeps at most. */
  filesMax: 2000,
  bytesMaxMin: BYTES_PER_GB,
  bytesMaxMax: 100_000 * BYTES_PER_GB,
})
export const SHELF_BYTES_DEFAULT = 50 * BYTES_PER_GB

/** As it stands in a path and in a folder. */
export const SHELF_NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/
/** What backups are called, by a schedule or by hand; never a path. */
export const SHELF_FILE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}\.backup$/
/** In which all shelves are, as their S3 has it. */
export const SHELF_BUCKET = 'backups'

export const shelfPlace = (name: string): string => `s3://${SHELF_BUCKET}/${name}`
export const shelfSecretPurpose = (id: string): string => `backups.shelf.${id}`

const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'
const KEY_ID_LETTERS = 15
/** 198 bits. */
const SECRET_LETTERS = 40

const letters = (random: Random, count: number): string =>
  Array.from({ length: count }, () => LETTERS[random.below(LETTERS.length)]).join('')

/** Nothing in them has to be quoted, in a shell or elsewhere. */
export const newShelfKey = (random: Random): { readonly accessKeyId: string; readonly secretKey: string } => ({
  accessKeyId: `LANGO${letters(random, KEY_ID_LETTERS).toUpperCase()}`,
  secretKey: letters(random, SECRET_LETTERS),
})

type ToldOnce = { readonly place: string; readonly accessKeyId: string; readonly secretKey: string }

/** To be run on the other box. */
export const shelfLine = ({ place, accessKeyId, secretKey }: ToldOnce, endpoint: string): string =>
  `lango backup schedule --every 24h --to ${place} --endpoint ${endpoint} --access-key-id ${accessKeyId} --secret-key ${secretKey}`
