/** Pictures for tests: real ones, and PNGs of any size. */
import { crc32, deflateSync } from 'node:zlib'

const chunk = (name: string, body: Buffer): Buffer => {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), body])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(body.length)
  sum.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, sum])
}

/** A black PNG that every reader takes, with so many octets more in a chunk that readers skip. */
export const pngOf = (width: number, height: number, moreOctets = 0): Buffer => {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // One bit a pixel, of grey.
  header[8] = 1
  const rows = deflateSync(Buffer.alloc((1 + Math.ceil(width / 8)) * height))
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...(moreOctets > 0 ? [chunk('teSt', Buffer.alloc(moreOctets))] : []),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** Five pixels wide and three high, as Chromium writes them. */
export const fiveByThree = {
  jpeg: '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////////////////////////////////////2wBDAVVaWnhpeOuCguv/////////////////////////////////////////////////////////////////////////wAARCAADAAUDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAP/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFQEBAQAAAAAAAAAAAAAAAAAAAQP/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCYBSf/2Q==',
  webp: 'UklGRi4AAABXRUJQVlA4ICIAAABwAQCdASoFAAMAB0CWJaACdAFAAAD+4KVBV14d3N17rgAA',
  webpLossless: 'UklGRh4AAABXRUJQVlA4TBEAAAAvBIAAAAdQuz7Urf+BiOh/AAA=',
  webpExtended: 'UklGRkAAAABXRUJQVlA4WAoAAAAAAAAABAAAAgAAVlA4ICIAAABwAQCdASoFAAMAB0CWJaACdAFAAAD+4KVBV14d3N17rgAA',
} as const
