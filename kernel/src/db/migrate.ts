import { err, ok, type Result } from '../base/result.ts'
import { installChangeLog } from './changelog.ts'
import { sqlName, type Column } from './columns.ts'
import { fillRepeats, installRepeats } from './repeats.ts'
import { createTableSql, indexSql, sqliteColumn } from './schema.ts'
import { quoted } from './sql.ts'
import { databaseFault, type Database, type DatabaseFault, type RawDatabase } from './sqlite.ts'
import type { AnyTable } from './table.ts'

/** A change that cannot be derived: rows to rewrite, a column to drop. Run once, in order, before the derived ones. */
export type MigrationStep = {
  /** The schema it leads to. */
  readonly version: number
  /** The oldest release, by its schema, that can still serve the database afterwards. */
  readonly minReader: number
  readonly up: (raw: RawDatabase) => void
}

export type Schema = {
  /** This release's number; it rises with every change of a definition. */
  readonly version: number
  /** Tables of one file. */
  readonly tables: readonly AnyTable[]
  readonly steps?: readonly MigrationStep[]
  /** Whether changes are logged for the uplink: `site.db`, never `sessions.db`. */
  readonly changeLog: boolean
}

export type MigrationFault =
  | DatabaseFault
  /** The definitions ask for what would lose or break data. Nothing was changed. */
  | { readonly type: 'SchemaDestructive'; readonly file: string; readonly differences: readonly string[] }

export type SchemaState = { readonly schema: number; readonly minReader: number }

const META = 'CREATE TABLE IF NOT EXISTS lango_meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT'

/**
 * Brings a file to this release's definitions, in one transaction: an empty one gets all of it, an older one the steps
 * it lacks, then new tables, columns and indexes. A newer one whose `minReader` allows it is served as it is, so that
 * a release that was rolled back still serves. A file that is as it should be is not written to.
 */
export const migrate = (database: Database, schema: Schema): Result<SchemaState, MigrationFault> => {
  const { raw, file } = database
  const differences: string[] = []
  try {
    const before = schemaState(raw)
    const readable = checkReadable(database, schema.version)
    if (!readable.ok) return readable
    const state = raw
      .transaction(() => {
        const after =
          before !== undefined && before.schema > schema.version ? before : upgrade(raw, schema, before, differences)
        if (differences.length > 0) throw new Refused()
        if (schema.changeLog) installChangeLog(raw, schema.tables)
        return after
      })
      .immediate()
    return ok(state)
  } catch (error) {
    if (error instanceof Refused) return err({ type: 'SchemaDestructive', file, differences })
    const fault = databaseFault(error, file)
    if (fault === undefined) throw error
    return err(fault)
  }
}

/** Leaves the transaction: rolls it back. */
class Refused extends Error {}

/**
 * For a step: rows may do without a value in this column from now on. What is on disk stays as it is, so SQLite's own
 * way applies (lang_altertable, section 7, "some changes do not affect the on-disk content"). The caller's transaction
 * holds it all; a file that is not sound afterwards throws, and that takes it back.
 */
export const makeOptional = (raw: RawDatabase, table: AnyTable, property: string): void => {
  const type = sqliteColumn(table, property).split(' ')[0]
  const column = `${quoted(sqlName(property))} ${type}`
  const find = raw.prepare<[string], string>("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?").pluck()
  const live = find.get(table.name)
  if (live === undefined || !live.includes(`${column} NOT NULL`)) return
  const cookie = raw.pragma('schema_version', { simple: true }) as number
  raw.unsafeMode(true)
  try {
    raw.pragma('writable_schema = ON')
    raw
      .prepare("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?")
      .run(live.replace(`${column} NOT NULL`, column), table.name)
    // Whoever has the file open, this connection too, reads the schema anew.
    raw.pragma(`schema_version = ${cookie + 1}`)
  } finally {
    raw.pragma('writable_schema = OFF')
    raw.unsafeMode(false)
  }
  const faults = raw.pragma(`quick_check(${quoted(table.name)})`, { simple: true })
  if (faults !== 'ok') throw new Error(`${table.name} is not sound once ${property} is optional: ${String(faults)}`)
}

