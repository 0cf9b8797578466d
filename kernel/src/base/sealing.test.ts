import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from './random.ts'
import { isSealingKey, sealFor, unsealerOf } from './sealing.ts'

const [home, other] = [unsealerOf(Buffer.alloc(32, 1)), unsealerOf(Buffer.alloc(32, 2))]
const random = seededRandom(1)

test('what is sealed for a box opens there, for its purpose, and nowhere else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 20_000 }), fc.string(), (text, purpose) => {
      const letter = sealFor(home.publicKey, text, purpose, random)
      expect(home.open(letter, purpose)).toBe(text)
      expect(other.open(letter, purpose)).toBeUndefined()
      expect(home.open(letter, `${purpose}.`)).toBeUndefined()
    }),
    { numRuns: 50 },
  )
})

test('a letter that was altered or cut off anywhere does not open', () => {
  const letter = sealFor(home.publicKey, 'KSM7K3DM2QX', 'loan', random)
  for (let at = 0; at < letter.length; at++) {
    const altered = Buffer.from(letter)
    altered[at]! ^= 1
    // The top bit of an X25519 key is not looked at (RFC 7748, section 5); the key is bound to the letter all the same.
    expect(home.open(altered, 'loan'), String(at)).toBeUndefined()
    expect(home.open(letter.subarray(0, at), 'loan')).toBeUndefined()
  }
  expect(home.open(Buffer.alloc(100), 'loan')).toBeUndefined()
})

test('the same text is another letter each time, and the code is not to be seen in it', () => {
  const [one, two] = [1, 2].map(() => sealFor(home.publicKey, 'KSM7K3DM2QX', 'loan', random))
  expect(one!.equals(two!)).toBe(false)
  expect(one!.toString('latin1')).not.toContain('KSM7')
})

test('a key is 32 octets', () => {
  expect(isSealingKey(home.publicKey)).toBe(true)
  for (const text of ['', 'x', home.publicKey.slice(1), `${home.publicKey}=`, '!'.repeat(44)])
    expect(isSealingKey(text)).toBe(false)
})
