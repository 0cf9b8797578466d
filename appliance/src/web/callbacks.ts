/**
 * Where the provider of payments posts how prompts ended: to addresses that it alone was told. What comes is written down
 * before it is answered. Nobody signs in here, nothing is believed, and the answer is the same to everybody.
 */
import { isIP } from 'node:net'
import { Hono, type Context } from 'hono'
import type { Fault, Log, Result } from '@lango/kernel'
import { callbackDigest, callbackLimits, type CallbackGate, type CallbackSubject } from '@lango/modules/payments'
import type { CallbackReader, PromptClaim } from '@lango/modules/payments/port'
import { addressOf } from './request-facts.ts'
import { isLoopback } from './serve.ts'

/** As the commands take it: of a prompt, or of a payment to the shortcode. */
export type Arrived = {
  readonly origin: string
  readonly isKnownSource: boolean
  readonly body: string
  readonly digest: string
}
export type PromptArrived = Arrived & {
  readonly purchaseId: string
  readonly claim: (Omit<PromptClaim, 'amount'> & { amountMinor?: number; currency?: string }) | undefined
}
export type PaymentArrived = Arrived & {
  readonly payment: { receipt: string; shortcode: string; account: string; amountMinor: number } | undefined
}

export type CallbacksDeps = {
  readonly gate: CallbackGate
  readonly reader: CallbackReader
  /** Both resolve when it is on disk. */
  readonly prompt: (arrived: PromptArrived) => Promise<Result<unknown, Fault>>
  readonly payment: (arrived: PaymentArrived) => Promise<Result<unknown, Fault>>
  /** Resolves when all that was written before is on disk. */
  readonly synced: () => Promise<Result<unknown, Fault>>
  readonly log: Log
}

/** A proxy on this machine says for whom it asks; from anybody else that is only talk. */
const originOf = (c: Context): string => {
  const socket = addressOf(c)
  const told = c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? ''
  return isLoopback(socket) && isIP(told) !== 0 ? told : socket
}

/** Undefined where it is longer than anything that the provider posts: the rest is not read. */
const bodyOf = async (c: Context): Promise<string | undefined> => {
  const chunks: Uint8Array[] = []
  let octets = 0
  for await (const chunk of c.req.raw.body ?? []) {
    octets += chunk.length
    if (octets > callbackLimits.bodyOctetsMax) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const claimOf = (told: PromptClaim | undefined): PromptArrived['claim'] =>
  told && {
    ref: told.ref,
    isPaid: told.isPaid,
    ...(told.amount && { amountMinor: told.amount.minor, currency: told.amount.currency }),
  }

const paymentOf = (told: ReturnType<CallbackReader['payment']>): PaymentArrived['payment'] =>
  told && { receipt: told.receipt, shortcode: told.shortcode, account: told.account, amountMinor: told.amount.minor }

/** Says a thing the first, tenth, hundredth time: strangers must not fill the log either. */
const createTally = (say: (times: number) => void): (() => void) => {
  let times = 0
  let next = 1
  return () => {
    times += 1
    if (times < next) return
    say(times)
    next *= 10
  }
}

type Kept = Exclude<CallbackSubject, { readonly kind: 'validation' }>

/** To be mounted at `/callbacks`, before anything that asks who somebody is: a proxy's name is not ours. */
export const createCallbacks = ({ gate, reader, log, ...site }: CallbacksDeps): Hono => {
  const stranger = createTally((times) => log.warn('callbacks to an address that nobody was told', { times }))
  const tooLong = createTally((times) => log.warn('callbacks that are too long to be the provider’s', { times }))
  const unusual = createTally((times) =>
    log.info('callbacks from an address that is not known of the provider', { times }),
  )
  const accepted = (c: Context): Response => c.json(reader.accepted)
  const again = (c: Context): Response => c.json({ ResultCode: 1, ResultDesc: 'Try again' }, 503)

  const keep = (subject: Kept, token: string, body: string, origin: string): Promise<Result<unknown, Fault>> => {
    const digest = callbackDigest(token, body)
    // Come twice at once, the first may not be on disk yet.
    if (gate.isKnown(digest)) return site.synced()
    const isKnownSource = reader.isKnownSource(origin)
    if (!isKnownSource) unusual()
    const arrived = { origin, isKnownSource, body, digest }
    const told = readJson(body)
    return subject.kind === 'prompt'
      ? site.prompt({ ...arrived, purchaseId: subject.purchaseId, claim: claimOf(reader.prompt(told)) })
      : site.payment({ ...arrived, payment: paymentOf(reader.payment(told)) })
  }

  const app = new Hono()
  app.post('/:token', async (c) => {
    const token = c.req.param('token')
    const subject = gate.subjectOf(token)
    if (subject === undefined) {
      stranger()
      return accepted(c)
    }
    // No money yet, and nobody is kept from paying.
    if (subject.kind === 'validation') return c.json(reader.allowed)
    const body = await bodyOf(c)
    if (body === undefined) {
      tooLong()
      return accepted(c)
    }
    const kept = await keep(subject, token, body, originOf(c))
    if (kept.ok) return accepted(c)
    log.error('a callback could not be written down', { fault: kept.error })
    return again(c)
  })
  app.all('*', (c) => c.text('Not found', 404))
  app.onError((error, c) => {
    log.error('a callback failed', { error })
    return again(c)
  })
  return app
}
