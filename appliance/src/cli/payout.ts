/** `lango payout …`: money that goes out to phones by M-Pesa. */
import { formatMoney, money, parseMoney } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type { listPayouts } from '@lango/modules/payments'
import { numberOf, shown, UsageError, type Args, type CommandSpec } from './command.ts'
import { ago, clean, facts, table } from './format.ts'

type Payouts = ResultOf<typeof listPayouts>
type Payout = Payouts['payouts'][number]

const ROWS_MAX = 200
const STATES = ['waiting', 'asked', 'sent', 'done', 'failed', 'unknown', 'turned-down'] as const
const CURRENCY = 'KES'

const amountOf = ({ amountMinor, currency }: { readonly amountMinor: number; readonly currency: string }): string =>
  formatMoney(money(amountMinor, currency))

const wishIn = (args: Args): object => {
  const [receipt, phone, typed] = [args.text('receipt'), args.text('phone'), args.text('amount')]
  if (receipt !== undefined && typed !== undefined)
    throw new UsageError('A receipt is paid back whole: leave --amount out.')
  if (receipt !== undefined) return { as: 'payment', receipt, ...(phone !== undefined && { phone }) }
  if (phone === undefined || typed === undefined) throw new UsageError('Say --phone and --amount, or --receipt.')
  const amount = parseMoney(typed, CURRENCY)
  if (!amount.ok) throw new UsageError(`--amount is a sum such as 250, not '${typed}'.`)
  const who = args.text('commission-of')
  const said = (['compensation', 'expense', 'wallet'] as const).filter((kind) => args.flag(kind))
  const kinds = who === undefined ? said : [...said, 'commission' as const]
  const [as] = kinds
  if (as === undefined || kinds.length > 1)
    throw new UsageError('Say one: --commission-of SELLER, --compensation, --expense or --wallet.')
  const sum = { phone, amountMinor: amount.value.minor }
  return as === 'commission' ? { as, who, ...sum } : { as, ...sum }
}

const request: CommandSpec = {
  path: ['payout', 'request'],
  operands: ['REASON'],
  summary: 'have M-Pesa pay out to a phone; above a sum somebody else releases it',
  options: {
    receipt: { value: 'R', help: 'money that waits, whole, to the phone that it came from' },
    phone: { value: 'P', help: 'to this phone: +254712345678' },
    amount: { value: 'N', help: 'so many shillings' },
    'commission-of': { value: 'SELLER', help: 'what this seller has earned, by their id' },
    compensation: { help: 'to a customer who was wronged' },
    expense: { help: 'for something else' },
    wallet: { help: 'out of the wallet of this phone' },
  },
  notes: [
    'It takes the initiator, and mpesa.payoutUpTo and mpesa.payoutDayUpTo, which are 0 until somebody has set them.',
    'mpesa.payoutAloneUpTo: so much one person pays out alone. What became of it: lango payout list',
  ],
  examples: [
    'lango payout request "Too old to be reversed" --receipt SJ41XK2P9Q',
    'lango payout request "Commission of November" --commission-of stf_01 --phone +254712345678 --amount 1200',
  ],
  async run({ args, command }) {
    const reason = args.operand(0)
    const asked = await command<{ number: number; state: string }>('payouts.request', { for: wishIn(args), reason })
    if (!asked.ok) return asked
    const { number, state } = asked.value
    return shown(asked.value, () =>
      state === 'waiting'
        ? `Payout ${number} waits for somebody else to release it: lango payout release ${number}`
        : `Payout ${number}: M-Pesa is asked.`,
    )
  },
}

const list: CommandSpec = {
  path: ['payout', 'list'],
  operands: [],
  summary: 'money that goes out to phones, and what became of it, the latest first',
  options: {
    state: { value: STATES.join('|'), help: 'those only' },
    before: { value: 'N', help: 'older than this one' },
    limit: { value: 'N', help: `at most so many (${ROWS_MAX})` },
  },
  notes: [
    'waiting: somebody else has to release it. sent: M-Pesa took it and has not said how it ended. unknown: nobody knows whether it did. Look at Safaricom’s portal then, and say it: lango payout said',
  ],
  examples: ['lango payout list', 'lango payout list --state waiting'],
  async run({ args, query, io }) {
    const input = { state: args.choice('state', STATES), before: args.whole('before'), limit: args.whole('limit') }
    const found = await query<Payouts>('payouts.list', input)
    if (!found.ok) return found
    return shown(found.value, () =>
      table(
        ['>NO', 'PHONE', '>AMOUNT', 'STATE', 'WHY', 'M-PESA SAYS', 'FOR', 'ASKED', 'BY'],
        found.value.payouts.map((one) => [
          one.number,
          one.phone,
          amountOf(one),
          one.state,
          one.failure ?? '',
          one.disputedAs ?? '',
          clean(one.reason),
          ago(one.requestedAt, io.now()),
          clean(one.requester ?? one.requestedBy),
        ]),
        'Nothing was paid out.',
      ),
    )
  },
}

