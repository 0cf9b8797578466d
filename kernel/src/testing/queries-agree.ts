import { isDeepStrictEqual } from 'node:util'
import type { z } from 'zod'
import { text as siteText, alias, sqliteTable } from 'drizzle-orm/sqlite-core'
import { orThrow } from '../base/result.ts'
import { answerOf } from '../db/answer.ts'
import { sqlName } from '../db/columns.ts'
import { migrate } from '../db/migrate.ts'
import {
  besides,
  isMirrored,
  isSelected,
  columnAndSite,
  keyAndSite,
  mirrorReader,
  runOnSqlite,
  runSite,
  sameSite,
  siteColumns,
} from '../db/query.ts'
import type { AnyQuery, Reader, Selection } from '../db/query.ts'
import { mirrored, sqliteColumn } from '../db/schema.ts'
import { insertSql, quoted, selectSql } from '../db/sql.ts'
import { openDatabase, type Database } from '../db/sqlite.ts'
import { builders, openColumns, withSite, type AnyTable } from '../db/table.ts'
import { kernelModule, partsOf, type Module } from '../verbs/module.ts'
import { testMirror, type TestMirror } from './mirror.ts'
import { sampleRows, type SampleRow, type SampleValues } from './sample-rows.ts'

const TENANTS = ['tenant-1', 'tenant-2']
const SITES = ['site-1', 'site-2', 'site-3']

export type AgreementOptions = {
  seed?: number
  rowsPerTable?: number
  /** Values for columns whose kind does not say enough: JSON documents, numbers with a meaning. */
  values?: SampleValues
  /** Modules whose tables the queries read, but whose own queries are not under test here. */
  beside?: readonly Module[]
}

export type Agreement = { readonly queries: number; readonly comparisons: number; readonly siteOnly: number }

/**
 * Runs every query of the modules, with each of its examples, on SQLite and on PGlite: two tenants of three sites
 * each, the same ids at all of them, nulls, ties and text that tells collations apart; for each site, and over all
 * sites of a tenant. Throws at the first difference, at a join that does not keep to one site, and for a query that
 * never found a row (then it was not tested).
 */
export const queriesAgree = async (modules: readonly Module[], options: AgreementOptions = {}): Promise<Agreement> => {
  const sites = await sampleSites([...modules, ...(options.beside ?? [])], options)
  try {
    return await sites.agree(partsOf(modules).queries)
  } finally {
    await sites.close()
  }
}

/** The loaded sites and their mirror, for judging several lots of queries. */
export interface SampleSites {
  agree(queries: readonly AnyQuery[]): Promise<Agreement>
  close(): Promise<void>
}

export const sampleSites = async (modules: readonly Module[], options: AgreementOptions = {}): Promise<SampleSites> => {
  const { tables } = partsOf([kernelModule, ...modules])
  const mirror = await testMirror(modules)
  const tenants: Tenant[] = []
  for (const [index, id] of TENANTS.entries()) tenants.push(await loadTenant(mirror, tables, id, index, options))
  return {
    async agree(queries) {
      let comparisons = 0
      for (const query of queries) comparisons += await judge(query, tenants, mirror)
      return { queries: queries.length, comparisons, siteOnly: queries.filter((query) => !isMirrored(query)).length }
    },
    async close() {
      await mirror.close()
      for (const tenant of tenants) for (const database of [tenant.all, ...tenant.sites.values()]) database.close()
    },
  }
}

const judge = async (query: AnyQuery, tenants: readonly Tenant[], mirror: TestMirror): Promise<number> => {
  if (isMirrored(query)) checkJoins(query, mirror)
  let comparisons = 0
  let rowsFound = 0
  for (const example of query.examples ?? [{}]) {
    for (const tenant of tenants) {
      const outcome = await compareTenant(query, example, tenant, mirror)
      rowsFound += outcome.rows
      comparisons += outcome.comparisons
    }
  }
  if (rowsFound === 0) throw new Error(`${query.name} found no row with any of its examples: give it some that do`)
  return comparisons
}

