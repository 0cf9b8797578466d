/** What a provider has posted: written down first, then a reason to ask, and never more. */
import { count, eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { callbackLimits, outcomeOf } from './callback-rules.ts'
import { askJob, pullNowJob, takeBackJob } from './jobs-asked-for.ts'
import { mpesaConfig } from './mpesa.ts'
import { hand, purchaseAt, takeBack, type Purchase } from './settle.ts'
import { paymentInbox, purchases } from './tables.ts'

const claim = z.object({
  ref: z.string().max(500),
  isPaid: z.boolean(),
  amountMinor: z.number().int().optional(),
  currency: z.string().max(3).optional(),
})

/** Whoever calls this has seen that the address was the purchase's own. The same again changes nothing. */
export const hearCallback = defineCommand({
  name: 'payments.callback',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({
    purchaseId: z.string(),
    origin: z.string().max(64),
    isKnownSource: z.boolean(),
    body: z.string().max(callbackLimits.bodyOctetsMax),
    digest: z.string().length(64),
    /** Undefined where it cannot be read. */
    claim: claim.optional(),
  }),
  audit: ({ purchaseId, origin, digest }) => ({ purchaseId, origin, digest }),
  handle(ctx, { claim: told, ...arrived }) {
    const purchase = purchaseAt(ctx, arrived.purchaseId)
    if (!purchase) return err({ type: 'PurchaseUnknown', purchase: arrived.purchaseId })
    if (isWritten(ctx, arrived.digest) || rowsOf(ctx, purchase) >= callbackLimits.rowsOfPurchaseMax)
      return ok({ outcome: undefined })
    const outcome = outcomeOf(purchase, told, mpesaConfig(ctx).trustUpTo)
    ctx.db
      .insert(paymentInbox.site)
      .values({ ...arrived, arrivedAt: ctx.now, outcome })
      .run()
    forgetOld(ctx)
    if (outcome === 'listed') ctx.enqueue(pullNowJob, {}, { key: 'now' })
    if (outcome === 'asked' || outcome === 'ahead') ask(ctx, purchase, told?.isPaid === true)
    if (outcome === 'ahead') giveAhead(ctx, purchase)
    return ok({ outcome })
  },
})

const isWritten = ({ db }: CommandContext, digest: string): boolean => {
  const { site } = paymentInbox
  return db.select({ no: site.no }).from(site).where(eq(site.digest, digest)).get() !== undefined
}

const rowsOf = ({ db }: CommandContext, { id }: Purchase): number => {
  const { site } = paymentInbox
  return db.select({ rows: count() }).from(site).where(eq(site.purchaseId, id)).get()!.rows
}

const forgetOld = ({ raw, now }: CommandContext): void => {
  const { keptMs, forgottenAtOnce } = callbackLimits
  raw
    .prepare(
      'DELETE FROM payment_inbox WHERE no IN (SELECT no FROM payment_inbox WHERE arrived_at < ? ORDER BY arrived_at LIMIT ?)',
    )
    .run(now - keptMs, forgottenAtOnce)
}

const ask = (ctx: CommandContext, { id, claimedAt }: Purchase, isPaid: boolean): void => {
  if (isPaid && claimedAt === null)
    ctx.db.update(purchases.site).set({ claimedAt: ctx.now }).where(eq(purchases.site.id, id)).run()
  ctx.enqueue(askJob, { purchaseId: id }, { key: id })
}

/** Where nobody trusts the clock it waits until it is confirmed, as everything else does. */
const giveAhead = (ctx: CommandContext, purchase: Purchase): void => {
  const { id } = purchase
  if (!hand(ctx, purchase)) return
  ctx.db.update(purchases.site).set({ aheadAt: ctx.now }).where(eq(purchases.site.id, id)).run()
  ctx.enqueue(takeBackJob, { purchaseId: id }, { runAt: ctx.now + callbackLimits.confirmWithinMs, key: id })
}

/** The minute is over for what was given ahead. */
export const endAhead = defineCommand({
  name: 'purchases.endAhead',
  permission: 'system',
  isInternal: true,
  input: z.object({ purchaseId: z.string() }),
  handle(ctx, { purchaseId }) {
    const purchase = purchaseAt(ctx, purchaseId)
    if (purchase?.confirmedAt === null) {
      takeBack(ctx, purchase)
      const deniedAt = purchase.deniedAt ?? ctx.now
      ctx.db.update(purchases.site).set({ deniedAt }).where(eq(purchases.site.id, purchaseId)).run()
    }
    return ok({ purchaseId })
  },
})
