/** What is asked of the provider about money that moved, and what its answers are good for. Pure. */
import { defineLimits } from '@lango/kernel'
import type { CallbackOutcome } from './callback-rules.ts'
import type { BalanceClaim, StatusClaim, TransactionState } from './port.ts'

/** `status`: what became of a movement; `balance`: what the shortcode has. */
export const questionKinds = ['status', 'balance'] as const
export type QuestionKind = (typeof questionKinds)[number]

export const questionStates = [
  /** The provider has not said that it took it. */
  'asked',
  /** It took it, and has not answered. */
  'sent',
  'answered',
  /** It could not be asked, or had nothing to say. */
  'failed',
] as const
export type QuestionState = (typeof questionStates)[number]

export const questionLimits = defineLimits({
  /** Callbacks of one question that are kept. */
  rowsOfQuestionMax: 5,
  /** Of one movement. After that somebody of the staff looks. */
  perMovementMax: 6,
  /** A balance is not asked for sooner than that after it was asked for. */
  balanceAgainMs: 60_000,
  balanceEveryMs: 3_600_000,
  /** Rows are gone after this long, some with each that is added. */
  keptMs: 30 * 86_400_000,
  forgottenAtOnce: 20,
  /** What the provider says of a movement that was ended otherwise stays an open matter for so long. */
  disputedMs: 7 * 86_400_000,
})

const MINUTE_MS = 60_000
const waits = [2, 10, 60, 6 * 60, 24 * 60].map((minutes) => minutes * MINUTE_MS)

/** How long after so many questions the next one is asked; undefined: no further one is. */
export const askStatusAfterMs = (asked: number): number | undefined =>
  asked >= questionLimits.perMovementMax ? undefined : waits[Math.min(asked, waits.length - 1)]

/** What it answered, as it is kept. */
export type Answer = Pick<StatusClaim, 'ref' | 'failure'> & {
  readonly state?: TransactionState | undefined
  readonly receipt?: string | undefined
  readonly amountMinor?: number | undefined
  readonly feeMinor?: number | undefined
  readonly currency?: string | undefined
  readonly balances?: readonly Balance[] | undefined
}
export type Balance = Pick<BalanceClaim['balances'][number], 'account' | 'isPaying'> & {
  readonly currentMinor: number
  readonly availableMinor: number
  readonly currency: string
}

type Asked = { readonly state: QuestionState; readonly providerRef: string | null }

/** An answer counts that came to the address of its question and bears the name that the provider gave that. */
export const answerOutcome = ({ state, providerRef }: Asked, answer: Answer | undefined): CallbackOutcome => {
  if (answer === undefined) return 'unreadable'
  if (state === 'answered' || state === 'failed') return 'settled'
  if (state === 'asked') return 'early'
  return answer.ref === providerRef ? 'believed' : 'mismatch'
}

/** A movement, as far as what is told of it is held against it. */
export type Movement = {
  readonly amountMinor: number
  readonly currency: string
  /** Of the payment that was to go back, where the question was about that. */
  readonly receipt?: string
}

/** It has to be of what was asked about; what it leaves out says nothing. */
const isOf = (movement: Movement, { receipt, amountMinor, currency }: Answer): boolean =>
  (amountMinor === undefined || (amountMinor === movement.amountMinor && currency === movement.currency)) &&
  (movement.receipt === undefined || receipt === movement.receipt)

/**
 * How a movement ended, as far as the answer says it for good; undefined where it does not. Of a payment that was to go
 * back only that it is reversed is an end: that it stands may change yet. Of a request that nobody finds nothing is known.
 */
export const endIn = (movement: Movement, answer: Answer): 'done' | 'failed' | undefined => {
  if (answer.failure !== null || !isOf(movement, answer)) return undefined
  if (movement.receipt !== undefined) return answer.state === 'reversed' ? 'done' : undefined
  return answer.state === 'done' || answer.state === 'failed' ? answer.state : undefined
}
