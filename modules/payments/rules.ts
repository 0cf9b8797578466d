/** How a purchase goes on with what is heard of it, and which purchase money is for. Pure. */
import { defineLimits } from '@lango/kernel'
import type { Policy, ServiceKind } from '../access/index.ts'
import { readReference } from '../ledger/index.ts'
import type { Failure } from './port.ts'

export const purchaseStates = ['requested', 'accepted', 'confirmed', 'granted', 'failed', 'refunded'] as const
export type PurchaseState = (typeof purchaseStates)[number]

/** What money is paid for: a plan, or to be kept in a wallet. */
export const purposes = ['plan', 'wallet'] as const
/** Where the money comes from. */
export const payers = ['mpesa', 'wallet'] as const

/** `refunding`: the provider is to pay it back, and has not said that it did. */
export const paymentStates = ['matched', 'unmatched', 'resolved', 'refunding', 'refunded'] as const

/** Why money that came in is for nobody yet. */
export const doubts = [
  /** Nothing that was asked for fits. */
  'nothing-fits',
  /** It names a purchase and is another amount than it. */
  'amount',
  /** It names a purchase that was paid for before. */
  'paid-twice',
  /** More than one purchase fits. */
  'several-fit',
  /** It was to be paid back, and that failed. */
  'refund-failed',
] as const
export type Doubt = (typeof doubts)[number]

export const paymentLimits = defineLimits({
  /** A prompt lives about a minute (unconfirmed); meanwhile the same phone is not asked again. */
  promptLifeMs: 90_000,
  /** Nor more often than that in an hour unless it pays: a prompt is a nuisance to whoever did not ask for it. */
  unpaidPromptsMax: 5,
  unpaidWithinMs: 3_600_000,
  /** What failed and may still be paid keeps its use of an offer for so long; nobody asks after it later. */
  useHeldMs: 12 * 3_600_000,
  /** How long it is tried to reach the provider at all. */
  unheardMax: 5,
  unheardMs: 30_000,
  /** A prompt that is open is asked after until this long after it was taken. */
  askUntilMs: 180_000,
  /** Money that names no purchase is for one of the same phone and amount within this long. */
  fitsWithinMs: 15 * 60_000,
  /** The provider's list is read from this long before where the last reading ended: rows come late. */
  pullOverlapMs: 15 * 60_000,
  /** Further back than that it tells nothing. */
  pullBackMs: 47 * 3_600_000,
  pullEveryMs: 60_000,
  /** Rows of the list in one command. */
  pullRowsAtOnce: 50,
})

/** Of the plans that are not withdrawn, those that people take by themselves. */
export const isForSale = (plan: {
  readonly kind: ServiceKind
  readonly policy: Pick<Policy, 'clock'>
  readonly priceMinor: number
}): boolean => plan.kind === 'hotspot' && plan.policy.clock !== 'fixed' && plan.priceMinor > 0

/** When a prompt that is open is asked after again, so long after it was taken; undefined: not any more. */
export const askAgainMs = (elapsedMs: number): number | undefined => {
  if (elapsedMs >= paymentLimits.askUntilMs) return undefined
  if (elapsedMs < 10_000) return 3000
  return elapsedMs < 30_000 ? 5000 : 10_000
}

/** What failed and may still be paid is asked after once more at these times after it was taken. */
const LATE_ASKS_MS = [5 * 60_000, 30 * 60_000, 2 * 3_600_000, 12 * 3_600_000]

export const askLateMs = (elapsedMs: number): number | undefined => {
  const at = LATE_ASKS_MS.find((each) => each > elapsedMs)
  return at === undefined ? undefined : at - elapsedMs
}

/** How long to wait before the provider is tried again, after so many tries in vain. */
export const tryAgainMs = (unheard: number): number => 1000 * 2 ** (unheard - 1)

/** Of a purchase, what decides whether money is for it. */
export type Candidate = {
  readonly id: string
  readonly reference: string
  readonly state: PurchaseState
  readonly mayStillBePaid: boolean
  readonly amountMinor: number
  readonly currency: string
  readonly phone: string
  /** Epoch ms: when it was asked for. */
  readonly requestedAt: number
  /** Money with a receipt was found to be for it, if only to be paid back. */
  readonly hasReceipt: boolean
}

export type Heard = {
  readonly amountMinor: number
  readonly currency: string
  readonly paidAt: number
  readonly account: string
  /** Phones among the candidates that it can be of. */
  readonly phones: ReadonlySet<string>
}

export type Match =
  | { readonly type: 'for'; readonly purchaseId: string }
  | { readonly type: 'doubtful'; readonly doubt: Doubt; readonly purchaseId: string | undefined }

const isSameAmount = (one: Candidate, heard: Heard): boolean =>
  one.amountMinor === heard.amountMinor && one.currency === heard.currency

/** Whether nobody has paid for it as far as receipts tell. */
const isUnpaid = ({ state, mayStillBePaid, hasReceipt }: Candidate): boolean =>
  !hasReceipt && (state !== 'failed' || mayStillBePaid)

