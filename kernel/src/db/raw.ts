import { existsSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import { defineLimits } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'

export type RawDatabase = Sqlite.Database

export type DatabaseFault =
  | { readonly type: 'DatabaseMissing'; readonly file: string }
  | { readonly type: 'NotADatabase'; readonly file: string }
  | { readonly type: 'DatabaseCorrupt'; readonly file: string }
  | { readonly type: 'DatabaseUnreachable'; readonly file: string; readonly cause: string }
  | { readonly type: 'DatabaseReadOnly'; readonly file: string }
  | { readonly type: 'DiskFull'; readonly file: string }
  | { readonly type: 'DiskFailed'; readonly file: string; readonly cause: string }
  | { readonly type: 'DatabaseBusy'; readonly file: string }
  | { readonly type: 'ReleaseTooOld'; readonly file: string; readonly minReader: number; readonly release: number }

export const databaseLimits = defineLimits({
  busyTimeoutMs: 5000,
  /** What stays of the WAL file after a checkpoint. */
  walBytesKept: 64 * 1024 * 1024,
  /** Pages in the WAL that start a checkpoint: a page that changes again before it is written back once. */
  walPagesBeforeCheckpoint: 16_000,
  cacheBytes: 8 * 1024 * 1024,
  integrityFaultsMax: 100,
})

export type OpenOptions = {
  /** A path, or `:memory:`. */
  file: string
  readonly?: boolean
  busyTimeoutMs?: number
  /** Pages cached by this connection; each thread has its own. */
  cacheBytes?: number
  /** Where another thread brings pages back, and this one only when that has failed. */
  walPagesBeforeCheckpoint?: number
  /** Further files under these schema names, for reading across files. Only with `readonly`: a file has one writer. */
  attach?: Readonly<Record<string, string>>
  /** What a file `:memory:` begins with: another's `serialize()`. */
  image?: Buffer
}

/**
 * Opens a file and sets what durability rests on; the schema is `migrate`'s business. Threads that only run prepared
 * statements take this one: the query builder costs each of them ten megabytes.
 */
export const openRaw = (options: OpenOptions): Result<RawDatabase, DatabaseFault> => {
  const { file, readonly = false } = options
  if (options.attach !== undefined && !readonly) throw new TypeError('files are attached for reading only')
  if (readonly && !existsSync(file)) return err({ type: 'DatabaseMissing', file })
  let raw: RawDatabase | undefined
  try {
    raw = new Sqlite(options.image ?? file, {
      readonly,
      fileMustExist: readonly,
      timeout: options.busyTimeoutMs ?? databaseLimits.busyTimeoutMs,
    })
    setPragmas(raw, options)
    return ok(raw)
  } catch (error) {
    raw?.close()
    const fault = databaseFault(error, file)
    if (fault === undefined) throw error
    return err(fault)
  }
}

const setPragmas = (raw: RawDatabase, options: OpenOptions): void => {
  const limits = databaseLimits
  const { readonly = false, cacheBytes, walPagesBeforeCheckpoint, attach = {} } = options
  // Reads the header: a file that is no database is found here and not at the first query.
  raw.pragma('schema_version')
  if (!readonly) {
    raw.pragma('journal_mode = WAL')
    raw.pragma(`journal_size_limit = ${limits.walBytesKept}`)
    raw.pragma(`wal_autocheckpoint = ${walPagesBeforeCheckpoint ?? limits.walPagesBeforeCheckpoint}`)
    // better-sqlite3 is built with SQLITE_DEFAULT_WAL_SYNCHRONOUS=1: without this a COMMIT is not on disk.
    raw.pragma('synchronous = FULL')
  }
  raw.pragma('foreign_keys = ON')
  // INSERT OR REPLACE removes rows: the change log must hear of them.
  raw.pragma('recursive_triggers = ON')
  raw.pragma('trusted_schema = OFF')
  raw.pragma('temp_store = MEMORY')
  raw.pragma(`cache_size = ${-Math.ceil((cacheBytes ?? limits.cacheBytes) / 1024)}`)
  // Mapped pages count as this process's memory once for every connection: the page cache serves them all.
  raw.pragma('mmap_size = 0')
  for (const [name, file] of Object.entries(attach)) raw.prepare(`ATTACH ? AS "${name}"`).run(file)
}

/** What went wrong with the file, when an exception says so; undefined for a mistake in a statement. */
export const databaseFault = (error: unknown, file: string): DatabaseFault | undefined => {
  if (error instanceof TypeError && /directory does not exist/.test(error.message)) {
    return { type: 'DatabaseUnreachable', file, cause: 'its folder does not exist' }
  }
  if (!(error instanceof Sqlite.SqliteError)) return undefined
  const { code } = error
  if (code === 'SQLITE_NOTADB') return { type: 'NotADatabase', file }
  if (code.startsWith('SQLITE_CORRUPT')) return { type: 'DatabaseCorrupt', file }
  if (code === 'SQLITE_FULL') return { type: 'DiskFull', file }
  if (code.startsWith('SQLITE_READONLY')) return { type: 'DatabaseReadOnly', file }
  if (code.startsWith('SQLITE_BUSY')) return { type: 'DatabaseBusy', file }
  if (code.startsWith('SQLITE_IOERR')) return { type: 'DiskFailed', file, cause: code }
  if (code.startsWith('SQLITE_CANTOPEN')) return { type: 'DatabaseUnreachable', file, cause: error.message }
  return undefined
}
