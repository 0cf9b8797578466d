/** Who has how much, and what was paid. No money moves: all of it is made up. */
import { generateKeyPairSync } from 'node:crypto'
import {
  MSISDN,
  type DarajaSimulatorOptions,
  type SimulatedApp,
  type SimulatedCustomer,
  type SimulatedShortcode,
} from './types.ts'

export type Customer = { -readonly [Key in keyof SimulatedCustomer]: SimulatedCustomer[Key] } & { wrongPins: number }
export type Shortcode = Omit<SimulatedShortcode, 'balance'> & { balance: number; readonly app: SimulatedApp }

export type Transaction = {
  readonly receipt: string
  readonly at: number
  readonly direction: 'in' | 'out'
  readonly shortcode: Shortcode
  readonly customer: Customer
  readonly amount: number
  readonly account: string
  isReversed: boolean
}

export type Payment = Pick<Transaction, 'shortcode' | 'customer' | 'amount' | 'account'>

const AMOUNT_MAX = 250_000
const DAY_MAX = 500_000
const DAY_MS = 86_400_000
const REPEAT_MS = 120_000
const PINS_MAX = 3
const RECEIPT_SIGNS = 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789'

export const descriptions: Readonly<Record<string, string>> = {
  '0': 'The service request is processed successfully.',
  '1': 'The balance is insufficient for the transaction.',
  '2': 'Declined due to limit rule: less than the minimum transaction amount.',
  '3': 'Declined due to limit rule: greater than the maximum transaction amount.',
  '4': 'Declined due to limit rule: would exceed daily transfer limit.',
  '8': 'Declined due to limit rule: would exceed the maximum balance.',
  '17': 'Rule limited.',
  '26': 'System busy.',
  '1001': 'Unable to lock subscriber.',
  '1019': 'Transaction has expired.',
  '1025': 'An error occurred while sending a push request.',
  '1032': 'Request canceled by user.',
  '1037': 'DS timeout user cannot be reached.',
  '1050': 'The customer already has a standing order with the same name.',
  '1051': 'Bad request: a field is invalid.',
  '2001': 'The initiator information is invalid.',
  '2028': 'The request is not permitted according to product assignment.',
  '2040': 'The receiver is not registered.',
  '8006': 'The security credential is locked.',
  '9999': 'Error sending push request.',
  R000001: 'The transaction has already been reversed.',
  R000002: 'The OriginalTransactionID is invalid.',
  SFC_IC0003: 'The operator does not exist.',
}

/** The code of the rule that a payment breaks. */
const whyNot = (
  { customer, shortcode, amount }: Payment,
  transactions: Iterable<Transaction>,
  now: number,
): string | undefined => {
  const own = [...transactions].filter((made) => made.customer === customer && made.direction === 'in')
  const today = own.filter(({ at }) => at > now - DAY_MS).reduce((sum, made) => sum + made.amount, 0)
  if (amount < 1) return '2'
  if (amount > AMOUNT_MAX) return '3'
  if (today + amount > DAY_MAX) return '4'
  if (own.some((made) => made.amount === amount && made.shortcode === shortcode && made.at > now - REPEAT_MS))
    return '17'
  if (customer.balance < amount) return '1'
  return shortcode.balance + amount > (shortcode.balanceMax ?? Number.MAX_SAFE_INTEGER) ? '8' : undefined
}

/** Undefined for the right one; a PIN that was wrong too often is locked. */
export const whyNotPin = (customer: Customer, pin: string): '2001' | '8006' | undefined => {
  if (customer.wrongPins >= PINS_MAX) return '8006'
  if (pin === customer.pin) {
    customer.wrongPins = 0
    return undefined
  }
  customer.wrongPins += 1
  return customer.wrongPins >= PINS_MAX ? '8006' : '2001'
}

export const createWorld = (options: DarajaSimulatorOptions) => {
  const { random, now, newCustomerShillings } = options
  const customers = new Map<string, Customer>(
    options.customers.map((customer) => [customer.msisdn, { ...customer, wrongPins: 0 }]),
  )
  const shortcodes = new Map<string, Shortcode>(
    options.apps.flatMap((app) =>
      app.shortcodes.map((made) => [made.shortcode, { ...made, balance: made.balance ?? 0, app }] as const),
    ),
  )
  const transactions = new Map<string, Transaction>()
  let pair: { readonly publicKey: string; readonly privateKey: string } | undefined

  const named = (length: number): string =>
    Array.from({ length }, () => RECEIPT_SIGNS[random.below(RECEIPT_SIGNS.length)]).join('')

  const keep = (payment: Payment, direction: Transaction['direction']): Transaction => {
    const sign = direction === 'in' ? 1 : -1
    payment.customer.balance -= sign * payment.amount
    payment.shortcode.balance += sign * payment.amount
    const made = { ...payment, receipt: `S${named(9)}`, at: now(), direction, isReversed: false }
    transactions.set(made.receipt, made)
    return made
  }

  return {
    customers,
    shortcodes,
    transactions,
    named,
    digits: (length: number): string => Array.from({ length }, () => random.below(10)).join(''),
    customerOf(msisdn: string): Customer | undefined {
      const known = customers.get(msisdn)
      if (known !== undefined || newCustomerShillings === undefined || !MSISDN.test(msisdn)) return known
      const name = `Customer ${msisdn.slice(-3)}`
      const made = { msisdn, name, balance: newCustomerShillings, pin: '1234', wrongPins: 0 }
      customers.set(msisdn, made)
      return made
    },
    /** Takes it from the customer, or says by what code it cannot. */
    collect(payment: Payment): Transaction | string {
      return whyNot(payment, transactions.values(), now()) ?? keep(payment, 'in')
    },
    payOut(payment: Payment): Transaction | string {
      return payment.shortcode.balance < payment.amount ? '1' : keep(payment, 'out')
    },
    reverse(receipt: string): Transaction | string {
      const made = transactions.get(receipt)
      if (made?.direction !== 'in') return 'R000002'
      if (made.isReversed) return 'R000001'
      if (made.shortcode.balance < made.amount) return '1'
      made.isReversed = true
      made.shortcode.balance -= made.amount
      made.customer.balance += made.amount
      return made
    },
    now,
    /** The pair that passwords of initiators are sealed for; made when it is first needed. */
    keys() {
      pair ??= generateKeyPairSync('rsa', {
        modulusLength: 2048,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      })
      return pair
    },
  }
}

export type World = ReturnType<typeof createWorld>
