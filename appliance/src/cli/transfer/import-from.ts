/** `lango import daloradius|usermanager|mikhmon|phpnuxbill`: what another product exports, as rows of ours. */
import { readFileSync, statSync } from 'node:fs'
import { err, type Fault, type Result } from '@lango/kernel'
import type { Lost, SourceFile } from '../../importers/moved.ts'
import {
  FILE_OCTETS_MAX,
  KINDS,
  products,
  runBoth,
  textOf,
  type MoveFault,
  type Product,
} from '../../transfer/products.ts'
import { refused, shown, UsageError, type Args, type CommandSpec } from '../command.ts'
import { clean } from '../format.ts'
import { boxOf, importOptions, newPasswordsOption, previewText, progressTo } from './import.ts'

const LINES_SHOWN_MAX = 5

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
      const file = textOf(name, readFileSync(name))
      if (!file.ok) return file
      files.push(file.value)
    } catch (error) {
      const { code = 'unreadable' } = error as NodeJS.ErrnoException
      return err({ type: 'FileUnreadable', file: name, cause: code } as Fault)
    }
  }
  return { ok: true, value: files }
}

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
    const done = await runBoth(boxOf(context), moved, {
      ...progressTo(context),
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
