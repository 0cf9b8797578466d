/** `lango import daloradius|usermanager|mikhmon|phpnuxbill`: what another product exports, as rows of ours. */
import { readFileSync, statSync } from 'node:fs'
import type { Fault, Result } from '@lango/kernel'
import type { Lost, Moved, MovedRow, MoveOptions, SourceFile } from '../../importers/moved.ts'
import { refused, shown, UsageError, type Args, type CliContext, type CommandSpec } from '../command.ts'
import { clean } from '../format.ts'
import { importOptions, newPasswordsOption, previewText } from './import.ts'
import { plansSheet } from './plans.ts'
import type { Source } from './rows.ts'
import { runImport, type ImportOptions, type Preview } from './run-import.ts'
import type { Sheet } from './sheet.ts'
import { subscribersSheet } from './subscribers.ts'

/** An export is read whole: larger ones are in parts, or hold more than subscribers. */
const FILE_OCTETS_MAX = 256 * 1024 * 1024
const LINES_SHOWN_MAX = 5
const KINDS = ['pppoe', 'static', 'hotspot', '802.1x', 'mac'] as const

export type MoveFault =
  | { readonly type: 'FileTooLarge'; readonly file: string; readonly octetsMax: number }
  | { readonly type: 'NothingFound'; readonly product: string }

type Product = {
  readonly name: string
  readonly title: string
  readonly kind: string
  readonly files: string
  readonly example: string
  readonly load: () => Promise<(files: readonly SourceFile[], options: MoveOptions) => Moved>
}

const products: readonly Product[] = [
  {
    name: 'daloradius',
    title: 'daloRADIUS',
    kind: 'pppoe',
    files:
      'an SQL dump, or a CSV file each of radcheck, radreply, radusergroup, radgroupcheck, radgroupreply, userinfo',
    example: 'radius.sql',
    load: async () => (await import('../../importers/daloradius.ts')).readDaloradius,
  },
  {
    name: 'usermanager',
    title: 'MikroTik User Manager',
    kind: 'hotspot',
    files: 'what /user-manager export show-sensitive writes (version 7), or /tool user-manager export (version 6)',
    example: 'usermanager.rsc',
    load: async () => (await import('../../importers/usermanager.ts')).readUserManager,
  },
  {
    name: 'mikhmon',
    title: 'Mikhmon',
    kind: 'hotspot',
    files: 'its export of users as script or CSV; beside it, what /ip hotspot user profile export writes',
    example: 'users.csv profiles.rsc',
    load: async () => (await import('../../importers/mikhmon.ts')).readMikhmon,
  },
  {
    name: 'phpnuxbill',
    title: 'PHPNuxBill',
    kind: 'hotspot',
    files:
      'an SQL dump, or a CSV file each of tbl_customers, tbl_plans, tbl_bandwidth, tbl_user_recharges, tbl_voucher',
    example: 'phpnuxbill.sql',
    load: async () => (await import('../../importers/phpnuxbill.ts')).readPhpNuxBill,
  },
]

