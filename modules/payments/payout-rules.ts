/** How money goes out by the provider to a phone: what becomes of a payout with what is heard of it. Pure. */
import { defineLimits } from '@lango/kernel'
import type { CallbackOutcome } from './callback-rules.ts'
import type { Failure, PayoutClaim } from './port.ts'

export const payoutStates = [
  /** It is above what one person may pay out alone: somebody else has to release it. */
  'waiting',
  /** The provider is to be asked, and has said nothing of it. */
  'asked',
  /** The provider took it, and has not said how it ended. */
  'sent',
  'done',
  'failed',
  /** It may have been heard, and nobody knows: whoever looks at the provider's own list says how it ended. */
  'unknown',
  /** Somebody has said that it is not to be. */
  'turned-down',
] as const
export type PayoutState = (typeof payoutStates)[number]

/** Those that may have taken money out, or will: what is paid out in a day is counted by them. */
export const countedStates = ['waiting', 'asked', 'sent', 'done', 'unknown'] as const satisfies readonly PayoutState[]

export const payoutLimits = defineLimits({
  /** How often the provider is asked, under the same name each time. */
  triesMax: 6,
  /** Callbacks of one payout that are kept. */
  rowsOfPayoutMax: 20,
  /** What may wait for a second person at once. */
  waitingMax: 100,
  dayMs: 86_400_000,
  reasonMax: 200,
})

/** What the provider said when it was asked. */
export type PayoutTold =
  | { readonly type: 'taken'; readonly ref: string }
  /** It had heard of one with this name before: that one is on its way, or over. */
  | { readonly type: 'asked-before' }
  /** It was not reached, or said that it must wait: nothing was paid. */
  | { readonly type: 'unheard' }
  /** It may have heard. */
  | { readonly type: 'silent' }
  | { readonly type: 'refused'; readonly failure: Failure }

export type PayoutNext =
  | { readonly type: 'nothing' }
  | { readonly type: 'send'; readonly ref: string | undefined }
  | { readonly type: 'ask-again'; readonly afterMs: number; readonly mayBeHeard: boolean }
  | { readonly type: 'fail'; readonly failure: Failure }
  | { readonly type: 'look' }

type Asked = {
  readonly state: PayoutState
  readonly tries: number
  /** A try of it may have been heard: nothing but its end says then that it was not paid. */
  readonly mayBeHeard: boolean
}

/**
 * Asking again is safe, whatever became of the try before: each is made under the same name, and the provider takes a name
 * once. So a payout that nobody answered for is asked for again; but it has failed only if no try can have been heard.
 */
export const nextOfPayout = ({ state, tries, mayBeHeard }: Asked, told: PayoutTold): PayoutNext => {
  if (state !== 'asked') return { type: 'nothing' }
  if (told.type === 'taken') return { type: 'send', ref: told.ref }
  if (told.type === 'asked-before') return { type: 'send', ref: undefined }
  const isHeard = mayBeHeard || told.type === 'silent'
  if (told.type === 'refused') return isHeard ? { type: 'look' } : { type: 'fail', failure: told.failure }
  if (tries < payoutLimits.triesMax) return { type: 'ask-again', afterMs: 2000 * 2 ** tries, mayBeHeard: isHeard }
  return isHeard ? { type: 'look' } : { type: 'fail', failure: 'system' }
}

/** A payout, as far as what is posted of it is held against it. */
export type PayingOut = {
  readonly state: PayoutState
  readonly providerRef: string | null
  readonly amountMinor: number
  readonly currency: string
}

/** How it ended, as somebody posted it. */
export type PaidOutClaim = Pick<PayoutClaim, 'ref' | 'failure'> & {
  readonly receipt?: string | undefined
  readonly name?: string | undefined
  readonly amountMinor?: number | undefined
  readonly currency?: string | undefined
}

/** A result counts that came to the address of this payout and bears the name that the provider gave it. */
export const payoutOutcome = (payout: PayingOut, claim: PaidOutClaim | undefined): CallbackOutcome => {
  if (claim === undefined) return 'unreadable'
  const { state, amountMinor, currency, providerRef } = payout
  if (state === 'done' || state === 'failed' || state === 'turned-down') return 'settled'
  const isSameAmount =
    claim.amountMinor === undefined || (claim.amountMinor === amountMinor && claim.currency === currency)
  if (!isSameAmount || state === 'waiting') return 'mismatch'
  if (state === 'asked') return 'early'
  if (providerRef === null) return 'noted'
  return claim.ref === providerRef ? 'believed' : 'mismatch'
}

/** How much may be paid out, in minor units; nothing where nobody has set anything. */
export type PayoutSettings = {
  readonly payoutUpTo: number
  readonly payoutDayUpTo: number
  readonly payoutAloneUpTo: number
}
const MINOR = 100

/** Why an amount may not be paid out; undefined where it may. `paidMinor` went out, or is about to, within the day. */
export const whyNotPayout = (
  { payoutUpTo, payoutDayUpTo }: PayoutSettings,
  amountMinor: number,
  paidMinor: number,
):
  | { readonly type: 'PayoutsOff' }
  | { readonly type: 'PayoutHigh'; readonly maxMinor: number }
  | { readonly type: 'PayoutDayFull'; readonly leftMinor: number }
  | undefined => {
  if (payoutUpTo === 0 || payoutDayUpTo === 0) return { type: 'PayoutsOff' }
  if (amountMinor > payoutUpTo * MINOR) return { type: 'PayoutHigh', maxMinor: payoutUpTo * MINOR }
  const leftMinor = Math.max(0, payoutDayUpTo * MINOR - paidMinor)
  return amountMinor > leftMinor ? { type: 'PayoutDayFull', leftMinor } : undefined
}

export const needsRelease = ({ payoutAloneUpTo }: PayoutSettings, amountMinor: number): boolean =>
  amountMinor > payoutAloneUpTo * MINOR
