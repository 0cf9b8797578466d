/** `lango voucher …` */
import type { Fault, Result } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type { ValueOf } from '@lango/kernel/verbs'
import type {
  handVouchers,
  listBatches,
  listVouchers,
  makeVouchers,
  openBatch,
  revokeVouchers,
  showVoucher,
} from '@lango/modules/vouchers'
import { secondsOf, shown, UsageError, type CliContext, type CommandSpec } from './command.ts'
import { voucherCommission } from './voucher-commission.ts'
import { voucherLoanCommands } from './voucher-loans.ts'
import { BATCH, voucherPrintCommands } from './voucher-print.ts'
import { saleTimeOptions, saleTimesOf } from './sale-times.ts'
import { topUp, topUpOptions } from './top-up.ts'
import { ago, duration, facts, localDay, localTime, octets, table } from './format.ts'

const PAGE_ROWS = 1000

const issue: CommandSpec = {
  path: ['voucher', 'issue'],
  operands: [],
  summary: 'make vouchers of a plan, and tell their codes',
  options: {
    plan: { value: 'NAME', help: 'the plan', required: true },
    count: { value: 'N', help: 'how many, up to 100,000', required: true },
    prefix: { value: 'P', help: 'what each code begins with: up to 8 letters and digits' },
    length: { value: 'L', help: 'characters behind the prefix, 6 to 16 (8; 10 with --numeric)' },
    numeric: { help: 'digits only' },
    'use-within': { value: '90d', help: 'the first login must come before this' },
    ...saleTimeOptions,
  },
  notes: [
    'The last character of a code is a check digit: a code that is mistyped is told apart from one that is unknown.',
    'A code is both user name and password; on a login page that asks for one of them only, the other stays empty.',
  ],
  examples: [
    'lango voucher issue --plan Day-Pass --count 50',
    'lango voucher issue --plan Day-Pass --count 500 --prefix KSM --numeric --use-within 365d --json > codes.json',
  ],
  async run(context) {
    const { args, command, io, json } = context
    const within = await secondsOf(args, 'use-within')
    if (!within.ok) return within
    const opened = await command<ValueOf<typeof openBatch>>('vouchers.openBatch', {
      plan: args.text('plan'),
      count: args.whole('count'),
      prefix: args.text('prefix'),
      length: args.whole('length'),
      numeric: args.flag('numeric'),
      useWithinSec: within.value,
      ...(await saleTimesOf(context)),
    })
    if (!opened.ok) return opened
    const { batch, guesses } = opened.value
    const codes: string[] = []
    for (let left = Infinity; left > 0;) {
      const made = await command<ValueOf<typeof makeVouchers>>('vouchers.make', { batch })
      if (!made.ok) {
        if (codes.length > 0)
          io.err(`${codes.length} vouchers of batch ${batch} are made: lango voucher reveal --batch ${batch}\n`)
        return made
      }
      codes.push(...made.value.codes)
      left = made.value.left
      if (!json && codes.length % PROGRESS_VOUCHERS === 0) io.err(`${codes.length} vouchers made\n`)
    }
    return shown(codes, () => codes.join('\n'), {
      note: `Batch ${batch}: ${codes.length} vouchers. A guess finds one of them once in ${Math.round(guesses).toLocaleString('en')}${await advice(guesses)}.`,
    })
  },
}

const PROGRESS_VOUCHERS = 10_000

const advice = async (guesses: number): Promise<string> => {
  const { CODES_PER_VOUCHER_GOOD } = await import('@lango/modules/vouchers')
  return guesses < CODES_PER_VOUCHER_GOOD ? '; longer codes, or letters, are harder to guess' : ''
}

type Row = ResultOf<typeof listVouchers>[number]
type Batch = ResultOf<typeof listBatches>[number]

const batchesOf = (query: CliContext['query']): Promise<Result<readonly Batch[], Fault>> =>
  query<readonly Batch[]>('vouchers.batches', {})

