/** A box that serves, and its standby: pairing, the link's thread, and what is told of both. */
import { openSync } from 'node:fs'
import { hostname } from 'node:os'
import { extname } from 'node:path'
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import { err, every, ok, type Fault, type Log, type Result } from '@lango/kernel'
import { schemaState } from '@lango/kernel/db'
import { inputInvalid } from '@lango/kernel/verbs'
import type { Check } from '../doctor/check.ts'
import type { Site } from '../site.ts'
import { checkPair } from './check.ts'
import { loadIdentity, type Identity } from './identity.ts'
import { joinPair, joinSchema, type JoinFault } from './join.ts'
import type { ShipOrder } from './messages.ts'
import { CODE_GOOD_FOR_MS, PairDoor } from './pair-code.ts'
import { forgetPair, readPair, writePair, type LinkState, type Pair, type PairStatus } from './pair-state.ts'
import type { PairData, PairNews, PairOrder } from './pair-thread.ts'
import { Shipper } from './shipper.ts'
import type { Reply } from './wire.ts'
import { RUN_FRAMES_MAX } from './wal-tap.ts'

export type PairFault =
  | JoinFault
  /** The other box has taken over in this one's place. */
  | { readonly type: 'Superseded'; readonly term: number }
  | { readonly type: 'PairPortUnusable'; readonly port: number; readonly cause: string }
  | { readonly type: 'PairedAlready'; readonly name: string }
  | { readonly type: 'NotPaired' }

export type PairServiceDeps = {
  readonly site: Site
  readonly listen: string
  readonly port: number
  readonly logLevel: PairData['logLevel']
  readonly log: Log
  /** This box is to be the standby from now on: what it is, is on the disk already. */
  readonly onStandby: () => void
  readonly onDeath: (error: unknown) => void
}

export type PairService = {
  /** Once the writer of sessions runs, and pages of site.db can be held back. */
  readonly attach: (writer: (port: MessagePort) => void, writeBack: WriteBackHold) => void
  readonly status: () => PairStatus
  readonly checks: () => readonly Check[]
  readonly actions: Record<
    'standby.pair' | 'standby.join' | 'standby.status' | 'standby.promote' | 'standby.leave',
    (input: unknown) => Promise<Result<unknown, Fault>> | Result<unknown, Fault>
  >
  readonly stop: () => Promise<unknown>
}

export type WriteBackHold = {
  /** Resolves when nobody brings pages back any more. */
  readonly hold: () => Promise<void>
  readonly release: () => void
}

/** What is committed on the control thread is shipped this often. */
const SHIP_MS = 50
/** Brought back by the control thread itself while it ships: four megabytes, some milliseconds. */
const SITE_CHECKPOINT_PAGES = 1000
const LISTEN_WITHIN_MS = 10_000

/** Nothing runs, and nothing is paid for, before a code is asked for. */
export const startPairService = async (deps: PairServiceDeps): Promise<Result<PairService, PairFault>> => {
  const service = new Service(deps)
  const begun = readPair(deps.site.folder) ? await service.begin() : ok()
  return begun.ok ? ok(service.parts()) : begun
}

class Service {
  readonly #deps: PairServiceDeps
  #pair: Pair | undefined
  #identity: Identity | undefined
  #door: PairDoor | undefined
  #worker: Worker | undefined
  #handles: PairData['handles'] | undefined
  #port = 0
  #hasBegun = false
  #link: LinkState = 'away'
  #since: number
  #attached: { readonly writer: (port: MessagePort) => void; readonly writeBack: WriteBackHold } | undefined
  #stopShipping = (): void => undefined

  constructor(deps: PairServiceDeps) {
    this.#deps = deps
    this.#pair = readPair(deps.site.folder)
    this.#since = deps.site.clock.now()
  }

