import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createIds, isId } from './ids.ts'
import { seededRandom } from './random.ts'

const idsAt = (times: number[]) => {
  let call = 0
  return createIds({ now: () => times[Math.min(call++, times.length - 1)]!, random: seededRandom(7) })
}

test('ids are distinct and sort in the order of their making, whatever the clock does', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 47 }), { minLength: 2, maxLength: 50 }), (times) => {
      const ids = idsAt(times)
      const made = times.map(() => ids.next('sub'))
      expect([...made].sort()).toEqual(made)
      expect(new Set(made).size).toBe(made.length)
    }),
  )
})

test('more ids in one millisecond than its counter holds borrow from the next', () => {
  const ids = idsAt([1_700_000_000_000])
  const made = Array.from({ length: 10_000 }, () => ids.next('svc'))
  expect([...made].sort()).toEqual(made)
  expect(new Set(made).size).toBe(10_000)
})

test('an id is a UUIDv7 in 26 base-32 digits behind its prefix', () => {
  const id = idsAt([0x0123_4567_89ab]).next('sub')
  expect(id).toMatch(/^sub_[0-7][0-9a-z]{25}$/)
  const digits = '0123456789abcdefghjkmnpqrstvwxyz'
  let value = 0n
  for (const digit of id.slice(4)) value = value * 32n + BigInt(digits.indexOf(digit))
  expect(value >> 80n).toBe(0x0123_4567_89abn)
  expect((value >> 76n) & 0xfn).toBe(7n)
  expect((value >> 62n) & 0x3n).toBe(2n)
})

test('the shape of an id is checked, with its prefix where one is given', () => {
  const id = idsAt([5]).next('plan')
  expect(isId(id)).toBe(true)
  expect(isId(id, 'plan')).toBe(true)
  expect(isId(id, 'sub')).toBe(false)
  for (const wrong of ['', 'plan_', id.slice(0, -1), `${id}0`, id.toUpperCase(), `plan_8${id.slice(6)}`, `${id}\n`]) {
    expect(isId(wrong)).toBe(false)
  }
  expect(() => idsAt([5]).next('Plan')).toThrow(TypeError)
})
