/** A new box that is to become another one: brings its backup here, has it checked, and begins to be that box. */
import { createWriteStream, mkdirSync, readdirSync, statfsSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Worker } from 'node:worker_threads'
import { err, ok, type Fault, type Log, type Result } from '@lango/kernel'
import { madeAtOf, newestFirst } from '@lango/modules/backups/rules'
import {
  fetchedDir,
  forgetUndecided,
  FREE_OCTETS_MIN,
  layReady,
  type Manifest,
  type RestoreFault,
} from '../backup/index.ts'
import type { DataFolder } from '../data-folder.ts'
import { sentFile } from './sent-file.ts'
import { fetchBackup, listStorage, storeOf, type Storage, type StorageFault, type StoreAt } from './storage.ts'
import type { Unpacked, UnpackOrder } from './unpack-thread.ts'

export type RestoreState =
  | { readonly is: 'none' }
  /** What a storage holds, the newest first. */
  | { readonly is: 'listed'; readonly place: string; readonly names: readonly string[] }
  | { readonly is: 'coming'; readonly octets: number }
  /** It is here, sealed. */
  | { readonly is: 'here' }
  | { readonly is: 'opening' }
  | { readonly is: 'ready'; readonly manifest: Manifest }
  /** The box ends, and starts as the restored one. */
  | { readonly is: 'begun' }

export type RestoringFault =
  | RestoreFault
  | StorageFault
  | { readonly type: 'UploadEmpty' }
  /** Somebody else does the same, or this step is over. */
  | { readonly type: 'RestoreElsewhere' }

/** `at` is when it was made, as its name or the stick tells. */
export type StickBackup = { readonly name: string; readonly octets: number; readonly at: number }

export type Restoring = {
  /** With what went wrong last. */
  state(): RestoreState & { readonly fault?: Fault | undefined }
  /** Backups on sticks, by a name that `takeStick` takes; undefined on a machine that shows none. */
  sticks(): readonly StickBackup[] | undefined
  takeStick(name: string): Result<void, Fault>
  /** What a browser sends. */
  receive(contentType: string, body: AsyncIterable<Uint8Array>): Promise<Result<void, Fault>>
  look(storage: Storage): Promise<Result<void, Fault>>
  fetch(name: string): Result<void, Fault>
  open(passphrase: string): Result<void, Fault>
  begin(): Result<void, Fault>
  forget(): void
}

export type RestoringDeps = {
  readonly folder: DataFolder
  readonly anyone: () => boolean
  readonly storeAt: StoreAt
  /** Where an image shows what is on sticks. */
  readonly sticksDir: string | undefined
  readonly log: Log
  readonly every: (ms: number, run: () => void) => () => void
  /** Stops this box, and starts the one that lies ready. */
  readonly onBegun: () => void
}

const LOOK_MS = 60_000
const LIST_WITHIN_MS = 60_000
/** The answer that tells what comes next is out by then. */
const ANSWERED_WITHIN_MS = 300
/** Room is looked for again after so many octets. */
const ROOM_LOOK_OCTETS = 32 * 1024 * 1024
const STICK_FOLDERS = ['', 'lango-backups'] as const

export const startRestoring = (deps: RestoringDeps): Restoring & { stop(): void } => {
  // Nothing of it outlives a restart but what was decided on, and that is in its place by now.
  forgetUndecided(deps.folder)
  const service = new Service(deps)
  // Whoever has become the owner restores nothing, and needs the room.
  const stopLooking = deps.every(LOOK_MS, () => {
    if (deps.anyone()) service.forget()
  })
  return Object.assign(service, {
    stop() {
      stopLooking()
      service.forget()
    },
  })
}

class Service implements Restoring {
  readonly #deps: RestoringDeps
  #state: Exclude<RestoreState, { is: 'coming' }> | Pick<RestoreState & { is: 'coming' }, 'is'> = { is: 'none' }
  #fault: Fault | undefined
  #file = ''
  #storage: Storage | undefined
  #abort = new AbortController()

