import { expect, test } from 'vitest'
import { TryWindow } from './try-window.ts'

const full = (window: TryWindow, keys: readonly string[], now: number) => keys.filter((key) => window.isFull(key, now))

test('a key is full after its tries, and empty when the window is over', () => {
  const window = new TryWindow({ triesMax: 2, windowMs: 1000, keysMax: 10 })
  window.add('a', 0)
  expect(window.isFull('a', 0)).toBe(false)
  window.add('a', 500)
  expect(window.isFull('a', 999)).toBe(true)
  expect(window.isFull('b', 999)).toBe(false)
  expect(window.isFull('a', 1000)).toBe(false)
  window.add('a', 1000)
  expect(window.isFull('a', 1001)).toBe(false)
})

test('a try after the window begins it anew', () => {
  const window = new TryWindow({ triesMax: 2, windowMs: 1000, keysMax: 10 })
  window.add('a', 0)
  window.add('a', 1500)
  expect(window.isFull('a', 1501)).toBe(false)
})

test('keys that nobody knew before push the oldest out, and no more are kept', () => {
  const window = new TryWindow({ triesMax: 1, windowMs: 1000, keysMax: 2 })
  for (const key of ['a', '__proto__', 'c']) window.add(key, 0)
  expect(full(window, ['a', '__proto__', 'c'], 1)).toEqual(['__proto__', 'c'])
})

test('who succeeds is forgotten', () => {
  const window = new TryWindow({ triesMax: 1, windowMs: 1000, keysMax: 2 })
  window.add('a', 0)
  window.forget('a')
  expect(window.isFull('a', 1)).toBe(false)
})
