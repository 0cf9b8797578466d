import { expect, test } from 'vitest'
import { seededRandom } from '@lango/kernel'
import { fakeClock } from '@lango/kernel/testing'
import { webLimits } from './limits.ts'
import { createChallenges } from './passkey-challenges.ts'

const under = () => {
  const clock = fakeClock()
  return { clock, challenges: createChallenges(clock, seededRandom(1)) }
}

test('a challenge has 32 octets, is good once, for its browser and its purpose', () => {
  const { challenges } = under()
  const text = challenges.issue('enter', 'a', '10.0.0.1')
  expect(Buffer.from(text, 'base64url')).toHaveLength(32)
  expect(challenges.take('enter', 'b')).toBeUndefined()
  expect(challenges.take('confirm', 'a')).toBeUndefined()
  expect(challenges.take('enter', 'a')).toBe(text)
  expect(challenges.take('enter', 'a')).toBeUndefined()
})

test('a new one voids the one before, and each has an end', () => {
  const { challenges, clock } = under()
  const [first, second] = [challenges.issue('add', 'a', ''), challenges.issue('add', 'a', '')]
  expect(first).not.toBe(second)
  clock.advance(webLimits.challengeMs)
  expect(challenges.take('add', 'a')).toBe(second)
  challenges.issue('add', 'a', '')
  clock.advance(webLimits.challengeMs + 1)
  expect(challenges.take('add', 'a')).toBeUndefined()
})

test('whoever asks without end pushes out their own, and the number of all is bounded', () => {
  const { challenges } = under()
  const mine = challenges.issue('enter', 'mine', '10.0.0.1')
  for (let i = 0; i < webLimits.challengesMax * 2; i++) challenges.issue('enter', `flood ${i}`, '10.0.0.66')
  expect(challenges.take('enter', 'mine')).toBe(mine)
  challenges.issue('enter', 'oldest', '10.0.0.1')
  const others = webLimits.challengesMax
  for (let i = 0; i < others; i++) challenges.issue('enter', `other ${i}`, `10.0.1.${i}`)
  expect(challenges.take('enter', 'oldest')).toBeUndefined()
  expect(challenges.take('enter', `other ${others - 1}`)).toBeDefined()
})
