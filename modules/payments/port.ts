/** What payments need of a provider of mobile money: M-Pesa's Daraja, or one like it. Amounts are in minor units. */
import type { Money, Result } from '@lango/kernel'

/** Why a provider could not be asked, or did not say. Never holds a secret. */
export type ProviderFault =
  /** Nothing was sent, or it was turned away unheard: asking again is safe. */
  | { readonly type: 'ProviderUnreachable'; readonly reason: string }
  /** It may have been heard. Whoever asked must find out before asking again. */
  | { readonly type: 'ProviderSilent'; readonly reason: string }
  /** Told to wait; what was asked was not done. */
  | { readonly type: 'ProviderBusy'; readonly reason: string }
  /** Keys, shortcode or product are wrong: somebody of the staff must mend it. */
  | { readonly type: 'ProviderMisconfigured'; readonly code: string; readonly reason: string }
  /** Asked and answered: no. `failure` is what whoever pays is told. */
  | { readonly type: 'ProviderRefused'; readonly code: string; readonly failure: Failure; readonly reason: string }

/** Why a payment did not come about, as customers and staff are told (`words`). */
export const failures = [
  'balance', // not enough money
  'cancelled', // by the customer
  'timeout', // nobody answered the prompt
  'unreachable', // the handset could not be reached
  'wrong-pin',
  'phone', // no number that can pay by this provider
  'busy', // another payment of this customer is under way, or the same was just made
  'limit', // above what the customer may pay at once or a day
  'below-minimum',
  'receiver', // the shortcode cannot receive
  'configuration',
  'system',
] as const
export type Failure = (typeof failures)[number]

/** How often a standing order pays. What "bi-monthly" means there is unconfirmed, so nobody is asked for that. */
export const frequencies = ['daily', 'weekly', 'monthly', 'quarterly', 'half-yearly', 'yearly'] as const
export type Frequency = (typeof frequencies)[number]

/** So much, so often, of somebody's own money: they are asked once, with their PIN, and the provider pays by itself. */
export type StandingOrderRequest = {
  readonly id: string
  /** What it is called on the handset, once for ever of this phone. */
  readonly name: string
  /** E.164. */
  readonly phone: string
  readonly amount: Money
  /** What stands as the account in each payment, 12 characters at most. */
  readonly reference: string
  readonly frequency: Frequency
  /** The first and the last day, `2026-12-31`, as days are in East Africa. */
  readonly startsOn: string
  readonly endsOn: string
  /** Where the provider may tell what became of it; undefined where nobody reaches the box. */
  readonly callbackUrl: string | undefined
}

export type PromptRequest = {
  /** E.164, `+254712345678`. */
  readonly phone: string
  readonly amount: Money
  /** What the handset shows it is for, 12 characters at most. */
  readonly reference: string
  readonly description: string
  /** Where the provider may tell how it ended; undefined where nobody reaches the box. */
  readonly callbackUrl: string | undefined
}

/**
 * How a prompt stands. `paid` without a receipt where the provider does not tell it here. What failed and
 * `mayStillBePaid` must be able to become paid: providers report a success after a time-out.
 */
export type PromptState =
  | { readonly state: 'pending' }
  | { readonly state: 'paid'; readonly receipt: string | undefined }
  | { readonly state: 'failed'; readonly failure: Failure; readonly code: string; readonly mayStillBePaid: boolean }

/** Money that came in, by a prompt or by the customer's own doing. */
export type Received = {
  /** The provider's own number of it, once for ever. */
  readonly receipt: string
  readonly amount: Money
  readonly shortcode: string
  /** Epoch ms. */
  readonly paidAt: number
  /** What the customer typed as the account; '' where there is none. */
  readonly account: string
  /** E.164 where it is told in clear. */
  readonly phone: string | undefined
  /** The hash of the number (SHA-256, hex) or its masked form, where it is not. */
  readonly phoneHint: string | undefined
  readonly name: string | undefined
}

/** What a provider posts of a prompt, read. A claim: nothing of it is signed. */
export type PromptClaim = {
  /** The provider's name of the prompt. */
  readonly ref: string
  readonly isPaid: boolean
  /** Of what was paid. */
  readonly amount: Money | undefined
}

/** How a payment back ended, as posted. A claim too; but nobody can be asked about it. */
export type ResultClaim = {
  /** The provider's name of the request. */
  readonly ref: string
  /** Null: it is paid back, now or before. */
  readonly failure: Failure | null
  /** Of the payment that was to go back, where it is told. */
  readonly receipt: string | undefined
  readonly amount: Money | undefined
}

/** What a provider knows of one movement of money, whatever its own words for it are. */
export const transactionStates = ['done', 'reversed', 'failed', 'open'] as const
export type TransactionState = (typeof transactionStates)[number]

/** What was posted of a movement that the provider was asked about. A claim as well. */
export type StatusClaim = {
  /** The provider's name of the question. */
  readonly ref: string
  /** Null: it says something of the movement. */
  readonly failure: Failure | null
  readonly state: TransactionState | undefined
  readonly receipt: string | undefined
  /** Of the movement. */
  readonly amount: Money | undefined
  /** What the provider took for it, where it is told. */
  readonly fee: Money | undefined
}

/** One account of the shortcode. `isPaying`: what is paid out comes from it. */
export type AccountBalance = {
  readonly account: string
  readonly current: Money
  readonly available: Money
  readonly isPaying: boolean
}
export type BalanceClaim = {
  readonly ref: string
  readonly failure: Failure | null
  readonly balances: readonly AccountBalance[]
}

