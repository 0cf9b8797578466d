/** What is known of those who sell vouchers: their stock, their sales, what they earned. */
import { and, eq, gt, gte, isNotNull, isNull, lt, or, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, countRows, defineQuery, descending, sumOf } from '@lango/kernel/db'
import { grants } from '../access/tables.ts'
import { staff } from '../people/tables.ts'
import { plans } from '../plans/tables.ts'
import type { Seller } from './sales.ts'
import { voucherBatches, voucherSales, vouchers } from './tables.ts'

/** Sellers of one report. */
export const SELLERS_MAX = 1000
const SALES_MAX = 200

const period = { fromAt: z.number().int(), toAt: z.number().int() }
type Period = { readonly fromAt: number; readonly toAt: number }

type SalesTable = typeof voucherSales.read

const within = (sales: SalesTable, { fromAt, toAt }: Period): SQL => and(gte(sales.at, fromAt), lt(sales.at, toAt))!

/** What rows come to that are alike in currency and kind: a condition in each sum takes longer than a row for each kind. */
const sumsOf = (sales: SalesTable) => ({
  currency: sales.currency,
  kind: sales.kind,
  vouchers: countRows(),
  priceMinor: sumOf(sales.priceMinor),
  commissionMinor: sumOf(sales.commissionMinor),
})

type Sums = {
  readonly currency: string
  readonly kind: 'sold' | 'reversed'
  readonly vouchers: number
  readonly priceMinor: number
  readonly commissionMinor: number
}

/** What was sold and what was given back, told apart. */
export type Balance = {
  readonly currency: string
  readonly sold: number
  readonly salesMinor: number
  readonly earnedMinor: number
  readonly reversed: number
  readonly reversedSalesMinor: number
  readonly reversedMinor: number
  readonly netMinor: number
}

/** By currency, in its order. */
const balancesOf = (sums: readonly Sums[]): readonly Balance[] =>
  [...Map.groupBy(sums, ({ currency }) => currency)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, rows]) => {
      const sum = (kind: Sums['kind'], of: 'vouchers' | 'priceMinor' | 'commissionMinor'): number =>
        rows.reduce((total, row) => total + (row.kind === kind ? row[of] : 0), 0)
      const [earnedMinor, reversedMinor] = [sum('sold', 'commissionMinor'), sum('reversed', 'commissionMinor')]
      return {
        currency,
        sold: sum('sold', 'vouchers'),
        salesMinor: sum('sold', 'priceMinor'),
        earnedMinor,
        reversed: sum('reversed', 'vouchers'),
        reversedSalesMinor: sum('reversed', 'priceMinor'),
        reversedMinor,
        netMinor: earnedMinor - reversedMinor,
      }
    })

/** In somebody's hands to sell, and still good for a first login: what ends a voucher's grant revokes the voucher too. */
const isInStock = ({ state, firstUsedAt, expiresAt }: typeof vouchers.read, now: number): SQL =>
  and(eq(state, 'given'), isNull(firstUsedAt), or(isNull(expiresAt), gt(expiresAt, now)))!

/** One's own stock by plan: the desk asks with the id of whoever is signed in, and nobody else has the permission. */
export const ownStock = defineQuery({
  name: 'vouchers.ownStock',
  summary: 'Counts an agent’s stock by plan.',
  permission: 'self',
  input: z.object({ staffId: z.string(), now: z.number().int() }),
  tables: { vouchers, voucherBatches, plans },
  examples: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({ staffId: `staff_${n}`, now: 0 })),
  select: ({ db, vouchers, voucherBatches, plans, ref }, { staffId, now }) =>
    db
      .select({
        planId: plans.id,
        plan: plans.name,
        priceMinor: plans.priceMinor,
        currency: plans.currency,
        stock: countRows(),
      })
      .from(vouchers)
      .innerJoin(voucherBatches, ref(vouchers.batchId, voucherBatches.id))
      .innerJoin(plans, ref(voucherBatches.planId, plans.id))
      .where(and(eq(vouchers.agentId, staffId), isInStock(vouchers, now)))
      .groupBy(plans.id, plans.name, plans.priceMinor, plans.currency)
      .orderBy(ascending(plans.name), ascending(plans.id)),
  shape: (rows) => rows,
})

/** One's own sales of a period, the latest first, with what became of each voucher. */
export const ownSales = defineQuery({
  name: 'vouchers.ownSales',
  summary: 'Lists an agent’s own sales of a period, the latest first, with what became of each voucher.',
  permission: 'self',
  input: z.object({ staffId: z.string(), ...period }),
  tables: { voucherSales, vouchers, voucherBatches, plans, grants },
  examples: [1, 2, 3, 4].map((n) => ({ staffId: `staff_${n}`, fromAt: 0, toAt: 4_000_000_000_000 })),
  select: ({ db, voucherSales: sales, vouchers, voucherBatches, plans, grants, ref, byKey }, { staffId, ...asked }) =>
    db
      .select({
        id: vouchers.id,
        at: sales.at,
        plan: plans.name,
        batch: voucherBatches.number,
        serial: vouchers.serial,
        priceMinor: sales.priceMinor,
        currency: sales.currency,
        commissionMinor: sales.commissionMinor,
        codeTold: sales.codeTold,
        state: vouchers.state,
        firstUsedAt: grants.firstUsedAt,
        expiresAt: grants.expiresAt,
      })
      .from(sales)
      .innerJoin(vouchers, ref(sales.voucherId, vouchers.id))
      .innerJoin(voucherBatches, ref(vouchers.batchId, voucherBatches.id))
      .innerJoin(plans, ref(voucherBatches.planId, plans.id))
      .innerJoin(grants, ref(grants.serviceId, vouchers.id))
      .where(and(eq(sales.agentId, staffId), eq(sales.kind, 'sold'), within(sales, asked)))
      .orderBy(descending(sales.at), ...byKey(sales))
      .limit(SALES_MAX),
  shape: (rows) => rows,
})

