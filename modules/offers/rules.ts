/** What an offer takes off a price, when it holds, and which of several is the best. Pure. */
import { currencyDecimals, defineLimits, money, scaleMoney, type Money } from '@lango/kernel'
import { Calendar } from '../access/index.ts'

export const offerStatuses = ['active', 'stopped'] as const

/** Of the whole price. */
export const WHOLE_BP = 10_000

export type Discount =
  | { readonly kind: 'percent'; readonly bp: number }
  | { readonly kind: 'amount'; readonly minor: number }
  | { readonly kind: 'price'; readonly minor: number }

/** A time of the week, as plans have them. */
export type WeekTime = { readonly days: readonly number[]; readonly from: string; readonly to: string }

export const offerLimits = defineLimits({
  codeLengthMin: 3,
  codeLengthMax: 20,
  windowsMax: 7,
  plansMax: 50,
  usesMax: 1_000_000,
  nameLengthMax: 64,
  /** Offers that are not stopped: each is looked at for every price. */
  activeMax: 50,
})

const CODE = new RegExp(`^[0-9A-Z]{${offerLimits.codeLengthMin},${offerLimits.codeLengthMax}}$`)

/** The code that was meant: in capitals, without the dashes and blanks that help the eye; undefined when it can be none. */
export const readOfferCode = (typed: string): string | undefined => {
  const code = typed.replaceAll(/[\s-]/g, '').toUpperCase()
  return CODE.test(code) ? code : undefined
}

/** Without 0 and O, 1, I and L: people tell it to each other. */
const FRIEND_LETTERS = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
const FRIEND_LENGTH = 6

/** Six of 31 letters: 29 bits, and a wrong one is a guess that is counted. */
export const drawReferralCode = (below: (limit: number) => number): string =>
  Array.from({ length: FRIEND_LENGTH }, () => FRIEND_LETTERS[below(FRIEND_LETTERS.length)]).join('')

/** `capped`: they had as many rewards as there are in a month. `taken-back`: what the friend paid went back. */
export const referralStates = ['rewarded', 'capped', 'taken-back'] as const

/** What is asked in: whole shillings where the price is in such, since mobile money takes nothing smaller; else the cent. */
const stepOf = ({ minor, currency }: Money): number => {
  const whole = 10 ** currencyDecimals(currency)
  return minor % whole === 0 ? whole : 1
}

/** Not rounded up yet, and not in bounds. */
const taken = (price: Money, discount: Discount): number => {
  switch (discount.kind) {
    case 'percent':
      return scaleMoney(price, WHOLE_BP - discount.bp, WHOLE_BP, 'down').minor
    case 'amount':
      return price.minor - discount.minor
    default:
      return discount.minor
  }
}

/**
 * What is left to pay, in minor units: never less than nothing, never more than the price. Rounded down to what can be
 * asked for, so that whoever is promised half pays no more than that; but nothing at all is asked only where `mayBeFree`.
 */
export const priceWith = (price: Money, discount: Discount, mayBeFree: boolean): number => {
  const exact = Math.min(price.minor, taken(price, discount))
  if (exact <= 0 && mayBeFree) return 0
  const step = stepOf(price)
  return Math.min(price.minor, Math.max(step, Math.floor(exact / step) * step))
}

/** Of an offer's row, what its price and its time follow from. */
export type OfferTerms = {
  readonly discount: Discount
  readonly currency: string
  readonly planIds: readonly string[]
  readonly fromAt: number | null
  readonly untilAt: number | null
  readonly windows: readonly WeekTime[]
  readonly timeZone: string
  readonly usesMax: number | null
  readonly usesPerPhoneMax: number | null
  readonly status: (typeof offerStatuses)[number]
}

/**
 * How often it may be used by one phone: once where it gives something for nothing, unless it says more. Nothing is
 * given for nothing without end: only an offer with a number of uses makes a price nothing.
 */
export const perPhoneMax = ({ usesPerPhoneMax }: Pick<OfferTerms, 'usesPerPhoneMax'>, isFree: boolean): number =>
  usesPerPhoneMax ?? (isFree ? 1 : Number.POSITIVE_INFINITY)

/** Whether an offer can make some price nothing whatever it is: then it has to say how often. */
export const isAlwaysFree = (discount: Discount): boolean =>
  discount.kind === 'percent' ? discount.bp === WHOLE_BP : discount.kind === 'price' && discount.minor === 0

export type OfferState = 'open' | 'early' | 'closed' | 'over' | 'used-up' | 'stopped'

export type OfferStanding = {
  readonly state: OfferState
  /** Epoch ms: when it stops being open, where that is known. */
  readonly untilAt: number | undefined
}

const shut = (state: OfferState): OfferStanding => ({ state, untilAt: undefined })

/** How it stands when so many have used it. */
export const offerStanding = (offer: OfferTerms, uses: number, now: number): OfferStanding => {
  const { status, fromAt, untilAt, windows, timeZone, usesMax } = offer
  if (status === 'stopped') return shut('stopped')
  if (untilAt !== null && untilAt <= now) return shut('over')
  if (usesMax !== null && uses >= usesMax) return shut('used-up')
  if (fromAt !== null && fromAt > now) return shut('early')
  const times = new Calendar(timeZone).windowsAt(windows, now)
  if (windows.length > 0 && !times.isOpen) return shut('closed')
  const ends = [untilAt, windows.length === 0 ? undefined : times.openUntilAt].filter((at) => at != null)
  return { state: 'open', untilAt: ends.length === 0 ? undefined : Math.min(...ends) }
}

/**
 * Whether what was paid at an instant in the past may have been paid with it, as its terms are now: what they were then
 * nobody has written down. A use of it is taken now, and has to be there now.
 */
export const heldAt = (
  offer: OfferTerms & { readonly createdAt: number; readonly stoppedAt: number | null },
  uses: number,
  at: number,
): boolean => {
  const { status, createdAt, stoppedAt } = offer
  if (createdAt > at || (status === 'stopped' && (stoppedAt === null || stoppedAt <= at))) return false
  return offerStanding({ ...offer, status: 'active' }, uses, at).state === 'open'
}

export type Priced = { readonly id: string; readonly priceMinor: number; readonly currency: string }

/** Whether it says anything of a plan. */
export const isOfPlan = ({ planIds, discount, currency }: OfferTerms, plan: Priced): boolean =>
  (planIds.length === 0 || planIds.includes(plan.id)) && (discount.kind === 'percent' || currency === plan.currency)

/** What a plan costs with an offer; undefined where that takes nothing off. */
export const offeredPrice = (offer: OfferTerms, plan: Priced): number | undefined => {
  if (!isOfPlan(offer, plan)) return undefined
  const minor = priceWith(money(plan.priceMinor, plan.currency), offer.discount, offer.usesMax !== null)
  return minor < plan.priceMinor ? minor : undefined
}

/**
 * The one of several that leaves the least to pay, and that; undefined where none takes anything off. Never two at once.
 * Of those that leave as little the first: whoever puts a code last does not have it used up for nothing.
 */
export const bestOffer = <O extends OfferTerms>(
  plan: Priced,
  offers: readonly O[],
): { readonly offer: O; readonly priceMinor: number } | undefined => {
  let best: { readonly offer: O; readonly priceMinor: number } | undefined
  for (const offer of offers) {
    const priceMinor = offeredPrice(offer, plan)
    if (priceMinor !== undefined && (best === undefined || priceMinor < best.priceMinor)) best = { offer, priceMinor }
  }
  return best
}
