/** A small feature of the kernel's own, to prove the kit on: a shop with shelves, goods and a secret or two. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '../base/index.ts'
import {
  ascending,
  contains,
  countRows,
  countWhere,
  defineQuery,
  defineTable,
  descending,
  largerOf,
  smallerOf,
  startsWith,
  sumOf,
  truth,
} from '../db/index.ts'
import { defineCommand, defineEvent, defineJob, defineModule, secretText } from '../verbs/index.ts'

export const shelves = defineTable('shelves', { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' }, (c) => ({
  id: c.id(),
  name: c.text(),
  room: c.optText(),
}))

export const goods = defineTable(
  'goods',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    shelfId: c.ref('shelves'),
    backupShelfId: c.optRef('shelves'),
    label: c.text(),
    state: c.oneOf(['new', 'sold', 'lost']),
    count: c.int(),
    reserved: c.int(),
    priceMinor: c.minor(),
    soldAt: c.optInstant(),
    fragile: c.flag(),
    extras: c.json<{ tags: string[] }>(),
    pin: c.secret(),
  }),
  { unique: { byLabel: ['label'] }, indexes: { byShelf: ['shelfId', 'state'] } },
)

/** Appended only. */
export const sales = defineTable('sales', { home: 'site', flow: 'append', onDelete: 'keep', key: 'no' }, (c) => ({
  goodId: c.ref(),
  at: c.instant(),
  octets: c.bytes64(),
}))

/** Never leaves the site. */
export const scratch = defineTable(
  'scratch',
  { home: 'sessions', flow: 'never', onDelete: 'follow', key: 'no' },
  (c) => ({ note: c.text() }),
)

export const goodSold = defineEvent<{ id: string }>('goods.sold')

export const addShelf = defineCommand({
  name: 'shelves.add',
  summary: 'Of the test.',
  permission: 'shop.write',
  input: z.object({ name: z.string().min(1) }),
  handle({ db, ids }, { name }) {
    const id = ids.next('shelf')
    db.insert(shelves.site).values({ id, name, room: null }).run()
    return ok({ id })
  },
})

export const addGood = defineCommand({
  name: 'goods.add',
  summary: 'Of the test.',
  permission: 'shop.write',
  input: z.object({ shelfId: z.string(), label: z.string(), pin: secretText() }),
  handle({ db, ids, vault, enqueue, emit }, { shelfId, label, pin }) {
    const id = ids.next('good')
    const sealed = vault.seal(pin, `goods.pin:${id}`)
    const row = { id, shelfId, label, state: 'new', count: 1, reserved: 0, priceMinor: 0, fragile: false } as const
    db.insert(goods.site)
      .values({ ...row, extras: { tags: [] }, pin: sealed })
      .run()
    enqueue(labelPrinter, { id })
    emit(goodSold, { id })
    if (label === 'forbidden') return err({ type: 'LabelRefused', label })
    if (label === 'broken') throw new Error('the handler broke')
    return ok({ id, number: 1 })
  },
})

export const setCount = defineCommand({
  name: 'goods.count',
  summary: 'Of the test.',
  permission: 'shop.write',
  input: z.object({ id: z.string(), count: z.int() }),
  handle({ db }, { id, count }) {
    db.update(goods.site).set({ count }).where(eq(goods.site.id, id)).run()
    return ok()
  },
})

export const labelPrinter = defineJob({
  name: 'goods.print',
  input: z.object({ id: z.string() }),
  limits: { attemptsMax: 3, timeoutMs: 1000, backoffMs: 100, backoffMsMax: 1000 },
  async run({ dispatch }, { id }) {
    dispatch(setCount, { id, count: 2 })
  },
})

export const goodsList = defineQuery({
  name: 'goods.list',
  summary: 'Of the test.',
  permission: 'shop.read',
  input: z.object({ search: z.string().default(''), fragile: z.boolean().optional() }),
  examples: [{}, { search: 'a' }, { search: 'É' }, { search: '%' }, { search: '\0' }, { fragile: true }],
  tables: { goods, shelves },
  select: ({ db, goods, shelves, ref, byKey }, { search, fragile }) =>
    db
      .select({
        id: goods.id,
        label: goods.label,
        shelf: shelves.name,
        room: shelves.room,
        soldAt: goods.soldAt,
        fragile: goods.fragile,
        extras: goods.extras,
        short: truth(startsWith(goods.label, 'a')),
        most: largerOf(goods.count, goods.reserved),
        least: smallerOf(goods.count, goods.reserved),
      })
      .from(goods)
      .innerJoin(shelves, ref(goods.shelfId, shelves.id))
      .where(fragile === undefined ? contains(goods.label, search) : eq(goods.fragile, fragile))
      .orderBy(descending(goods.soldAt), ascending(shelves.room), ...byKey(goods))
      .limit(50),
  shape: (rows, { search }) => ({ search, rows: rows.map((row) => ({ ...row, tags: row.extras.tags.length })) }),
})

export const shelfTotals = defineQuery({
  name: 'shelves.totals',
  summary: 'Of the test.',
  permission: 'shop.read',
  input: z.object({}),
  tables: { goods, shelves, sales },
  select: ({ db, goods, shelves, sales, ref, alias }) => {
    const spare = alias(shelves, 'spare')
    return {
      byShelf: db
        .select({
          shelf: shelves.name,
          kinds: countRows(),
          sold: countWhere(eq(goods.state, 'sold')),
          pieces: sumOf(goods.count),
        })
        .from(goods)
        .innerJoin(shelves, ref(goods.shelfId, shelves.id))
        .groupBy(shelves.name)
        .orderBy(ascending(shelves.name)),
      moved: db.select({ octets: sumOf(sales.octets), sales: countRows() }).from(sales),
      spares: db
        .select({ shelf: spare.name, kinds: countRows() })
        .from(goods)
        .leftJoin(spare, ref(goods.backupShelfId, spare.id))
        .groupBy(spare.name)
        .orderBy(ascending(spare.name)),
    }
  },
  shape: ({ byShelf, moved, spares }) => ({ byShelf, spares, ...moved[0]! }),
})

export const shelfRows = defineQuery({
  name: 'shelves.rows',
  summary: 'Of the test.',
  permission: 'shop.read',
  input: z.object({}),
  tables: { shelves, goods },
  select: ({ db, shelves, goods, ref, byKey }) => ({
    plain: db
      .select()
      .from(shelves)
      .orderBy(...byKey(shelves)),
    joined: db
      .select()
      .from(goods)
      .innerJoin(shelves, ref(goods.shelfId, shelves.id))
      .orderBy(...byKey(goods)),
  }),
  shape: (rows) => rows,
})

export const notes = defineQuery({
  name: 'scratch.notes',
  summary: 'Of the test.',
  permission: 'shop.read',
  input: z.object({}),
  tables: { scratch },
  select: ({ db, scratch, byKey }) =>
    db
      .select()
      .from(scratch)
      .orderBy(...byKey(scratch)),
  shape: (rows) => rows.map((row) => row.note),
})

export const shop = defineModule({
  name: 'shop',
  tables: [shelves, goods, sales, scratch],
  commands: [addShelf, addGood, setCount],
  queries: [goodsList, shelfTotals, shelfRows, notes],
  jobs: [labelPrinter],
})
