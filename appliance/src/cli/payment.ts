/** `lango payment …`: what people buy with their phones, and the money that came in. */
import { formatMoney, money } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type {
  listAhead,
  listCallbacks,
  listPayments,
  listPurchases,
  listRefunds,
  showBalance,
} from '@lango/modules/payments'
import { numberOf, shown, UsageError, type Args, type CommandSpec } from './command.ts'
import { ago, clean, table } from './format.ts'

type Purchase = ResultOf<typeof listPurchases>[number]
type Payments = ResultOf<typeof listPayments>
type Refunds = ResultOf<typeof listRefunds>
type Ahead = ResultOf<typeof listAhead>
type Balance = ResultOf<typeof showBalance>
type Callbacks = ResultOf<typeof listCallbacks>

const ROWS_MAX = 200
const STATES = ['matched', 'unmatched', 'resolved', 'refunding', 'refunded'] as const

const amountOf = ({ amountMinor, currency }: { readonly amountMinor: number; readonly currency: string }): string =>
  formatMoney(money(amountMinor, currency))

const request: CommandSpec = {
  path: ['payment', 'request'],
  operands: ['PLAN', 'PHONE'],
  summary: 'ask somebody to pay for a hotspot plan on their phone',
  options: { code: { value: 'CODE', help: 'of an offer' } },
  notes: ['What became of it: lango payment purchases. How M-Pesa is set up: lango setting set --help'],
  examples: ['lango payment request "One hour" +254712345678'],
  async run({ args, command }) {
    const asked = await command<{ number: number; amountMinor: number }>('purchases.request', {
      plan: args.operand(0),
      phone: args.operand(1),
      code: args.text('code'),
    })
    if (!asked.ok) return asked
    const { number, amountMinor } = asked.value
    return shown(asked.value, () => `Purchase ${number}: ${amountMinor === 0 ? 'it is free' : 'the phone is asked'}.`)
  },
}

const purchases: CommandSpec = {
  path: ['payment', 'purchases'],
  operands: [],
  summary: 'what people asked for, and what became of it, the latest first',
  options: {
    phone: { value: 'P', help: 'of this phone: +254712345678' },
    before: { value: 'N', help: 'older than this purchase' },
    limit: { value: 'N', help: `at most so many (${ROWS_MAX})` },
  },
  examples: ['lango payment purchases', 'lango payment purchases --phone +254712345678'],
  async run({ args, query, io }) {
    const input = { phone: args.text('phone'), before: args.whole('before'), limit: args.whole('limit') }
    const found = await query<readonly Purchase[]>('purchases.list', input)
    if (!found.ok) return found
    return shown(found.value, () =>
      table(
        ['>NO', 'PLAN', 'PHONE', '>AMOUNT', 'STATE', 'WHY', 'ASKED'],
        found.value.map((one) => [
          one.number,
          clean(one.plan ?? 'wallet top-up'),
          one.phone,
          amountOf(one),
          one.state,
          one.failure ?? '',
          ago(one.requestedAt, io.now()),
        ]),
        'Nobody has bought anything yet.',
      ),
    )
  },
}

const code: CommandSpec = {
  path: ['payment', 'code'],
  operands: ['NUMBER'],
  summary: 'the code that logs in for a purchase; the audit log keeps who has read it',
  options: {},
  examples: ['lango payment code 12'],
  async run({ args, command }) {
    const told = await command<{ code: string }>('purchases.reveal', {
      number: numberOf(args, 'purchase', 'payment purchases'),
    })
    return told.ok ? shown(told.value, () => told.value.code) : told
  },
}

