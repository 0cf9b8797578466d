/** The books of sales: what is written when vouchers are sold, and when sold ones end before anybody used them. */
import { eq, inArray } from 'drizzle-orm'
import { money, orThrow, type Money } from '@lango/kernel'
import { insertSql, type NewRowOf } from '@lango/kernel/db'
import type { CommandContext } from '@lango/kernel/verbs'
import { accessChanged } from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { credit, debit, post, type Account } from '../ledger/index.ts'
import { staff } from '../people/tables.ts'
import { plans } from '../plans/tables.ts'
import { commissionOf } from './rules.ts'
import { voucherMoves, voucherSales, vouchers, type voucherBatches } from './tables.ts'

/** Whoever has vouchers or sells them: somebody of the staff by their login, or a shop by whatever it is called. */
export type Seller = { readonly holder: string; readonly agentId: string | null }

export const sellerCalled = ({ db }: CommandContext, holder: string): Seller => {
  const login = holder.toLowerCase()
  const person = db.select({ id: staff.site.id }).from(staff.site).where(eq(staff.site.login, login)).get()
  return person ? { holder: login, agentId: person.id } : { holder, agentId: null }
}

type Sale = {
  readonly voucherIds: readonly string[]
  readonly batch: Pick<typeof voucherBatches.site.$inferSelect, 'planId'>
  readonly seller: Seller
  readonly codeTold: boolean
}

/** Writes a sale at the price and the rate of now, a row for each voucher; tells them. */
export const recordSales = (ctx: CommandContext, { voucherIds, batch, seller, codeTold }: Sale) => {
  const { priceMinor, currency } = ctx.db.select().from(plans.site).where(eq(plans.site.id, batch.planId)).get()!
  const agent =
    seller.agentId === null
      ? undefined
      : ctx.db
          .select({ commissionBp: staff.site.commissionBp })
          .from(staff.site)
          .where(eq(staff.site.id, seller.agentId))
          .get()
  const commissionBp = agent?.commissionBp ?? null
  const commissionMinor = commissionOf(money(priceMinor, currency), commissionBp ?? 0).minor
  const terms = { priceMinor, currency, commissionBp, commissionMinor }
  const add = ctx.raw.prepare(insertSql(voucherSales))
  const ids = voucherIds.map(() => ctx.ids.next('vsl'))
  for (const [index, voucherId] of voucherIds.entries())
    add.run({
      id: ids[index],
      voucherId,
      kind: 'sold',
      ...seller,
      ...terms,
      // As drizzle keeps a flag.
      codeTold: codeTold ? 1 : 0,
      at: ctx.now,
      by: ctx.actor.id,
    })
  if (ids[0] !== undefined) book(ctx, 'sold', ids[0], { ...seller, ...terms, vouchers: ids.length })
  return terms
}

const INCOME: Account = { kind: 'income', code: 'vouchers' }
const COMMISSION: Account = { kind: 'expense', code: 'commission' }

type Sold = Seller & {
  readonly priceMinor: number
  readonly commissionMinor: number
  readonly currency: string
  readonly vouchers: number
}

/** In the ledger: the seller holds the money that they took, and is owed what they earned. `id` is the first sale's own. */
const book = (ctx: CommandContext, kind: 'sold' | 'refunded', id: string, sold: Sold): void => {
  const who = sold.agentId ?? sold.holder
  const sign = kind === 'sold' ? 1 : -1
  const [price, commission] = [sold.priceMinor, sold.commissionMinor].map((minor) =>
    money(sign * minor * sold.vouchers, sold.currency),
  ) as [Money, Money]
  const lines = [
    debit({ kind: 'asset', code: `cash:${who}` }, price),
    credit(INCOME, price),
    debit(COMMISSION, commission),
    credit({ kind: 'liability', code: `commission:${who}` }, commission),
  ].filter(({ amount }) => amount.minor !== 0)
  if (lines.length > 0) orThrow(post(ctx, { kind, cause: `voucher-sale:${id}:${kind}`, lines }))
}

type Move = Omit<NewRowOf<typeof voucherMoves>, 'id' | 'holder' | 'at' | 'by'>

export const recordMove = (ctx: CommandContext, move: Move, { holder }: Seller): void => {
  ctx.db
    .insert(voucherMoves.site)
    .values({ id: ctx.ids.next('vmv'), ...move, holder, at: ctx.now, by: ctx.actor.id })
    .run()
}

/** Gives sales back: of those among these vouchers that were sold and never used, once. */
const reverseSales = (ctx: CommandContext, ids: readonly string[]): void => {
  const { site: sales } = voucherSales
  const rows = ctx.db
    .select({ sale: sales, firstUsedAt: grants.site.firstUsedAt })
    .from(sales)
    .innerJoin(grants.site, eq(grants.site.serviceId, sales.voucherId))
    .where(inArray(sales.voucherId, ids))
    .all()
  const reversed = new Set(rows.filter(({ sale }) => sale.kind === 'reversed').map(({ sale }) => sale.voucherId))
  const back = rows
    .filter(({ sale, firstUsedAt }) => firstUsedAt === null && !reversed.has(sale.voucherId))
    .map(({ sale }): NewRowOf<typeof voucherSales> => ({
      ...sale,
      id: ctx.ids.next('vsl'),
      kind: 'reversed',
      at: ctx.now,
      by: ctx.actor.id,
    }))
  if (back.length === 0) return
  ctx.db.insert(sales).values(back).run()
  // Sales of one seller at one price are one entry.
  const alike = Map.groupBy(back, ({ holder, agentId, priceMinor, commissionMinor, currency }) =>
    JSON.stringify([agentId ?? holder, priceMinor, commissionMinor, currency]),
  )
  for (const group of alike.values())
    book(ctx, 'refunded', group[0]!.id, { ...group[0]!, agentId: group[0]!.agentId ?? null, vouchers: group.length })
}

export type Ending = { readonly id: string; readonly grantNo: number }

/** Ends vouchers for good; sessions on them end too, and what was sold and never used is given back. */
export const endVouchers = (ctx: CommandContext, which: readonly Ending[]): void => {
  if (which.length === 0) return
  const ids = which.map(({ id }) => id)
  reverseSales(ctx, ids)
  ctx.db
    .update(vouchers.site)
    .set({ state: 'revoked', changedAt: ctx.now, changedBy: ctx.actor.id })
    .where(inArray(vouchers.site.id, ids))
    .run()
  ctx.db.update(grants.site).set({ status: 'ended' }).where(inArray(grants.site.serviceId, ids)).run()
  for (const { grantNo } of which) ctx.emit(accessChanged, { grantNo })
}
