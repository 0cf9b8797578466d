import { describe, expect, test } from 'vitest'
import { seededRandom } from '@lango/kernel/testing'
import { CODE_TAIL, codeLogin, codesEndingAlike, codesOf, drawCode, isCodeLogin, readCode, spellCode } from './code.ts'

const SHAPES = [
  { prefix: '', length: 8, numeric: false },
  { prefix: 'KSM', length: 8, numeric: false },
  { prefix: '', length: 10, numeric: true },
  { prefix: 'NBI0', length: 6, numeric: true },
  { prefix: 'LOIL', length: 16, numeric: false },
]
const ALPHABET = { letters: '23456789ABCDEFGHJKMNPQRSTUVWXYZ', digits: '0123456789' }

describe.each(SHAPES)('codes of %j', (shape) => {
  const { below } = seededRandom(7)
  const codes = Array.from({ length: 200 }, () => drawCode(shape, below))
  const alphabet = shape.numeric ? ALPHABET.digits : ALPHABET.letters

  test('have the length and the characters that were asked for', () => {
    for (const code of codes) {
      expect(code).toHaveLength(shape.prefix.length + shape.length)
      expect(code.startsWith(shape.prefix)).toBe(true)
      for (const character of code.slice(shape.prefix.length)) expect(alphabet).toContain(character)
    }
  })

  test('are read back however they are typed', () => {
    for (const code of codes) {
      expect(readCode(code)).toBe(code)
      expect(readCode(` ${spellCode(code, shape.prefix).toLowerCase()} `)).toBe(code)
    }
  })

  test('one wrong character is noticed, and letters that changed places', () => {
    // A digit code may by chance be right as letters, one time in 31: the check only spares a look-up there.
    let missed = 0
    let tried = 0
    for (const code of codes) {
      for (let at = shape.prefix.length; at < code.length; at++) {
        for (const wrong of alphabet) {
          if (wrong === code[at]) continue
          tried += 1
          if (readCode(code.slice(0, at) + wrong + code.slice(at + 1)) !== undefined) missed += 1
        }
        const swapped = code.slice(0, at - 1) + code[at] + code[at - 1] + code.slice(at + 1)
        if (at > shape.prefix.length && swapped !== code && !shape.numeric) {
          tried += 1
          if (readCode(swapped) !== undefined) missed += 1
        }
      }
    }
    expect(missed / tried).toBeLessThan(shape.numeric ? 0.05 : 0.035)
  })
})

test('what is no code is not looked for', () => {
  for (const typed of ['', 'amina', 'AB12', 'amina@isp', 'x'.repeat(300), 'voucher:0123', '__proto__'])
    expect(readCode(typed)).toBeUndefined()
})

test('a guess hits one of 31⁷ codes of eight letters', () => {
  expect(codesOf({ prefix: 'A', length: 8, numeric: false })).toBe(31 ** 7)
  expect(codesOf({ prefix: '', length: 10, numeric: true })).toBe(1e9)
})

test('codes that end alike are as many as are left when the end is known', () => {
  const shape = { prefix: '', length: 6, numeric: true }
  const codes = new Set<string>()
  for (let body = 0; body < 100_000; body++) {
    const digits = String(body).padStart(5, '0').split('').map(Number)
    codes.add(drawCode(shape, () => digits.shift()!))
  }
  const ends = Map.groupBy(codes, (code) => code.slice(-CODE_TAIL))
  expect(new Set([...ends.values()].map((alike) => alike.length))).toEqual(new Set([codesEndingAlike(shape)]))
  expect(codesEndingAlike({ prefix: 'A', length: 8, numeric: false })).toBe(31 ** 3)
})

test('the login of a code is told from every other', () => {
  expect(isCodeLogin(codeLogin('ab'.repeat(32)))).toBe(true)
  expect(isCodeLogin('amina')).toBe(false)
})
