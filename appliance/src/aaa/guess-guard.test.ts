import { expect, test } from 'vitest'
import { fakeClock, seededRandom } from '@lango/kernel/testing'
import { GuessGuard } from './guess-guard.ts'

const guard = () => {
  const clock = fakeClock()
  return { clock, guard: new GuessGuard(clock.monotonicMs) }
}

const CODE = 'ABCDEFGH'
const LETTERS = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'

test('a device that misses ten times waits ten minutes, and no other waits with it', () => {
  const { clock, guard: guesses } = guard()
  for (let misses = 0; misses < 10; misses++) {
    expect(guesses.isBlocked('AA')).toBe(false)
    guesses.missed('AA', CODE)
  }
  expect([guesses.isBlocked('AA'), guesses.isBlocked('BB')]).toEqual([true, false])
  clock.advance(10 * 60_000)
  expect(guesses.isBlocked('AA')).toBe(false)
})

test('devices without an address are not taken for one', () => {
  const { guard: guesses } = guard()
  for (let misses = 0; misses < 100; misses++) guesses.missed('', CODE)
  expect(guesses.isBlocked('')).toBe(false)
})

test('a million guesses at one router, an hour long, get some eighteen thousand tries, and its neighbour keeps its own', () => {
  const { clock, guard: guesses } = guard()
  let tried = 0
  for (let second = 0; second < 3600; second++) {
    for (let guess = 0; guess < 278; guess++) if (guesses.mayTry(1)) tried += 1
    expect(guesses.mayTry(2)).toBe(true)
    clock.advance(1000)
  }
  expect(tried).toBeGreaterThan(18_000)
  expect(tried).toBeLessThanOrEqual(3600 * 5 + 300)
})

test('guesses spread over every router get no more than the box allows in all', () => {
  const { clock, guard: guesses } = guard()
  let tried = 0
  for (let second = 0; second < 600; second++) {
    for (let router = 0; router < 50; router++)
      for (let guess = 0; guess < 4; guess++) if (guesses.mayTry(router)) tried += 1
    clock.advance(1000)
  }
  expect(tried).toBeLessThanOrEqual(600 * 20 + 1000)
})

test('what it remembers of devices is bounded', () => {
  const { guard: guesses } = guard()
  for (let device = 0; device < 50_000; device++) guesses.missed(`device ${device}`, CODE)
  for (let misses = 0; misses < 10; misses++) guesses.missed('AA', CODE)
  expect(guesses.isBlocked('AA')).toBe(true)
})

test('a code counts as read from paper until one in a thousand of those that end like it was tried', () => {
  const { clock, guard: guesses } = guard()
  for (let misses = 0; misses < 28; misses++) guesses.missed('', `${misses}EFGH`)
  expect(guesses.isUnguessed(CODE, 31 ** 3)).toBe(true)
  guesses.missed('', 'ZZZZEFGH')
  expect([guesses.isUnguessed(CODE, 31 ** 3), guesses.isUnguessed('ABCDEFGX', 31 ** 3)]).toEqual([false, true])
  clock.advance(86_400_000)
  expect(guesses.isUnguessed(CODE, 31 ** 3)).toBe(true)
})

test('a code that leaves too little to guess before its end is never told from a guess', () => {
  expect(guard().guard.isUnguessed('123456', 999)).toBe(false)
})

test('a million codes at random leave nearly every code of eight letters unguessed', () => {
  const { guard: guesses } = guard()
  const random = seededRandom(10)
  const end = (): string => Array.from({ length: 4 }, () => LETTERS[random.below(31)]).join('')
  for (let guess = 0; guess < 1_000_000; guess++) guesses.missed('', end())
  const unguessed = Array.from({ length: 1000 }, () => guesses.isUnguessed(end(), 31 ** 3))
  expect(unguessed.filter(Boolean).length).toBeGreaterThan(990)
})
