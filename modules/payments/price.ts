/** What whoever asks for a plan pays for it now. */
import { err, ok, type Result } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type { CommandContext } from '@lango/kernel/verbs'
import { bestOffer, isOfPlan, offeredPrice, perPhoneMax, readOfferCode, type OfferState } from '../offers/index.ts'
import { offersOpen, usesOf, type Buyer, type Standing } from './offer-uses.ts'
import { friendFault, type FriendFault } from './referral.ts'

export type Price = {
  readonly amountMinor: number
  readonly discountMinor: number
  readonly offerId: string | null
  readonly referralId: string | null
}

export type CodeFault = {
  readonly type: 'OfferCodeUnfit'
  readonly code: string
  /**
   * No offer has it; it does not hold now; it was used as often as it may be, by all or by this phone; for other plans; a
   * friend's, and they are no new one.
   */
  readonly why: 'unknown' | Exclude<OfferState, 'open'> | 'used-by-phone' | 'other-plans' | FriendFault
}

export type PriceFault = {
  readonly type: 'PriceChanged'
  readonly plan: string
  readonly shownMinor: number
  readonly priceMinor: number
  readonly currency: string
}

/** Nobody pays more than they have seen. */
export const dearerThan = (
  shownMinor: number | undefined,
  { amountMinor: priceMinor }: Price,
  { name: plan, currency }: { readonly name: string; readonly currency: string },
): PriceFault | undefined =>
  shownMinor === undefined || priceMinor <= shownMinor
    ? undefined
    : { type: 'PriceChanged', plan, shownMinor, priceMinor, currency }

type Plan = { readonly id: string; readonly priceMinor: number; readonly currency: string }
type Asked = Buyer & { readonly code: string | undefined }

type Coded = ResultOf<typeof offersOpen>['coded']

/** Why a code does nothing for a plan and whoever types it. */
const whyNot = (ctx: CommandContext, coded: Coded, plan: Plan, buyer: Buyer): CodeFault['why'] | undefined => {
  if (!coded) return 'unknown'
  if (coded.state !== 'open') return coded.state
  if (!isOfPlan(coded, plan)) return 'other-plans'
  if (coded.isFriends) return friendFault(ctx, coded.id, buyer)
  return mayUse(ctx, coded, plan, buyer) ? undefined : 'used-by-phone'
}

const mayUse = (ctx: CommandContext, offer: Standing, plan: Plan, buyer: Buyer): boolean => {
  const isFree = offeredPrice(offer, plan) === 0
  const max = perPhoneMax(offer, isFree)
  return max === Number.POSITIVE_INFINITY || usesOf(ctx, offer.id, buyer, isFree) < max
}

/** The best for them of what holds; a code that they have typed and that does nothing is said, and not passed over. */
export const priceFor = (
  ctx: CommandContext,
  plan: Plan,
  { code: typed = '', ...buyer }: Asked,
): Result<Price, CodeFault> => {
  const code = readOfferCode(typed)
  const { open, coded } = ctx.query(offersOpen, { at: ctx.now, ...(code !== undefined && { code }) })
  const why = typed === '' ? undefined : whyNot(ctx, coded, plan, buyer)
  if (why !== undefined) return err({ type: 'OfferCodeUnfit', code: typed, why })
  const usable = open.filter((offer) => mayUse(ctx, offer, plan, buyer))
  const best = bestOffer(plan, usable)
  const friends = open.find((offer) => offer.isFriends)
  const amountMinor = best?.priceMinor ?? plan.priceMinor
  return ok({
    amountMinor,
    discountMinor: plan.priceMinor - amountMinor,
    offerId: best === undefined || best.offer.isFriends ? null : best.offer.id,
    referralId: friends?.id ?? null,
  })
}
