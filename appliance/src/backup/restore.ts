/** Puts a backup onto an empty data folder, or in the place of what is there. */
import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { createZstdDecompress } from 'node:zlib'
import { err, ok, type Result, type Secret, syncFolder, writeDurably } from '@lango/kernel'
import { checkReadable, openDatabase, type DatabaseFault } from '@lango/kernel/db'
import { lockFolder, makeFolder, type DataFolder, type FolderFault } from '../data-folder.ts'
import { SCHEMA } from '../site.ts'
import { openArchive, type Archive, type ArchiveFault } from './archive.ts'
import { BACKUP_FORMAT, manifestSchema, partNames, sealedFilesSchema, type Manifest } from './parts.ts'
import { unseal, type SealFault } from './seal.ts'

export type RestoreFault =
  | ArchiveFault
  | SealFault
  | DatabaseFault
  | FolderFault
  /** The backup was made by a release whose backups this one does not know. */
  | { readonly type: 'BackupTooNew'; readonly file: string; readonly format: number }
  | { readonly type: 'PassphraseMissing'; readonly file: string }
  /** The backup was made without keys; `withoutKeys` restores it all the same. */
  | { readonly type: 'KeysAbsent'; readonly file: string }
  | { readonly type: 'FolderNotEmpty'; readonly dir: string; readonly found: string }
  | { readonly type: 'FileUnwritable'; readonly file: string; readonly cause: string }

export type RestoreOptions = {
  readonly file: string
  readonly dir: string
  readonly passphrase: Secret | undefined
  /** Moves what is in the folder aside first. */
  readonly replace: boolean
  /** Leaves keys out, or restores a backup that has none. */
  readonly withoutKeys: boolean
  readonly now: number
}

export type Restored = { readonly manifest: Manifest; readonly movedTo: string | undefined }

/** What a folder may hold and still count as empty: a lock is taken in every one. */
const HARMLESS = new Set(['lock.db', 'lock.db-journal', 'lost+found'])
/** A database's octets past which something is wrong with the backup. */
const DATABASE_OCTETS_MAX = 1024 ** 4

/** Everything is checked before anything is put in its place; site.db comes last: without it a folder holds no box. */
export const restore = async (options: RestoreOptions): Promise<Result<Restored, RestoreFault>> => {
  const opened = await openArchive(options.file)
  if (!opened.ok) return opened
  const read = await readManifest(opened.value, options.file)
  if (!read.ok) return read
  const secrets = await readSecrets(opened.value, read.value, options)
  if (!secrets.ok) return secrets
  const folder = makeFolder(options.dir)
  if (!folder.ok) return folder
  const lock = lockFolder(folder.value)
  if (!lock.ok) return lock
  try {
    return await restoreInto(folder.value, opened.value, read.value, secrets.value, options)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    if (code === 'ENOSPC') return err({ type: 'DiskFull', file: folder.value.siteFile })
    if (code.startsWith('Z'))
      return err({ type: 'BackupDamaged', file: options.file, cause: 'a part cannot be unpacked' })
    return err({ type: 'FileUnwritable', file: options.dir, cause: code })
  } finally {
    lock.value.release()
  }
}

/** What a backup says of itself, after checking all of it. */
export const manifestOf = async (file: string): Promise<Result<Manifest, RestoreFault>> => {
  const opened = await openArchive(file)
  return opened.ok ? readManifest(opened.value, file) : opened
}

