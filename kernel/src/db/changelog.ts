import { setImmediate } from 'node:timers/promises'
import { defineLimits } from '../base/limits.ts'
import { quoted } from './sql.ts'
import type { RawDatabase } from './sqlite.ts'
import type { AnyTable } from './table.ts'
import { installTriggers, triggerName } from './triggers.ts'

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

export const changeLogLimits = defineLimits({
  rowsMax: 500_000,
  /** Entries that are counted, or gone through and deleted, in one turn of the event loop. */
  countedAtOnce: 10_000,
  deletedAtOnce: 1000,
})

const KIND = 'log'
const TABLES = `
  CREATE TABLE IF NOT EXISTS change_log
    (seq INTEGER PRIMARY KEY AUTOINCREMENT, tbl TEXT NOT NULL, row_id TEXT NOT NULL, op TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS snapshot_needed (tbl TEXT PRIMARY KEY) STRICT`

/** The log, and its triggers as the definitions have them now: a release may come with other policies. */
export const installChangeLog = (raw: RawDatabase, tables: readonly AnyTable[]): void => {
  raw.exec(TABLES)
  const here = tables.filter((table) => table.home === 'site')
  installTriggers(raw, KIND, here.flatMap(triggers))
}

const triggers = (table: AnyTable): string[] => {
  if (table.flow === 'never') return []
  const log = (row: 'new' | 'old', op: Change['op']) =>
    `INSERT INTO change_log (tbl, row_id, op) VALUES ('${table.name}', ${row}.${quoted(table.key)}, '${op}');`
  const trigger = (name: string, when: string, body: string) =>
    `CREATE TRIGGER ${triggerName(KIND, table.name, name)} ${when} ON ${quoted(table.name)} BEGIN ${body} END`
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
 * and are marked to be sent whole. Answers the tables that were given up. In short steps, and cut off between any two
 * it is gone on with the next time: a table is marked before the first of its entries goes.
 */
export const trimChangeLog = async (
  raw: RawDatabase,
  rowsMax: number = changeLogLimits.rowsMax,
): Promise<readonly string[]> => {
  const { first, last } = raw
    .prepare<[], { first: number | null; last: number | null }>(
      'SELECT (SELECT min(seq) FROM change_log) AS first, (SELECT max(seq) FROM change_log) AS last',
    )
    .get()!
  if (first === null || last === null || last - first < rowsMax) return []
  const dropped = tooMany(await countByTable(raw, first, last), rowsMax)
  if (dropped.length === 0) return []
  const mark = raw.prepare('INSERT OR IGNORE INTO snapshot_needed (tbl) VALUES (?)')
  raw.transaction(() => dropped.forEach((table) => mark.run(table)))()
  const remove = raw.prepare<[number, number, string]>(
    'DELETE FROM change_log WHERE seq BETWEEN ? AND ? AND tbl IN (SELECT value FROM json_each(?))',
  )
  const { deletedAtOnce } = changeLogLimits
  for (let seq = first; seq <= last; seq += deletedAtOnce) {
    remove.run(seq, Math.min(seq + deletedAtOnce - 1, last), JSON.stringify(dropped))
    await setImmediate()
  }
  return dropped
}

const countByTable = async (raw: RawDatabase, first: number, last: number): Promise<ReadonlyMap<string, number>> => {
  const { countedAtOnce } = changeLogLimits
  const count = raw.prepare<[number, number], { tbl: string; rows: number }>(
    'SELECT tbl, count(*) AS rows FROM change_log WHERE seq BETWEEN ? AND ? GROUP BY tbl',
  )
  const counts = new Map<string, number>()
  for (let seq = first; seq <= last; seq += countedAtOnce) {
    for (const { tbl, rows } of count.all(seq, Math.min(seq + countedAtOnce - 1, last)))
      counts.set(tbl, (counts.get(tbl) ?? 0) + rows)
    await setImmediate()
  }
  return counts
}

/** The largest tables, as many as have to go. */
const tooMany = (counts: ReadonlyMap<string, number>, rowsMax: number): readonly string[] => {
  let left = 0
  for (const rows of counts.values()) left += rows
  const bySize = [...counts].toSorted(([, a], [, b]) => b - a)
  const dropped: string[] = []
  for (const [table, rows] of bySize) {
    if (left <= rowsMax) break
    dropped.push(table)
    left -= rows
  }
  return dropped
}
