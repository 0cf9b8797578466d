/** Makes a backup of a box, running or not: it only ever reads, on connections of its own. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createZstdCompress } from 'node:zlib'
import { err, ok, openVault, type Random, type Result, type Secret, syncFolder, writeDurably } from '@lango/kernel'
import { databaseFault, openDatabase, schemaState, type DatabaseFault } from '@lango/kernel/db'
import { auditTip, signHead, type AuditTip } from '@lango/kernel/verbs'
import type { DataFolder } from '../data-folder.ts'
import { ArchiveWriter } from './archive.ts'
import { BACKUP_FORMAT, LAST_BACKUP_FILE, partNames, type Manifest } from './parts.ts'
import { seal } from './seal.ts'

export type BackupFault =
  | DatabaseFault
  | { readonly type: 'FileExists'; readonly file: string }
  | { readonly type: 'FileUnwritable'; readonly file: string; readonly cause: string }

export type BackupOptions = {
  readonly folder: DataFolder
  readonly file: string
  /** Undefined leaves keys and certificates out: then no password in the backup can ever be read without them. */
  readonly passphrase: Secret | undefined
  readonly now: number
  readonly hostName: string
  readonly random: Random
  /** False where it is not there yet: who puts it away says so. */
  readonly isNoted?: boolean
}

export type BackedUp = { readonly file: string; readonly bytes: number; readonly manifest: Manifest }

/** Pages copied in one step: all of them. Nobody waits for the copy; a short one keeps the WAL short. */
const ALL_PAGES = 0x7fff_ffff

/** Written beside under another name and moved into its place when it is on disk: a backup is there whole or not at all. */
export const backUp = async (options: BackupOptions): Promise<Result<BackedUp, BackupFault>> => {
  const file = resolve(options.file)
  if (existsSync(file)) return err({ type: 'FileExists', file })
  let work: string | undefined
  try {
    work = mkdtempSync(`${file}.part-`)
    const made = await make(options, work)
    if (!made.ok) return made
    renameSync(join(work, 'archive'), file)
    syncFolder(dirname(file))
    if (options.isNoted !== false) noteBackup(options.folder, { at: options.now, file, bytes: made.value.bytes })
    return ok({ file, ...made.value })
  } catch (error) {
    const fault = databaseFault(error, options.folder.siteFile)
    if (fault !== undefined) return err(fault)
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    return err({ type: 'FileUnwritable', file, cause: code })
  } finally {
    if (work !== undefined) rmSync(work, { recursive: true, force: true })
  }
}

type Made = { readonly bytes: number; readonly manifest: Manifest }

const make = async (options: BackupOptions, work: string): Promise<Result<Made, BackupFault>> => {
  const archive = new ArchiveWriter(join(work, 'archive'))
  try {
    return await fill(archive, options, work)
  } finally {
    archive.close()
  }
}

const fill = async (
  archive: ArchiveWriter,
  { folder, passphrase, now, hostName, random }: BackupOptions,
  work: string,
): Promise<Result<Made, BackupFault>> => {
  // site.db first: a session whose grant is newer than this copy is kept, a grant without its sessions is nothing odd.
  const site = await addDatabase(archive, folder.siteFile, partNames.site, work)
  if (!site.ok) return site
  const sessions = await addDatabase(archive, folder.sessionsFile, partNames.sessions, work)
  if (!sessions.ok) return sessions
  const { state, auditTip: tip, ...sitePart } = site.value
  const { state: _, auditTip: _none, ...sessionsPart } = sessions.value
  if (passphrase !== undefined) await archive.add(partNames.sealed, [seal(readSecrets(folder), passphrase, random)])
  const manifest: Manifest = {
    product: 'lango',
    format: BACKUP_FORMAT,
    createdAt: now,
    hostName,
    databases: { site: sitePart, sessions: sessionsPart },
    schema: state,
    keys: passphrase === undefined ? 'absent' : 'sealed',
    auditHead: tip && headOf(tip, { folder, now, hostName, random }),
  }
  await archive.add(partNames.manifest, [Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)])
  return ok({ ...(await archive.end()), manifest })
}

/** Kept outside the box, it shows later whether the log that the box has then is the one that was backed up. */
const headOf = (
  tip: AuditTip,
  { folder, now, hostName, random }: Pick<BackupOptions, 'folder' | 'now' | 'hostName' | 'random'>,
) => {
  const vault = openVault({ file: folder.keyFile, create: false, random })
  const signer = vault.ok ? vault.value.signer() : undefined
  return signer && signHead(signer, 'head', tip, { at: now, site: hostName })
}

/** A consistent copy, checked, compressed into the archive. */
const addDatabase = async (archive: ArchiveWriter, file: string, name: string, work: string) => {
  const source = openDatabase({ file, readonly: true })
  if (!source.ok) return source
  const copy = join(work, 'copy.db')
  try {
    await source.value.raw.backup(copy, { progress: () => ALL_PAGES })
  } finally {
    source.value.close()
  }
  const checked = checkCopy(copy, file)
  if (!checked.ok) return checked
  const hash = createHash('sha256')
  let bytes = 0
  const counted = async function* () {
    for await (const piece of createReadStream(copy, { highWaterMark: 1024 * 1024 })) {
      hash.update(piece as Buffer)
      bytes += (piece as Buffer).length
      yield piece as Buffer
    }
  }
  const compress = createZstdCompress()
  await Promise.all([archive.add(name, compress), pipeline(counted(), compress)])
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${copy}${suffix}`, { force: true })
  return ok({ bytes, sha256: hash.digest('hex'), ...checked.value })
}

type Checked = {
  readonly state: { readonly schema: number; readonly minReader: number }
  readonly auditTip: AuditTip | undefined
}

/** A backup of a damaged database would only be found out on the day it is needed. */
const checkCopy = (copy: string, file: string): Result<Checked, DatabaseFault> => {
  const opened = openDatabase({ file: copy, readonly: true })
  if (!opened.ok) return opened
  const { raw } = opened.value
  try {
    const isSound = raw.pragma('quick_check(1)', { simple: true }) === 'ok'
    if (!isSound) return err({ type: 'DatabaseCorrupt', file })
    const hasAudit = raw.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'audit_heads'").get() !== undefined
    return ok({
      state: schemaState(raw) ?? { schema: 0, minReader: 1 },
      auditTip: hasAudit ? auditTip(raw) : undefined,
    })
  } finally {
    opened.value.close()
  }
}

const readSecrets = ({ keyFile, tlsDir }: DataFolder): Buffer => {
  const files: Record<string, string> = { 'keys.json': readFileSync(keyFile, 'base64') }
  for (const name of existsSync(tlsDir) ? readdirSync(tlsDir) : []) {
    if (/^[a-z][a-z0-9-]*\.(?:pem|sealed)$/.test(name))
      files[`tls/${name}`] = readFileSync(join(tlsDir, name), 'base64')
  }
  return Buffer.from(JSON.stringify({ files }))
}

/** For `doctor`. A folder that cannot be written does not make the backup worse. */
export const noteBackup = (folder: DataFolder, note: { at: number; file: string; bytes: number }): void => {
  try {
    writeDurably(join(folder.dir, LAST_BACKUP_FILE), `${JSON.stringify(note)}\n`, 0o644)
  } catch {
    // Told by doctor as an old backup.
  }
}
