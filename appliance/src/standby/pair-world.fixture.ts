/** A pair of boxes in one process: real databases and files, messages in queues, and everything that can go wrong, from one seed. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  truncateSync,
  fstatSync,
} from 'node:fs'
import { join } from 'node:path'
import { orThrow, type Random } from '@lango/kernel'
import { openRaw, type RawDatabase } from '@lango/kernel/db'
import { dbNames, type DbName, type Message, type Said, type ShipNews, type ShipOrder } from './messages.ts'
import { PrimaryLink, type PageFile } from './primary-link.ts'
import { Replica } from './replica.ts'
import { Shipper } from './shipper.ts'
import { StandbyLink } from './standby-link.ts'

/** What a database holds, and the transaction that left it so. */
export type Content = { readonly no: number; readonly rows: number; readonly sum: number }

export const contentOf = (raw: RawDatabase): Content => {
  const no = raw.prepare<[], number>('SELECT no FROM state').pluck().get() ?? 0
  return {
    no,
    ...raw
      .prepare<[], Omit<Content, 'no'>>('SELECT count(*) rows, coalesce(sum(value * length(filler)), 0) sum FROM t')
      .get()!,
  }
}

const pageFile = (file: string): PageFile => {
  const handle = openSync(file, 'r')
  return {
    octets: () => fstatSync(handle).size,
    pageOctets: () => 4096,
    read(first, count, size) {
      const octets = Buffer.alloc(count * size)
      return octets.subarray(0, readSync(handle, octets, 0, octets.length, (first - 1) * size))
    },
  }
}

type Letter = { readonly message: Message; readonly body: Buffer }
type Store = { raw: RawDatabase; shipper: Shipper; file: PageFile }

export class PairWorld {
  readonly #dir: string
  readonly #random: Random
  #life = 0
  readonly stores = {} as Record<DbName, Store>
  replicas!: Record<DbName, Replica>
  #primaryLink: PrimaryLink | undefined
  #standbyLink: StandbyLink | undefined
  #links = 0
  #toPrimary: Letter[] = []
  #toStandby: Letter[] = []
  #orders: [DbName, ShipOrder][] = []
  #news: [DbName, ShipNews][] = []
  /** Of each log: which file, and how far it is on the disk. */
  readonly #synced = new Map<string, { readonly file: number; readonly octets: number }>()
  readonly history: Record<DbName, Content[]> = { site: [], sessions: [] }
  /** The last transaction that was acknowledged: while the standby was waited for, and at all. */
  readonly safe: Record<DbName, number> = { site: 0, sessions: 0 }
  readonly acknowledged: Record<DbName, number> = { site: 0, sessions: 0 }
  #isGated: Record<DbName, boolean> = { site: false, sessions: false }
  /** What the standby says of itself. */
  isInSync = false
  syncs = 0

  constructor(dir: string, random: Random) {
    this.#dir = dir
    this.#random = random
    this.#openPrimary((db) => this.#file(db))
    for (const db of dbNames) {
      const { raw } = this.stores[db]
      raw.exec('CREATE TABLE state (no INTEGER); CREATE TABLE t (id INTEGER PRIMARY KEY, value INTEGER, filler BLOB)')
      raw.exec('CREATE INDEX by_value ON t (value); INSERT INTO state VALUES (0)')
      this.history[db].push(contentOf(raw))
    }
    this.#openStandby()
  }

