/** An import: the whole of it is checked first; it is written only when every line is in order. */
import { err, type Fault, type Result } from '@lango/kernel'
import { clean } from '../cli/format.ts'
import type { Cells, Chunk, RowsFault, Source } from './rows.ts'
import { createSeenNames, type SeenNames } from './seen.ts'
import type { Judged, Looked, OpenSheet, Put, Sheet, SheetOptions, TransferBox } from './sheet.ts'

/** Lines and changes that are listed; the rest are counted. */
const LISTED_MAX = 50
const PROGRESS_ROWS = 10_000
const HIDDEN = '‹secret›'

export type FaultyLine = { readonly line: number; readonly sentence: string; readonly fault: Fault }
type CellChange = { readonly column: string; readonly from: string; readonly to: string }
export type RowChange = { readonly line: number; readonly name: string; readonly cells: readonly CellChange[] }

/** What an import would do, or has done. */
export type Preview = {
  readonly rows: number
  readonly new: number
  readonly changed: number
  readonly unchanged: number
  readonly refused: number
  /** The first of the changed ones. */
  readonly changes: readonly RowChange[]
}

/** Two lines of a file tell differently of one customer. */
export type LinesDiffer = {
  readonly type: 'LinesDiffer'
  readonly name: string
  readonly column: string
  readonly before: number
}

export type ImportFault =
  | RowsFault
  | { readonly type: 'LineRepeated'; readonly what: string; readonly name: string; readonly before: number }
  | LinesDiffer
  | { readonly type: 'CodeMissing' }
  /** Nothing was written. `lines` are the first of the faulty ones. */
  | {
      readonly type: 'ImportFaulty'
      readonly rows: number
      readonly faulty: number
      readonly lines: readonly FaultyLine[]
      readonly preview: Preview
    }
  /** The box refused lines that were in order when they were checked; the others are written. */
  | {
      readonly type: 'ImportPartly'
      readonly noun: string
      readonly added: number
      readonly lines: readonly FaultyLine[]
    }
  /** What came before this line is written. */
  | {
      readonly type: 'ImportStopped'
      readonly noun: string
      readonly added: number
      readonly line: number
      readonly why: string
    }

export type ImportOptions = Omit<SheetOptions, 'withSecrets'> & {
  /** Rows that are there are changed where they differ. */
  readonly update: boolean
  readonly dryRun: boolean
  /** A fault in the words of whoever reads of it. */
  readonly sentenceOf: (fault: Fault) => string
  /** Told after every few thousand rows. */
  readonly onProgress: (rows: number, written: number) => void
}

export const runImport = async (
  box: TransferBox,
  sheet: Sheet,
  source: Source,
  options: ImportOptions,
): Promise<Result<Preview, Fault>> => {
  const open = await sheet.open(box, { ...options, withSecrets: false })
  if (!open.ok) return open
  const checked = await check(sheet, open.value, source, options)
  if (!checked.ok || options.dryRun) return checked
  const written = await write(sheet, open.value, source, options)
  return written.ok ? checked : written
}

/** The faults of all lines, the first of them in words. */
const createFaultList = (sentenceOf: ImportOptions['sentenceOf']) => {
  const lines: FaultyLine[] = []
  let count = 0
  return {
    lines,
    count: () => count,
    note(line: number, fault: Fault): void {
      count += 1
      if (lines.length < LISTED_MAX) lines.push({ line, sentence: clean(sentenceOf(fault)), fault })
    },
  }
}
type FaultList = ReturnType<typeof createFaultList>

/** Holds every line against the rules, the file itself and the database. */
const check = async (
  sheet: Sheet,
  open: OpenSheet,
  source: Source,
  { update, sentenceOf, onProgress }: ImportOptions,
): Promise<Result<Preview, Fault>> => {
  const faults = createFaultList(sentenceOf)
  const seen = createSeenNames()
  const count = { rows: 0, new: 0, changed: 0, unchanged: 0 }
  const changes: RowChange[] = []
  try {
    for await (const chunk of source.chunks(sheet.chunkRows)) {
      if (!chunk.ok) return chunk
      count.rows += chunk.value.length
      if (isMilestone(count.rows, chunk.value.length)) onProgress(count.rows, 0)
      const rows = judgeAll(open, chunk.value, seen, faults)
      const looked = await open.look(rows)
      if (!looked.ok) return looked
      rows.forEach((row, index) => {
        const here = looked.value[index]!
        const what = verdict(sheet, open, row, here, update)
        if (!what.ok) return faults.note(row.line, what.error)
        const differing = differingFrom(here, row.line, seen)
        if (differing) return faults.note(row.line, differing)
        count[what.value.kind] += 1
        const { cells } = what.value
        if (cells.length > 0 && changes.length < LISTED_MAX) changes.push({ line: row.line, name: row.name, cells })
      })
    }
  } finally {
    seen.close()
  }
  const preview: Preview = { ...count, refused: faults.count(), changes }
  if (faults.count() === 0) return { ok: true, value: preview }
  const { rows } = count
  return err({
    type: 'ImportFaulty',
    rows,
    faulty: faults.count(),
    lines: faults.lines,
    preview,
  } satisfies ImportFault)
}

