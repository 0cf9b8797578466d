/**
 * The standby's copy of one database: the file as it once was, and the write-ahead log since. Each copy that was begun
 * anew lies in a folder of its own, and a small file says which one counts: the old one does until the new one is whole.
 */
import {
  closeSync,
  copyFileSync,
  constants,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import {
  FRAME_HEADER_OCTETS,
  frameAt,
  frameOctets,
  readFrame,
  readWalHeader,
  sumText,
  WAL_HEADER_OCTETS,
  type Frame,
  type WalHeader,
  type WalPosition,
  type WalSum,
} from './wal.ts'
import { syncFolder, writeDurably } from '@lango/kernel'
import type { WalRun } from './wal-tap.ts'

/** `stored`: it is in the log, though not on the disk before `sync`. */
export type Appended = 'stored' | 'gap' | 'damaged'

/** A database file and a log that is checked as it grows. */
export class Copy {
  readonly #db: number
  readonly #walFile: string
  readonly #dir: string
  #wal: number
  readonly #syncing = new Set<number>()
  #isClosed = false
  #header: WalHeader | undefined
  /** Frames that stand in the log, and those of them up to the end of the last transaction. */
  #end: { frames: number; sum: WalSum } = { frames: 0, sum: [0, 0] }
  #committed = this.#end
  #pagesAfter = 0
  /** The last frame of each page, of transactions that have ended, and of the one that has not. */
  readonly #latest = new Map<number, number>()
  #pending: (readonly [page: number, frame: number])[] = []

  constructor(dir: string) {
    this.#dir = dir
    this.#walFile = join(dir, 'wal')
    this.#db = openSync(join(dir, 'db'), constants.O_RDWR | constants.O_CREAT, 0o600)
    this.#wal = openSync(this.#walFile, constants.O_RDWR | constants.O_CREAT, 0o600)
    this.#scan()
  }

  get position(): WalPosition | undefined {
    const { frames, sum } = this.#committed
    return this.#header && frames > 0 ? { salt: this.#header.salt, frames, sum: sumText(sum) } : undefined
  }

  get octets(): number {
    return fstatSync(this.#db).size
  }

  /** What came after the last whole transaction is forgotten: it comes again. */
  rewind(): void {
    this.#end = this.#committed
    this.#pending = []
  }

  append({ salt, from, to, octets }: WalRun): Appended {
    const run = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
    if (from === 0) {
      if (this.#isKnown(salt, to)) return 'stored'
      return this.#begin(run)
    }
    if (this.#header?.salt !== salt || from > this.#end.frames) return 'gap'
    if (to <= this.#end.frames) return 'stored'
    return from < this.#end.frames ? 'gap' : this.#add(this.#header, run, 0)
  }

  sync(): void {
    fdatasyncSync(this.#wal)
  }

  /** As `sync`, beside what goes on: `done` is called when all that was stored up to now is on the disk. */
  syncBeside(done: (fault: Error | null) => void): void {
    const wal = this.#wal
    this.#syncing.add(wal)
    fdatasync(wal, (fault) => {
      this.#syncing.delete(wal)
      // A log that ended meanwhile: all of it is in the file, and on the disk.
      if (wal !== this.#wal || this.#isClosed) closeSync(wal)
      done(fault)
    })
  }

  readPages(first: number, count: number, pageOctets: number): Buffer {
    const octets = Buffer.alloc(count * pageOctets)
    return octets.subarray(0, readSync(this.#db, octets, 0, octets.length, (first - 1) * pageOctets))
  }

  writePage(page: number, octets: Uint8Array): void {
    writeSync(this.#db, octets, 0, octets.length, (page - 1) * octets.length)
  }

  /** As large as the file that it is a copy of. */
  truncate(octets: number): void {
    ftruncateSync(this.#db, octets)
  }

  /** Brings every whole transaction of the log into the file, and both to the disk. Once more does no harm. */
  apply(): void {
    const header = this.#header
    if (header && this.#committed.frames > 0) {
      const page = Buffer.alloc(header.pageOctets)
      for (const [number, frame] of [...this.#latest].toSorted(([a], [b]) => a - b)) {
        readSync(this.#wal, page, 0, page.length, frameAt(header, frame) + FRAME_HEADER_OCTETS)
        this.writePage(number, page)
      }
      ftruncateSync(this.#db, this.#pagesAfter * header.pageOctets)
    }
    fsyncSync(this.#db)
  }

  close(): void {
    this.#isClosed = true
    closeSync(this.#db)
    this.#closeWal()
  }

  #closeWal(): void {
    if (!this.#syncing.has(this.#wal)) closeSync(this.#wal)
  }

  #isKnown(salt: string, to: number): boolean {
    return this.#header?.salt === salt && to <= this.#end.frames
  }

  /** The log begins anew, or is had from its beginning: the one before is in the file first. */
  #begin(run: Buffer): Appended {
    const header = readWalHeader(run)
    if (header === undefined) return 'damaged'
    this.apply()
    const beside = openSync(`${this.#walFile}.new`, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o600)
    this.#closeWal()
    this.#wal = beside
    this.#forget(header)
    writeSync(this.#wal, run, 0, WAL_HEADER_OCTETS, 0)
    const added = this.#add(header, run, WAL_HEADER_OCTETS)
    // Only as a whole: until then the old log stands, all of which is in the file already.
    fdatasyncSync(this.#wal)
    renameSync(`${this.#walFile}.new`, this.#walFile)
    syncFolder(this.#dir)
    return added
  }

  #forget(header: WalHeader | undefined): void {
    this.#header = header
    this.#end = { frames: 0, sum: header?.sum ?? [0, 0] }
    this.#committed = this.#end
    this.#pagesAfter = 0
    this.#latest.clear()
    this.#pending = []
  }

  /** Checks every frame before the first is written. */
  #add(header: WalHeader, run: Buffer, start: number): Appended {
    const step = frameOctets(header)
    if ((run.length - start) % step !== 0) return 'damaged'
    const frames: Frame[] = []
    for (let at = start; at < run.length; at += step) {
      const frame = readFrame(header, frames.at(-1)?.sum ?? this.#end.sum, run.subarray(at, at + step))
      if (frame === undefined) return 'damaged'
      frames.push(frame)
    }
    // A disk that refuses it leaves what is known of the log as it was.
    writeSync(this.#wal, run, start, run.length - start, frameAt(header, this.#end.frames))
    for (const frame of frames) this.#take(frame)
    return 'stored'
  }

  #take(frame: Frame): void {
    this.#pending.push([frame.page, this.#end.frames])
    this.#end = { frames: this.#end.frames + 1, sum: frame.sum }
    if (frame.pagesAfter === 0) return
    for (const [page, at] of this.#pending) this.#latest.set(page, at)
    this.#pending = []
    this.#pagesAfter = frame.pagesAfter
    this.#committed = this.#end
  }

  /** What a crash has left of the log: up to the first frame that is not whole, and of that the whole transactions. */
  #scan(): void {
    const head = Buffer.alloc(WAL_HEADER_OCTETS)
    readSync(this.#wal, head, 0, head.length, 0)
    const header = readWalHeader(head)
    this.#forget(header)
    if (header === undefined) return
    const octets = Buffer.alloc(frameOctets(header))
    for (;;) {
      const read = readSync(this.#wal, octets, 0, octets.length, frameAt(header, this.#end.frames))
      const frame = read < octets.length ? undefined : readFrame(header, this.#end.sum, octets)
      if (frame === undefined) break
      this.#take(frame)
    }
    this.rewind()
  }
}

/** All that the standby has of one database. */
export class Replica {
  readonly #dir: string
  readonly #noteFile: string
  #no: number
  #copy: Copy | undefined
  #next: Copy | undefined

  /** `dir` is its own; what is not whole in it goes. */
  constructor(dir: string) {
    this.#dir = dir
    this.#noteFile = join(dir, 'current')
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    this.#no = existsSync(this.#noteFile) ? Number(readFileSync(this.#noteFile, 'utf8')) : 0
    const kept = new Set(['current', `${this.#no}`])
    for (const name of readdirSync(dir)) if (!kept.has(name)) rmSync(join(dir, name), { recursive: true })
    // It is not there where it was released, and the crash came before its folder went.
    if (this.#no > 0 && existsSync(join(this.#dirOf(this.#no), 'db'))) this.#copy = new Copy(this.#dirOf(this.#no))
  }

  /** Of the copy that is whole. */
  get position(): WalPosition | undefined {
    return this.#copy?.position
  }

  get isWhole(): boolean {
    return this.#copy !== undefined
  }

  /** When something was last written, epoch ms; 0 where there is nothing. */
  get writtenAt(): number {
    const wal = join(this.#dirOf(this.#no), 'wal')
    return Math.round(statSync(wal, { throwIfNoEntry: false })?.mtimeMs ?? 0)
  }

  /** What comes in goes there: the copy that is being filled, else the one that is whole. */
  get filling(): Copy | undefined {
    return this.#next ?? this.#copy
  }

  /** Another copy, from what is there already; what the link brings is for it from now on. */
  beginBase(): Copy {
    this.dropBase()
    const dir = this.#dirOf(this.#no + 1)
    mkdirSync(dir, { mode: 0o700 })
    if (this.#copy) {
      this.#copy.apply()
      copyFileSync(join(this.#dirOf(this.#no), 'db'), join(dir, 'db'), constants.COPYFILE_FICLONE)
    }
    this.#next = new Copy(dir)
    return this.#next
  }

  /** The copy that was filled is whole, and counts from now on. */
  endBase(): void {
    if (!this.#next) return
    this.#next.apply()
    this.#next.sync()
    syncFolder(this.#dirOf(this.#no + 1))
    syncFolder(this.#dir)
    writeDurably(this.#noteFile, `${this.#no + 1}`, 0o600)
    this.#copy?.close()
    rmSync(this.#dirOf(this.#no), { recursive: true, force: true })
    this.#no += 1
    this.#copy = this.#next
    this.#next = undefined
  }

  /** The link is gone: half a copy is worth nothing. */
  dropBase(): void {
    this.#copy?.rewind()
    if (!this.#next) return
    this.#next.close()
    this.#next = undefined
    rmSync(this.#dirOf(this.#no + 1), { recursive: true, force: true })
  }

  close(): void {
    this.dropBase()
    this.#copy?.close()
  }

  /** Moves the database, with everything in it, to `file`; a second call, after a crash, ends what the first began. */
  release(file: string): void {
    this.dropBase()
    if (!this.#copy) return
    this.#copy.apply()
    this.#copy.close()
    this.#copy = undefined
    for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
    renameSync(join(this.#dirOf(this.#no), 'db'), file)
    syncFolder(dirname(file))
  }

  #dirOf(no: number): string {
    return join(this.#dir, `${no}`)
  }
}
