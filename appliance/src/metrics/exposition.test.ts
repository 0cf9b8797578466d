import { expect, test } from 'vitest'
import { exposition } from './exposition.ts'

test('each metric has its help and its type, and a line for each sample', () => {
  const text = exposition([
    { name: 'a_total', help: 'How many.', type: 'counter', samples: [{ value: 3 }] },
    {
      name: 'b',
      help: 'By kind.',
      type: 'gauge',
      samples: [
        { value: 0.5, labels: { kind: 'x' } },
        { value: -1, labels: { kind: 'y', of: 'z' } },
      ],
    },
  ])
  expect(text).toBe(
    [
      '# HELP a_total How many.',
      '# TYPE a_total counter',
      'a_total 3',
      '# HELP b By kind.',
      '# TYPE b gauge',
      'b{kind="x"} 0.5',
      'b{kind="y",of="z"} -1',
      '',
    ].join('\n'),
  )
})

test('buckets of a histogram hold what is below them too, and the last holds all', () => {
  const sample = { bounds: [0.001, 0.5], counts: [2, 3, 1], sum: 1.25, labels: { by: 'box' } }
  expect(
    exposition([{ name: 'h', help: 'H.', type: 'histogram', samples: [sample] }])
      .split('\n')
      .slice(2),
  ).toEqual([
    'h_bucket{by="box",le="0.001"} 2',
    'h_bucket{by="box",le="0.5"} 5',
    'h_bucket{by="box",le="+Inf"} 6',
    'h_sum{by="box"} 1.25',
    'h_count{by="box"} 6',
    '',
  ])
})

test('what would end a line or a label is escaped', () => {
  const text = exposition([
    { name: 'a', help: 'back\\slash\nline', type: 'gauge', samples: [{ value: 1, labels: { l: 'a"b\\c\nd' } }] },
  ])
  expect(text.split('\n')).toEqual(['# HELP a back\\\\slash\\nline', '# TYPE a gauge', 'a{l="a\\"b\\\\c\\nd"} 1', ''])
})
