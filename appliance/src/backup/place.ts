/**
 * How a restored box comes into a folder: it lies ready beside what is there, whole and on disk; one rename decides,
 * and from then on whatever stops it, the next start goes on. Nothing is overwritten: what was there is kept aside.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { err, ok, syncFolder, writeDurably, type Result } from '@lango/kernel'
import { openDatabase, type DatabaseFault } from '@lango/kernel/db'
import type { DataFolder } from '../data-folder.ts'

/** Being unpacked and checked: worth nothing after a power cut. */
const PART = 'restore.part'
/** Whole: what the folder holds is put aside now. */
const READY = 'restore-ready'
/** What the folder held is aside: the restored files are put in their places now. */
const PLACING = 'restore-placing'
/** In `READY`, where somebody has said that it may take the place of a box that has an owner. */
const REPLACES = 'replaces'
/** Backups on their way to this box. */
const FETCHED = 'restore-fetched.part'

/**
 * What a folder may hold and still count as empty, and what stays when a box is put aside: the lock that is taken in
 * every one, what an image and its updates keep there (they are this machine's), what is kept for other boxes (no
 * backup holds it, and it may be all that is left of them), and what is under way to be restored.
 */
const STAYS = new Set([
  'lock.db',
  'lock.db-journal',
  'lost+found',
  'os',
  'updates',
  'shelf',
  PART,
  READY,
  PLACING,
  FETCHED,
])

export const partDir = ({ dir }: Pick<DataFolder, 'dir'>): string => join(dir, PART)
export const fetchedDir = ({ dir }: Pick<DataFolder, 'dir'>): string => join(dir, FETCHED)

/** Names in the folder that belong to a box. */
export const foundIn = ({ dir, tlsDir }: DataFolder): readonly string[] =>
  readdirSync(dir).filter((name) => !STAYS.has(name) && !(name === 'tls' && readdirSync(tlsDir).length === 0))

/** From here on the restored box is what this folder becomes. */
export const layReady = (folder: DataFolder, { replaces }: { readonly replaces: boolean }): void => {
  const part = partDir(folder)
  if (replaces) writeDurably(join(part, REPLACES), '', 0o600)
  rmSync(join(folder.dir, READY), { recursive: true, force: true })
  renameSync(part, join(folder.dir, READY))
  syncFolder(folder.dir)
}

/** What is left of a restore that was not decided on. */
export const forgetUndecided = (folder: Pick<DataFolder, 'dir'>): void => {
  for (const dir of [partDir(folder), fetchedDir(folder)]) rmSync(dir, { recursive: true, force: true })
}

export type Placed =
  | { readonly is: 'nothing' | 'owned' }
  /** `movedTo` is where what was there is kept; undefined where there was nothing. */
  | { readonly is: 'placed'; readonly movedTo: string | undefined }

/** Goes on with whatever lies ready, to its end. The folder is locked, and no box runs in it. */
export const putInPlace = (folder: DataFolder, now: number): Result<Placed, DatabaseFault> => {
  const steps = placing(folder, now)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** The same in steps, each a rename: a process may be killed after any of them. */
export function* placing(folder: DataFolder, now: number): Generator<string, Result<Placed, DatabaseFault>> {
  const { dir, siteFile } = folder
  const [ready, placed] = [join(dir, READY), join(dir, PLACING)]
  let movedTo: string | undefined
  if (existsSync(ready)) {
    const owned = existsSync(join(ready, REPLACES)) ? ok(false) : isOwned(siteFile)
    if (!owned.ok) return owned
    if (owned.value) {
      rmSync(ready, { recursive: true, force: true })
      return ok({ is: 'owned' })
    }
    movedTo = yield* putAside(folder, now)
    renameSync(ready, placed)
    yield PLACING
    syncFolder(dir)
  }
  if (!existsSync(placed)) return ok({ is: 'nothing' })
  yield* bringIn(folder, placed)
  return ok({ is: 'placed', movedTo })
}

/** Somebody became the owner of the new box meanwhile: it is no new box any more. */
const isOwned = (siteFile: string): Result<boolean, DatabaseFault> => {
  if (!existsSync(siteFile)) return ok(false)
  const opened = openDatabase({ file: siteFile, readonly: true })
  if (!opened.ok) return err(opened.error)
  try {
    const { raw } = opened.value
    const hasStaff = raw.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'staff'").get()
    return ok(hasStaff !== undefined && raw.prepare('SELECT 1 FROM staff LIMIT 1').get() !== undefined)
  } finally {
    opened.value.close()
  }
}

/** The database of the business goes last: as long as it is there, this folder is what it was. */
function* putAside(folder: DataFolder, now: number): Generator<string, string | undefined> {
  const { dir, tlsDir } = folder
  const found = foundIn(folder).filter((name) => !name.startsWith('replaced-'))
  if (found.length === 0) return undefined
  const aside = join(dir, `replaced-${now}`)
  mkdirSync(aside, { mode: 0o700, recursive: true })
  for (const name of found.toSorted((a, b) => Number(a === 'site.db') - Number(b === 'site.db'))) {
    renameSync(join(dir, name), join(aside, name))
    yield name
  }
  mkdirSync(tlsDir, { mode: 0o700, recursive: true })
  syncFolder(aside)
  syncFolder(dir)
  return aside
}

/** site.db comes last: without it a folder holds no box. */
function* bringIn({ dir, tlsDir, siteFile }: DataFolder, placed: string): Generator<string, void> {
  for (const name of ['keys.json', 'tls', 'sessions.db']) {
    if (!existsSync(join(placed, name))) continue
    // An empty folder: whatever was in it is aside.
    if (name === 'tls') rmSync(tlsDir, { recursive: true, force: true })
    renameSync(join(placed, name), join(dir, name))
    yield name
  }
  syncFolder(dir)
  if (existsSync(join(placed, 'site.db'))) {
    renameSync(join(placed, 'site.db'), siteFile)
    yield 'site.db'
    syncFolder(dir)
  }
  rmSync(placed, { recursive: true, force: true })
}
