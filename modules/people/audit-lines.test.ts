import { expect, test } from 'vitest'
import { recordLines } from './audit-lines.ts'

test('of a change each field that is another now is told, old and new, and what was given beside', () => {
  const record = {
    input: { name: 'Home', policy: { downKbps: 2000 } },
    before: { policy: { downKbps: 1000, upKbps: 500 }, status: 'active', note: null },
    after: { policy: { downKbps: 2000, upKbps: 500 }, status: 'active', note: 'new' },
  }
  expect(recordLines(record)).toEqual([
    { field: 'name', to: 'Home' },
    { field: 'policy.downKbps', from: '1000', to: '2000' },
    { field: 'note', from: '', to: 'new' },
  ])
})

test.each([
  [null, []],
  ['text', [{ field: '', to: 'text' }]],
  [
    { rows: 3, tags: ['a', 'b'] },
    [
      { field: 'rows', to: '3' },
      { field: 'tags', to: '["a","b"]' },
    ],
  ],
  [
    { input: { batch: 1 }, before: null, after: { state: 'sold' } },
    [
      { field: 'batch', to: '1' },
      { field: 'state', from: '', to: 'sold' },
    ],
  ],
  [
    {
      input: { batch: 1 },
      changes: [
        { before: { a: 1 }, after: { a: 2 } },
        { before: { b: 1 }, after: { b: 1 } },
      ],
    },
    [
      { field: 'batch', to: '1' },
      { field: 'a', from: '1', to: '2' },
    ],
  ],
])('%j', (record, lines) => {
  expect(recordLines(record)).toEqual(lines)
})
