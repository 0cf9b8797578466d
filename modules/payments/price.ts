/** What whoever asks for a plan pays for it now. */
import { err, ok, type Result } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type { CommandContext } from '@lango/kernel/verbs'
import { bestOffer, isOfPlan, offeredPrice, perPhoneMax, readOfferCode, type OfferState } from '../offers/index.ts'
import { offersOpen, usesOf, type Buyer } from './offer-uses.ts'

export type Price = { readonly amountMinor: number; readonly discountMinor: number; readonly offerId: string | null }

export type CodeFault = {
  readonly type: 'OfferCodeUnfit'
  readonly code: string
  /** No offer has it; it does not hold now; it was used as often as it may be, by all or by this phone; for other plans. */
  readonly why: 'unknown' | Exclude<OfferState, 'open'> | 'used-by-phone' | 'other-plans'
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

/** Why a code does nothing for a plan, whoever types it. */
const whyNot = (coded: Coded, plan: Plan): CodeFault['why'] | undefined => {
  if (!coded) return 'unknown'
  if (coded.state !== 'open') return coded.state
  return isOfPlan(coded, plan) ? undefined : 'other-plans'
}

/** The best for them of what holds; a code that they have typed and that does nothing is said, and not passed over. */
export const priceFor = (
  ctx: CommandContext,
  plan: Plan,
  { code: typed = '', ...buyer }: Asked,
): Result<Price, CodeFault> => {
  const code = readOfferCode(typed)
  const { open, coded } = ctx.query(offersOpen, { at: ctx.now, ...(code !== undefined && { code }) })
  const why = typed === '' ? undefined : whyNot(coded, plan)
  if (why !== undefined) return err({ type: 'OfferCodeUnfit', code: typed, why })
  const usable = open.filter((offer) => {
    const isFree = offeredPrice(offer, plan) === 0
    const max = perPhoneMax(offer, isFree)
    return max === Number.POSITIVE_INFINITY || usesOf(ctx, offer.id, buyer, isFree) < max
  })
  if (coded && !usable.includes(coded)) return err({ type: 'OfferCodeUnfit', code: typed, why: 'used-by-phone' })
  const best = bestOffer(plan, usable)
  const amountMinor = best?.priceMinor ?? plan.priceMinor
  return ok({ amountMinor, discountMinor: plan.priceMinor - amountMinor, offerId: best?.offer.id ?? null })
}
