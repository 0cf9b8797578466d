/** What becomes of what a provider posts. Nothing of it is signed: at best it is a reason to ask. Pure. */
import { defineLimits } from '@lango/kernel'
import type { Standing } from './rules.ts'

export const callbackOutcomes = [
  /** It fits what was asked for: the provider is asked at once. */
  'asked',
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
})

type Prompted = Standing & {
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

/** That it failed is as little believed as that it was paid: either makes the question come sooner. */
export const outcomeOf = (purchase: Prompted, claim: Claim | undefined): CallbackOutcome => {
  const { state, providerRef, amountMinor, currency, mayStillBePaid } = purchase
  if (claim === undefined) return 'unreadable'
  if (state === 'requested') return 'early'
  if (providerRef !== null && claim.ref !== providerRef) return 'mismatch'
  if (claim.isPaid && (claim.amountMinor !== amountMinor || claim.currency !== currency)) return 'mismatch'
  if (state === 'confirmed' || state === 'granted') return 'settled'
  if (providerRef === null) return 'listed'
  if (state === 'accepted' || mayStillBePaid) return 'asked'
  // It was told for good that it failed. Money that came all the same is in the list.
  return claim.isPaid ? 'listed' : 'settled'
}
