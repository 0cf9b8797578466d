/** `lango voucher commission` */
import type { Money } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type { Balance, commissionReport } from '@lango/modules/vouchers'
import { zoneOf } from './zone.ts'
import { shown, UsageError, type CommandSpec } from './command.ts'
import { table, type Cell } from './format.ts'

const amountCells = (sums: Balance, textOf: (amount: Money) => string): readonly Cell[] => {
  const text = (minor: number): string => textOf({ minor, currency: sums.currency })
  return [
    sums.sold,
    text(sums.salesMinor),
    text(sums.earnedMinor),
    sums.reversed,
    text(sums.reversedMinor),
    text(sums.netMinor),
  ]
}

export const voucherCommission: CommandSpec = {
  path: ['voucher', 'commission'],
  operands: [],
  summary: 'who sold how many, what they earned, and what they still have',
  options: {
    from: { value: 'DAY', help: 'the first day, 2026-11-01 (the first of the month)' },
    to: { value: 'DAY', help: 'the last day (today)' },
  },
  notes: [
    'A commission is that of the day of the sale, to the nearest cent of each voucher. A sold voucher that is revoked before it was ever used takes its commission back, on the day it is revoked.',
    'A rate is set with: lango staff set LOGIN --commission PERCENT',
  ],
  examples: ['lango voucher commission', 'lango voucher commission --from 2026-11-01 --to 2026-11-30 --json'],
  async run({ args, query, io }) {
    const [{ daysOf }, { formatMoney }] = await Promise.all([
      import('@lango/modules/vouchers'),
      import('@lango/kernel'),
    ])
    const clock = { now: io.now(), timeZone: await zoneOf({ query, io }) }
    const { period, fault } = daysOf({ from: args.text('from'), to: args.text('to') }, clock)
    if (fault !== undefined)
      throw new UsageError(`--${fault} is no day, or comes before the first one: write 2026-11-30.`)
    const { fromAt, toAt, from, to } = period
    const found = await query<ResultOf<typeof commissionReport>>('vouchers.commission', { fromAt, toAt, now: io.now() })
    if (!found.ok) return found
    const { sellers, totals, stock } = found.value
    return shown({ from, to, ...found.value }, () =>
      table(
        ['SELLER', '>SOLD', '>SALES', '>COMMISSION', '>REVERSED', '>TAKEN BACK', '>NET', '>IN STOCK'],
        [
          ...sellers.flatMap(({ holder, stock: left, sales }): Cell[][] =>
            sales.length === 0
              ? [[holder, 0, '', '', 0, '', '', left]]
              : sales.map((sums, index) => [holder, ...amountCells(sums, formatMoney), index === 0 ? left : '']),
          ),
          ...(sellers.length === 0
            ? []
            : totals.map((sums, index): Cell[] => [
                'total',
                ...amountCells(sums, formatMoney),
                index === 0 ? stock : '',
              ])),
        ],
        'Nobody sold anything then, and nobody has vouchers to sell.',
      ),
    )
  },
}
