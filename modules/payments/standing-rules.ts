/** Standing orders: M-Pesa pays so much into a wallet, so often, once whoever holds it has agreed on the handset. Pure. */
import { defineLimits } from '@lango/kernel'
import type { CallbackOutcome } from './callback-rules.ts'
import type { Failure } from './port.ts'
import { paymentLimits, tryAgainMs } from './rules.ts'

export const standingOrderStates = [
  /** The provider is to ask on the handset, or has, and nobody has answered. */
  'asked',
  /** Agreed to: told by the provider, or seen by the first money that came. */
  'active',
  /** Not agreed to, or it could not be asked. */
  'refused',
  /** Its last day is over, or somebody has said that it was stopped. */
  'ended',
  /** Nobody has told whether it was agreed to: the first money will. */
  'unknown',
] as const
export type StandingOrderState = (typeof standingOrderStates)[number]

/** Those by which money may come. */
export const openStates = ['asked', 'active', 'unknown'] as const satisfies readonly StandingOrderState[]

export const standingOrderLimits = defineLimits({
  /** Of one wallet, by which money may come. */
  openMax: 10,
  /** Callbacks of one that are kept. */
  rowsOfOrderMax: 20,
  /** Whoever has not answered by then is not waited for; a late answer counts all the same. */
  answerWithinMs: 10 * 60_000,
  startWithinDays: 366,
  lastsDaysMax: 5 * 366,
  lookEveryMs: 60_000,
  rowsAtOnce: 100,
})

/**
 * Where whoever holds the handset stops one: the provider has no way for anybody else. In words of Safaricom's to the
 * press; that the menu is still the same is unconfirmed.
 */
export const stopsAt = { ussd: '*334#', app: 'M-PESA', menu: 'M-PESA Ratiba' } as const

/** The provider's days are those of East Africa, without summer time. */
const EAT_OFFSET_MS = 3 * 3_600_000
const DAY_MS = 86_400_000

/** The day that an instant is in: `2026-12-31`. */
export const dayOf = (at: number): string => new Date(at + EAT_OFFSET_MS).toISOString().slice(0, 10)

/** An instant of that day, to show it by. */
export const middayOf = (day: string): number => Date.parse(`${day}T12:00:00+03:00`)

const midnight = (day: string): number => Date.parse(`${day}T00:00:00Z`)

/** A day that there is: 31 February is none. */
export const isDay = (text: string): boolean => {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const at = midnight(text)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}

export type Span = { readonly startsOn: string; readonly endsOn: string }

/** Why it cannot be from the one day to the other; undefined where it can. */
export const whyNotSpan = (
  { startsOn, endsOn }: Span,
  now: number,
): 'start-past' | 'start-far' | 'end-before' | 'end-far' | undefined => {
  const daysFrom = (one: string, other: string): number => (midnight(other) - midnight(one)) / DAY_MS
  const ahead = daysFrom(dayOf(now), startsOn)
  if (ahead < 0) return 'start-past'
  if (ahead > standingOrderLimits.startWithinDays) return 'start-far'
  if (endsOn < startsOn) return 'end-before'
  return daysFrom(startsOn, endsOn) > standingOrderLimits.lastsDaysMax ? 'end-far' : undefined
}

/** What the provider said when it was asked. */
export type StandingOrderTold =
  | { readonly type: 'taken'; readonly ref: string }
  /** It was not reached, or said that it must wait: nobody was asked. */
  | { readonly type: 'unheard' }
  /** Somebody may have been asked. */
  | { readonly type: 'silent' }
  | { readonly type: 'refused'; readonly failure: Failure }

export type StandingOrderNext =
  | { readonly type: 'nothing' }
  | { readonly type: 'wait'; readonly ref: string }
  | { readonly type: 'lose'; readonly ref: string | undefined }
  | { readonly type: 'ask-again'; readonly afterMs: number }
  | { readonly type: 'refuse'; readonly failure: Failure }

type Asked = {
  readonly state: StandingOrderState
  readonly sentAt: number | null
  readonly unheard: number
  readonly askedAt: number
}

/** `isTold`: the provider knows an address at which it may tell the answer. Nobody is asked twice: it would be a nuisance. */
export const nextOfOrder = (
  { state, sentAt, unheard, askedAt }: Asked,
  told: StandingOrderTold,
  { now, isTold }: { readonly now: number; readonly isTold: boolean },
): StandingOrderNext => {
  if (state !== 'asked' || sentAt !== null) return { type: 'nothing' }
  if (told.type === 'taken') return isTold ? { type: 'wait', ref: told.ref } : { type: 'lose', ref: told.ref }
  if (told.type === 'silent') return { type: 'lose', ref: undefined }
  if (told.type === 'refused') return { type: 'refuse', failure: told.failure }
  const { unheardMax, unheardMs } = paymentLimits
  const isOver = unheard + 1 >= unheardMax || now - askedAt >= unheardMs
  return isOver ? { type: 'refuse', failure: 'system' } : { type: 'ask-again', afterMs: tryAgainMs(unheard + 1) }
}

/** What became of it, as somebody posted it. */
export type OrderClaim = {
  readonly refs: readonly string[]
  readonly failure: Failure | null
  /** Of each payment, where it is told. */
  readonly amountMinor?: number | undefined
  readonly currency?: string | undefined
}

type Heard = {
  readonly state: StandingOrderState
  readonly sentAt: number | null
  readonly providerRef: string | null
  readonly amountMinor: number
  readonly currency: string
}

/** It counts where it came to the address of this order, bears the name that the provider gave it, and is as much. */
export const orderOutcome = (order: Heard, claim: OrderClaim | undefined): CallbackOutcome => {
  if (claim === undefined) return 'unreadable'
  const { state, sentAt, providerRef, amountMinor, currency } = order
  // What stands or is over stays so, whatever comes later: it is stopped on the handset, and of that nobody tells.
  if (state === 'active' || state === 'ended') return 'settled'
  const isSameAmount =
    claim.amountMinor === undefined || (claim.amountMinor === amountMinor && claim.currency === currency)
  if (!isSameAmount) return 'mismatch'
  if (state === 'asked' && sentAt === null) return 'early'
  if (providerRef === null) return 'noted'
  if (!claim.refs.includes(providerRef)) return 'mismatch'
  // Told as refused before; that it was agreed to after all is news.
  return state === 'refused' && claim.failure !== null ? 'settled' : 'believed'
}

/** An order, as far as money is held against it. */
export type Payable = Span & { readonly id: string; readonly number: number; readonly state: StandingOrderState }

/**
 * By which of a wallet's orders of this amount money came; undefined for none. Money that somebody sent by hand cannot be
 * told from it: whatever it is, it is theirs. What was refused stands by no money.
 */
export const orderPaidBy = <O extends Payable>(orders: readonly O[], paidAt: number): O | undefined => {
  const day = dayOf(paidAt)
  const within = orders
    .filter(({ startsOn, endsOn }) => startsOn <= day && day <= endsOn)
    .toSorted((one, other) => other.number - one.number)
  const of = (...states: readonly StandingOrderState[]): O | undefined =>
    within.find(({ state }) => states.includes(state))
  return of('active') ?? of('unknown', 'asked') ?? of('ended')
}
