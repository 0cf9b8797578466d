/** Where a box keeps what it knows: one folder, one writer. */
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { err, ok, type Result } from '@lango/kernel'

export type DataFolder = {
  readonly dir: string
  readonly siteFile: string
  readonly sessionsFile: string
  /** Keys that open the sealed columns: outside the databases, and not in a backup unless sealed to the owner. */
  readonly keyFile: string
  readonly socketFile: string
  readonly lockFile: string
  readonly tlsDir: string
  /** What whoever stands before the box types to become its first owner. */
  readonly setupCodeFile: string
}

export type FolderFault =
  | { readonly type: 'FolderUnusable'; readonly dir: string; readonly cause: string }
  | { readonly type: 'FolderInUse'; readonly dir: string }

/** A Unix socket's path has at most 107 octets (sys/un.h). */
const SOCKET_PATH_OCTETS_MAX = 107

export const dataFolder = (dir: string): DataFolder => ({
  dir,
  siteFile: join(dir, 'site.db'),
  sessionsFile: join(dir, 'sessions.db'),
  keyFile: join(dir, 'keys.json'),
  socketFile: join(dir, 'control.sock'),
  lockFile: join(dir, 'lock.db'),
  tlsDir: join(dir, 'tls'),
  setupCodeFile: join(dir, 'setup-code'),
})

/** Makes the folder, closed to others. */
export const makeFolder = (dir: string): Result<DataFolder, FolderFault> => {
  const folder = dataFolder(dir)
  if (Buffer.byteLength(folder.socketFile) > SOCKET_PATH_OCTETS_MAX)
    return err({ type: 'FolderUnusable', dir, cause: 'its path is too long for a Unix socket; use a shorter one' })
  try {
    mkdirSync(folder.tlsDir, { recursive: true, mode: 0o700 })
    chmodSync(dir, 0o700)
    return ok(folder)
  } catch (error) {
    return err({ type: 'FolderUnusable', dir, cause: (error as NodeJS.ErrnoException).code ?? String(error) })
  }
}

/**
 * Holds the folder for this process. The lock is SQLite's own, so the kernel lets go of it when the process dies in
 * whatever way; a file that merely exists would have to be cleaned up by hand after every power cut.
 */
export const lockFolder = (folder: DataFolder): Result<{ readonly release: () => void }, FolderFault> => {
  let lock: Sqlite.Database | undefined
  try {
    lock = new Sqlite(folder.lockFile, { timeout: 0 })
    lock.pragma('locking_mode = EXCLUSIVE')
    lock.exec('BEGIN EXCLUSIVE')
    return ok({ release: () => lock?.close() })
  } catch (error) {
    lock?.close()
    const code = (error as { code?: string }).code ?? String(error)
    return code.startsWith('SQLITE_BUSY')
      ? err({ type: 'FolderInUse', dir: folder.dir })
      : err({ type: 'FolderUnusable', dir: folder.dir, cause: code })
  }
}
