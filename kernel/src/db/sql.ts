import { sqlName, type Columns } from './columns.ts'
import type { RawDatabase } from './raw.ts'

/** What the hot paths' own SQL needs of a table. */
type Named = { readonly name: string; readonly columns: Columns }

export const quoted = (identifier: string): string => `"${identifier}"`

/** The SQL names of a table's columns, quoted, in order of definition; `of` picks properties. */
export const columnList = (table: Named, of: readonly string[] = Object.keys(table.columns)): string =>
  of.map((property) => quoted(sqlName(property))).join(', ')

/** `SELECT … FROM table`, each column under its property's name: rows of a prepared statement read like the definition. */
export const selectSql = (table: Named, of: readonly string[] = Object.keys(table.columns)): string =>
  `SELECT ${of.map((property) => `${quoted(sqlName(property))} AS ${quoted(property)}`).join(', ')} FROM ${quoted(table.name)}`

/** `INSERT INTO table (…) VALUES (@planId, …)`: parameters by property name. Flags are bound as 0 and 1, JSON as text. */
export const insertSql = (table: Named, { without = [] }: { without?: readonly string[] } = {}): string => {
  const properties = Object.keys(table.columns).filter((property) => !without.includes(property))
  const parameters = properties.map((property) => `@${property}`).join(', ')
  return `INSERT INTO ${quoted(table.name)} (${columnList(table, properties)}) VALUES (${parameters})`
}

type Row = { readonly [property: string]: unknown }

/** Puts rows into a table. Parameters go by position: by name each one is looked up, which doubles the price of a row. */
export const rowInserter = <R extends object>(
  db: RawDatabase,
  table: Named,
  { without = [] }: { without?: readonly (keyof R & string)[] } = {},
): ((row: R) => number) => {
  const properties = Object.keys(table.columns).filter((property) => !(without as readonly string[]).includes(property))
  const parameters = properties.map(() => '?').join(', ')
  return bound(
    db.prepare(`INSERT INTO ${quoted(table.name)} (${columnList(table, properties)}) VALUES (${parameters})`),
    properties,
  )
}

/** Writes these properties of the row whose key is the row's own; answers how many rows that was. */
export const rowUpdater = <R extends object>(
  db: RawDatabase,
  table: Named,
  properties: readonly (keyof R & string)[],
  key: keyof R & string,
): ((row: R) => number) => {
  const set = properties.map((property) => `${quoted(sqlName(property))} = ?`).join(', ')
  return bound(db.prepare(`UPDATE ${quoted(table.name)} SET ${set} WHERE ${quoted(sqlName(key))} = ?`), [
    ...properties,
    key,
  ])
}

const bound = (
  statement: { run(values: readonly unknown[]): { readonly changes: number } },
  properties: readonly string[],
): ((row: object) => number) => {
  const values = Array.from<unknown>({ length: properties.length })
  return (row) => {
    for (let i = 0; i < properties.length; i++) values[i] = (row as Row)[properties[i]!]
    return statement.run(values).changes
  }
}
