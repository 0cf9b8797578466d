/** The files of what is kept for others: DATA/shelf/NAME/, each whole or not there, with its digest beside it. */
import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SHELF_FILE, shelfLimits } from '@lango/modules/backups'
import type { ShelfFolders, ShelfHeld } from '@lango/modules/backups/port'
import { newestFirst } from '@lango/modules/backups/rules'
import type { DiskSpace } from '../doctor/machine.ts'

export const SHELF_FOLDER = 'shelf'

/** What is being sent; one at a time for each shelf. */
const PART = 'upload.part'
const DIGEST = '.sha256'
/**
 * Written out so often: a commit of the box may have to wait for what other files have not written yet (ext4 in its
 * usual mode), and must not wait for a whole backup.
 */
const SYNC_EVERY_OCTETS = 8 * 1024 * 1024
/** The box's own work comes first: a shelf takes nothing where less than this would be left. */
const FLOOR_OCTETS = 2_000_000_000
const FLOOR_SHARE = 0.1

export type Kept = { readonly bytes: number; readonly at: number; readonly sha256: string | undefined }
export type Sent = { readonly file: string; readonly bytes: number; readonly sha256: string }
export type TakeFault =
  /** Something else is on its way to this shelf. */
  | 'busy'
  /** Another backup is called so: what is whole is not written over. */
  | 'there'
  /** The shelf. */
  | 'full'
  /** The disk. */
  | 'low'
  /** It is not what its digest says. */
  | 'other'
  /** Not all of it came. */
  | 'cut'

export class Shelves implements ShelfFolders {
  readonly #dir: string
  readonly #space: () => DiskSpace
  readonly #busy = new Set<string>()

  constructor(dataDir: string, space: () => DiskSpace) {
    this.#dir = join(dataDir, SHELF_FOLDER)
    this.#space = space
  }