/** What the file says of itself; undefined when it is empty. */
export const schemaState = (raw: RawDatabase): SchemaState | undefined => {
  if (raw.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'lango_meta'").get() === undefined) return undefined
  const read = raw.prepare<[string], { value: number }>('SELECT value FROM lango_meta WHERE key = ?')
  return { schema: read.get('schema')?.value ?? 0, minReader: read.get('minReader')?.value ?? 1 }
}

/** Whether a release with this schema may serve the file. Readers that do not migrate ask it too. */
export const checkReadable = ({ raw, file }: Database, release: number): Result<void, DatabaseFault> => {
  const minReader = schemaState(raw)?.minReader ?? 1
  return minReader <= release ? ok() : err({ type: 'ReleaseTooOld', file, minReader, release })
}

const upgrade = (
  raw: RawDatabase,
  schema: Schema,
  before: SchemaState | undefined,
  differences: string[],
): SchemaState => {
  const { version, tables, steps = [] } = schema
  const known = steps.filter((step) => step.version <= version).sort((a, b) => a.version - b.version)
  // A new file is made as the definitions say: the steps have nothing to rewrite in it.
  const due = before === undefined ? [] : known.filter((step) => step.version > before.schema)
  for (const step of due) step.up(raw)
  const widened = tables.filter((table) => applyTable(raw, table, differences))
  if (differences.length === 0) {
    for (const table of widened) fillRepeats(raw, table)
    installRepeats(raw, tables)
  }
  const minReader = Math.max(
    before?.minReader ?? 1,
    ...(before === undefined ? known : due).map((step) => step.minReader),
  )
  raw.exec(META)
  if (before?.schema === version && before.minReader === minReader) return before
  const write = raw.prepare(
    'INSERT INTO lango_meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  )
  write.run('schema', version)
  write.run('minReader', minReader)
  return { schema: version, minReader }
}

type LiveColumn = {
  readonly name: string
  readonly type: string
  readonly notnull: 0 | 1
  readonly dflt_value: string | null
  readonly pk: number
}

/** Whether a table that was there has got what it repeats of another. */
const applyTable = (raw: RawDatabase, table: AnyTable, differences: string[]): boolean => {
  const live = raw.prepare<[string], LiveColumn>('SELECT * FROM pragma_table_info(?)').all(table.name)
  if (live.length === 0) {
    raw.exec(createTableSql(table))
  } else {
    addColumns(raw, table, live, differences)
    differences.push(...unknownRequired(table, live))
  }
  applyIndexes(raw, table, differences)
  const isNew = (property: string) => !live.some(({ name }) => name === sqlName(property))
  return live.length > 0 && table.repeats?.columns.some(isNew) === true
}

const addColumns = (raw: RawDatabase, table: AnyTable, live: readonly LiveColumn[], differences: string[]): void => {
  for (const [property, column] of Object.entries(table.columns)) {
    const name = sqlName(property)
    const there = live.find((one) => one.name === name)
    const label = `${table.name}.${name}`
    if (there !== undefined) {
      const difference = columnDifference(table, property, there)
      if (difference !== undefined) differences.push(`${label} ${difference}`)
    } else if (!addable(column)) {
      differences.push(`${label} is required and says nothing of rows from before it`)
    } else {
      raw.exec(`ALTER TABLE ${quoted(table.name)} ADD COLUMN ${quoted(name)} ${sqliteColumn(table, property)}`)
    }
  }
}

const addable = (column: Column): boolean => !column.isKey && (column.optional || column.before !== undefined)

const columnDifference = (table: AnyTable, property: string, live: LiveColumn): string | undefined => {
  const column = table.columns[property]!
  const [type = ''] = sqliteColumn(table, property).split(' ')
  if (live.type !== type) return `is ${live.type} and should be ${type}`
  if (column.isKey !== live.pk > 0) return column.isKey ? 'should be the key' : 'is the key and should not be'
  if (!column.isKey && column.optional === (live.notnull === 1)) {
    return column.optional ? 'is required and should not be' : 'may be null and should not'
  }
  return undefined
}

/** A column that a definition no longer has stays, unless inserts would fail for it. */
const unknownRequired = (table: AnyTable, live: readonly LiveColumn[]): string[] => {
  const known = new Set(Object.keys(table.columns).map(sqlName))
  const blocking = live.filter((one) => !known.has(one.name) && one.notnull === 1 && one.dflt_value === null)
  return blocking.map((one) => `${table.name}.${one.name} is not defined, and required`)
}

type LiveIndex = { readonly name: string; readonly sql: string }

const applyIndexes = (raw: RawDatabase, table: AnyTable, differences: string[]): void => {
  const wanted = indexSql(table)
  const find = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL"
  const live = new Map(
    raw
      .prepare<[string], LiveIndex>(find)
      .all(table.name)
      .map(({ name, sql }) => [name, sql]),
  )
  for (const [name, sql] of live) if (wanted.get(name) !== sql) raw.exec(`DROP INDEX ${quoted(name)}`)
  for (const [name, sql] of wanted) {
    if (live.get(name) === sql) continue
    try {
      raw.exec(sql)
    } catch (error) {
      // Either a column that could not be added (told already), or rows that are not unique.
      if (databaseFault(error, '') !== undefined) throw error
      differences.push(`index ${name} cannot be made: ${(error as Error).message}`)
    }
  }
}
