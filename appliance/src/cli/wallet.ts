/** `lango wallet …`: money that people have put in beforehand. */
import { formatMoney, money, parseMoney } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type { ValueOf } from '@lango/kernel/verbs'
import { spellCode } from '@lango/modules/access'
import { readPhone } from '@lango/modules/customers'
import {
  frequencies,
  standingOrderStates,
  stopsAt,
  type listStandingOrders,
  type requestStandingOrder,
} from '@lango/modules/payments'
import type { showSettings } from '@lango/modules/settings'
import {
  WALLET_CODE,
  type emptyWallet,
  type listWallets,
  type showWallet,
  type topUpCash,
} from '@lango/modules/wallets'
import { numberOf, shown, UsageError, type CommandSpec } from './command.ts'
import { ago, facts, table } from './format.ts'

type Wallets = ResultOf<typeof listWallets>
type Wallet = ResultOf<typeof showWallet>

const ROWS_MAX = 200

type Balance = { readonly balanceMinor: number; readonly currency: string }
const balanceOf = ({ balanceMinor, currency }: Balance): string => formatMoney(money(balanceMinor, currency))

const list: CommandSpec = {
  path: ['wallet', 'list'],
  operands: [],
  summary: 'wallets with what is in each, the latest first',
  options: {
    find: { value: 'TEXT', help: 'a number, a reference, or a phone: +254712345678' },
    blocked: { help: 'those that are blocked' },
    before: { value: 'N', help: 'older than this wallet' },
    limit: { value: 'N', help: `at most so many (${ROWS_MAX})` },
  },
  examples: ['lango wallet list', 'lango wallet list --find +254712345678'],
  async run({ args, query, io }) {
    const q = args.text('find')
    const input = {
      ...(q !== undefined && { q, phone: q }),
      ...(args.flag('blocked') && { status: 'blocked' }),
      before: args.whole('before'),
      limit: args.whole('limit'),
    }
    const found = await query<Wallets>('wallets.list', input)
    if (!found.ok) return found
    return shown(found.value, () =>
      table(
        ['>NO', 'PHONE', 'REFERENCE', '>BALANCE', 'STATE', 'SINCE'],
        found.value.map((one) => [
          one.number,
          one.phone,
          one.reference,
          balanceOf(one),
          one.status,
          ago(one.createdAt, io.now()),
        ]),
        'No wallet fits, or there is none yet.',
      ),
    )
  },
}

const show: CommandSpec = {
  path: ['wallet', 'show'],
  operands: ['NUMBER'],
  summary: 'one wallet with what went in and out of it, the latest first',
  options: { limit: { value: 'N', help: `at most so many movements (${ROWS_MAX})` } },
  examples: ['lango wallet show 12'],
  async run({ args, query, io }) {
    const number = numberOf(args, 'wallet', 'wallet list')
    const found = await query<Wallet>('wallets.show', { number, limit: args.whole('limit') })
    if (!found.ok) return found
    const wallet = found.value
    if (!wallet) return { ok: false, error: { type: 'WalletUnknown', wallet: String(number) } }
    const { phone, reference, status, currency, moves } = wallet
    return shown(wallet, () =>
      [
        facts([
          ['balance', balanceOf(wallet)],
          ['phone', status === 'erased' ? 'nobody any more' : phone],
          ['reference', reference],
          ['state', status],
        ]),
        table(
          ['>NO', 'WHAT', '>AMOUNT', 'ABOUT', 'WHEN', 'BY'],
          moves.map((move) => [
            move.number,
            move.kind,
            formatMoney(money(move.minor, currency)),
            move.about ?? '',
            ago(move.at, io.now()),
            move.by,
          ]),
          'Nothing has moved yet.',
        ),
      ].join('\n'),
    )
  },
}

