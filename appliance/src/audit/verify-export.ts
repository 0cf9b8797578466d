/** Whether a file is what a box gave out: by its public key alone, and read a line at a time. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { err, ok, type Result, type Verifier } from '@lango/kernel'
import { auditRowHash, type AuditRow } from '@lango/kernel/verbs'
import { readTrailer } from './export.ts'

export type ExportFault =
  | { readonly type: 'FileUnreadable'; readonly file: string; readonly cause: string }
  | { readonly type: 'AuditExportUnsigned'; readonly file: string }
  | { readonly type: 'AuditExportForeign'; readonly file: string; readonly keyId: string }
  /** The line, where one alone says so. */
  | { readonly type: 'AuditExportAltered'; readonly file: string; readonly line?: number | undefined }

export type ExportVerified = {
  readonly rows: number
  readonly filters: Readonly<Record<string, string | number>>
  readonly site: string
  readonly exportedAt: number
  readonly exportedBy: string
  readonly keyId: string
}

/** The signature of a CSV stands beside it. */
export const signatureFileOf = (file: string): string => `${file}.sig`

export const verifyExport = async (file: string, verifier: Verifier): Promise<Result<ExportVerified, ExportFault>> => {
  try {
    return existsSync(signatureFileOf(file)) ? await verifyBeside(file, verifier) : await verifyLines(file, verifier)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    return err({ type: 'FileUnreadable', file, cause: code })
  }
}

const verifyBeside = async (file: string, verifier: Verifier): Promise<Result<ExportVerified, ExportFault>> => {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer)
  return judged(file, readFileSync(signatureFileOf(file), 'utf8').trim(), hash.digest('hex'), verifier)
}

const verifyLines = async (file: string, verifier: Verifier): Promise<Result<ExportVerified, ExportFault>> => {
  const hash = createHash('sha256')
  let held: string | undefined
  let line = 0
  let badLine: number | undefined
  let before: AuditRow | undefined
  // The last line is the trailer: each is looked at when the next has come.
  for await (const next of linesOf(file)) {
    if (held !== undefined) {
      line += 1
      hash.update(`${held}\n`)
      const row = rowOf(held)
      if (badLine === undefined && !follows(row, before)) badLine = line
      before = row
    }
    held = next
  }
  if (held === undefined) return err({ type: 'AuditExportUnsigned', file })
  const whole = judged(file, held, hash.digest('hex'), verifier)
  const isAltered = !whole.ok && whole.error.type === 'AuditExportAltered'
  return badLine !== undefined && (whole.ok || isAltered)
    ? err({ type: 'AuditExportAltered', file, line: badLine })
    : whole
}

/** Ended by a line feed and nothing else: texts may hold what others take for an end of line, U+2028 for one. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = ''
  for await (const piece of createReadStream(file, 'utf8')) {
    const lines = (rest + (piece as string)).split('\n')
    rest = lines.pop()!
    yield* lines
  }
  if (rest !== '') yield rest
}

const rowOf = (line: string): AuditRow | undefined => {
  try {
    return JSON.parse(line) as AuditRow
  } catch {
    return undefined
  }
}

/** An entry that its hash fits, and that hangs on the one before where nothing was left out between. */
const follows = (row: AuditRow | undefined, before: AuditRow | undefined): boolean => {
  if (row === undefined || row.hash !== auditRowHash(row)) return false
  if (before === undefined) return true
  return row.no > before.no && (row.no !== before.no + 1 || row.previousHash === before.hash)
}

const judged = (
  file: string,
  line: string,
  sha256: string,
  verifier: Verifier,
): Result<ExportVerified, ExportFault> => {
  const trailer = readTrailer(line, verifier)
  if (trailer === 'none') return err({ type: 'AuditExportUnsigned', file })
  if (trailer === 'foreign') return err({ type: 'AuditExportForeign', file, keyId: verifier.keyId })
  if (trailer.sha256 !== sha256) return err({ type: 'AuditExportAltered', file })
  const { rows, filters, site, exportedAt, exportedBy, keyId } = trailer
  return ok({ rows, filters, site, exportedAt, exportedBy, keyId })
}