  /** Removes what was under way when the box stopped. */
  async tidy(): Promise<void> {
    for (const name of await namesIn(this.#dir)) {
      const folder = join(this.#dir, name)
      const found = await namesIn(folder)
      const isLeft = (file: string): boolean =>
        file.endsWith('.part') || (file.endsWith(DIGEST) && !found.includes(file.slice(0, -DIGEST.length)))
      for (const file of found.filter(isLeft)) await rm(join(folder, file), { force: true })
    }
  }

  async list(name: string): Promise<readonly (Kept & { readonly file: string })[]> {
    const folder = join(this.#dir, name)
    const kept: (Kept & { file: string })[] = []
    for (const file of (await namesIn(folder)).filter((each) => SHELF_FILE.test(each)).toSorted()) {
      const found = await sizeOf(join(folder, file))
      if (found) kept.push({ file, ...found, sha256: undefined })
    }
    return kept
  }

  async count(name: string): Promise<ShelfHeld> {
    const kept = await this.list(name)
    const [newest] = newestFirst(kept.map(({ file }) => file))
    return {
      bytesUsed: kept.reduce((sum, { bytes }) => sum + bytes, 0),
      kept: kept.length,
      newestName: newest ?? null,
      newestAt: kept.find(({ file }) => file === newest)?.at ?? null,
    }
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.#dir, name), { recursive: true, force: true })
    await syncFolder(this.#dir).catch(unlessMissing)
  }

  /** Undefined where there is none. */
  async find(name: string, file: string): Promise<Kept | undefined> {
    const path = join(this.#dir, name, file)
    const found = await sizeOf(path)
    if (!found) return undefined
    const digest = await readFile(`${path}${DIGEST}`, 'utf8').catch(unlessMissing)
    return { ...found, sha256: digest?.slice(0, 64) }
  }

  /** To read from; closed by whoever opened it. */
  open(name: string, file: string): Promise<FileHandle> {
    return open(join(this.#dir, name, file))
  }

  async drop(name: string, file: string): Promise<void> {
    const path = join(this.#dir, name, file)
    await rm(path, { force: true })
    await rm(`${path}${DIGEST}`, { force: true })
    await syncFolder(join(this.#dir, name)).catch(unlessMissing)
  }

  /** All of it is on disk under its name, or nothing is. Rejects with the system's error. */
  async take(
    { name, bytesMax }: { readonly name: string; readonly bytesMax: number },
    sent: Sent,
    body: AsyncIterable<Uint8Array>,
  ): Promise<TakeFault | undefined> {
    if (this.#busy.has(name)) return 'busy'
    this.#busy.add(name)
    try {
      const there = await this.find(name, sent.file)
      // Sent once more, since its answer got lost.
      if (there) return there.bytes === sent.bytes && there.sha256 === sent.sha256 ? undefined : 'there'
      const held = await this.list(name)
      const bytesUsed = held.reduce((sum, { bytes }) => sum + bytes, 0)
      if (held.length >= shelfLimits.filesMax || bytesUsed + sent.bytes > bytesMax) return 'full'
      if (this.#isLow(sent.bytes)) return 'low'
      return await this.#keep(name, sent, body)
    } finally {
      this.#busy.delete(name)
    }
  }

  #isLow(wanted: number): boolean {
    const { free, size } = this.#space()
    return free - wanted < Math.max(FLOOR_OCTETS, FLOOR_SHARE * size)
  }

  async #keep(name: string, sent: Sent, body: AsyncIterable<Uint8Array>): Promise<TakeFault | undefined> {
    const folder = join(this.#dir, name)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await syncFolder(this.#dir)
    await syncFolder(dirname(this.#dir))
    const part = join(folder, PART)
    try {
      const fault = await this.#receive(part, sent, body)
      if (fault !== undefined) return fault
      // The digest first: a backup that is there is never without it.
      const path = join(folder, sent.file)
      await writeSynced(`${path}${DIGEST}`, `${sent.sha256}  ${sent.file}\n`)
      await rename(part, path)
      await syncFolder(folder)
      return undefined
    } finally {
      await rm(part, { force: true })
    }
  }

  async #receive(part: string, { bytes, sha256 }: Sent, body: AsyncIterable<Uint8Array>) {
    const hash = createHash('sha256')
    await using file = await open(part, 'w', 0o600)
    let [came, synced] = [0, 0]
    for await (const piece of uncut(body)) {
      if (piece === undefined) return 'cut'
      came += piece.length
      hash.update(piece)
      await file.writeFile(piece)
      if (came - synced < SYNC_EVERY_OCTETS) continue
      synced = came
      await file.datasync()
      if (this.#isLow(bytes - came)) return 'low'
    }
    if (came !== bytes) return 'cut'
    if (hash.digest('hex') !== sha256) return 'other'
    await file.sync()
    return undefined
  }
}

/** Undefined at last where the line was cut: what the disk says is another thing, and thrown. */
async function* uncut(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | undefined> {
  const pieces = body[Symbol.asyncIterator]()
  for (;;) {
    const next = await pieces.next().catch(() => undefined)
    if (next?.done === true) return
    yield next?.value
    if (next === undefined) return
  }
}

const unlessMissing = (error: unknown): undefined => {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  return undefined
}

const namesIn = async (folder: string): Promise<readonly string[]> => (await readdir(folder).catch(unlessMissing)) ?? []

const sizeOf = async (path: string): Promise<Pick<Kept, 'bytes' | 'at'> | undefined> => {
  const found = await stat(path).catch(unlessMissing)
  return found && { bytes: found.size, at: Math.round(found.mtimeMs) }
}

const syncFolder = async (folder: string): Promise<void> => {
  await using handle = await open(folder)
  await handle.sync()
}

const writeSynced = async (path: string, text: string): Promise<void> => {
  await using file = await open(path, 'w', 0o600)
  await file.writeFile(text)
  await file.sync()
}
