import { open } from 'node:fs/promises'
import { err, ok, type Result } from '../base/result.ts'
import type { DatabaseFault } from './raw.ts'

type Synced = Result<void, DatabaseFault>

/**
 * Brings what was committed into the WAL of a database onto the disk, without keeping the thread that asks: for commits
 * that were made with `synchronous = NORMAL`. One sync at a time; whoever asks meanwhile shares the next, since the
 * present one may have begun before their commit. SQLite holds no locks on the WAL, so that another handle may be closed.
 */
export const createWalSync = (file: string): (() => Promise<Synced>) => {
  let running: Promise<Synced> | undefined
  let next: Promise<Synced> | undefined
  const begin = (): Promise<Synced> => {
    const begun = syncOf(file).finally(() => {
      if (running === begun) running = undefined
    })
    running = begun
    return begun
  }
  return () => {
    if (file === ':memory:') return Promise.resolve(ok())
    if (running === undefined) return begin()
    next ??= running.then(() => {
      next = undefined
      return begin()
    })
    return next
  }
}

const syncOf = async (file: string): Promise<Synced> => {
  try {
    await using wal = await open(`${file}-wal`, 'r')
    await wal.datasync()
    return ok()
  } catch (error) {
    return err({ type: 'DiskFailed', file, cause: (error as NodeJS.ErrnoException).code ?? String(error) })
  }
}
