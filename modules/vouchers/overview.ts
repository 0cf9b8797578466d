/** What the desk's lists of vouchers read: batches with how far they are sold, the vouchers of one, who holds them. */
import { and, eq, gt, inArray, isNotNull, isNull, lte, ne, or, sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import {
  ascending,
  contains,
  countRows,
  countWhere,
  defineQuery,
  descending,
  type Reader,
  type ResultOf,
} from '@lango/kernel/db'
import { staff } from '../people/tables.ts'
import { plans } from '../plans/tables.ts'
import { voucherStates, type VoucherState } from './rules.ts'
import { voucherBatches, vouchers } from './tables.ts'

const PAGE_ROWS_MAX = 200
const page = {
  offset: z.number().int().min(0).default(0),
  limit: z.number().int().min(1).max(PAGE_ROWS_MAX).default(50),
}
const instant = z.number().int()

type Vouchers = typeof vouchers.read

const isOver = ({ expiresAt }: Vouchers, now: number): SQL => and(isNotNull(expiresAt), lte(expiresAt, now))!
const isGood = ({ expiresAt }: Vouchers, now: number): SQL => or(isNull(expiresAt), gt(expiresAt, now))!

/** `voucherState` as a condition. */
const stateIs = (state: VoucherState, vouchers: Vouchers, now: number): SQL => {
  if (state === 'revoked') return eq(vouchers.state, 'revoked')
  if (state === 'expired') return and(ne(vouchers.state, 'revoked'), isOver(vouchers, now))!
  if (state === 'used')
    return and(ne(vouchers.state, 'revoked'), isGood(vouchers, now), isNotNull(vouchers.firstUsedAt))!
  return and(eq(vouchers.state, state), isGood(vouchers, now), isNull(vouchers.firstUsedAt))!
}

/**
 * Vouchers that are alike in holder and state are counted together, in the order of an index; two questions about each
 * one are left, where six conditions a voucher made a batch of 100,000 slow.
 */
const talliesOf = (vouchers: Vouchers, now: number) => ({
  holder: vouchers.holder,
  state: vouchers.state,
  all: countRows(),
  over: countWhere(isOver(vouchers, now)),
  used: countWhere(and(isGood(vouchers, now), isNotNull(vouchers.firstUsedAt))!),
})

type Tally = Pick<typeof vouchers.read.$inferSelect, 'holder' | 'state'> & Record<'all' | 'over' | 'used', number>
export type VoucherCounts = Readonly<Record<VoucherState, number>>
export const NO_VOUCHERS: VoucherCounts = { made: 0, given: 0, sold: 0, used: 0, expired: 0, revoked: 0, away: 0 }

/** `voucherState` of all of them. */
const countsFrom = (tallies: readonly Tally[]): VoucherCounts => {
  const counts = { ...NO_VOUCHERS }
  for (const { state, all, over, used } of tallies) {
    if (state === 'revoked') {
      counts.revoked += all
      continue
    }
    counts.expired += over
    counts.used += used
    counts[state] += all - over - used
  }
  return counts
}

/** Batches, the newest first. */
export const deskBatches = defineQuery({
  name: 'vouchers.overview',
  summary: 'Lists batches of vouchers, the newest first, of one plan or number where given.',
  permission: 'vouchers.read',
  input: z.object({
    /** A plan's name. */
    plan: z.string().max(64).optional(),
    /** Of this number only. */
    number: z.number().int().optional(),
    ...page,
  }),
  tables: { voucherBatches, plans, staff },
  examples: [{}, { plan: 'a' }, { number: 2 }, { offset: 1, limit: 2 }],
  select: ({ db, voucherBatches, plans, staff, ref, byKey }, { plan, number, offset, limit }) => {
    const isMeant = and(
      plan === undefined ? undefined : eq(plans.name, plan),
      number === undefined ? undefined : eq(voucherBatches.number, number),
    )
    return {
      rows: db
        .select({
          id: voucherBatches.id,
          number: voucherBatches.number,
          planId: plans.id,
          plan: plans.name,
          prefix: voucherBatches.prefix,
          codeLength: voucherBatches.codeLength,
          numeric: voucherBatches.numeric,
          wanted: voucherBatches.wanted,
          useBefore: voucherBatches.useBefore,
          createdAt: voucherBatches.createdAt,
          createdBy: voucherBatches.createdBy,
          note: voucherBatches.note,
          loanId: voucherBatches.loanId,
          maker: staff.name,
        })
        .from(voucherBatches)
        .innerJoin(plans, ref(voucherBatches.planId, plans.id))
        .leftJoin(staff, ref(voucherBatches.createdBy, staff.id))
        .where(isMeant)
        .orderBy(descending(voucherBatches.number), ...byKey(voucherBatches))
        .limit(limit)
        .offset(offset),
      total: db
        .select({ count: countRows() })
        .from(voucherBatches)
        .innerJoin(plans, ref(voucherBatches.planId, plans.id))
        .where(isMeant),
    }
  },
  shape: ({ rows, total }) => ({ rows, total: total[0]?.count ?? 0 }),
})

type ListTables = { readonly vouchers: typeof vouchers; readonly voucherBatches: typeof voucherBatches }
const listTables: ListTables = { vouchers, voucherBatches }

/** How many vouchers of each of these batches are in each state at an instant. */
export const batchCounts = defineQuery({
  name: 'vouchers.counts',
  summary: 'Counts the vouchers of each given batch by state at an instant.',
  permission: 'vouchers.read',
  input: z.object({ batches: z.array(z.number().int()).max(PAGE_ROWS_MAX), now: instant }),
  tables: listTables,
  examples: [
    { batches: [1, 2, 3], now: 0 },
    { batches: [1, 2, 3], now: 4_000_000_000_000 },
    { batches: [], now: 0 },
  ],
  select: ({ db, vouchers, voucherBatches, ref }, { batches, now }) =>
    db
      .select({ batch: voucherBatches.number, ...talliesOf(vouchers, now) })
      .from(voucherBatches)
      .innerJoin(vouchers, ref(vouchers.batchId, voucherBatches.id))
      .where(inArray(voucherBatches.number, batches))
      .groupBy(voucherBatches.number, vouchers.holder, vouchers.state)
      .orderBy(ascending(voucherBatches.number), ascending(vouchers.holder), ascending(vouchers.state)),
  shape: (rows) =>
    [...Map.groupBy(rows, ({ batch }) => batch)].map(([batch, tallies]) => ({ batch, ...countsFrom(tallies) })),
})

export type DeskBatch = ResultOf<typeof deskBatches>['rows'][number]

const listed = {
  batch: z.number().int(),
  now: instant,
  state: z.enum(voucherStates).optional(),
  q: z.string().max(100).default(''),
}
type Listed = z.output<z.ZodObject<typeof listed>>

/**
 * The vouchers of a batch whose serial number, code's end or holder a text may mean. Each is looked up by itself: one
 * condition with `or` between them reads the whole batch.
 */
const meantBy = (read: Reader<ListTables>, batch: number, text: string): SQL => {
  const { db, vouchers, voucherBatches, alias, ref, scoped } = read
  const [other, itsBatch] = [alias(vouchers, 'other'), alias(voucherBatches, 'its_batch')]
  const those = (condition: SQL) =>
    db
      .select({ id: scoped(other.id) })
      .from(other)
      .innerJoin(itsBatch, ref(other.batchId, itsBatch.id))
      .where(and(eq(itsBatch.number, batch), condition))
  // A batch has few holders, and each of them many vouchers: from one to the next, the text is held against each once.
  const next = (from: SQL): SQL =>
    sql`(select min(${vouchers.holder}) from ${vouchers} where ${vouchers.batchId} = ${from})`
  const named = sql`(select holder from (
    with recursive found(batch_id, holder) as (
      select ${voucherBatches.id}, ${next(sql`${voucherBatches.id}`)} from ${voucherBatches}
      where ${voucherBatches.number} = ${batch} union all
      select batch_id, ${next(sql`found.batch_id and ${vouchers.holder} > found.holder`)} from found
      where found.holder is not null
    ) select holder from found) as holders where ${contains(sql`holders.holder`, text)})`
  const byText = those(eq(other.tail, text.replace(/^…/, '').toUpperCase())).union(
    those(sql`${other.holder} in ${named}`),
  )
  const meant = /^\d{1,9}$/.test(text) ? byText.union(those(eq(other.serial, Number(text)))) : byText
  return sql`(${scoped(vouchers.id)}) in ${meant}`
}

const isListed = (read: Reader<ListTables>, { batch, now, state, q }: Listed): SQL =>
  and(
    q.trim() === '' ? eq(read.voucherBatches.number, batch) : meantBy(read, batch, q.trim()),
    state === undefined ? undefined : stateIs(state, read.vouchers, now),
  )!

/** Vouchers of a batch in order of their serial numbers. */
export const deskVouchers = defineQuery({
  name: 'vouchers.inBatch',
  summary: 'Lists the vouchers of a batch by serial number, by state or search where given, a page at a time.',
  permission: 'vouchers.read',
  input: z.object({ ...listed, ...page }),
  tables: listTables,
  examples: [
    { batch: 1, now: 0 },
    ...voucherStates.map((state) => ({ batch: 2, now: 2_000_000_000_000, state })),
    { batch: 1, now: 0, q: 'a' },
    { batch: 1, now: 0, q: '1', offset: 1, limit: 1 },
  ],
  select(read, { offset, limit, ...asked }) {
    const { db, vouchers, voucherBatches, ref, byKey, alias, scoped } = read
    // Which they are is told by an index alone.
    const page = db
      .select({ id: scoped(vouchers.id) })
      .from(vouchers)
      .innerJoin(voucherBatches, ref(vouchers.batchId, voucherBatches.id))
      .where(isListed(read, asked))
      .orderBy(ascending(vouchers.serial), ...byKey(vouchers))
      .limit(limit)
      .offset(offset)
    const shown = alias(vouchers, 'shown')
    return db
      .select({
        id: shown.id,
        serial: shown.serial,
        tail: shown.tail,
        state: shown.state,
        holder: shown.holder,
        changedAt: shown.changedAt,
        firstUsedAt: shown.firstUsedAt,
        expiresAt: shown.expiresAt,
      })
      .from(shown)
      .where(sql`(${scoped(shown.id)}) in ${page}`)
      .orderBy(ascending(shown.serial), ...byKey(shown))
  },
  shape: (rows) => rows,
})

/** How many there are of what `vouchers.inBatch` lists. */
export const countVouchers = defineQuery({
  name: 'vouchers.countInBatch',
  summary: 'Counts the vouchers of a batch that a state or a search means.',
  permission: 'vouchers.read',
  input: z.object(listed),
  tables: listTables,
  examples: [
    { batch: 1, now: 0 },
    { batch: 2, now: 0, state: 'used' },
    { batch: 1, now: 0, q: 'a' },
    { batch: 1, now: 0, q: '1', state: 'made' },
  ],
  select(read, asked) {
    const { db, vouchers, voucherBatches, ref } = read
    return db
      .select({ count: countRows() })
      .from(vouchers)
      .innerJoin(voucherBatches, ref(vouchers.batchId, voucherBatches.id))
      .where(isListed(read, asked))
  },
  shape: (rows) => rows[0]?.count ?? 0,
})

/** Who has vouchers of a batch, or sold them, and what became of those; null stands for those that nobody has yet. */
export const batchHolders = defineQuery({
  name: 'vouchers.holders',
  summary: 'Lists who holds or has sold vouchers of a batch, null for nobody yet, and what became of those.',
  permission: 'vouchers.read',
  input: z.object({ batch: z.number().int(), now: instant }),
  tables: listTables,
  examples: [1, 2, 3, 4].map((batch) => ({ batch, now: 2_000_000_000_000 })),
  select: ({ db, vouchers, voucherBatches, ref }, { batch, now }) =>
    db
      .select(talliesOf(vouchers, now))
      .from(vouchers)
      .innerJoin(voucherBatches, ref(vouchers.batchId, voucherBatches.id))
      .where(eq(voucherBatches.number, batch))
      .groupBy(vouchers.holder, vouchers.state)
      .orderBy(ascending(vouchers.holder), ascending(vouchers.state)),
  shape: (rows) =>
    [...Map.groupBy(rows, ({ holder }) => holder)].map(([holder, tallies]) => ({ holder, ...countsFrom(tallies) })),
})

/** How many of these serial numbers can still be given or sold: what `vouchers.hand` would move. */
export const movable = defineQuery({
  name: 'vouchers.movable',
  summary: 'Counts how many of a range of serial numbers vouchers.hand would move.',
  permission: 'vouchers.read',
  input: z.object({ batch: z.number().int(), from: z.number().int(), to: z.number().int() }),
  tables: listTables,
  examples: [{ batch: 1, from: 1, to: 8 }],
  select: ({ db, vouchers, voucherBatches, ref }, { batch, from, to }) =>
    db
      .select({ movable: countWhere(inArray(vouchers.state, ['made', 'given'])), total: countRows() })
      .from(vouchers)
      .innerJoin(voucherBatches, ref(vouchers.batchId, voucherBatches.id))
      .where(and(eq(voucherBatches.number, batch), sql`${vouchers.serial} between ${from} and ${to}`)),
  shape: (rows) => rows[0] ?? { movable: 0, total: 0 },
})

/** The voucher with a serial number of a batch, as it is printed beside the code: 3-17. */
export const voucherAt = defineQuery({
  name: 'vouchers.at',
  summary: 'Finds the voucher with a serial number of a batch, as it is printed beside the code.',
  permission: 'vouchers.read',
  input: z.object({ batch: z.number().int(), serial: z.number().int() }),
  tables: listTables,
  examples: [1, 2, 3, 4, 5].flatMap((batch) => [1, 2, 3, 4].map((serial) => ({ batch, serial }))),
  select: ({ db, vouchers, voucherBatches, ref, byKey }, { batch, serial }) =>
    db
      .select({ id: vouchers.id })
      .from(vouchers)
      .innerJoin(voucherBatches, ref(vouchers.batchId, voucherBatches.id))
      .where(and(eq(voucherBatches.number, batch), eq(vouchers.serial, serial)))
      .orderBy(...byKey(vouchers)),
  shape: (rows) => rows[0]?.id,
})