const list: CommandSpec = {
  path: ['payment', 'list'],
  operands: [],
  summary: 'money that came in, the latest first',
  options: {
    state: { value: STATES.join('|'), help: 'unmatched: what somebody has to say what it was for' },
    phone: { value: 'P', help: 'paid by this phone' },
    limit: { value: 'N', help: `at most so many (${ROWS_MAX})` },
  },
  examples: ['lango payment list', 'lango payment list --state unmatched'],
  async run({ args, query, io }) {
    const state = args.choice('state', STATES)
    const found = await query<Payments>('payments.list', {
      state,
      phone: args.text('phone'),
      limit: args.whole('limit'),
    })
    if (!found.ok) return found
    const { payments, unmatched } = found.value
    return shown(
      found.value,
      () =>
        table(
          ['RECEIPT', '>AMOUNT', 'ACCOUNT', 'PHONE', 'NAME', 'STATE', 'WHY', 'PAID'],
          payments.map((one) => [
            one.receipt,
            amountOf(one),
            clean(one.account),
            one.phone ?? clean(one.phoneHint ?? ''),
            clean(one.name ?? ''),
            one.state,
            one.doubt ?? '',
            ago(one.paidAt, io.now()),
          ]),
          'No money has come in.',
        ),
      unmatched === 0 || state === 'unmatched'
        ? {}
        : { note: `${unmatched} wait for somebody: lango payment list --state unmatched` },
    )
  },
}

const howIn = (args: Args): object => {
  const [purchase, plan, phone] = [args.whole('purchase'), args.text('plan'), args.text('phone')]
  const wallet = args.text('wallet')
  const given = [purchase, plan, wallet, args.flag('refund') || undefined].filter((one) => one !== undefined)
  if (given.length !== 1)
    throw new UsageError('Say one: --purchase N, --plan NAME --phone P, --wallet PHONE, or --refund.')
  if (wallet !== undefined) return { as: 'wallet', phone: wallet }
  if (purchase !== undefined) return { as: 'purchase', number: purchase }
  if (plan === undefined) return { as: 'refund' }
  if (phone === undefined) throw new UsageError('--plan goes with --phone: who gets it.')
  const offer = args.whole('offer')
  return offer === undefined ? { as: 'plan', plan, phone } : { as: 'offer', plan, offer, phone }
}

const resolve: CommandSpec = {
  path: ['payment', 'resolve'],
  operands: ['RECEIPT'],
  summary: 'say what money was for that nobody could match',
  options: {
    purchase: { value: 'N', help: 'it is for this purchase' },
    plan: { value: 'NAME', help: 'it is for this plan, at its price' },
    phone: { value: 'P', help: 'with --plan: who gets it' },
    offer: { value: 'N', help: 'with --plan: at its price with this offer, which held when it was paid' },
    wallet: { value: 'PHONE', help: 'it goes into the wallet of this phone' },
    refund: { help: 'it was paid back' },
    note: { value: 'TEXT', help: 'what there is to know' },
  },
  examples: [
    'lango payment resolve SJ41XK2P9Q --purchase 12',
    'lango payment resolve SJ41XK2P9Q --plan "One hour" --phone +254712345678',
    'lango payment resolve SJ41XK2P9Q --wallet +254712345678',
    'lango payment resolve SJ41XK2P9Q --refund --note "in cash, by Njeri"',
  ],
  async run({ args, command }) {
    const done = await command<{ receipt: string; state: string }>('payments.resolve', {
      receipt: args.operand(0),
      how: howIn(args),
      note: args.text('note'),
    })
    return done.ok ? shown(done.value, () => `${done.value.receipt} is ${done.value.state}.`) : done
  },
}

const refund: CommandSpec = {
  path: ['payment', 'refund'],
  operands: ['RECEIPT'],
  summary: 'have M-Pesa pay a receipt back, whole; what was bought with it ends at once',
  options: { note: { value: 'TEXT', help: 'why' } },
  notes: [
    'It takes mpesa.initiatorName, mpesa.initiatorPassword and mpesa.certificate. What became of it: lango payment refunds',
  ],
  examples: ['lango payment refund SJ41XK2P9Q --note "paid twice"'],
  async run({ args, command }) {
    const receipt = args.operand(0)
    const asked = await command<{ receipt: string }>('payments.refund', { receipt, note: args.text('note') })
    return asked.ok ? shown(asked.value, () => `M-Pesa is asked to pay ${asked.value.receipt} back.`) : asked
  },
}

