/** The standby's side of one conversation with its primary: stores what comes, and says so when it is on the disk. */
import { dbNames, type DbName, type Message, type Say } from './messages.ts'
import { pageHash } from './primary-link.ts'
import type { Copy, Replica } from './replica.ts'

export type StandbyLinkDeps = {
  readonly replicas: Readonly<Record<DbName, Replica>>
  readonly say: Say
  /** Keys and certificates, sealed; false where they cannot be opened. */
  readonly onFiles: (sealed: Buffer) => boolean
  readonly onInSync: () => void
  /** Brings what this copy has got to the disk, and calls `done`; not at all where the disk has failed. */
  readonly sync: (copy: Copy, done: () => void) => void
}

export class StandbyLink {
  readonly #deps: StandbyLinkDeps
  readonly #unsynced = new Map<DbName, number>()
  readonly #base: Partial<Record<DbName, Extract<Message, { kind: 'base' }>>> = {}
  #expected = 0
  #syncing = 0
  #isClosed = false

  constructor(deps: StandbyLinkDeps) {
    this.#deps = deps
  }

  begin(): void {
    const { site, sessions } = this.#deps.replicas
    this.#deps.say({ kind: 'follow', positions: { site: site.position, sessions: sessions.position } })
  }

  /** False: something is missing or damaged, and the conversation has to begin anew. Call `flush` when there is no more. */
  hear(message: Message, body: Buffer): boolean {
    if (message.n !== this.#expected) return false
    this.#expected += 1
    if (message.kind === 'run') return this.#append(message, body)
    if (message.kind === 'pages') return this.#fill(message, body)
    if (message.kind === 'files') return this.#deps.onFiles(body)
    if (message.kind === 'base') {
      this.#base[message.db] = message
      this.#deps.replicas[message.db].beginBase()
      this.#hash(message.db, 1)
    } else if (message.kind === 'base-end') {
      this.#deps.replicas[message.db].endBase()
      this.#deps.say({ kind: 'whole', db: message.db })
    } else if (message.kind === 'in-sync') {
      this.#deps.onInSync()
    } else if (message.kind === 'ping') {
      this.#deps.say({ kind: 'pong' })
    } else return false
    return true
  }

  /** Brings what was stored to the disk, once for all that came together, and only then acknowledges it. */
  flush(): void {
    if (this.#syncing > 0) return
    const taken = [...this.#unsynced]
    this.#unsynced.clear()
    this.#syncing = taken.length
    for (const [db, seq] of taken) {
      this.#deps.sync(this.#deps.replicas[db].filling!, () => {
        if (this.#isClosed) return
        this.#deps.say({ kind: 'ack', db, seq })
        this.#syncing -= 1
        // What came meanwhile is the next.
        if (this.#syncing === 0 && this.#unsynced.size > 0) this.flush()
      })
    }
  }

  /** The conversation is over. */
  close(): void {
    this.#isClosed = true
    for (const db of dbNames) this.#deps.replicas[db].dropBase()
  }

  #append(run: Extract<Message, { kind: 'run' }>, body: Buffer): boolean {
    const copy = this.#deps.replicas[run.db].filling
    const octets = new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.byteLength)
    if (copy?.append({ ...run, octets }) !== 'stored') return false
    this.#unsynced.set(run.db, run.seq)
    return true
  }

  #hash(db: DbName, first: number): void {
    const { pageOctets: size, pagesAtOnce } = this.#base[db]!
    const octets = this.#deps.replicas[db].filling!.readPages(first, pagesAtOnce, size)
    const hashes: Buffer[] = []
    for (let at = 0; at + size <= octets.length; at += size) hashes.push(pageHash(octets.subarray(at, at + size)))
    this.#deps.say({ kind: 'hashes', db, first }, Buffer.concat(hashes))
  }

  #fill({ db, list, next, octets }: Extract<Message, { kind: 'pages' }>, body: Buffer): boolean {
    const { pageOctets: size = 0 } = this.#base[db] ?? {}
    const copy = this.#deps.replicas[db].filling
    if (!copy || size === 0 || list.length * size !== body.length) return false
    for (const [at, page] of list.entries()) copy.writePage(page, body.subarray(at * size, (at + 1) * size))
    if (octets !== undefined) copy.truncate(octets)
    if (next !== undefined) this.#hash(db, next)
    return true
  }
}
