/** `lango audit export` */
import { createWriteStream, existsSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FaultError, orThrow, type Signer } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import type { ExportFilters, ExportWriter, Plain } from '../audit/export.ts'
import { dataFolder } from '../data-folder.ts'
import { refused, shown, UsageError, type CliContext, type CommandSpec } from './command.ts'

const OUTCOMES = ['done', 'refused', 'failed', 'forbidden'] as const

export const auditExportCommand: CommandSpec = {
  path: ['audit', 'export'],
  operands: [],
  summary: 'the log as JSON an entry a line, signed at its end; as CSV with --csv',
  options: {
    from: { value: 'WHEN', help: 'entries since then: 2026-11-01, 2026-11-01T06:00, local time' },
    to: { value: 'WHEN', help: 'entries before then' },
    actor: { value: 'ID', help: 'of this person or program' },
    command: { value: 'NAME', help: 'of commands with this in their name: subscribers, plans.set' },
    outcome: { value: OUTCOMES.join('|'), help: 'only those' },
    csv: { help: 'for a spreadsheet; needs --out, and the signature goes into FILE.sig' },
    out: {
      value: 'FILE',
      help: 'where to write it, and the public key to FILE.pub; it must not exist (standard output)',
    },
  },
  notes: [
    'Whoever has the file verifies it with the public key alone: lango audit verify FILE --key FILE.pub',
    'Give the key on another way than the file. That the log was exported stands in the log.',
  ],
  examples: [
    'lango audit export --out audit.jsonl',
    'lango audit export --from 2026-11-01 --actor amina --csv --out november.csv',
  ],
  async run(context) {
    const { args } = context
    const [out, isCsv] = [args.text('out'), args.flag('csv')]
    if (isCsv && out === undefined) throw new UsageError('A CSV needs --out FILE: its signature goes into FILE.sig.')
    const filters: ExportFilters = {
      actorId: args.text('actor'),
      command: args.text('command'),
      outcome: args.choice('outcome', OUTCOMES),
      fromAt: instantOf(args.text('from'), 'from'),
      toAt: instantOf(args.text('to'), 'to'),
    }
    const ground = await openGround(context)
    if (!ground.ok) return ground
    const { raw, signer, plain, close } = ground.value
    const { auditRows, ExportWriter } = await import('../audit/export.ts')
    const writer = new ExportWriter(isCsv ? 'csv' : 'json', plain)
    const lines = linesOf(writer, auditRows(raw, filters))
    const end = () => finish(context, writer, { signer, filters, isCsv })
    try {
      return out === undefined
        ? await toOutput(context, lines, end)
        : await toFile(resolve(out), { lines, end, isCsv, signer, writer })
    } catch (error) {
      if (error instanceof FaultError) return refused(error.fault)
      throw error
    } finally {
      close()
    }
  },
}

const instantOf = (text: string | undefined, option: string): number | undefined => {
  if (text === undefined) return undefined
  // A day alone is taken as UTC by Date; people mean their own.
  const at = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text)
  if (Number.isNaN(at)) throw new UsageError(`--${option} is a time such as 2026-11-01 or 2026-11-01T06:00.`)
  return at
}

const openGround = async ({ dir }: CliContext) => {
  const folder = dataFolder(dir)
  if (!existsSync(folder.siteFile)) return refused({ type: 'FolderMissing', dir })
  const [{ openVault, systemRandom }, { openDatabase }, { createPersonalReader }] = await Promise.all([
    import('@lango/kernel'),
    import('@lango/kernel/db'),
    import('@lango/kernel/verbs'),
  ])
  const vault = openVault({ file: folder.keyFile, create: false, random: systemRandom() })
  if (!vault.ok) return vault
  const signer = vault.value.signer()
  if (!signer) return refused({ type: 'SigningKeyMissing' })
  const database = openDatabase({ file: folder.siteFile, readonly: true })
  if (!database.ok) return database
  const { raw } = database.value
  const ground: { raw: RawDatabase; signer: Signer; plain: Plain; close: () => void } = {
    raw,
    signer,
    plain: createPersonalReader(raw, vault.value),
    close: database.value.close,
  }
  return { ok: true, value: ground } as const
}

function* linesOf(writer: ExportWriter, rows: Iterable<Parameters<ExportWriter['line']>[0]>): Generator<string> {
  yield writer.head()
  for (const row of rows) yield writer.line(row)
}

type Ending = { readonly signer: Signer; readonly filters: ExportFilters; readonly isCsv: boolean }

/** Recorded before it is signed: no copy that is worth anything is without its entry. */
const finish = async ({ action, io }: CliContext, writer: ExportWriter, { signer, filters, isCsv }: Ending) => {
  const told = { format: isCsv ? 'csv' : 'json', filters, rows: writer.rows, sha256: writer.sha256() }
  orThrow(await action('audit.exported', told))
  return writer.trailer(signer, {
    filters,
    site: io.hostName,
    exportedAt: io.now(),
    exportedBy: `console ${io.osUser}`,
  })
}

const toOutput = async ({ io }: CliContext, lines: Iterable<string>, end: () => Promise<string>) => {
  for (const line of lines) {
    io.out(line)
    await io.drained()
  }
  io.out(await end())
  return shown(null, () => '', { streamed: true })
}

type FileParts = {
  readonly lines: Iterable<string>
  readonly end: () => Promise<string>
  readonly isCsv: boolean
  readonly signer: Signer
  readonly writer: ExportWriter
}

const toFile = async (file: string, { lines, end, isCsv, signer, writer }: FileParts) => {
  const all = async function* () {
    yield* lines
    if (!isCsv) yield await end()
  }
  try {
    await pipeline(Readable.from(all()), createWriteStream(file, { flags: 'wx', mode: 0o600 }))
    if (isCsv) writeFileSync(`${file}.sig`, await end(), { mode: 0o600 })
    writeFileSync(`${file}.pub`, signer.publicPem)
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code
    // A part of a log would be taken for the whole; another's file stays.
    if (cause !== 'EEXIST') await rm(file, { force: true })
    if (cause === undefined) throw error
    return refused({ type: 'FileUnwritable', file, cause })
  }
  return shown(
    { file, rows: writer.rows, keyId: signer.keyId, keyFile: `${file}.pub` },
    () =>
      `${writer.rows} entries are in ${file}, signed. Verify it anywhere: lango audit verify ${file} --key ${file}.pub`,
  )
}
