/** What becomes of what a provider posts. Nothing of it is signed: at best it is a reason to ask. Pure. */
import { defineLimits } from '@lango/kernel'
import type { PurchaseState, Standing } from './rules.ts'

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
  /** A result of a refund, by the name that the provider gave it: it is over. Or the answer to a standing order. */
  'believed',
  /** The same of one that the provider gave no name: whoever decides is shown it. */
  'noted',
  /** The provider waited too long with a refund, which may be done all the same. */
  'waited',
  /** It comes from an address that the provider is not known to post from, and only those count. */
  'unknown-source',
] as const
export type CallbackOutcome = (typeof callbackOutcomes)[number]

export const callbackLimits = defineLimits({
  /** Some ten times what a provider posts. */
  bodyOctetsMax: 16 * 1024,
  /** Rows of one purchase: whoever has its address by now cannot fill the disk. */
  rowsOfPurchaseMax: 20,
  /** Rows of payments that nobody was asked for, in an hour: whoever has their address neither. */
  confirmationsMax: 2000,
  confirmationsWithinMs: 3_600_000,
  /** The list is not read sooner than that after it was read, whatever comes. */
  pullAgainMs: 3000,
  /** Rows are gone after this long, some with each that is added. */
  keptMs: 90 * 86_400_000,
  forgottenAtOnce: 20,
  /** What was given ahead is taken back when nobody has confirmed it by then. */
  confirmWithinMs: 60_000,
  /** So often may a phone be given something ahead within a day that is not paid for, and then nothing more is. */
  aheadUnpaidOfPhoneMax: 1,
  /** And all phones together: whoever reads the addresses of prompts has many. */
  aheadUnpaidMax: 20,
  aheadWithinMs: 86_400_000,
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

const isPaidFor = (state: PurchaseState): boolean => ['confirmed', 'granted', 'refunded'].includes(state)

/** A payment that is told of, and what is known of it: its receipt, and the purchase that its account names. */
export type Confirmed = {
  readonly isOurShortcode: boolean
  readonly isKnown: boolean
  readonly amountMinor: number
  readonly named: (Standing & { readonly providerRef: string | null; readonly amountMinor: number }) | undefined
}

/** It is money only once it stands in the provider's list, or the prompt that it came by says so. */
export const confirmationOutcome = (told: Confirmed | undefined): CallbackOutcome => {
  if (told === undefined) return 'unreadable'
  if (!told.isOurShortcode) return 'mismatch'
  const { named, amountMinor } = told
  // Prompts are told of here too: their receipt comes with the list, and nobody waits for it.
  if (told.isKnown) return 'settled'
  if (named === undefined || named.amountMinor !== amountMinor) return 'listed'
  if (isPaidFor(named.state)) return 'settled'
  return named.state === 'accepted' && named.providerRef !== null ? 'asked' : 'listed'
}

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
  if (isPaidFor(state)) return 'settled'
  if (providerRef === null) return 'listed'
  const isTrusted = isPaid && amountMinor <= trustUpTo * MINOR && aheadAt === null
  if (state === 'accepted') return isTrusted ? 'ahead' : 'asked'
  if (mayStillBePaid) return 'asked'
  // It was told for good that it failed. Money that came all the same is in the list.
  return isPaid ? 'listed' : 'settled'
}
