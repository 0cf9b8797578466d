import * as fc from 'fast-check'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { chapPassword, verifyChap } from './chap.ts'
import {
  hidePassword,
  hideSalted,
  passwordOctetsMax,
  revealPassword,
  revealSalted,
  saltedOctetsMax,
} from './password.ts'
import { prepareSecret, secretOctetsMax } from './secret.ts'

const vector = Buffer.alloc(16, 9)
const secret = prepareSecret(Buffer.from('a secret of some length'))
const octetsUpTo = (maxLength: number) => fc.uint8Array({ maxLength })

test('any password that does not end in NUL comes back', () => {
  fc.assert(
    fc.property(octetsUpTo(passwordOctetsMax), (password) => {
      fc.pre(password.at(-1) !== 0)
      const hidden = hidePassword(password, vector, secret)
      expect(hidden.length % 16).toBe(0)
      expect(revealPassword(hidden, vector, secret)).toEqual(Buffer.from(password))
      expect(hidePassword(password, vector, secret, 'radius/1.1')).toEqual(Buffer.from(password))
      expect(revealPassword(password, vector, secret, 'radius/1.1')).toEqual(Buffer.from(password))
    }),
  )
})

test('a NUL within a password is data, those at its end are padding', () => {
  const hidden = hidePassword(Buffer.from('ali\0ce\0\0'), vector, secret)
  expect(revealPassword(hidden, vector, secret)).toEqual(Buffer.from('ali\0ce'))
})

test('an empty value is the empty password, and any other length than blocks of 16 is refused', () => {
  for (let length = 0; length <= 160; length++) {
    const revealed = revealPassword(Buffer.alloc(length), vector, secret)
    expect(revealed !== undefined).toBe(length % 16 === 0 && length <= passwordOctetsMax)
  }
  expect(revealPassword(Buffer.alloc(0), vector, secret)).toEqual(Buffer.alloc(0))
  expect(() => hidePassword(Buffer.alloc(passwordOctetsMax + 1), vector, secret)).toThrow(RangeError)
})

test('any salted value comes back, and its salt has the top bit set', () => {
  fc.assert(
    fc.property(octetsUpTo(saltedOctetsMax), fc.nat(0xffff), (plain, salt) => {
      const hidden = hideSalted(plain, salt, vector, secret)
      expect(hidden[0]! & 0x80).toBe(0x80)
      expect(hidden.length).toBeLessThanOrEqual(252)
      expect(revealSalted(hidden, vector, secret)).toEqual(Buffer.from(plain))
      expect(revealSalted(plain, vector, secret, 'radius/1.1')).toEqual(Buffer.from(plain))
    }),
  )
  expect(() => hideSalted(Buffer.alloc(saltedOctetsMax + 1), 1, vector, secret)).toThrow(RangeError)
})

test('a salted value of another length than salt and blocks, or with a length beyond its end, is refused', () => {
  const hidden = hideSalted(Buffer.from('key'), 5, vector, secret)
  for (let length = 0; length < hidden.length; length++) {
    expect(revealSalted(hidden.subarray(0, length), vector, secret)).toBeUndefined()
  }
  const beyond = Buffer.from(hidden)
  beyond[2]! ^= 3 ^ 200
  expect(revealSalted(beyond, vector, secret)).toBeUndefined()
})

test('a CHAP-Password verifies with its own challenge and password only, and at its own length only', () => {
  const password = Buffer.from('arctangent')
  const value = chapPassword(200, password, vector)
  expect(verifyChap(value, password, vector)).toBe(true)
  expect(verifyChap(value, password, Buffer.alloc(16, 8))).toBe(false)
  expect(verifyChap(value, Buffer.from('arctangent\0'), vector)).toBe(false)
  expect(verifyChap(value.subarray(0, 16), password, vector)).toBe(false)
  expect(verifyChap(Buffer.concat([value, Buffer.alloc(1)]), password, vector)).toBe(false)
})

test('a secret is never printed, is not empty and has a limit', () => {
  expect(`${String(secret)}${inspect({ secret }, { depth: 9 })}${JSON.stringify({ secret })}`).not.toMatch(
    /some|115, 111/,
  )
  expect(inspect(secret)).toBe('‹secret›')
  expect(() => prepareSecret(Buffer.alloc(0))).toThrow(RangeError)
  expect(() => prepareSecret(Buffer.alloc(secretOctetsMax + 1))).toThrow(RangeError)
})

test('a secret stays the same when the octets it was made of are wiped', () => {
  const octets = Buffer.from('wipe me')
  const kept = prepareSecret(octets)
  const hidden = hidePassword(Buffer.from('x'), vector, kept)
  octets.fill(0)
  expect(hidePassword(Buffer.from('x'), vector, kept)).toEqual(hidden)
})
