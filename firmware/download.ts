/**
 * A bundle, or a delta, from its feed onto the disk: what was there goes on where it stopped, also after a power cut; no
 * more comes than was signed for; and nothing has its name before it is what was signed.
 */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { mkdir, open, statfs, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { defineLimits, err, ok, type Result, type Timers, syncFolder, writeDurably } from '@lango/kernel'
import { sha256Schema, type Download as Wanted } from './manifest.ts'
import { SourceError, type Opened, type Source } from './source.ts'

export const downloadLimits = defineLimits({
  /** What a power cut loses at most. */
  syncEveryBytes: 4 * 1024 * 1024,
  /** Left on the disk for who serves. */
  spareBytes: 256 * 1024 * 1024,
  /** A place that sends nothing for so long is given up, until the next time. */
  stallMs: 60_000,
})

export type DownloadFault =
  | { readonly type: 'FeedUnreachable'; readonly cause: string }
  /** What was signed for is not what lies there: it is deleted. */
  | { readonly type: 'BundleAltered'; readonly name: string; readonly cause: 'longer' | 'hash' }
  | { readonly type: 'UpdateDiskFull'; readonly neededBytes: number; readonly freeBytes: number }
  | { readonly type: 'UpdateFolderUnusable'; readonly dir: string; readonly cause: string }
  | { readonly type: 'DownloadStopped' }

export type DownloadDeps = {
  readonly dir: string
  readonly source: Source
  readonly timers: Timers
  readonly monotonicMs: () => number
  /** Kilobits a second now; 0 is as fast as it goes. */
  readonly rateKbps: () => number
  readonly signal: AbortSignal
  readonly spareBytes?: number
}

const partSchema = z.object({ sha256: sha256Schema, etag: z.string().optional() })

/** The path of the whole bundle; at once where it is there. Whatever else lies in the folder is removed. */
export const downloadBundle = async (release: Wanted, deps: DownloadDeps): Promise<Result<string, DownloadFault>> => {
  const { dir } = deps
  const file = join(dir, release.name)
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    keepOnly(dir, release.name)
    if (existsSync(file) && (await hashOf(file)) === release.sha256) return ok(file)
    rmSync(file, { force: true })
    return await new Download(release, deps, file).run()
  } catch (error) {
    if (deps.signal.aborted) return err({ type: 'DownloadStopped' })
    if (error instanceof SourceError) return err({ type: 'FeedUnreachable', cause: error.message })
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    if (code !== 'ENOSPC') return err({ type: 'UpdateFolderUnusable', dir, cause: code })
    // Who serves needs the room more.
    rmSync(`${file}.part`, { force: true })
    return err({ type: 'UpdateDiskFull', neededBytes: release.sizeBytes, freeBytes: 0 })
  }
}

/** Removes every bundle, and part of one, but this; all of them where none is named. */
export const keepOnly = (dir: string, name?: string): void => {
  if (!existsSync(dir)) return
  const kept = new Set([name, `${name}.part`, `${name}.part.json`])
  for (const entry of readdirSync(dir))
    if (/\.(raucb|delta)(\.part(\.json)?)?(\.new)?$/.test(entry) && !kept.has(entry)) rmSync(join(dir, entry))
}

/** How much of it is on the disk. */
export const downloadedBytes = (dir: string, name: string): number => {
  for (const file of [join(dir, name), join(dir, `${name}.part`)]) if (existsSync(file)) return statSync(file).size
  return 0
}

const hashOf = async (file: string, hash = createHash('sha256')): Promise<string> => {
  await feedHash(hash, file)
  return hash.digest('hex')
}

const feedHash = async (hash: Hash, file: string): Promise<void> => {
  for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) hash.update(piece)
}

class Download {
  readonly #release: Wanted
  readonly #deps: DownloadDeps
  readonly #file: string
  readonly #part: string
  #hash = createHash('sha256')
  #bytes = 0
  #syncedBytes = 0

  constructor(release: Wanted, deps: DownloadDeps, file: string) {
    this.#release = release
    this.#deps = deps
    this.#file = file
    this.#part = `${file}.part`
  }

