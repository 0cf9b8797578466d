/** What is told, how it is signed, where it may go. Pure. */
import { createHmac } from 'node:crypto'
import { defineLimits } from '@lango/kernel'

export const webhookEvents = [
  'alarm.raised',
  'order.failed',
  'plan.added',
  'session.ended',
  'session.started',
  'subscriber.added',
  'subscriber.resumed',
  'subscriber.suspended',
  'voucher.revoked',
  'voucher.sold',
  'voucher.used',
] as const
export type WebhookEvent = (typeof webhookEvents)[number]
export const SESSION_EVENTS: readonly WebhookEvent[] = ['session.started', 'session.ended']
/** What an endpoint is told that did not choose: sessions begin and end by the thousand. */
export const defaultEvents = webhookEvents.filter((event) => !SESSION_EVENTS.includes(event))

/** What `lango webhook test` sends; nobody needs to ask for it. */
export const TEST_EVENT = 'webhook.test'

export const endpointStates = ['active', 'off', 'gone'] as const

export const webhookLimits = defineLimits({
  /** Each may keep one job busy, and others want to run beside them. */
  endpointsMax: 10,
  urlLengthMax: 512,
  /** Sent to one endpoint at once. */
  roundMax: 10,
  /** Events kept for an endpoint that does not take them; of what comes then only the number is kept. */
  waitingMax: 10_000,
  /** The first try and what follows it in about a day: the wait doubles from ten seconds to four hours. */
  attemptsMax: 19,
  backoffMs: 10_000,
  backoffMsMax: 4 * 3_600_000,
  /** A round ends after the slowest answer. */
  roundMs: 30_000,
  answerCharactersMax: 1024,
  errorLengthMax: 200,
  /** Sessions, vouchers or subscribers in one event. */
  subjectsMax: 200,
  deliveriesKeptMs: 30 * 86_400_000,
  deliveriesKept: 20_000,
  /** Rows removed in one go. */
  pruneRows: 500,
  tidyEveryMs: 600_000,
  /** Failed deliveries that are sent again by one command. */
  retriedMax: 500,
})

/** How long to wait after a failed try, and how often to try. */
export const deliveryLimits = {
  attemptsMax: webhookLimits.attemptsMax,
  backoffMs: webhookLimits.backoffMs,
  backoffMsMax: webhookLimits.backoffMsMax,
}

/** What a sealed signing secret is bound to. */
export const webhookSecretPurpose = (endpointId: string): string => `webhook_endpoints.secret:${endpointId}`

const SECRET_PREFIX = 'whsec_'
export const SECRET_BYTES = 32

export const spelledSecret = (bytes: Buffer): string => SECRET_PREFIX + bytes.toString('base64')

/** The octets of a secret as Standard Webhooks spells it (24 to 64 of them); undefined when it is none. */
export const secretBytes = (secret: string): Buffer | undefined => {
  const text = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : ''
  const bytes = Buffer.from(text, 'base64')
  const isWhole = bytes.toString('base64').replaceAll('=', '') === text.replaceAll('=', '')
  return isWhole && bytes.length >= 24 && bytes.length <= 64 ? bytes : undefined
}

export type SignedParts = { readonly messageId: string; readonly timestampSec: number; readonly body: string }

/** What is kept of a try that failed where the connection did not. */
export const attemptErrors = {
  secret: 'its secret cannot be opened',
  gone: 'it asks never to be asked again',
  redirect: 'redirects are not followed',
  refused: 'refused',
} as const

/** The headers of Standard Webhooks: id, seconds and body are signed together, so that none can be put to another. */
export const signedHeaders = (secret: Buffer, { messageId, timestampSec, body }: SignedParts) => ({
  'content-type': 'application/json',
  'webhook-id': messageId,
  'webhook-timestamp': String(timestampSec),
  'webhook-signature': `v1,${createHmac('sha256', secret).update(`${messageId}.${timestampSec}.${body}`).digest('base64')}`,
})

export type UrlFault = 'shape' | 'credentials' | 'fragment'

/** Why nothing can be sent to this address; undefined when it will do. */
export const urlFault = (text: string): UrlFault | undefined => {
  const url = URL.parse(text)
  if (!url || !['http:', 'https:'].includes(url.protocol)) return 'shape'
  // They would end in logs.
  if (url.username !== '' || url.password !== '') return 'credentials'
  return url.hash === '' ? undefined : 'fragment'
}

/** Without the path and what follows, which may be a key by itself: for logs and the audit. */
export const urlOrigin = (text: string): string => URL.parse(text)?.origin ?? ''

/** The first characters of an answer, without what could move a cursor or hide. */
export const answerStart = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, webhookLimits.answerCharactersMax)
