/**
 * SQLite's write-ahead log as octets (https://sqlite.org/walformat.html): a header, then frames of one page each. Every
 * frame carries a checksum over all octets before it, so that where a log ends, and whether two logs are one, can be told.
 */
export const WAL_HEADER_OCTETS = 32
export const FRAME_HEADER_OCTETS = 24

/** The running checksum after the header or a frame. */
export type WalSum = readonly [number, number]

/** How far a log is known: the log by its salts, and the last frame by its checksum. */
export type WalPosition = { readonly salt: string; readonly frames: number; readonly sum: string }

export type WalHeader = {
  readonly pageOctets: number
  /** Of both salts, in hex: another one for each log that begins anew in the same file. */
  readonly salt: string
  readonly isBigEndian: boolean
  readonly sum: WalSum
}

/** `pagesAfter` is the size of the database in pages where the frame ends a transaction, else 0. */
export type Frame = { readonly page: number; readonly pagesAfter: number; readonly sum: WalSum }

const MAGIC = 0x377f0682
const SALT_AT = 16
const SUM_AT = 24

export const sumText = ([a, b]: WalSum): string => `${a.toString(16)}.${b.toString(16)}`

const addWords = (sum: WalSum, octets: Uint8Array, isBigEndian: boolean): WalSum => {
  let [a, b] = sum
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
  const isLittle = !isBigEndian
  for (let at = 0; at < octets.byteLength; at += 8) {
    a = (a + view.getUint32(at, isLittle) + b) | 0
    b = (b + view.getUint32(at + 4, isLittle) + a) | 0
  }
  return [a >>> 0, b >>> 0]
}

/** Undefined where no log begins. */
export const readWalHeader = (octets: Buffer): WalHeader | undefined => {
  if (octets.length < WAL_HEADER_OCTETS) return undefined
  const magic = octets.readUInt32BE(0)
  if (magic !== MAGIC && magic !== MAGIC + 1) return undefined
  const isBigEndian = magic === MAGIC + 1
  const sum = addWords([0, 0], octets.subarray(0, SUM_AT), isBigEndian)
  if (sum[0] !== octets.readUInt32BE(SUM_AT) || sum[1] !== octets.readUInt32BE(SUM_AT + 4)) return undefined
  return { pageOctets: octets.readUInt32BE(8), salt: octets.toString('hex', SALT_AT, SUM_AT), isBigEndian, sum }
}

export const frameOctets = ({ pageOctets }: Pick<WalHeader, 'pageOctets'>): number => FRAME_HEADER_OCTETS + pageOctets

/** Where frame `index` (from 0) begins in the file. */
export const frameAt = (header: Pick<WalHeader, 'pageOctets'>, index: number): number =>
  WAL_HEADER_OCTETS + index * frameOctets(header)

/** Undefined where this is not the frame that follows on `before`. */
export const readFrame = (header: WalHeader, before: WalSum, frame: Buffer): Frame | undefined => {
  if (frame.toString('hex', 8, SALT_AT) !== header.salt) return undefined
  const begun = addWords(before, frame.subarray(0, 8), header.isBigEndian)
  const sum = addWords(begun, frame.subarray(FRAME_HEADER_OCTETS), header.isBigEndian)
  if (sum[0] !== frame.readUInt32BE(16) || sum[1] !== frame.readUInt32BE(20)) return undefined
  return { page: frame.readUInt32BE(0), pagesAfter: frame.readUInt32BE(4), sum }
}

/** As it stands in a frame that is known to be whole. */
export const sumOfFrame = (frame: Buffer): string => sumText([frame.readUInt32BE(16), frame.readUInt32BE(20)])
