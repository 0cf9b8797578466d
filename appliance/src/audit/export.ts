/**
 * The audit log as a file that others can verify: each entry with its hash, and at the end what the box puts its name
 * to. As JSON an entry a line, exactly as it was hashed, beside it what is told of a person where that is sealed in the
 * log; as CSV for reading, with the signature in a file of its own.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { csvLine, type Signer, type Verifier } from '@lango/kernel'
import { selectSql, type RawDatabase } from '@lango/kernel/db'
import { audit, type AuditRow } from '@lango/kernel/verbs'

export const exportFormats = ['json', 'csv'] as const
export type ExportFormat = (typeof exportFormats)[number]

export type ExportFilters = {
  readonly actorId?: string | undefined
  /** A command's name, or a part of one. */
  readonly command?: string | undefined
  readonly outcome?: string | undefined
  readonly fromAt?: number | undefined
  readonly toAt?: number | undefined
  /** From this entry on; those before were too many. */
  readonly fromNo?: number | undefined
}

const trailerSchema = z.object({
  format: z.literal('lango-audit-export/1'),
  rows: z.number().int().min(0),
  /** Of every octet before the trailer. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Left out, nothing was left out. */
  filters: z.record(z.string(), z.union([z.string(), z.number()])),
  site: z.string(),
  exportedAt: z.number().int(),
  exportedBy: z.string(),
  keyId: z.string(),
})
type Trailer = z.output<typeof trailerSchema>
const signedTrailerSchema = z.object({ trailer: trailerSchema, signature: z.base64() })

/** One text for one trailer, however it was written down. */
const trailerText = (trailer: Trailer): string => {
  const { filters, ...rest } = trailer
  const sorted = (value: object) => Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify(['lango-audit-export/1', sorted(rest), sorted(filters)])
}

const CSV_COLUMNS = [
  'no',
  'at',
  'actorKind',
  'actorId',
  'command',
  'commandId',
  'outcome',
  'origin',
  'record',
  'previousHash',
  'hash',
] as const satisfies readonly (keyof AuditRow)[]

/** What is told of a record in which a person's values are sealed; undefined where none are. */
export type Plain = (record: string) => unknown

/** Takes entries and gives their lines; what it has given is counted and hashed for the trailer. */
export class ExportWriter {
  readonly #format: ExportFormat
  readonly #plain: Plain
  readonly #hash = createHash('sha256')
  rows = 0

  constructor(format: ExportFormat, plain: Plain) {
    this.#format = format
    this.#plain = plain
  }

  head(): string {
    return this.#format === 'csv' ? this.#told(csvLine(CSV_COLUMNS)) : ''
  }

  line(row: AuditRow): string {
    this.rows += 1
    const plain = this.#plain(row.record)
    if (this.#format === 'json') return this.#told(`${JSON.stringify(plain === undefined ? row : { ...row, plain })}\n`)
    const told = { ...row, at: new Date(row.at).toISOString(), record: plain ? JSON.stringify(plain) : row.record }
    return this.#told(csvLine(CSV_COLUMNS.map((column) => String(told[column] ?? ''))))
  }

  /** Hex SHA-256 of what was given so far. */
  sha256(): string {
    return this.#hash.copy().digest('hex')
  }

  trailer(
    signer: Signer,
    { filters, ...about }: Pick<Trailer, 'site' | 'exportedAt' | 'exportedBy'> & { readonly filters: ExportFilters },
  ): string {
    const trailer: Trailer = {
      format: 'lango-audit-export/1',
      rows: this.rows,
      sha256: this.sha256(),
      filters: given(filters),
      ...about,
      keyId: signer.keyId,
    }
    return `${JSON.stringify({ trailer, signature: signer.sign(trailerText(trailer)) })}\n`
  }

  #told(text: string): string {
    this.#hash.update(text)
    return text
  }
}

const given = (filters: ExportFilters): Record<string, string | number> =>
  Object.fromEntries(
    Object.entries(filters).filter((entry): entry is [string, string | number] => entry[1] !== undefined),
  )

/** The trailer that a line holds, signed by this key; or why it counts for nothing. */
export const readTrailer = (line: string, verifier: Verifier): Trailer | 'none' | 'foreign' => {
  const parsed = signedTrailerSchema.safeParse(jsonOf(line))
  if (!parsed.success) return 'none'
  const { trailer, signature } = parsed.data
  const fits = trailer.keyId === verifier.keyId && verifier.fits(trailerText(trailer), signature)
  return fits ? trailer : 'foreign'
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Entries read at once. */
const CHUNK_ROWS = 1000

/** The entries that fit, in order, a chunk in memory at a time. */
export function* auditRows(raw: RawDatabase, filters: ExportFilters): Generator<AuditRow> {
  const { actorId = null, command = null, outcome = null, fromAt = null, toAt = null } = filters
  const after = raw.prepare<[Record<string, unknown>], AuditRow>(
    `${selectSql(audit)} WHERE no > @no AND (@actorId IS NULL OR actor_id = @actorId)
       AND (@command IS NULL OR instr(command, @command) > 0) AND (@outcome IS NULL OR outcome = @outcome)
       AND (@fromAt IS NULL OR at >= @fromAt) AND (@toAt IS NULL OR at < @toAt)
     ORDER BY no LIMIT ${CHUNK_ROWS}`,
  )
  for (let no = 0; ;) {
    const rows = after.all({ no, actorId, command, outcome, fromAt, toAt })
    yield* rows
    if (rows.length < CHUNK_ROWS) return
    no = rows.at(-1)!.no
  }
}
