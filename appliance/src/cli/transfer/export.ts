/** `lango export …` */
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FaultError, orThrow } from '@lango/kernel'
import { refused, shown, type CommandSpec } from '../command.ts'
import { csvLine } from '../csv.ts'
import { filled, type OpenSheet, type Sheet } from './sheet.ts'
import { plansSheet } from './plans.ts'
import { subscribersSheet } from './subscribers.ts'
import { vouchersSheet } from './vouchers.ts'

/** The text of an export, a page at a time. `onRows` is told how many rows each has. */
async function* textOf(
  { columns, secret }: Sheet,
  open: OpenSheet,
  { json, withSecrets }: { readonly json: boolean; readonly withSecrets: boolean },
  onRows: (count: number) => void,
): AsyncGenerator<string> {
  const told = columns.filter((column) => withSecrets || column !== secret)
  if (!json) yield csvLine(told)
  for await (const page of open.pages()) {
    const rows = orThrow(page).map((cells) => told.map((column) => [column, cells[column] ?? ''] as const))
    onRows(rows.length)
    yield rows
      .map((cells) =>
        json ? `${JSON.stringify(filled(Object.fromEntries(cells)))}\n` : csvLine(cells.map(([, cell]) => cell)),
      )
      .join('')
  }
}

const exportOf = (noun: string, load: () => Promise<Sheet>, secret: string | undefined): CommandSpec => ({
  path: ['export', noun],
  operands: [],
  summary: `${noun} as CSV, or as JSON a line with --json`,
  options: {
    out: { value: 'FILE', help: 'where to write it; it must not exist (standard output)' },
    ...(secret && { 'with-secrets': { help: `${secret} too: whoever has the file has them` } }),
  },
  notes: [
    `Another box takes it back: lango import ${noun} FILE. A cell that a spreadsheet would reckon as a formula has an apostrophe before it.`,
    ...(secret ? [`That ${secret} were asked for is kept in the audit log.`] : []),
  ],
  examples: [`lango export ${noun} --out ${noun}.csv`, `lango export ${noun} --json`],
  async run(context) {
    const { args, json, io } = context
    const withSecrets = args.flag('with-secrets')
    const sheet = await load()
    const open = await sheet.open(context, { withSecrets, newPasswords: false })
    if (!open.ok) return open
    let rows = 0
    const text = textOf(sheet, open.value, { json, withSecrets }, (count) => (rows += count))
    const file = args.text('out')
    try {
      if (file === undefined) {
        for await (const piece of text) {
          io.out(piece)
          await io.drained()
        }
        return shown({ rows }, () => '', { streamed: true })
      }
      await pipeline(Readable.from(text), createWriteStream(file, { flags: 'wx', mode: 0o600 }))
    } catch (error) {
      const cause = (error as NodeJS.ErrnoException).code
      // Half a list would be taken for the whole; another's file stays.
      if (file !== undefined && cause !== 'EEXIST') await rm(file, { force: true })
      if (error instanceof FaultError) return refused(error.fault)
      if (cause === undefined || file === undefined) throw error
      return refused({ type: 'FileUnwritable', file, cause })
    }
    return shown({ file, rows }, () => `${rows} ${noun} are in ${file}.`)
  },
})

export const exportCommands = [
  exportOf('subscribers', subscribersSheet, 'network passwords'),
  exportOf('plans', plansSheet, undefined),
  exportOf('vouchers', vouchersSheet, 'codes'),
]
