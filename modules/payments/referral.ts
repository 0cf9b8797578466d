/** Whoever's friend buys for the first time has something for it: once for each friend, and so many in a month. */
import { and, eq, gt, inArray, isNotNull, ne } from 'drizzle-orm'
import type { CommandContext } from '@lango/kernel/verbs'
import { grants } from '../access/tables.ts'
import { referralCodes, referrals } from '../offers/tables.ts'
import { createSettings } from '../settings/index.ts'
import { walletAt } from '../wallets/index.ts'
import type { Buyer } from './offer-uses.ts'
import { purchases } from './tables.ts'
import { planForSale, putPurchase } from './wish.ts'

type Purchase = typeof purchases.site.$inferSelect

/** Their own code; or they have paid here before, and are no new one. */
export type FriendFault = 'own' | 'not-new'

const MONTH_MS = 30 * 86_400_000

/** Money in a wallet has bought nothing yet. */
const hasPaid = (ctx: CommandContext, phone: string, besides = ''): boolean => {
  const { site } = purchases
  const bought = and(eq(site.phone, phone), eq(site.purpose, 'plan'), gt(site.amountMinor, 0))
  const paid = and(bought, isNotNull(site.confirmedAt), ne(site.id, besides))
  return ctx.db.select({ id: site.id }).from(site).where(paid).get() !== undefined
}

const phoneOfCode = ({ db }: CommandContext, codeId: string): string =>
  db.select().from(referralCodes.site).where(eq(referralCodes.site.id, codeId)).get()!.phone

/** Why somebody is not the friend that a code is for. */
export const friendFault = (ctx: CommandContext, codeId: string, { phone, device }: Buyer): FriendFault | undefined => {
  const { site } = purchases
  const referrer = phoneOfCode(ctx, codeId)
  const sameDevice =
    device !== undefined &&
    ctx.db
      .select({ id: site.id })
      .from(site)
      .where(and(eq(site.phone, referrer), eq(site.device, device)))
      .get() !== undefined
  if (phone === referrer || sameDevice) return 'own'
  return hasPaid(ctx, phone) ? 'not-new' : undefined
}

/** What is to be given for this purchase to whoever told of it, put on record; undefined where nothing is. */
export const rewardFor = (ctx: CommandContext, purchase: Purchase): Purchase | undefined => {
  const { id: purchaseId, referralId: codeId, phone: friendPhone, walletId } = purchase
  // Out of another's wallet they have paid nothing themselves.
  if (codeId === null || (walletId !== null && walletAt(ctx, walletId)?.phone !== friendPhone)) return undefined
  const { referralPlan, referralMonthlyMax } = createSettings(ctx.raw)()
  const plan = referralPlan === '' ? undefined : planForSale(ctx, referralPlan)
  // Nothing is promised for it any more, or the plan is not sold so.
  if (!plan?.ok) return undefined
  const { site } = referrals
  const before = ctx.db.select({ id: site.id }).from(site).where(eq(site.friendPhone, friendPhone)).get()
  if (before || hasPaid(ctx, friendPhone, purchaseId)) return undefined
  const rewarded = ctx.db
    .select({ id: site.id })
    .from(site)
    .where(and(eq(site.codeId, codeId), eq(site.state, 'rewarded'), gt(site.at, ctx.now - MONTH_MS)))
    .all().length
  const isCapped = rewarded >= referralMonthlyMax
  const { priceMinor: discountMinor } = plan.value
  const free = { amountMinor: 0, discountMinor, offerId: null, referralId: null, phone: phoneOfCode(ctx, codeId) }
  const reward = isCapped ? undefined : putPurchase(ctx, plan.value, free)
  const state = isCapped ? 'capped' : 'rewarded'
  const rewardId = reward?.id ?? null
  ctx.db
    .insert(site)
    .values({ id: ctx.ids.next('rfr'), codeId, friendPhone, purchaseId, rewardId, state, at: ctx.now })
    .run()
  return reward
}

/** What was given for a purchase that is paid back, and that nobody has used: it is to be ended too. */
export const unusedReward = (ctx: CommandContext, { id }: Purchase): Purchase | undefined => {
  const { site } = referrals
  const referral = ctx.db.select().from(site).where(eq(site.purchaseId, id)).get()
  if (referral?.state !== 'rewarded' || referral.rewardId === null) return undefined
  const reward = ctx.db
    .select({ purchase: purchases.site, firstUsedAt: grants.site.firstUsedAt })
    .from(purchases.site)
    .leftJoin(grants.site, eq(grants.site.serviceId, purchases.site.id))
    .where(and(eq(purchases.site.id, referral.rewardId), inArray(purchases.site.state, ['confirmed', 'granted'])))
    .get()
  if (!reward || reward.firstUsedAt !== null) return undefined
  ctx.db.update(site).set({ state: 'taken-back' }).where(eq(site.id, referral.id)).run()
  return reward.purchase
}
