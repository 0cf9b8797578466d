/** What is wanted: a plan that people buy by themselves, and the row of the purchase. */
import { eq } from 'drizzle-orm'
import { err, ok, type Result } from '@lango/kernel'
import type { CommandContext } from '@lango/kernel/verbs'
import { drawReference } from '../ledger/index.ts'
import { plans } from '../plans/tables.ts'
import type { Price } from './price.ts'
import { isForSale } from './rules.ts'
import { purchases } from './tables.ts'

type Plan = typeof plans.site.$inferSelect
type Purchase = typeof purchases.site.$inferSelect

export type SaleFault =
  | { readonly type: 'PlanUnknown'; readonly plan: string }
  /** It is not one that people take by themselves: another kind, or free, or for a time that is chosen with the sale. */
  | { readonly type: 'PlanNotForSale'; readonly plan: string }

export const planForSale = (ctx: CommandContext, name: string): Result<Plan, SaleFault> => {
  const plan = ctx.db.select().from(plans.site).where(eq(plans.site.name, name)).get()
  if (plan?.status !== 'active') return err({ type: 'PlanUnknown', plan: name })
  return isForSale(plan) ? ok(plan) : err({ type: 'PlanNotForSale', plan: name })
}

type Asked = Price & { readonly phone: string; readonly device?: string | undefined }

/** At the plan's own price. */
export const fullPrice = ({ priceMinor: amountMinor }: Plan): Price => ({
  amountMinor,
  discountMinor: 0,
  offerId: null,
  referralId: null,
})

export const putPurchase = (ctx: CommandContext, plan: Plan, { device, ...asked }: Asked): Purchase => {
  const id = ctx.ids.next('pur')
  ctx.db
    .insert(purchases.site)
    .values({
      id,
      number: ctx.counter('purchase'),
      reference: freeReference(ctx),
      state: 'requested',
      purpose: 'plan',
      paidBy: 'mpesa',
      planId: plan.id,
      currency: plan.currency,
      ...asked,
      device: device ?? null,
      requestedAt: ctx.now,
      unheard: 0,
      mayStillBePaid: false,
    })
    .run()
  return ctx.db.select().from(purchases.site).where(eq(purchases.site.id, id)).get()!
}

export const freeReference = (ctx: CommandContext): string => {
  const taken = ctx.raw.prepare<[string]>('SELECT 1 FROM purchases WHERE reference = ?')
  return drawReference('L', ctx.random.below, (reference) => taken.get(reference) !== undefined)
}
