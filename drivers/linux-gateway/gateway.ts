/**
 * Who is online, kept in step between the kernel, the box and a file. The kernel enforces; this process lets in, counts
 * and reports, and may die at any moment without anybody being cut off.
 */
import type { Log, Random } from '@lango/kernel'
import type { Enforcer } from './enforcer.ts'
import type { Kernel } from './kernel.ts'
import type { CallerStatus } from './portal-door.ts'
import type { Caller, LoginAnswer, Obey, Target } from './radius-link.ts'
import type { Ledger } from './reporter.ts'
import {
  addressesOf,
  begun,
  causes,
  changed,
  counted,
  dueEnd,
  ended,
  freeMinor,
  joined,
  unclaimed,
  type Cause,
  type Change,
  type Ended,
  type Grant,
  type Session,
} from './sessions.ts'
import type { GatewayState, StateFile } from './state-file.ts'

/** Stops that wait for the box; what is more is lost, and said to be. */
const ENDED_MAX = 10_000
const ID_OCTETS = 8
/** Thousands of counters take a while to read: it rests so many times as long. The kernel cuts by itself meanwhile. */
const COUNT_REST = 20

/** What the portal is told where the box has no words of its own: as a MikroTik names it. */
const refusals = {
  refused: 'invalid-username',
  silence: 'radius-timeout',
  asking: 'auth-in-progress',
  full: 'license-session-limit',
} as const

export type GatewayDeps = {
  readonly kernel: Pick<Kernel, 'monotonicMs' | 'bootId'>
  readonly enforcer: Pick<
    Enforcer,
    'isSetUp' | 'setUp' | 'open' | 'shut' | 'forget' | 'change' | 'counted' | 'seen' | 'admit' | 'release'
  >
  readonly stateFile: StateFile
  readonly random: Random
  readonly log: Log
  /** Epoch ms. */
  readonly now: () => number
  /** Called when the box has something to hear. */
  readonly toReport: () => void
  readonly ask: (caller: Caller, password: string) => Promise<LoginAnswer>
}

type Entering = {
  readonly caller: Caller
  readonly grant: Grant
  readonly resolve: (refusal: string | undefined) => void
  readonly reject: (error: unknown) => void
}

export class Gateway implements Ledger, Obey {
  readonly sessions = new Map<string, Session>()
  readonly ended = new Map<string, Ended>()
  isOnReported = false
  readonly #deps: GatewayDeps
  /** Those who are shut out, but not yet written down. */
  readonly #leaving = new Set<string>()
  /** Devices whose login is under way. */
  readonly #asking = new Set<string>()
  readonly #entering: Entering[] = []
  #countAgainMs = 0
  #turn: Promise<unknown> = Promise.resolve()

  constructor(deps: GatewayDeps) {
    this.#deps = deps
  }

  state(): GatewayState {
    return {
      bootId: this.#deps.kernel.bootId(),
      isOnReported: this.isOnReported,
      sessions: [...this.sessions.values()],
      ended: [...this.ended.values()],
    }
  }

  /** Takes over what the process before has left; after a reboot there is nothing, and the box is told so. */
  async begin(): Promise<void> {
    const { kernel, enforcer, stateFile, log } = this.#deps
    const left = await stateFile.read()
    const isSameBoot = left?.bootId === kernel.bootId() && (await enforcer.isSetUp())
    for (const one of left?.ended ?? []) this.ended.set(one.session.id, one)
    await enforcer.setUp(!isSameBoot)
    if (left === undefined || !isSameBoot) return
    const nowMs = kernel.monotonicMs()
    this.isOnReported = left.isOnReported
    for (const session of left.sessions) this.sessions.set(session.id, { ...session, activeMs: nowMs })
    const taken = new Set(left.sessions.flatMap(addressesOf))
    const gone = left.ended.map(({ session }) => session)
    await enforcer.forget(gone.filter((session) => !addressesOf(session).some((address) => taken.has(address))))
    await enforcer.open(
      left.sessions.filter(({ endsMs }) => endsMs === undefined || endsMs > nowMs),
      nowMs,
    )
    log.info('who was online is taken over', { sessions: left.sessions.length, unansweredStops: left.ended.length })
  }

