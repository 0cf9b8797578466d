/** Which names have stood in an earlier line. In a temporary file, which SQLite removes: memory stays as it is however long the list. */
import Sqlite from 'better-sqlite3'

export type SeenNames = {
  /** The line that has claimed it before; undefined when this one does now. */
  readonly claim: (what: string, name: string, line: number) => number | undefined
  readonly close: () => void
}

export const createSeenNames = (): SeenNames => {
  const file = new Sqlite('')
  // Nothing in it outlives the process.
  file.pragma('journal_mode = OFF')
  file.pragma('synchronous = OFF')
  file.pragma('cache_size = -4096')
  file.exec('CREATE TABLE names (what TEXT, name TEXT, line INTEGER, PRIMARY KEY (what, name)) WITHOUT ROWID, STRICT')
  file.exec('BEGIN')
  const insert = file.prepare('INSERT INTO names VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
  const find = file.prepare<[string, string], { line: number }>('SELECT line FROM names WHERE what = ? AND name = ?')
  return {
    claim: (what, name, line) => (insert.run(what, name, line).changes === 1 ? undefined : find.get(what, name)!.line),
    close: () => file.close(),
  }
}