  /** False where it was rolled back. */
  commit(db: DbName): boolean {
    const { raw, shipper } = this.stores[db]
    const { below } = this.#random
    raw.exec('BEGIN IMMEDIATE')
    const insert = raw.prepare('INSERT INTO t (value, filler) VALUES (?, ?)')
    for (let left = below(30); left >= 0; left--) insert.run(below(1_000_000), Buffer.alloc(below(3000)))
    if (below(3) === 0) raw.prepare('UPDATE t SET value = value + 1 WHERE id % 7 = ?').run(below(7))
    if (below(4) === 0) raw.prepare('DELETE FROM t WHERE id % 2 = ?').run(below(2))
    raw.exec('UPDATE state SET no = no + 1')
    if (below(10) === 0) {
      raw.exec('ROLLBACK')
      return false
    }
    raw.exec('COMMIT')
    if (below(40) === 0) raw.exec('VACUUM')
    const content = contentOf(raw)
    this.history[db].push(content)
    // As housekeeping does: nobody waits for it, and it is shipped later.
    if (below(3) === 0) return true
    const isSafe = this.#isGated[db]
    shipper.whenSafe(() => {
      this.acknowledged[db] = Math.max(this.acknowledged[db], content.no)
      // Released because nobody follows any more: the standby was not waited for.
      if (isSafe && this.#isGated[db]) this.safe[db] = Math.max(this.safe[db], content.no)
    })
    return true
  }

  /** As a timer does it. */
  ship(): void {
    for (const db of dbNames) this.stores[db].shipper.ship()
  }

  connect(): void {
    this.disconnect()
    this.#links += 1
    let [n, m] = [0, 0]
    this.#primaryLink = new PrimaryLink({
      number: this.#links,
      say: (said, body) => void this.#toStandby.push(letterOf(said, n++, body)),
      order: (db, order) => void this.#orders.push([db, order]),
      files: { site: this.stores.site.file, sessions: this.stores.sessions.file },
      inSync: () => undefined,
      monotonicMs: () => 0,
      pagesAtOnce: 16,
    })
    this.#standbyLink = new StandbyLink({
      replicas: this.replicas,
      say: (said, body) => void this.#toPrimary.push(letterOf(said, m++, body)),
      onFiles: () => true,
      sync(copy, done) {
        copy.sync()
        done()
      },
      onInSync: () => {
        this.isInSync = true
        this.syncs += 1
      },
    })
    this.#standbyLink.begin()
  }

  /** Both see it: that one sees it later is a matter of time, which is another test's. */
  disconnect(): void {
    this.#primaryLink = undefined
    this.#standbyLink?.close()
    this.#standbyLink = undefined
    this.#toPrimary = []
    this.#toStandby = []
    this.isInSync = false
    this.#orders = []
    for (const db of dbNames) {
      this.#isGated[db] = false
      this.stores[db].shipper.leave()
    }
  }

  /** One message goes one step further; true where there was one. */
  step(): boolean {
    const ways = [
      () => this.#orderStep(),
      () => this.#newsStep(),
      () => this.#primaryHears(),
      () => this.#standbyHears(),
      () => this.#standbyFlushes(),
    ]
    const first = this.#random.below(ways.length)
    return [...ways.slice(first), ...ways.slice(0, first)].some((way) => way())
  }

  settle(): void {
    for (;;) if (!this.step()) break
  }

  /** Lost, told twice, or overtaken by the next. */
  disturb(): void {
    const queue = this.#random.below(2) === 0 ? this.#toPrimary : this.#toStandby
    if (queue.length === 0) return
    const at = this.#random.below(queue.length)
    const kind = this.#random.below(3)
    if (kind === 0) queue.splice(at, 1)
    else if (kind === 1) queue.splice(at, 0, queue[at]!)
    else queue.push(...queue.splice(at, 1))
  }

  /** kill -9: what is in the files is there, and nobody has closed anything. */
  crashPrimary(): void {
    this.disconnect()
    const before = { ...this.stores }
    this.#life += 1
    mkdirSync(join(this.#dir, `${this.#life}`))
    this.#openPrimary(
      (db) => this.#file(db),
      (db) => before[db].raw.name,
    )
    for (const db of dbNames) before[db].raw.close()
  }

  restartPrimary(): void {
    this.disconnect()
    for (const db of dbNames) this.stores[db].raw.close()
    this.#openPrimary((db) => this.#file(db))
  }

  /** Of what was not synced, any part may be there, and its end be something else. */
  crashStandby(): void {
    this.disconnect()
    for (const [file, { octets }] of this.#synced) {
      if (!existsSync(file) || statSync(file).size <= octets) continue
      truncateSync(file, octets + this.#random.below(statSync(file).size - octets + 1))
    }
    this.#openStandby()
  }

  /** What a take-over would find, from a copy of the standby's files. */
  takeOver(db: DbName): RawDatabase | undefined {
    const from = join(this.#dir, 'standby', db)
    const to = join(this.#dir, `taken-${this.#random.bytes(6).toString('hex')}`)
    cpSync(from, to, { recursive: true })
    const replica = new Replica(to)
    if (!replica.isWhole) return undefined
    replica.release(`${to}.db`)
    return orThrow(openRaw({ file: `${to}.db` }))
  }

  #file(db: DbName): string {
    return join(this.#dir, this.#life === 0 ? '' : `${this.#life}`, `${db}.db`)
  }

  #openPrimary(fileOf: (db: DbName) => string, copiedFrom?: (db: DbName) => string): void {
    for (const db of dbNames) {
      const file = fileOf(db)
      for (const suffix of copiedFrom ? ['', '-wal'] : [])
        if (existsSync(`${copiedFrom!(db)}${suffix}`)) copyFileSync(`${copiedFrom!(db)}${suffix}`, `${file}${suffix}`)
      const raw = orThrow(openRaw({ file, walPagesBeforeCheckpoint: 60 }))
      raw.pragma('synchronous = OFF')
      raw.prepare('SELECT 1 FROM sqlite_schema').get()
      const post = (news: ShipNews): void => void this.#news.push([db, news])
      const shipper = new Shipper({ raw, file, checkpointPages: 60, runFrames: 10, post })
      this.stores[db] = { raw, shipper, file: pageFile(file) }
    }
    this.#news = []
  }

  #openStandby(): void {
    const open = (db: DbName): Replica => new Replica(join(this.#dir, 'standby', db))
    mkdirSync(join(this.#dir, 'standby'), { recursive: true })
    this.replicas = { site: open('site'), sessions: open('sessions') }
    this.#synced.clear()
  }

  #orderStep(): boolean {
    const next = this.#orders.shift()
    if (!next) return false
    const [db, order] = next
    this.stores[db].shipper.order(order)
    if (order.kind === 'gate') this.#isGated[db] = true
    return true
  }

  #newsStep(): boolean {
    const next = this.#news.shift()
    if (next) this.#primaryLink?.tell(...next)
    return next !== undefined
  }

  #primaryHears(): boolean {
    const letter = this.#toPrimary.shift()
    if (letter && this.#primaryLink?.hear(letter.message, letter.body) === false) this.disconnect()
    return letter !== undefined
  }

  #standbyHears(): boolean {
    const letter = this.#toStandby.shift()
    if (!letter) return false
    if (this.#standbyLink?.hear(letter.message, letter.body) === false) this.disconnect()
    // A log that begins anew is on the disk before it has its name.
    for (const db of dbNames) this.#noteSynced(db, (file, before) => file !== before)
    return true
  }

  /** True where something was acknowledged by it. */
  #standbyFlushes(): boolean {
    const before = this.#toPrimary.length
    this.#standbyLink?.flush()
    const hasSynced = this.#toPrimary.length > before
    for (const db of dbNames) this.#noteSynced(db, () => hasSynced)
    return hasSynced
  }

  #noteSynced(db: DbName, isSynced: (file: number, before: number | undefined) => boolean): void {
    const dir = join(this.#dir, 'standby', db)
    for (const no of readdirSync(dir)) {
      const wal = join(dir, no, 'wal')
      const found = statSync(wal, { throwIfNoEntry: false })
      if (found && isSynced(found.ino, this.#synced.get(wal)?.file))
        this.#synced.set(wal, { file: found.ino, octets: found.size })
    }
  }
}

const letterOf = (said: Said, n: number, body: Uint8Array = Buffer.alloc(0)): Letter => ({
  message: { ...said, n },
  body: Buffer.from(body),
})
