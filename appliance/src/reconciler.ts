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
import { EXTENDED } from './enforcement.ts'

/** A Stop follows its Disconnect within this time; then the next means is tried. */
const STOP_WITHIN_MS = 4000
/** Most Stops come right behind the acknowledgement: looked for at once, then less and less often. */
const LOOK_FIRST_MS = 20
const LOOK_EVERY_MS_MAX = 200
/** Orders carried out at once, in all and at one router: one that does not answer must not keep the others waiting. */
const AT_ONCE_MAX = 400
const AT_ONCE_ROUTER_MAX = 100
/** Waiting orders read in one go: two milliseconds. */
const READ_MAX = 500

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
  readonly brings: Brings
}
/** A speed, and until when the NAS lets it last, in seconds from its start. */
export type Brings = Partial<Speed> & { readonly timeoutSec?: number }

export type ReconcilerDeps = {
  /** Read-only, both files. */
  readonly reader: RawDatabase
  readonly control: NasControl
  readonly clock: Clock
  readonly log: Log
  /** What a change means for a session: its grant's present policy as its router's vendor spells it. */
  readonly changesFor: (session: NasSession, reason: string) => SessionChange
  /** `changed`: what a change has brought. */
  readonly finish: (
    order: Order,
    state: 'done' | 'failed',
    steps: readonly OrderStep[],
    changed: Brings | undefined,
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

/** A waiting order, and how it is found again: orders are read in this order, each once in a round. */
type WaitingOrder = Order & { readonly routerNo: number; readonly orderedAt: number }

const ROUND_BEGINS = { orderedAt: -1, id: '' }

class LadderReconciler implements Reconciler {
  readonly #deps: ReconcilerDeps
  readonly #stopping = new AbortController()
  readonly #running = new Map<string, Promise<void>>()
  readonly #runningAt = new Map<number, number>()
  /** Read and not yet begun, by router. */
  readonly #queues = new Map<number, WaitingOrder[]>()
  /** Tried in this round: an order that stands all the same (the disk is full, say) waits for the next one. */
  readonly #tried = new Set<string>()
  /** The last order that was read in this round. */
  #readTo = ROUND_BEGINS
  readonly #waiting
  readonly #sessionOf

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps
    this.#waiting = deps.reader.prepare<[number, string, number], WaitingOrder>(
      `SELECT o.id, o.session_no sessionNo, o.kind, o.reason, o.ordered_at orderedAt, coalesce(l.router_no, 0) routerNo
       FROM session_orders o LEFT JOIN live_sessions l ON l.no = o.session_no
       WHERE o.state = 'waiting' AND (o.ordered_at, o.id) > (?, ?) ORDER BY o.ordered_at, o.id LIMIT ?`,
    )
    this.#sessionOf = deps.reader.prepare<[number], SessionRow>(
      `SELECT no, router_no routerNo, acct_session_id acctSessionId, user_name userName, device, nas, framed_ip framedIp,
         ended_at endedAt FROM live_sessions WHERE no = ?`,
    )
  }

  wake(): void {
    if (this.#queues.size === 0) {
      this.#tried.clear()
      this.#readTo = ROUND_BEGINS
    }
    this.#startWaiting()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#running.values())
  }

  #startWaiting(): void {
    for (let isMore = true; isMore && !this.#stopping.signal.aborted;) {
      for (const [routerNo, queue] of this.#queues) this.#startAt(routerNo, queue)
      isMore = this.#running.size < AT_ONCE_MAX && this.#read()
    }
  }

  #startAt(routerNo: number, queue: WaitingOrder[]): void {
    const isFree = (): boolean =>
      this.#running.size < AT_ONCE_MAX && (this.#runningAt.get(routerNo) ?? 0) < AT_ONCE_ROUTER_MAX
    while (queue.length > 0 && isFree()) this.#start(queue.shift()!)
    if (queue.length === 0) this.#queues.delete(routerNo)
  }

  /** Whether there were any more to read. */
  #read(): boolean {
    const rows = this.#waiting.all(this.#readTo.orderedAt, this.#readTo.id, READ_MAX)
    const last = rows.at(-1)
    if (!last) return false
    this.#readTo = last
    for (const order of rows) {
      if (this.#running.has(order.id) || this.#tried.has(order.id)) continue
      const queue = this.#queues.get(order.routerNo)
      if (queue) queue.push(order)
      else this.#queues.set(order.routerNo, [order])
    }
    return true
  }

  #start(order: WaitingOrder): void {
    const { routerNo } = order
    this.#runningAt.set(routerNo, (this.#runningAt.get(routerNo) ?? 0) + 1)
    const done = this.#carryOut(order)
      .catch((error: unknown) => this.#deps.log.error('an order could not be carried out', { order: order.id, error }))
      .finally(() => {
        this.#running.delete(order.id)
        const left = this.#runningAt.get(routerNo)! - 1
        if (left > 0) this.#runningAt.set(routerNo, left)
        else this.#runningAt.delete(routerNo)
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
    const changed = order.kind === 'change' ? await this.#change(session, steps, order.reason) : undefined
    // What a CoA cannot change, a new login brings: the session is ended, and comes back with the new policy. Not for more
    // time, which nobody is to pay for with a break: it ends when the NAS was told, and comes back then.
    const mustEnd = order.kind === 'end' || (changed === 'refused' && order.reason !== EXTENDED)
    const done = mustEnd ? await this.#end(session, steps) : typeof changed === 'object'
    const brought = typeof changed === 'object' ? changed : undefined
    if (!this.#stopping.signal.aborted) this.#deps.finish(order, done ? 'done' : 'failed', steps, brought)
  }

  async #change(session: NasSession, steps: OrderStep[], reason: string): Promise<Brings | 'refused' | 'unreachable'> {
    const { control, changesFor } = this.#deps
    const { changes, brings } = changesFor(session, reason)
    for (const by of LADDER.slice(0, 3)) {
      const answer = await control.change(session, by, changes, this.#stopping.signal)
      const outcome = this.#noteAnswer(steps, `coa ${by}`, answer)
      if (outcome.type === 'ack') return brings
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
    for (
      let waitMs = LOOK_FIRST_MS;
      this.#isOpen(no) && clock.monotonicMs() < until && !this.#stopping.signal.aborted;
      waitMs = Math.min(waitMs * 2, LOOK_EVERY_MS_MAX)
    )
      await sleep(waitMs, this.#stopping.signal)
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