/** What one's own sales of a period came to, by currency. */
export const ownCommission = defineQuery({
  name: 'vouchers.ownCommission',
  summary: 'Sums an agent’s own sales and commission of a period, by currency.',
  permission: 'self',
  input: z.object({ staffId: z.string(), ...period }),
  tables: { voucherSales, staff },
  examples: [1, 2, 3, 4].map((n) => ({ staffId: `staff_${n}`, fromAt: 0, toAt: 4_000_000_000_000 })),
  select: ({ db, voucherSales: sales, staff, byKey }, { staffId, ...asked }) => ({
    sums: db
      .select(sumsOf(sales))
      .from(sales)
      .where(and(eq(sales.agentId, staffId), within(sales, asked)))
      .groupBy(sales.currency, sales.kind)
      .orderBy(ascending(sales.currency), ascending(sales.kind)),
    person: db
      .select({ commissionBp: staff.commissionBp })
      .from(staff)
      .where(eq(staff.id, staffId))
      .orderBy(...byKey(staff)),
  }),
  shape: ({ sums, person: [person] }) => ({ sums: balancesOf(sums), commissionBp: person?.commissionBp ?? null }),
})

/** Somebody of the staff by their login, as whoever hands vouchers on names them; undefined for anybody else. */
export const agentCalled = defineQuery({
  name: 'vouchers.agent',
  summary: 'Finds the agent whom vouchers can be handed to, by login; null for anybody who is none.',
  permission: 'vouchers.read',
  input: z.object({ holder: z.string().max(64) }),
  tables: { staff },
  examples: [{ holder: 'a' }],
  select: ({ db, staff, byKey }, { holder }) =>
    db
      .select({ login: staff.login, name: staff.name })
      .from(staff)
      .where(eq(staff.login, holder.trim().toLowerCase()))
      .orderBy(...byKey(staff)),
  shape: (rows) => rows[0],
})

/**
 * Sales and commission of a period by seller, and what each has in stock now. A voucher that was sold in one period and
 * given back in another counts in both: in the first as sold, in the second as reversed.
 */
export const commissionReport = defineQuery({
  name: 'vouchers.commission',
  summary: 'Sums sales and commission of a period by seller, with what each has in stock now.',
  permission: 'vouchers.read',
  input: z.object({ ...period, now: z.number().int() }),
  tables: { voucherSales, vouchers, staff },
  examples: [
    { fromAt: 0, toAt: 4_000_000_000_000, now: 0 },
    { fromAt: 0, toAt: 1, now: 0 },
  ],
  select: ({ db, voucherSales: sales, vouchers, staff }, { now, ...asked }) => ({
    sales: db
      .select({ holder: sales.holder, agentId: sales.agentId, ...sumsOf(sales) })
      .from(sales)
      .where(within(sales, asked))
      .groupBy(sales.holder, sales.agentId, sales.currency, sales.kind)
      .orderBy(ascending(sales.holder), ascending(sales.agentId), ascending(sales.currency), ascending(sales.kind)),
    stock: db
      .select({ holder: vouchers.holder, agentId: vouchers.agentId, stock: countRows() })
      .from(vouchers)
      .where(and(isNotNull(vouchers.holder), isInStock(vouchers, now)))
      .groupBy(vouchers.holder, vouchers.agentId)
      .orderBy(ascending(vouchers.holder), ascending(vouchers.agentId)),
    people: db
      .select({ id: staff.id, name: staff.name })
      .from(staff)
      .orderBy(ascending(staff.id), ascending(staff.name)),
  }),
  shape({ sales, stock, people }) {
    const names = new Map(people.map(({ id, name }) => [id, name]))
    const sellers = new Map<string, SellerLine>()
    const keyOf = ({ holder, agentId }: Seller): string => `${agentId ?? ''} ${holder}`
    const lineOf = ({ holder, agentId }: Seller): SellerLine => {
      const key = keyOf({ holder, agentId })
      const name = agentId === null ? null : (names.get(agentId) ?? null)
      const line = sellers.get(key) ?? { holder, agentId, name, stock: 0, sales: [] }
      sellers.set(key, line)
      return line
    }
    const bySeller = [...Map.groupBy(sales, keyOf).values()]
    for (const sums of bySeller.slice(0, SELLERS_MAX)) lineOf(sums[0]!).sales.push(...balancesOf(sums))
    for (const { holder, agentId, stock: count } of stock.slice(0, SELLERS_MAX))
      lineOf({ holder: holder ?? '', agentId }).stock = count
    return {
      sellers: [...sellers.values()],
      totals: balancesOf(sales),
      stock: stock.reduce((sum, each) => sum + each.stock, 0),
      /** There are more than are told; the totals are of all. */
      isCut: bySeller.length > SELLERS_MAX || stock.length > SELLERS_MAX,
    }
  },
})

/** Whoever sold in the period, or has some to sell. */
export type SellerLine = Seller & {
  readonly name: string | null
  stock: number
  readonly sales: Balance[]
}
