import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { encodeLength, encodeSentence, SentenceDecoder, sentenceLimits } from './sentence.ts'

const word = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  fc.integer({ min: 100, max: 20_000 }).map((length) => `=x=${'ä'.repeat(length)}`),
  fc.constantFrom('!re', '!done', '.tag=7', '=__proto__=1', '=a=\u0000b'),
)
const sentence = fc.array(word, { minLength: 1, maxLength: 8 })

/** The octets cut at these places, which may be anywhere and any number. */
const cut = (octets: Buffer, places: readonly number[]): Buffer[] => {
  const sorted = [0, ...places.map((place) => place % (octets.length + 1)).sort((a, b) => a - b), octets.length]
  return sorted.slice(1).map((to, index) => octets.subarray(sorted[index], to))
}

describe('lengths', () => {
  test.each([
    [0, '00'],
    [0x7f, '7f'],
    [0x80, '8080'],
    [0x3fff, 'bfff'],
    [0x4000, 'c04000'],
    [0x1f_ffff, 'dfffff'],
    [0x20_0000, 'e0200000'],
    [0xfff_ffff, 'efffffff'],
    [0x1000_0000, 'f010000000'],
    [0xffff_ffff, 'f0ffffffff'],
  ])('%i is written %s', (length, hex) => {
    expect(encodeLength(length).toString('hex')).toBe(hex)
  })

  test('a length in a longer form than it needs is read all the same', () => {
    for (const form of ['03', '8003', 'c00003', 'e0000003', 'f000000003'])
      expect(new SentenceDecoder().push(Buffer.from(`${form}61626300`, 'hex'))).toEqual({ ok: true, value: [['abc']] })
  })
})

test('what was written is read, however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(sentence, { maxLength: 4 }), fc.array(fc.nat(), { maxLength: 30 }), (sentences, places) => {
      const decoder = new SentenceDecoder()
      const octets = Buffer.concat(sentences.map(encodeSentence))
      const read = cut(octets, places).flatMap((piece) => orThrow(decoder.push(piece)))
      // A lone surrogate has no UTF-8.
      expect(read).toEqual(sentences.map((words) => words.map((text) => text.toWellFormed())))
    }),
    { numRuns: 300 },
  )
})

test('a sentence is read one octet at a time', () => {
  const decoder = new SentenceDecoder()
  const words = ['!re', `=comment=${'x'.repeat(300)}`, '.tag=1']
  const read = [...encodeSentence(words)].flatMap((octet) => orThrow(decoder.push(Buffer.of(octet))))
  expect(read).toEqual([words])
})

test('octets that are no UTF-8 are read in the code page of Winbox', () => {
  expect(new SentenceDecoder().push(Buffer.from([5, 0x63, 0x61, 0x66, 0xe9, 0x80, 0]))).toEqual({
    ok: true,
    value: [['café€']],
  })
})

test.each<[string, string, Buffer]>([
  ['a control byte', 'control-byte', Buffer.of(0xff)],
  ['a word of 4 GB', 'word-too-long', Buffer.from('f0ffffffff', 'hex')],
  ['a word over the limit by one', 'word-too-long', encodeLength(sentenceLimits.wordBytesMax + 1)],
  ['words without end', 'too-many-words', Buffer.from('0161'.repeat(sentenceLimits.sentenceWordsMax + 1), 'hex')],
  [
    'a sentence without end',
    'sentence-too-long',
    Buffer.concat(Array.from({ length: 5 }, () => [encodeLength(1 << 20), Buffer.alloc(1 << 20, 'a')]).flat()),
  ],
])('%s ends the reading with an error', (_, cause, octets) => {
  expect(new SentenceDecoder().push(octets)).toEqual({ ok: false, error: { type: 'SentenceBroken', cause } })
})

test('any octets give sentences or an error, never a throw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (pieces) => {
      const decoder = new SentenceDecoder({ wordBytesMax: 32, sentenceBytesMax: 64, sentenceWordsMax: 8 })
      for (const piece of pieces) {
        const read = decoder.push(Buffer.from(piece))
        if (!read.ok) return
        for (const words of read.value) expect(words.length).toBeLessThanOrEqual(8)
      }
    }),
    { numRuns: 1000 },
  )
})

test('an empty word cannot be written: it would end the sentence', () => {
  expect(() => encodeSentence(['/login', ''])).toThrow(RangeError)
})
