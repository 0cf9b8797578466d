/** A box on its file that is pulled away and comes back, and what is posted to it. */
import { memorySite, type MemorySite } from '@lango/kernel/testing'
import {
  callbackDigest,
  createCallbackGate,
  createPaymentWork,
  hearAnswer,
  hearCallback,
  hearConfirmation,
  hearPayout,
  hearResult,
} from '../index.ts'
import type { PaymentProvider } from '../port.ts'
import { paymentModules } from './modules.ts'
import type { Letter } from './post-office.ts'

export type BoxOptions = {
  readonly seed: number
  /** Of the database, which outlives a crash. */
  readonly file: string
}

/** Whoever was being asked when it was pulled away is never heard of again. */
export const createBox = ({ file, seed }: BoxOptions, provider: () => PaymentProvider | undefined) => {
  let site: MemorySite | undefined
  const open = (): void => {
    const passedMs = site?.clock.monotonicMs() ?? 0
    site?.database.close()
    const clock = { now: () => fresh.clock.now() }
    // The same keys as before: they lie in a file of their own.
    const fresh = memorySite(paymentModules, { seed, file, jobs: createPaymentWork({ provider, clock }) })
    // The process ends and not the machine: no sync is missed.
    fresh.database.raw.pragma('synchronous = OFF')
    fresh.clock.advance(passedMs)
    void fresh.jobs.run(new AbortController().signal)
    site = fresh
  }
  open()
  return { site: () => site!, reopen: open }
}

export type Box = ReturnType<typeof createBox>

export const deliver = ({ must, database, vault }: MemorySite, { token, body, ...letter }: Letter): void => {
  const subject = createCallbackGate(database.raw, vault).subjectOf(token)
  const arrived = { origin: '196.201.214.200', isKnownSource: true, body, digest: callbackDigest(token, body) }
  if (subject?.kind === 'prompt' && letter.kind === 'prompt') {
    const { amount, ...claim } = letter.claim
    const of = amount && { amountMinor: amount.minor, currency: amount.currency }
    must(hearCallback, { ...arrived, purchaseId: subject.purchaseId, claim: { ...claim, ...of } })
  }
  if (subject?.kind === 'refund' && letter.kind === 'result') {
    const { refundId, isTimeout } = subject
    must(hearResult, { ...arrived, refundId, isTimeout, claim: letter.claim })
  }
  if (subject?.kind === 'payout' && letter.kind === 'payout') {
    const { payoutId, isTimeout } = subject
    must(hearPayout, { ...arrived, payoutId, isTimeout, claim: letter.claim })
  }
  if (subject?.kind === 'question' && letter.kind === 'answer') {
    const { questionId, isTimeout } = subject
    must(hearAnswer, { ...arrived, questionId, isTimeout, claim: letter.answer })
  }
  if (subject?.kind === 'confirmation' && letter.kind === 'payment') {
    const { amount, ...payment } = letter.payment
    must(hearConfirmation, { ...arrived, payment: { ...payment, amountMinor: amount.minor } })
  }
}
