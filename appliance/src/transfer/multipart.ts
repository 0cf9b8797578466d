/** Parts of a form with files, as browsers send it (RFC 7578). Of what is no such form there are none. */
export type Part = {
  readonly name: string
  /** Undefined where it is no file. */
  readonly fileName: string | undefined
  readonly octets: Uint8Array
}

/** A form has few fields; whoever sends more means no good. */
const PARTS_MAX = 64
const HEAD_OCTETS_MAX = 4096

export const readMultipart = (body: Uint8Array, contentType: string): readonly Part[] => {
  const boundary = /^multipart\/form-data;.*?boundary="?([^";]{1,70})"?/i.exec(contentType)?.[1]
  if (boundary === undefined) return []
  const octets = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const mark = Buffer.from(`\r\n--${boundary}`)
  // The first one stands at the beginning, without the line before it.
  let at = octets.indexOf(mark.subarray(2)) + mark.length - 2
  if (at < mark.length - 2) return []
  const parts: Part[] = []
  while (parts.length < PARTS_MAX && octets[at] === 0x0d && octets[at + 1] === 0x0a) {
    const headEnd = octets.indexOf('\r\n\r\n', at)
    const end = headEnd === -1 ? -1 : octets.indexOf(mark, headEnd + 2)
    if (end === -1 || headEnd - at > HEAD_OCTETS_MAX) return []
    const part = partOf(octets.toString('utf8', at, headEnd), octets.subarray(headEnd + 4, end))
    if (part) parts.push(part)
    at = end + mark.length
  }
  return parts
}

const partOf = (head: string, octets: Uint8Array): Part | undefined => {
  const disposition = /^content-disposition:(.*)$/im.exec(head)?.[1] ?? ''
  const name = valueOf(disposition, 'name')
  return name === undefined ? undefined : { name, fileName: valueOf(disposition, 'filename'), octets }
}

/** Browsers write a quote and line ends in a name so. */
const ESCAPES: Readonly<Record<string, string>> = { '%22': '"', '%0D': '\r', '%0A': '\n' }

const valueOf = (disposition: string, key: string): string | undefined =>
  new RegExp(`[;\\s]${key}="([^"]*)"`, 'i').exec(disposition)?.[1]?.replaceAll(/%22|%0D|%0A/g, (one) => ESCAPES[one]!)
