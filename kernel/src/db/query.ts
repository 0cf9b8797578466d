import { and, between, eq, sql, type SQL } from 'drizzle-orm'
import { alias as pgAlias, type AnyPgTable, type PgDatabase, type PgQueryResultHKT } from 'drizzle-orm/pg-core'
import { alias as siteAlias } from 'drizzle-orm/sqlite-core'
import type { SelectedFields, SQLiteColumn, SQLiteSelectBuilder, SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { z } from 'zod'
import type { Described, Promised } from '../verbs/command.ts'
import type { Database, SiteOrm } from './sqlite.ts'
import type { AnyTable } from './table.ts'

type Tables = Readonly<Record<string, AnyTable>>
type SealedColumn = SQLiteColumn<{
  name: string
  tableName: string
  dataType: 'buffer'
  columnType: 'SQLiteBlobBuffer'
  data: Buffer
  driverParam: Buffer
  notNull: boolean
  hasDefault: boolean
  isPrimaryKey: boolean
  isAutoincrement: boolean
  hasRuntimeDefault: boolean
  enumValues: undefined
}>
/** Fields without a sealed column: one turns into `never`, so that selecting it does not compile. */
type OpenFields<F> = { [K in keyof F]: F[K] extends SealedColumn ? never : F[K] }

/** The part of drizzle that both engines share. */
export interface ReadDb {
  select(): SQLiteSelectBuilder<undefined, 'sync', unknown>
  select<F extends SelectedFields>(fields: F & OpenFields<F>): SQLiteSelectBuilder<F, 'sync', unknown>
  selectDistinct<F extends SelectedFields>(fields: F & OpenFields<F>): SQLiteSelectBuilder<F, 'sync', unknown>
}

/** What a query's `select` is given: the database, its tables by the names it gave them, and the joins' helpers. */
export type Reader<T extends Tables> = { readonly [K in keyof T]: T[K]['read'] } & {
  readonly db: ReadDb
  /** Equality for a join: `ref(services.planId, plans.id)`. On the mirror the site must be the same one too. */
  readonly ref: (column: SQLiteColumn, key: SQLiteColumn) => SQL
  /**
   * As `ref`, of a unique column that also leads an index with all that is read of its row. SQLite meets an equality by
   * the unique index and then fetches the row, whatever else there is; a range of one it meets from the wider index.
   */
  readonly refCovered: (column: SQLiteColumn, key: SQLiteColumn) => SQL
  /**
   * A column for `in (select …)`, on both sides of it: `sql`${scoped(live.grantNo)} in (select ${scoped(grants.no)} …)``.
   * On the mirror its tenant and site go with it.
   */
  readonly scoped: (column: SQLiteColumn) => SQL
  /** What a grouped sub-select has to pick beside a column that the outer select joins on with `ref`. */
  readonly siteOf: (table: SQLiteTable) => object
  /** That a sub-select's table is of the site of the row it is asked for; always so at a site. */
  readonly beside: (table: SQLiteTable, other: SQLiteTable) => SQL
  /** A table's key in ascending order, to end every ORDER BY with: then rows have one order on every engine. */
  readonly byKey: (table: SQLiteTable) => SQL[]
  /** A table under a second name, for joining it twice. */
  readonly alias: <S extends SQLiteTable>(table: S, name: string) => S
}

type Selected = { all(): unknown[] }
export type Selection = Selected | Readonly<Record<string, Selected>>
type RowsOf<S extends Selection> = S extends Selected
  ? ReturnType<S['all']>
  : { [K in keyof S]: S[K] extends Selected ? ReturnType<S[K]['all']> : never }

export interface Query<
  T extends Tables = Tables,
  I extends z.ZodType = z.ZodType,
  S extends Selection = Selection,
  R = unknown,
> {
  readonly name: string
  /** What it tells, in a sentence for whoever writes a program against it. */
  readonly summary?: string
  readonly permission: string
  readonly input: I
  /** Of what it answers, what a program may count on. */
  readonly output?: z.ZodType
  readonly tables: T
  /** Inputs for the generic test and the API's documentation; without any, `{}` must be one. */
  readonly examples?: readonly z.input<I>[]
  select(read: Reader<T>, input: z.output<I>): S
  shape(rows: RowsOf<S>, input: z.output<I>): R
}
// oxlint-disable-next-line typescript/no-explicit-any -- a list of queries of every type needs the top of the family
export type AnyQuery = Query<any, any, any, any>
export type ResultOf<Q> = Q extends Query<infer _T, infer _I, infer _S, infer R> ? R : never

/**
 * Defines a reading verb. `select` makes one builder or a record of builders, `shape` turns their rows into the
 * answer; both are pure, so the same query runs synchronously at a site and awaited on the mirror.
 *
 *     defineQuery({ name: 'plans.list', summary: 'Lists all plans.', permission: 'plans.read', input: z.object({}), tables: { plans },
 *       select: ({ db, plans, byKey }) => db.select({ id: plans.id, name: plans.name }).from(plans)
 *         .orderBy(ascending(plans.name), ...byKey(plans)),
 *       shape: (rows) => rows })
 */
export const defineQuery = <
  T extends Tables,
  const P extends string,
  I extends z.ZodType,
  S extends Selection,
  R,
  O extends z.ZodType = z.ZodType,
>(
  query: Omit<Query<T, I, S, R>, 'permission' | 'summary' | 'output' | 'shape'> &
    Described<P> & { readonly output?: O; shape(rows: RowsOf<S>, input: z.output<I>): R & Promised<R, O> },
): Query<T, I, S, R> => query

/** Whether the mirror can answer: not when a table never leaves its site. */
export const isMirrored = (query: AnyQuery): boolean =>
  Object.values(query.tables as Tables).every((table) => table.flow !== 'never')

/** Runs a query at a site, synchronously and on one snapshot. `input` has been parsed. */
export const runSite = <T extends Tables, I extends z.ZodType, S extends Selection, R>(
  query: Query<T, I, S, R>,
  database: Pick<Database, 'orm' | 'raw'>,
  input: z.output<I>,
): R => runOnSqlite(query, database, siteReader(query.tables, database.orm), input)

/** As `runSite`, over other tables of the same shape: the generic test reads a union of several sites this way. */
export const runOnSqlite = <T extends Tables, I extends z.ZodType, S extends Selection, R>(
  query: Query<T, I, S, R>,
  { raw }: Pick<Database, 'raw'>,
  reader: Reader<T>,
  input: z.output<I>,
): R => {
  const selection = query.select(reader, input)
  if (isSelected(selection)) return query.shape(selection.all() as RowsOf<S>, input)
  const readAll = () => Object.fromEntries(Object.entries(selection).map(([name, one]) => [name, one.all()]))
  return query.shape((raw.inTransaction ? readAll() : raw.transaction(readAll)()) as RowsOf<S>, input)
}

/** Whose rows are read: one site of a tenant, or all of them together. */
export type MirrorScope = { readonly tenantId: string; readonly siteId?: string; readonly role: string }
export type MirrorDb = PgDatabase<PgQueryResultHKT, Record<string, unknown>>

/** Runs a query on the mirror, inside one read-only snapshot fenced to the tenant. */
export const runMirror = async <T extends Tables, I extends z.ZodType, S extends Selection, R>(
  query: Query<T, I, S, R>,
  db: MirrorDb,
  scope: MirrorScope,
  input: z.output<I>,
): Promise<R> => {
  if (!isMirrored(query)) throw new TypeError(`${query.name} reads a table that is not in the mirror`)
  return withTenant(
    db,
    scope,
    async (transaction) => {
      const selection = query.select(mirrorReader(query.tables, transaction), input)
      if (isSelected(selection)) return query.shape((await selection) as RowsOf<S>, input)
      const rows: Record<string, unknown> = {}
      for (const [name, one] of Object.entries(selection)) rows[name] = await one
      return query.shape(rows as RowsOf<S>, input)
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  )
}

/**
 * A transaction as the application's role, fenced to a tenant by row-level security. The settings are local to it:
 * a pooled connection goes back without them, and then sees nothing.
 */
export const withTenant = <R>(
  db: MirrorDb,
  scope: MirrorScope,
  run: (transaction: MirrorDb) => Promise<R>,
  options?: Parameters<MirrorDb['transaction']>[1],
): Promise<R> =>
  db.transaction(async (transaction) => {
    await transaction.execute(sql`select set_config('role', ${scope.role}, true),
      set_config('app.tenant', ${scope.tenantId}, true), set_config('app.site', ${scope.siteId ?? ''}, true)`)
    return run(transaction)
  }, options)

export const isSelected = (selection: Selection): selection is Selected & PromiseLike<unknown[]> =>
  'toSQL' in selection && typeof selection.toSQL === 'function'

const READER_WORDS = ['db', 'ref', 'refCovered', 'scoped', 'siteOf', 'beside', 'byKey', 'alias']

const readerOf = <T extends Tables>(tables: T, engine: 'read' | 'mirror', rest: object): Reader<T> => {
  const clash = Object.keys(tables).find((name) => READER_WORDS.includes(name))
  if (clash !== undefined) throw new TypeError(`a query's table cannot be called '${clash}'`)
  const named = Object.entries(tables).map(([name, table]) => [name, table[engine]])
  return { ...Object.fromEntries(named), ...rest } as Reader<T>
}

export const siteReader = <T extends Tables>(tables: T, orm: SiteOrm): Reader<T> =>
  readerOf(tables, 'read', {
    db: orm,
    ref: (column: SQLiteColumn, key: SQLiteColumn) => eq(column, key),
    refCovered: (column: SQLiteColumn, key: SQLiteColumn) => between(column, key, key),
    scoped: (column: SQLiteColumn) => sql`${column}`,
    siteOf: () => ({}),
    beside: () => sql`1 = 1`,
    byKey: (table: SQLiteTable) => [ascending(keyOf(table))],
    alias: siteAlias,
  })

export const mirrorReader = <T extends Tables>(tables: T, db: MirrorDb): Reader<T> =>
  readerOf(tables, 'mirror', {
    db,
    ref: sameSite,
    refCovered: sameSite,
    scoped: columnAndSite,
    siteOf: siteColumns,
    beside: besides,
    byKey: keyAndSite,
    alias: (table: unknown, name: string) => pgAlias(table as AnyPgTable, name),
  })

/** The mirror's tables have these two beside the columns that their type shows. */
type SiteColumns = { readonly tenantId: SQLiteColumn; readonly siteId: SQLiteColumn }
export const siteColumns = (table: unknown): SiteColumns => {
  const { tenantId, siteId } = table as SiteColumns
  return { tenantId, siteId }
}

/** The same plan id stands at every site: only within one site does it mean the same plan. */
export const sameSite = (column: SQLiteColumn, key: SQLiteColumn): SQL =>
  and(eq(column, key), besides(column.table, key.table))!

export const besides = (table: SQLiteTable, other: SQLiteTable): SQL => {
  const [from, to] = [siteColumns(table), siteColumns(other)]
  return and(eq(from.siteId, to.siteId), eq(from.tenantId, to.tenantId))!
}

export const columnAndSite = (column: SQLiteColumn): SQL => {
  const { tenantId, siteId } = siteColumns(column.table)
  return sql`${column}, ${siteId}, ${tenantId}`
}

export const keyAndSite = (table: SQLiteTable): SQL[] => [ascending(keyOf(table)), ascending(siteColumns(table).siteId)]

const keyOf = (table: SQLiteTable): SQLiteColumn => {
  const { id, no } = table as unknown as { id?: SQLiteColumn; no?: SQLiteColumn }
  // A table may have a number beside its id, never an id beside its number (`defineTable` refuses).
  return (id ?? no)!
}

/** Nulls first, on both engines. */
export const ascending = (expression: SQLiteColumn | SQL | SQL.Aliased): SQL => sql`${expression} asc nulls first`
/** Nulls last, on both engines. */
export const descending = (expression: SQLiteColumn | SQL | SQL.Aliased): SQL => sql`${expression} desc nulls last`
