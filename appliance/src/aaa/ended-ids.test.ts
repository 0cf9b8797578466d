import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EndedIds } from './ended-ids.ts'

const pages = (ids: readonly string[], size: number) => {
  const sorted = ids.toSorted()
  return (after: string): string[] => sorted.filter((id) => id > after).slice(0, size)
}

const learnt = (ids: readonly string[], size = 3): EndedIds => {
  const ended = new EndedIds()
  ended.forget(ids.length)
  while (ended.isLearning) ended.learn(pages(ids, size))
  return ended
}

test('an id that has ended is never missed, whether learnt or added', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 })), fc.array(fc.string()), (history, added) => {
      const ended = learnt(history)
      for (const id of added) ended.add(id)
      expect([...history, ...added].filter((id) => !ended.mayHave(id))).toEqual([])
    }),
  )
})

test('until the whole history is learnt every id may have ended', () => {
  const ended = new EndedIds()
  ended.forget(2)
  ended.learn(pages(['a', 'b'], 1))
  expect(ended.isLearning).toBe(true)
  expect(ended.mayHave('never seen')).toBe(true)
  ended.learn(pages(['a', 'b'], 1))
  ended.learn(pages(['a', 'b'], 1))
  expect(ended.isLearning).toBe(false)
  expect(ended.mayHave('never seen')).toBe(false)
})

test('ids that count upwards are told apart: at most one new id in fifty is a maybe', () => {
  const room = 100_000
  const ended = learnt([])
  for (let i = 0; i < room; i++) ended.add(`8${i.toString(16).padStart(7, '0')}`)
  const maybes = Array.from({ length: 10_000 }, (_, i) => ended.mayHave(`9${i.toString(16).padStart(7, '0')}`))
  expect(maybes.filter(Boolean).length).toBeLessThan(200)
})

test('more ended sessions than it was made for are noticed', () => {
  const ended = learnt([])
  for (let i = 0; i <= 110_000; i++) ended.add(String(i))
  expect(ended.isFull).toBe(true)
})
