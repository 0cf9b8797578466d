import { expect, test } from 'vitest'
import { z } from 'zod'
import { goodsList, shelfTotals } from '../testing/shop.fixture.ts'
import { answerOf } from './answer.ts'
import { defineQuery } from './query.ts'
import { defineTable } from './table.ts'

const parts = { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' } as const
const boxes = defineTable('boxes', parts, (c) => ({
  id: c.id(),
  size: c.int(),
  state: c.oneOf(['open', 'shut']),
  isFull: c.flag(),
  note: c.optText(),
  more: c.json(),
  lidId: c.ref(),
}))
const lids = defineTable('lids', parts, (c) => ({ id: c.id(), colour: c.text() }))

const shared = {
  name: 'boxes.list',
  summary: 'Of the test.',
  permission: 'x',
  input: z.object({}),
  tables: { boxes, lids },
} as const

const listed = defineQuery({
  ...shared,
  select: ({ db, boxes, lids, ref, byKey }) =>
    db
      .select({
        id: boxes.id,
        size: boxes.size,
        state: boxes.state,
        isFull: boxes.isFull,
        note: boxes.note,
        more: boxes.more,
        colour: lids.colour,
      })
      .from(boxes)
      .leftJoin(lids, ref(boxes.lidId, lids.id))
      .orderBy(...byKey(boxes)),
  shape: (rows) => rows,
})

test('rows that go out as they are read are told by their columns', () => {
  expect(z.toJSONSchema(answerOf(listed)!)).toMatchObject({
    type: 'array',
    items: {
      properties: {
        id: { type: 'string' },
        size: { type: 'number' },
        state: { type: 'string' },
        isFull: { type: 'boolean' },
        note: { type: ['string', 'null'] },
        more: {},
        // A box may have no lid.
        colour: { type: ['string', 'null'] },
      },
    },
  })
})

test('the first row is one that may not be there', () => {
  const answer = answerOf(defineQuery({ ...listed, ...shared, shape: (rows) => rows[0] }))!
  expect(answer.safeParse(null).success).toBe(true)
  expect(answer.safeParse({ id: 'a' }).success).toBe(false)
})

test('what a query says of itself stands, and of what is worked out afterwards nothing is promised', () => {
  const output = z.number()
  expect(answerOf(defineQuery({ ...listed, ...shared, output, shape: (rows) => rows.length }))).toBe(output)
  const afterwards = [
    defineQuery({ ...listed, ...shared, shape: (rows) => rows.map(({ id }) => id) }),
    defineQuery({ ...listed, ...shared, shape: (rows) => rows.length }),
    defineQuery({ ...listed, ...shared, shape: (rows) => rows[0]!.note!.length }),
  ]
  for (const query of afterwards) expect(answerOf(query)).toBeUndefined()
  for (const query of [goodsList, shelfTotals]) expect(answerOf(query)).toBeUndefined()
})
