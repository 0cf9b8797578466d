/** Prompts on handsets, and what their holders do. */
import type { createDelivery } from './delivery.ts'
import { orderCallback, type StandingOrder } from './standing-orders.ts'
import { stampOf, type DarajaSimulatorOptions, type PromptOutcome } from './types.ts'
import { descriptions, whyNotPin, type Customer, type Shortcode, type Transaction, type World } from './world.ts'

export type Prompt = {
  readonly ref: string
  readonly merchantRef: string
  readonly msisdn: string
  readonly customer: Customer | undefined
  readonly shortcode: Shortcode
  readonly amount: number
  readonly account: string
  readonly description: string
  readonly callbackUrl: string
  /** The type and receiver do not belong to the shortcode. */
  readonly isMisassigned: boolean
  /** It asks for leave to pay regularly: no money moves by it. */
  readonly order?: StandingOrder
  isIgnored: boolean
  isPaidLate: boolean
  end: { readonly code: string; readonly description: string } | undefined
}

const PROMPT_MS = 60_000
/** How long after a time-out a late success comes. */
const LATE_MS = 15_000
type HandsetParts = {
  readonly world: World
  readonly delivery: ReturnType<typeof createDelivery>
  readonly options: DarajaSimulatorOptions
  /** Told of each payment, for C2B's confirmation. */
  readonly onPaid: (made: Transaction) => void
}

/** What is posted when a prompt has ended. */
const callbackOf = ({ merchantRef, ref, msisdn, end }: Prompt, made: Transaction | undefined): object => {
  const { code, description } = end!
  const items = made && [
    { Name: 'Amount', Value: made.amount },
    { Name: 'MpesaReceiptNumber', Value: made.receipt },
    { Name: 'Balance' },
    { Name: 'TransactionDate', Value: Number(stampOf(made.at)) },
    { Name: 'PhoneNumber', Value: Number(msisdn) },
  ]
  const stkCallback = {
    MerchantRequestID: merchantRef,
    CheckoutRequestID: ref,
    ResultCode: /^\d+$/.test(code) ? Number(code) : code,
    ResultDesc: description,
    ...(items && { CallbackMetadata: { Item: items } }),
  }
  return { Body: { stkCallback } }
}

export const createHandsets = ({ world, delivery, options, onPaid }: HandsetParts) => {
  const { timers, promptMs = PROMPT_MS } = options
  const prompts = new Map<string, Prompt>()
  const script: PromptOutcome[] = []

  const close = (prompt: Prompt, code: string, description = descriptions[code] ?? 'Failed.', made?: Transaction) => {
    prompt.end = { code, description }
    const { order, callbackUrl: url } = prompt
    delivery.deliver({ url, body: order ? orderCallback(order, prompt.end, world) : callbackOf(prompt, made) })
    if (made) onPaid(made)
  }

  const collect = (prompt: Prompt): void => {
    if (prompt.customer === undefined) return close(prompt, '1037')
    if (prompt.order) {
      prompt.order.isActive = true
      return close(prompt, '0')
    }
    const made = world.collect({ ...prompt, customer: prompt.customer })
    if (typeof made === 'string') close(prompt, made)
    else close(prompt, '0', descriptions['0'], made)
  }

  const approve = (prompt: Prompt, pin = prompt.customer?.pin ?? ''): void => {
    if (prompt.end !== undefined) return
    const wrong = prompt.customer && whyNotPin(prompt.customer, pin)
    if (wrong !== undefined) close(prompt, wrong)
    else collect(prompt)
  }

  const expire = (prompt: Prompt): void => {
    if (prompt.end !== undefined) return
    close(prompt, '1037', prompt.customer ? 'No response from user.' : descriptions['1037'])
    if (prompt.isPaidLate) timers.after(LATE_MS, () => collect(prompt))
  }

  /** What its holder does with an open prompt. */
  const act = (prompt: Prompt, outcome: PromptOutcome): void => {
    if (prompt.end !== undefined) return
    if (typeof outcome === 'object' && 'code' in outcome) return close(prompt, outcome.code)
    if (typeof outcome === 'object') return void timers.after(outcome.approveAfterMs, () => approve(prompt))
    if (outcome === 'approve') approve(prompt)
    else if (outcome === 'wrong-pin') approve(prompt, '')
    else if (outcome === 'cancel') close(prompt, '1032')
    else if (outcome === 'unreachable') close(prompt, '1037')
    else {
      prompt.isIgnored = true
      prompt.isPaidLate = outcome === 'late-success'
    }
  }

  const show = (prompt: Prompt): void => {
    if (prompt.isMisassigned) return close(prompt, '2028')
    if (prompt.customer === undefined) return close(prompt, '1037')
    timers.after(promptMs, () => expire(prompt))
    const outcome = script.shift()
    if (outcome !== undefined) act(prompt, outcome)
  }

  return {
    prompts: prompts as ReadonlyMap<string, Prompt>,
    script: (...outcomes: readonly PromptOutcome[]) => void script.push(...outcomes),
    act,
    approve,
    isBusy: (msisdn: string): boolean => [...prompts.values()].some((one) => !one.end && one.msisdn === msisdn),
    /** It is on its way: the handset shows it once whoever asked was answered. */
    add: (prompt: Prompt): (() => void) => {
      prompts.set(prompt.ref, prompt)
      return () => show(prompt)
    },
  }
}

export type Handsets = ReturnType<typeof createHandsets>
