/** Sentences of the RouterOS API: words with a length before each, ended by a word of no length (MikroTik "API", "Protocol"). */
import { isUtf8 } from 'node:buffer'
import { defineLimits, err, ok, type Result } from '@lango/kernel'

export const sentenceLimits = defineLimits({
  wordBytesMax: 1024 * 1024,
  /** Words and their lengths together. */
  sentenceBytesMax: 4 * 1024 * 1024,
  sentenceWordsMax: 4096,
})

export type SentenceLimits = { readonly [name in keyof typeof sentenceLimits]: number }

/** What came is no sentence; nothing after it on the same connection can be read. */
export type SentenceFault = {
  readonly type: 'SentenceBroken'
  readonly cause: 'control-byte' | 'word-too-long' | 'sentence-too-long' | 'too-many-words'
}

/** Below each bound a length takes one octet more, and these bits stand before it. */
const LENGTH_FORMS = [
  { below: 0x80, octets: 1, prefix: 0x00 },
  { below: 0x4000, octets: 2, prefix: 0x8000 },
  { below: 0x20_0000, octets: 3, prefix: 0xc0_0000 },
  { below: 0x1000_0000, octets: 4, prefix: 0xe000_0000 },
] as const
const LONGEST_FORM = 0xf0

/** The length of a word of `length` octets as it goes on the wire: 1 to 5 octets. */
export const encodeLength = (length: number): Buffer => {
  const form = LENGTH_FORMS.find(({ below }) => length < below)
  if (form === undefined) {
    const octets = Buffer.from([LONGEST_FORM, 0, 0, 0, 0])
    octets.writeUInt32BE(length, 1)
    return octets
  }
  const octets = Buffer.alloc(form.octets)
  // Not by `|`, which would make the four-octet form negative.
  octets.writeUIntBE(length + form.prefix, 0, form.octets)
  return octets
}

/** An empty word would end the sentence before its time: that is the caller's error. */
export const encodeSentence = (words: readonly string[]): Buffer => {
  const pieces: Buffer[] = []
  for (const word of words) {
    const octets = Buffer.from(word, 'utf8')
    if (octets.length === 0) throw new RangeError('a word of a sentence is empty')
    pieces.push(encodeLength(octets.length), octets)
  }
  pieces.push(Buffer.of(0))
  return Buffer.concat(pieces)
}

const windows1252 = new TextDecoder('windows-1252')

/** The router keeps octets as they were typed: mostly UTF-8, but Winbox wrote the code page of its Windows. */
const textOf = (octets: Buffer): string => (isUtf8(octets) ? octets.toString('utf8') : windows1252.decode(octets))

/** How many octets of length follow the first one; undefined for a control byte (0xF8 and above, reserved). */
const lengthOctetsAfter = (first: number): number | undefined => {
  if (first < 0x80) return 0
  if (first < 0xc0) return 1
  if (first < 0xe0) return 2
  if (first < 0xf0) return 3
  return first < 0xf8 ? 4 : undefined
}

/** Reads sentences from a stream that is cut anywhere. After a fault it is done with. */
export class SentenceDecoder {
  readonly #limits: SentenceLimits
  #words: string[] = []
  #sentenceBytes = 0
  /** Of the length that is being read. */
  #length = 0
  #lengthOctetsLeft = 0
  /** The word that is being read, and how much of it is there. */
  #word: Buffer | undefined
  #filled = 0

  constructor(limits: SentenceLimits = sentenceLimits) {
    this.#limits = limits
  }

  /** The sentences that these octets complete. Empty ones are left out. */
  push(chunk: Buffer): Result<readonly (readonly string[])[], SentenceFault> {
    const sentences: string[][] = []
    let at = 0
    while (at < chunk.length) {
      if (this.#word !== undefined) {
        at += this.#fill(this.#word, chunk.subarray(at))
        continue
      }
      const cause = this.#readLength(chunk[at]!, sentences)
      if (cause !== undefined) return err({ type: 'SentenceBroken', cause })
      at += 1
    }
    return ok(sentences)
  }

  #fill(word: Buffer, from: Buffer): number {
    const taken = from.copy(word, this.#filled)
    this.#filled += taken
    if (this.#filled === word.length) {
      this.#words.push(textOf(word))
      this.#word = undefined
    }
    return taken
  }

  #readLength(octet: number, sentences: string[][]): SentenceFault['cause'] | undefined {
    if (this.#lengthOctetsLeft > 0) {
      this.#length = this.#length * 256 + octet
      this.#lengthOctetsLeft -= 1
    } else {
      const after = lengthOctetsAfter(octet)
      if (after === undefined) return 'control-byte'
      this.#lengthOctetsLeft = after
      // The bits that tell the form: one more than octets follow, and of the longest form all of them.
      this.#length = after === 0 ? octet : octet & (0x7f >> after)
    }
    return this.#lengthOctetsLeft > 0 ? undefined : this.#begin(this.#length, sentences)
  }

  /** A word of this length begins, or the sentence ends. No memory is taken for what a limit forbids. */
  #begin(length: number, sentences: string[][]): SentenceFault['cause'] | undefined {
    if (length === 0) {
      if (this.#words.length > 0) sentences.push(this.#words)
      this.#words = []
      this.#sentenceBytes = 0
      return undefined
    }
    if (length > this.#limits.wordBytesMax) return 'word-too-long'
    if (this.#words.length >= this.#limits.sentenceWordsMax) return 'too-many-words'
    this.#sentenceBytes += length
    if (this.#sentenceBytes > this.#limits.sentenceBytesMax) return 'sentence-too-long'
    this.#word = Buffer.allocUnsafe(length)
    this.#filled = 0
    return undefined
  }
}
