/** One request to a provider of SMS. */
import { err, ok, type Result } from '@lango/kernel'
import type { SendOutcome } from '@lango/modules/messages/port'

const TIMEOUT_MS = 30_000
const ANSWER_OCTETS_MAX = 64 * 1024

export type Request = {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}
/** How long an answer may take, its body included; `stopped`: the box stops. */
export type Patience = { readonly timeoutMs?: number | undefined; readonly stopped: AbortSignal }
export type Answer = { readonly status: number; readonly body: string }
type Unanswered = { readonly type: 'Unanswered'; readonly reason: string }

export const exchange = async (
  { url, ...request }: Request,
  { timeoutMs = TIMEOUT_MS, stopped }: Patience,
): Promise<Result<Answer, Unanswered>> => {
  try {
    const answer = await fetch(url, {
      ...request,
      // The key and the text are for them alone.
      redirect: 'manual',
      signal: AbortSignal.any([stopped, AbortSignal.timeout(timeoutMs)]),
    })
    return ok({ status: answer.status, body: await startOf(answer) })
  } catch (error) {
    return err({ type: 'Unanswered', reason: causeOf(error as Error, timeoutMs) })
  }
}

/** Whoever has more to say is hung up on. */
const startOf = async (answer: Response): Promise<string> => {
  const chunks: Uint8Array[] = []
  let octets = 0
  for await (const chunk of answer.body ?? []) {
    chunks.push(chunk)
    octets += chunk.length
    if (octets >= ANSWER_OCTETS_MAX) break
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_OCTETS_MAX).toString('utf8')
}

const causeOf = ({ name, message, cause }: Error, timeoutMs: number): string => {
  if (name === 'TimeoutError') return `no answer within ${timeoutMs} ms`
  if (name === 'AbortError') return 'the box is stopping'
  return `it cannot be reached: ${(cause as NodeJS.ErrnoException | undefined)?.code ?? message}`
}

/** Undefined where it is no JSON. */
export const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** `data.messages.0.id` of a JSON value, as text. */
export const fieldAt = (value: unknown, path: string): string | undefined => {
  let at = value
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as Readonly<Record<string, unknown>>)[name]
  }
  return typeof at === 'string' || typeof at === 'number' || typeof at === 'boolean' ? String(at) : undefined
}

export const refused = (reason: string): SendOutcome => ({ type: 'refused', reason })
export const later = (reason: string): SendOutcome => ({ type: 'later', reason })

/** It is not well, or asks for a pause: whatever it was asked. */
export const isUnwell = (status: number): boolean => status === 429 || status >= 500
