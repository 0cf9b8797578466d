/** What payments ask of the provider, as jobs. */
import { FaultError, money } from '@lango/kernel'
import { defineJob, type AnyJob, type JobContext } from '@lango/kernel/verbs'
import { beginPrompt, givePaid, promptTold } from './commands.ts'
import { createPayouts } from './payout-work.ts'
import { createQuestions } from './question-work.ts'
import { createStandingOrderWork } from './standing-work.ts'
import { freshPart, limits, must, notAsked, type PaymentWorkDeps } from './work-parts.ts'
import { beginRefund, refundTold } from './refund.ts'
import type { RefundTold } from './refund-rules.ts'
import { endAhead } from './hear-callback.ts'
import { hearPayments } from './hear.ts'
import {
  askJob,
  grantJob,
  promptJob,
  pullJob,
  pullNowJob,
  refundJob,
  registerJob,
  takeBackJob,
} from './jobs-asked-for.ts'
import type { PaymentProvider, PromptState, Received } from './port.ts'
import { callbackAddresses, callbacksRegistered } from './register-callbacks.ts'
import { askedPhones, promptOf, pulledUntil } from './queries.ts'
import { paymentLimits, type Told } from './rules.ts'

const afterAsking = (state: PromptState): Told => {
  switch (state.state) {
    case 'pending':
      return { type: 'open' }
    case 'paid':
      return { type: 'paid' }
    default:
      return { type: 'failed', failure: state.failure, mayStillBePaid: state.mayStillBePaid }
  }
}

type Tell = (context: JobContext, purchaseId: string, told: Told) => void

const createPrompt = ({ provider, clock }: PaymentWorkDeps, tell: Tell) =>
  defineJob({
    ...promptJob,
    limits,
    async run(context, { purchaseId }) {
      const begun = context.dispatch(beginPrompt, { purchaseId }, freshPart(context, clock))
      if (!begun.ok) throw new FaultError(begun.error)
      const { mayPrompt, isWaitedFor, tellAt } = begun.value
      // It may have been asked before a crash: then what was paid is seen in the provider's list.
      if (!mayPrompt) return isWaitedFor ? tell(context, purchaseId, { type: 'silent' }) : undefined
      const purchase = context.query(promptOf, { purchaseId })!
      const asked = await provider()?.prompt(
        {
          phone: purchase.phone,
          amount: money(purchase.amountMinor, purchase.currency),
          reference: purchase.reference,
          description: 'Internet',
          callbackUrl: tellAt,
        },
        context.signal,
      )
      if (asked === undefined) return tell(context, purchaseId, { type: 'refused', failure: 'configuration' })
      tell(context, purchaseId, asked.ok ? { type: 'taken', ref: asked.value.ref } : notAsked(asked.error))
    },
  })

const createAsk = ({ provider }: PaymentWorkDeps, tell: Tell) =>
  defineJob({
    ...askJob,
    limits,
    async run(context, { purchaseId }) {
      const purchase = context.query(promptOf, { purchaseId })
      const isOpen = purchase?.state === 'accepted' || (purchase?.state === 'failed' && purchase.mayStillBePaid)
      if (!purchase || !isOpen) return
      const { providerRef: ref } = purchase
      const answer = ref === null ? undefined : await provider()?.promptState(ref, context.signal)
      // Nobody knows: as if it were open.
      tell(context, purchaseId, answer?.ok === true ? afterAsking(answer.value) : { type: 'open' })
    },
  })

/** Reads the provider's list, from a while before where it was read to. */
const createPulls = ({ provider, clock }: PaymentWorkDeps) => {
  /** Told once: a list that cannot be read now is asked for each minute, and the doctor says since when. */
  let told = ''
  const run = async (context: JobContext): Promise<void> => {
    const now = clock.now()
    const { pullBackMs, pullOverlapMs, pullRowsAtOnce } = paymentLimits
    const before = context.query(pulledUntil, {}) ?? now - pullBackMs
    const fromAt = Math.max(before - pullOverlapMs, now - pullBackMs)
    const using = provider()
    const read = await using?.received({ fromAt, toAt: now }, context.signal)
    if (!using || !read) return
    const fault = read.ok ? '' : JSON.stringify(read.error)
    if (fault !== '' && fault !== told) context.log.warn('the provider’s list cannot be read', { fault: read })
    told = fault
    if (!read.ok) return
    const { payments } = read.value
    const phones = context.query(askedPhones, { fromAt: fromAt - pullOverlapMs, toAt: now + 1 })
    for (let at = 0; at === 0 || at < payments.length; at += pullRowsAtOnce) {
      const rows = payments.slice(at, at + pullRowsAtOnce).map((one) => heardFrom(using, phones, one))
      const isLast = at + pullRowsAtOnce >= payments.length
      const part = `.${at}${freshPart(context, clock)}`
      must(context.dispatch(hearPayments, { payments: rows, ...(isLast && { pulledUntil: now }) }, part))
    }
  }
  const pullLimits = { attemptsMax: 3, atOnce: 1 }
  return [
    defineJob({ ...pullJob, limits: pullLimits, everyMs: paymentLimits.pullEveryMs, run }),
    defineJob({ ...pullNowJob, limits: pullLimits, run }),
  ]
}