type Tenant = {
  readonly id: string
  readonly sites: ReadonlyMap<string, Database>
  readonly all: Database
  readonly unions: ReadonlyMap<string, unknown>
}

const loadTenant = async (
  mirror: TestMirror,
  tables: readonly AnyTable[],
  id: string,
  index: number,
  { seed = 1, rowsPerTable = 20, values = {} }: AgreementOptions,
): Promise<Tenant> => {
  const all = orThrow(openDatabase({ file: ':memory:' }))
  for (const table of mirrored(tables)) all.raw.exec(createUnionSql(table))
  const sites = new Map<string, Database>()
  for (const [siteIndex, siteId] of SITES.entries()) {
    const site = orThrow(openDatabase({ file: ':memory:' }))
    orThrow(migrate(site, { version: 1, tables, changeLog: false }))
    sites.set(siteId, site)
    const rows = sampleRows(tables, { seed: seed + index * SITES.length + siteIndex, rowsPerTable, values })
    loadSite(site, tables, rows)
    for (const table of mirrored(tables)) {
      await mirror.load(table, id, siteId, site.orm.select().from(table.read).all())
      copyToUnion(all, site, table, id, siteId)
    }
  }
  const unions = new Map(mirrored(tables).map((table) => [table.name, unionTable(table)]))
  return { id, sites, all, unions }
}

/** Rows that break a unique key are left out: what the site holds is what goes up. */
const loadSite = (
  site: Database,
  tables: readonly AnyTable[],
  rows: ReadonlyMap<string, readonly SampleRow[]>,
): void => {
  site.raw.pragma('foreign_keys = OFF')
  for (const table of tables) {
    const insert = site.raw.prepare(insertSql(table).replace('INSERT', 'INSERT OR IGNORE'))
    for (const row of rows.get(table.name) ?? []) insert.run(stored(table, row))
  }
}

const stored = (table: AnyTable, row: SampleRow): SampleRow =>
  Object.fromEntries(
    Object.entries(row).map(([property, value]) => {
      const { storage } = table.columns[property]!
      if (value === null) return [property, null]
      if (storage === 'flag') return [property, value === true ? 1 : 0]
      return [property, storage === 'json' ? JSON.stringify(value) : value]
    }),
  )

// The tenant's sites side by side in SQLite, shaped as the mirror is: what a total is compared with.

const createUnionSql = (table: AnyTable): string => {
  const columns = Object.keys(openColumns(table.columns)).map((property) => {
    const [type] = sqliteColumn(table, property).split(' ')
    return `${quoted(sqlName(property))} ${type}`
  })
  return `CREATE TABLE ${quoted(table.name)} (${columns.join(', ')}, tenant_id TEXT, site_id TEXT) STRICT`
}

const copyToUnion = (all: Database, site: Database, table: AnyTable, tenantId: string, siteId: string): void => {
  const open = Object.keys(openColumns(table.columns))
  const names = open.map((property) => quoted(sqlName(property))).join(', ')
  const insert = all.raw.prepare(
    `INSERT INTO ${quoted(table.name)} (${names}, tenant_id, site_id) VALUES (${open.map((name) => `@${name}`).join(', ')}, '${tenantId}', '${siteId}')`,
  )
  for (const row of site.raw.prepare(selectSql(table, open)).iterate()) insert.run(row)
}

const unionTable = (table: AnyTable) => {
  const open = openColumns(table.columns)
  const keys = { tenantId: siteText('tenant_id'), siteId: siteText('site_id') }
  return withSite(sqliteTable(table.name, builders(open)), sqliteTable(table.name, { ...builders(open), ...keys }))
}

const unionReader = (query: AnyQuery, { all, unions }: Tenant): Reader<Record<string, AnyTable>> => {
  const named = Object.entries(query.tables as Record<string, AnyTable>).map(([name, table]) => [
    name,
    unions.get(table.name),
  ])
  return {
    ...Object.fromEntries(named),
    db: all.orm,
    ref: sameSite,
    refCovered: sameSite,
    scoped: columnAndSite,
    siteOf: siteColumns,
    beside: besides,
    byKey: keyAndSite,
    alias,
  } as never
}

