import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { seededRandom, systemRandom } from '@lango/kernel'
import { fakeClock } from '@lango/kernel/testing'
import { createSetupCode, FREE_TRIES, waitMsAfter } from './setup-code.ts'

const dir = mkdtempSync(join(tmpdir(), 'lango-setup-code-'))
afterAll(() => rmSync(dir, { recursive: true }))
let files = 0

const boxOf = (file = join(dir, `code-${files++}`), random = systemRandom()) => {
  const clock = fakeClock()
  const owned = { yes: false }
  const open = () => createSetupCode({ file, anyone: () => owned.yes, random, clock })
  return { file, clock, owned, open, code: open() }
}

test('a code is eight letters and digits that cannot be mistaken, and another on each box', () => {
  const codes = Array.from({ length: 50 }, () => boxOf().code.shown()!)
  for (const code of codes) expect(code).toMatch(/^[2-9A-HJ-KM-NP-Z]{4}-[2-9A-HJ-KM-NP-Z]{4}$/)
  expect(new Set(codes).size).toBe(50)
})

test('it outlives a restart, in a file of the box alone, and can be made anew', () => {
  const { file, code, open } = boxOf()
  const first = code.shown()!
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(open().shown()).toBe(first)
  const renewed = code.renew()
  expect(renewed).toMatchObject({ ok: true })
  expect(open().shown()).not.toBe(first)
  expect(open().try(first, '10.0.0.7')).toEqual({ is: 'wrong' })
})

test.each(['', 'K7QM', 'admin123', '00000000', '\0'.repeat(8), 'K7QM3XRA9'])(
  'a file that holds no code (%j) is no code: another is drawn',
  (text) => {
    const file = join(dir, `code-${files++}`)
    writeFileSync(file, text)
    const { code } = boxOf(file)
    expect(code.shown()!.replace('-', '')).not.toBe(text)
    expect(code.try(text, '10.0.0.7')).toEqual({ is: 'wrong' })
    expect(readFileSync(file, 'utf8')).toHaveLength(9)
  },
)

test('it is typed as people type: small letters, spaces, with and without the dash', () => {
  const { code } = boxOf()
  const shown = code.shown()!
  for (const typed of [shown, shown.toLowerCase(), shown.replace('-', ' '), ` ${shown.replace('-', '')} `])
    expect(code.try(typed, '10.0.0.7')).toEqual({ is: 'right' })
})

test('it dies with the first owner: no code is right, none is shown, none can be made, and its file goes', () => {
  const { code, owned, file, open } = boxOf()
  const shown = code.shown()!
  owned.yes = true
  expect(code.try(shown, '10.0.0.7')).toEqual({ is: 'wrong' })
  expect(code.shown()).toBeUndefined()
  expect(code.renew()).toEqual({ ok: false, error: { type: 'OwnerExists' } })
  // The power went between the owner and the end of the code.
  open()
  expect(existsSync(file)).toBe(false)
})

test('waits grow from nothing to a quarter of an hour', () => {
  expect(Array.from({ length: FREE_TRIES }, (_, failures) => waitMsAfter(failures))).toEqual([0, 0, 0, 0, 0])
  expect([5, 6, 7, 10, 14, 15, 1000].map(waitMsAfter)).toEqual([2000, 4000, 8000, 64_000, 900_000, 900_000, 900_000])
})

test('whoever guesses waits longer and longer, the right code included; others in other networks do not', () => {
  const { code, clock } = boxOf()
  const right = code.shown()!
  for (let tries = 0; tries < FREE_TRIES; tries++) expect(code.try('WRONG', '10.0.0.7')).toEqual({ is: 'wrong' })
  expect(code.try(right, '10.0.0.7')).toEqual({ is: 'late', waitSec: 2 })
  expect(code.try('WRONG', '10.0.0.8')).toEqual({ is: 'wrong' })
  clock.advance(1999)
  expect(code.try(right, '10.0.0.7')).toEqual({ is: 'late', waitSec: 1 })
  clock.advance(1)
  expect(code.try('WRONG', '10.0.0.7')).toEqual({ is: 'wrong' })
  clock.advance(3999)
  expect(code.try(right, '10.0.0.7')).toMatchObject({ is: 'late' })
  clock.advance(1)
  expect(code.try(right, '10.0.0.7')).toEqual({ is: 'right' })
})

test('a network of IPv6 is one guesser, whatever addresses it has', () => {
  const { code } = boxOf()
  for (let tries = 0; tries < FREE_TRIES; tries++) code.try('WRONG', `2001:db8:1:2::${tries + 1}`)
  expect(code.try('WRONG', '2001:db8:1:2:aaaa::1')).toMatchObject({ is: 'late' })
  expect(code.try('WRONG', '2001:db8:1:3::1')).toEqual({ is: 'wrong' })
})

test('addresses without end get sixty tries a minute in all', () => {
  const { code, clock } = boxOf(undefined, seededRandom(7))
  const tried = Array.from({ length: 1000 }, (_, n) => code.try('WRONG', `10.1.${n >> 8}.${n & 255}`).is)
  expect(tried.filter((is) => is === 'wrong')).toHaveLength(60)
  clock.advance(60_000)
  expect(code.try(code.shown()!, '10.0.0.7')).toEqual({ is: 'right' })
})
