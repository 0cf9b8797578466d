import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { goods, type goodsList, type shelfTotals } from '../testing/shop.fixture.ts'
import { defineQuery, type ResultOf } from './query.ts'
import { columnList, insertSql, selectSql } from './sql.ts'
import { defineTable, type NewRowOf, type RowOf } from './table.ts'

const policy = { home: 'site', flow: 'latest', onDelete: 'follow' } as const

test('a definition carries the JavaScript type of each kind', () => {
  const table = defineTable('kinds', { ...policy, key: 'no' }, (c) => ({
    state: c.oneOf(['open', 'closed']),
    planId: c.ref(),
    note: c.optText(),
    octets: c.bytes64(),
    until: c.optInstant(),
    on: c.flag(),
    tags: c.json<string[]>(),
    pin: c.optSecret(),
  }))
  expectTypeOf<RowOf<typeof table>>().toEqualTypeOf<{
    no: number
    state: 'open' | 'closed'
    planId: string
    note: string | null
    octets: number
    until: number | null
    on: boolean
    tags: string[]
    pin: Buffer | null
  }>()
  expectTypeOf<NewRowOf<typeof table>['no']>().toEqualTypeOf<number | undefined>()
  expectTypeOf<NewRowOf<typeof table>['planId']>().toEqualTypeOf<string>()
  expect(Object.keys(table.read)).not.toContain('pin')
  expect(Object.keys(table.mirror)).not.toContain('pin')
  expect(Object.keys(table.site)).toContain('pin')
})

test('a query knows the types of its rows, joins included', () => {
  expectTypeOf<ResultOf<typeof goodsList>['rows'][number]['soldAt']>().toEqualTypeOf<number | null>()
  expectTypeOf<ResultOf<typeof goodsList>['rows'][number]['shelf']>().toEqualTypeOf<string>()
  expectTypeOf<ResultOf<typeof shelfTotals>['spares'][number]['shelf']>().toEqualTypeOf<string | null>()
})

test('selecting a secret column does not compile', () => {
  const shared = { name: 'x', summary: 'Of the test.', permission: 'x', input: z.object({}), tables: { goods } }
  defineQuery({
    ...shared,
    // @ts-expect-error the column does not exist for a query
    select: ({ db, goods }) => db.select({ pin: goods.pin }).from(goods),
    shape: (rows) => rows,
  })
  defineQuery({
    ...shared,
    select: ({ db }) =>
      db
        .select({
          // @ts-expect-error not by way of the site's own table either
          pin: goods.site.pin,
        })
        .from(goods.site),
    shape: (rows) => rows,
  })
  expect(Object.keys(goods.read)).not.toContain('pin')
})

test('definitions that cannot be are refused', () => {
  expect(() => defineTable('Plans', { ...policy, key: 'no' }, () => ({}))).toThrow('no table name')
  expect(() => defineTable('plans', { ...policy, key: 'id' }, (c) => ({ name: c.text() }))).toThrow('no key column')
  expect(() => defineTable('plans', { ...policy, key: 'no' }, (c) => ({ id: c.text() }))).toThrow('plans.id is no key')
  expect(() => defineTable('plans', { ...policy, key: 'no' }, (c) => ({ other: c.id() }))).toThrow('second key')
  expect(() => defineTable('plans', { ...policy, key: 'no' }, (c) => ({ tenantId: c.text() }))).toThrow(
    'no column name',
  )
  expect(() => defineTable('plans', { ...policy, key: 'no' }, (c) => ({ plan_name: c.text() }))).toThrow(
    'no column name',
  )
})

test('hot paths get their SQL from the definition', () => {
  const table = defineTable('plans', { ...policy, key: 'no' }, (c) => ({ priceMinor: c.minor(), ipv6Pool: c.text() }))
  expect(columnList(table)).toBe('"no", "price_minor", "ipv6_pool"')
  expect(selectSql(table, ['priceMinor'])).toBe('SELECT "price_minor" AS "priceMinor" FROM "plans"')
  expect(insertSql(table, { without: ['no'] })).toBe(
    'INSERT INTO "plans" ("price_minor", "ipv6_pool") VALUES (@priceMinor, @ipv6Pool)',
  )
})