/** What programs are told of an answer holds for it. */
const assertPromised = (query: AnyQuery, promised: z.ZodType | undefined, answer: unknown): void => {
  const parsed = promised?.safeParse(answer ?? null)
  if (parsed?.success === false)
    throw new Error(`${query.name} answers what it does not promise: ${parsed.error.message}`)
}

const compareTenant = async (query: AnyQuery, example: unknown, tenant: Tenant, mirror: TestMirror) => {
  // The rows beside the answer: an answer alone does not tell whether anything was found.
  const watched: AnyQuery = {
    ...query,
    shape: (rows: unknown, given: unknown) => ({
      found: countFound(rows),
      answer: query.shape(rows, given) as unknown,
    }),
  }
  const input: unknown = query.input.parse(example)
  const promised = answerOf(query)
  let rows = 0
  let comparisons = 0
  for (const [siteId, site] of tenant.sites) {
    const here = runSite(watched, site, input) as { found: number; answer: unknown }
    assertPromised(query, promised, here.answer)
    rows += here.found
    if (!isMirrored(query)) continue
    const there = await mirror.query(watched, { tenantId: tenant.id, siteId }, example)
    assertSame(query, example, `${tenant.id}/${siteId}`, here, there)
    comparisons += 1
  }
  if (isMirrored(query)) {
    const total = runOnSqlite(watched, tenant.all, unionReader(query, tenant), input) as { found: number }
    assertSame(
      query,
      example,
      `${tenant.id}, all sites`,
      total,
      await mirror.query(watched, { tenantId: tenant.id }, example),
    )
    comparisons += 1
  }
  return { rows, comparisons }
}

const countFound = (rows: unknown): number =>
  Array.isArray(rows)
    ? rows.length
    : Object.values(rows as Record<string, unknown[]>).reduce((sum, one) => sum + one.length, 0)

const assertSame = (query: AnyQuery, example: unknown, scope: string, onSqlite: unknown, onPostgres: unknown): void => {
  if (isDeepStrictEqual(onSqlite, onPostgres)) return
  const [left, right] = [JSON.stringify(onSqlite, null, 1).split('\n'), JSON.stringify(onPostgres, null, 1).split('\n')]
  const line = left.findIndex((text, index) => text !== right[index])
  const near = (lines: string[]) => lines.slice(Math.max(0, line - 3), line + 4).join('\n')
  throw new Error(
    `${query.name} ${JSON.stringify(example)} for ${scope} differs.\nSQLite:\n${near(left)}\nPostgreSQL:\n${near(right)}\n` +
      'A missing byKey leaves ties in any order; sums, LIKE and NULL order have helpers in the kit.',
  )
}

const JOIN =
  /\b(?:inner|left|right|full|cross) join\b(.*?)(?=\b(?:inner|left|right|full|cross) join\b|\bwhere\b|\bgroup by\b|\border by\b|\blimit\b|$)/gs

/** The same ids stand at every site: a join by id alone would marry one site's rows to another's. */
const checkJoins = (query: AnyQuery, mirror: TestMirror): void => {
  for (const example of query.examples ?? [{}]) {
    const selection = query.select(
      mirrorReader(query.tables as Record<string, AnyTable>, mirror.db),
      query.input.parse(example),
    ) as Selection
    for (const one of isSelected(selection) ? [selection] : Object.values(selection)) {
      const { sql } = (one as unknown as { toSQL(): { sql: string } }).toSQL()
      const loose = [...sql.matchAll(JOIN)].find(([, condition]) => !condition!.includes('"site_id"'))
      if (loose !== undefined)
        throw new Error(`${query.name} joins across sites; use ref(column, key): ${loose[0].slice(0, 200)}`)
    }
  }
}
