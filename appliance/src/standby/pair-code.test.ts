import { expect, test } from 'vitest'
import { seededRandom } from '@lango/kernel/testing'
import { CODE_GOOD_FOR_MS, isCodeOf, PairDoor, readPairCode } from './pair-code.ts'

const FINGERPRINT = Array.from({ length: 32 }, (_, at) => (at * 7 + 1).toString(16).padStart(2, '0')).join(':')
const OTHER = FINGERPRINT.replace('01:', '02:')
const doorWith = () => {
  const door = new PairDoor(FINGERPRINT, seededRandom(3))
  const code = door.make(0)
  return { door, code, secret: readPairCode(code)!.secretHalf }
}

test('a code names the certificate of whoever made it, and reads as people type it', () => {
  const { code } = doorWith()
  expect(code).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}$/)
  const typed = readPairCode(` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')} `)!
  expect(typed).toEqual(readPairCode(code))
  expect([isCodeOf(typed, FINGERPRINT), isCodeOf(typed, OTHER)]).toEqual([true, false])
})

test.each(['', 'ABCD', 'U'.repeat(24), 'A'.repeat(25), '__proto__'])('%j is no code', (typed) => {
  expect(readPairCode(typed)).toBeUndefined()
})

test('it is good once', () => {
  const { door, secret } = doorWith()
  expect([door.isRight(secret, 1), door.isRight(secret, 2)]).toEqual([true, false])
})

test('it is good for ten minutes', () => {
  const [late, early] = [doorWith(), doorWith()]
  expect(early.door.isRight(early.secret, CODE_GOOD_FOR_MS - 1)).toBe(true)
  expect(late.door.isRight(late.secret, CODE_GOOD_FOR_MS)).toBe(false)
})

test('after five wrong ones the right one is wrong too; a door without a code takes none', () => {
  const { door, secret } = doorWith()
  for (let tries = 0; tries < 5; tries++) expect(door.isRight('0'.repeat(12), 1)).toBe(false)
  expect(door.isRight(secret, 1)).toBe(false)
  expect(new PairDoor(FINGERPRINT, seededRandom(4)).isRight(' '.repeat(12), 0)).toBe(false)
})

test('a newer code takes the place of the one before', () => {
  const { door, secret } = doorWith()
  const next = readPairCode(door.make(1))!.secretHalf
  expect([door.isRight(secret, 2), door.isRight(next, 2)]).toEqual([false, true])
})