  constructor(deps: RestoringDeps) {
    this.#deps = deps
  }

  get #fetched(): string {
    return join(fetchedDir(this.#deps.folder), 'backup')
  }

  state(): RestoreState & { readonly fault?: Fault | undefined } {
    const state = this.#state
    const fault = this.#fault
    if (state.is !== 'coming') return { ...state, fault }
    return { is: 'coming', octets: statSync(this.#fetched, { throwIfNoEntry: false })?.size ?? 0, fault }
  }

  sticks(): readonly StickBackup[] | undefined {
    const { sticksDir } = this.#deps
    if (sticksDir === undefined) return undefined
    const names = namesIn(sticksDir).flatMap((stick) =>
      STICK_FOLDERS.flatMap((folder) =>
        namesIn(join(sticksDir, stick, folder)).map((name) => join(stick, folder, name)),
      ),
    )
    return newestFirst(names).flatMap((name) => {
      const stat = orNothing(() => statSync(join(sticksDir, name)))
      return stat?.isFile() === true ? [{ name, octets: stat.size, at: madeAtOf(name) ?? stat.mtimeMs }] : []
    })
  }

  takeStick(name: string): Result<void, Fault> {
    if (!this.#isFree()) return err({ type: 'RestoreElsewhere' })
    // Only what was shown: a name may lead anywhere.
    if (this.sticks()?.some((each) => each.name === name) !== true) return err({ type: 'RestoreElsewhere' })
    this.forget()
    this.#file = join(this.#deps.sticksDir!, name)
    this.#state = { is: 'here' }
    return ok()
  }

  async receive(contentType: string, body: AsyncIterable<Uint8Array>): Promise<Result<void, Fault>> {
    if (!this.#isFree()) {
      for await (const _ of body) continue
      return err({ type: 'RestoreElsewhere' })
    }
    const signal = this.#come()
    const came = await this.#write(sentFile(body, contentType), signal)
    return this.#arrived(came, signal)
  }

  async look(storage: Storage): Promise<Result<void, Fault>> {
    if (!this.#isFree()) return err({ type: 'RestoreElsewhere' })
    const store = storeOf(this.#deps.storeAt, storage)
    const found = await listStorage(store, storage.place, AbortSignal.timeout(LIST_WITHIN_MS))
    if (!found.ok) return found
    if (!this.#isFree()) return err({ type: 'RestoreElsewhere' })
    this.forget()
    this.#storage = storage
    this.#state = { is: 'listed', place: storage.place, names: found.value }
    return ok()
  }

  fetch(name: string): Result<void, Fault> {
    const storage = this.#storage
    if (this.#state.is !== 'listed' || !storage || !this.#state.names.includes(name))
      return err({ type: 'RestoreElsewhere' })
    const listed = this.#state
    const signal = this.#come()
    void fetchBackup(storeOf(this.#deps.storeAt, storage), name, this.#fetched, signal).then((came) => {
      const isWanted = !signal.aborted
      this.#arrived(came, signal)
      // Another of them may do.
      if (!came.ok && isWanted) [this.#state, this.#storage] = [listed, storage]
    })
    return ok()
  }

  open(passphrase: string): Result<void, Fault> {
    if (this.#state.is !== 'here') return err({ type: 'RestoreElsewhere' })
    this.#state = { is: 'opening' }
    this.#fault = undefined
    const { folder, log } = this.#deps
    const url = new URL(`./unpack-thread${extname(import.meta.url)}`, import.meta.url)
    const workerData: UnpackOrder = { file: this.#file, dir: folder.dir, passphrase }
    const worker = new Worker(url, { name: 'unpack', workerData })
    worker.unref()
    const { signal } = this.#abort
    signal.addEventListener('abort', () => void worker.terminate().then(() => this.#forgetFiles()))
    worker.once('message', (unpacked: Unpacked) => {
      if (!signal.aborted) this.#opened(unpacked)
    })
    worker.once('error', (error) => {
      log.error('a backup could not be unpacked', { error })
      if (!signal.aborted) this.#opened(err({ type: 'FileUnreadable', file: this.#file, cause: String(error) }))
    })
    return ok()
  }

  begin(): Result<void, Fault> {
    const { folder, anyone, log, onBegun } = this.#deps
    if (this.#state.is !== 'ready' || anyone()) return err({ type: 'RestoreElsewhere' })
    const { hostName, createdAt } = this.#state.manifest
    layReady(folder, { replaces: false })
    this.#state = { is: 'begun' }
    log.info('the box ends, to start as the restored one', { hostName, createdAt })
    setTimeout(onBegun, ANSWERED_WITHIN_MS)
    return ok()
  }

  forget(): void {
    if (this.#state.is === 'begun') return
    this.#abort.abort()
    this.#abort = new AbortController()
    ;[this.#state, this.#fault, this.#file, this.#storage] = [{ is: 'none' }, undefined, '', undefined]
    this.#forgetFiles()
  }

  #forgetFiles(): void {
    if (this.#state.is === 'none') forgetUndecided(this.#deps.folder)
  }

  /** Nothing is under way that another beginning would spoil. */
  #isFree(): boolean {
    return !['coming', 'opening', 'begun'].includes(this.#state.is)
  }

  #come(): AbortSignal {
    this.forget()
    this.#state = { is: 'coming' }
    mkdirSync(fetchedDir(this.#deps.folder), { mode: 0o700 })
    return this.#abort.signal
  }

  #arrived(came: Result<void, Fault>, signal: AbortSignal): Result<void, Fault> {
    if (signal.aborted) return err({ type: 'RestoreElsewhere' })
    if (came.ok) {
      this.#file = this.#fetched
      this.#state = { is: 'here' }
      return came
    }
    this.forget()
    this.#fault = came.error
    return came
  }

  #opened(unpacked: Unpacked): void {
    if (unpacked.ok) {
      this.#state = { is: 'ready', manifest: unpacked.value }
      return
    }
    this.#state = { is: 'here' }
    this.#fault = unpacked.error
  }

  async #write(sent: AsyncGenerator<Uint8Array, boolean>, signal: AbortSignal): Promise<Result<void, Fault>> {
    const { dir } = this.#deps.folder
    let [isWhole, isFull, octets, lookedAt] = [false, false, 0, -ROOM_LOOK_OCTETS]
    const pieces = async function* () {
      for (;;) {
        const next = await sent.next()
        if (next.done === true) return void (isWhole = next.value)
        if (octets - lookedAt >= ROOM_LOOK_OCTETS) {
          lookedAt = octets
          isFull ||= freeOctets(dir) < FREE_OCTETS_MIN + ROOM_LOOK_OCTETS
        }
        octets += next.value.length
        // What has no room is taken to its end and dropped: a browser reads no answer before it has sent all.
        if (!isFull) yield next.value
      }
    }
    try {
      await pipeline(pieces(), createWriteStream(this.#fetched, { flags: 'wx', mode: 0o600 }), { signal })
      if (isFull) return err({ type: 'RestoreNoRoom', dir })
      return isWhole && octets > 0 ? ok() : err({ type: 'UploadEmpty' })
    } catch (error) {
      const isDisk = (error as NodeJS.ErrnoException).code === 'ENOSPC'
      return err(isDisk ? { type: 'RestoreNoRoom', dir } : { type: 'UploadEmpty' })
    }
  }
}

/** A stick may be pulled out at any moment, and may hold anything. */
const orNothing = <T>(read: () => T): T | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}

const namesIn = (dir: string): readonly string[] => orNothing(() => readdirSync(dir)) ?? []

const freeOctets = (dir: string): number => {
  const { bavail, bsize } = statfsSync(dir)
  return bavail * bsize
}
