import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { markdownTable, median, plainTable, whole } from './stats.ts'
import { processTree, residentBytes } from './usage.ts'

test('the median has as many values above it as below', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
      const middle = median(values)
      const above = values.filter((value) => value > middle).length
      const below = values.filter((value) => value < middle).length
      expect(Math.max(above, below)).toBeLessThanOrEqual(values.length / 2)
    }),
  )
})

test('one slow round does not move the median', () => {
  expect(median([100, 101, 99, 2, 100])).toBe(100)
})

test('tables line up, and Markdown cells cannot break out', () => {
  const rows = [
    ['work', 'rate'],
    ['PAP', whole(67_000)],
    ['a|b', '5'],
  ]
  expect(plainTable(rows)).toBe('work    rate\n----  ------\nPAP   67,000\na|b        5')
  expect(markdownTable(rows)).toBe('| work | rate |\n| --- | ---: |\n| PAP | 67,000 |\n| a\\|b | 5 |')
})

test('a process tree holds its root, and its memory is counted', () => {
  const tree = processTree([process.pid])
  expect(tree).toContain(process.pid)
  expect(residentBytes([process.pid])).toBeGreaterThan(10_000_000)
})
