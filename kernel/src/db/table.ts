import { bigint, boolean, customType, pgTable, primaryKey, text as pgText, type AnyPgTable } from 'drizzle-orm/pg-core'
import type { BuildColumns } from 'drizzle-orm'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import type { SQLiteTable, SQLiteTableWithColumns } from 'drizzle-orm/sqlite-core'
import { column, sqlName, type Column, type Columns, type Vocabulary } from './columns.ts'

export type TablePolicy = {
  /** The file: `site.db`, written by control, or `sessions.db`, written by the AAA writer. */
  readonly home: 'site' | 'sessions'
  /** What goes up: the latest row, rows that are only ever appended (an update is a fault), or nothing. */
  readonly flow: 'latest' | 'append' | 'never'
  /** What a delete at the site means above: the mirror follows, keeps the row, or erases it from raw batches too. */
  readonly onDelete: 'follow' | 'keep' | 'erase'
  /** `id`: a text id, defined as `id: c.id()`. `no`: an integer key named `no`, added by the kit. */
  readonly key: 'id' | 'no'
}

type KeyColumn = ReturnType<Vocabulary['no']>
type WithKey<C extends Columns, K extends TablePolicy['key']> = K extends 'no' ? C & { readonly no: KeyColumn } : C
/** The columns that a query may see: all but the sealed ones. */
export type OpenColumns<C extends Columns> = { [K in keyof C as C[K] extends Column<infer _, true> ? never : K]: C[K] }

type Builders<C extends Columns> = { [K in keyof C]: ReturnType<C[K]['build']> }
export type DrizzleTable<N extends string, C extends Columns> = SQLiteTableWithColumns<{
  name: N
  schema: undefined
  columns: BuildColumns<N, Builders<C>, 'sqlite'>
  dialect: 'sqlite'
}>

/** Index name → properties in order; a name is unique within its table. */
export type Indexes<C extends Columns> = Readonly<Record<string, readonly (keyof C & string)[]>>

export type TableExtras<C extends Columns> = {
  /** Enforced at the site. The mirror's only unique key is (tenant, site, key): `mirrorIndexSql` says why. */
  readonly unique?: Indexes<C>
  readonly indexes?: Indexes<C>
  readonly repeats?: Repeats<keyof C & string>
}

/** Optional columns that say what a row of another table of the file says: the one whose column `by` has this row's id. */
export type Repeats<P extends string = string> = {
  readonly of: Pick<AnyTable, 'name' | 'columns'>
  readonly by: string
  /** By the same names in both. */
  readonly columns: readonly P[]
}

export interface Table<N extends string = string, C extends Columns = Columns> extends TablePolicy {
  readonly name: N
  readonly columns: C
  readonly unique: Readonly<Record<string, readonly string[]>>
  readonly indexes: Readonly<Record<string, readonly string[]>>
  readonly repeats: Repeats | undefined
  /** The SQLite table with every column: for commands. */
  readonly site: DrizzleTable<N, C>
  /** The SQLite table without sealed columns: what a query sees at a site. */
  readonly read: DrizzleTable<N, OpenColumns<C>>
  /** The PostgreSQL mirror, typed as `read`: what the same query sees in the cloud. */
  readonly mirror: DrizzleTable<N, OpenColumns<C>>
  /** The mirror with its tenant and site: for writing what sites send. */
  readonly ingest: AnyPgTable
}

/** Any table, where its columns do not matter. */
export type AnyTable = Omit<Table, 'site' | 'read' | 'mirror' | 'columns'> & {
  readonly columns: Columns
  readonly site: SQLiteTable
  readonly read: SQLiteTable
  readonly mirror: SQLiteTable
}

/** A row as read, and as written, of `typeof table`. */
export type RowOf<T extends { site: { $inferSelect: unknown } }> = T['site']['$inferSelect']
export type NewRowOf<T extends { site: { $inferInsert: unknown } }> = T['site']['$inferInsert']

const TABLE_NAME = /^[a-z][a-z0-9_]*$/
const PROPERTY_NAME = /^[a-z][A-Za-z0-9]*$/
/** Columns of every mirror table, beside the table's own. */
export const MIRROR_KEYS = { tenantId: 'tenant_id', siteId: 'site_id' } as const

/**
 * Defines a table once: the SQLite table, the PostgreSQL mirror, both migrations and the change log follow from it.
 *
 *     export const plans = defineTable('plans', { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
 *       (c) => ({ id: c.id(), name: c.text(), priceMinor: c.minor() }), { unique: { byName: ['name'] } })
 */
