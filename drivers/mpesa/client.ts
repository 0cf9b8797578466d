import { err, ok, type Clock, type Result, type Secret, type Timers } from '@lango/kernel'
import type { ProviderFault } from '@lango/modules/payments/port'
import type { standingOrderPages } from './facts.ts'
import { faultOf, fromWire, refusalOf, type Refusal } from './faults.ts'
import { createTokens } from './token.ts'
import { textField } from './values.ts'
import { exchange, type WireRequest } from './wire.ts'

const TIMEOUT_MS = 30_000

export type MpesaConfig = {
  /** `https://api.safaricom.co.ke`, `https://sandbox.safaricom.co.ke`; plain http on this machine only. */
  readonly baseUrl: string
  readonly consumerKey: string
  readonly consumerSecret: Secret
  /** Of a till the store or head office number it went live with. */
  readonly shortcode: string
  readonly kind: 'paybill' | 'till'
  /** The till number that receives, where `kind` is `till`. */
  readonly till?: string
  readonly passkey: Secret
  /** Whoever may ask for reversals, payouts, statuses and balances. */
  readonly initiator?: Initiator
  /** By which of Safaricom's pages standing orders are asked for; left out where none are. */
  readonly standingOrders?: keyof typeof standingOrderPages
}

export type Initiator = {
  readonly name: string
  readonly credential:
    | { readonly sealed: Secret }
    /** PEM of the environment's own certificate; the password is sealed with it. */
    | { readonly password: Secret; readonly certificate: string }
}

export type MpesaDependencies = {
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
  readonly timers: Timers
  readonly timeoutMs?: number
}

export type Call = Pick<WireRequest, 'method' | 'path' | 'body'>
/** An answer of 2xx that was readable, or why there is none. */
export type CallOutcome = { readonly body: unknown } | { readonly refusal: Refusal }

export interface Client {
  /** Asks; for calls to which a refusal may mean something else than a fault. */
  ask(call: Call, signal: AbortSignal): Promise<Result<CallOutcome, ProviderFault>>
  /** Asks; an answer without one of these codes in its field for it is a fault. */
  demand(call: Call, signal: AbortSignal, codes?: readonly string[]): Promise<Result<unknown, ProviderFault>>
  /** The body, where its code is one of these. */
  accepted(outcome: CallOutcome, codes: readonly string[]): Result<unknown, ProviderFault>
  /** A refusal as the port has it. */
  fault(refusal: Refusal): Result<never, ProviderFault>
  readonly isLoopback: boolean
}

/** Names of a field that says how a request was taken. */
const taken = (body: unknown): string => textField(body, 'ResponseCode', 'ResponseStatus')

export const createClient = (config: MpesaConfig, dependencies: MpesaDependencies): Client => {
  const { timers, timeoutMs = TIMEOUT_MS } = dependencies
  const baseUrl = new URL(config.baseUrl)
  const isLoopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(baseUrl.hostname)
  if (baseUrl.protocol !== 'https:' && !(isLoopback && baseUrl.protocol === 'http:'))
    throw new TypeError('M-Pesa is asked by https')
  const scrub = scrubberOf(config)
  const wire = { baseUrl, timers, timeoutMs }
  const { consumerKey, consumerSecret } = config
  const { monotonicMs } = dependencies.clock
  const tokens = createTokens({ ...wire, consumerKey, consumerSecret, monotonicMs, scrub })

  const attempt = async (call: Call, signal: AbortSignal, isLast: boolean): ReturnType<Client['ask']> => {
    const token = await stoppable(tokens.current(), signal)
    if (!token.ok) return token
    const answer = await exchange({ ...call, authorization: `Bearer ${token.value}` }, wire, signal)
    if (!answer.ok) return fromWire(answer.error)
    const { status, body, isReadable } = answer.value
    if (status >= 200 && status < 300 && isReadable && textField(body, 'errorCode') === '') return ok({ body })
    const refusal = refusalOf(answer.value)
    if (refusal.is !== 'dead-token') return ok({ refusal: { ...refusal, message: hide(refusal.message, token.value) } })
    // It was turned away at the door, so asking again is safe.
    tokens.drop(token.value)
    return isLast ? ok({ refusal: { ...refusal, message: 'it takes no token' } }) : attempt(call, signal, true)
  }

  const fault: Client['fault'] = (refusal) => faultOf(refusal, scrub)

  const ask: Client['ask'] = (call, signal) => attempt(call, signal, false)

  const accepted: Client['accepted'] = (outcome, codes) => {
    if ('refusal' in outcome) return fault(outcome.refusal)
    const { body } = outcome
    const code = taken(body)
    if (codes.includes(code)) return ok(body)
    // Neither yes nor no: it may have been done.
    if (code === '') return fault({ is: 'silent', code: '', message: 'its answer cannot be read' })
    return fault(refusalOf({ status: 200, body, isReadable: true }))
  }

  return {
    isLoopback,
    ask,
    fault,
    accepted,
    async demand(call, signal, codes = ['0']) {
      const outcome = await ask(call, signal)
      return outcome.ok ? accepted(outcome.value, codes) : outcome
    },
  }
}

/** Many wait for one token: whoever stops leaves, and the others wait on. */
const stoppable = async (
  token: Promise<Result<string, ProviderFault>>,
  signal: AbortSignal,
): Promise<Result<string, ProviderFault>> => {
  const stopped = Promise.withResolvers<Result<string, ProviderFault>>()
  const stop = (): void => stopped.resolve(err({ type: 'ProviderUnreachable', reason: 'the box is stopping' }))
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  return Promise.race([token, stopped.promise]).finally(() => signal.removeEventListener('abort', stop))
}

const SHORT = 4

const hide = (text: string, secret: string): string =>
  secret.length < SHORT ? text : text.replaceAll(secret, '‹secret›')

/** Takes every secret of the app out of a text. */
const scrubberOf = ({ consumerKey, consumerSecret, passkey, initiator }: MpesaConfig): ((text: string) => string) => {
  const credential = initiator?.credential
  const held = credential === undefined ? [] : ['sealed' in credential ? credential.sealed : credential.password]
  const secrets = [consumerKey, ...[consumerSecret, passkey, ...held].map((secret) => secret.reveal())]
  // Base64 of anything long: passwords and credentials are sent so.
  return (text) => secrets.reduce(hide, text).replaceAll(/[A-Za-z0-9+/=]{40,}/g, '‹secret›')
}