  async run(): Promise<Result<string, DownloadFault>> {
    const etag = await this.#resume()
    const room = await this.#room()
    if (room) return err(room)
    const stall = this.#watchStall()
    try {
      const signal = AbortSignal.any([this.#deps.signal, stall.signal])
      const opened = await this.#deps.source.open(
        `targets/${this.#release.sha256}.${this.#release.name}`,
        this.#bytes,
        etag,
        signal,
      )
      const fault = await this.#take(opened, stall)
      return fault ? err(fault) : await this.#finish()
    } finally {
      stall.end()
    }
  }

  /** Hashes what is there of this very bundle; the etag of where it came from. */
  async #resume(): Promise<string | undefined> {
    try {
      const { sha256, etag } = partSchema.parse(JSON.parse(readFileSync(`${this.#part}.json`, 'utf8')))
      const { size } = statSync(this.#part)
      if (sha256 === this.#release.sha256 && size < this.#release.sizeBytes && etag !== undefined) {
        await feedHash(this.#hash, this.#part)
        this.#bytes = size
        return etag
      }
    } catch {
      // Nothing is there, or nothing that can be gone on with.
    }
    rmSync(this.#part, { force: true })
    return undefined
  }

  async #room(): Promise<DownloadFault | undefined> {
    const { dir, spareBytes = downloadLimits.spareBytes } = this.#deps
    const { bavail, bsize } = await statfs(dir)
    const neededBytes = this.#release.sizeBytes - this.#bytes + spareBytes
    const freeBytes = bavail * bsize
    return freeBytes < neededBytes ? { type: 'UpdateDiskFull', neededBytes, freeBytes } : undefined
  }

  /** Ends the request when nothing comes for too long. */
  #watchStall() {
    const controller = new AbortController()
    let cancel = (): void => {}
    const heard = (): void => {
      cancel()
      cancel = this.#deps.timers.after(downloadLimits.stallMs, () => controller.abort(new SourceError('nothing comes')))
    }
    heard()
    return { signal: controller.signal, heard, end: () => cancel() }
  }

  async #take(opened: Opened, stall: { heard(): void }): Promise<DownloadFault | undefined> {
    if (opened.from !== this.#bytes) {
      this.#hash = createHash('sha256')
      this.#bytes = 0
    }
    const { sha256, sizeBytes, name } = this.#release
    writeDurably(`${this.#part}.json`, JSON.stringify({ sha256, etag: opened.etag }), 0o600)
    const handle = await open(this.#part, this.#bytes === 0 ? 'w' : 'a', 0o600)
    const pace = createPace(this.#deps)
    try {
      for await (const piece of opened.pieces) {
        this.#deps.signal.throwIfAborted()
        if (this.#bytes + piece.length > sizeBytes) {
          rmSync(this.#part, { force: true })
          return { type: 'BundleAltered', name, cause: 'longer' }
        }
        await this.#write(handle, piece)
        await pace(piece.length)
        stall.heard()
      }
    } finally {
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
    }
    return this.#bytes === sizeBytes ? undefined : { type: 'FeedUnreachable', cause: 'it ended before its end' }
  }

  async #write(handle: FileHandle, piece: Uint8Array): Promise<void> {
    await handle.writeFile(piece)
    this.#hash.update(piece)
    this.#bytes += piece.length
    if (this.#bytes - this.#syncedBytes < downloadLimits.syncEveryBytes) return
    await handle.sync()
    this.#syncedBytes = this.#bytes
  }

  async #finish(): Promise<Result<string, DownloadFault>> {
    rmSync(`${this.#part}.json`, { force: true })
    if (this.#hash.digest('hex') !== this.#release.sha256) {
      rmSync(this.#part, { force: true })
      return err({ type: 'BundleAltered', name: this.#release.name, cause: 'hash' })
    }
    renameSync(this.#part, this.#file)
    syncFolder(this.#deps.dir)
    return ok(this.#file)
  }
}

/** Waits after each piece until the rate allows the next; the rate may change meanwhile. */
const createPace = ({ rateKbps, monotonicMs, timers }: DownloadDeps): ((bytes: number) => Promise<void>) => {
  let freeAtMs = monotonicMs()
  return async (bytes) => {
    const kbps = rateKbps()
    if (kbps <= 0) return
    const nowMs = monotonicMs()
    freeAtMs = Math.max(freeAtMs, nowMs) + (bytes * 8) / kbps
    const waitMs = freeAtMs - nowMs
    if (waitMs > 1) await new Promise<void>((done) => timers.after(waitMs, done))
  }
}
