import * as fc from 'fast-check'
import { createCipheriv, hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { desEncrypt } from './des.ts'
import { md4 } from './md4.ts'
import { sha1 } from './sha1.ts'

// RFC 1320 §A.5
test.each([
  ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
  ['a', 'bde52cb31de33e46245e05fbdbd6fb24'],
  ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
  ['message digest', 'd9130a8164549fe818874806e1c7014b'],
  ['abcdefghijklmnopqrstuvwxyz', 'd79e1c308aa5bbcdeea8ed63df412da9'],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', '043f8582f241db351ce627e153e7f0e4'],
  ['1234567890'.repeat(8), 'e33b4ddc9c38f2199c3e7b164fcc0536'],
])('MD4 of %j', (input, digest) => {
  expect(md4(Buffer.from(input)).toString('hex')).toBe(digest)
})

test('SHA-1 of every length is that of OpenSSL', () => {
  for (let length = 0; length <= 600; length++) {
    const input = Buffer.alloc(length, length)
    expect(sha1(input.subarray(0, 3), input.subarray(3))).toEqual(hash('sha1', input, 'buffer'))
  }
})

/** Spreads 56 bits over eight octets, as DES wants them with parity. */
function withParity(key: Uint8Array): Buffer {
  const bits = BigInt(`0x${Buffer.from(key).toString('hex')}`)
  return Buffer.from(Array.from({ length: 8 }, (_, i) => Number((bits >> BigInt(49 - i * 7)) & 127n) << 1))
}

test('any block under any key is encrypted as by triple DES under that key three times', () => {
  const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  fc.assert(
    fc.property(octets(7), octets(8), (key, block) => {
      const triple = Buffer.concat([withParity(key), withParity(key), withParity(key)])
      const cipher = createCipheriv('des-ede3-ecb', triple, null).setAutoPadding(false)
      const out = Buffer.alloc(8)
      desEncrypt(key, 0, block, out, 0)
      expect(out).toEqual(cipher.update(block))
    }),
    { numRuns: 200 },
  )
})
