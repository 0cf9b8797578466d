import { expect, test } from 'vitest'
import { fakeClock } from '@lango/kernel/testing'
import { TOLD_AGAIN_AFTER_MS, createAttention, type Attention } from './attention.ts'
import { attention, fine, stopped, type Check } from './doctor/check.ts'

const watched = () => {
  const clock = fakeClock()
  const raised: Attention[] = []
  let checks: readonly Check[] = []
  const list = createAttention({ checks: () => checks, now: clock.now, onRaised: (item) => raised.push(item) })
  return {
    clock,
    list,
    raised,
    see: (...next: Check[]) => {
      checks = next
      list.look()
    },
  }
}

test('what is in order is not listed; the worst comes first, then the oldest, each since it was first seen', () => {
  const { clock, list, see } = watched()
  const start = clock.now()
  see(fine('clock', 'Trusted.'), attention('disk', 'Low.', 'Free some.'))
  clock.advance(5000)
  see(
    attention('jobs', 'Given up.', 'Look.'),
    attention('disk', 'Lower.', 'Free some.'),
    stopped('accounting', 'No.', 'Do.'),
  )
  expect(list.all()).toEqual([
    { id: 'accounting', severity: 'stopped', sentence: 'No.', remedy: 'Do.', since: start + 5000 },
    { id: 'disk', severity: 'attention', sentence: 'Lower.', remedy: 'Free some.', since: start },
    { id: 'jobs', severity: 'attention', sentence: 'Given up.', remedy: 'Look.', since: start + 5000 },
  ])
  see(fine('disk', 'Plenty.'))
  expect(list.all()).toEqual([])
})

test('two findings of one check have ids of their own', () => {
  const { list, see } = watched()
  see(attention('routers', 'Never heard.', 'a'), attention('routers', 'Silent.', 'b'))
  expect(list.all().map(({ id }) => id)).toEqual(['routers', 'routers-2'])
})

test('each is told when it comes up, and again an hour later at the earliest', () => {
  const { clock, raised, see } = watched()
  const low = attention('disk', 'Low.', 'Free some.')
  see(low)
  see(low)
  see()
  see(low)
  expect(raised).toHaveLength(1)
  see()
  clock.advance(TOLD_AGAIN_AFTER_MS)
  see(low)
  expect(raised.map(({ id }) => id)).toEqual(['disk', 'disk'])
})
