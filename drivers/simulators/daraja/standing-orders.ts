/** Standing orders ("Ratiba"): asked for, agreed to on a handset, and paid when their day has come. */
import type { C2b, PaymentOutcome } from './c2b.ts'
import type { Handsets, Prompt } from './handsets.ts'
import { MSISDN, SHILLINGS, stampOf, text, type Answer, type DarajaSimulatorOptions, type Fields } from './types.ts'
import type { Customer, Shortcode, World } from './world.ts'

/** Of the two pages of Safaricom's: what is asked for as what, in days or months. */
const pages = {
  '2025': {
    type: 'Standing Order Customer Pay Bill',
    hasOwnId: false,
    every: { 2: 'daily', 3: 'weekly', 4: 'monthly', 5: 'bi-monthly', 6: 'quarterly', 7: 'half-yearly', 8: 'yearly' },
  },
  '2026': {
    type: 'Standing Order Pay Bill External Third Party',
    hasOwnId: true,
    every: {
      2: 'daily',
      3: 'weekly',
      4: 'bi-weekly',
      5: 'monthly',
      6: 'bi-monthly',
      7: 'quarterly',
      8: 'half-yearly',
      9: 'yearly',
    },
  },
} as const

const steps = {
  daily: { days: 1 },
  weekly: { days: 7 },
  'bi-weekly': { days: 14 },
  monthly: { months: 1 },
  'bi-monthly': { months: 2 },
  quarterly: { months: 3 },
  'half-yearly': { months: 6 },
  yearly: { months: 12 },
} as const
type Every = keyof typeof steps

export type StandingOrder = {
  readonly name: string
  readonly ref: string
  readonly customer: Customer
  readonly shortcode: Shortcode
  readonly amount: number
  readonly account: string
  readonly every: Every
  /** `20261231`. */
  readonly startsOn: string
  readonly endsOn: string
  readonly isNewPage: boolean
  /** Agreed to, and not stopped. */
  isActive: boolean
  paid: number
  /** Due days that have come, paid or not. */
  come: number
}

const REFERENCE_MAX = 12
const DESCRIPTION_MAX = 13
const NAME_MAX = 50

const dateOf = (day: string): Temporal.PlainDate | undefined => {
  try {
    return /^\d{8}$/.test(day) ? Temporal.PlainDate.from(day) : undefined
  } catch {
    return undefined
  }
}

/** Of a month without that day the last. */
const nextDay = ({ startsOn, every, come }: StandingOrder): string => {
  const step: { readonly days?: number; readonly months?: number } = steps[every]
  const { days = 0, months = 0 } = step
  const day = dateOf(startsOn)!.add({ days: days * come, months: months * come })
  return day.toString().replaceAll('-', '')
}

/** What is posted once the handset has answered. */
export const orderCallback = (
  { name, ref, customer, amount, endsOn, isNewPage }: StandingOrder,
  { code, description }: { readonly code: string; readonly description: string },
  world: World,
): object => {
  const isDone = code === '0'
  const id = isDone ? `S${world.named(9)}` : '0000000000'
  const more = [
    { name: 'standingOrderName', value: name },
    { name: 'amount', value: `${amount}.00` },
    { name: 'issuePaymentReminderUntil', value: endsOn },
    { name: 'status', value: 'ACTIVE' },
  ]
  const responseData = [
    ...(isNewPage && isDone ? more : []),
    { name: 'TransactionID', value: id },
    { name: 'responseCode', value: code },
    { name: 'Status', value: isDone ? 'OKAY' : 'ERROR' },
    { name: 'Msisdn', value: `254******${customer.msisdn.slice(-3)}` },
  ]
  return {
    responseHeader: { responseRefID: ref, requestRefID: ref, responseCode: code, responseDescription: description },
    responseBody: { responseData },
  }
}

const answered = (ref: string, code: string, words: string): Answer => ({
  status: 200,
  body: {
    ResponseHeader: { responseRefID: ref, responseCode: code, responseDescription: words },
    ResponseBody: { responseDescription: words, responseCode: code },
  },
})

type Page = (typeof pages)[keyof typeof pages]

