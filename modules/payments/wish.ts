/** What is wanted: a plan that people buy by themselves, and the row of the purchase. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import type { CommandContext } from '@lango/kernel/verbs'
import { plans } from '../plans/tables.ts'
import { drawReference, isForSale } from './rules.ts'
import { purchaseAt, type Purchase } from './settle.ts'
import { purchases } from './tables.ts'

/** E.164. */
export const phoneSchema = z.string().regex(/^\+[1-9]\d{6,14}$/, 'A phone number is written as +254712345678.')

const DRAWS_MAX = 100

type Plan = typeof plans.site.$inferSelect

export type SaleFault =
  | { readonly type: 'PlanUnknown'; readonly plan: string }
  /** It is not one that people take by themselves: another kind, or free, or for a time that is chosen with the sale. */
  | { readonly type: 'PlanNotForSale'; readonly plan: string }

export const planForSale = (ctx: CommandContext, name: string): Result<Plan, SaleFault> => {
  const plan = ctx.db.select().from(plans.site).where(eq(plans.site.name, name)).get()
  if (plan?.status !== 'active') return err({ type: 'PlanUnknown', plan: name })
  return isForSale(plan) ? ok(plan) : err({ type: 'PlanNotForSale', plan: name })
}

export const putPurchase = (ctx: CommandContext, plan: Plan, phone: string): Purchase => {
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
      amountMinor: plan.priceMinor,
      currency: plan.currency,
      phone,
      requestedAt: ctx.now,
      unheard: 0,
      mayStillBePaid: false,
    })
    .run()
  return purchaseAt(ctx, id)!
}

const freeReference = (ctx: CommandContext): string => {
  const { site } = purchases
  for (let draws = 0; draws < DRAWS_MAX; draws++) {
    const reference = drawReference((limit) => ctx.random.below(limit))
    const taken = ctx.db.select({ id: site.id }).from(site).where(eq(site.reference, reference)).get()
    if (!taken) return reference
  }
  throw new Error(`no free reference in ${DRAWS_MAX} draws`)
}
