/** How money goes back by the provider: what becomes of a refund with what is heard of it. Pure. */
import { defineLimits } from '@lango/kernel'
import type { CallbackOutcome } from './callback-rules.ts'
import type { Failure, ResultClaim } from './port.ts'

export const refundStates = [
  /** Somebody of the staff wants it; the provider has not said anything of it. */
  'asked',
  /** The provider took it, and has not said how it ended. */
  'sent',
  'done',
  'failed',
  /** The provider may have heard it, or waited too long: whoever looks at its own list says how it ended. */
  'unknown',
] as const
export type RefundState = (typeof refundStates)[number]

export const refundLimits = defineLimits({
  /** How often it is tried to reach the provider at all. */
  unheardMax: 5,
  /** Callbacks of one refund that are kept: whoever has its address by now cannot fill the disk. */
  rowsOfRefundMax: 20,
})

/** What the provider said when it was asked. */
export type RefundTold =
  | { readonly type: 'taken'; readonly ref: string; readonly originatorId?: string | undefined }
  /** It was not reached, or said that it must wait: nothing was paid back. */
  | { readonly type: 'unheard' }
  /** It may have heard. */
  | { readonly type: 'silent' }
  | { readonly type: 'refused'; readonly failure: Failure }

export type RefundNext =
  | { readonly type: 'nothing' }
  | { readonly type: 'send'; readonly ref: string; readonly originatorId?: string | undefined }
  | { readonly type: 'ask-again'; readonly afterMs: number }
  | { readonly type: 'fail'; readonly failure: Failure }
  | { readonly type: 'look' }

export const nextOfRefund = (
  { state, unheard }: { readonly state: RefundState; readonly unheard: number },
  told: RefundTold,
): RefundNext => {
  if (state !== 'asked') return { type: 'nothing' }
  switch (told.type) {
    case 'taken':
      return { ...told, type: 'send' }
    case 'refused':
      return { type: 'fail', failure: told.failure }
    case 'silent':
      return { type: 'look' }
    default:
      return unheard + 1 >= refundLimits.unheardMax
        ? { type: 'fail', failure: 'system' }
        : { type: 'ask-again', afterMs: 1000 * 2 ** unheard }
  }
}

/** A refund, as far as what is posted of it is held against it. */
export type Returning = {
  readonly state: RefundState
  readonly providerRef: string | null
  readonly receipt: string
  readonly amountMinor: number
  readonly currency: string
}

/** How a refund ended, as somebody posted it. */
export type RefundClaim = Pick<ResultClaim, 'ref' | 'failure'> & {
  readonly receipt?: string | undefined
  readonly amountMinor?: number | undefined
  readonly currency?: string | undefined
}

/** What it tells of has to be what was asked for; what it leaves out says nothing. */
export const isOfRefund = (refund: Returning, { receipt, amountMinor, currency }: RefundClaim): boolean =>
  (receipt === undefined || receipt === refund.receipt) &&
  (amountMinor === undefined || (amountMinor === refund.amountMinor && currency === refund.currency))

/**
 * Nothing can be asked about a refund but by another callback. So a result counts that came to the address of this refund
 * and bears the name that the provider gave it when it took it; where it gave none, a person decides.
 */
export const resultOutcome = (refund: Returning, claim: RefundClaim | undefined): CallbackOutcome => {
  if (claim === undefined) return 'unreadable'
  if (refund.state === 'done' || refund.state === 'failed') return 'settled'
  if (!isOfRefund(refund, claim)) return 'mismatch'
  if (refund.state === 'asked') return 'early'
  if (refund.providerRef === null) return 'noted'
  return claim.ref === refund.providerRef ? 'believed' : 'mismatch'
}