/** The field that is wrong; '' where none is. */
const wrongIn = (fields: Fields, { shortcode, kind }: Shortcode, page: Page, today: string): string => {
  const [starts, ends] = [text(fields, 'StartDate'), text(fields, 'EndDate')]
  const [account, name] = [text(fields, 'AccountReference'), text(fields, 'StandingOrderName')]
  const isOwnId = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(text(fields, 'CustomStoId'))
  const checks: readonly (readonly [string, boolean])[] = [
    ['StandingOrderName', name !== '' && name.length <= NAME_MAX],
    ['StartDate', dateOf(starts) !== undefined && starts >= today],
    ['EndDate', dateOf(ends) !== undefined && ends >= starts],
    ['TransactionType', kind === 'paybill' && text(fields, 'TransactionType') === page.type],
    ['ReceiverPartyIdentifierType', text(fields, 'ReceiverPartyIdentifierType') === '4'],
    ['BusinessShortCode', text(fields, 'BusinessShortCode') === shortcode],
    ['Amount', SHILLINGS.test(text(fields, 'Amount'))],
    ['PartyA', MSISDN.test(text(fields, 'PartyA'))],
    ['CallBackURL', URL.parse(text(fields, 'CallBackURL')) !== null],
    ['AccountReference', /^[A-Za-z0-9]+$/.test(account) && account.length <= REFERENCE_MAX],
    ['TransactionDesc', text(fields, 'TransactionDesc').length <= DESCRIPTION_MAX],
    ['Frequency', Object.hasOwn(page.every, text(fields, 'Frequency'))],
    ['CustomStoId', isOwnId === page.hasOwnId],
  ]
  return checks.find(([, isRight]) => !isRight)?.[0] ?? ''
}

const promptFor = (order: StandingOrder, fields: Fields): Prompt => ({
  ref: `ratiba-${order.ref}`,
  merchantRef: order.ref,
  msisdn: order.customer.msisdn,
  customer: order.customer,
  shortcode: order.shortcode,
  amount: order.amount,
  account: order.account,
  description: text(fields, 'TransactionDesc'),
  callbackUrl: text(fields, 'CallBackURL'),
  isMisassigned: false,
  order,
  isIgnored: false,
  isPaidLate: false,
  end: undefined,
})

type OrderParts = {
  readonly world: World
  readonly handsets: Handsets
  readonly c2b: C2b
  readonly options: DarajaSimulatorOptions
}

export const createStandingOrders = ({ world, handsets, c2b, options }: OrderParts) => {
  const page = pages[options.standingOrders ?? '2025']
  const orders: StandingOrder[] = []

  const create = (fields: Fields, shortcode: Shortcode): Answer => {
    const ref = world.named(20).toLowerCase()
    const wrong = wrongIn(fields, shortcode, page, stampOf(options.now()).slice(0, 8))
    if (wrong !== '') return answered(ref, '1051', `Bad request: invalid ${wrong}`)
    const [msisdn, name] = [text(fields, 'PartyA'), text(fields, 'StandingOrderName')]
    const customer = world.customerOf(msisdn)
    if (customer === undefined) return answered(ref, '1037', 'DS timeout user cannot be reached.')
    const isTaken = orders.some((one) => one.customer === customer && one.name === name)
    if (isTaken) return answered(ref, '1050', 'The customer already has a standing order with the same name.')
    if (handsets.isBusy(msisdn)) return answered(ref, '1001', 'Unable to lock subscriber.')
    const order: StandingOrder = {
      name,
      ref: page.hasOwnId ? text(fields, 'CustomStoId') : ref,
      customer,
      shortcode,
      amount: Number(text(fields, 'Amount')),
      account: text(fields, 'AccountReference'),
      every: (page.every as Readonly<Record<string, Every>>)[text(fields, 'Frequency')]!,
      startsOn: text(fields, 'StartDate'),
      endsOn: text(fields, 'EndDate'),
      isNewPage: page.hasOwnId,
      isActive: false,
      paid: 0,
      come: 0,
    }
    orders.push(order)
    return { ...answered(ref, '200', 'Request accepted for processing'), after: handsets.add(promptFor(order, fields)) }
  }

  const pay = async (order: StandingOrder): Promise<PaymentOutcome> => {
    const { customer, shortcode, amount, account } = order
    order.come += 1
    const { msisdn } = customer
    const outcome = await c2b.pay({ msisdn, shortcode: shortcode.shortcode, amount, account })
    if (outcome.paid) order.paid += 1
    return outcome
  }

  return {
    create,
    of: (msisdn: string): readonly StandingOrder[] =>
      orders.filter((order) => order.isActive && order.customer.msisdn === msisdn),
    /** The next due day comes: of one, or of each. What would be after the last day is not paid. */
    async dueDay(only?: StandingOrder): Promise<readonly PaymentOutcome[]> {
      const outcomes: PaymentOutcome[] = []
      for (const order of orders) {
        if (!order.isActive || (only !== undefined && order !== only)) continue
        if (nextDay(order) > order.endsOn) order.isActive = false
        else outcomes.push(await pay(order))
      }
      return outcomes
    },
  }
}

export type StandingOrders = ReturnType<typeof createStandingOrders>
