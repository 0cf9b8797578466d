/** Standing orders, which Safaricom calls Ratiba: asked for on the handset once, and paid by M-Pesa from then on. */
import { createHash } from 'node:crypto'
import { err, ok, type Result } from '@lango/kernel'
import type { Failure, PaymentProvider, ProviderFault, StandingOrderClaim } from '@lango/modules/payments/port'
import { callbackUrlOf } from './callback-url.ts'
import type { CallOutcome, Client, MpesaConfig } from './client.ts'
import {
  IDENTIFIER_SHORTCODE,
  paths,
  pushResults,
  STANDING_ORDER_TAKEN,
  standingOrderPages,
  standingOrderResults,
} from './facts.ts'
import { misconfigured } from './faults.ts'
import { readDemand } from './push.ts'
import { fieldOf, listOf, readAmount, textField } from './values.ts'

const DESCRIPTION = 'Internet'

export const createStandingOrders = (
  client: Client,
  { shortcode, kind, standingOrders }: MpesaConfig,
): Pick<PaymentProvider, 'standingOrder'> => ({
  async standingOrder(request, signal) {
    if (standingOrders === undefined) return misconfigured('standing-order', 'standing orders are switched off')
    // A till has no accounts: nobody would know whose the money is.
    if (kind === 'till') return misconfigured('standing-order', 'standing orders are for a paybill')
    const asked = readDemand(request)
    if (!asked.ok) return asked
    const url = callbackUrlOf(request.callbackUrl, client.isLoopback)
    if (!url.ok) return url
    const { transactionType, ownIdField, frequencies } = standingOrderPages[standingOrders]
    const ownId = uuidOf(request.id)
    const body = {
      StandingOrderName: request.name,
      StartDate: dayOf(request.startsOn),
      EndDate: dayOf(request.endsOn),
      BusinessShortCode: shortcode,
      TransactionType: transactionType,
      ReceiverPartyIdentifierType: IDENTIFIER_SHORTCODE,
      Amount: String(asked.value.shillings),
      PartyA: asked.value.msisdn,
      CallBackURL: url.value,
      AccountReference: request.reference,
      TransactionDesc: DESCRIPTION,
      Frequency: frequencies[request.frequency],
      ...(ownIdField !== '' && { [ownIdField]: ownId }),
    }
    const outcome = await client.ask({ method: 'POST', path: paths.standingOrder, body }, signal)
    if (!outcome.ok) return outcome
    const taken = refIn(client, outcome.value)
    if (!taken.ok || ownIdField !== '') return taken.ok ? ok({ ref: ownId }) : taken
    return taken.value === ''
      ? err({ type: 'ProviderSilent', reason: 'its answer names no request' })
      : ok({ ref: taken.value })
  },
})

/** `2026-12-31` as it is written there. */
const dayOf = (day: string): string => day.replaceAll('-', '')

/** A UUID that is always the same for an id of ours. */
const uuidOf = (id: string): string => {
  const hex = createHash('sha256').update(id).digest('hex')
  // Version 8: of whoever makes it (RFC 9562 section 5.8).
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)]
  return parts.join('-')
}

/** A part of the answer or of the callback: its name is written in both ways. */
const partOf = (body: unknown, name: 'Header' | 'Body'): unknown =>
  fieldOf(body, `Response${name}`) ?? fieldOf(body, `response${name}`)

const refIn = (client: Client, outcome: CallOutcome): Result<string, ProviderFault> => {
  if ('refusal' in outcome) return client.fault(outcome.refusal)
  const header = partOf(outcome.body, 'Header')
  const code = textField(header, 'responseCode', 'ResponseCode')
  if (code === STANDING_ORDER_TAKEN) return ok(textField(header, 'responseRefID', 'ResponseRefID'))
  const message = textField(header, 'responseDescription', 'ResponseDescription', 'ResultDesc')
  // Neither yes nor no, or their own trouble: somebody may have been asked.
  if (code === '' || /^5\d\d$/.test(code)) return client.fault({ is: 'silent', code, message })
  return client.fault({ is: failureOf(code, message), code: code.slice(0, 32), message })
}

const failureOf = (code: string, text: string): Failure => {
  const known = pushResults.get(code)
  if (known === undefined) return standingOrderResults.get(code) ?? (/^4\d\d$/.test(code) ? 'configuration' : 'system')
  return known.byText?.[0].test(text) === true ? known.byText[1] : known.failure
}

/** Of its pairs the first of a name counts; names are written in several ways. */
const valueIn = (pairs: readonly unknown[], name: string): string => {
  const found = pairs.find((pair) => textField(pair, 'name', 'Name').toLowerCase() === name)
  return textField(found, 'value', 'Value').trim()
}

export const readStandingOrder = (body: unknown): StandingOrderClaim | undefined => {
  const header = partOf(body, 'Header')
  const pairs = listOf(fieldOf(partOf(body, 'Body'), 'responseData'))
  const refs = ['requestRefID', 'responseRefID'].map((name) => textField(header, name).trim()).filter(Boolean)
  const headed = textField(header, 'responseCode', 'ResponseCode').trim()
  // A failure is headed `Error` now and then, and its number is among the pairs.
  const code = /^\d+$/.test(headed) ? headed : valueIn(pairs, 'responsecode')
  if (refs.length === 0 || code === '') return undefined
  const failure = code === '0' ? null : failureOf(code, textField(header, 'responseDescription', 'ResponseDescription'))
  return { refs: [...new Set(refs)], failure, amount: readAmount(valueIn(pairs, 'amount')) }
}
