/** A box as the standby of another: it keeps a warm copy and answers no router, until it is to take over. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { z } from 'zod'
import {
  err,
  every,
  FaultError,
  ok,
  orThrow,
  systemRandom,
  type Fault,
  type Log,
  type Result,
  writeDurably,
} from '@lango/kernel'
import { lockFolder, makeFolder, type DataFolder } from '../data-folder.ts'
import { serveRpc } from '../rpc/server.ts'
import { SCHEMA } from '../site.ts'
import { loadIdentity, type Identity } from './identity.ts'
import { startListener } from './listener.ts'
import { messageSchema, dbNames, type DbName, type Said } from './messages.ts'
import {
  forgetPair,
  pairDir,
  readPair,
  writePair,
  type LinkState,
  type Pair,
  type StandbyStatus,
} from './pair-state.ts'
import { Replica } from './replica.ts'
import { setAside } from './set-aside.ts'
import { FILES_PURPOSE, writeSiteFiles } from './site-files.ts'
import { StandbyLink } from './standby-link.ts'
import { isPrimaryGone } from './watcher.ts'
import { call, Decoder, encode, fingerprintOf, greet, PROTOCOL } from './wire.ts'

const CALL_AGAIN_MS = 1000
const LOOK_MS = 1000
/** Nothing was heard of the primary for so long: the connection is as good as none. */
const SILENT_MS_MAX = 2000

export type StandbyOptions = {
  readonly dir: string
  readonly listen: string
  readonly pairPort: number
  readonly log: Log
  /** Something failed that only a fresh process can mend. */
  readonly onFatal: (why: string, error: unknown) => void
}

export type StandbyOutcome = 'promoted' | 'left'

export type StandbyBox = {
  readonly port: number
  /** Resolves when this box is no standby any more: what it is then is on the disk. */
  readonly outcome: Promise<StandbyOutcome>
  readonly stop: () => Promise<void>
}

export type StandbyFault =
  | { readonly type: 'BoxIsStandby'; readonly primary: string }
  | { readonly type: 'CopyNotWhole' }
  /** The primary serves, and nobody said to take over all the same. */
  | { readonly type: 'PrimaryServes'; readonly name: string }

/** Finishes first what a crash has stopped: setting aside, or taking over. */
export const startStandby = async (options: StandbyOptions): Promise<Result<StandbyBox, Fault>> => {
  const made = makeFolder(options.dir)
  if (!made.ok) return made
  const folder = made.value
  const lock = lockFolder(folder)
  if (!lock.ok) return lock
  try {
    const box = new Standby(folder, options, await loadIdentity(folder, systemRandom()))
    await box.start()
    return ok({
      port: box.port,
      outcome: box.outcome,
      async stop() {
        await box.stop()
        lock.value.release()
      },
    })
  } catch (error) {
    lock.value.release()
    if (error instanceof FaultError) return err(error.fault)
    throw error
  }
}

const promoteSchema = z.object({ evenSo: z.boolean().default(false) })

class Standby {
  readonly #folder: DataFolder
  readonly #options: StandbyOptions
  readonly #identity: Identity
  readonly #outcome = Promise.withResolvers<StandbyOutcome>()
  readonly #stops: (() => unknown)[] = []
  #pair: Pair
  #replicas: Record<DbName, Replica> | undefined
  #link: { readonly socket: TLSSocket; readonly standby: StandbyLink } | undefined
  #linkState: LinkState = 'away'
  #since = Date.now()
  #heardMs = performance.now()
  #lostMs = performance.now()
  #isLooking = false
  #isOver = false
  port = 0

  constructor(folder: DataFolder, options: StandbyOptions, identity: Identity) {
    this.#folder = folder
    this.#options = options
    this.#identity = identity
    this.#pair = readPair(folder)!
  }

  get outcome(): Promise<StandbyOutcome> {
    return this.#outcome.promise
  }

