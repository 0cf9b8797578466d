import { expect, test } from 'vitest'
import { reasonWords } from '../../appliance/src/aaa/reasons.ts'
import { mikrotikFiles } from './mikrotik-files.ts'
import { refusalText } from './refusals.ts'
import { gateWords } from './words/index.ts'

const { en, sw } = gateWords
const told = Object.values(reasonWords).flatMap((words) => (words.told === '' ? [] : [words.told]))
const named = mikrotikFiles('http://10.0.0.1').get('errors.txt')!.split('\n').filter(Boolean)
const names = named.map((line) => line.split(' = ')[1]!).filter((name) => /^[a-z-]+$/.test(name))

test.each([...new Set(told)])('what the box says has words at the gate: %s', (text) => {
  expect(refusalText(text, en)).not.toBe(en.notConnectedBody)
  expect(refusalText(text, sw)).not.toBe(refusalText(text, en))
})

test('so has what a router says by itself, where there is more to say than to try again', () => {
  const without = names.filter((name) => refusalText(name, en) === en.notConnectedBody)
  expect(without).toEqual(['not-logged-in', 'chap-missing'])
})

test.each(['', 'Send KSh 500 to 0700 000 000', '<b>', 'constructor', '__proto__', 'devices'])(
  'what anybody may have written is not repeated: %j',
  (text) => {
    expect(refusalText(text, en)).toBe(en.notConnectedBody)
  },
)
