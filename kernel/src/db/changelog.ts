import { defineLimits } from '../base/limits.ts'
import { quoted } from './sql.ts'
import type { RawDatabase } from './sqlite.ts'
import type { AnyTable } from './table.ts'

/**
 * The change log of `site.db`: which rows changed, in order. The uplink reads the rows themselves when it sends, and
 * takes out what the cloud has acknowledged.
 */
export type Change = {
  readonly seq: number
  readonly table: string
  readonly rowId: string
  readonly op: 'put' | 'delete' | 'erase'
}

export const changeLogLimits = defineLimits({ rowsMax: 500_000 })

const TABLES = `
  CREATE TABLE IF NOT EXISTS change_log
    (seq INTEGER PRIMARY KEY AUTOINCREMENT, tbl TEXT NOT NULL, row_id TEXT NOT NULL, op TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS snapshot_needed (tbl TEXT PRIMARY KEY) STRICT`

/** Makes the log and its triggers anew from the definitions: a release may come with other policies. */
export const installChangeLog = (raw: RawDatabase, tables: readonly AnyTable[]): void => {
  raw.exec(TABLES)
  const old = raw.prepare<[], { name: string }>(
    "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'log!_%' ESCAPE '!'",
  )
  for (const { name } of old.all()) raw.exec(`DROP TRIGGER ${quoted(name)}`)
  for (const table of tables) if (table.home === 'site') for (const sql of triggers(table)) raw.exec(sql)
}

const triggers = (table: AnyTable): string[] => {
  if (table.flow === 'never') return []
  const log = (row: 'new' | 'old', op: Change['op']) =>
    `INSERT INTO change_log (tbl, row_id, op) VALUES ('${table.name}', ${row}.${quoted(table.key)}, '${op}');`
  const trigger = (name: string, when: string, body: string) =>
    `CREATE TRIGGER ${quoted(`log_${table.name}_${name}`)} ${when} ON ${quoted(table.name)} BEGIN ${body} END`
  const gone = table.onDelete === 'erase' ? 'erase' : 'delete'
  const key = quoted(table.key)
  return [
    trigger('insert', 'AFTER INSERT', log('new', 'put')),
    table.flow === 'append'
      ? trigger('update', 'BEFORE UPDATE', `SELECT RAISE(ABORT, '${table.name} is append only');`)
      : trigger('update', 'AFTER UPDATE', log('new', 'put')),
    // A row under a new key is another row above.
    ...(table.flow === 'append'
      ? []
      : [
          trigger(
            'rekey',
            `AFTER UPDATE OF ${key}`,
            `SELECT RAISE(ABORT, 'the key of ${table.name} never changes') WHERE old.${key} <> new.${key};`,
          ),
        ]),
    // With `keep` the site's retention is its own affair.
    ...(table.onDelete === 'keep' ? [] : [trigger('delete', 'AFTER DELETE', log('old', gone))]),
  ]
}

/** The changes after a watermark, oldest first. */
export const changesAfter = (raw: RawDatabase, seq: number, rowsMax: number): Change[] =>
  raw
    .prepare<[number, number], Change>(
      'SELECT seq, tbl AS "table", row_id AS rowId, op FROM change_log WHERE seq > ? ORDER BY seq LIMIT ?',
    )
    .all(seq, rowsMax)

/**
 * Keeps a log that nobody fetches from filling the disk: above the limit, tables lose their entries, the largest first,
 * and are marked to be sent whole. Answers the tables that were given up.
 */
export const trimChangeLog = (raw: RawDatabase, rowsMax: number = changeLogLimits.rowsMax): string[] =>
  raw.transaction(() => {
    const sizes = raw.prepare<[], { tbl: string; rows: number }>(
      'SELECT tbl, count(*) AS rows FROM change_log GROUP BY tbl ORDER BY rows DESC',
    )
    let left = 0
    const bySize = sizes.all()
    for (const { rows } of bySize) left += rows
    const dropped: string[] = []
    for (const { tbl, rows } of bySize) {
      if (left <= rowsMax) break
      raw.prepare('DELETE FROM change_log WHERE tbl = ?').run(tbl)
      raw.prepare('INSERT OR IGNORE INTO snapshot_needed (tbl) VALUES (?)').run(tbl)
      dropped.push(tbl)
      left -= rows
    }
    return dropped
  })()
