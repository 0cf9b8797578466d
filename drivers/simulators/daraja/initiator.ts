/** What an initiator asks for: payouts, reversals, statuses and balances, whose results come by callback. */
import { constants, privateDecrypt } from 'node:crypto'
import type { createDelivery } from './delivery.ts'
import { MSISDN, refusal, SHILLINGS, stampOf, text, type Answer, type Fields } from './types.ts'
import { descriptions, type Shortcode, type Transaction, type World } from './world.ts'

/** What a request that moved money came to, by what whoever asked called it, or by what it was called here. */
type Requests = Map<string, { readonly outcome: Outcome; readonly shortcode: Shortcode }>

type Outcome = {
  readonly code: string
  readonly receipt?: string
  /** The receipt that it was about. */
  readonly about?: string
  readonly parameters?: Readonly<Record<string, string | number>>
}

/** What a request is called in each of the four, and what it does. */
type Work = (fields: Fields, shortcode: Shortcode, world: World, requests: Requests) => Outcome

const isAuthentic = (fields: Fields, { initiator }: Shortcode, world: World): boolean => {
  const name = text(fields, 'InitiatorName') || text(fields, 'Initiator')
  if (initiator === undefined || name !== initiator.name) return false
  try {
    const sealed = Buffer.from(text(fields, 'SecurityCredential'), 'base64')
    const key = { key: world.keys().privateKey, padding: constants.RSA_PKCS1_PADDING }
    return privateDecrypt(key, sealed).toString() === initiator.password
  } catch {
    return false
  }
}

const resultOf = ({ code, receipt, parameters }: Outcome, ids: object, world: World): object => {
  const pairs = Object.entries(parameters ?? {}).map(([Key, Value]) => ({ Key, Value }))
  const Result = {
    ResultType: 0,
    ResultCode: /^\d+$/.test(code) ? Number(code) : code,
    ResultDesc: descriptions[code] ?? 'Failed.',
    ...ids,
    TransactionID: receipt ?? `S${world.named(9)}`,
    // One alone comes without a list, as it does there.
    ...(pairs.length > 0 && { ResultParameters: { ResultParameter: pairs.length === 1 ? pairs[0] : pairs } }),
    ReferenceData: { ReferenceItem: { Key: 'QueueTimeoutURL', Value: '' } },
  }
  return { Result }
}

const b2c: Work = (fields, shortcode, world) => {
  const [msisdn, amount] = [text(fields, 'PartyB'), text(fields, 'Amount')]
  const customer = MSISDN.test(msisdn) ? world.customerOf(msisdn) : undefined
  if (customer === undefined) return { code: '2040' }
  if (!SHILLINGS.test(amount)) return { code: '2' }
  const made = world.payOut({ customer, shortcode, amount: Number(amount), account: '' })
  if (typeof made === 'string') return { code: made }
  const parameters = {
    TransactionAmount: made.amount,
    TransactionReceipt: made.receipt,
    ReceiverPartyPublicName: `${msisdn} - ${customer.name}`,
    TransactionCompletedDateTime: dotted(made.at),
    B2CUtilityAccountAvailableFunds: shortcode.balance,
    B2CWorkingAccountAvailableFunds: 0,
    B2CRecipientIsRegisteredCustomer: 'Y',
    B2CChargesPaidAccountAvailableFunds: 0,
  }
  return { code: '0', receipt: made.receipt, about: made.receipt, parameters }
}

const reversal: Work = (fields, shortcode, world) => {
  const receipt = text(fields, 'TransactionID')
  const about = world.transactions.get(receipt)
  if (about?.shortcode !== shortcode || text(fields, 'Amount') !== String(about.amount)) return { code: 'R000002' }
  const made = world.reverse(receipt)
  if (typeof made === 'string') return { code: made }
  const parameters = {
    DebitAccountBalance: `Utility Account|KES|${shortcode.balance}.00|${shortcode.balance}.00|0.00|0.00`,
    Amount: made.amount,
    TransCompletedTime: Number(stampOf(world.now())),
    OriginalTransactionID: receipt,
    Charge: 0,
    CreditPartyPublicName: partyOf(made),
    DebitPartyPublicName: `${shortcode.shortcode} - ${shortcode.name}`,
  }
  return { code: '0', about: receipt, parameters }
}

