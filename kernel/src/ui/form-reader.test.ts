import { expect, test } from 'vitest'
import { parseRateKbps } from '../base/text.ts'
import { fieldsOf, FormReader } from './form-reader.ts'

const reader = (query: string) => new FormReader(fieldsOf(new URLSearchParams(query)))

test('fields are read as they were meant', () => {
  const form = reader('name=+Day+&count=1,500&speed=10M&kind=b&open=yes&day=1&day=2')
  expect(form.needed('name', 'x')).toBe('Day')
  expect(form.whole('count', [1, 2000], 'x')).toBe(1500)
  expect(form.read('speed', parseRateKbps, 'x')).toBe(10_000)
  expect(form.choice('kind', ['a', 'b'])).toBe('b')
  expect([form.checked('open'), form.checked('shut')]).toEqual([true, false])
  expect(form.all('day')).toEqual(['1', '2'])
  expect([form.text('none'), form.whole('none', [1, 2], 'x'), form.read('none', parseRateKbps, 'x')]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect(form.isGood).toBe(true)
})

test.each(['0', '2001', '1.5', '-1', 'many', '1e3', '9'.repeat(30)])(
  '%s is no whole number from 1 to 2000',
  (typed) => {
    const form = reader(`count=${typed}`)
    expect(form.whole('count', [1, 2000], 'From 1 to 2,000.')).toBeUndefined()
    expect(form.problems).toEqual({ count: 'From 1 to 2,000.' })
  },
)

test('what is wrong is said beside its field, once', () => {
  const form = reader('speed=fast&kind=constructor')
  expect(form.read('speed', parseRateKbps, 'Write it like 10M.')).toBeUndefined()
  form.refuse('speed', 'Another sentence.')
  expect(form.needed('name', 'Give it a name.')).toBe('')
  expect(form.choice('kind', ['a', 'b'])).toBe('a')
  expect(form.problems).toEqual({ speed: 'Write it like 10M.', name: 'Give it a name.' })
  expect(form.isGood).toBe(false)
})
