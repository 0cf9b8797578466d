import { createCipheriv, createSecretKey } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadOpenSsl, openerFor } from './aes-gcm.ts'

const openSsl = loadOpenSsl()
const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

const seal = (key: Uint8Array, nonce: Uint8Array, text: string, aad: string): Buffer => {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(aad))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
}

test('this Node shows its OpenSSL: the quick way is the one that is tested here', () => {
  expect(openSsl).not.toBeNull()
})

describe.each([
  ['the OpenSSL inside Node', openSsl],
  ['node:crypto', null],
])('%s', (_name, library) => {
  test('opens what was sealed, whatever the text, and nothing else', () => {
    fc.assert(
      fc.property(
        octets(32),
        octets(12),
        fc.string({ unit: 'grapheme', maxLength: 2000 }),
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.nat(),
        (key, nonce, text, aad, where) => {
          const open = openerFor(createSecretKey(key), library)
          const sealed = seal(key, nonce, text, aad)
          expect(open(sealed, aad)).toBe(text)
          expect(open(sealed, `${aad}.`)).toBeUndefined()
          const changed = Buffer.from(sealed)
          changed[where % sealed.length]! ^= 0x10
          expect(open(changed, aad)).toBeUndefined()
          expect(open(sealed, aad)).toBe(text)
        },
      ),
    )
  })

  test('a text longer than the scratch memory opens all the same', () => {
    const key = Buffer.alloc(32, 1)
    const open = openerFor(createSecretKey(key), library)
    for (const [text, aad] of [
      ['x'.repeat(4068), 'p'],
      ['x'.repeat(4069), 'p'],
      ['x'.repeat(50_000), 'p'],
      ['short', 'p'.repeat(1366)],
      ['short', 'é'.repeat(9000)],
    ] as const)
      expect(open(seal(key, Buffer.alloc(12, 2), text, aad), aad)).toBe(text)
  })

  test('two keys in turn open each their own', () => {
    const keys = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
    const openers = keys.map((key) => openerFor(createSecretKey(key), library))
    const boxes = keys.map((key, i) => seal(key, Buffer.alloc(12, i), `text ${i}`, 'p'))
    for (let round = 0; round < 3; round++)
      for (const [i, open] of openers.entries())
        expect(boxes.map((box) => open(box, 'p'))).toEqual(boxes.map((_, j) => (i === j ? `text ${i}` : undefined)))
  })
})
