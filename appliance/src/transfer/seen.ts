/** Which names have stood in an earlier line, and what it said of them. In a temporary file, which SQLite removes: memory stays as it is however long the list. */
import Sqlite from 'better-sqlite3'
import type { Cells } from './rows.ts'

export type SeenNames = {
  /** The line that has claimed it before; undefined when this one does now. */
  readonly claim: (what: string, name: string, line: number) => number | undefined
  /** What the first line with this name has made of it; undefined when this one is the first. */
  readonly share: (
    name: string,
    whole: Cells,
    line: number,
  ) => { readonly whole: Cells; readonly line: number } | undefined
  readonly close: () => void
}

export const createSeenNames = (): SeenNames => {
  const file = new Sqlite('')
  // Nothing in it outlives the process.
  file.pragma('journal_mode = OFF')
  file.pragma('synchronous = OFF')
  file.pragma('cache_size = -4096')
  file.exec('CREATE TABLE names (what TEXT, name TEXT, line INTEGER, PRIMARY KEY (what, name)) WITHOUT ROWID, STRICT')
  file.exec('CREATE TABLE shared (name TEXT PRIMARY KEY, whole TEXT, line INTEGER) WITHOUT ROWID, STRICT')
  file.exec('BEGIN')
  const insert = file.prepare('INSERT INTO names VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
  const find = file.prepare<[string, string], { line: number }>('SELECT line FROM names WHERE what = ? AND name = ?')
  const insertShared = file.prepare('INSERT INTO shared VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
  const findShared = file.prepare<[string], { whole: string; line: number }>(
    'SELECT whole, line FROM shared WHERE name = ?',
  )
  return {
    share(name, whole, line) {
      if (insertShared.run(name, JSON.stringify(whole), line).changes === 1) return undefined
      const first = findShared.get(name)!
      return { whole: JSON.parse(first.whole) as Cells, line: first.line }
    },
    claim: (what, name, line) => (insert.run(what, name, line).changes === 1 ? undefined : find.get(what, name)!.line),
    close: () => file.close(),
  }
}