  parts(): PairService {
    return {
      attach: (writer, writeBack) => {
        this.#attached = { writer, writeBack }
        if (this.#worker) this.#attach(this.#worker)
      },
      status: () => this.#status(),
      checks: () => checkPair(this.#status(), this.#deps.site.clock.now()),
      actions: {
        'standby.pair': () => this.#makeCode(),
        'standby.join': (input) => this.#join(input),
        'standby.status': () => ok(this.#status()),
        'standby.promote': () => err({ type: 'ServesAlready' }),
        'standby.leave': () => this.#leave(),
      },
      stop: () => this.#stop(),
    }
  }

  /** Starts the thread; a pair's box is told here when the other serves in its place. */
  async begin(): Promise<Result<void, PairFault>> {
    const worker = await this.#startThread()
    const ready = await firstOf(worker, this.#pair ? ['asked', 'superseded', 'failed'] : ['listening', 'failed'])
    this.#hasBegun = true
    if (ready.kind !== 'superseded' && ready.kind !== 'failed') {
      if (this.#attached) this.#attach(worker)
      return ok()
    }
    await this.#stop()
    if (ready.kind === 'failed') return err({ type: 'PairPortUnusable', port: this.#deps.port, cause: ready.code })
    this.#stepDown(ready.term)
    return err({ type: 'Superseded', term: ready.term })
  }

  async #startThread(): Promise<Worker> {
    const { site, listen, port, logLevel, onDeath } = this.#deps
    const { siteFile, sessionsFile, keyFile, tlsDir } = site.folder
    const identity = (this.#identity ??= await loadIdentity(site.folder, site.random))
    this.#door ??= new PairDoor(identity.fingerprint, site.random)
    this.#handles ??= { site: openSync(siteFile, 'r'), sessions: openSync(sessionsFile, 'r') }
    const workerData: PairData = {
      identity: { keyPem: identity.keyPem, certPem: identity.certPem },
      listen,
      port,
      name: hostname(),
      term: this.#pair?.term ?? 1,
      peer: this.#pair?.peer,
      minReader: schemaState(site.database.raw)?.minReader ?? 1,
      handles: this.#handles,
      keyFile,
      tlsDir,
      logLevel,
    }
    const url = new URL(`./pair-thread${extname(import.meta.url)}`, import.meta.url)
    const worker = new Worker(url, { name: 'pair', workerData })
    this.#worker = worker
    worker.on('error', onDeath)
    worker.on('message', (news: PairNews) => this.#hear(news))
    return worker
  }

  #attach(worker: Worker): void {
    const { site, log } = this.#deps
    const { writer, writeBack } = this.#attached!
    const [sessions, own] = [new MessageChannel(), new MessageChannel()]
    writer(sessions.port2)
    const shipper = new Shipper({
      raw: site.database.raw,
      file: site.folder.siteFile,
      checkpointPages: SITE_CHECKPOINT_PAGES,
      runFrames: RUN_FRAMES_MAX,
      post: (news, transfer) => own.port2.postMessage(news, transfer),
    })
    // One after the other: pages that are being brought back just now would be missing.
    let last = Promise.resolve()
    own.port2.on('message', (order: ShipOrder) => {
      last = last
        .then(() => (order.kind === 'follow' ? writeBack.hold() : undefined))
        .then(() => {
          shipper.order(order)
          if (!shipper.isOn) writeBack.release()
        })
        .catch((error: unknown) => log.error('site.db is not shipped', { error }))
    })
    const stopTimer = every(SHIP_MS, () => shipper.ship())
    this.#stopShipping = () => {
      stopTimer()
      shipper.leave()
      writeBack.release()
      own.port2.close()
    }
    const ports = { site: own.port1, sessions: sessions.port1 }
    worker.postMessage({ kind: 'attach', ports } satisfies PairOrder, [ports.site, ports.sessions])
  }

  #hear(news: PairNews): void {
    if (news.kind === 'listening') this.#port = news.port
    else if (news.kind === 'link') {
      if (news.state !== this.#link) this.#since = this.#deps.site.clock.now()
      this.#link = news.state
    } else if (news.kind === 'superseded' && this.#hasBegun) {
      this.#stepDown(news.term)
      this.#deps.onStandby()
    } else if (news.kind === 'join') this.#answerJoin(news)
  }

  #stepDown(term: number): void {
    const pair = this.#pair
    if (!pair) return
    const { tookOver: _, ...kept } = pair
    this.#pair = writePair(this.#deps.site.folder, { ...kept, role: 'standby', term, completeUntil: 0 })
    this.#deps.log.warn('another box serves in this one’s place: it steps down', { term, other: pair.peer.name })
  }

  async #makeCode(): Promise<Result<unknown, Fault>> {
    if (this.#pair) return err({ type: 'PairedAlready', name: this.#pair.peer.name })
    const begun = this.#worker ? ok() : await this.begin()
    if (!begun.ok) return begun
    const code = this.#door!.make(performance.now())
    return ok({ code, minutes: CODE_GOOD_FOR_MS / 60_000, port: this.#port })
  }

  #answerJoin({ no, fingerprint, host, hello }: Extract<PairNews, { kind: 'join' }>): void {
    const { site, log } = this.#deps
    const isRight = !this.#pair && this.#door!.isRight(hello.secret, performance.now())
    if (isRight) {
      const peer = { name: hello.name, fingerprint, host, port: hello.port }
      this.#pair = writePair(site.folder, { role: 'primary', term: 1, peer })
      log.info('a standby has joined', { name: hello.name, host })
    }
    const reply: Reply = isRight
      ? { reply: 'joined', term: this.#pair!.term, name: hostname() }
      : { reply: 'no', why: 'code' }
    this.#worker!.postMessage({ kind: 'answer', no, reply, peer: this.#pair?.peer } satisfies PairOrder)
  }

  async #join(input: unknown): Promise<Result<unknown, Fault>> {
    const parsed = joinSchema.safeParse(input)
    if (!parsed.success) return err(inputInvalid(parsed.error))
    if (this.#pair) return err({ type: 'PairedAlready', name: this.#pair.peer.name })
    const { site, port } = this.#deps
    const joined = await joinPair(site.folder, { ...parsed.data, port, random: site.random })
    // After the answer is out.
    if (joined.ok) setTimeout(this.#deps.onStandby, 200)
    return joined
  }

  async #leave(): Promise<Result<unknown, Fault>> {
    if (!this.#pair) return err({ type: 'NotPaired' })
    forgetPair(this.#deps.site.folder)
    const { name } = this.#pair.peer
    this.#pair = undefined
    await this.#stop()
    return ok({ name })
  }

  #status(): PairStatus {
    const pair = this.#pair
    return {
      role: pair?.role ?? 'alone',
      term: pair?.term ?? 0,
      peer: pair ? { name: pair.peer.name, host: pair.peer.host } : null,
      link: this.#link,
      since: this.#since,
      tookOver: pair?.tookOver ?? null,
      setAside: pair?.setAside ?? null,
    }
  }

  async #stop(): Promise<unknown> {
    this.#stopShipping()
    this.#stopShipping = () => undefined
    const worker = this.#worker
    this.#worker = undefined
    this.#link = 'away'
    return worker?.terminate()
  }
}

const firstOf = (worker: Worker, kinds: readonly PairNews['kind'][]): Promise<PairNews> =>
  new Promise((resolve, reject) => {
    const look = (news: PairNews): void => {
      if (!kinds.includes(news.kind)) return
      worker.off('message', look)
      resolve(news)
    }
    worker.on('message', look)
    worker.once('error', reject)
    setTimeout(() => resolve({ kind: 'failed', code: 'it does not start' }), LISTEN_WITHIN_MS).unref()
  })
