import { quoted } from './sql.ts'
import type { RawDatabase } from './sqlite.ts'

/** The same prefix in every name of one kind: `log`, `repeat`. */
export const triggerName = (kind: string, table: string, event: string): string => quoted(`${kind}_${table}_${event}`)

/**
 * Brings all triggers of one kind to what the definitions say now. A file that has them already is not written to: its
 * other readers keep their plans, and a command that opens it waits for no disk.
 */
export const installTriggers = (raw: RawDatabase, kind: string, wanted: readonly string[]): void => {
  const live = raw
    .prepare<[string], { name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND name LIKE ? ESCAPE '!'",
    )
    .all(`${kind}!_%`)
  const [want, have] = [new Set(wanted), new Set(live.map(({ sql }) => sql))]
  for (const { name, sql } of live) if (!want.has(sql)) raw.exec(`DROP TRIGGER ${quoted(name)}`)
  for (const sql of want) if (!have.has(sql)) raw.exec(sql)
}
