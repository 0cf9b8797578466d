/**
 * Makes live sessions what they should be. An order is carried out by a ladder of means; a NAS's answer is only the
 * NAS's word, so each step is checked against accounting, and the next means is tried when nothing happened (A11).
 */
import type { Clock, Log } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import type { ControlOutcome, IdentifyingSet, NamedChanges, NasControl, NasSession } from '@lango/modules/sessions/port'
import type { OrderStep } from '@lango/modules/sessions/tables'

/** A Stop follows its Disconnect within this time; then the next means is tried. */
const STOP_WITHIN_MS = 4000
const LOOK_EVERY_MS = 200
/** Orders carried out at once. */
const AT_ONCE_MAX = 64

const LADDER: readonly IdentifyingSet[] = ['session+user+address', 'session+user', 'session', 'user+device']

export type Order = { readonly id: string; readonly sessionNo: number; readonly kind: 'end' | 'change'; readonly reason: string }

export type ReconcilerDeps = {
  /** Read-only, both files. */
  readonly reader: RawDatabase
  readonly control: NasControl
  readonly clock: Clock
  readonly log: Log
  /** What a change means for a session: its grant's present policy as its router's vendor spells it. */
  readonly changesFor: (session: NasSession) => NamedChanges
  readonly finish: (order: Order, state: 'done' | 'failed', steps: readonly OrderStep[]) => void
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

export const createReconciler = (deps: ReconcilerDeps): Reconciler => {
  const { reader, clock, control } = deps
  const stopping = new AbortController()
  const running = new Map<string, Promise<void>>()
  const waiting = reader.prepare<[], Order>(
    `SELECT id, session_no sessionNo, kind, reason FROM session_orders WHERE state = 'waiting' ORDER BY ordered_at LIMIT 1000`,
  )
  const sessionOf = reader.prepare<[number], NasSession & { endedAt: number | null }>(
    `SELECT no, router_no routerNo, acct_session_id acctSessionId, user_name userName, device, nas, framed_ip framedIp,
       ended_at endedAt FROM live_sessions WHERE no = ?`,
  )
  const isOpen = (no: number): boolean => {
    const session = sessionOf.get(no)
    return session !== undefined && session.endedAt === null
  }

  /** Waits for the Stop; accounting, not the acknowledgement, says that a session is over. */
  const endsSoon = async (no: number): Promise<boolean> => {
    const until = clock.monotonicMs() + STOP_WITHIN_MS
    while (clock.monotonicMs() < until && !stopping.signal.aborted) {
      if (!isOpen(no)) return true
      await deps.sleep(LOOK_EVERY_MS, stopping.signal)
    }
    return !isOpen(no)
  }

  const end = async (session: NasSession, steps: OrderStep[]): Promise<boolean> => {
    let notFound = 0
    for (const by of LADDER) {
      if (by === 'user+device' && session.device === '') continue
      const outcome = await control.disconnect(session, by, stopping.signal)
      steps.push({ at: clock.now(), means: `disconnect ${by}`, outcome: worded(outcome) })
      if (outcome.type === 'unreachable' || stopping.signal.aborted) return false
      if (outcome.type === 'ack') {
        const ended = await endsSoon(session.no)
        steps.push({ at: clock.now(), means: 'accounting', outcome: ended ? 'ended' : 'still-open' })
        if (ended) return true
      }
      if (outcome.type === 'not-found') notFound += 1
      if (!isOpen(session.no)) return true
    }
    if (notFound === 0) return false
    // RFC 5176 §3.5: the session is gone there, and its Stop was lost on the way here.
    deps.endSession(session.no)
    steps.push({ at: clock.now(), means: 'accounting', outcome: 'ended here: the NAS has no such session' })
    return true
  }

  const change = async (session: NasSession, steps: OrderStep[]): Promise<boolean> => {
    const changes = deps.changesFor(session)
    for (const by of LADDER.slice(0, 3)) {
      const outcome = await control.change(session, by, changes, stopping.signal)
      steps.push({ at: clock.now(), means: `coa ${by}`, outcome: worded(outcome) })
      if (outcome.type === 'ack') return true
      if (outcome.type === 'unreachable' || stopping.signal.aborted) return false
    }
    // What a CoA cannot change, a new login brings: the session is ended, and comes back with the new policy.
    return end(session, steps)
  }

  const carryOut = async (order: Order): Promise<void> => {
    const steps: OrderStep[] = []
    const session = sessionOf.get(order.sessionNo)
    if (!session || session.endedAt !== null) {
      return deps.finish(order, 'done', [{ at: clock.now(), means: 'accounting', outcome: 'ended' }])
    }
    const done = order.kind === 'end' ? await end(session, steps) : await change(session, steps)
    if (stopping.signal.aborted) return
    deps.finish(order, done ? 'done' : 'failed', steps)
  }

  const start = (order: Order): void => {
    const done = carryOut(order)
      .catch((error: unknown) => deps.log.error('an order could not be carried out', { order: order.id, error }))
      .finally(() => {
        running.delete(order.id)
        wake()
      })
    running.set(order.id, done)
  }

  const wake = (): void => {
    if (stopping.signal.aborted || running.size >= AT_ONCE_MAX) return
    for (const order of waiting.all()) {
      if (running.size >= AT_ONCE_MAX) return
      if (!running.has(order.id)) start(order)
    }
  }

  return {
    wake,
    async stop() {
      stopping.abort()
      await Promise.all(running.values())
    },
  }
}