/** Told with the status of a payout, and taken from nobody. */
const PAYOUT_FEE = 22

/** Of a receipt, or of a request for money to go out: that one which failed has a status too is made up. */
const status: Work = (fields, shortcode, world, requests) => {
  const request = requests.get(text(fields, 'OriginalConversationID'))
  if (request?.shortcode === shortcode && request.outcome.code !== '0')
    return { code: '0', parameters: { TransactionStatus: 'Failed', ReceiptNo: `S${world.named(9)}` } }
  const { about = text(fields, 'TransactionID') } = request?.outcome ?? {}
  const made = world.transactions.get(about)
  if (made?.shortcode !== shortcode) return { code: 'R000002' }
  // What is asked about by its own name is the reversal or payout, and not the payment that a reversal took back.
  const isByName = request !== undefined
  const from = isByName || made.direction === 'out' ? shortcode.shortcode : made.customer.msisdn
  return { code: '0', parameters: statusOf(made, from, made.isReversed && !isByName) }
}

const statusOf = (made: Transaction, from: string, isReversed: boolean) => ({
  DebitPartyName: from,
  CreditPartyName: from === made.customer.msisdn ? made.shortcode.shortcode : partyOf(made),
  ...(made.direction === 'out' && { DebitPartyCharges: `Fee For B2C Payment|KES|${PAYOUT_FEE}.00` }),
  InitiatedTime: Number(stampOf(made.at)),
  TransactionStatus: isReversed ? 'Reversed' : 'Completed',
  FinalisedTime: Number(stampOf(made.at)),
  Amount: made.amount,
  ReceiptNo: made.receipt,
})

const balance: Work = (_fields, { balance }) => {
  const accounts = [
    ['Working Account', 0],
    ['Utility Account', balance],
    ['Charges Paid Account', 0],
  ] as const
  const told = accounts.map(([name, has]) => `${name}|KES|${has}.00|${has}.00|0.00|0.00`).join('&')
  return { code: '0', parameters: { AccountBalance: told } }
}

export const createInitiators = (world: World, delivery: ReturnType<typeof createDelivery>) => {
  const ids = new Set<string>()
  const requests: Requests = new Map()

  const taking =
    (work: Work) =>
    (fields: Fields, shortcode: Shortcode): Answer => {
      const own = text(fields, 'OriginatorConversationID')
      if (own !== '' && ids.has(own)) return refusal(500, '500.002.1001', 'Duplicate OriginatorConversationID')
      for (const name of ['ResultURL', 'QueueTimeOutURL'])
        if (URL.parse(text(fields, name)) === null) return refusal(400, '400.002.02', `Bad Request - Invalid ${name}`)
      ids.add(own)
      const named = {
        OriginatorConversationID: own || `${world.digits(5)}-${world.digits(8)}-1`,
        ConversationID: `AG_${stampOf(world.now()).slice(0, 8)}_${world.named(20).toLowerCase()}`,
      }
      const after = (): void => {
        const outcome = isAuthentic(fields, shortcode, world)
          ? work(fields, shortcode, world, requests)
          : { code: '2001' }
        if (work === b2c || work === reversal) requests.set(named.OriginatorConversationID, { outcome, shortcode })
        const [url, timeoutUrl] = [text(fields, 'ResultURL'), text(fields, 'QueueTimeOutURL')]
        delivery.deliver({ url, timeoutUrl, body: resultOf(outcome, named, world) })
      }
      const body = { ...named, ResponseCode: '0', ResponseDescription: 'Accept the service request successfully.' }
      return { status: 200, body, after }
    }

  return { b2c: taking(b2c), reversal: taking(reversal), status: taking(status), balance: taking(balance) }
}

const partyOf = ({ customer }: Transaction): string => `${customer.msisdn} - ${customer.name}`

/** `06.07.2024 22:48:52`. */
const dotted = (at: number): string => {
  const [, year, month, day, hour, minute, second] = /^(....)(..)(..)(..)(..)(..)$/.exec(stampOf(at)) ?? []
  return `${day}.${month}.${year} ${hour}:${minute}:${second}`
}
