import * as fc from 'fast-check'
import { createHmac, hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { hashMessage, hmacKey, hmacMd5, md5, message, messageOctetsMax } from './md5.ts'

// RFC 1321 §A.5
test.each([
  ['', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['a', '0cc175b9c0f1b6a831c399e269772661'],
  ['abc', '900150983cd24fb0d6963f7d28e17f72'],
  ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
  ['abcdefghijklmnopqrstuvwxyz', 'c3fcd3d76192e4007dfb496cca67e13b'],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 'd174ab98d277d9f5a5611c2c9f419d9f'],
  ['1234567890'.repeat(8), '57edf4a22be3c955ac49da2e2107b67a'],
])('MD5 of %j', (input, digest) => {
  expect(md5(Buffer.from(input)).toString('hex')).toBe(digest)
})

// RFC 2202 §2
test.each([
  [Buffer.alloc(16, 0x0b), 'Hi There', '9294727a3638bb1c13f48ef8158bfc9d'],
  [Buffer.from('Jefe'), 'what do ya want for nothing?', '750c783e6ab0b503eaa86e310a5db738'],
  [
    Buffer.alloc(80, 0xaa),
    'Test Using Larger Than Block-Size Key - Hash Key First',
    '6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd',
  ],
])('HMAC-MD5 with a key of RFC 2202', (key, input, digest) => {
  expect(hmacMd5(hmacKey(key), Buffer.from(input)).toString('hex')).toBe(digest)
})

test('every length up to four blocks hashes as in OpenSSL, however it is cut into parts', () => {
  for (let length = 0; length <= 256; length++) {
    const input = Buffer.alloc(length, length)
    expect(md5(input)).toEqual(hash('md5', input, 'buffer'))
    expect(md5(input.subarray(0, length >> 1), input.subarray(length >> 1))).toEqual(hash('md5', input, 'buffer'))
  }
})

test('any key and any message give the HMAC of OpenSSL', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 150 }), fc.uint8Array({ maxLength: 4200 }), (key, input) => {
      expect(hmacMd5(hmacKey(key), input)).toEqual(createHmac('md5', key).update(input).digest())
    }),
    { numRuns: 50 },
  )
})

test('the longest message is hashed, one octet more is refused', () => {
  const input = Buffer.alloc(messageOctetsMax, 7)
  expect(md5(input)).toEqual(hash('md5', input, 'buffer'))
  expect(() => md5(input, Buffer.alloc(1))).toThrow(RangeError)
  expect(() => hashMessage(messageOctetsMax + 1, message, 0)).toThrow(RangeError)
  expect(() => hmacMd5(hmacKey(Buffer.from('k')), input, Buffer.alloc(1))).toThrow(RangeError)
})
