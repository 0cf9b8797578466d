/**
 * Makes live sessions what they should be. An order is carried out by a ladder of means; a NAS's answer is only the
 * NAS's word, so each step is checked against accounting, and the next means is tried when nothing happened (A11).
 */
import type { Clock, Log } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import type { Speed } from '@lango/modules/access/rules'
import type {
  ControlAnswer,
  ControlOutcome,
  IdentifyingSet,
  NamedChanges,
  NasControl,
  NasSession,
} from '@lango/modules/sessions/port'
import type { OrderStep } from '@lango/modules/sessions/tables'

/** A Stop follows its Disconnect within this time; then the next means is tried. */
const STOP_WITHIN_MS = 4000
const LOOK_EVERY_MS = 200
/** Orders carried out at once. */
const AT_ONCE_MAX = 64

const LADDER: readonly IdentifyingSet[] = ['session+user+address', 'session+user', 'session', 'user+device']

export type Order = {
  readonly id: string
  readonly sessionNo: number
  readonly kind: 'end' | 'change'
  readonly reason: string
}

export type SessionChange = {
  readonly changes: NamedChanges
  /** What the session has once it is changed. */
  readonly speed: Speed
}

export type ReconcilerDeps = {
  /** Read-only, both files. */
  readonly reader: RawDatabase
  readonly control: NasControl
  readonly clock: Clock
  readonly log: Log
  /** What a change means for a session: its grant's present policy as its router's vendor spells it. */
  readonly changesFor: (session: NasSession) => SessionChange
  /** `changed`: the speed that a change has brought. */
  readonly finish: (
    order: Order,
    state: 'done' | 'failed',
    steps: readonly OrderStep[],
    changed: Speed | undefined,
  ) => void
  /** The NAS knows nothing of the session any more: it is over without a Stop. */
  readonly endSession: (no: number) => void
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

export type Reconciler = {
  /** Looks for waiting orders; harmless at any time. */
  wake(): void
  stop(): Promise<void>
}

const worded = (outcome: ControlOutcome): string => {
  switch (outcome.type) {
    case 'nak':
      return `nak ${outcome.code} ${outcome.cause}`
    case 'unreachable':
      return `unreachable: ${outcome.cause}`
    default:
      return outcome.type
  }
}

export const createReconciler = (deps: ReconcilerDeps): Reconciler => new LadderReconciler(deps)

type SessionRow = NasSession & { readonly endedAt: number | null }

class LadderReconciler implements Reconciler {
  readonly #deps: ReconcilerDeps
  readonly #stopping = new AbortController()
  readonly #running = new Map<string, Promise<void>>()
  /** Tried since the last `wake`: an order that stands all the same (the disk is full, say) waits for the next one. */
  readonly #tried = new Set<string>()
  readonly #waiting
  readonly #sessionOf

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps
    this.#waiting = deps.reader.prepare<[], Order>(
      `SELECT id, session_no sessionNo, kind, reason FROM session_orders WHERE state = 'waiting' ORDER BY ordered_at LIMIT 1000`,
    )
    this.#sessionOf = deps.reader.prepare<[number], SessionRow>(
      `SELECT no, router_no routerNo, acct_session_id acctSessionId, user_name userName, device, nas, framed_ip framedIp,
         ended_at endedAt FROM live_sessions WHERE no = ?`,
    )
  }

  wake(): void {
    this.#tried.clear()
    this.#startWaiting()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#running.values())
  }

  #startWaiting(): void {
    if (this.#stopping.signal.aborted || this.#running.size >= AT_ONCE_MAX) return
    for (const order of this.#waiting.all()) {
      if (this.#running.size >= AT_ONCE_MAX) return
      if (!this.#running.has(order.id) && !this.#tried.has(order.id)) this.#start(order)
    }
  }

  #start(order: Order): void {
    const done = this.#carryOut(order)
      .catch((error: unknown) => this.#deps.log.error('an order could not be carried out', { order: order.id, error }))
      .finally(() => {
        this.#running.delete(order.id)
        this.#tried.add(order.id)
        this.#startWaiting()
      })
    this.#running.set(order.id, done)
  }

  async #carryOut(order: Order): Promise<void> {
    const steps: OrderStep[] = []
    const session = this.#sessionOf.get(order.sessionNo)
    if (!session || session.endedAt !== null) {
      this.#note(steps, 'accounting', 'ended')
      return this.#deps.finish(order, 'done', steps, undefined)
    }
    const changed = order.kind === 'change' ? await this.#change(session, steps) : undefined
    // What a CoA cannot change, a new login brings: the session is ended, and comes back with the new policy.
    const mustEnd = order.kind === 'end' || changed === 'refused'
    const done = mustEnd ? await this.#end(session, steps) : typeof changed === 'object'
    const speed = typeof changed === 'object' ? changed : undefined
    if (!this.#stopping.signal.aborted) this.#deps.finish(order, done ? 'done' : 'failed', steps, speed)
  }

  async #change(session: NasSession, steps: OrderStep[]): Promise<Speed | 'refused' | 'unreachable'> {
    const { control, changesFor } = this.#deps
    const { changes, speed } = changesFor(session)
    for (const by of LADDER.slice(0, 3)) {
      const answer = await control.change(session, by, changes, this.#stopping.signal)
      const outcome = this.#noteAnswer(steps, `coa ${by}`, answer)
      if (outcome.type === 'ack') return speed
      if (outcome.type === 'unreachable' || this.#stopping.signal.aborted) return 'unreachable'
    }
    return 'refused'
  }

  async #end(session: NasSession, steps: OrderStep[]): Promise<boolean> {
    let isUnknownThere = false
    for (const by of LADDER) {
      if (by === 'user+device' && session.device === '') continue
      const answer = await this.#deps.control.disconnect(session, by, this.#stopping.signal)
      const outcome = this.#noteAnswer(steps, `disconnect ${by}`, answer)
      if (outcome.type === 'unreachable' || this.#stopping.signal.aborted) return false
      if (outcome.type === 'ack') await this.#awaitStop(session, steps)
      // Only a set with the session's id can say that the session is gone: a NAS may know no device by its address.
      if (outcome.type === 'not-found' && by !== 'user+device') isUnknownThere = true
      if (!this.#isOpen(session.no)) return true
    }
    if (!isUnknownThere) return false
    // RFC 5176 §3.5: the session is gone there, and its Stop was lost on the way here.
    this.#deps.endSession(session.no)
    this.#note(steps, 'accounting', 'ended here: the NAS has no such session')
    return true
  }

  /** Accounting, not the acknowledgement, says that a session is over. */
  async #awaitStop({ no }: NasSession, steps: OrderStep[]): Promise<void> {
    const { clock, sleep } = this.#deps
    const until = clock.monotonicMs() + STOP_WITHIN_MS
    while (this.#isOpen(no) && clock.monotonicMs() < until && !this.#stopping.signal.aborted)
      await sleep(LOOK_EVERY_MS, this.#stopping.signal)
    this.#note(steps, 'accounting', this.#isOpen(no) ? 'still-open' : 'ended')
  }

  #isOpen(no: number): boolean {
    return this.#sessionOf.get(no)?.endedAt === null
  }

  /** Each way that was tried is a step; the last one's outcome counts. */
  #noteAnswer(steps: OrderStep[], means: string, { before, ...last }: ControlAnswer): ControlOutcome {
    for (const { way, outcome } of before ? [before, last] : [last])
      this.#note(steps, `${means} over ${way}`, worded(outcome))
    return last.outcome
  }

  #note(steps: OrderStep[], means: string, outcome: string): void {
    steps.push({ at: this.#deps.clock.now(), means, outcome })
  }
}
