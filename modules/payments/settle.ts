/** From paid to given: what a purchase brings, in the transaction that says that it is paid. */
import { and, between, eq } from 'drizzle-orm'
import { Secret } from '@lango/kernel'
import type { CommandContext } from '@lango/kernel/verbs'
import { createGrantWriter, policyRow } from '../access/index.ts'
import { plans } from '../plans/tables.ts'
import { drawPassword, validityAt } from '../services/index.ts'
import { bookGranted, bookMoved, bookPaid } from './books.ts'
import { grantJob } from './jobs-asked-for.ts'
import { paymentLimits } from './rules.ts'
import { payments, purchases } from './tables.ts'

export type Purchase = typeof purchases.site.$inferSelect

/** How long until it is tried again to give what was paid for while nobody trusts the clock. */
const GRANT_AGAIN_MS = 60_000

/** A grant's login of a purchase. Nobody types it: the portal hands it to the router. */
export const loginOf = ({ reference }: Pick<Purchase, 'reference'>): string => `purchase:${reference}`

const put = (ctx: CommandContext, id: string, values: Partial<Purchase>): void => {
  ctx.db.update(purchases.site).set(values).where(eq(purchases.site.id, id)).run()
}

export const purchaseAt = (ctx: CommandContext, id: string): Purchase | undefined =>
  ctx.db.select().from(purchases.site).where(eq(purchases.site.id, id)).get()

/** It is paid for: gives what it bought, or sees to it that it is given as soon as the clock is trusted. */
export const settle = (ctx: CommandContext, purchase: Purchase, isBooked: boolean): void => {
  if (!isBooked) bookPaid(ctx, purchase)
  put(ctx, purchase.id, { state: 'confirmed', confirmedAt: ctx.now, mayStillBePaid: false, failure: null })
  give(ctx, purchase)
}

/**
 * Its prompt says that it is paid. The receipt of it may have come before, when several purchases could have been meant:
 * then that is the money, and not further money.
 */
export const settleByPrompt = (ctx: CommandContext, purchase: Purchase): void => {
  const payment = receiptOf(ctx, purchase)
  if (!payment) return settle(ctx, purchase, false)
  ctx.db
    .update(payments.site)
    .set({ state: 'matched', purchaseId: purchase.id, doubt: null })
    .where(eq(payments.site.id, payment.id))
    .run()
  bookMoved(ctx, payment)
  settle(ctx, purchase, true)
}

/** The nearest in time of those that name nothing, wait for somebody, and can be of this phone. */
const receiptOf = (ctx: CommandContext, { phone, amountMinor, currency, requestedAt }: Purchase) => {
  const { site } = payments
  const { fitsWithinMs } = paymentLimits
  const [nearest] = ctx.db
    .select()
    .from(site)
    .where(
      and(
        eq(site.state, 'unmatched'),
        eq(site.account, ''),
        eq(site.amountMinor, amountMinor),
        eq(site.currency, currency),
        between(site.paidAt, requestedAt - fitsWithinMs, requestedAt + fitsWithinMs),
      ),
    )
    .all()
    .filter(({ phones }) => phones.includes(phone))
    .toSorted((one, other) => Math.abs(one.paidAt - requestedAt) - Math.abs(other.paidAt - requestedAt))
  return nearest
}

/** The plan as it was paid for, whatever became of it meanwhile. */
export const give = (ctx: CommandContext, purchase: Purchase): void => {
  const { id } = purchase
  const plan = ctx.db.select().from(plans.site).where(eq(plans.site.id, purchase.planId)).get()!
  const validity = validityAt(ctx, plan)
  if (!validity.ok) return ctx.enqueue(grantJob, { purchaseId: id }, { runAt: ctx.now + GRANT_AGAIN_MS, key: id })
  createGrantWriter(ctx)({
    serviceId: id,
    login: loginOf(purchase),
    kind: plan.kind,
    password: new Secret(drawPassword((limit) => ctx.random.below(limit))),
    policyId: policyRow(ctx, plan.policy),
    ...validity.value,
    macLogin: undefined,
    devices: [],
    framedIp: undefined,
    framedIpv6Prefix: undefined,
    delegatedIpv6Prefix: undefined,
    vlan: undefined,
    quotaOctets: plan.quotaOctets ?? undefined,
    quotaSec: plan.quotaSec ?? undefined,
  })
  put(ctx, id, { state: 'granted', grantedAt: ctx.now })
  bookGranted(ctx, purchase)
}
