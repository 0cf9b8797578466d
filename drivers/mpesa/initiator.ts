/** What an initiator of the organisation asks for: the outcome of each comes to its result address. */
import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import { err, ok, type Result } from '@lango/kernel'
import type { Asked as Taken, PaymentProvider, ProviderFault, ToldAt as Urls } from '@lango/modules/payments/port'
import { callbackUrlOf } from './callback-url.ts'
import type { Client, Initiator, MpesaConfig } from './client.ts'
import {
  DUPLICATE_ID,
  IDENTIFIER_REVERSAL,
  IDENTIFIER_SHORTCODE,
  paths,
  PAYOUT_COMMAND,
  REMARKS_LENGTH_MAX,
  REMARKS_LENGTH_MIN,
} from './facts.ts'
import { misconfigured } from './faults.ts'
import { msisdnOf } from './phone.ts'
import { shillingsOf, textField } from './values.ts'

/** `ref` is the ConversationID that the result comes back with. */
type Asked = Promise<Result<Taken, ProviderFault>>

export type Initiated = Pick<PaymentProvider, 'reverse' | 'payOut' | 'transactionStatus' | 'accountBalance'>

/**
 * The initiator's password as Daraja takes it: RSA with the certificate of its environment, PKCS#1 v1.5, Base64.
 * Throws on a certificate that is none.
 */
export const securityCredentialOf = (password: string, certificate: string): string =>
  publicEncrypt(
    { key: createPublicKey(certificate), padding: constants.RSA_PKCS1_PADDING },
    Buffer.from(password),
  ).toString('base64')

const credentialOf = (credential: Initiator['credential']): string | undefined => {
  if ('sealed' in credential) return credential.sealed.reveal()
  try {
    return securityCredentialOf(credential.password.reveal(), credential.certificate)
  } catch {
    return undefined
  }
}

export const createInitiated = (client: Client, { shortcode, initiator }: MpesaConfig): Initiated => {
  /** Sends what all of them have, with what one has. B2C calls its initiator differently. */
  const send = async (
    path: string,
    { resultUrl, timeoutUrl }: Urls,
    fields: object,
    signal: AbortSignal,
    nameField = 'Initiator',
  ): Asked => {
    if (initiator === undefined) return misconfigured('initiator', 'no initiator is configured')
    const credential = credentialOf(initiator.credential)
    if (credential === undefined) return misconfigured('certificate', 'the certificate for initiators cannot be read')
    const result = callbackUrlOf(resultUrl, client.isLoopback)
    if (!result.ok) return result
    const timeout = callbackUrlOf(timeoutUrl, client.isLoopback)
    if (!timeout.ok) return timeout
    const body = {
      [nameField]: initiator.name,
      SecurityCredential: credential,
      ...fields,
      ResultURL: result.value,
      QueueTimeOutURL: timeout.value,
    }
    const answer = await client.demand({ method: 'POST', path, body }, signal)
    if (!answer.ok) return answer
    const ref = textField(answer.value, 'ConversationID')
    if (ref === '') return err({ type: 'ProviderSilent', reason: 'its answer names no conversation' })
    return ok({ ref, originatorId: textField(answer.value, 'OriginatorConversationID') || undefined })
  }

  return {
    async payOut(payout, signal) {
      const shillings = shillingsOf(payout.amount)
      const msisdn = msisdnOf(payout.phone)
      if (msisdn === undefined || shillings === undefined) return unpayable(msisdn === undefined ? 'phone' : 'amount')
      const fields = {
        OriginatorConversationID: payout.id,
        CommandID: PAYOUT_COMMAND,
        Amount: shillings,
        PartyA: shortcode,
        PartyB: msisdn,
        Remarks: payout.reason.slice(0, REMARKS_LENGTH_MAX).padEnd(REMARKS_LENGTH_MIN, '.'),
        Occassion: '',
      }
      const asked = await send(paths.b2c, payout, fields, signal, 'InitiatorName')
      const isKnown = !asked.ok && asked.error.type === 'ProviderRefused' && asked.error.code === DUPLICATE_ID
      return isKnown ? ok('asked-before') : asked
    },
    async reverse(request, signal) {
      const shillings = shillingsOf(request.amount)
      if (shillings === undefined) return unpayable('amount')
      const fields = {
        CommandID: 'TransactionReversal',
        TransactionID: request.receipt,
        Amount: shillings,
        ReceiverParty: shortcode,
        RecieverIdentifierType: IDENTIFIER_REVERSAL,
        Remarks: request.reason.slice(0, REMARKS_LENGTH_MAX),
        Occasion: '',
      }
      return send(paths.reversal, request, fields, signal)
    },
    transactionStatus(request, signal) {
      const about =
        'receipt' in request ? { TransactionID: request.receipt } : { OriginalConversationID: request.originatorId }
      const fields = { ...partyOf('TransactionStatusQuery', shortcode), ...about, Occasion: '' }
      return send(paths.transactionStatus, request, fields, signal)
    },
    accountBalance: (request, signal) =>
      send(paths.accountBalance, request, partyOf('AccountBalance', shortcode), signal),
  }
}

const partyOf = (command: string, shortcode: string): object => ({
  CommandID: command,
  PartyA: shortcode,
  IdentifierType: IDENTIFIER_SHORTCODE,
  Remarks: command,
})

const unpayable = (code: 'phone' | 'amount'): Result<never, ProviderFault> =>
  err({
    type: 'ProviderRefused',
    code,
    failure: code === 'phone' ? 'phone' : 'configuration',
    reason: code === 'phone' ? 'the number is no mobile number of Kenya' : 'M-Pesa takes whole Kenya shillings',
  })