const topUp: CommandSpec = {
  path: ['wallet', 'top-up'],
  operands: ['PHONE', 'AMOUNT'],
  summary: 'money that was taken in cash goes into the wallet of a phone, which is opened where there is none',
  options: {},
  examples: ['lango wallet top-up 0712345678 200'],
  async run({ args, command, query }) {
    const settings = await query<ResultOf<typeof showSettings>>('settings.show', {})
    if (!settings.ok) return settings
    const { currency } = settings.value
    const [phone, amount] = [readPhone(args.operand(0)!, currency), parseMoney(args.operand(1)!, currency)]
    if (!phone.ok) throw new UsageError('Write the phone as 0712345678, or with its country as +254712345678.')
    if (!amount.ok) throw new UsageError('Write the amount as 200, or 200.50.')
    const input = { phone: phone.value, amountMinor: amount.value.minor }
    const done = await command<ValueOf<typeof topUpCash>>('wallets.topUpCash', input)
    if (!done.ok) return done
    const { wallet, receipt, balanceMinor } = done.value
    return shown(
      done.value,
      () => `Receipt ${receipt}: ${balanceOf({ balanceMinor, currency })} is in wallet ${wallet} now.`,
    )
  },
}

const blocking = (verb: 'block' | 'unblock', summary: string): CommandSpec => ({
  path: ['wallet', verb],
  operands: ['NUMBER'],
  summary,
  options: {},
  examples: [`lango wallet ${verb} 12`],
  async run({ args, command }) {
    const wallet = numberOf(args, 'wallet', 'wallet list')
    const done = await command('wallets.block', { wallet, blocked: verb === 'block' })
    return done.ok ? shown(done.value, () => `Wallet ${wallet} is ${verb}ed.`) : done
  },
})

const telling = (verb: 'reveal' | 'new-code', name: string, summary: string): CommandSpec => ({
  path: ['wallet', verb],
  operands: ['NUMBER'],
  summary,
  options: {},
  examples: [`lango wallet ${verb} 12`],
  async run({ args, command }) {
    const told = await command<{ code: string }>(name, { wallet: numberOf(args, 'wallet', 'wallet list') })
    return told.ok ? shown(told.value, () => spellCode(told.value.code, WALLET_CODE.prefix)) : told
  },
})

type Orders = ResultOf<typeof listStandingOrders>

const orders: CommandSpec = {
  path: ['wallet', 'orders'],
  operands: [],
  summary: 'standing orders, by which M-Pesa pays into wallets regularly, the latest first',
  options: {
    wallet: { value: 'N', help: 'those of this wallet' },
    state: { value: standingOrderStates.join('|'), help: 'those only' },
    before: { value: 'N', help: 'older than this one' },
    limit: { value: 'N', help: `at most so many (${ROWS_MAX})` },
  },
  notes: [
    'asked: nobody has answered on the handset yet. unknown: nobody has told what was answered; with the first money it is active.',
    `Whoever holds the handset stops one there: ${stopsAt.ussd} or the ${stopsAt.app} app, ${stopsAt.menu}. Nobody else can.`,
  ],
  examples: ['lango wallet orders', 'lango wallet orders --wallet 12'],
  async run({ args, query, io }) {
    const found = await query<Orders>('standingOrders.list', {
      wallet: args.whole('wallet'),
      state: args.choice('state', standingOrderStates),
      before: args.whole('before'),
      limit: args.whole('limit'),
    })
    if (!found.ok) return found
    return shown(found.value, () =>
      table(
        ['>NO', '>WALLET', 'PHONE', '>AMOUNT', 'EVERY', 'FROM', 'TO', 'STATE', 'WHY', 'ASKED', 'PAID LAST'],
        found.value.orders.map((one) => [
          one.number,
          one.wallet,
          one.phone,
          formatMoney(money(one.amountMinor, one.currency)),
          one.frequency,
          one.startsOn,
          one.endsOn,
          one.state,
          one.failure ?? '',
          ago(one.askedAt, io.now()),
          one.lastPaidAt === null ? '' : ago(one.lastPaidAt, io.now()),
        ]),
        found.value.isOn ? 'No standing order fits, or there is none yet.' : 'There is none: standing orders are off.',
      ),
    )
  },
}

