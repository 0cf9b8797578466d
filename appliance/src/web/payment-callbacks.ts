/** Where the provider of payments posts how prompts ended. What comes is written down before it is answered. */
import type { Fault, Log, Result } from '@lango/kernel'
import {
  callbackDigest,
  type Answer,
  type CallbackGate,
  type CallbackSubject,
  type OrderClaim,
  type PaidOutClaim,
} from '@lango/modules/payments'
import type {
  BalanceClaim,
  CallbackReader,
  PayoutClaim,
  PromptClaim,
  ResultClaim,
  StandingOrderClaim,
  StatusClaim,
} from '@lango/modules/payments/port'
import { createTally, type Arrived, type CallbackKind } from './callbacks.ts'

/** As the commands take it: of a prompt, of a refund, or of a payment to the shortcode. */
type Written = {
  readonly origin: string
  readonly isKnownSource: boolean
  readonly body: string
  readonly digest: string
}
type Amount = { amountMinor?: number; currency?: string }
type PromptArrived = Written & {
  readonly purchaseId: string
  readonly claim: (Omit<PromptClaim, 'amount'> & Amount) | undefined
}
type RefundArrived = Written & {
  readonly refundId: string
  readonly isTimeout: boolean
  readonly claim: (Omit<ResultClaim, 'amount' | 'receipt'> & { receipt?: string } & Amount) | undefined
}
type PayoutArrived = Written & {
  readonly payoutId: string
  readonly isTimeout: boolean
  readonly claim: PaidOutClaim | undefined
}
type AnswerArrived = Written & {
  readonly questionId: string
  readonly isTimeout: boolean
  readonly claim: Answer | undefined
}
type OrderArrived = Written & { readonly standingOrderId: string; readonly claim: OrderClaim | undefined }
type PaymentArrived = Written & {
  readonly payment: { receipt: string; shortcode: string; account: string; amountMinor: number } | undefined
}

export type PaymentCallbacksDeps = {
  readonly gate: CallbackGate
  readonly reader: CallbackReader
  /** Each resolves when it is on disk. */
  readonly prompt: (arrived: PromptArrived) => Promise<Result<unknown, Fault>>
  readonly payment: (arrived: PaymentArrived) => Promise<Result<unknown, Fault>>
  readonly refund: (arrived: RefundArrived) => Promise<Result<unknown, Fault>>
  readonly payout: (arrived: PayoutArrived) => Promise<Result<unknown, Fault>>
  readonly answer: (arrived: AnswerArrived) => Promise<Result<unknown, Fault>>
  readonly standingOrder: (arrived: OrderArrived) => Promise<Result<unknown, Fault>>
  /** Resolves when all that was written before is on disk. */
  readonly synced: () => Promise<Result<unknown, Fault>>
  readonly log: Log
}

const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const amountOf = ({ amount }: Pick<PromptClaim, 'amount'>): Amount =>
  amount ? { amountMinor: amount.minor, currency: amount.currency } : {}

const claimOf = (told: PromptClaim | undefined): PromptArrived['claim'] =>
  told && { ref: told.ref, isPaid: told.isPaid, ...amountOf(told) }

const resultOf = (told: ResultClaim | undefined): RefundArrived['claim'] =>
  told && {
    ref: told.ref,
    failure: told.failure,
    ...(told.receipt !== undefined && { receipt: told.receipt }),
    ...amountOf(told),
  }

const payoutOf = (told: PayoutClaim | undefined): PaidOutClaim | undefined =>
  told && {
    ref: told.ref,
    failure: told.failure,
    ...(told.receipt !== undefined && { receipt: told.receipt }),
    ...(told.name !== undefined && { name: told.name }),
    ...amountOf(told),
  }

const statusOf = (told: StatusClaim | undefined): Answer | undefined =>
  told && {
    ref: told.ref,
    failure: told.failure,
    ...(told.state !== undefined && { state: told.state }),
    ...(told.receipt !== undefined && { receipt: told.receipt }),
    ...(told.fee !== undefined && { feeMinor: told.fee.minor, currency: told.fee.currency }),
    ...amountOf(told),
  }

const balancesOf = (told: BalanceClaim | undefined): Answer | undefined =>
  told && {
    ref: told.ref,
    failure: told.failure,
    balances: told.balances.map(({ account, current, available, isPaying }) => ({
      account,
      currentMinor: current.minor,
      availableMinor: available.minor,
      currency: current.currency,
      isPaying,
    })),
  }

const orderOf = (told: StandingOrderClaim | undefined): OrderClaim | undefined =>
  told && { refs: told.refs, failure: told.failure, ...amountOf(told) }

const paymentOf = (told: ReturnType<CallbackReader['payment']>): PaymentArrived['payment'] =>
  told && { receipt: told.receipt, shortcode: told.shortcode, account: told.account, amountMinor: told.amount.minor }

type Kept = Exclude<CallbackSubject, { readonly kind: 'validation' }>

export const createPaymentCallbacks = ({ gate, reader, log, ...site }: PaymentCallbacksDeps): CallbackKind => {
  const unusual = createTally((times) =>
    log.info('callbacks from an address that is not known of the provider', { times }),
  )

  const keep = (subject: Kept, token: string, { body, origin }: Arrived): Promise<Result<unknown, Fault>> => {
    const digest = callbackDigest(token, body)
    // Come twice at once, the first may not be on disk yet.
    if (gate.isKnown(digest)) return site.synced()
    const isKnownSource = reader.isKnownSource(origin)
    if (!isKnownSource) unusual()
    const arrived = { origin, isKnownSource, body, digest }
    const told = readJson(body)
    if (subject.kind === 'refund') {
      const { refundId, isTimeout } = subject
      return site.refund({ ...arrived, refundId, isTimeout, claim: resultOf(reader.result(told)) })
    }
    if (subject.kind === 'payout') {
      const { payoutId, isTimeout } = subject
      return site.payout({ ...arrived, payoutId, isTimeout, claim: payoutOf(reader.payout(told)) })
    }
    if (subject.kind === 'question') {
      const { questionId, isTimeout, asks } = subject
      const claim = asks === 'balance' ? balancesOf(reader.balance(told)) : statusOf(reader.status(told))
      return site.answer({ ...arrived, questionId, isTimeout, claim })
    }
    if (subject.kind === 'standing-order') {
      const { standingOrderId } = subject
      return site.standingOrder({ ...arrived, standingOrderId, claim: orderOf(reader.standingOrder(told)) })
    }
    return subject.kind === 'prompt'
      ? site.prompt({ ...arrived, purchaseId: subject.purchaseId, claim: claimOf(reader.prompt(told)) })
      : site.payment({ ...arrived, payment: paymentOf(reader.payment(told)) })
  }

  return {
    isOf: () => true,
    methods: ['POST'],
    open(token) {
      const subject = gate.subjectOf(token)
      if (subject === undefined) return undefined
      // No money yet, and nobody is kept from paying.
      if (subject.kind === 'validation') return { answer: (c) => c.json(reader.allowed) }
      return { hear: (arrived) => keep(subject, token, arrived) }
    },
    accepted: (c) => c.json(reader.accepted),
    again: (c) => c.json({ ResultCode: 1, ResultDesc: 'Try again' }, 503),
  }
}
