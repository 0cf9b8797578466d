/** Posts webhooks over HTTP: fills `WebhookSender` of the webhooks module. */
import { lookup as resolveName, type LookupAddress } from 'node:dns'
import { request as overHttp, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as overHttps } from 'node:https'
import { isIP } from 'node:net'
import type { WebhookMessage, WebhookOutcome, WebhookSender } from '@lango/modules/webhooks/port'
import { isForbidden } from './forbidden.ts'

/** From the look-up of the name to the end of the answer. */
const TIMEOUT_MS = 10_000
const ANSWER_OCTETS_MAX = 1024

export type WebhookSenderOptions = {
  /** A receiver on this machine: for development only, since the box's own interface listens there. */
  readonly allowsLoopback: boolean
  readonly timeoutMs?: number
  /** Every address of a name; the system's resolver unless given. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>
}

const systemResolve = (host: string): Promise<readonly LookupAddress[]> =>
  new Promise((found, failed) =>
    resolveName(host, { all: true }, (error, addresses) => (error ? failed(error) : found(addresses))),
  )

export const createWebhookSender = ({
  allowsLoopback,
  timeoutMs = TIMEOUT_MS,
  resolve = systemResolve,
}: WebhookSenderOptions): WebhookSender => ({
  async send(message, stopped) {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(timeoutMs)])
    const url = new URL(message.url)
    const host = url.hostname.replace(/^\[|\]$/g, '')
    try {
      const found = await abortable(addressesOf(host, resolve), signal)
      const allowed = found.filter(({ address }) => !isForbidden(address, { allowsLoopback }))
      const [first] = found
      if (allowed.length === 0)
        return first ? { type: 'forbidden', address: first.address } : unreachable('the name has no address')
      return await post(url, message, allowed, signal)
    } catch (error) {
      return unreachable(causeOf(error, timeoutMs))
    }
  },
})

const unreachable = (cause: string): WebhookOutcome => ({ type: 'unreachable', cause })

const addressesOf = async (
  host: string,
  resolve: NonNullable<WebhookSenderOptions['resolve']>,
): Promise<readonly LookupAddress[]> => {
  const family = isIP(host)
  return family === 0 ? resolve(host) : [{ address: host, family }]
}

/**
 * The connection goes to the addresses that were looked at, whatever the name means a moment later: it is not resolved
 * again (DNS rebinding). The name is still what TLS verifies and what the Host header says.
 */
const post = (
  url: URL,
  { headers, body }: WebhookMessage,
  allowed: readonly LookupAddress[],
  signal: AbortSignal,
): Promise<WebhookOutcome> => {
  const { promise, resolve, reject } = Promise.withResolvers<WebhookOutcome>()
  const lookup: NonNullable<RequestOptions['lookup']> = (_host, { all }, told) =>
    all ? told(null, [...allowed]) : told(null, allowed[0]!.address, allowed[0]!.family)
  const options: RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-length': Buffer.byteLength(body), 'user-agent': 'Lango-Webhooks/1' },
    // A connection of its own: none is kept open to a receiver that is asked once an hour.
    agent: false,
    lookup,
    signal,
  }
  const onAnswer = (answer: IncomingMessage): void => {
    startOf(answer).then((start) => resolve({ type: 'answer', status: answer.statusCode!, start }), reject)
  }
  const request: ClientRequest =
    url.protocol === 'https:' ? overHttps(url, options, onAnswer) : overHttp(url, options, onAnswer)
  request.on('error', reject).end(body)
  return promise
}

/** The first kilobyte; a receiver that has more to say is hung up on. */
const startOf = async (answer: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    octets += chunk.length
    // Leaving the loop destroys the answer, and its connection.
    if (octets >= ANSWER_OCTETS_MAX) break
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_OCTETS_MAX).toString('utf8')
}

/** Rejects when the signal aborts: a look-up cannot be called off. */
const abortable = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  const { promise, reject } = Promise.withResolvers<never>()
  const fail = (): void => reject(signal.reason as Error)
  if (signal.aborted) fail()
  signal.addEventListener('abort', fail, { once: true })
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', fail))
}

const causeOf = (error: unknown, timeoutMs: number): string => {
  const { name, code, message, cause } = error as NodeJS.ErrnoException & { cause?: unknown }
  const reason = name === 'AbortError' && cause instanceof Error ? cause.name : name
  if (reason === 'TimeoutError') return `no answer within ${timeoutMs} ms`
  if (reason === 'AbortError') return 'the box is stopping'
  return code ?? message
}