  async login(ip: string, mac: string, userName: string, password: string): Promise<string | undefined> {
    if (this.#asking.has(mac)) return refusals.asking
    this.#asking.add(mac)
    try {
      const caller = { id: this.#deps.random.bytes(ID_OCTETS).toString('hex'), ip, mac, userName }
      const answer = await this.#deps.ask(caller, password)
      if (answer.kind === 'silence') return refusals.silence
      if (answer.kind === 'reject') return answer.message === '' ? refusals.refused : answer.message
      return await this.#enter(caller, answer.grant)
    } finally {
      this.#asking.delete(mac)
    }
  }

  logout(ip: string, mac: string): Promise<number> {
    return this.#inTurn(() => this.#endAll(this.#matching({ ip, mac }), causes.userRequest))
  }

  status(ip: string, mac: string): CallerStatus {
    const session = this.#matching({ ip, mac })[0]
    if (session === undefined || this.#leaving.has(session.id)) return { online: false }
    const { endsMs, quotaBytes, upBytes, downBytes } = session
    const leftMs = endsMs === undefined ? undefined : endsMs - this.#deps.kernel.monotonicMs()
    // The kernel has shut them out already; that is taken note of within a second.
    if (leftMs !== undefined && leftMs <= 0) return { online: false }
    return {
      online: true,
      ...(leftMs === undefined ? {} : { secondsRemaining: Math.ceil(leftMs / 1000) }),
      ...(quotaBytes === undefined ? {} : { bytesRemaining: Math.max(0, quotaBytes - upBytes - downBytes) }),
    }
  }

  disconnect(target: Target): Promise<number> {
    return this.#inTurn(() => this.#endAll(this.#matching(target), causes.adminReset))
  }

  change(target: Target, change: Change): Promise<number> {
    return this.#inTurn(async () => {
      const { enforcer, kernel, stateFile } = this.#deps
      const meant = this.#matching(target)
      for (const before of meant) {
        const after = changed(before, change)
        await enforcer.change(before, after, kernel.monotonicMs())
        this.sessions.set(after.id, after)
      }
      if (meant.length > 0) await stateFile.save()
      return meant.length
    })
  }

  /** Reads the kernel's counters and ends what is due. */
  tick(): Promise<void> {
    return this.#inTurn(async () => {
      if (!(await this.#deps.enforcer.isSetUp())) return this.#beginAgain()
      await this.#admit()
      const startedMs = this.#deps.kernel.monotonicMs()
      const isDue = [...this.sessions.values()].some(({ endsMs }) => endsMs !== undefined && endsMs <= startedMs)
      if (this.sessions.size === 0 || (startedMs < this.#countAgainMs && !isDue)) return
      const used = await this.#count()
      const nowMs = this.#deps.kernel.monotonicMs()
      this.#countAgainMs = nowMs + (nowMs - startedMs) * COUNT_REST
      const due = new Map<Cause, Session[]>()
      for (const session of this.sessions.values()) {
        const cause = dueEnd(session, used.get(session.id) ?? 0, nowMs)
        if (cause !== undefined) due.set(cause, [...(due.get(cause) ?? []), session])
      }
      for (const [cause, sessions] of due) await this.#endAll(sessions, cause)
    })
  }

  /**
   * An address of IPv6 belongs to the first who is in and sends by it, until they are out. Known to the file before it
   * is in the kernel, and out of the kernel before it is out of the file: what the kernel has can be taken away again.
   */
  async #admit(): Promise<void> {
    const { enforcer, kernel, stateFile } = this.#deps
    const claims = unclaimed(await enforcer.seen(), [...this.sessions.values()])
    if (claims.length === 0) return
    for (const { id, address } of claims) {
      const { session, left } = joined(this.sessions.get(id)!, address)
      this.sessions.set(id, session)
      for (const old of left) await enforcer.release(session, old)
    }
    await stateFile.save()
    const admitted = claims.map(({ id, address }) => ({ session: this.sessions.get(id)!, address }))
    const stillTheirs = admitted.filter(({ session, address }) => session.addresses6.includes(address))
    await enforcer.admit(stillTheirs, kernel.monotonicMs())
  }

  /** Whose address has been given to another device meanwhile has gone: else that one could not be answered. */
  vacate(leases: ReadonlyMap<string, string>): Promise<number> {
    return this.#inTurn(() => {
      const gone = [...this.sessions.values()].filter(({ ip, mac }) => (leases.get(ip) ?? mac) !== mac)
      return this.#endAll(gone, causes.lostService)
    })
  }

  reported(id: string, what: 'start' | 'interim', nowMs: number): void {
    const session = this.sessions.get(id)
    if (session === undefined) return
    this.sessions.set(id, { ...session, isStartReported: true, ...(what === 'interim' ? { reportedMs: nowMs } : {}) })
    if (what === 'start') this.save()
  }

  stopReported(id: string): void {
    this.ended.delete(id)
    this.save()
  }

  save(): void {
    this.#deps.stateFile.save().catch((error: unknown) => this.#deps.log.error('the state was not written', { error }))
  }

