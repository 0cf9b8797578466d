import { expect, test } from 'vitest'
import { systemClock } from './clock.ts'

const RELEASED = 1_700_000_000_000

const clockWith = (wall: number, floorMs: number) => {
  const machine = { wall, monotonic: 1000 }
  const clock = systemClock({
    wallMs: () => machine.wall,
    monotonicMs: () => machine.monotonic,
    releasedAt: RELEASED,
    floorMs,
  })
  return { clock, machine }
}

test('a box that boots in 1970 goes on from its last committed instant, at the pace of real time', () => {
  const { clock, machine } = clockWith(0, RELEASED + 5000)
  expect(clock.now()).toBe(RELEASED + 5000)
  machine.monotonic += 250
  machine.wall += 250
  expect(clock.now()).toBe(RELEASED + 5250)
  clock.confirm('ntp')
  expect(clock.sure()).toBe(false)
})

test('the clock is unsure until somebody vouches for it, and again when they withdraw', () => {
  const { clock } = clockWith(RELEASED + 10_000, RELEASED)
  expect(clock.sure()).toBe(false)
  clock.confirm('owner')
  expect(clock.sure()).toBe(true)
  clock.doubt()
  expect(clock.sure()).toBe(false)
})

test('a wall clock from before the release is wrong whoever vouches for it', () => {
  const { clock, machine } = clockWith(RELEASED - 1, 0)
  clock.confirm('rtc')
  expect(clock.sure()).toBe(false)
  machine.wall = RELEASED
  expect(clock.sure()).toBe(true)
})

test('a wall clock set back behind what was committed makes time unsure and never runs it back', () => {
  const { clock, machine } = clockWith(RELEASED + 60_000, 0)
  clock.confirm('ntp')
  clock.raiseFloor(clock.now())
  machine.wall -= 30_000
  expect(clock.sure()).toBe(false)
  expect(clock.now()).toBe(RELEASED + 60_000)
  machine.monotonic += 10
  expect(clock.now()).toBe(RELEASED + 60_010)
  machine.wall += 30_000
  expect(clock.sure()).toBe(true)
})

test('the floor only rises, and time is a whole number', () => {
  const { clock, machine } = clockWith(0, RELEASED)
  clock.raiseFloor(RELEASED - 5000)
  machine.monotonic += 0.75
  expect(clock.now()).toBe(RELEASED)
  clock.raiseFloor(RELEASED + 5000)
  expect(clock.now()).toBe(RELEASED + 5000)
})
