/** How often a phone is asked to pay: a prompt is a nuisance to whoever did not ask for it. */
import { and, count, eq, gt, inArray, isNull, ne } from 'drizzle-orm'
import type { CommandContext } from '@lango/kernel/verbs'
import { paymentLimits } from './rules.ts'
import type { Purchase } from './settle.ts'
import { standingOrders } from './standing-table.ts'
import { purchases } from './tables.ts'

export type PromptFault =
  | { readonly type: 'PromptOpen'; readonly number: number }
  | { readonly type: 'PromptsMany'; readonly max: number }
  /** They are asked to agree to a standing order. */
  | { readonly type: 'StandingOrderAsked'; readonly number: number }

/** Why it is not asked now; undefined where it is. */
export const promptRefused = (ctx: CommandContext, phone: string): PromptFault | undefined => {
  const open = openPrompt(ctx, phone)
  if (open) return { type: 'PromptOpen', number: open.number }
  const order = openOrder(ctx, phone)
  if (order) return { type: 'StandingOrderAsked', number: order.number }
  const { unpaidPromptsMax: max } = paymentLimits
  return unpaidPrompts(ctx, phone) + unagreedOrders(ctx, phone) >= max ? { type: 'PromptsMany', max } : undefined
}

/** A phone has one prompt at a time: a second one is refused there, or paid twice. */
const openPrompt = (ctx: CommandContext, phone: string): Purchase | undefined =>
  ctx.db
    .select()
    .from(purchases.site)
    .where(
      and(
        eq(purchases.site.phone, phone),
        gt(purchases.site.requestedAt, ctx.now - paymentLimits.promptLifeMs),
        inArray(purchases.site.state, ['requested', 'accepted']),
      ),
    )
    .get()

const unpaidPrompts = (ctx: CommandContext, phone: string): number =>
  ctx.db
    .select({ id: purchases.site.id })
    .from(purchases.site)
    .where(
      and(
        eq(purchases.site.phone, phone),
        gt(purchases.site.requestedAt, ctx.now - paymentLimits.unpaidWithinMs),
        isNull(purchases.site.confirmedAt),
      ),
    )
    .all().length

const openOrder = ({ db, now }: CommandContext, phone: string) => {
  const { site } = standingOrders
  const lately = gt(site.askedAt, now - paymentLimits.promptLifeMs)
  const open = and(eq(site.phone, phone), lately, inArray(site.state, ['asked', 'unknown']))
  return db.select({ number: site.number }).from(site).where(open).get()
}

const unagreedOrders = ({ db, now }: CommandContext, phone: string): number => {
  const { site } = standingOrders
  const lately = gt(site.askedAt, now - paymentLimits.unpaidWithinMs)
  const unagreed = and(eq(site.phone, phone), lately, ne(site.state, 'active'))
  return db.select({ rows: count() }).from(site).where(unagreed).get()!.rows
}
