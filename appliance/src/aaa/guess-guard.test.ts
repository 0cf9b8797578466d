import { expect, test } from 'vitest'
import { fakeClock } from '@lango/kernel/testing'
import { GuessGuard } from './guess-guard.ts'

const guard = () => {
  const clock = fakeClock()
  return { clock, guard: new GuessGuard(clock.monotonicMs) }
}

test('a device that misses ten times waits ten minutes, and no other waits with it', () => {
  const { clock, guard: guesses } = guard()
  for (let misses = 0; misses < 10; misses++) {
    expect(guesses.isBlocked('AA')).toBe(false)
    guesses.missed('AA')
  }
  expect([guesses.isBlocked('AA'), guesses.isBlocked('BB')]).toEqual([true, false])
  clock.advance(10 * 60_000)
  expect(guesses.isBlocked('AA')).toBe(false)
})

test('devices without an address are not taken for one', () => {
  const { guard: guesses } = guard()
  for (let misses = 0; misses < 100; misses++) guesses.missed('')
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
  for (let device = 0; device < 50_000; device++) guesses.missed(`device ${device}`)
  for (let misses = 0; misses < 10; misses++) guesses.missed('AA')
  expect(guesses.isBlocked('AA')).toBe(true)
})