const batches: CommandSpec = {
  path: ['voucher', 'batches'],
  operands: [],
  summary: 'what was made together',
  options: {},
  examples: ['lango voucher batches'],
  async run({ query }) {
    const found = await batchesOf(query)
    if (!found.ok) return found
    return shown(found.value, () =>
      table(
        ['>BATCH', 'PLAN', '>VOUCHERS', 'CODES', 'MADE', 'BY', 'USE BEFORE'],
        found.value.map((one) => [
          one.number,
          one.plan,
          one.wanted,
          `${one.prefix}${(one.numeric ? '0' : 'X').repeat(one.codeLength)}`,
          localTime(one.createdAt),
          one.createdBy,
          one.useBefore === null ? 'any time' : localDay(one.useBefore),
        ]),
        'There is no voucher yet. Make some: lango voucher issue --plan NAME --count N',
      ),
    )
  },
}

const list: CommandSpec = {
  path: ['voucher', 'list'],
  operands: [],
  summary: 'vouchers by batch and serial number, without their codes',
  options: {
    batch: { value: 'N', help: 'only of this batch' },
    state: { value: 'made|given|sold|used|expired|revoked|away', help: 'only in this state' },
    limit: { value: 'N', help: 'how many at most (all)' },
  },
  examples: ['lango voucher list --batch 3', 'lango voucher list --state used --json'],
  async run({ args, query, io }) {
    const { voucherState } = await import('@lango/modules/vouchers')
    const state = args.choice('state', ['made', 'given', 'sold', 'used', 'expired', 'revoked', 'away'])
    const limit = args.whole('limit') ?? Infinity
    const all = await batchesOf(query)
    if (!all.ok) return all
    const only = args.whole('batch')
    const rows: Row[] = []
    for (const { number } of all.value.filter(({ number }) => only === undefined || number === only)) {
      for (let afterSerial = 0; rows.length < limit;) {
        const page = await query<readonly Row[]>('vouchers.list', { batch: number, afterSerial, limit: PAGE_ROWS })
        if (!page.ok) return page
        rows.push(...page.value.filter((row) => state === undefined || voucherState(row, row, io.now()) === state))
        if (page.value.length < PAGE_ROWS) break
        afterSerial = page.value.at(-1)!.serial
      }
    }
    const told = rows.slice(0, limit).map((row) => ({ ...row, state: voucherState(row, row, io.now()) }))
    return shown(told, () =>
      table(
        ['>BATCH', '>SERIAL', 'CODE', 'PLAN', 'STATE', 'HOLDER', 'FIRST USED', 'GOOD UNTIL'],
        told.map((row) => [
          row.batch,
          row.serial,
          `…${row.tail}`,
          row.plan,
          row.state,
          row.holder,
          row.firstUsedAt === null ? '' : ago(row.firstUsedAt, io.now()),
          row.expiresAt === null ? '' : localTime(row.expiresAt),
        ]),
        'No voucher. Make some: lango voucher issue --plan NAME --count N',
      ),
    )
  },
}

const show: CommandSpec = {
  path: ['voucher', 'show'],
  operands: ['CODE'],
  summary: 'all there is about one voucher',
  options: {},
  examples: ['lango voucher show 7K3D-M2QX'],
  async run({ args, command, io }) {
    const found = await command<ValueOf<typeof showVoucher>>('vouchers.show', { code: args.operand(0) })
    if (!found.ok) return found
    const one = found.value
    return shown(one, () =>
      facts([
        ['voucher', `…${one.tail}, number ${one.serial} of batch ${one.batch}`],
        ['state', one.state],
        ['plan', one.plan],
        ['made', `${localTime(one.madeAt)} by ${one.madeBy}`],
        ['holder', one.holder],
        [
          'first used',
          one.firstUsedAt === null ? 'never' : `${localTime(one.firstUsedAt)} (${ago(one.firstUsedAt, io.now())})`,
        ],
        ['good until', goodUntil(one)],
        ['data', one.quotaOctets === null ? 'no limit' : octets(one.quotaOctets)],
        ['devices', one.devices.join(', ')],
      ]),
    )
  },
}

