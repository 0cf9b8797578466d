/**
 * Reads and writes CSV as RFC 4180 has it: fields between commas, quotes around what holds commas, quotes or line
 * breaks, a quote inside quotes doubled. CRLF and LF both end a record; a byte order mark is passed over; octets that
 * are no UTF-8 are a fault and not a question mark in somebody's password. NUL is a fault too: half of the programs
 * that meet one take it for the end.
 */
export { csvLine, unguarded } from '@lango/kernel'

export type CsvRecord = { readonly line: number; readonly fields: readonly string[] }
export type CsvFault =
  /** The line where the record begins. */
  | { readonly type: 'CsvQuote'; readonly line: number }
  | { readonly type: 'CsvTooLong'; readonly line: number; readonly lengthMax: number }
  | { readonly type: 'CsvEncoding'; readonly line: number }
  | { readonly type: 'CsvNul'; readonly line: number }

/** A quote that is never closed would otherwise take in the whole file. */
export const RECORD_LENGTH_MAX = 64 * 1024

/** What ends a run of plain text, outside quotes and inside. */
const SPECIAL = /[",\r\n]/g
const QUOTE = /"/g

/** Where a field stands. `closed`: after a quote inside quotes, which a second one makes a character. */
type State = 'start' | 'plain' | 'quoted' | 'closed'

/** Calls `onRecord` for each record, blank lines left out; push pieces of text in order, then end. */
export class CsvReader {
  readonly #onRecord: (record: CsvRecord) => void
  #state: State = 'start'
  #field = ''
  #fields: string[] = []
  #length = 0
  #line = 1
  #beganAt = 1
  #afterCr = false

  constructor(onRecord: (record: CsvRecord) => void) {
    this.#onRecord = onRecord
  }

  push(text: string): CsvFault | undefined {
    let at = 0
    while (at < text.length) {
      if (this.#afterCr) {
        // CRLF is one end of line; also when a piece ends between the two.
        this.#afterCr = false
        if (text[at] === '\n') {
          at += 1
          continue
        }
      }
      const special = this.#state === 'quoted' ? QUOTE : SPECIAL
      special.lastIndex = at
      const found = special.exec(text)?.index ?? text.length
      if (found > at) {
        const fault = this.#take(text.slice(at, found))
        if (fault !== undefined) return fault
      }
      if (found < text.length) {
        const fault = this.#meet(text[found]!)
        if (fault !== undefined) return fault
      }
      at = found + 1
    }
    return undefined
  }

  end(): CsvFault | undefined {
    if (this.#state === 'quoted') return { type: 'CsvQuote', line: this.#beganAt }
    this.#endRecord()
    return undefined
  }

  #take(run: string): CsvFault | undefined {
    if (this.#state === 'closed') return { type: 'CsvQuote', line: this.#beganAt }
    if (this.#state === 'quoted') this.#line += run.split('\n').length - 1
    else this.#state = 'plain'
    this.#field += run
    return this.#grow(run.length)
  }

  #grow(by: number): CsvFault | undefined {
    this.#length += by
    return this.#length > RECORD_LENGTH_MAX
      ? { type: 'CsvTooLong', line: this.#beganAt, lengthMax: RECORD_LENGTH_MAX }
      : undefined
  }

  #meet(sign: string): CsvFault | undefined {
    if (sign === '"') return this.#meetQuote()
    if (sign !== ',') {
      this.#endLine(sign === '\r')
      return undefined
    }
    this.#endField()
    return this.#grow(1)
  }

  #meetQuote(): CsvFault | undefined {
    // RFC 4180 §2.5: quotes stand around a whole field or not at all.
    if (this.#state === 'plain') return { type: 'CsvQuote', line: this.#beganAt }
    if (this.#state === 'closed') this.#field += '"'
    this.#state = this.#state === 'quoted' ? 'closed' : 'quoted'
    return this.#grow(1)
  }

  #endField(): void {
    this.#fields.push(this.#field)
    this.#field = ''
    this.#state = 'start'
  }

  #endLine(isCr: boolean): void {
    this.#endRecord()
    this.#line += 1
    this.#beganAt = this.#line
    this.#afterCr = isCr
  }

  #endRecord(): void {
    const isBlank = this.#fields.length === 0 && this.#state === 'start'
    if (!isBlank) {
      this.#endField()
      this.#onRecord({ line: this.#beganAt, fields: this.#fields })
    }
    this.#fields = []
    this.#length = 0
  }
}

/** Takes text in pieces and tells records of it as they are whole. */
type PieceReader = { push(text: string): CsvFault | undefined; end(): CsvFault | undefined }

/** Records of a file's octets, as they come. */
export async function* readRecords<R extends { readonly line: number }>(
  octets: AsyncIterable<Uint8Array>,
  readerFor: (onRecord: (record: R) => void) => PieceReader,
): AsyncGenerator<R | CsvFault> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let records: R[] = []
  const reader = readerFor((record) => records.push(record))
  let lastLine = 1
  const take = (piece?: Uint8Array): CsvFault | undefined => {
    let text: string
    try {
      text = piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true })
    } catch {
      return { type: 'CsvEncoding', line: lastLine }
    }
    const nulAt = text.indexOf('\0')
    const fault =
      reader.push(nulAt === -1 ? text : text.slice(0, nulAt)) ?? (piece === undefined ? reader.end() : undefined)
    return nulAt === -1 ? fault : { type: 'CsvNul', line: records.at(-1)?.line ?? lastLine }
  }
  for await (const piece of octets) {
    const fault = take(piece)
    yield* records
    lastLine = records.at(-1)?.line ?? lastLine
    records = []
    if (fault !== undefined) {
      yield fault
      return
    }
  }
  const fault = take()
  yield* records
  if (fault !== undefined) yield fault
}

export const readCsv = (octets: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRecord | CsvFault> =>
  readRecords<CsvRecord>(octets, (onRecord) => new CsvReader(onRecord))