export const defineTable = <const N extends string, C extends Columns, const K extends TablePolicy['key']>(
  name: N,
  policy: Omit<TablePolicy, 'key'> & { readonly key: K },
  columnsOf: (c: Vocabulary) => C,
  extras: TableExtras<WithKey<C, K>> = {},
): Table<N, WithKey<C, K>> => {
  const own = columnsOf(column)
  const columns = (policy.key === 'no' ? { no: column.no(), ...own } : own) as WithKey<C, K>
  checkNames(name, policy.key, columns)
  checkRepeats(name, columns, extras.repeats)
  const open = openColumns(columns)
  const ingest = ingestTable(name, policy.key, open)
  return {
    ...policy,
    name,
    columns,
    unique: extras.unique ?? {},
    indexes: extras.indexes ?? {},
    repeats: extras.repeats,
    site: sqliteTable(name, builders(columns)) as Table<N, WithKey<C, K>>['site'],
    read: sqliteTable(name, builders(open)) as Table<N, WithKey<C, K>>['read'],
    // The product's one cast across engines: a query written against the site's table may be given the mirror.
    mirror: withSite(pgTable(name, mirrorBuilders(open)), ingest) as unknown as Table<N, WithKey<C, K>>['mirror'],
    ingest,
  }
}

/** The columns that the mirror has: all but the sealed ones. */
export const openColumns = <C extends Columns>(columns: C): OpenColumns<C> =>
  Object.fromEntries(Object.entries(columns).filter(([, column]) => !column.sealed)) as OpenColumns<C>

export const builders = <C extends Columns>(columns: C): Builders<C> =>
  Object.fromEntries(Object.entries(columns).map(([key, column]) => [key, column.build(sqlName(key))])) as Builders<C>

const checkNames = (table: string, key: TablePolicy['key'], columns: Columns): void => {
  if (!TABLE_NAME.test(table)) throw new TypeError(`'${table}' is no table name`)
  if (columns[key]?.isKey !== true) throw new TypeError(`${table} has no key column '${key}'`)
  if (key === 'no' && 'id' in columns) throw new TypeError(`${table}.id is no key: name it after what it is the id of`)
  for (const [property, { isKey }] of Object.entries(columns)) {
    if (!PROPERTY_NAME.test(property) || property in MIRROR_KEYS)
      throw new TypeError(`${table}.${property} is no column name`)
    if (isKey && property !== key) throw new TypeError(`${table}.${property} is a second key`)
  }
}

const checkRepeats = (table: string, columns: Columns, repeats: Repeats | undefined): void => {
  for (const property of repeats?.columns ?? [])
    if (columns[property]?.optional !== true || repeats?.of.columns[property] === undefined)
      throw new TypeError(`${table}.${property} cannot repeat ${repeats?.of.name}`)
}

/**
 * PostgreSQL text cannot hold U+0000, and RADIUS user names can. It is stored as U+0001 U+0001, and U+0001 itself as
 * U+0001 U+0002: reversible, and in the same order.
 */
const mirrorText = customType<{ data: string; driverData: string }>({
  dataType: () => 'text',
  toDriver: (value) => value.replaceAll('\x01', '\x01\x02').replaceAll('\0', '\x01\x01'),
  fromDriver: (value) => value.replaceAll('\x01\x01', '\0').replaceAll('\x01\x02', '\x01'),
})

/** The drivers parse JSON themselves; drizzle's own kind would parse a document that is a text once more. */
const mirrorJson = customType<{ data: unknown; driverData: unknown }>({
  dataType: () => 'json',
  toDriver: (value) => JSON.stringify(value),
  fromDriver: (value) => value,
})

const mirrorBuilder = (property: string, { storage, optional }: Column) => {
  const name = sqlName(property)
  const kinds = {
    text: () => mirrorText(name),
    integer: () => bigint(name, { mode: 'number' }),
    flag: () => boolean(name),
    json: () => mirrorJson(name),
    sealed: () => {
      throw new TypeError(`${property} is sealed`)
    },
  }
  const builder = kinds[storage]()
  return optional ? builder : builder.notNull()
}

const mirrorBuilders = (columns: Columns) =>
  Object.fromEntries(Object.entries(columns).map(([property, column]) => [property, mirrorBuilder(property, column)]))

const ingestTable = (name: string, key: string, columns: Columns): AnyPgTable =>
  pgTable(
    name,
    {
      ...mirrorBuilders(columns),
      tenantId: pgText(MIRROR_KEYS.tenantId).notNull(),
      siteId: pgText(MIRROR_KEYS.siteId).notNull(),
    },
    // oxlint-disable-next-line typescript/no-explicit-any -- the columns are only known at run time here
    (table: any) => [primaryKey({ columns: [table.tenantId, table.siteId, table[key]] })],
  )

/** Joins need a row's tenant and site, and `select()` must not answer them: the table has them beside its columns. */
export const withSite = <T extends object>(table: T, whole: object): T => {
  const { tenantId, siteId } = whole as Record<keyof typeof MIRROR_KEYS, unknown>
  return Object.assign(table, { tenantId, siteId })
}