/** How a payout ended, as posted. */
export type PayoutClaim = {
  readonly ref: string
  /** Null: it is paid. */
  readonly failure: Failure | null
  /** The provider's own number of it. */
  readonly receipt: string | undefined
  /** Of whoever has it now, as the provider has it. */
  readonly name: string | undefined
  readonly amount: Money | undefined
}

/** What became of asking for a standing order, as posted. A claim: it moves no money. */
export type StandingOrderClaim = {
  /** What it names: one of them is the provider's name of the request. */
  readonly refs: readonly string[]
  /** Null: whoever was asked has agreed. */
  readonly failure: Failure | null
  /** Of each payment, where it is told. */
  readonly amount: Money | undefined
}

/** Reads what a provider posts, and knows what it is answered with. Takes any input and never throws. */
export interface CallbackReader {
  /** Undefined where it cannot be read. */
  prompt(body: unknown): PromptClaim | undefined
  /** Of money that came in, by whoever's doing. */
  payment(body: unknown): Pick<Received, 'receipt' | 'amount' | 'shortcode' | 'account'> | undefined
  /** Of a payment that was to go back. */
  result(body: unknown): ResultClaim | undefined
  payout(body: unknown): PayoutClaim | undefined
  /** Of a movement that was asked about. */
  status(body: unknown): StatusClaim | undefined
  balance(body: unknown): BalanceClaim | undefined
  standingOrder(body: unknown): StandingOrderClaim | undefined
  /** Whether it is an address that the provider is known to post from; others may be added any day. */
  isKnownSource(address: string): boolean
  /** What every callback is answered with, whatever becomes of it. */
  readonly accepted: Readonly<Record<string, unknown>>
  /** The answer to whether somebody may pay: they may. */
  readonly allowed: Readonly<Record<string, unknown>>
}

/** Where the outcome of a request is told; undefined where nobody reaches the box. */
export type ToldAt = {
  readonly resultUrl: string | undefined
  /** Told when the request waited too long: no final failure. */
  readonly timeoutUrl: string | undefined
}
/** What the provider calls a request that it took; `originatorId` where it can be asked about by that later. */
export type Asked = { readonly ref: string; readonly originatorId?: string | undefined }

export interface PaymentProvider {
  /**
   * Pays out to a phone; the outcome is told at `resultUrl`. The provider takes an id once for ever: `asked-before` says
   * that it had heard of one with this id, so asking again under the same id pays nothing twice.
   */
  payOut(
    request: {
      readonly id: string
      /** E.164. */
      readonly phone: string
      readonly amount: Money
      readonly reason: string
    } & ToldAt,
    signal: AbortSignal,
  ): Promise<Result<Asked | 'asked-before', ProviderFault>>
  /**
   * Puts a prompt on a handset. The answer says that it was taken, never that it was paid. After `ProviderSilent`
   * there is no ref to ask by: what was paid is seen in `received`.
   */
  prompt(request: PromptRequest, signal: AbortSignal): Promise<Result<{ readonly ref: string }, ProviderFault>>
  promptState(ref: string, signal: AbortSignal): Promise<Result<PromptState, ProviderFault>>
  /**
   * What came in within [fromAt, toAt), epoch ms, of the last 48 hours; some of just outside may be among it.
   * `unread` counts what the provider listed and nobody could read: staff must look at its own list.
   */
  received(
    range: { readonly fromAt: number; readonly toAt: number },
    signal: AbortSignal,
  ): Promise<Result<{ readonly payments: readonly Received[]; readonly unread: number }, ProviderFault>>
  /**
   * Pays a payment back, whole; the outcome is told at `resultUrl` (undefined where nobody reaches the box: then it
   * stands in the provider's own list only). The provider pays a receipt back once, so a repeat is harmless.
   */
  reverse(
    request: {
      readonly receipt: string
      readonly amount: Money
      readonly reason: string
    } & ToldAt,
    signal: AbortSignal,
  ): Promise<Result<Asked, ProviderFault>>
  /** Asks what became of a movement: by its receipt, or by what the request for it is called. */
  transactionStatus(
    request: ToldAt & ({ readonly receipt: string } | { readonly originatorId: string }),
    signal: AbortSignal,
  ): Promise<Result<Asked, ProviderFault>>
  accountBalance(request: ToldAt, signal: AbortSignal): Promise<Result<Asked, ProviderFault>>
  /**
   * Asks somebody on their handset to let the provider pay regularly. The answer says that they are asked, never that they
   * have agreed. Nobody can ask about it, nor end it from here: whoever holds the handset does.
   */
  standingOrder(
    request: StandingOrderRequest,
    signal: AbortSignal,
  ): Promise<Result<{ readonly ref: string }, ProviderFault>>
  /**
   * Where the provider may tell of payments that nobody was asked for, and may ask whether they are wanted. Once:
   * `registered-before` says that there are such addresses, not that they are these.
   */
  registerCallbacks(
    urls: { readonly confirmationUrl: string; readonly validationUrl: string },
    signal: AbortSignal,
  ): Promise<Result<'registered' | 'registered-before', ProviderFault>>
  /** Whether a hint of `Received` can be of this number (E.164). A mask fits many numbers; a hash one. */
  isHintOf(phoneHint: string, phone: string): boolean
}
