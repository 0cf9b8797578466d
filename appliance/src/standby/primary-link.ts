/** The primary's side of one conversation with its standby: no socket, no file, no clock of its own. */
import { hash } from 'node:crypto'
import { dbNames, type DbName, type Message, type Say, type ShipNews, type ShipOrder } from './messages.ts'

/** Pages whose hashes the standby sends at once, and of which the different ones come back: eight megabytes at most. */
export const HASHED_PAGES = 2048
export const HASH_OCTETS = 16

export const pageHash = (page: Uint8Array): Buffer => hash('sha256', page, 'buffer').subarray(0, HASH_OCTETS)

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
}

/** `filling`: it gets another copy. `nearing`: it has one, and what it lacks is on its way, up to `target`. */
type Phase = 'asked' | 'filling' | 'nearing' | 'gating' | 'gated'
type Stream = { phase: Phase; sent: number; acked: number; target: number }

export class PrimaryLink {
  readonly #deps: PrimaryLinkDeps
  readonly #streams: Record<DbName, Stream>
  #expected = 0

  constructor(deps: PrimaryLinkDeps) {
    this.#deps = deps
    const fresh = (): Stream => ({ phase: 'asked', sent: 0, acked: 0, target: Infinity })
    this.#streams = { site: fresh(), sessions: fresh() }
  }

  /** Whether the standby has not said yet that it has everything it was given. */
  get isOwed(): boolean {
    return dbNames.some((db) => this.#streams[db].sent > this.#streams[db].acked)
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
        this.#gate(message.db)
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
    const { say, number, files } = this.#deps
    const stream = this.#streams[db]
    if (news.link !== number) return
    if (news.kind === 'run') {
      const { octets, ...run } = news.run
      stream.sent = news.seq
      say({ kind: 'run', db, seq: news.seq, ...run }, octets)
    } else if (news.kind === 'following') {
      stream.phase = news.resumed ? 'nearing' : 'filling'
      if (news.resumed) this.#order(db, { kind: 'mark' })
      else say({ kind: 'base', db, pageOctets: files[db].pageOctets() })
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
    this.#order(db, { kind: 'acked', seq })
    if (stream.phase === 'nearing' && stream.acked >= stream.target) this.#gate(db)
  }

  #gate(db: DbName): void {
    const stream = this.#streams[db]
    if (stream.phase !== 'nearing' && stream.phase !== 'filling') return
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
    const file = this.#deps.files[db]
    const size = file.pageOctets()
    const octets = file.read(first, HASHED_PAGES, size)
    const list: number[] = []
    const pages: Buffer[] = []
    for (let at = 0; at * size < octets.length; at++) {
      const page = octets.subarray(at * size, (at + 1) * size)
      const theirs = hashes.subarray(at * HASH_OCTETS, (at + 1) * HASH_OCTETS)
      if (pageHash(page).equals(theirs)) continue
      list.push(first + at)
      pages.push(page)
    }
    const isLast = octets.length < HASHED_PAGES * size
    const more = isLast ? { octets: file.octets() } : { next: first + HASHED_PAGES }
    this.#deps.say({ kind: 'pages', db, list, ...more }, Buffer.concat(pages))
    if (isLast) this.#order(db, { kind: 'mark' })
    return true
  }
}

type WithoutLink<O> = O extends unknown ? Omit<O, 'link'> : never
type ShipOrderWithoutLink = WithoutLink<ShipOrder>
