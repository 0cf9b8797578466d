/** Rows of a file to import: CSV with a line of names, or a JSON object a line. */
import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { err, type Fault, type Result } from '@lango/kernel'
import { readCsv, readRecords, RECORD_LENGTH_MAX, unguarded, type CsvFault } from './csv.ts'

export type Cells = Readonly<Record<string, string>>
/** `line` is where the row begins in its file. */
export type Row = { readonly line: number; readonly cells: Cells }
/** A line that cannot be read; the others can. */
export type Unread = { readonly line: number; readonly fault: Fault }
export type Chunk = readonly (Row | Unread)[]

/** Where rows come from; read anew for each pass over them. */
export interface Source {
  /** Rows in pieces of at most `size`; ends with a fault when it cannot be read on. */
  chunks(size: number): AsyncGenerator<Result<Chunk, Fault>>
}

export type RowsFault =
  | CsvFault
  | { readonly type: 'FileUnreadable'; readonly file: string; readonly cause: string }
  | { readonly type: 'ColumnsWrong'; readonly line: number; readonly why: string }
  | { readonly type: 'LineUnreadable'; readonly why: string }

export type Layout = { readonly columns: readonly string[]; readonly needed: readonly string[] }

export const fileSource = (file: string, layout: Layout): Source => ({
  async *chunks(size) {
    try {
      // Before the stream: one whose file is not there would fail with nobody to hear it.
      const isLines = isJsonLines(firstOf(file))
      yield* chunksOf(createReadStream(file), isLines, layout, size)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === undefined) throw error
      yield err({ type: 'FileUnreadable', file, cause: code })
    }
  },
})

/** The same of a file that came over the network and lies on no disk. */
export const memorySource = (octets: Uint8Array, layout: Layout): Source => ({
  chunks: (size) => chunksOf(pieces(octets), isJsonLines(octets.subarray(0, FIRST_OCTETS)), layout, size),
})

const PIECE_OCTETS = 64 * 1024
const FIRST_OCTETS = 4

async function* pieces(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < octets.length; at += PIECE_OCTETS) yield octets.subarray(at, at + PIECE_OCTETS)
}

type Octets = AsyncIterable<Uint8Array>

async function* chunksOf(
  octets: Octets,
  isJson: boolean,
  layout: Layout,
  size: number,
): AsyncGenerator<Result<Chunk, Fault>> {
  let chunk: (Row | Unread)[] = []
  for await (const row of isJson ? jsonRows(octets, layout) : csvRows(octets, layout)) {
    if ('type' in row) {
      yield err(row)
      return
    }
    chunk.push(row)
    if (chunk.length < size) continue
    yield { ok: true, value: chunk }
    chunk = []
  }
  if (chunk.length > 0) yield { ok: true, value: chunk }
}

const firstOf = (file: string): Uint8Array => {
  const first = Buffer.alloc(FIRST_OCTETS)
  const handle = openSync(file, 'r')
  try {
    return first.subarray(0, readSync(handle, first, 0, first.length, 0))
  } finally {
    closeSync(handle)
  }
}

/** No CSV of ours begins with a brace. */
const isJsonLines = (first: Uint8Array): boolean => /^\uFEFF?\{/.test(Buffer.from(first).toString('utf8'))

async function* csvRows(octets: Octets, layout: Layout): AsyncGenerator<Row | RowsFault> {
  let columns: readonly string[] | undefined
  for await (const record of readCsv(octets)) {
    if ('type' in record) {
      yield record
      return
    }
    const { line, fields } = record
    if (columns === undefined) {
      const header = readHeader(fields, layout)
      if (!header.ok) {
        yield header.error
        return
      }
      columns = header.value
      continue
    }
    if (fields.length > columns.length) {
      const why = `it has ${fields.length} fields and the first line names ${columns.length}`
      yield { type: 'ColumnsWrong', line, why }
      return
    }
    const cells = columns.map((column, index) => [column, unguarded(fields[index] ?? '')] as const)
    yield { line, cells: Object.fromEntries(cells) }
  }
  if (columns === undefined) yield { type: 'ColumnsWrong', line: 1, why: 'the file is empty' }
}

const readHeader = (fields: readonly string[], { columns, needed }: Layout): Result<readonly string[], RowsFault> => {
  const wrong = (why: string) => err({ type: 'ColumnsWrong', line: 1, why } satisfies RowsFault)
  const names = fields.map((field) => {
    const name = field.trim()
    return columns.find((column) => column.toLowerCase() === name.toLowerCase()) ?? name
  })
  const unknown = names.find((name) => !columns.includes(name))
  if (unknown !== undefined) return wrong(`there is no column '${unknown}'; they are ${columns.join(',')}`)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) return wrong(`the column '${twice}' is named twice`)
  const missing = needed.find((name) => !names.includes(name))
  return missing === undefined ? { ok: true, value: names } : wrong(`the column '${missing}' is missing`)
}

type Line = { readonly line: number; readonly text: string }

/** Lines of a file; a very long one is a fault. */
class LineReader {
  readonly #onLine: (line: Line) => void
  #rest = ''
  #line = 1

  constructor(onLine: (line: Line) => void) {
    this.#onLine = onLine
  }

  push(text: string): CsvFault | undefined {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    for (const one of lines) this.#tell(one)
    return this.#rest.length > RECORD_LENGTH_MAX
      ? { type: 'CsvTooLong', line: this.#line, lengthMax: RECORD_LENGTH_MAX }
      : undefined
  }

  end(): undefined {
    this.#tell(this.#rest)
  }

  #tell(text: string): void {
    if (text.trim() !== '') this.#onLine({ line: this.#line, text })
    this.#line += 1
  }
}

async function* jsonRows(octets: Octets, layout: Layout): AsyncGenerator<Row | Unread | RowsFault> {
  for await (const record of readRecords<Line>(octets, (onLine) => new LineReader(onLine)))
    yield 'type' in record ? record : { line: record.line, ...readJsonRow(record.text, layout) }
}

const readJsonRow = (text: string, { columns }: Layout): { readonly cells: Cells } | { readonly fault: RowsFault } => {
  const wrong = (why: string) => ({ fault: { type: 'LineUnreadable', why } as const })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return wrong('it is no JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong('it is no JSON object')
  const members = Object.entries(value)
  const odd = members.find(([name]) => !columns.includes(name))
  if (odd) return wrong(`there is no column '${odd[0]}'; they are ${columns.join(',')}`)
  const cell = (held: unknown) => (held === null ? '' : typeof held === 'string' ? held : JSON.stringify(held))
  return { cells: Object.fromEntries(members.map(([name, held]) => [name, cell(held)])) }
}