  /** Those who come while others are being let in are let in together: a write and a transaction for all of them. */
  #enter(caller: Caller, grant: Grant): Promise<string | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<string | undefined>()
    this.#entering.push({ caller, grant, resolve, reject })
    if (this.#entering.length === 1) void this.#inTurn(() => this.#enterAll(this.#entering.splice(0)))
    return promise
  }

  async #enterAll(all: readonly Entering[]): Promise<void> {
    try {
      const entered = await this.#letIn(all)
      for (const { caller, resolve } of all) resolve(entered.has(caller.id) ? undefined : refusals.full)
      this.#deps.toReport()
    } catch (error) {
      for (const { caller, reject } of all) {
        this.sessions.delete(caller.id)
        reject(error)
      }
      this.save()
    }
  }

  /** The sessions that there was room for. */
  async #letIn(all: readonly Entering[]): Promise<ReadonlySet<string>> {
    const { enforcer, kernel, stateFile, log } = this.#deps
    const [ips, macs] = [new Set(all.map(({ caller }) => caller.ip)), new Set(all.map(({ caller }) => caller.mac))]
    const before = [...this.sessions.values()].filter(({ ip, mac }) => ips.has(ip) || macs.has(mac))
    await this.#endAll(before, causes.lostService)
    const used = new Set([...this.sessions.values()].map(({ minor }) => minor))
    const nowMs = kernel.monotonicMs()
    const entered: Session[] = []
    for (const { caller, grant } of all) {
      const minor = freeMinor(used)
      if (minor === undefined) {
        log.error('there is no room for another session', { sessions: this.sessions.size })
        break
      }
      used.add(minor)
      entered.push(begun(grant, { ...caller, minor }, nowMs))
    }
    for (const session of entered) this.sessions.set(session.id, session)
    // First to the file: whoever the kernel lets through is known to the next process.
    await stateFile.save()
    await enforcer.open(entered, nowMs)
    return new Set(entered.map(({ id }) => id))
  }

  /** Shut out, counted a last time, written down, and only then forgotten: an end at any point loses no octet. */
  async #endAll(meant: readonly Session[], cause: Cause): Promise<number> {
    if (meant.length === 0) return 0
    const { enforcer, kernel, stateFile, now } = this.#deps
    for (const { id } of meant) this.#leaving.add(id)
    await enforcer.shut(meant)
    await this.#count()
    const last = meant.map(({ id }) => this.sessions.get(id)!)
    for (const session of last) {
      this.sessions.delete(session.id)
      this.#leaving.delete(session.id)
      this.ended.set(session.id, ended(session, cause, kernel.monotonicMs(), now()))
    }
    this.#boundEnded()
    await stateFile.save()
    await enforcer.forget(last)
    this.#deps.toReport()
    return meant.length
  }

  /** Somebody has taken the table away, as a firewall that loads its rules anew does: so nobody is in. */
  async #beginAgain(): Promise<void> {
    const { enforcer, kernel, stateFile, log, now } = this.#deps
    log.error('the table of the gateway was taken away; it begins anew', { sessions: this.sessions.size })
    await enforcer.setUp(true)
    for (const [id, session] of this.sessions)
      this.ended.set(id, ended(session, causes.lostService, kernel.monotonicMs(), now()))
    this.sessions.clear()
    await stateFile.save()
  }

  #boundEnded(): void {
    const lost = [...this.ended.keys()].slice(0, Math.max(0, this.ended.size - ENDED_MAX))
    for (const id of lost) this.ended.delete(id)
    if (lost.length > 0)
      this.#deps.log.error('the box has not answered for so long that Stops are lost', { count: lost.length })
  }

  /** What each has used of its quota, with all counters taken into the sessions. */
  async #count(): Promise<ReadonlyMap<string, number>> {
    const { enforcer, kernel } = this.#deps
    const hasQuotas = [...this.sessions.values()].some(({ quotaBytes }) => quotaBytes !== undefined)
    const read = await enforcer.counted(hasQuotas)
    const nowMs = kernel.monotonicMs()
    for (const session of this.sessions.values()) {
      const told = read.get(session.id)
      if (told !== undefined) this.sessions.set(session.id, counted(session, told, nowMs))
    }
    return new Map([...read].map(([id, { quotaUsedBytes }]) => [id, quotaUsedBytes]))
  }

  #matching(target: Target): Session[] {
    const wanted = Object.entries(target) as [keyof Target, string][]
    return [...this.sessions.values()].filter((session) => wanted.every(([key, value]) => session[key] === value))
  }

  /** One change at a time: kernel, file and memory agree at the end of each. */
  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(run)
    this.#turn = done.catch(() => undefined)
    return done
  }
}
