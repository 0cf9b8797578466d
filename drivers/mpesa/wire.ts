/** One request to Daraja and its answer: what went wrong on the way is told apart by whether it may have been heard. */
import { err, ok, type Result, type Timers } from '@lango/kernel'

const ANSWER_OCTETS_MAX = 2 * 1024 * 1024

export type WireOptions = {
  readonly baseUrl: URL
  readonly timers: Timers
  readonly timeoutMs: number
}

export type WireFault =
  /** No octet of it reached them. */
  | { readonly type: 'Unsent'; readonly reason: string }
  /** It may have. */
  | { readonly type: 'Unanswered'; readonly reason: string }

export type WireAnswer = { readonly status: number; readonly body: unknown; readonly isReadable: boolean }

export type WireRequest = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly authorization: string
  readonly body?: object
}

/** How a connection fails before anything was said on it: names, routes, and TLS that is not theirs. */
const UNSENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_WRONG_VERSION_NUMBER',
])

export const exchange = async (
  { method, path, authorization, body }: WireRequest,
  { baseUrl, timers, timeoutMs }: WireOptions,
  signal: AbortSignal,
): Promise<Result<WireAnswer, WireFault>> => {
  if (signal.aborted) return err({ type: 'Unsent', reason: 'the box is stopping' })
  const late = new AbortController()
  const cancel = timers.after(timeoutMs, () => late.abort())
  try {
    const answer = await fetch(new URL(path, baseUrl), {
      method,
      headers: {
        authorization,
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // The keys are for them alone.
      redirect: 'manual',
      signal: AbortSignal.any([signal, late.signal]),
    })
    const text = await wholeOf(answer)
    if (text === undefined) return err({ type: 'Unanswered', reason: 'its answer is too long' })
    return ok({ status: answer.status, ...readJson(text) })
  } catch (error) {
    if (late.signal.aborted) return err({ type: 'Unanswered', reason: `no answer within ${timeoutMs} ms` })
    if (signal.aborted) return err({ type: 'Unanswered', reason: 'the box is stopping' })
    const code = codeOf(error)
    return err({ type: UNSENT.has(code) ? 'Unsent' : 'Unanswered', reason: `it cannot be reached (${code})` })
  } finally {
    cancel()
  }
}

const wholeOf = async (answer: Response): Promise<string | undefined> => {
  const chunks: Uint8Array[] = []
  let octets = 0
  for await (const chunk of answer.body ?? []) {
    octets += chunk.length
    // Leaving the loop hangs up.
    if (octets > ANSWER_OCTETS_MAX) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const readJson = (text: string): { readonly body: unknown; readonly isReadable: boolean } => {
  try {
    return { body: JSON.parse(text) as unknown, isReadable: true }
  } catch {
    return { body: undefined, isReadable: false }
  }
}

/** The code alone: a message may hold what was sent. Several addresses of a name fail as one error of many. */
const codeOf = (error: unknown): string => {
  const cause = (error as { readonly cause?: unknown }).cause ?? error
  const { code, errors, name } = cause as {
    readonly code?: string
    readonly errors?: readonly NodeJS.ErrnoException[]
    readonly name?: string
  }
  return code ?? errors?.[0]?.code ?? name ?? 'failed'
}