const refunds: CommandSpec = {
  path: ['payment', 'refunds'],
  operands: [],
  summary: 'money that goes back by M-Pesa, and what became of it, the latest first',
  options: {
    receipt: { value: 'R', help: 'of this receipt' },
    open: { help: 'those only that are not over' },
    limit: { value: 'N', help: `at most so many (${ROWS_MAX})` },
  },
  notes: [
    'sent: M-Pesa took it and has not said how it ended. unknown: nobody knows whether it did. Look at Safaricom’s portal then, and say it: lango payment refund-said',
  ],
  examples: ['lango payment refunds', 'lango payment refunds --open'],
  async run({ args, query, io }) {
    const isOpen = args.flag('open') || undefined
    const input = { receipt: args.text('receipt'), isOpen, limit: args.whole('limit') }
    const found = await query<Refunds>('payments.refunds', input)
    if (!found.ok) return found
    return shown(found.value, () =>
      table(
        ['RECEIPT', '>AMOUNT', 'PURCHASE', 'STATE', 'WHY', 'M-PESA SAYS', 'ASKED', 'BY'],
        found.value.map((one) => [
          one.receipt,
          amountOf(one),
          one.purchase ?? '',
          one.state,
          one.failure ?? '',
          one.disputedAs ?? '',
          ago(one.askedAt, io.now()),
          clean(one.asker ?? one.askedBy),
        ]),
        'No money goes back by M-Pesa.',
      ),
    )
  },
}

const DAY_MS = 86_400_000
const DAYS = 7

const ahead: CommandSpec = {
  path: ['payment', 'ahead'],
  operands: [],
  summary: 'what was given before M-Pesa confirmed it, to which phones, and what was taken back',
  options: {
    days: { value: 'N', help: `of so many days (${DAYS})` },
    limit: { value: 'N', help: `at most so many (${ROWS_MAX})` },
  },
  notes: ['mpesa.trustUpTo says up to which sum; a phone that did not pay is given nothing ahead for a day.'],
  examples: ['lango payment ahead', 'lango payment ahead --days 30'],
  async run({ args, query, io }) {
    const fromAt = io.now() - (args.whole('days') ?? DAYS) * DAY_MS
    const found = await query<Ahead>('purchases.ahead', { fromAt, limit: args.whole('limit') })
    if (!found.ok) return found
    const { given, confirmed, takenBack, rows } = found.value
    return shown(
      found.value,
      () =>
        table(
          ['>NO', 'PHONE', 'PLAN', '>AMOUNT', 'STATE', '>UNPAID FOR', 'GIVEN'],
          rows.map((one) => [
            one.number,
            one.phone,
            clean(one.plan),
            amountOf(one),
            one.state,
            one.unpaidMs === null ? '' : `${Math.round(one.unpaidMs / 1000)} s`,
            ago(one.aheadAt, io.now()),
          ]),
          'Nothing was given ahead.',
        ),
      given === 0 ? {} : { note: `Given ahead ${given}, paid after all ${confirmed}, taken back ${takenBack}.` },
    )
  },
}

const balance: CommandSpec = {
  path: ['payment', 'balance'],
  operands: [],
  summary: 'what the shortcode had when M-Pesa was asked last',
  options: { ask: { help: 'ask M-Pesa now; it answers within a minute' } },
  notes: ['It takes the initiator and mpesa.callbackUrl: M-Pesa answers there alone. It is asked each hour by itself.'],
  examples: ['lango payment balance', 'lango payment balance --ask'],
  async run({ args, command, query, io }) {
    if (args.flag('ask')) {
      const asked = await command<{ state: string }>('payments.askBalance', {})
      return asked.ok ? shown(asked.value, () => 'M-Pesa is asked. Its answer: lango payment balance') : asked
    }
    const known = await query<Balance>('payments.balance', {})
    if (!known.ok) return known
    const { at, balances } = known.value
    return shown(
      known.value,
      () =>
        table(
          ['ACCOUNT', '>HAS', '>MAY BE USED'],
          balances.map(({ account, currentMinor, availableMinor, currency }) => [
            clean(account),
            amountOf({ amountMinor: currentMinor, currency }),
            amountOf({ amountMinor: availableMinor, currency }),
          ]),
          'M-Pesa has not said it yet: lango payment balance --ask',
        ),
      at === undefined ? {} : { note: `As M-Pesa said ${ago(at, io.now())}.` },
    )
  },
}

