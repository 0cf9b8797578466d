import { expect, test } from 'vitest'
import { fakeClock } from '@lango/kernel/testing'
import { createGrouped } from './grouped.ts'

const gathering = () => {
  const clock = fakeClock()
  const groups: number[][] = []
  const after = (ms: number, run: () => void) => {
    let isOff = false
    clock.after(ms, () => {
      if (!isOff) run()
    })
    return () => {
      isOff = true
    }
  }
  const grouped = createGrouped<number>((group) => groups.push([...group]), { itemsMax: 3, withinMs: 10, after })
  return { clock, groups, grouped }
}

test('what comes within the time goes on together, in groups of a size and in order', async () => {
  const { clock, groups, grouped } = gathering()
  for (const item of [1, 2, 3, 4, 5]) grouped.add(item)
  expect(groups).toEqual([])
  await clock.advanceAsync(10)
  expect(groups).toEqual([
    [1, 2, 3],
    [4, 5],
  ])
  grouped.add(6)
  await clock.advanceAsync(9)
  expect(groups).toHaveLength(2)
  await clock.advanceAsync(1)
  expect(groups.at(-1)).toEqual([6])
})

test('a flush hands on all there is, and nothing twice', async () => {
  const { clock, groups, grouped } = gathering()
  for (const item of [1, 2, 3, 4]) grouped.add(item)
  grouped.flush()
  expect(groups).toEqual([[1, 2, 3], [4]])
  await clock.advanceAsync(100)
  expect(groups).toHaveLength(2)
  grouped.add(5)
  await clock.advanceAsync(10)
  expect(groups.at(-1)).toEqual([5])
})