const judgeAll = (open: OpenSheet, chunk: Chunk, seen: SeenNames, faults: FaultList): Judged[] => {
  const sound: Judged[] = []
  for (const row of chunk) {
    const judged = 'fault' in row ? err(row.fault) : open.judge(row)
    const fault = judged.ok ? repeated(judged.value, seen) : judged.error
    if (judged.ok && fault === undefined) sound.push(judged.value)
    else faults.note(row.line, fault!)
  }
  return sound
}

const repeated = ({ line, claims }: Judged, seen: SeenNames): ImportFault | undefined => {
  for (const { what, name } of claims) {
    const before = seen.claim(what, name, line)
    // A row that names its own device twice is no two rows.
    if (before !== undefined && before !== line) return { type: 'LineRepeated', what, name, before }
  }
  return undefined
}

/** Set where an earlier line tells otherwise of what both are of. */
const differingFrom = ({ shared }: Looked, line: number, seen: SeenNames): ImportFault | undefined => {
  const first = shared && seen.share(shared.name, shared.whole, line)
  if (!first) return undefined
  const column = Object.keys(shared.told).find((each) => shared.told[each] !== (first.whole[each] ?? ''))
  return column === undefined ? undefined : { type: 'LinesDiffer', name: shared.name, column, before: first.line }
}

type Verdict = { readonly kind: 'new' | 'changed' | 'unchanged'; readonly cells: readonly CellChange[] }

const verdict = (
  sheet: Sheet,
  open: OpenSheet,
  row: Judged,
  { current, fault }: Looked,
  update: boolean,
): Result<Verdict, Fault> => {
  if (current !== undefined && !update) return err(open.taken(row))
  if (fault !== undefined) return err(fault)
  if (current === undefined) return row.notNew ? err(row.notNew) : { ok: true, value: { kind: 'new', cells: [] } }
  const cells = differences(sheet, row.given, current)
  return { ok: true, value: { kind: cells.length > 0 ? 'changed' : 'unchanged', cells } }
}

const differences = ({ secret }: Sheet, given: Cells, current: Cells): CellChange[] =>
  Object.entries(given)
    .filter(([column, to]) => (current[column] ?? '') !== to)
    .map(([column, to]) => {
      const shownOf = (cell: string) => (column === secret && cell !== '' ? HIDDEN : cell)
      return { column, from: shownOf(current[column] ?? ''), to: shownOf(to) }
    })

/** Whether the last of so many rows passed a round number. */
const isMilestone = (rows: number, last: number): boolean =>
  Math.floor(rows / PROGRESS_ROWS) > Math.floor((rows - last) / PROGRESS_ROWS)

type Work = { readonly line: number; readonly cells: Cells }

const write = async (
  sheet: Sheet,
  open: OpenSheet,
  source: Source,
  { update, sentenceOf, onProgress }: ImportOptions,
): Promise<Result<undefined, Fault>> => {
  const faults = createFaultList(sentenceOf)
  let [rows, done] = [0, 0]
  for await (const chunk of source.chunks(sheet.chunkRows)) {
    if (!chunk.ok) return chunk
    const work = await sorted(sheet, open, chunk.value, update)
    if (!work.ok) return work
    for (const { put, rows: of } of work.value) {
      if (of.length === 0) continue
      const answer: Result<Put, Fault> = await put(of.map(({ cells }) => cells))
      if (!answer.ok) {
        const why = sentenceOf(answer.error)
        return err({
          type: 'ImportStopped',
          noun: sheet.noun,
          added: done,
          line: of[0]!.line,
          why,
        } satisfies ImportFault)
      }
      done += of.length - answer.value.refused.length
      // Somebody added or changed the same since the check.
      for (const { row, fault } of answer.value.refused) faults.note(of[row]!.line, fault)
    }
    rows += chunk.value.length
    if (isMilestone(rows, chunk.value.length)) onProgress(rows, done)
  }
  if (faults.count() === 0) return { ok: true, value: undefined }
  return err({ type: 'ImportPartly', noun: sheet.noun, added: done, lines: faults.lines } satisfies ImportFault)
}

type Puts = readonly { readonly put: OpenSheet['add']; readonly rows: readonly Work[] }[]

/** What to do with each row of a chunk that was checked before. */
const sorted = async (sheet: Sheet, open: OpenSheet, chunk: Chunk, update: boolean): Promise<Result<Puts, Fault>> => {
  const rows = chunk.filter((row) => 'cells' in row)
  if (!update) return { ok: true, value: [{ put: open.add, rows }] }
  const judged = rows.map((row) => open.judge(row)).filter((one) => one.ok)
  const looked = await open.look(judged.map(({ value }) => value))
  if (!looked.ok) return looked
  const [added, changed]: [Work[], Work[]] = [[], []]
  judged.forEach(({ value: row }, index) => {
    const { current } = looked.value[index]!
    if (current === undefined) added.push(row)
    else {
      const columns = differences(sheet, row.given, current).map(({ column }) => column)
      if (columns.length > 0) changed.push({ line: row.line, cells: picked(row.cells, [...sheet.key, ...columns]) })
    }
  })
  return {
    ok: true,
    value: [
      { put: open.add, rows: added },
      { put: open.change, rows: changed },
    ],
  }
}

const picked = (cells: Cells, columns: readonly string[]): Cells =>
  Object.fromEntries(columns.map((column) => [column, cells[column] ?? '']))
