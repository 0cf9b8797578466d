/** Money that comes in at a price that only an offer explains: which offers held when it was paid. */
import { and, count, eq, isNotNull } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { ascending, countRows, defineQuery } from '@lango/kernel/db'
import type { CommandContext } from '@lango/kernel/verbs'
import { heldAt, offeredPrice, perPhoneMax } from '../offers/index.ts'
import { offers } from '../offers/tables.ts'
import { plans } from '../plans/tables.ts'
import { holdsUse, usesOf } from './offer-uses.ts'
import type { Price } from './price.ts'
import { isForSale } from './rules.ts'
import { payments, purchases } from './tables.ts'

/** That a plan cost so much with an offer is not so, or not for this phone, or no use of it is left. */
export type OfferThenFault = { readonly type: 'OfferNotHeld'; readonly offer: number; readonly plan: string }

/**
 * What the money of a receipt is exactly the price of, with an offer that held when it was paid: for a person to decide.
 * Offers and plans are as they are now. Somebody's own code for their friends is none of these: nobody knows that it was
 * meant.
 */
export const offersThen = defineQuery({
  name: 'payments.offersThen',
  summary: 'Lists the plans that cost what a receipt paid, with an offer that held when it was paid.',
  permission: 'payments.read',
  input: z.object({ receipt: z.string().max(64), at: z.number().int() }),
  tables: { payments, purchases, plans, offers },
  examples: [
    { receipt: 'a', at: 1_795_240_000_000 },
    { receipt: 'b', at: 1_795_240_000_000 },
  ],
  select: ({ db, payments, purchases, plans, offers, byKey, ref }, { receipt, at }) => ({
    payment: db
      .select()
      .from(payments)
      .where(eq(payments.receipt, receipt))
      .orderBy(...byKey(payments)),
    plans: db
      .select()
      .from(plans)
      .where(eq(plans.status, 'active'))
      .orderBy(ascending(plans.name), ...byKey(plans)),
    offers: db
      .select()
      .from(offers)
      .orderBy(ascending(offers.number), ...byKey(offers)),
    uses: db
      .select({ offerId: purchases.offerId, uses: countRows() })
      .from(purchases)
      .where(and(isNotNull(purchases.offerId), holdsUse(purchases, at)))
      .groupBy(purchases.offerId)
      .orderBy(ascending(purchases.offerId)),
    ofPhone: db
      .select({ offerId: purchases.offerId, uses: countRows() })
      .from(purchases)
      .innerJoin(payments, ref(purchases.phone, payments.phone))
      .where(and(eq(payments.receipt, receipt), isNotNull(purchases.offerId), holdsUse(purchases, at)))
      .groupBy(purchases.offerId)
      .orderBy(ascending(purchases.offerId)),
  }),
  shape({ payment: [payment], plans: sold, offers: made, uses, ofPhone }) {
    if (!payment) return []
    const counted = (rows: typeof uses, id: string) => rows.find(({ offerId }) => offerId === id)?.uses ?? 0
    const { amountMinor, currency, paidAt } = payment
    const held = made.filter(
      (offer) =>
        heldAt(offer, counted(uses, offer.id), paidAt) && counted(ofPhone, offer.id) < perPhoneMax(offer, false),
    )
    return sold
      .filter((plan) => isForSale(plan) && plan.currency === currency)
      .flatMap((plan) =>
        held
          .filter((offer) => offeredPrice(offer, plan) === amountMinor)
          .map(({ number, name, code }) => ({ plan: plan.name, offer: number, name, code, amountMinor, currency })),
      )
  },
})

type Plan = Pick<typeof plans.site.$inferSelect, 'id' | 'name' | 'priceMinor' | 'currency'>

/** What a plan cost with an offer when something was paid, if it held then and may be used once more by this phone. */
export const priceThen = (
  ctx: CommandContext,
  plan: Plan,
  { offer: number, phone, paidAt }: { readonly offer: number; readonly phone: string; readonly paidAt: number },
): Result<Price, OfferThenFault> => {
  const offer = ctx.db.select().from(offers.site).where(eq(offers.site.number, number)).get()
  const amountMinor = offer && offeredPrice(offer, plan)
  const isGood =
    offer !== undefined &&
    heldAt(offer, allUsesOf(ctx, offer.id), paidAt) &&
    usesOf(ctx, offer.id, { phone, device: undefined }, amountMinor === 0) < perPhoneMax(offer, amountMinor === 0)
  if (!isGood || amountMinor === undefined) return err({ type: 'OfferNotHeld', offer: number, plan: plan.name })
  return ok({ amountMinor, discountMinor: plan.priceMinor - amountMinor, offerId: offer.id, referralId: null })
}

const allUsesOf = (ctx: CommandContext, offerId: string): number => {
  const { site } = purchases
  const held = and(eq(site.offerId, offerId), holdsUse(site, ctx.now))
  return ctx.db.select({ uses: count() }).from(site).where(held).get()!.uses
}