  async start(): Promise<void> {
    const { listen, pairPort, log } = this.#options
    this.#replicas = { site: this.#openReplica('site'), sessions: this.#openReplica('sessions') }
    if (this.#pair.promoting) return this.#finishPromotion()
    const dir = setAside(this.#folder, Date.now())
    if (dir !== undefined) this.#write({ setAside: { at: Date.now(), dir } })
    // It ended while it had everything: that is as old as what it wrote last.
    if (this.#pair.completeUntil === undefined) this.#write({ completeUntil: this.#lastWrittenAt() })
    const listener = orThrow(
      await startListener({
        identity: this.#identity,
        listen,
        port: pairPort,
        known: () => this.#pair.peer.fingerprint,
        here: () => ({ reply: 'here', term: this.#pair.term, role: 'standby' }),
      }),
    )
    this.port = listener.port
    this.#stops.push(listener.stop)
    const rpc = await serveRpc({ socketFile: this.#folder.socketFile, handle: this.#handle(), log })
    this.#stops.push(() => rpc.close())
    this.#stops.push(every(LOOK_MS, () => void this.#look()))
    void this.#callPrimary()
  }

  async stop(): Promise<void> {
    this.#isOver = true
    this.#hangUp('the box stops')
    for (const stop of this.#stops.splice(0).toReversed()) await stop()
    for (const db of dbNames) this.#replicas?.[db].close()
    this.#replicas = undefined
  }

  #openReplica(db: DbName): Replica {
    mkdirSync(join(pairDir(this.#folder), 'replica'), { recursive: true, mode: 0o700 })
    return new Replica(join(pairDir(this.#folder), 'replica', db))
  }

  get #filesFile(): string {
    return join(pairDir(this.#folder), 'replica', 'files.sealed')
  }

  #lastWrittenAt(): number {
    return Math.max(...dbNames.map((db) => this.#replicas![db].writtenAt))
  }

  #write(change: Partial<Pair>): void {
    this.#pair = writePair(this.#folder, { ...this.#pair, ...change })
  }

  async #callPrimary(): Promise<void> {
    if (this.#isOver || this.#link) return
    const { peer, term } = this.#pair
    let socket: TLSSocket | undefined
    try {
      socket = await call(this.#identity, peer)
      if (fingerprintOf(socket) !== peer.fingerprint) throw new Error('another box answers there')
      const decoder = new Decoder()
      const sealTo = this.#identity.unsealer.publicKey
      const hello = { intent: 'follow', protocol: PROTOCOL, term, sealTo, schema: SCHEMA } as const
      const reply = await greet(socket, hello, decoder)
      if (reply.reply !== 'welcome') throw new Error(`it says no: ${reply.reply === 'no' ? reply.why : reply.reply}`)
      if (reply.term > term) this.#write({ term: reply.term })
      this.#follow(socket, decoder)
    } catch (error) {
      socket?.destroy()
      this.#options.log.debug('the primary does not answer', { error: String(error) })
      setTimeout(() => void this.#callPrimary(), CALL_AGAIN_MS).unref()
    }
  }

  #follow(socket: TLSSocket, decoder: Decoder): void {
    if (this.#isOver || !this.#replicas) return void socket.destroy()
    let n = 0
    const say = (said: Said, body?: Uint8Array): void => {
      for (const part of encode({ ...said, n: n++ }, body)) socket.write(part)
    }
    const standby = new StandbyLink({
      replicas: this.#replicas,
      say,
      sync: (copy, done) =>
        copy.syncBeside((fault) => (fault ? this.#options.onFatal('the disk fails', fault) : done())),
      onFiles: (sealed) => this.#keepFiles(sealed),
      onInSync: () => this.#inSync(),
    })
    this.#link = { socket, standby }
    this.#setState('catching-up')
    this.#heardMs = performance.now()
    decoder.trust()
    const hear = (): void => this.#hear(standby, decoder)
    socket.on('data', (piece: Buffer) => {
      decoder.push(piece)
      hear()
    })
    socket.on('error', () => undefined)
    socket.once('close', () => {
      if (this.#link?.socket === socket) this.#hangUp('the connection has ended')
    })
    standby.begin()
    socket.resume()
    hear()
  }

  #hear(standby: StandbyLink, decoder: Decoder): void {
    if (this.#link?.standby !== standby) return
    this.#heardMs = performance.now()
    try {
      for (let heard = decoder.next(); heard; heard = decoder.next()) {
        const message = messageSchema.parse(heard.head)
        if (!standby.hear(message, heard.body)) return this.#hangUp(`what came does not follow: ${message.kind}`)
      }
      standby.flush()
    } catch (error) {
      this.#hangUp(`what came cannot be kept: ${String(error)}`)
    }
  }

  #inSync(): void {
    const { completeUntil: _, ...kept } = this.#pair
    this.#pair = writePair(this.#folder, kept)
    this.#setState('in-sync')
    this.#options.log.info('this box has all that the primary has', { primary: this.#pair.peer.name })
  }

  #hangUp(why: string): void {
    const link = this.#link
    if (!link) return
    this.#link = undefined
    link.standby.close()
    link.socket.destroy()
    this.#lostMs = performance.now()
    if (this.#linkState === 'in-sync') this.#write({ completeUntil: Date.now() })
    this.#setState('away')
    this.#options.log.warn('the primary is lost', { why })
    if (!this.#isOver) setTimeout(() => void this.#callPrimary(), CALL_AGAIN_MS).unref()
  }

  #setState(state: LinkState): void {
    if (state !== this.#linkState) this.#since = Date.now()
    this.#linkState = state
  }

  #keepFiles(sealed: Buffer): boolean {
    if (this.#identity.unsealer.open(sealed, FILES_PURPOSE) === undefined) return false
    writeDurably(this.#filesFile, sealed, 0o600)
    return true
  }

  get #isWhole(): boolean {
    return existsSync(this.#filesFile) && dbNames.every((db) => this.#replicas?.[db].isWhole)
  }

  async #look(): Promise<void> {
    const now = performance.now()
    if (this.#link && now - this.#heardMs > SILENT_MS_MAX) this.#hangUp('it is silent')
    const { auto, peer } = this.#pair
    const lostForMs = now - this.#lostMs
    if (!auto || this.#link || this.#isLooking || !this.#isWhole || lostForMs < auto.afterSec * 1000) return
    this.#isLooking = true
    try {
      const isGone = await isPrimaryGone(peer, auto.witness)
      if (isGone && !this.#link) this.#promote()
    } finally {
      this.#isLooking = false
    }
  }

  /** Written before anything moves: a crash from here on ends with this box in the primary's place. */
  #promote(): void {
    if (this.#isOver) return
    const missingSince = this.#linkState === 'in-sync' ? Date.now() : (this.#pair.completeUntil ?? Date.now())
    this.#write({ promoting: { at: Date.now(), missingSince } })
    this.#hangUp('this box takes over')
    this.#options.log.warn('this box takes over', { from: this.#pair.peer.name, missingSince })
    this.#finishPromotion()
  }

  #finishPromotion(): void {
    this.#isOver = true
    const { site, sessions } = this.#replicas!
    if (existsSync(this.#filesFile)) {
      writeSiteFiles(this.#folder, this.#identity.unsealer.open(readFileSync(this.#filesFile), FILES_PURPOSE)!)
    }
    sessions.release(this.#folder.sessionsFile)
    site.release(this.#folder.siteFile)
    const { promoting, completeUntil: _, setAside: _aside, ...kept } = this.#pair
    this.#pair = writePair(this.#folder, {
      ...kept,
      role: 'primary',
      term: kept.term + 1,
      ...(promoting ? { tookOver: promoting } : {}),
    })
    this.#replicas = undefined
    rmSync(join(pairDir(this.#folder), 'replica'), { recursive: true, force: true })
    this.#outcome.resolve('promoted')
  }

  #handle(): Parameters<typeof serveRpc>[0]['handle'] {
    const primary = this.#pair.peer.name
    const refuse = () => Promise.resolve(err({ type: 'BoxIsStandby', primary } satisfies StandbyFault as Fault))
    return {
      command: refuse,
      query: refuse,
      action: (name, input) => {
        if (name === 'standby.status') return Promise.resolve(ok(this.#status()))
        if (name === 'standby.promote') return Promise.resolve(this.#promoteBy(input))
        if (name === 'standby.leave') return Promise.resolve(this.#leave())
        return refuse()
      },
    }
  }

  #status(): StandbyStatus {
    const { term, peer, completeUntil, auto, setAside: aside } = this.#pair
    return {
      role: 'standby',
      term,
      peer: { name: peer.name, host: peer.host },
      link: this.#linkState,
      since: this.#since,
      isWhole: this.#isWhole,
      completeUntil: this.#linkState === 'in-sync' ? null : (completeUntil ?? 0),
      auto: auto ?? null,
      tookOver: null,
      setAside: aside ?? null,
    }
  }

  #promoteBy(input: unknown): Result<unknown, Fault> {
    const parsed = promoteSchema.safeParse(input)
    const isEvenSo = parsed.success && parsed.data.evenSo
    if (!this.#isWhole) return err({ type: 'CopyNotWhole' } satisfies StandbyFault as Fault)
    if (this.#link && !isEvenSo)
      return err({ type: 'PrimaryServes', name: this.#pair.peer.name } satisfies StandbyFault as Fault)
    const status = this.#status()
    // After the answer is out.
    setTimeout(() => this.#promote(), 100)
    return ok({ completeUntil: status.completeUntil })
  }

  #leave(): Result<unknown, Fault> {
    const { name } = this.#pair.peer
    setTimeout(() => {
      this.#isOver = true
      this.#hangUp('this box leaves the pair')
      forgetPair(this.#folder)
      for (const db of dbNames) this.#replicas?.[db].close()
      this.#replicas = undefined
      rmSync(join(pairDir(this.#folder), 'replica'), { recursive: true, force: true })
      this.#outcome.resolve('left')
    }, 100)
    return ok({ name })
  }
}
