import { expect, test } from 'vitest'
import { collectingLog } from '../testing/index.ts'
import { createEvents, defineEvent } from './events.ts'

const sold = defineEvent<{ id: string }>('goods.sold')
const lost = defineEvent<{ id: string }>('goods.lost')

test('listeners hear their own kind, in order, until they leave', () => {
  const events = createEvents({ log: collectingLog() })
  const heard: string[] = []
  const leave = events.on(sold, ({ id }) => heard.push(`first ${id}`))
  events.on(sold, ({ id }) => heard.push(`second ${id}`))
  const leaveAll = events.onAny((name) => heard.push(name))
  events.emit(sold, { id: 'a' })
  events.emit(lost, { id: 'b' })
  leave()
  leaveAll()
  events.emit(sold, { id: 'c' })
  expect(heard).toEqual(['first a', 'second a', 'goods.sold', 'goods.lost', 'second c'])
})

test('a faulty listener is logged and harms neither the others nor who tells', () => {
  const log = collectingLog()
  const events = createEvents({ log })
  const heard: string[] = []
  events.on(sold, () => {
    throw new Error('bad listener')
  })
  events.on(sold, ({ id }) => heard.push(id))
  events.emit(sold, { id: 'a' })
  expect(heard).toEqual(['a'])
  expect(log.text()).toContain('bad listener')
})

test('names from the prototype are no listeners', () => {
  const events = createEvents({ log: collectingLog() })
  for (const name of ['__proto__', 'constructor', 'toString']) events.emit(defineEvent<null>(name), null)
  expect(events.on(defineEvent<null>('constructor'), () => {})).toBeTypeOf('function')
})
