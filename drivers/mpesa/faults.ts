/** What an answer that is no success comes to, as the port's faults. */
import { err, type Err } from '@lango/kernel'
import type { ProviderFault } from '@lango/modules/payments/port'
import { requestErrors, type ErrorClass } from './facts.ts'
import { fieldOf, textField } from './values.ts'
import type { WireAnswer, WireFault } from './wire.ts'

export const fromWire = ({ type, reason }: WireFault): Err<ProviderFault> =>
  type === 'Unsent' ? err({ type: 'ProviderUnreachable', reason }) : err({ type: 'ProviderSilent', reason })

export const misconfigured = (code: string, reason: string): Err<ProviderFault> =>
  err({ type: 'ProviderMisconfigured', code, reason })

export type Refusal = { readonly is: ErrorClass; readonly code: string; readonly message: string }

const MESSAGE_LENGTH_MAX = 160

/** Takes apart what was answered instead of a success. `code` is the errorCode, or else the HTTP status. */
export const refusalOf = ({ status, body, isReadable }: WireAnswer): Refusal => {
  const errorCode = textField(body, 'errorCode', 'ResponseCode')
  // Their gateway's own words.
  const gateway = textField(fieldOf(body, 'fault'), 'faultstring')
  const message = textField(body, 'errorMessage', 'ResponseDescription', 'ResponseMessage') || gateway
  const code = errorCode === '' ? String(status) : errorCode
  const said = requestErrors.find(
    (known) => (errorCode !== '' || known.text) && known.code.test(errorCode) && (known.text?.test(message) ?? true),
  )
  return { is: said?.is ?? byStatus(status, isReadable), code: code.slice(0, 32), message }
}

const byStatus = (status: number, isReadable: boolean): ErrorClass => {
  if (status === 401) return 'dead-token'
  if (status === 429) return 'busy'
  // A redirect, a door in front of theirs, a path that is not there.
  if ((status >= 300 && status < 400) || status === 403 || status === 404 || status === 405) return 'misconfigured'
  if (status >= 400 && status < 500) return 'configuration'
  return status < 300 && isReadable ? 'system' : 'silent'
}

/**
 * As the port has it. `scrub` takes out of their words what is a secret: they echo fields. Three classes mean
 * something to some calls only, and are refusals to the others.
 */
export const faultOf = ({ is, code, message }: Refusal, scrub: (text: string) => string): Err<ProviderFault> => {
  const reason = wordsOf(scrub(message)) || `it answered ${code}`
  if (is === 'silent') return err({ type: 'ProviderSilent', reason })
  if (is === 'dead-token' || is === 'misconfigured') return misconfigured(code, reason)
  // A customer's own payment under way, or an id used before: not the whole provider's waiting.
  if (is === 'busy')
    return /^500\.00[12]\./.test(code)
      ? err({ type: 'ProviderRefused', code, failure: 'busy', reason })
      : err({ type: 'ProviderBusy', reason })
  if (is === 'pending') return err({ type: 'ProviderBusy', reason })
  return err({ type: 'ProviderRefused', code, failure: is === 'registered' ? 'configuration' : is, reason })
}

const wordsOf = (text: string): string =>
  text
    .replaceAll(/[^\p{L}\p{N}\p{P}\p{Zs}]/gu, ' ')
    .trim()
    .slice(0, MESSAGE_LENGTH_MAX)