const planForOf = (args: Args): ReadonlyMap<string, string> =>
  new Map(
    args.texts('plan').map((pair) => {
      const at = pair.lastIndexOf('=')
      if (at === -1) throw new UsageError(`--plan is OLD=NEW, not '${pair}'.`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )

const readFiles = (names: readonly string[]): Result<readonly SourceFile[], Fault> => {
  const files: SourceFile[] = []
  for (const name of names) {
    try {
      if (statSync(name).size > FILE_OCTETS_MAX)
        return refused({ type: 'FileTooLarge', file: name, octetsMax: FILE_OCTETS_MAX } satisfies MoveFault)
      const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(name))
      if (text.includes('\0'))
        return refused({ type: 'CsvNul', line: text.slice(0, text.indexOf('\0')).split('\n').length })
      files.push({ name, text })
    } catch (error) {
      const { code = 'unreadable' } = error as NodeJS.ErrnoException
      return refused(
        code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
          ? { type: 'CsvEncoding', line: 1 }
          : { type: 'FileUnreadable', file: name, cause: code },
      )
    }
  }
  return { ok: true, value: files }
}

const sourceOf = (rows: readonly MovedRow[]): Source => ({
  async *chunks(size) {
    for (let at = 0; at < rows.length; at += size) yield { ok: true, value: rows.slice(at, at + size) }
  },
})

const commandOf = ({ name, title, kind, files, example, load }: Product): CommandSpec => ({
  path: ['import', name],
  operands: ['FILE…'],
  summary: `subscribers and plans of ${title}`,
  options: {
    ...importOptions,
    'new-passwords': newPasswordsOption,
    plan: { value: 'OLD=NEW', help: 'a plan of this box for one of the source; =NEW for who has none', many: true },
    kind: { value: KINDS.join('|'), help: `how plans connect that do not say so (${kind})` },
  },
  notes: [
    `FILE is ${files}.`,
    'Plans are made of what the source says, unless one of that name is here or --plan names another. What cannot be carried over',
    'is told by line. Times without a time zone are read as UTC; prices are not carried over, since they have no currency there.',
  ],
  examples: [`lango import ${name} ${example} --dry-run`, `lango import ${name} ${example} --plan 'Old 10M=Home-10'`],
  async run(context) {
    const { args } = context
    const read = await load()
    const sources = readFiles(args.operands)
    if (!sources.ok) return sources
    const options = { planFor: planForOf(args), kind: args.choice('kind', KINDS) ?? kind }
    const moved = read(sources.value, options)
    if (moved.subscribers.length + moved.plans.length === 0)
      return refused({ type: 'NothingFound', product: title } satisfies MoveFault)
    const dryRun = args.flag('dry-run')
    const done = await runBoth(context, moved, {
      dryRun,
      update: args.flag('update'),
      newPasswords: args.flag('new-passwords'),
    })
    const lost = lostText(moved.lost)
    if (!done.ok) {
      if (lost !== '' && !context.json) context.io.err(`${lost}\n`)
      return done
    }
    const { plans, subscribers } = done.value
    return shown(
      { dryRun, plans, subscribers, lost: moved.lost },
      () => [previewText('plans', plans, dryRun), previewText('subscribers', subscribers, dryRun)].join('\n'),
      lost === '' ? {} : { note: lost },
    )
  },
})

type Both = { readonly plans: Preview; readonly subscribers: Preview }

/** Both are checked before anything of either is written. */
const runBoth = async (context: CliContext, moved: Moved, options: ImportOptions): Promise<Result<Both, Fault>> => {
  const [planSheet, subscriberSheet]: Sheet[] = [await plansSheet(), await subscribersSheet()]
  const known = await context.query<readonly { readonly name: string }[]>('plans.list', {})
  if (!known.ok) return known
  const here = new Set(known.value.map(({ name }) => name))
  // A plan of this name that is here is meant, whatever it was there.
  const rows = moved.plans.filter(({ cells }) => !here.has(cells['name'] ?? ''))
  const plansToCome = new Map(rows.map(({ cells }) => [cells['name'] ?? '', cells['kind'] ?? '']))
  const both = async (dryRun: boolean): Promise<Result<Both, Fault>> => {
    const plans = await runImport(context, planSheet!, sourceOf(rows), { ...options, update: false, dryRun })
    if (!plans.ok) return plans
    const source = sourceOf(moved.subscribers)
    const subscribers = await runImport(context, subscriberSheet!, source, { ...options, plansToCome, dryRun })
    return subscribers.ok ? { ok: true, value: { plans: plans.value, subscribers: subscribers.value } } : subscribers
  }
  const checked = await both(true)
  return checked.ok && !options.dryRun ? both(false) : checked
}

/** A line for each thing that is lost, with the lines that lose it. */
const lostText = (lost: readonly Lost[]): string => {
  const lines = [...Map.groupBy(lost, ({ what }) => what)].map(([what, all]) => {
    const named = all.slice(0, LINES_SHOWN_MAX).map(({ file, line }) => `${clean(file)}:${line}`)
    const rest = all.length - named.length
    return `\n  ${clean(what)}: ${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
  })
  return lines.length === 0 ? '' : `Not carried over (all lines with --json):${lines.join('')}`
}

export const importFromCommands = products.map(commandOf)
