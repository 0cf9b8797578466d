/** How often a phone is asked to pay: a prompt is a nuisance to whoever did not ask for it. */
import { and, eq, gt, inArray, isNull } from 'drizzle-orm'
import type { CommandContext } from '@lango/kernel/verbs'
import { paymentLimits } from './rules.ts'
import type { Purchase } from './settle.ts'
import { purchases } from './tables.ts'

export type PromptFault =
  | { readonly type: 'PromptOpen'; readonly number: number }
  | { readonly type: 'PromptsMany'; readonly max: number }

/** Why it is not asked now; undefined where it is. */
export const promptRefused = (ctx: CommandContext, phone: string): PromptFault | undefined => {
  const open = openPrompt(ctx, phone)
  if (open) return { type: 'PromptOpen', number: open.number }
  const { unpaidPromptsMax: max } = paymentLimits
  return unpaidPrompts(ctx, phone) >= max ? { type: 'PromptsMany', max } : undefined
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
