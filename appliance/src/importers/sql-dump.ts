/** Rows of a MySQL or MariaDB dump (mysqldump, phpMyAdmin), without a database: only what INSERT statements say. Pure. */

export type TableRow = {
  readonly file: string
  readonly line: number
  /** By column, in small letters; null is ''. */
  readonly cells: Readonly<Record<string, string>>
}
export type Tables = ReadonlyMap<string, readonly TableRow[]>

type Token =
  | { readonly kind: 'word' | 'text' | 'name'; readonly text: string; readonly line: number }
  | { readonly kind: 'sign'; readonly text: string; readonly line: number }

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0', b: '\b', Z: '\x1a' }
/** One run of what needs no look at each character. */
const SKIPPED = /(?:\s+|--[^\n]*|#[^\n]*|\/\*!\d*|\*\/)/y
const WORD = /[A-Za-z0-9_.$+\-@:]+/y

/** Words of SQL. A text that is never closed ends with the file. */
function* tokensOf(sql: string): Generator<Token> {
  let at = 0
  let line = 1
  const matched = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(sql)?.[0]
  }
  const advance = (text: string): void => {
    at += text.length
    for (let i = text.indexOf('\n'); i !== -1; i = text.indexOf('\n', i + 1)) line += 1
  }
  while (at < sql.length) {
    const skipped = matched(SKIPPED)
    if (skipped !== undefined) {
      advance(skipped)
      continue
    }
    if (sql.startsWith('/*', at)) {
      const end = sql.indexOf('*/', at + 2)
      advance(sql.slice(at, end === -1 ? sql.length : end + 2))
      continue
    }
    const sign = sql[at]!
    const began = line
    if (sign === "'" || sign === '"' || sign === '`') {
      const { text, length } = quotedAt(sql, at, sign)
      yield { kind: sign === "'" ? 'text' : sign === '`' ? 'name' : 'text', text, line: began }
      advance(sql.slice(at, at + length))
      continue
    }
    const word = matched(WORD)
    if (word === undefined) {
      yield { kind: 'sign', text: sign, line }
      at += 1
    } else {
      yield { kind: 'word', text: word, line }
      at += word.length
    }
  }
}

/** A quote inside is doubled or, but in names, escaped by a backslash. */
const quotedAt = (sql: string, from: number, quote: string): { text: string; length: number } => {
  const pieces: string[] = []
  let at = from + 1
  let began = at
  while (at < sql.length) {
    const sign = sql[at]
    if (sign === '\\' && quote !== '`') {
      const escaped = sql[at + 1] ?? ''
      pieces.push(sql.slice(began, at), ESCAPES[escaped] ?? escaped)
      at += 2
      began = at
    } else if (sign !== quote) at += 1
    else if (sql[at + 1] === quote) {
      pieces.push(sql.slice(began, at + 1))
      at += 2
      began = at
    } else break
  }
  pieces.push(sql.slice(began, at))
  return { text: pieces.join(''), length: Math.min(at + 1, sql.length) - from }
}

/** A cursor over tokens. */
class Reader {
  readonly #tokens: Iterator<Token>
  #next: Token | undefined

  constructor(sql: string) {
    this.#tokens = tokensOf(sql)
    this.take()
  }

  get next(): Token | undefined {
    return this.#next
  }

  take(): Token | undefined {
    const taken = this.#next
    const { done, value } = this.#tokens.next()
    this.#next = done ? undefined : value
    return taken
  }

  /** Takes the next token when it is this sign or word. */
  takes(text: string): boolean {
    const isIt = this.#next !== undefined && this.#next.kind !== 'text' && this.#next.text.toUpperCase() === text
    if (isIt) this.take()
    return isIt
  }

  /** Goes on behind the next `;`. */
  skipStatement(): void {
    for (let token = this.take(); token !== undefined && !(token.kind === 'sign' && token.text === ';');)
      token = this.take()
  }
}

/** Rows of the tables that are wanted; a table is known by its name without that of its database. */
export const readSqlDump = (file: string, sql: string, wanted: ReadonlySet<string>): Tables => {
  const rows = new Map<string, TableRow[]>()
  const columnsOf = new Map<string, readonly string[]>()
  const reader = new Reader(sql)
  while (reader.next !== undefined) {
    if (reader.takes('CREATE')) readCreate(reader, columnsOf)
    else if (reader.takes('INSERT') || reader.takes('REPLACE')) readInsert(reader, { file, wanted, columnsOf, rows })
    else reader.skipStatement()
  }
  return rows
}

const tableName = (reader: Reader): string => {
  let name = reader.take()?.text ?? ''
  while (reader.takes('.')) name = reader.take()?.text ?? ''
  return name.split('.').at(-1)!.toLowerCase()
}

/** The order of the columns, for INSERT statements that do not name them. */
const readCreate = (reader: Reader, columnsOf: Map<string, readonly string[]>): void => {
  if (!reader.takes('TABLE')) return reader.skipStatement()
  for (const word of ['IF', 'NOT', 'EXISTS']) reader.takes(word)
  const table = tableName(reader)
  const columns: string[] = []
  if (!reader.takes('(')) return reader.skipStatement()
  let depth = 1
  let isStart = true
  while (depth > 0 && reader.next !== undefined) {
    const token = reader.take()!
    if (isStart && isColumn(token)) columns.push(token.text.toLowerCase())
    isStart = token.kind === 'sign' && token.text === ',' && depth === 1
    if (token.kind === 'sign' && token.text === '(') depth += 1
    if (token.kind === 'sign' && token.text === ')') depth -= 1
  }
  columnsOf.set(table, columns)
  reader.skipStatement()
}

const KEYS = new Set(['PRIMARY', 'KEY', 'UNIQUE', 'INDEX', 'CONSTRAINT', 'FULLTEXT', 'FOREIGN', 'CHECK'])
const isColumn = ({ kind, text }: Token): boolean =>
  kind === 'name' || kind === 'text' || (kind === 'word' && !KEYS.has(text.toUpperCase()))

type Into = {
  readonly file: string
  readonly wanted: ReadonlySet<string>
  readonly columnsOf: ReadonlyMap<string, readonly string[]>
  readonly rows: Map<string, TableRow[]>
}

const readInsert = (reader: Reader, { file, wanted, columnsOf, rows }: Into): void => {
  for (const word of ['IGNORE', 'INTO']) reader.takes(word)
  const table = tableName(reader)
  const named = reader.takes('(') ? readList(reader).map((one) => one.toLowerCase()) : columnsOf.get(table)
  if (!wanted.has(table) || named === undefined || !(reader.takes('VALUES') || reader.takes('VALUE')))
    return reader.skipStatement()
  const into = rows.get(table) ?? []
  rows.set(table, into)
  while (reader.next?.kind === 'sign' && reader.next.text === '(') {
    const { line } = reader.take()!
    const values = readList(reader)
    into.push({ file, line, cells: Object.fromEntries(named.map((column, index) => [column, values[index] ?? ''])) })
    if (!reader.takes(',')) break
  }
  reader.skipStatement()
}

/** What stands up to the closing bracket. */
const readList = (reader: Reader): string[] => {
  const values: string[] = []
  let value = ''
  while (reader.next !== undefined) {
    const token = reader.take()!
    if (token.kind === 'sign' && token.text === ')') break
    if (token.kind === 'sign' && token.text === ',') {
      values.push(value)
      value = ''
    } else if (token.kind === 'text' || token.kind === 'name') value = token.text
    else if (!/^(?:NULL|_binary|_utf8mb4)$/i.test(token.text)) value = token.text
  }
  values.push(value)
  return values
}
