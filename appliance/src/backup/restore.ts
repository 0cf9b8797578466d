/** Checks a backup, unpacks it, and puts it onto an empty data folder or in the place of what is there. */
import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { createZstdDecompress } from 'node:zlib'
import { err, ok, type Result, type Secret, syncFolder, writeDurably } from '@lango/kernel'
import { checkReadable, openDatabase, type DatabaseFault } from '@lango/kernel/db'
import { lockFolder, makeFolder, type DataFolder, type FolderFault } from '../data-folder.ts'
import { SCHEMA } from '../site.ts'
import { openArchive, type Archive, type ArchiveFault } from './archive.ts'
import { BACKUP_FORMAT, manifestSchema, partNames, sealedFilesSchema, type Manifest } from './parts.ts'
import { foundIn, layReady, partDir, putInPlace } from './place.ts'
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
  /** For the backup and what is in it. */
  | { readonly type: 'RestoreNoRoom'; readonly dir: string }

export type UnpackOptions = {
  readonly file: string
  readonly dir: string
  readonly passphrase: Secret | undefined
  /** Leaves keys out, or restores a backup that has none. */
  readonly withoutKeys: boolean
}

export type RestoreOptions = UnpackOptions & {
  /** Moves what is in the folder aside first. */
  readonly replace: boolean
  readonly now: number
}

export type Restored = { readonly manifest: Manifest; readonly movedTo: string | undefined }

/** A database's octets past which something is wrong with the backup. */
const DATABASE_OCTETS_MAX = 1024 ** 4
/** What is left free on a disk that a running box writes to as well. */
export const FREE_OCTETS_MIN = 256 * 1024 * 1024

/** Puts a backup onto a folder in which no box runs. Everything is checked before anything is put in its place. */
export const restore = async (options: RestoreOptions): Promise<Result<Restored, RestoreFault>> => {
  const folder = makeFolder(options.dir)
  if (!folder.ok) return folder
  const lock = lockFolder(folder.value)
  if (!lock.ok) return lock
  try {
    const before = putInPlace(folder.value, options.now)
    if (!before.ok) return before
    const isFree = checkEmpty(folder.value, options)
    if (!isFree.ok) return isFree
    const unpacked = await unpackBackup(options)
    if (!unpacked.ok) return unpacked
    layReady(folder.value, { replaces: options.replace })
    const placed = putInPlace(folder.value, options.now)
    if (!placed.ok) return placed
    return ok({ manifest: unpacked.value, movedTo: placed.value.is === 'placed' ? placed.value.movedTo : undefined })
  } catch (error) {
    return err(faultOf(error, options))
  } finally {
    lock.value.release()
  }
}

/** Whether a backup may be put there. */
export const checkEmpty = (
  folder: DataFolder,
  { replace }: Pick<RestoreOptions, 'replace'>,
): Result<void, RestoreFault> => {
  const [found] = foundIn(folder)
  return found === undefined || replace ? ok() : err({ type: 'FolderNotEmpty', dir: folder.dir, found })
}

/**
 * Checks all of a backup, and unpacks it beside what the folder holds, from where `layReady` and `putInPlace` take it.
 * Where that fails nothing is left of it.
 */
export const unpackBackup = async (options: UnpackOptions): Promise<Result<Manifest, RestoreFault>> => {
  const part = partDir(options)
  rmSync(part, { recursive: true, force: true })
  const unpacked = await unpackInto(part, options).catch((error: unknown) => err(faultOf(error, options)))
  if (!unpacked.ok) rmSync(part, { recursive: true, force: true })
  return unpacked
}

/** What a call of the system that failed comes to; what is none is thrown again. */
const faultOf = (error: unknown, { file, dir }: Pick<UnpackOptions, 'file' | 'dir'>): RestoreFault => {
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined) throw error
  if (code === 'ENOSPC') return { type: 'RestoreNoRoom', dir }
  if (code.startsWith('Z')) return { type: 'BackupDamaged', file, cause: 'a part cannot be unpacked' }
  return { type: 'FileUnwritable', file: dir, cause: code }
}

const unpackInto = async (part: string, options: UnpackOptions): Promise<Result<Manifest, RestoreFault>> => {
  const opened = await openArchive(options.file)
  if (!opened.ok) return opened
  const read = await readManifest(opened.value, options.file)
  if (!read.ok) return read
  const secrets = await readSecrets(opened.value, read.value, options)
  if (!secrets.ok) return secrets
  const parts = Object.entries(read.value.databases)
  const { bavail, bsize } = statfsSync(options.dir)
  const needed = parts.reduce((total, [, { bytes }]) => total + bytes, FREE_OCTETS_MIN)
  if (bavail * bsize < needed) return err({ type: 'RestoreNoRoom', dir: options.dir })
  mkdirSync(join(part, 'tls'), { recursive: true, mode: 0o700 })
  for (const [name, { sha256 }] of parts) {
    const file = join(part, `${name}.db`)
    const unpacked = await unpack(opened.value, partNames[name as 'site' | 'sessions'], file, sha256)
    if (!unpacked.ok) return unpacked
  }
  for (const [name, content] of secrets.value) writeDurably(join(part, name), content, 0o600)
  syncFolder(join(part, 'tls'))
  syncFolder(part)
  return ok(read.value)
}

/** What a backup says of itself, after checking all of it. */
export const manifestOf = async (file: string): Promise<Result<Manifest, RestoreFault>> => {
  const opened = await openArchive(file)
  return opened.ok ? readManifest(opened.value, file) : opened
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
  { file, passphrase, withoutKeys }: UnpackOptions,
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