/**
 * Which purchase money is for. What names one is for that one or for none; what names none (a till has no accounts) is
 * for the only one of that phone and amount that waits. All else somebody has to look at: a guess would be a gift.
 */
export const matchOf = (heard: Heard, candidates: readonly Candidate[]): Match => {
  const reference = readReference(heard.account)
  const named = candidates.find((one) => reference !== '' && one.reference === reference)
  if (named) {
    const doubt = named.hasReceipt ? 'paid-twice' : isSameAmount(named, heard) ? undefined : 'amount'
    return doubt === undefined
      ? { type: 'for', purchaseId: named.id }
      : { type: 'doubtful', doubt, purchaseId: named.id }
  }
  const { fitsWithinMs } = paymentLimits
  const fitting = candidates.filter(
    (one) =>
      isUnpaid(one) &&
      isSameAmount(one, heard) &&
      heard.phones.has(one.phone) &&
      Math.abs(heard.paidAt - one.requestedAt) <= fitsWithinMs,
  )
  // Paid for as its prompt said, and only the receipt is missing: which of several has which receipt makes no difference.
  const [receiptless] = fitting
    .filter(({ state }) => state === 'confirmed' || state === 'granted')
    .toSorted((one, other) => Math.abs(heard.paidAt - one.requestedAt) - Math.abs(heard.paidAt - other.requestedAt))
  const only = receiptless ?? (fitting.length === 1 ? fitting[0] : undefined)
  if (only) return { type: 'for', purchaseId: only.id }
  return { type: 'doubtful', doubt: fitting.length > 1 ? 'several-fit' : 'nothing-fits', purchaseId: undefined }
}

/** What is heard of a prompt. */
export type Told =
  | { readonly type: 'taken'; readonly ref: string }
  /** The provider was not reached, or said that it must wait: nothing is on the phone. */
  | { readonly type: 'unheard' }
  /** It may be on the phone, and nobody can ask after it. */
  | { readonly type: 'silent' }
  | { readonly type: 'refused'; readonly failure: Failure }
  | { readonly type: 'open' }
  | { readonly type: 'paid' }
  | { readonly type: 'failed'; readonly failure: Failure; readonly mayStillBePaid: boolean }

/** What becomes of a purchase by it. */
export type Next =
  | { readonly type: 'nothing' }
  | { readonly type: 'accept'; readonly ref: string | undefined }
  | { readonly type: 'prompt-again'; readonly afterMs: number }
  | { readonly type: 'ask-again'; readonly afterMs: number }
  | {
      readonly type: 'fail'
      readonly failure: Failure
      readonly mayStillBePaid: boolean
      readonly askAfterMs: number | undefined
    }
  | { readonly type: 'confirm' }

export type Standing = {
  readonly state: PurchaseState
  readonly mayStillBePaid: boolean
  readonly requestedAt: number
  readonly acceptedAt: number | null
  readonly unheard: number
}

const NOTHING: Next = { type: 'nothing' }
const fail = (failure: Failure, mayStillBePaid: boolean, askAfterMs: number | undefined): Next => ({
  type: 'fail',
  failure,
  mayStillBePaid,
  askAfterMs,
})

export const nextOf = (purchase: Standing, told: Told, now: number): Next => {
  const { state } = purchase
  // What is paid for stays so, whatever is told later.
  if (state === 'confirmed' || state === 'granted' || state === 'refunded') return NOTHING
  if (told.type === 'paid') return { type: 'confirm' }
  return state === 'requested' ? afterPrompt(purchase, told, now) : afterAsking(purchase, told, now)
}

const afterPrompt = ({ unheard, requestedAt }: Standing, told: Told, now: number): Next => {
  switch (told.type) {
    case 'taken':
      return { type: 'accept', ref: told.ref }
    case 'silent':
      return { type: 'accept', ref: undefined }
    case 'refused':
      return fail(told.failure, false, undefined)
    case 'unheard': {
      const { unheardMax, unheardMs } = paymentLimits
      const isOver = unheard + 1 >= unheardMax || now - requestedAt >= unheardMs
      return isOver ? fail('system', false, undefined) : { type: 'prompt-again', afterMs: tryAgainMs(unheard + 1) }
    }
    default:
      return NOTHING
  }
}

const afterAsking = ({ state, mayStillBePaid, acceptedAt }: Standing, told: Told, now: number): Next => {
  if (acceptedAt === null) return NOTHING
  const elapsedMs = now - acceptedAt
  const isOpen = state === 'accepted'
  if (told.type === 'failed') {
    const late = told.mayStillBePaid ? askLateMs(elapsedMs) : undefined
    return fail(told.failure, told.mayStillBePaid, late)
  }
  if (told.type !== 'open') return NOTHING
  const again = isOpen ? askAgainMs(elapsedMs) : mayStillBePaid ? askLateMs(elapsedMs) : undefined
  if (again !== undefined) return { type: 'ask-again', afterMs: again }
  // Nobody has said no: the money may come yet.
  return isOpen ? fail('timeout', true, askLateMs(elapsedMs)) : NOTHING
}
