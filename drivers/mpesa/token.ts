import { ok, type Result, type Secret, type Timers } from '@lango/kernel'
import type { ProviderFault } from '@lango/modules/payments/port'
import { paths, TOKEN_MARGIN_MS, TOKEN_REFRESH_MS } from './facts.ts'
import { faultOf, fromWire, misconfigured, refusalOf } from './faults.ts'
import { textField } from './values.ts'
import { exchange } from './wire.ts'

export type TokenOptions = {
  readonly baseUrl: URL
  readonly consumerKey: string
  readonly consumerSecret: Secret
  readonly monotonicMs: () => number
  readonly timers: Timers
  readonly timeoutMs: number
  readonly scrub: (text: string) => string
}

export interface Tokens {
  /** The token of the app. Whoever waits for one waits for the same: a second would end the first. */
  current(): Promise<Result<string, ProviderFault>>
  /** Told that this one is dead: the next `current` fetches anew, unless that was done already. */
  drop(token: string): void
}

const TOKEN_LENGTH_MAX = 4096

export const createTokens = (options: TokenOptions): Tokens => {
  const { consumerKey, consumerSecret, monotonicMs } = options
  let held: { readonly token: string; readonly untilMs: number } | undefined
  let fetching: Promise<Result<string, ProviderFault>> | undefined

  const renew = async (): Promise<Result<string, ProviderFault>> => {
    const asked = monotonicMs()
    const authorization = `Basic ${Buffer.from(`${consumerKey}:${consumerSecret.reveal()}`).toString('base64')}`
    // Many wait for it: nobody's signal ends it, its own time limit does.
    const answer = await exchange({ method: 'GET', path: paths.token, authorization }, options, never)
    if (!answer.ok) return unheard(fromWire(answer.error).error)
    const token = textField(answer.value.body, 'access_token')
    if (answer.value.status !== 200 || token === '') {
      const refusal = refusalOf(answer.value)
      if (refusal.is === 'configuration' || refusal.is === 'dead-token' || refusal.is === 'misconfigured')
        return misconfigured(refusal.code, 'the consumer key and secret are not taken')
      return unheard(faultOf(refusal, options.scrub).error)
    }
    if (token.length > TOKEN_LENGTH_MAX) return misconfigured('token', 'the token is too long')
    const lifeMs = Number(textField(answer.value.body, 'expires_in')) * 1000
    const usableMs = lifeMs > 0 ? Math.max(0, Math.min(TOKEN_REFRESH_MS, lifeMs - TOKEN_MARGIN_MS)) : TOKEN_REFRESH_MS
    held = { token, untilMs: asked + usableMs }
    return ok(token)
  }

  return {
    current() {
      if (held !== undefined && monotonicMs() < held.untilMs) return Promise.resolve(ok(held.token))
      fetching ??= renew().finally(() => {
        fetching = undefined
      })
      return fetching
    },
    drop(token) {
      if (held?.token === token) held = undefined
    },
  }
}

const never = new AbortController().signal

/** Without a token nothing was asked of them: whatever became of it, asking again is safe. */
const unheard = (fault: ProviderFault): { readonly ok: false; readonly error: ProviderFault } => ({
  ok: false,
  error: fault.type === 'ProviderSilent' ? { type: 'ProviderUnreachable', reason: fault.reason } : fault,
})
