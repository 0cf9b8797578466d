import { expect, test } from 'vitest'
import { commonOptions } from './command.ts'
import { topUpOptions } from './top-up.ts'

test('no option of a top-up is one that every command has', () => {
  expect(Object.keys(topUpOptions).filter((name) => Object.hasOwn(commonOptions, name))).toEqual([])
})
