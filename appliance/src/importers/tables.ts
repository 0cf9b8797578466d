/** Tables of another product: one SQL dump, or a CSV file a table whose name says which. Pure. */
import { CsvReader, type CsvRecord } from '../transfer/csv.ts'
import type { SourceFile } from './moved.ts'
import { readSqlDump, type TableRow, type Tables } from './sql-dump.ts'

/** The rows of each table that is wanted, in order; a table nobody has is empty. */
export const readTables = (
  files: readonly SourceFile[],
  names: readonly string[],
): ((table: string) => readonly TableRow[]) => {
  const wanted = new Set(names)
  // The longest name first: radgroupcheck.csv is no radcheck.
  const byLength = names.toSorted((a, b) => b.length - a.length)
  const all: Tables[] = files.map(({ name, text }) => {
    if (/\b(?:INSERT|REPLACE)\s+(?:IGNORE\s+)?INTO\b|\bCREATE\s+TABLE\b/i.test(text))
      return readSqlDump(name, text, wanted)
    const base = name.split('/').at(-1)!.toLowerCase()
    const table = byLength.find((one) => base.includes(one))
    return table === undefined ? new Map() : new Map([[table, readCsvTable(name, text)]])
  })
  return (table) => all.flatMap((tables) => tables.get(table) ?? [])
}

/** Rows by the names of the first line; what is no CSV from some line on ends there. */
export const readCsvTable = (file: string, text: string): TableRow[] => {
  const records: CsvRecord[] = []
  const reader = new CsvReader((record) => records.push(record))
  if (reader.push(text.replace(/^\uFEFF/, '')) === undefined) reader.end()
  const [header, ...rows] = records
  const columns = (header?.fields ?? []).map((name) => name.trim().toLowerCase())
  return rows.map(({ line, fields }) => ({
    file,
    line,
    cells: Object.fromEntries(columns.map((column, index) => [column, nullAsEmpty(fields[index] ?? '')])),
  }))
}

/** phpMyAdmin and SELECT … INTO OUTFILE write what is absent so. */
const nullAsEmpty = (cell: string): string => (cell === 'NULL' || cell === '\\N' ? '' : cell)
