/** C2B: addresses that are told of payments, and customers who pay by themselves. */
import { createHash } from 'node:crypto'
import type { createDelivery } from './delivery.ts'
import { MSISDN, refusal, SHILLINGS, stampOf, text, type Answer, type Fields } from './types.ts'
import { descriptions, type Payment, type Shortcode, type Transaction, type World } from './world.ts'

type Registration = {
  readonly version: 'v1' | 'v2'
  readonly unanswered: string
  readonly confirmationUrl: string
  readonly validationUrl: string
}

export type PaidByHimself = {
  readonly msisdn: string
  readonly shortcode: string
  readonly amount: number
  readonly account: string
}
export type PaymentOutcome =
  | { readonly paid: true; readonly receipt: string }
  | { readonly paid: false; readonly code: string; readonly description: string }

const VALIDATION_MS = 8000
const ACCOUNT_MAX = 20

type C2bParts = {
  readonly world: World
  readonly delivery: ReturnType<typeof createDelivery>
  readonly now: () => number
}

const payload = (payment: Payment, receipt: string, at: number, version: 'v1' | 'v2', balance: string): object => {
  const { customer, shortcode, amount, account } = payment
  const [first = '', ...others] = customer.name.split(' ')
  return {
    TransactionType: shortcode.kind === 'till' ? 'Buy Goods' : 'Pay Bill',
    TransID: receipt,
    TransTime: stampOf(at),
    TransAmount: `${amount}.00`,
    BusinessShortCode: shortcode.shortcode,
    BillRefNumber: account,
    InvoiceNumber: '',
    OrgAccountBalance: balance,
    ThirdPartyTransID: '',
    MSISDN: version === 'v1' ? hashed(customer.msisdn) : masked(customer.msisdn),
    FirstName: first,
    MiddleName: '',
    LastName: others.join(' '),
  }
}

export const createC2b = ({ world, delivery, now }: C2bParts) => {
  const registered = new Map<Shortcode, Registration>()

  const confirm = (made: Transaction): void => {
    const registration = registered.get(made.shortcode)
    if (registration === undefined) return
    const balance = `${made.shortcode.balance}.00`
    const body = payload(made, made.receipt, made.at, registration.version, balance)
    delivery.deliver({ url: registration.confirmationUrl, body })
  }

  /** '' lets it pass; anything else is the code that it is turned away with. */
  const validate = async (payment: Payment): Promise<string> => {
    const registration = registered.get(payment.shortcode)
    if (!payment.shortcode.validates || registration === undefined) return ''
    const body = payload(payment, `S${world.named(9)}`, now(), registration.version, '')
    const answer = await delivery.ask({ url: registration.validationUrl, body }, VALIDATION_MS)
    const code = text((answer ?? {}) as Fields, 'ResultCode')
    if (code === '') return registration.unanswered === 'Completed' ? '' : 'C2B00016'
    return code === '0' ? '' : code
  }

  const refused = (code: string): PaymentOutcome => ({
    paid: false,
    code,
    description: descriptions[code] ?? 'Rejected',
  })

  const pay = async ({ msisdn, shortcode: number, amount, account }: PaidByHimself): Promise<PaymentOutcome> => {
    const shortcode = [...world.shortcodes.values()].find((own) => own.shortcode === number || own.till === number)
    const customer = world.customerOf(msisdn)
    if (shortcode === undefined) return refused('SFC_IC0003')
    if (customer === undefined) return refused('2040')
    const payment = { customer, shortcode, amount, account: shortcode.kind === 'till' ? '' : account }
    const rejection = await validate(payment)
    if (rejection !== '') return refused(rejection)
    const made = world.collect(payment)
    if (typeof made === 'string') return refused(made)
    confirm(made)
    return { paid: true, receipt: made.receipt }
  }

  return { registered, pay, confirm }
}

export type C2b = ReturnType<typeof createC2b>

const accepted = { ResponseCode: '0', ResponseDescription: 'Success' }

/** What is asked of C2B by the API; in production addresses are registered once and nothing is simulated. */
export const createC2bApi = ({ registered, pay }: C2b, world: World, environment: 'sandbox' | 'production') => ({
  register:
    (version: 'v1' | 'v2') =>
    (fields: Fields, shortcode: Shortcode): Answer => {
      const unanswered = text(fields, 'ResponseType')
      const [confirmationUrl, validationUrl] = [text(fields, 'ConfirmationURL'), text(fields, 'ValidationURL')]
      if (!/^(Completed|Cancelled)$/.test(unanswered))
        return refusal(400, '400.002.02', 'Bad Request - Invalid ResponseType')
      if (URL.parse(confirmationUrl) === null) return refusal(400, '400.002.02', 'Bad Request - Invalid URL')
      if (environment === 'production' && registered.has(shortcode))
        return refusal(500, '500.003.1001', 'URLs are already registered')
      registered.set(shortcode, { version, unanswered, confirmationUrl, validationUrl })
      return { status: 200, body: { OriginatorCoversationID: world.digits(12), ...accepted } }
    },
  simulate: (fields: Fields, shortcode: Shortcode): Answer => {
    if (environment === 'production') return refusal(404, '404.001.01', 'Resource not found')
    const msisdn = text(fields, 'Msisdn')
    if (!MSISDN.test(msisdn)) return refusal(400, '400.002.02', 'Bad Request - Invalid Msisdn')
    if (!SHILLINGS.test(text(fields, 'Amount'))) return refusal(400, '400.002.02', 'Bad Request - Invalid Amount')
    const amount = Number(text(fields, 'Amount'))
    const account = text(fields, 'BillRefNumber').slice(0, ACCOUNT_MAX)
    const body = { OriginatorCoversationID: world.digits(12), ...accepted }
    return { status: 200, body, after: () => void pay({ msisdn, shortcode: shortcode.shortcode, amount, account }) }
  },
})

const hashed = (msisdn: string): string => createHash('sha256').update(msisdn).digest('hex')
const masked = (msisdn: string): string => `${msisdn.slice(0, 4)} ***** ${msisdn.slice(-3)}`