const order: CommandSpec = {
  path: ['wallet', 'order'],
  operands: ['NUMBER', 'AMOUNT'],
  summary: 'ask whoever holds a wallet to let M-Pesa pay so much into it regularly; they agree on the handset',
  options: {
    every: { value: frequencies.join('|'), help: 'how often' },
    from: { value: 'DAY', help: 'the first day: 2026-12-01' },
    until: { value: 'DAY', help: 'the last day: 2027-11-30' },
  },
  examples: ['lango wallet order 12 500 --every monthly --from 2026-12-01 --until 2027-11-30'],
  async run({ args, command }) {
    const wallet = numberOf(args, 'wallet', 'wallet list')
    const amount = parseMoney(args.operand(1)!, MPESA_CURRENCY)
    if (!amount.ok) throw new UsageError('Write the amount as 500.')
    const [frequency, startsOn, endsOn] = [args.choice('every', frequencies), args.text('from'), args.text('until')]
    if (frequency === undefined || startsOn === undefined || endsOn === undefined)
      throw new UsageError('Say --every, --from and --until.')
    const input = { wallet, amountMinor: amount.value.minor, frequency, startsOn, endsOn }
    const done = await command<ValueOf<typeof requestStandingOrder>>('standingOrders.request', input)
    if (!done.ok) return done
    return shown(done.value, () => `Standing order ${done.value.number}: M-Pesa asks on the handset now.`)
  },
}
const MPESA_CURRENCY = 'KES'

const orderStopped: CommandSpec = {
  path: ['wallet', 'order-stopped'],
  operands: ['NUMBER'],
  summary: 'say of a standing order that it was stopped on the handset; that stops nothing by itself',
  options: {},
  examples: ['lango wallet order-stopped 3'],
  async run({ args, command }) {
    const number = numberOf(args, 'standing order', 'wallet orders')
    const done = await command('standingOrders.end', { number })
    return done.ok
      ? shown(done.value, () => `Standing order ${number} is over. Money that still comes stays theirs.`)
      : done
  },
}

const emptying = (verb: 'pay-out' | 'write-off', how: 'cash' | 'written-off', summary: string): CommandSpec => ({
  path: ['wallet', verb],
  operands: ['NUMBER', 'REASON'],
  summary,
  options: {},
  notes: ['The reason stands in the audit log for as long as that is kept: leave names out of it.'],
  examples: [`lango wallet ${verb} 12 "Asked to be forgotten"`],
  async run({ args, command, query }) {
    const settings = await query<ResultOf<typeof showSettings>>('settings.show', {})
    if (!settings.ok) return settings
    const wallet = numberOf(args, 'wallet', 'wallet list')
    const done = await command<ValueOf<typeof emptyWallet>>('wallets.empty', { wallet, how, reason: args.operand(1) })
    if (!done.ok) return done
    const { receipt, amountMinor } = done.value
    const amount = balanceOf({ balanceMinor: amountMinor, currency: settings.value.currency })
    return shown(
      done.value,
      () =>
        `Receipt ${receipt}: ${amount} ${how === 'cash' ? 'is paid out' : 'is written off'}. Wallet ${wallet} is empty.`,
    )
  },
})

const erase: CommandSpec = {
  path: ['wallet', 'erase'],
  operands: ['NUMBER'],
  summary: 'forget who held an empty wallet: its phone is overwritten for good, wherever it stands',
  options: { yes: { help: 'it cannot be taken back: do it' } },
  notes: [
    'For somebody who is no subscriber: erasing one (lango subscriber erase) forgets their wallet too.',
    'What was bought keeps its row and its sum, without the phone. Of the last two days that is done once no money can come for it any more.',
  ],
  examples: ['lango wallet erase 12 --yes'],
  async run({ args, command }) {
    if (!args.flag('yes')) throw new UsageError('This cannot be taken back. Say --yes.')
    const wallet = numberOf(args, 'wallet', 'wallet list')
    const done = await command('wallets.erase', { wallet })
    return done.ok ? shown(done.value, () => `Who held wallet ${wallet} is forgotten.`) : done
  },
}

export const walletCommands: readonly CommandSpec[] = [
  list,
  show,
  topUp,
  blocking('block', 'nothing is paid from it, and nobody opens it; money still comes in'),
  blocking('unblock', 'a blocked one goes on'),
  emptying('pay-out', 'cash', 'all that is in it was paid out in cash, by whoever says so'),
  emptying('write-off', 'written-off', 'all that is in it, or that its holder owes, is written off'),
  erase,
  telling('reveal', 'wallets.reveal', 'the code that opens it; the audit log keeps who has read it'),
  telling('new-code', 'wallets.renewCode', 'another code; the one before opens nothing any more'),
  orders,
  order,
  orderStopped,
]
