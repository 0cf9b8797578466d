/** STK push: what asks for prompts, and asks how they stand. */
import type { Handsets, Prompt } from './handsets.ts'
import { MSISDN, refusal, SHILLINGS, stampOf, text, type Answer, type Fields } from './types.ts'
import type { Shortcode, World } from './world.ts'

const REFERENCE_MAX = 12

const promptOf = (fields: Fields, shortcode: Shortcode, world: World, now: number): Prompt | Answer => {
  const msisdn = text(fields, 'PhoneNumber')
  const invalid = (name: string) => refusal(400, '400.002.02', `Bad Request - Invalid ${name}`)
  if (!MSISDN.test(msisdn)) return invalid('PhoneNumber')
  if (text(fields, 'PartyA') !== msisdn) return invalid('PartyA')
  if (!SHILLINGS.test(text(fields, 'Amount'))) return invalid('Amount')
  if (URL.parse(text(fields, 'CallBackURL')) === null) return invalid('CallBackURL')
  const account = text(fields, 'AccountReference')
  if (account === '' || account.length > REFERENCE_MAX) return invalid('AccountReference')
  const isTill = shortcode.kind === 'till'
  return {
    ref: `ws_CO_${stampOf(now)}${world.digits(6)}${msisdn.slice(-9)}`,
    merchantRef: `${world.digits(5)}-${world.digits(8)}-1`,
    msisdn,
    customer: world.customerOf(msisdn),
    shortcode,
    amount: Number(text(fields, 'Amount')),
    account,
    description: text(fields, 'TransactionDesc'),
    callbackUrl: text(fields, 'CallBackURL'),
    isMisassigned:
      text(fields, 'TransactionType') !== (isTill ? 'CustomerBuyGoodsOnline' : 'CustomerPayBillOnline') ||
      text(fields, 'PartyB') !== (isTill ? (shortcode.till ?? '') : shortcode.shortcode),
    isIgnored: false,
    isPaidLate: false,
    end: undefined,
  }
}

const isSigned = (fields: Fields, { shortcode, passkey }: Shortcode): boolean => {
  const stamp = text(fields, 'Timestamp')
  const password = Buffer.from(`${shortcode}${passkey}${stamp}`).toString('base64')
  return /^\d{14}$/.test(stamp) && text(fields, 'Password') === password
}

const unsigned = refusal(500, '500.001.1001', 'Wrong credentials')
const locked = refusal(
  500,
  '500.001.1001',
  'Unable to lock subscriber, a transaction is already in process for the current subscriber',
)

export const createPush = (world: World, handsets: Handsets, now: () => number) => ({
  submit: (fields: Fields, shortcode: Shortcode): Answer => {
    if (!isSigned(fields, shortcode)) return unsigned
    const prompt = promptOf(fields, shortcode, world, now())
    if ('status' in prompt) return prompt
    if (handsets.isBusy(prompt.msisdn)) return locked
    const body = {
      MerchantRequestID: prompt.merchantRef,
      CheckoutRequestID: prompt.ref,
      ResponseCode: '0',
      ResponseDescription: 'Success. Request accepted for processing',
      CustomerMessage: 'Success. Request accepted for processing',
    }
    return { status: 200, body, after: handsets.add(prompt) }
  },
  query: (fields: Fields, shortcode: Shortcode): Answer => {
    if (!isSigned(fields, shortcode)) return unsigned
    const prompt = handsets.prompts.get(text(fields, 'CheckoutRequestID'))
    if (prompt?.shortcode !== shortcode) return refusal(400, '400.002.02', 'Bad Request - Invalid CheckoutRequestID')
    if (prompt.end === undefined) return refusal(500, '500.001.1001', 'The transaction is being processed')
    const body = {
      ResponseCode: '0',
      ResponseDescription: 'The service request has been accepted successfully',
      MerchantRequestID: prompt.merchantRef,
      CheckoutRequestID: prompt.ref,
      ResultCode: prompt.end.code,
      ResultDesc: prompt.end.description,
    }
    return { status: 200, body }
  },
})
