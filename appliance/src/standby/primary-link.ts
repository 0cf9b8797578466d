/** The primary's side of one conversation with its standby: no socket, no file, no clock of its own. */
import { hash } from 'node:crypto'
import { dbNames, type DbName, type Message, type Say, type ShipNews, type ShipOrder } from './messages.ts'

/** Pages whose hashes the standby sends at once, and of which the different ones come back: eight megabytes at most. */
export const HASHED_PAGES = 2048
export const HASH_OCTETS = 16

export const pageHash = (page: Uint8Array): Buffer => hash('sha256', page, 'buffer').subarray(0, HASH_OCTETS)

/** Nobody is kept waiting for longer by a standby that does not answer. */
export const OWED_MS_MAX = 2000
/** While it catches up nobody waits: it only has to get on. */
const NO_PROGRESS_MS_MAX = 10_000
const SETTLED_MS = 500
/** What it still lacks when answers begin to wait for it, unless it never gets nearer. */
const NEAR_OCTETS = 4 * 1024 * 1024
const ROUNDS_MAX = 20

/** A database's file as it lies there, without SQLite. */
export type PageFile = {
  readonly octets: () => number
  readonly pageOctets: () => number
  /** Pages from `first` (1) on; fewer where the file ends. */
  readonly read: (first: number, count: number, pageOctets: number) => Buffer
}

export type PrimaryLinkDeps = {
  readonly number: number
  readonly say: Say
  readonly order: (db: DbName, order: ShipOrder) => void
  readonly files: Readonly<Record<DbName, PageFile>>
  readonly inSync: () => void
  readonly monotonicMs: () => number
  readonly pagesAtOnce: number
}

/** `filling`: it gets another copy. `nearing`: it has one, and what it lacks is on its way, up to `target`. */
type Phase = 'asked' | 'filling' | 'nearing' | 'gating' | 'gated'
type Stream = {
  phase: Phase
  sent: number
  acked: number
  target: number
  /** What it was given and has not acknowledged, the oldest first. */
  readonly owed: { readonly seq: number; readonly atMs: number; readonly octets: number }[]
  /** How often it was looked whether it is near enough. */
  rounds: number
}

export class PrimaryLink {
  readonly #deps: PrimaryLinkDeps
  readonly #streams: Record<DbName, Stream>
  #expected = 0
  #isSettled = false
  #progressMs = 0

  constructor(deps: PrimaryLinkDeps) {
    this.#deps = deps
    const fresh = (): Stream => ({ phase: 'asked', sent: 0, acked: 0, target: Infinity, owed: [], rounds: 0 })
    this.#streams = { site: fresh(), sessions: fresh() }
  }

  /** False: it has kept others waiting for too long, or come no further for too long. */
  get isInTime(): boolean {
    const { isSettled, owedMs } = this
    if (!isSettled) return this.#deps.monotonicMs() - this.#progressMs < NO_PROGRESS_MS_MAX || owedMs === 0
    return owedMs < OWED_MS_MAX
  }

  /** Once it is in step, and has caught up with what came before it was. */
  get isSettled(): boolean {
    this.#isSettled ||= dbNames.every((db) => this.#streams[db].phase === 'gated') && this.owedMs < SETTLED_MS
    return this.#isSettled
  }

