import { sqlName, type Columns } from './columns.ts'

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
