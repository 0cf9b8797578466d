/** `lango import subscribers|plans|vouchers` and `lango subscriber import` */
import { dataFolder } from '../../data-folder.ts'
import { fileSource } from '../../transfer/rows.ts'
import { runImport, type ImportOptions, type Preview, type RowChange } from '../../transfer/run-import.ts'
import type { Sheet, TransferBox } from '../../transfer/sheet.ts'
import { plansSheet } from '../../transfer/plans.ts'
import { subscribersSheet } from '../../transfer/subscribers.ts'
import { vouchersSheet } from '../../transfer/vouchers.ts'
import { shown, UsageError, type CliContext, type CommandSpec, type OptionSpec } from '../command.ts'
import { faultSentence } from '../faults.ts'
import { clean } from '../format.ts'

/** Whoever is at the command line may read the key file, and with it passwords. */
export const boxOf = ({ query, command, dir }: CliContext): TransferBox => ({
  query,
  command,
  async passwords(logins) {
    const { readPasswords } = await import('../stored-secrets.ts')
    return readPasswords(dataFolder(dir), logins)
  },
})

export const progressTo = ({ io, json }: CliContext): Pick<ImportOptions, 'sentenceOf' | 'onProgress'> => ({
  sentenceOf: faultSentence,
  onProgress(rows, written) {
    if (!json) io.err(`${rows} lines read, ${written} written\n`)
  },
})

export const importOptions: Readonly<Record<string, OptionSpec>> = {
  'dry-run': { help: 'check every line, show what would change, and write nothing' },
  update: { help: 'change rows that are there, where they differ; without it they are refused' },
}
export const newPasswordsOption: OptionSpec = {
  help: 'make a password for each that needs one and has none; see them with lango export subscribers --with-secrets',
}

const NOTES = [
  'The file is CSV in UTF-8 with a line of names, in any order, or JSON a line; lango export writes both, and names the columns.',
  'All of it is checked first, and nothing is written unless every line is in order. Empty cells count as absent; with --update they',
  'clear what may be empty. An apostrophe before = + - @ or another apostrophe, as an export writes it, is taken off.',
]

type Shape = Pick<CommandSpec, 'path' | 'examples' | 'operands'> & {
  readonly noun: string
  readonly load: () => Promise<Sheet>
  readonly options: Readonly<Record<string, OptionSpec>>
  /** Asks for --yes or --dry-run. */
  readonly asks?: true
}

const importOf = ({ noun, load, asks, ...shape }: Shape): CommandSpec => ({
  ...shape,
  summary: `add many ${noun} from a file; first see with --dry-run${asks ? ', then load with --yes' : ''}`,
  notes: NOTES,
  async run(context) {
    const { args } = context
    const dryRun = args.flag('dry-run')
    if (asks && dryRun === args.flag('yes'))
      throw new UsageError('Say which: --dry-run checks the file and loads nothing, --yes loads it.')
    const sheet = await load()
    const source = fileSource(args.operand(0)!, sheet)
    const [update, newPasswords] = [args.flag('update'), args.flag('new-passwords')]
    const done = await runImport(boxOf(context), sheet, source, {
      ...progressTo(context),
      dryRun,
      update,
      newPasswords,
    })
    if (!done.ok) return done
    const value = { ...done.value, added: dryRun ? 0 : done.value.new, dryRun }
    return shown(value, () => previewText(noun, done.value, dryRun))
  },
})

export const previewText = (noun: string, preview: Preview, dryRun: boolean): string => {
  const { rows, unchanged, changes } = preview
  const head = dryRun
    ? `All ${rows} lines are in order. ${preview.new} ${noun} would be added, ${preview.changed} changed; ${unchanged} are as they are here.`
    : `${preview.new} ${noun} are added, ${preview.changed} changed; ${unchanged} were as they are here.`
  const rest = preview.changed - changes.length
  return [head, ...changes.map(changeText), ...(rest > 0 ? [`  and ${rest} more`] : [])].join('\n')
}

export const changeText = ({ line, name, cells }: RowChange): string =>
  `  line ${line}: ${clean(name)}: ${cells
    .map(({ column, from, to }) => `${column} ${shownCell(from)} → ${shownCell(to)}`)
    .join(', ')}`

const shownCell = (cell: string): string => (cell === '' ? '(none)' : clean(cell))

const subscribers = { noun: 'subscribers', load: subscribersSheet }
const yes: OptionSpec = { help: 'load, if every line is in order' }
const ofSubscribers = { ...importOptions, 'new-passwords': newPasswordsOption }

export const subscriberImportCommand = importOf({
  ...subscribers,
  path: ['subscriber', 'import'],
  operands: ['FILE.csv'],
  options: { ...ofSubscribers, yes },
  asks: true,
  examples: ['lango subscriber import subscribers.csv --dry-run', 'lango subscriber import subscribers.csv --yes'],
})

const whole = (shape: Omit<Shape, 'path' | 'operands' | 'examples'>): CommandSpec =>
  importOf({
    ...shape,
    path: ['import', shape.noun],
    operands: ['FILE'],
    examples: [
      `lango import ${shape.noun} ${shape.noun}.csv --dry-run`,
      `lango import ${shape.noun} ${shape.noun}.csv`,
      `lango import ${shape.noun} ${shape.noun}.csv --update --dry-run`,
    ],
  })

export const importCommands = [
  whole({ ...subscribers, options: ofSubscribers }),
  whole({ noun: 'plans', load: plansSheet, options: importOptions }),
  whole({ noun: 'vouchers', load: vouchersSheet, options: importOptions }),
]