  /** For how long the standby has owed its word that it has what it was given; 0 where it owes none. */
  get owedMs(): number {
    const since = dbNames.map((db) => this.#streams[db].owed[0]?.atMs ?? Infinity)
    return Math.max(0, this.#deps.monotonicMs() - Math.min(...since))
  }

  ping(): void {
    this.#deps.say({ kind: 'ping' })
  }

  /** False: nothing that this standby says can be relied on, and the conversation is over. */
  hear(message: Message, body: Buffer): boolean {
    if (message.n !== this.#expected) return false
    this.#expected += 1
    switch (message.kind) {
      case 'follow':
        for (const db of dbNames) this.#order(db, { kind: 'follow', after: message.positions[db] })
        return true
      case 'hashes':
        return this.#compare(message.db, message.first, body)
      case 'whole':
        this.#streams[message.db].phase = 'nearing'
        this.#order(message.db, { kind: 'mark' })
        return true
      case 'ack':
        this.#acked(message.db, message.seq)
        return true
      default:
        return message.kind === 'pong'
    }
  }

  /** From the thread that writes this database. */
  tell(db: DbName, news: ShipNews): void {
    const { say, number, files, pagesAtOnce } = this.#deps
    const stream = this.#streams[db]
    if (news.link !== number) return
    if (news.kind === 'run') {
      const { octets, ...run } = news.run
      stream.sent = news.seq
      if (this.owedMs === 0) this.#progressMs = this.#deps.monotonicMs()
      stream.owed.push({ seq: news.seq, atMs: this.#deps.monotonicMs(), octets: octets.length })
      say({ kind: 'run', db, seq: news.seq, ...run }, octets)
    } else if (news.kind === 'following') {
      stream.phase = news.resumed ? 'nearing' : 'filling'
      if (news.resumed) this.#order(db, { kind: 'mark' })
      else say({ kind: 'base', db, pageOctets: files[db].pageOctets(), pagesAtOnce })
    } else if (news.kind === 'marked') {
      stream.target = stream.sent
      if (stream.phase === 'filling') say({ kind: 'base-end', db })
      else this.#acked(db, stream.acked)
    } else this.#gated(stream)
  }

  #order(db: DbName, order: ShipOrderWithoutLink): void {
    this.#deps.order(db, { ...order, link: this.#deps.number })
  }

  #acked(db: DbName, seq: number): void {
    const stream = this.#streams[db]
    stream.acked = Math.max(stream.acked, seq)
    this.#progressMs = this.#deps.monotonicMs()
    while (stream.owed[0] !== undefined && stream.owed[0].seq <= seq) stream.owed.shift()
    this.#order(db, { kind: 'acked', seq })
    if (stream.phase !== 'nearing' || stream.acked < stream.target) return
    const octets = stream.owed.reduce((sum, one) => sum + one.octets, 0)
    stream.rounds += 1
    stream.target = Infinity
    if (octets > NEAR_OCTETS && stream.rounds < ROUNDS_MAX) this.#order(db, { kind: 'mark' })
    else this.#gate(db)
  }

  #gate(db: DbName): void {
    const stream = this.#streams[db]
    stream.phase = 'gating'
    this.#order(db, { kind: 'gate' })
  }

  #gated(stream: Stream): void {
    stream.phase = 'gated'
    if (dbNames.some((db) => this.#streams[db].phase !== 'gated')) return
    this.#deps.say({ kind: 'in-sync' })
    this.#deps.inSync()
  }

  /** What differs is read from the file as it is now: whatever changes there meanwhile was handed over as a run before. */
  #compare(db: DbName, first: number, hashes: Buffer): boolean {
    if (this.#streams[db].phase !== 'filling') return false
    const { pagesAtOnce } = this.#deps
    const file = this.#deps.files[db]
    const size = file.pageOctets()
    const octets = file.read(first, pagesAtOnce, size)
    const list: number[] = []
    const pages: Buffer[] = []
    for (let at = 0; at * size < octets.length; at++) {
      const page = octets.subarray(at * size, (at + 1) * size)
      const theirs = hashes.subarray(at * HASH_OCTETS, (at + 1) * HASH_OCTETS)
      if (pageHash(page).equals(theirs)) continue
      list.push(first + at)
      pages.push(page)
    }
    const isLast = octets.length < pagesAtOnce * size
    const more = isLast ? { octets: file.octets() } : { next: first + pagesAtOnce }
    this.#deps.say({ kind: 'pages', db, list, ...more }, Buffer.concat(pages))
    if (isLast) this.#order(db, { kind: 'mark' })
    return true
  }
}

type WithoutLink<O> = O extends unknown ? Omit<O, 'link'> : never
type ShipOrderWithoutLink = WithoutLink<ShipOrder>
