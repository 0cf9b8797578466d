/** The books of sales: what is written when vouchers are sold, and when sold ones end before anybody used them. */
import { eq, inArray } from 'drizzle-orm'
import { money } from '@lango/kernel'
import { insertSql, type NewRowOf } from '@lango/kernel/db'
import type { CommandContext } from '@lango/kernel/verbs'
import { accessChanged } from '../access/index.ts'
import { grants } from '../access/tables.ts'
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
  for (const voucherId of voucherIds)
    add.run({
      id: ctx.ids.next('vsl'),
      voucherId,
      kind: 'sold',
      ...seller,
      ...terms,
      // As drizzle keeps a flag.
      codeTold: codeTold ? 1 : 0,
      at: ctx.now,
      by: ctx.actor.id,
    })
  return terms
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
  if (back.length > 0) ctx.db.insert(sales).values(back).run()
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
