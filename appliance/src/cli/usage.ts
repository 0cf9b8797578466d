/** `lango usage` */
import type { Fault, Result } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type { showSubscriber } from '@lango/modules/services'
import type { usageByHour, usageTotals } from '@lango/modules/sessions'
import { refused, shown, UsageError, type CliContext, type CommandSpec, type Shown } from './command.ts'
import { duration, localDay, localTime, octets, table } from './format.ts'

const DAY_MS = 86_400_000
const DAYS_DEFAULT = 30
/** Up to this long a stretch is shown by the hour, unless told otherwise. */
const BY_HOUR_MS = 2 * DAY_MS

const usage: CommandSpec = {
  path: ['usage'],
  operands: ['[LOGIN]'],
  summary: 'what a subscriber used by hour or day; without one, what everybody used in total',
  options: {
    from: { value: 'TIME', help: 'from then: 2026-11-01, 2026-11-01T06:00, or 7d for seven days ago (30d)' },
    to: { value: 'TIME', help: 'until then, not included (now)' },
    by: { value: 'hour|day', help: 'one line each (hour up to two days, else day)' },
    limit: { value: 'N', help: 'without a login: how many, whoever used most first (100)' },
  },
  notes: [
    'Hours begin on the hour; days are those of this machine’s time zone. Up is what the subscriber sent, down what they received.',
  ],
  examples: [
    'lango usage amina',
    'lango usage amina --from 2026-11-01 --to 2026-12-01 --by day',
    'lango usage --from 7d --limit 20',
  ],
  async run(context) {
    const { args, io } = context
    const { parseDurationMs } = await import('@lango/kernel')
    const toAt = readTime(args.text('to'), io.now(), parseDurationMs) ?? io.now()
    const fromAt = readTime(args.text('from'), io.now(), parseDurationMs) ?? toAt - DAYS_DEFAULT * DAY_MS
    if (fromAt >= toAt) throw new UsageError('--from is not before --to.')
    const login = args.operand(0)
    return login === undefined ? totals(context, fromAt, toAt) : ofLogin(context, login, fromAt, toAt)
  },
}

/** An instant as people write it: a date or time in local time, or how long ago. */
const readTime = (
  text: string | undefined,
  now: number,
  parseDurationMs: (text: string) => Result<number, Fault>,
): number | undefined => {
  if (text === undefined) return undefined
  const ago = parseDurationMs(text)
  if (ago.ok) return now - ago.value
  // A bare date would be read as UTC.
  const at = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text)
  if (Number.isNaN(at))
    throw new UsageError(`'${text}' is no time: write 2026-11-01, 2026-11-01T06:00, or 7d for seven days ago.`)
  return at
}

type Counted = { readonly inputOctets: number; readonly outputOctets: number; readonly sessionTimeSec: number }

const ofLogin = async (
  context: CliContext,
  login: string,
  fromAt: number,
  toAt: number,
): Promise<Result<Shown, Fault>> => {
  const found = await context.query<ResultOf<typeof showSubscriber>>('subscribers.show', { login })
  if (!found.ok) return found
  if (found.value === undefined) return refused({ type: 'SubscriberUnknown', login })
  const grantNo = found.value.grant.no
  const hours = await context.query<ResultOf<typeof usageByHour>>('sessions.usage', { grantNo, fromAt, toAt })
  if (!hours.ok) return hours
  const by = context.args.choice('by', ['hour', 'day']) ?? (toAt - fromAt <= BY_HOUR_MS ? 'hour' : 'day')
  const rows =
    by === 'hour' ? hours.value.map(({ hourAt, ...counted }) => ({ at: hourAt, ...counted })) : byDay(hours.value)
  const total = rows.reduce(plus, { inputOctets: 0, outputOctets: 0, sessionTimeSec: 0 })
  return shown({ login, fromAt, toAt, by, total, rows }, () =>
    table(
      [by === 'hour' ? 'HOUR' : 'DAY', '>UP', '>DOWN', '>ONLINE'],
      [
        ...rows.map((row) => [by === 'hour' ? localTime(row.at) : localDay(row.at), ...cells(row)]),
        ['total', ...cells(total)],
      ],
      '',
    ),
  )
}

const cells = ({ inputOctets, outputOctets, sessionTimeSec }: Counted): string[] => [
  octets(inputOctets),
  octets(outputOctets),
  duration(sessionTimeSec),
]

const plus = (a: Counted, b: Counted): Counted => ({
  inputOctets: a.inputOctets + b.inputOctets,
  outputOctets: a.outputOctets + b.outputOctets,
  sessionTimeSec: a.sessionTimeSec + b.sessionTimeSec,
})

/** Hours added up to local days; a day's `at` is its first hour with any use. */
const byDay = (hours: ResultOf<typeof usageByHour>): (Counted & { readonly at: number })[] => {
  const days = new Map<string, Counted & { readonly at: number }>()
  for (const { hourAt, ...counted } of hours) {
    const day = localDay(hourAt)
    const before = days.get(day)
    days.set(day, before === undefined ? { at: hourAt, ...counted } : { at: before.at, ...plus(before, counted) })
  }
  return [...days.values()]
}

const totals = async ({ query, args }: CliContext, fromAt: number, toAt: number): Promise<Result<Shown, Fault>> => {
  const found = await query<ResultOf<typeof usageTotals>>('sessions.usageTotals', {
    fromAt,
    toAt,
    limit: args.whole('limit') ?? 100,
  })
  if (!found.ok) return found
  const rows = found.value
  return shown(rows, () =>
    table(
      ['LOGIN', '>UP', '>DOWN', '>ONLINE'],
      rows.map((row) => [row.login, ...cells(row)]),
      'Nobody used anything.',
    ),
  )
}

export const usageCommands = [usage]
