import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { type Conversation, Conversations } from './conversations.ts'

const setUp = (conversationsMax = 100) => {
  const clock = { at: 1_000, now: () => clock.at }
  const table = new Conversations<Conversation>({ conversationsMax, conversationMs: 30_000, clock, randomBytes })
  const destroyed: string[] = []
  const begin = (name: string, nas = 'nas') => ({ nas, startedAt: clock.at, destroy: () => void destroyed.push(name) })
  return { clock, table, destroyed, begin }
}

test('a State is 16 octets, found until it is taken, and then gone', () => {
  const { table, begin } = setUp()
  const conversation = begin('a')
  const state = table.park(conversation)
  expect(state).toHaveLength(16)
  expect(table.find(Buffer.from(state), 'nas')).toBe(conversation)
  table.take(state)
  expect(table.find(state, 'nas')).toBeUndefined()
  expect(table.park(conversation)).not.toEqual(state)
})

test('a State of another NAS, shortened, lengthened or empty finds nothing and harms nothing', () => {
  const { table, begin } = setUp()
  const state = table.park(begin('a'))
  expect(table.find(state, 'other')).toBeUndefined()
  expect(table.find(state.subarray(1), 'nas')).toBeUndefined()
  expect(table.find(Buffer.concat([state, Buffer.alloc(1)]), 'nas')).toBeUndefined()
  expect(table.find(Buffer.alloc(0), 'nas')).toBeUndefined()
  expect(table.find(state, 'nas')).toBeDefined()
})

test('a conversation ends 30 s after its beginning, however busy it was', () => {
  const { table, begin, clock, destroyed } = setUp()
  const conversation = begin('a')
  clock.at += 29_000
  const state = table.park(conversation)
  clock.at += 1_000
  expect(table.find(state, 'nas')).toBe(conversation)
  clock.at += 1
  expect(table.find(state, 'nas')).toBeUndefined()
  table.sweep()
  expect(destroyed).toEqual(['a'])
  expect(table.size).toBe(0)
})

test('the one silent longest makes way, and the table never grows past its limit', () => {
  const { table, begin, destroyed } = setUp(3)
  const busy = begin('busy')
  let state = table.park(busy)
  for (const name of ['f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7']) {
    table.park(begin(name))
    expect(table.find(state, 'nas')).toBe(busy)
    table.take(state)
    state = table.park(busy)
    expect(table.size).toBeLessThanOrEqual(3)
  }
  expect(destroyed).toEqual(['f1', 'f2', 'f3', 'f4', 'f5'])
})

test('clearing destroys all', () => {
  const { table, begin, destroyed } = setUp()
  table.park(begin('a'))
  table.park(begin('b'))
  table.clear()
  expect(destroyed).toEqual(['a', 'b'])
})
