/** What a file that somebody sends as a picture really is: by its own octets, never by its name. Pure. */
import { err, ok, type Result } from '@lango/kernel'

export const pictureTypes = ['image/png', 'image/jpeg', 'image/webp'] as const
export type PictureType = (typeof pictureTypes)[number]
export const pictureKinds = ['logo', 'background'] as const
export type PictureKind = (typeof pictureKinds)[number]

/** In octets. A page of the portal is 50 kB all told, over the slowest line there is. */
export const PICTURE_OCTETS_MAX: Readonly<Record<PictureKind, number>> = { logo: 30_000, background: 40_000 }
/** Of both together: the page itself is the rest. */
export const PICTURES_OCTETS_MAX = 40_000
/** No phone shows more, and a small file of many pixels fills a small memory. */
export const PICTURE_PIXELS_MAX = 1000

export type PictureFacts = { readonly type: PictureType; readonly width: number; readonly height: number }
type Size = Omit<PictureFacts, 'type'>

const PNG_BEGIN = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1')
const PNG_END = Buffer.from('\0\0\0\0IEND\xae\x42\x60\x82', 'latin1')
const JPEG_BEGIN = Buffer.from('\xff\xd8\xff', 'latin1')
const JPEG_END = Buffer.from('\xff\xd9', 'latin1')

const begins = (octets: Buffer, mark: Buffer): boolean => octets.subarray(0, mark.length).equals(mark)
const ends = (octets: Buffer, mark: Buffer): boolean =>
  octets.length >= mark.length && octets.subarray(-mark.length).equals(mark)
const word = (octets: Buffer, at: number): string => octets.toString('latin1', at, at + 4)

/** W3C PNG: the header is the first chunk, and nothing stands behind the last. */
const sizeOfPng = (octets: Buffer): Size | undefined =>
  begins(octets, PNG_BEGIN) && ends(octets, PNG_END) && octets.length >= 45
    ? { width: octets.readUInt32BE(16), height: octets.readUInt32BE(20) }
    : undefined

/** ITU-T T.81: frames begin with SOF0 to SOF15, of which these are none. */
const NO_FRAME = new Set([0xc4, 0xc8, 0xcc])

const sizeOfJpeg = (octets: Buffer): Size | undefined => {
  if (!begins(octets, JPEG_BEGIN) || !ends(octets, JPEG_END)) return undefined
  // Each segment says how long it is; what is drawn comes behind the frame's.
  for (let at = 2; at + 9 <= octets.length && octets[at] === 0xff; at += 2 + octets.readUInt16BE(at + 2)) {
    const marker = octets[at + 1]!
    if (marker >= 0xc0 && marker <= 0xcf && !NO_FRAME.has(marker))
      return { height: octets.readUInt16BE(at + 5), width: octets.readUInt16BE(at + 7) }
  }
  return undefined
}

/** RFC 9649. */
const sizeOfWebp = (octets: Buffer): Size | undefined => {
  if (octets.length < 30 || word(octets, 0) !== 'RIFF' || word(octets, 8) !== 'WEBP') return undefined
  if (octets.readUInt32LE(4) + 8 !== octets.length) return undefined
  const kind = word(octets, 12)
  if (kind === 'VP8X') return { width: octets.readUIntLE(24, 3) + 1, height: octets.readUIntLE(27, 3) + 1 }
  if (kind === 'VP8 ' && octets.readUIntBE(23, 3) === 0x9d012a)
    return { width: octets.readUInt16LE(26) & 0x3fff, height: octets.readUInt16LE(28) & 0x3fff }
  if (kind !== 'VP8L' || octets[20] !== 0x2f) return undefined
  const bits = octets.readUInt32LE(21)
  return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 }
}

/** A whole PNG, JPEG or WebP; SVG is a document that can hold more than a picture, so it is none. */
export const readPicture = (octets: Buffer): Result<PictureFacts, { readonly type: 'PictureUnreadable' }> => {
  const sizes = [sizeOfPng(octets), sizeOfJpeg(octets), sizeOfWebp(octets)]
  const at = sizes.findIndex((size) => size !== undefined && size.width > 0 && size.height > 0)
  return at === -1 ? err({ type: 'PictureUnreadable' }) : ok({ type: pictureTypes[at]!, ...sizes[at]! })
}
