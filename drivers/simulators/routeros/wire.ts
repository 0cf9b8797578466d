/** Sentences as the router writes and reads them: written anew here, so that a fault of the driver's own does not meet its like. */

const lengthOctets = (length: number): number[] => {
  if (length < 0x80) return [length]
  if (length < 0x4000) return [0x80 | (length >> 8), length & 0xff]
  if (length < 0x200000) return [0xc0 | (length >> 16), (length >> 8) & 0xff, length & 0xff]
  const low = [(length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff]
  return length < 0x10000000 ? [0xe0 | (length >> 24), ...low] : [0xf0, length >>> 24, ...low]
}

export const sentenceOctets = (words: readonly string[]): Buffer =>
  Buffer.concat([
    ...words.flatMap((word) => {
      const octets = Buffer.from(word)
      return [Buffer.from(lengthOctets(octets.length)), octets]
    }),
    Buffer.of(0),
  ])

/** What a client may send before it is hung up on. */
const UNREAD_BYTES_MAX = 1 << 20

/** Gives whole sentences as they come; undefined once the client sends what is none. */
export const sentenceReader = (): ((chunk: Buffer) => string[][] | undefined) => {
  let unread = Buffer.alloc(0)
  let words: string[] = []
  return (chunk) => {
    unread = Buffer.concat([unread, chunk])
    const sentences: string[][] = []
    for (;;) {
      const next = wordAt(unread)
      if (next === 'bad' || unread.length > UNREAD_BYTES_MAX) return undefined
      if (next === undefined) return sentences
      unread = unread.subarray(next.end)
      if (next.word !== '') words.push(next.word)
      else if (words.length > 0) {
        sentences.push(words)
        words = []
      }
    }
  }
}

const wordAt = (octets: Buffer): { word: string; end: number } | 'bad' | undefined => {
  const first = octets[0]
  if (first === undefined) return undefined
  if (first >= 0xf8) return 'bad'
  const size = first < 0x80 ? 1 : first < 0xc0 ? 2 : first < 0xe0 ? 3 : first < 0xf0 ? 4 : 5
  if (octets.length < size) return undefined
  const mask = [0x7f, 0x3f, 0x1f, 0x0f, 0][size - 1]!
  let length = first & mask
  for (let i = 1; i < size; i++) length = length * 256 + octets[i]!
  const end = size + length
  return octets.length < end ? undefined : { word: octets.toString('utf8', size, end), end }
}
