import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { defineQuery, startsWith, sumOf, type AnyQuery, type Reader } from '../db/index.ts'
import { defineModule } from '../verbs/index.ts'
import { PGLITE_START_MS_MAX } from './mirror.ts'
import { queriesAgree, sampleSites, type SampleSites } from './queries-agree.ts'
import { goods, shelves, shop } from './shop.fixture.ts'

const values = {
  goods: { extras: [{ tags: [] }, { tags: ['x', 'É'] }], priceMinor: [Number.MAX_SAFE_INTEGER] },
}
const shared = {
  name: 'x',
  summary: 'Of the test.',
  permission: 'shop.read',
  input: z.object({}),
  tables: { goods, shelves },
}

let sites: SampleSites
beforeAll(async () => {
  sites = await sampleSites([shop], { values })
}, PGLITE_START_MS_MAX)
afterAll(() => sites.close())
const judge = (query: AnyQuery) => sites.agree([query])

test('every query answers alike on both engines, per site and in total', async () => {
  const report = await sites.agree(shop.queries)
  expect(report).toEqual({ queries: 4, comparisons: 8 * 2 * 4, siteOnly: 1 })
})

test('a query that leaves ties in any order, or nulls where the engine puts them, is found', async () => {
  const loose = defineQuery({
    ...shared,
    select: ({ db, goods }) => db.select({ at: goods.soldAt, id: goods.id }).from(goods).orderBy(goods.soldAt),
    shape: (rows) => rows,
  })
  await expect(judge(loose)).rejects.toThrow('differs')
})

test('a join by id alone is found', async () => {
  const astray = defineQuery({
    ...shared,
    select: ({ db, goods, shelves, byKey }) =>
      db
        .select({ id: goods.id })
        .from(goods)
        .innerJoin(shelves, eq(goods.shelfId, shelves.id))
        .orderBy(...byKey(goods)),
    shape: (rows) => rows,
  })
  await expect(judge(astray)).rejects.toThrow('use ref(column, key)')
})

test('a query that is never seen to find anything is not taken as tested', async () => {
  const blind = defineQuery({
    ...shared,
    select: ({ db, goods, byKey }) =>
      db
        .select({ id: goods.id })
        .from(goods)
        .where(startsWith(goods.label, 'nothing'))
        .orderBy(...byKey(goods)),
    shape: (rows) => rows,
  })
  await expect(judge(blind)).rejects.toThrow('found no row')
})

test('a sum past safe integers throws on either engine instead of being rounded', async () => {
  const sum = defineQuery({
    ...shared,
    select: ({ db, goods }) => db.select({ sum: sumOf(goods.priceMinor) }).from(goods),
    shape: (rows) => rows,
  })
  await expect(judge(sum)).rejects.toThrow('no safe integer')
})

test('modules are judged by themselves, over the tables of those beside them', async () => {
  const list = { ...shop.queries[0]!, name: 'other.list' }
  const report = await queriesAgree([defineModule({ name: 'other', queries: [list] })], { values, beside: [shop] })
  expect(report).toEqual({ queries: 1, comparisons: 6 * 2 * 4, siteOnly: 0 })
})

test('an answer that is not what its query promises is found', async () => {
  const query = {
    ...shared,
    select: ({ db, goods, byKey }: Reader<typeof shared.tables>) =>
      db
        .select({ id: goods.id })
        .from(goods)
        .orderBy(...byKey(goods)),
  }
  const broken = { ...query, output: z.array(z.object({ id: z.number() })), shape: (rows: unknown) => rows }
  await expect(judge(broken)).rejects.toThrow('answers what it does not promise')
})
