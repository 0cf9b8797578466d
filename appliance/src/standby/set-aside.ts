/**
 * What lies in the data folder of a box that becomes the standby of another is kept, out of the way. What it keeps for
 * other boxes stays where it is: it is theirs, and nothing of it goes from one box of a pair to the other.
 */
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { basename, join } from 'node:path'
import { syncFolder } from '@lango/kernel'
import type { DataFolder } from '../data-folder.ts'

/** Undefined where there is nothing. Goes on where a crash has stopped it: the database of the business goes last. */
export const setAside = (folder: DataFolder, now: number): string | undefined => {
  const { dir, siteFile, sessionsFile, keyFile, tlsDir } = folder
  const withLogs = (file: string): string[] => [`${file}-wal`, `${file}-shm`, file]
  const own = ['audit-head.json', 'last-backup.json'].map((name) => join(dir, name))
  const files = [keyFile, tlsDir, ...own, ...withLogs(sessionsFile), ...withLogs(siteFile)].filter(existsSync)
  if (!existsSync(siteFile)) return undefined
  const to = join(dir, `set-aside-${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}`)
  mkdirSync(to, { recursive: true, mode: 0o700 })
  for (const file of files) renameSync(file, join(to, basename(file)))
  mkdirSync(tlsDir, { mode: 0o700, recursive: true })
  syncFolder(to)
  syncFolder(dir)
  return to
}
