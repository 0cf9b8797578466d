/** What a provider has posted: written down first, then a reason to ask, and never more. */
import { and, count, eq, gt, isNull } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { readReference } from '../ledger/index.ts'
import { callbackLimits, confirmationOutcome, outcomeOf, type Confirmed } from './callback-rules.ts'
import { arrival, isWritten, keep, mayCount } from './inbox.ts'
import { askJob, pullNowJob, takeBackJob } from './jobs-asked-for.ts'
import { mpesaConfig } from './mpesa.ts'
import { hand, purchaseAt, takeBack, type Purchase } from './settle.ts'
import { paymentInbox, paymentMarks, payments, purchases } from './tables.ts'

const claim = z.object({
  ref: z.string().max(500),
  isPaid: z.boolean(),
  amountMinor: z.number().int().optional(),
  currency: z.string().max(3).optional(),
})

/** Posted to the address of a prompt. The same again changes nothing. */
export const hearCallback = defineCommand({
  name: 'payments.callback',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({
    ...arrival,
    purchaseId: z.string(),
    /** Undefined where it cannot be read. */
    claim: claim.optional(),
  }),
  audit: ({ purchaseId, origin, digest }) => ({ purchaseId, origin, digest }),
  handle(ctx, { claim: told, ...arrived }) {
    const purchase = purchaseAt(ctx, arrived.purchaseId)
    if (!purchase) return err({ type: 'PurchaseUnknown', purchase: arrived.purchaseId })
    if (isWritten(ctx, arrived.digest) || rowsOf(ctx, purchase) >= callbackLimits.rowsOfPurchaseMax)
      return ok({ outcome: undefined })
    // What is in a wallet may be spent at once: it is there only once it is confirmed.
    const isNever = purchase.purpose === 'wallet' || !mayBeAhead(ctx, purchase)
    const trustUpTo = isNever ? 0 : mpesaConfig(ctx).trustUpTo
    const outcome = mayCount(ctx, arrived) ? outcomeOf(purchase, told, trustUpTo) : 'unknown-source'
    keep(ctx, { ...arrived, outcome })
    if (outcome === 'listed') pullSoon(ctx)
    if (outcome === 'asked' || outcome === 'ahead') ask(ctx, purchase, told?.isPaid === true)
    if (outcome === 'ahead') giveAhead(ctx, purchase)
    return ok({ outcome })
  },
})

const payment = z.object({
  receipt: z.string().max(500),
  shortcode: z.string().max(500),
  account: z.string().max(500),
  amountMinor: z.number().int(),
})

/** Posted to the address that is told of every payment. It has the list read, or a prompt asked after, and no more. */
export const hearConfirmation = defineCommand({
  name: 'payments.confirmation',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({
    ...arrival,
    /** Undefined where it cannot be read. */
    payment: payment.optional(),
  }),
  audit: ({ origin, digest }) => ({ origin, digest }),
  handle(ctx, { payment: told, ...arrived }) {
    if (isWritten(ctx, arrived.digest)) return ok({ outcome: undefined })
    const named = told && purchaseNamed(ctx, told.account)
    const counts = mayCount(ctx, arrived)
    const outcome = counts ? confirmationOutcome(told && confirmed(ctx, told, named)) : 'unknown-source'
    if (confirmationsLately(ctx) < callbackLimits.confirmationsMax) keep(ctx, { ...arrived, outcome })
    if (outcome === 'listed') pullSoon(ctx)
    if (outcome === 'asked') ask(ctx, named!, false)
    return ok({ outcome })
  },
})

const purchaseNamed = ({ db }: CommandContext, account: string): Purchase | undefined =>
  db
    .select()
    .from(purchases.site)
    .where(eq(purchases.site.reference, readReference(account)))
    .get()

const confirmed = (
  ctx: CommandContext,
  { receipt, shortcode, amountMinor }: z.output<typeof payment>,
  named: Purchase | undefined,
): Confirmed => {
  const { site } = payments
  const own = mpesaConfig(ctx)
  return {
    isOurShortcode: [own.shortcode, own.till].includes(shortcode),
    isKnown: ctx.db.select({ id: site.id }).from(site).where(eq(site.receipt, receipt)).get() !== undefined,
    amountMinor,
    named,
  }
}

const confirmationsLately = ({ db, now }: CommandContext): number => {
  const { site } = paymentInbox
  const since = now - callbackLimits.confirmationsWithinMs
  const { purchaseId, refundId, payoutId, questionId, standingOrderId } = site
  const ofNothing = [purchaseId, refundId, payoutId, questionId, standingOrderId].map((column) => isNull(column))
  const lately = and(gt(site.arrivedAt, since), ...ofNothing)
  return db.select({ rows: count() }).from(site).where(lately).get()!.rows
}

/** At once, and then not again for some seconds, however much comes: each reading is a request of hours of payments. */
const pullSoon = (ctx: CommandContext): void => {
  const pulled = ctx.db.select().from(paymentMarks.site).get()
  const runAt = Math.max(ctx.now, (pulled?.at ?? 0) + callbackLimits.pullAgainMs)
  ctx.enqueue(pullNowJob, {}, { key: 'now', runAt })
}

const rowsOf = ({ db }: CommandContext, { id }: Purchase): number => {
  const { site } = paymentInbox
  return db.select({ rows: count() }).from(site).where(eq(site.purchaseId, id)).get()!.rows
}

const ask = (ctx: CommandContext, { id, claimedAt }: Purchase, isPaid: boolean): void => {
  if (isPaid && claimedAt === null)
    ctx.db.update(purchases.site).set({ claimedAt: ctx.now }).where(eq(purchases.site.id, id)).run()
  ctx.enqueue(askJob, { purchaseId: id }, { key: id })
}

/** Not to a phone that was given something ahead within the day and has not paid for it, nor once many have not. */
const mayBeAhead = ({ db, now }: CommandContext, { phone }: Purchase): boolean => {
  const { site } = purchases
  const { aheadUnpaidOfPhoneMax, aheadUnpaidMax, aheadWithinMs } = callbackLimits
  const unpaid = and(gt(site.aheadAt, now - aheadWithinMs), isNull(site.confirmedAt))
  const phones = db.select({ phone: site.phone }).from(site).where(unpaid).limit(aheadUnpaidMax).all()
  const own = phones.filter((one) => one.phone === phone).length
  return phones.length < aheadUnpaidMax && own < aheadUnpaidOfPhoneMax
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
