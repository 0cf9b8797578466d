import type { Column } from './columns.ts'
import { sqlName } from './columns.ts'
import { quoted } from './sql.ts'
import type { AnyTable } from './table.ts'

/** DDL derived from the definitions, for both engines. Values in it come from the program, never from input. */
const sqliteTypes = { text: 'TEXT', integer: 'INTEGER', flag: 'INTEGER', json: 'TEXT', sealed: 'BLOB' } as const
/** Text collates by code unit, as SQLite's BINARY does. */
const postgresTypes = { text: 'text COLLATE "C"', integer: 'bigint', flag: 'boolean', json: 'json' } as const

const literal = (
  value: string | number | boolean,
  storage: Column['storage'],
  engine: 'sqlite' | 'postgres',
): string => {
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  if (storage === 'flag' && engine === 'sqlite') return value ? '1' : '0'
  return String(value)
}

/** The type and constraints of a site's column, without its name. */
export const sqliteColumn = (table: AnyTable, property: string): string => {
  const column = table.columns[property]!
  // AUTOINCREMENT only where the key is an upload log: a number must not come back after retention has emptied the table.
  if (column.isKey && column.storage === 'integer') {
    return table.flow === 'append' ? 'INTEGER PRIMARY KEY AUTOINCREMENT' : 'INTEGER PRIMARY KEY'
  }
  const parts: string[] = [sqliteTypes[column.storage]]
  if (!column.optional) parts.push('NOT NULL')
  if (column.isKey) parts.push('PRIMARY KEY')
  if (column.before !== undefined) parts.push(`DEFAULT ${literal(column.before, column.storage, 'sqlite')}`)
  if (column.references !== undefined) parts.push(`REFERENCES ${quoted(column.references)}`)
  return parts.join(' ')
}

export const createTableSql = (table: AnyTable): string => {
  const columns = Object.keys(table.columns).map(
    (property) => `${quoted(sqlName(property))} ${sqliteColumn(table, property)}`,
  )
  return `CREATE TABLE ${quoted(table.name)} (${columns.join(', ')}) STRICT`
}

/** Index name → the statement that makes it. */
export const indexSql = (table: AnyTable): ReadonlyMap<string, string> => {
  const statements = new Map<string, string>()
  const add = (kind: string, indexes: AnyTable['indexes']) => {
    for (const [name, properties] of Object.entries(indexes)) {
      const index = `${table.name}_${sqlName(name)}`
      const columns = properties.map((property) => quoted(sqlName(property))).join(', ')
      statements.set(index, `CREATE ${kind} ${quoted(index)} ON ${quoted(table.name)} (${columns})`)
    }
  }
  add('UNIQUE INDEX', table.unique)
  add('INDEX', table.indexes)
  return statements
}

/** Tables whose rows go up. */
export const mirrored = (tables: readonly AnyTable[]): AnyTable[] => tables.filter((table) => table.flow !== 'never')

/** Property → the type and constraints of its column in the mirror. Sealed columns have none. */
export const mirrorColumns = (table: AnyTable): ReadonlyMap<string, string> => {
  const columns = new Map<string, string>()
  for (const [property, { storage, optional, before }] of Object.entries(table.columns)) {
    if (storage === 'sealed') continue
    const fallback = before === undefined ? '' : ` DEFAULT ${literal(before, storage, 'postgres')}`
    columns.set(property, `${postgresTypes[storage]}${optional ? '' : ' NOT NULL'}${fallback}`)
  }
  return columns
}

/**
 * The mirror of a table: keyed by tenant, site and the row's own key, fenced by forced row-level security.
 * `app.site` narrows the fence to one site. After a transaction a local setting reads as '', hence nullif.
 */
export const createMirrorSql = (table: AnyTable, role: string): string[] => {
  const name = quoted(table.name)
  const own = [...mirrorColumns(table)].map(([property, type]) => `${quoted(sqlName(property))} ${type}`)
  const keys = ['tenant_id', 'site_id', table.key]
  const columns = [`"tenant_id" text COLLATE "C" NOT NULL`, `"site_id" text COLLATE "C" NOT NULL`, ...own]
  const tenant = `"tenant_id" = nullif(current_setting('app.tenant', true), '')`
  const site = `(nullif(current_setting('app.site', true), '') IS NULL OR "site_id" = current_setting('app.site', true))`
  return [
    `CREATE TABLE IF NOT EXISTS ${name} (${columns.join(', ')}, PRIMARY KEY (${keys.map(quoted).join(', ')}))`,
    `ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`,
    `DROP POLICY IF EXISTS tenant ON ${name}`,
    `CREATE POLICY tenant ON ${name} USING (${tenant} AND ${site}) WITH CHECK (${tenant} AND ${site})`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${name} TO ${quoted(role)}`,
  ]
}

/**
 * Indexes of a mirror: all of the site's, led by tenant and site, and none of them unique. Rows arrive in the order
 * of their last change, so two sites' worth of true states may pass through one that breaks a site's unique key.
 */
export const mirrorIndexSql = (table: AnyTable): string[] => {
  const open = Object.entries({ ...table.unique, ...table.indexes }).filter(([, properties]) =>
    properties.every((property) => table.columns[property]!.storage !== 'sealed'),
  )
  return open.map(([name, properties]) => {
    const columns = ['tenant_id', 'site_id', ...properties.map(sqlName)].map(quoted).join(', ')
    return `CREATE INDEX IF NOT EXISTS ${quoted(`${table.name}_${sqlName(name)}`)} ON ${quoted(table.name)} (${columns})`
  })
}
