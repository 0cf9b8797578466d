/** What becomes of what a provider posts. Nothing of it is signed: at best it is a reason to ask. Pure. */
import { defineLimits } from '@lango/kernel'
import type { Standing } from './rules.ts'

export const callbackOutcomes = [
  /** It fits what was asked for: the provider is asked at once. */
  'asked',
  /** The same, and what was bought is given meanwhile: the amount is one that is trusted for a minute. */
  'ahead',
  /** Nothing is left to ask. */
  'settled',
  /** The prompt's answer is not written down yet: it is asked after as ever. */
  'early',
  /** Nobody knows the provider's name of the prompt: its list is read at once. */
  'listed',
  /** It names another prompt, or another amount. */
  'mismatch',
  'unreadable',
] as const
export type CallbackOutcome = (typeof callbackOutcomes)[number]

export const callbackLimits = defineLimits({
  /** Some ten times what a provider posts. */
  bodyOctetsMax: 16 * 1024,
  /** Rows of one purchase: whoever has its address by now cannot fill the disk. */
  rowsOfPurchaseMax: 20,
  /** Rows are gone after this long, some with each that is added. */
  keptMs: 90 * 86_400_000,
  forgottenAtOnce: 20,
  /** What was given ahead is taken back when nobody has confirmed it by then. */
  confirmWithinMs: 60_000,
})

type Prompted = Standing & {
  /** It was given once before it was confirmed: not again. */
  readonly aheadAt: number | null
  readonly providerRef: string | null
  readonly amountMinor: number
  readonly currency: string
}
export type Claim = {
  readonly ref: string
  readonly isPaid: boolean
  /** Of what was paid. */
  readonly amountMinor?: number | undefined
  readonly currency?: string | undefined
}

/** A shilling, which is all that M-Pesa moves. */
const MINOR = 100

/** Whether it speaks of this purchase's prompt, and of what it costs. */
const isOf = ({ providerRef, amountMinor, currency }: Prompted, claim: Claim): boolean =>
  (providerRef === null || claim.ref === providerRef) &&
  (!claim.isPaid || (claim.amountMinor === amountMinor && claim.currency === currency))

/**
 * That it failed is as little believed as that it was paid: either makes the question come sooner. Up to `trustUpTo`
 * shillings what was bought is given meanwhile.
 */
export const outcomeOf = (purchase: Prompted, claim: Claim | undefined, trustUpTo: number): CallbackOutcome => {
  if (claim === undefined) return 'unreadable'
  if (purchase.state === 'requested') return 'early'
  return isOf(purchase, claim) ? afterClaim(purchase, claim, trustUpTo) : 'mismatch'
}

const afterClaim = (purchase: Prompted, { isPaid }: Claim, trustUpTo: number): CallbackOutcome => {
  const { state, providerRef, amountMinor, mayStillBePaid, aheadAt } = purchase
  if (state === 'confirmed' || state === 'granted') return 'settled'
  if (providerRef === null) return 'listed'
  const isTrusted = isPaid && amountMinor <= trustUpTo * MINOR && aheadAt === null
  if (state === 'accepted') return isTrusted ? 'ahead' : 'asked'
  if (mayStillBePaid) return 'asked'
  // It was told for good that it failed. Money that came all the same is in the list.
  return isPaid ? 'listed' : 'settled'
}