const restoreInto = async (
  folder: DataFolder,
  archive: Archive,
  manifest: Manifest,
  secrets: ReadonlyMap<string, Buffer>,
  { replace, now }: RestoreOptions,
): Promise<Result<Restored, RestoreFault>> => {
  const { dir } = folder
  const found = readdirSync(dir).filter(
    (name) => !HARMLESS.has(name) && !(name === 'tls' && readdirSync(folder.tlsDir).length === 0),
  )
  if (found.length > 0 && !replace) return err({ type: 'FolderNotEmpty', dir, found: found[0]! })
  const work = join(dir, 'restore.part')
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { mode: 0o700 })
  try {
    for (const [name, { sha256 }] of Object.entries(manifest.databases)) {
      const unpacked = await unpack(archive, partNames[name as 'site' | 'sessions'], join(work, `${name}.db`), sha256)
      if (!unpacked.ok) return unpacked
    }
    const movedTo = found.length > 0 ? moveAside(folder, found, now) : undefined
    for (const [name, content] of secrets) writeDurably(join(dir, name), content, 0o600)
    renameSync(join(work, 'sessions.db'), folder.sessionsFile)
    syncFolder(dir)
    renameSync(join(work, 'site.db'), folder.siteFile)
    syncFolder(dir)
    return ok({ manifest, movedTo })
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const readManifest = async (archive: Archive, file: string): Promise<Result<Manifest, RestoreFault>> => {
  const damaged = (cause: string) => err({ type: 'BackupDamaged', file, cause } satisfies ArchiveFault)
  const missing = [partNames.manifest, partNames.site, partNames.sessions].find((name) => !archive.names.includes(name))
  if (missing !== undefined) return damaged(`it has no ${missing}`)
  const parsed = manifestSchema.safeParse(jsonOf(await octetsOf(archive, partNames.manifest)))
  if (!parsed.success) return damaged('its manifest cannot be read')
  const { format } = parsed.data
  return format > BACKUP_FORMAT ? err({ type: 'BackupTooNew', file, format }) : ok(parsed.data)
}

const jsonOf = (octets: Buffer): unknown => {
  try {
    return JSON.parse(octets.toString('utf8'))
  } catch {
    return undefined
  }
}

/** Files of the data folder by their name in it; empty where keys are left out. */
const readSecrets = async (
  archive: Archive,
  { keys }: Manifest,
  { file, passphrase, withoutKeys }: RestoreOptions,
): Promise<Result<ReadonlyMap<string, Buffer>, RestoreFault>> => {
  if (withoutKeys) return ok(new Map())
  if (keys === 'absent') return err({ type: 'KeysAbsent', file })
  if (passphrase === undefined) return err({ type: 'PassphraseMissing', file })
  const opened = unseal(await octetsOf(archive, partNames.sealed), passphrase)
  if (!opened.ok) return opened
  // They are as they were sealed: what is not known here is a newer release's.
  const known = sealedFilesSchema.safeParse(jsonOf(opened.value))
  if (!known.success) return err({ type: 'SealUnknown' })
  return ok(new Map(Object.entries(known.data.files).map(([name, content]) => [name, Buffer.from(content, 'base64')])))
}

const octetsOf = async (archive: Archive, name: string): Promise<Buffer> => {
  const pieces: Uint8Array[] = []
  for await (const piece of archive.read(name)) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** Writes a database, holds it against its hash, and looks whether this release may read it. */
const unpack = async (
  archive: Archive,
  name: string,
  file: string,
  sha256: string,
): Promise<Result<void, RestoreFault>> => {
  const hash = createHash('sha256')
  const handle = openSync(file, 'wx', 0o600)
  try {
    let bytes = 0
    await pipeline(Readable.from(archive.read(name)), createZstdDecompress(), async (pieces: AsyncIterable<Buffer>) => {
      for await (const piece of pieces) {
        bytes += piece.length
        if (bytes > DATABASE_OCTETS_MAX) throw Object.assign(new Error('too large'), { code: 'EFBIG' })
        hash.update(piece)
        for (let done = 0; done < piece.length;) done += writeSync(handle, piece, done)
      }
    })
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  if (hash.digest('hex') !== sha256)
    return err({ type: 'BackupDamaged', file: name, cause: 'it is not what was backed up' })
  const database = openDatabase({ file, readonly: true })
  if (!database.ok) return database
  const readable = checkReadable(database.value, SCHEMA)
  database.value.close()
  // Left by the look at it: nothing of them belongs to the restored box.
  for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
  return readable
}

/** The old box stays beside the new one, until somebody is sure. */
const moveAside = ({ dir }: DataFolder, found: readonly string[], now: number): string => {
  const aside = join(dir, `replaced-${now}`)
  mkdirSync(aside, { mode: 0o700 })
  for (const name of found) {
    if (!name.startsWith('replaced-')) renameSync(join(dir, name), join(aside, name))
  }
  mkdirSync(join(dir, 'tls'), { mode: 0o700 })
  syncFolder(dirname(aside))
  return aside
}