const goodUntil = ({ expiresAt, validitySec, firstUsedAt }: ValueOf<typeof showVoucher>): string => {
  const counts = validitySec !== null && firstUsedAt === null
  if (counts) {
    const before = expiresAt === null ? '' : `, which must come before ${localTime(expiresAt)}`
    return `${duration(validitySec)} from the first login${before}`
  }
  return expiresAt === null ? 'it is revoked' : localTime(expiresAt)
}

const revoke: CommandSpec = {
  path: ['voucher', 'revoke'],
  operands: ['[CODE]'],
  summary: 'end a voucher for good, or all of a batch that were never used',
  options: { batch: { value: 'N', help: 'the unused ones of this batch' } },
  examples: ['lango voucher revoke 7K3D-M2QX', 'lango voucher revoke --batch 3'],
  async run({ args, command }) {
    const code = args.operand(0)
    const batch = args.whole('batch')
    if ((code === undefined) === (batch === undefined))
      throw new UsageError('Say which: a CODE, or the unused ones of a --batch.')
    let revoked = 0
    for (let more = true; more;) {
      const done = await command<ValueOf<typeof revokeVouchers>>(
        'vouchers.revoke',
        code === undefined ? { batch } : { code },
      )
      if (!done.ok) return done
      revoked += done.value.revoked
      more = done.value.more
    }
    return shown({ revoked }, () =>
      revoked === 0
        ? 'Nothing to revoke: that was done before.'
        : `${revoked} revoked: logins are refused and open sessions are ended.`,
    )
  },
}

const hand = (verb: 'give' | 'sell', state: 'given' | 'sold', summary: string): CommandSpec => ({
  path: ['voucher', verb],
  operands: [],
  summary,
  options: {
    batch: BATCH,
    from: { value: 'N', help: 'the first serial number', required: true },
    to: { value: 'N', help: 'the last one (the first)' },
    holder: { value: 'WHO', help: 'who has them, or sold them: a staff login, or any other name', required: true },
  },
  examples: [`lango voucher ${verb} --batch 3 --from 1 --to 50 --holder 'Kiosk Mama Njeri'`],
  async run({ args, command }) {
    const from = args.whole('from')!
    const moved = await command<ValueOf<typeof handVouchers>>('vouchers.hand', {
      batch: args.whole('batch'),
      from,
      to: args.whole('to') ?? from,
      state,
      holder: args.text('holder'),
    })
    if (!moved.ok) return moved
    const { moved: count, asked } = moved.value
    const rest = asked - count
    return shown(
      moved.value,
      () => `${count} vouchers are ${state}.`,
      rest > 0 ? { note: `${rest} numbers were passed over: they are sold or revoked already, or do not exist.` } : {},
    )
  },
})

const topUpVoucher: CommandSpec = {
  path: ['voucher', 'topup'],
  operands: ['CODE'],
  summary: 'more data or time beside the plan’s',
  options: topUpOptions,
  examples: ['lango voucher topup 7K3D-M2QX --quota 1GB'],
  async run(context) {
    const found = await context.command<ValueOf<typeof showVoucher>>('vouchers.show', {
      code: context.args.operand(0),
    })
    return found.ok ? topUp(context, { grantNo: found.value.grantNo }) : found
  },
}

const freeDevice: CommandSpec = {
  path: ['voucher', 'free'],
  operands: ['CODE', 'DEVICE'],
  summary: 'unbind a device and end its sessions, to make room for another',
  options: {},
  examples: ['lango voucher free 7K3D-M2QX AA:BB:CC:DD:EE:FF'],
  async run({ args, command }) {
    const found = await command<ValueOf<typeof showVoucher>>('vouchers.show', { code: args.operand(0) })
    if (!found.ok) return found
    const freed = await command('grants.freeDevice', { grantNo: found.value.grantNo, device: args.operand(1) })
    return freed.ok ? shown(freed.value, () => 'It is free: its sessions are ended.') : freed
  },
}

export const voucherCommands = [
  issue,
  batches,
  list,
  show,
  topUpVoucher,
  freeDevice,
  revoke,
  ...voucherPrintCommands,
  hand('give', 'given', 'note who has vouchers to sell'),
  hand('sell', 'sold', 'note that vouchers are sold'),
  voucherCommission,
  ...voucherLoanCommands,
]