const factsOf = (one: Payout, now: number): readonly (readonly [string, string])[] => [
  ['number', String(one.number)],
  ['state', one.state],
  ['phone', one.phone],
  ['name', clean(one.payeeName ?? '')],
  ['amount', amountOf(one)],
  ['fee', one.feeMinor === null ? '' : amountOf({ amountMinor: one.feeMinor, currency: one.currency })],
  ['reason', clean(one.reason)],
  ['pays back', one.paysBack ?? ''],
  ['taken from', `${one.fromKind} ${one.fromCode}`],
  ['asked', `${ago(one.requestedAt, now)} by ${clean(one.requester ?? one.requestedBy)}`],
  [
    'released',
    one.releasedAt === null ? '' : `${ago(one.releasedAt, now)} by ${clean(one.releaser ?? one.releasedBy ?? '')}`,
  ],
  ['ended', one.endedAt === null ? '' : ago(one.endedAt, now)],
  ['why', one.failure ?? ''],
  ['receipt', one.receipt ?? ''],
  ['m-pesa says', one.disputedAs ?? ''],
]

const show: CommandSpec = {
  path: ['payout', 'show'],
  operands: ['NUMBER'],
  summary: 'one payout',
  options: {},
  examples: ['lango payout show 7'],
  async run({ args, query, io }) {
    const found = await query<Payouts>('payouts.list', { number: numberOf(args, 'payout', 'payout list') })
    if (!found.ok) return found
    const [one] = found.value.payouts
    if (!one) throw new UsageError('There is no such payout: lango payout list')
    return shown(one, () => facts(factsOf(one, io.now()).filter(([, text]) => text !== '')))
  },
}

const release: CommandSpec = {
  path: ['payout', 'release'],
  operands: ['NUMBER'],
  summary: 'release a payout that somebody else has asked for; M-Pesa is asked at once',
  options: {},
  notes: ['All who hold the box’s console are one person here: what was asked for at it is released at the desk.'],
  examples: ['lango payout release 7'],
  async run({ args, command }) {
    const done = await command<{ number: number }>('payouts.release', {
      number: numberOf(args, 'payout', 'payout list'),
    })
    return done.ok ? shown(done.value, () => `Payout ${done.value.number} is released: M-Pesa is asked.`) : done
  },
}

const turnDown: CommandSpec = {
  path: ['payout', 'turn-down'],
  operands: ['NUMBER'],
  summary: 'turn down a payout that waits to be released',
  options: {},
  examples: ['lango payout turn-down 7'],
  async run({ args, command }) {
    const done = await command<{ number: number }>('payouts.turnDown', {
      number: numberOf(args, 'payout', 'payout list'),
    })
    return done.ok ? shown(done.value, () => `Payout ${done.value.number} is turned down.`) : done
  },
}

const HOW = ['done', 'failed'] as const

const said: CommandSpec = {
  path: ['payout', 'said'],
  operands: ['NUMBER', 'HOW'],
  summary: 'say how a payout ended as M-Pesa’s own list has it, where M-Pesa did not: done or failed',
  options: {},
  examples: ['lango payout said 7 done'],
  async run({ args, command }) {
    const how = HOW.find((one) => one === args.operand(1))
    if (how === undefined) throw new UsageError('Say done or failed.')
    const input = { number: numberOf(args, 'payout', 'payout list'), isDone: how === 'done' }
    const done = await command<{ number: number; state: string }>('payouts.say', input)
    return done.ok ? shown(done.value, () => `Payout ${done.value.number} is ${done.value.state}.`) : done
  },
}

export const payoutCommands = [request, list, show, release, turnDown, said]
