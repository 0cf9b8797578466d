/** `lango export …` */
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FaultError } from '@lango/kernel'
import { exportText } from '../../transfer/export-text.ts'
import { plansSheet } from '../../transfer/plans.ts'
import type { Sheet } from '../../transfer/sheet.ts'
import { subscribersSheet } from '../../transfer/subscribers.ts'
import { vouchersSheet } from '../../transfer/vouchers.ts'
import { refused, shown, type CommandSpec } from '../command.ts'
import { boxOf } from './import.ts'

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
    const open = await sheet.open(boxOf(context), { withSecrets, newPasswords: false })
    if (!open.ok) return open
    let rows = 0
    const text = exportText(sheet, open.value, { json, withSecrets }, (count) => (rows += count))
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