const HOW = ['done', 'failed'] as const

const refundSaid: CommandSpec = {
  path: ['payment', 'refund-said'],
  operands: ['RECEIPT', 'HOW'],
  summary: 'say how a refund ended as M-Pesa’s own list has it, where M-Pesa did not: done or failed',
  options: {},
  examples: ['lango payment refund-said SJ41XK2P9Q done'],
  async run({ args, command }) {
    const how = HOW.find((one) => one === args.operand(1))
    if (how === undefined) throw new UsageError('Say done or failed.')
    const input = { receipt: args.operand(0), isDone: how === 'done' }
    const said = await command<{ receipt: string; state: string }>('payments.sayRefund', input)
    return said.ok ? shown(said.value, () => `The refund of ${said.value.receipt} is ${said.value.state}.`) : said
  },
}

const callbacks: CommandSpec = {
  path: ['payment', 'callbacks'],
  operands: [],
  summary: 'what was posted to this box about prompts, and what came of it, the latest first',
  options: {
    before: { value: 'N', help: 'older than this one' },
    limit: { value: 'N', help: `at most so many (${ROWS_MAX})` },
  },
  notes: [
    'ABOUT is the purchase, or the receipt that was to go back.',
    'asked: M-Pesa was asked at once. ahead: the same, and given meanwhile. listed: the list was read at once.',
    'mismatch: another prompt or amount than the purchase’s, and not acted on. What M-Pesa answers is seen at the purchase.',
    'believed, noted, waited: the result of a refund; one that cannot be checked; that M-Pesa waited too long with it.',
    'unknown-source: mpesa.callbackFrom is known, and it came from elsewhere. The bodies as they came: --json',
  ],
  examples: ['lango payment callbacks', 'lango payment callbacks --limit 20'],
  async run({ args, query, io }) {
    const found = await query<Callbacks>('payments.callbacks', {
      before: args.whole('before'),
      limit: args.whole('limit'),
    })
    if (!found.ok) return found
    return shown(found.value, () =>
      table(
        ['>NO', 'CAME', 'FROM', 'ABOUT', 'WHAT CAME OF IT'],
        found.value.map((one) => [
          one.no,
          ago(one.arrivedAt, io.now()),
          one.isKnownSource ? `${one.origin} (Safaricom)` : one.origin,
          one.purchase ?? one.receipt ?? '',
          one.outcome,
        ]),
        'Nothing was posted to this box.',
      ),
    )
  },
}

const register: CommandSpec = {
  path: ['payment', 'register-callbacks'],
  operands: [],
  summary: 'have M-Pesa tell this box of payments that nobody was asked for, as soon as they come in',
  options: {},
  notes: [
    'It takes mpesa.callbackUrl. In production Safaricom takes such addresses once; others are deleted first, in its portal.',
    'What came of it: lango setting show, under mpesa.registration.',
  ],
  examples: ['lango payment register-callbacks'],
  async run({ command }) {
    const asked = await command<{ state: string }>('payments.registerCallbacks', {})
    return asked.ok ? shown(asked.value, () => 'M-Pesa is being asked. What came of it: lango setting show') : asked
  },
}

export const paymentCommands = [
  request,
  purchases,
  code,
  list,
  callbacks,
  register,
  resolve,
  refund,
  refunds,
  refundSaid,
  balance,
  ahead,
]
