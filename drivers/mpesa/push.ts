/** STK push: a prompt on the customer's handset, and how it stands (M-Pesa Express). */
import { err, ok, type Result } from '@lango/kernel'
import type { PaymentProvider, PromptRequest, PromptState, ProviderFault } from '@lango/modules/payments/port'
import { callbackUrlOf } from './callback-url.ts'
import type { Client, MpesaConfig } from './client.ts'
import {
  AMOUNT_MAX,
  AMOUNT_MIN,
  DESCRIPTION_LENGTH_MAX,
  paths,
  pushResults,
  REFERENCE_LENGTH_MAX,
  unknownResult,
} from './facts.ts'
import { msisdnOf } from './phone.ts'
import { eatStamp, shillingsOf, textField } from './values.ts'

/** How a push ended, by its ResultCode; `description` says more than some codes. */
export const promptStateOf = (code: string, description: string, receipt?: string): PromptState => {
  if (code === '0') return { state: 'paid', receipt }
  const { failure, mayStillBePaid, byText } = pushResults.get(code) ?? unknownResult
  const told = byText?.[0].test(description) ? byText[1] : failure
  return { state: 'failed', failure: told, code: code.slice(0, 32), mayStillBePaid }
}

export const createPush = (
  client: Client,
  config: MpesaConfig,
  now: () => number,
): Pick<PaymentProvider, 'prompt' | 'promptState'> => {
  const isTill = config.kind === 'till'
  const signed = (): object => {
    const stamp = eatStamp(now())
    return {
      BusinessShortCode: config.shortcode,
      Password: passwordOf(config.shortcode, config.passkey.reveal(), stamp),
      Timestamp: stamp,
    }
  }

  return {
    async prompt(request, signal) {
      const asked = readDemand(request)
      if (!asked.ok) return asked
      const url = callbackUrlOf(request.callbackUrl, client.isLoopback)
      if (!url.ok) return url
      const { msisdn, shillings } = asked.value
      const body = {
        ...signed(),
        TransactionType: isTill ? 'CustomerBuyGoodsOnline' : 'CustomerPayBillOnline',
        Amount: shillings,
        PartyA: msisdn,
        PartyB: isTill ? (config.till ?? config.shortcode) : config.shortcode,
        PhoneNumber: msisdn,
        CallBackURL: url.value,
        AccountReference: request.reference,
        TransactionDesc: request.description.slice(0, DESCRIPTION_LENGTH_MAX),
      }
      const answer = await client.demand({ method: 'POST', path: paths.push, body }, signal)
      if (!answer.ok) return answer
      const ref = textField(answer.value, 'CheckoutRequestID')
      // Taken, and nobody can ask by what name.
      return ref === '' ? err({ type: 'ProviderSilent', reason: 'its answer names no request' }) : ok({ ref })
    },

    async promptState(ref, signal) {
      const body = { ...signed(), CheckoutRequestID: ref }
      const outcome = await client.ask({ method: 'POST', path: paths.pushQuery, body }, signal)
      if (!outcome.ok) return outcome
      if ('refusal' in outcome.value) {
        const { refusal } = outcome.value
        return refusal.is === 'pending' ? ok({ state: 'pending' }) : client.fault(refusal)
      }
      const answer = outcome.value.body
      const code = textField(answer, 'ResultCode')
      const about = textField(answer, 'CheckoutRequestID')
      // Of another prompt, or of none: it says nothing of this one.
      if (code === '' || (about !== '' && about !== ref))
        return err({ type: 'ProviderSilent', reason: 'its answer is not of this request' })
      return ok(promptStateOf(code, textField(answer, 'ResultDesc')))
    },
  }
}

/** Base64 of the three in plain, one after the other. */
export const passwordOf = (shortcode: string, passkey: string, stamp: string): string =>
  Buffer.from(`${shortcode}${passkey}${stamp}`).toString('base64')

type Readable = { readonly msisdn: string; readonly shillings: number }

/** What every demand for somebody's money has, as Daraja takes it. */
export const readDemand = ({
  phone,
  amount,
  reference,
}: Pick<PromptRequest, 'phone' | 'amount' | 'reference'>): Result<Readable, ProviderFault> => {
  const refuse = (code: string, failure: 'phone' | 'below-minimum' | 'limit' | 'configuration', reason: string) =>
    err({ type: 'ProviderRefused', code, failure, reason })
  const msisdn = msisdnOf(phone)
  if (msisdn === undefined) return refuse('phone', 'phone', 'the number is no mobile number of Kenya')
  if (reference === '' || reference.length > REFERENCE_LENGTH_MAX)
    return refuse('reference', 'configuration', `the reference has 1 to ${REFERENCE_LENGTH_MAX} characters`)
  const shillings = shillingsOf(amount)
  if (shillings === undefined) {
    const isLittle = amount.minor < AMOUNT_MIN * 100
    return refuse('amount', isLittle ? 'below-minimum' : 'configuration', 'M-Pesa takes whole Kenya shillings')
  }
  if (shillings > AMOUNT_MAX) return refuse('amount', 'limit', `M-Pesa takes ${AMOUNT_MAX} shillings at once`)
  return ok({ msisdn, shillings })
}
