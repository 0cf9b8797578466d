import { drizzle, type BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import { ok, type Result } from '../base/result.ts'
import { databaseLimits, openRaw, type DatabaseFault, type OpenOptions, type RawDatabase } from './raw.ts'
import { keepingStatements } from './statements.ts'

export * from './raw.ts'
export type SiteOrm = BetterSQLite3Database

/** One SQLite file: drizzle for the desk, the raw handle and its prepared statements for hot paths. */
export interface Database {
  readonly file: string
  readonly raw: RawDatabase
  readonly orm: SiteOrm
  /** What `integrity_check` and `foreign_key_check` object to; empty when the file is sound. Reads the whole file. */
  readonly integrityFaults: () => string[]
  readonly close: () => void
}

/** As `openRaw`, with the query builder beside the handle. */
export const openDatabase = (options: OpenOptions): Result<Database, DatabaseFault> => {
  const raw = openRaw(options)
  return raw.ok ? ok(databaseOver(raw.value, options.file)) : raw
}

const databaseOver = (raw: RawDatabase, file: string): Database => ({
  file,
  raw,
  orm: drizzle(keepingStatements(raw) as RawDatabase),
  integrityFaults() {
    const faults = raw.pragma(`integrity_check(${databaseLimits.integrityFaultsMax})`) as { integrity_check: string }[]
    const orphans = raw.pragma('foreign_key_check') as { table: string; rowid: number; parent: string }[]
    return [
      ...faults.map((fault) => fault.integrity_check).filter((text) => text !== 'ok'),
      ...orphans.map(({ table, rowid, parent }) => `row ${rowid} of ${table} refers to nothing in ${parent}`),
    ]
  },
  close: () => raw.close(),
})