const createRegister = ({ provider, clock }: PaymentWorkDeps) =>
  defineJob({
    ...registerJob,
    limits: { ...limits, attemptsMax: 3 },
    async run(context) {
      const urls = context.dispatch(callbackAddresses, {}, freshPart(context, clock))
      if (!urls.ok) throw new FaultError(urls.error)
      const answer = await provider()?.registerCallbacks(urls.value, context.signal)
      const told =
        answer?.ok === true
          ? ({ state: answer.value === 'registered' ? 'registered' : 'before' } as const)
          : ({ state: 'refused', reason: (answer?.error.reason ?? 'M-Pesa is not set up').slice(0, 500) } as const)
      must(context.dispatch(callbacksRegistered, told, freshPart(context, clock)))
    },
  })

/** What stands in the provider's own list beside it. */
const REASON = 'Refund'

const createRefund = ({ provider, clock }: PaymentWorkDeps) =>
  defineJob({
    ...refundJob,
    limits,
    async run(context, { refundId }) {
      const tell = (told: RefundTold): void =>
        must(context.dispatch(refundTold, { refundId, told }, freshPart(context, clock)))
      const begun = context.dispatch(beginRefund, { refundId }, freshPart(context, clock))
      if (!begun.ok) throw new FaultError(begun.error)
      const { request, isWaitedFor } = begun.value
      // It may have been asked before a crash: whoever looks at the provider's own list says whether it was.
      if (!request) return isWaitedFor ? tell({ type: 'silent' }) : undefined
      const { amountMinor, currency, note, ...rest } = request
      const amount = money(amountMinor, currency)
      const asked = await provider()?.reverse({ ...rest, amount, reason: note ?? REASON }, context.signal)
      if (asked === undefined) return tell({ type: 'refused', failure: 'configuration' })
      tell(asked.ok ? { type: 'taken', ...asked.value } : notAsked(asked.error))
    },
  })

export const createPaymentWork = (deps: PaymentWorkDeps): readonly AnyJob[] => {
  const tell: Tell = (context, purchaseId, told) =>
    must(context.dispatch(promptTold, { purchaseId, told }, freshPart(context, deps.clock)))
  const give = defineJob({
    ...grantJob,
    limits,
    run(context, { purchaseId }) {
      must(context.dispatch(givePaid, { purchaseId }, freshPart(context, deps.clock)))
      return Promise.resolve()
    },
  })
  const end = defineJob({
    ...takeBackJob,
    limits,
    run(context, { purchaseId }) {
      must(context.dispatch(endAhead, { purchaseId }, freshPart(context, deps.clock)))
      return Promise.resolve()
    },
  })
  return [
    createPrompt(deps, tell),
    createAsk(deps, tell),
    give,
    end,
    createRefund(deps),
    ...createPayouts(deps),
    createRegister(deps),
    ...createQuestions(deps),
    ...createStandingOrderWork(deps),
    ...createPulls(deps),
  ]
}

const heardFrom = (provider: PaymentProvider, phones: readonly string[], { amount, ...received }: Received) => {
  const { phone, phoneHint: hint, name, ...rest } = received
  return {
    ...rest,
    amountMinor: amount.minor,
    currency: amount.currency,
    ...(phone === undefined ? {} : { phone }),
    ...(hint === undefined ? {} : { phoneHint: hint }),
    ...(name === undefined ? {} : { name }),
    phones: hint === undefined ? [] : phones.filter((one) => provider.isHintOf(hint, one)).slice(0, PHONES_MAX),
  }
}

const PHONES_MAX = 100
