/**
 * Holds live sessions against where their grants stand: who should be online no more is ordered to end, who should have
 * another speed, or may stay longer than the NAS knows, is ordered to change; nobody stays online because a NAS forgot
 * its Session-Timeout. Orders are rows; the reconciler carries them out.
 */
import type { Clock, Log } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import {
  isShaped,
  nextTurn,
  type Calendar,
  type Policy,
  type Refusal,
  type Speed,
  type Standing,
  type TopUp,
} from '@lango/modules/access/rules'
import { createLongerTime, type LongerTime } from './session-time.ts'
import type { GrantStanding, Standings } from './standings.ts'

/** What falls due is looked for this often: "within a second everywhere" (design §3). */
export const DUE_LOOK_MS = 1000
/** Everything is held against everything this often, in case a wake-up was lost. */
export const FULL_LOOK_MS = 60_000
/** After an order failed the next one waits this long, twice as long after each, up to the most. */
const RETRY_MS = 60_000
const RETRY_MS_MAX = 6 * 3_600_000
/** Sessions looked at in one go: the control thread stays free between two. */
const CHUNK_SESSIONS = 200
/** Grants of which all sessions are looked at in one go. */
const CHUNK_GRANTS = 100
/** What falls due within this time is remembered; a look at everything comes before it is forgotten. */
const DUE_WITHIN_MS = 2 * FULL_LOOK_MS

export type OrderKind = 'end' | 'change'
/** Why a session is changed whose NAS would end it too soon: it was paid for anew, or has got more time. */
export const EXTENDED = 'extended'
export type WatchedSession = {
  readonly no: number
  readonly acctSessionId: string
  readonly grantNo: number
  readonly device: string
  readonly policyId: string | null
  readonly startedAt: number
  readonly lastReceivedAt: number
  readonly interimSec: number
  readonly downKbps: number | null
  readonly upKbps: number | null
}

export type EnforcementDeps = {
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  readonly clock: Clock
  readonly calendar: Calendar
  readonly standings: Standings
  readonly log: Log
  readonly order: (session: WatchedSession, kind: OrderKind, reason: string) => void
}

export type Enforcement = {
  /** A grant has changed, or has reached a limit: look at its sessions now. */
  readonly look: (grantNo: number) => void
  /** The desk has taken a device off a grant: its sessions end. */
  readonly endDevice: (grantNo: number, device: string) => void
  /** An order of a session is done: meanwhile it may want another. */
  readonly lookAtSession: (no: number) => void
  /** Looks at what has fallen due since the last look: validity, used time, windows, periods. */
  readonly lookAtDue: () => Promise<void>
  /** Looks at every session, a chunk at a time. */
  readonly lookAtAll: () => Promise<void>
}

const SESSION = `SELECT l.no, l.acct_session_id acctSessionId, l.grant_no grantNo, l.device, g.policy_id policyId,
    l.started_at startedAt, l.last_received_at lastReceivedAt, l.interim_sec interimSec, l.down_kbps downKbps, l.up_kbps upKbps
  FROM live_sessions l LEFT JOIN grants g ON g.no = l.grant_no`

const statementsOn = (reader: RawDatabase) => ({
  sessionsOf: reader.prepare<[number], WatchedSession>(`${SESSION} WHERE l.grant_no = ? AND l.ended_at IS NULL`),
  session: reader.prepare<[number], WatchedSession>(
    `${SESSION} WHERE l.no = ? AND l.grant_no > 0 AND l.ended_at IS NULL`,
  ),
  page: reader.prepare<[number, number], WatchedSession>(
    `${SESSION} WHERE l.no > ? AND l.grant_no > 0 AND l.ended_at IS NULL ORDER BY l.no LIMIT ?`,
  ),
  expiredIn: reader.prepare<[number, number], { no: number }>(
    'SELECT no FROM grants WHERE expires_at > ? AND expires_at <= ?',
  ),
  policies: reader.prepare<[], { id: string; policy: string }>('SELECT id, policy FROM policies'),
  /** Another when a policy has come or gone. */
  policyMark: reader.prepare<[], string>(`SELECT count(*) || ' ' || coalesce(max(rowid), 0) FROM policies`).pluck(),
  /** A NAS that takes no longer time may take another speed all the same. */
  failures: reader.prepare<[number, OrderKind, 0 | 1], { count: number; lastAt: number }>(
    `SELECT count(*) count, coalesce(max(ordered_at), 0) lastAt FROM session_orders
     WHERE session_no = ? AND kind = ? AND state = 'failed' AND (reason = '${EXTENDED}') = ?`,
  ),
  changedTo: reader.prepare<[number], Speed>(
    `SELECT down_kbps downKbps, up_kbps upKbps FROM session_orders
     WHERE session_no = ? AND kind = 'change' AND state = 'done' AND down_kbps IS NOT NULL
     ORDER BY finished_at DESC, id DESC LIMIT 1`,
  ),
})

export const createEnforcement = (deps: EnforcementDeps): Enforcement => {
  const watch = new SessionWatch(deps)
  return {
    look: (grantNo) => watch.look(grantNo),
    endDevice: (grantNo, device) => watch.endDevice(grantNo, device),
    lookAtSession: (no) => watch.lookAtSession(no),
    lookAtDue: () => watch.lookAtDue(),
    lookAtAll: () => watch.lookAtAll(),
  }
}

class SessionWatch {
  readonly #deps: EnforcementDeps
  readonly #sql: ReturnType<typeof statementsOn>
  readonly #turns: PolicyTurns
  readonly #longer: LongerTime
  /** When grants that are online reach what only time brings them: the end of used time, or of a top-up. */
  readonly #due = new Map<number, number>()
  #lookedAt: number

  constructor(deps: EnforcementDeps) {
    this.#deps = deps
    this.#sql = statementsOn(deps.reader)
    this.#longer = createLongerTime(deps.reader)
    this.#lookedAt = deps.clock.now() - FULL_LOOK_MS
    this.#turns = new PolicyTurns(deps.calendar)
  }

  look(grantNo: number): void {
    for (const session of this.#sql.sessionsOf.all(grantNo)) this.#check(session)
  }

  lookAtSession(no: number): void {
    const session = this.#sql.session.get(no)
    if (session) this.#check(session)
  }

  endDevice(grantNo: number, device: string): void {
    for (const session of this.#sql.sessionsOf.all(grantNo))
      if (session.device === device) this.#deps.order(session, 'end', 'device-freed')
  }

  async lookAtDue(): Promise<void> {
    const now = this.#deps.clock.now()
    const since = this.#lookedAt
    this.#lookedAt = now
    await this.#lookInTurns(this.#sql.expiredIn.all(since, now).map(({ no }) => no))
    const due = [...this.#due].filter(([, at]) => at <= now).map(([grantNo]) => grantNo)
    for (const grantNo of due) this.#due.delete(grantNo)
    await this.#lookInTurns(due)
    const mark = this.#sql.policyMark.get()!
    if (this.#turns.mark !== mark) this.#turns.learn(mark, this.#sql.policies.all(), since)
    const turned = this.#turns.upTo(now)
    if (turned.size > 0) await this.#walk(({ policyId }) => policyId !== null && turned.has(policyId))
  }

  lookAtAll(): Promise<void> {
    return this.#walk(() => true)
  }

  /** A batch that was sold together ends together. */
  async #lookInTurns(grantNos: readonly number[]): Promise<void> {
    for (const [index, grantNo] of grantNos.entries()) {
      if (index > 0 && index % CHUNK_GRANTS === 0) await breathe()
      this.look(grantNo)
    }
  }

  async #walk(isMeant: (session: WatchedSession) => boolean): Promise<void> {
    for (let after = 0; ;) {
      const sessions = this.#sql.page.all(after, CHUNK_SESSIONS)
      for (const session of sessions) if (isMeant(session)) this.#check(session)
      if (sessions.length < CHUNK_SESSIONS) return
      after = sessions.at(-1)!.no
      await breathe()
    }
  }

  #check(session: WatchedSession): void {
    const found = this.#deps.standings(session.grantNo)
    if (!found) return this.#order(session, 'end', 'removed')
    const { standing } = found
    const reason =
      standing.kind === 'refused' ? this.#refusal(standing.reason) : this.#overstay(session, found, standing)
    if (reason !== undefined) return this.#order(session, 'end', reason)
    if (standing.kind !== 'open' || standing.reason !== 'accepted') return
    const reshaped = isShaped(found.policy) ? this.#reshaped(session, found, standing) : undefined
    if (reshaped !== undefined) return this.#order(session, 'change', reshaped)
    if (this.#deps.clock.sure() && this.#longer(session.no, standing) !== undefined)
      this.#order(session, 'change', EXTENDED)
  }

  /** Why it is to have another speed; undefined where it has the one that holds. */
  #reshaped(session: WatchedSession, { policy }: GrantStanding, standing: OpenStanding): string | undefined {
    const present = this.#sql.changedTo.get(session.no) ?? givenTo(session, policy)
    return isSame(present, standing.policy) ? undefined : changeReason(policy, standing, present)
  }

  /** An unsure clock ends nothing: it may be years ahead. */
  #refusal(reason: Refusal): Refusal | undefined {
    const isByClock = reason === 'expired' || reason === 'not-begun' || reason === 'outside-hours'
    return isByClock && !this.#deps.clock.sure() ? undefined : reason
  }

  #overstay(session: WatchedSession, { grant }: GrantStanding, standing: OpenStanding): string | undefined {
    const { clock } = this.#deps
    if (standing.reason === 'accepted') return this.#timeUp(grant, standing, clock.now())
    // From before the expiry it has the policy of the paid; one from after it was walled at its login.
    return clock.sure() && session.startedAt < grant.expiresAt! ? 'expired' : undefined
  }

  /** Time online goes on between two reports; what is used up by then is ended, what soon will be is remembered. */
  #timeUp(grant: GrantStanding['grant'], { secLeft }: OpenStanding, now: number): string | undefined {
    for (const { untilAt } of topUpsOf(grant.topUps)) if (untilAt !== undefined) this.#remember(grant.no, untilAt, now)
    if (secLeft === undefined) return undefined
    const sessions = this.#sql.sessionsOf.all(grant.no)
    const leftMs = secLeft * 1000 - sessions.reduce((sum, session) => sum + unreportedMs(session, now), 0)
    if (leftMs <= 0) return 'time-used'
    this.#remember(grant.no, now + leftMs / sessions.length, now)
    return undefined
  }

  #remember(grantNo: number, at: number, now: number): void {
    if (at > now && at - now < DUE_WITHIN_MS) this.#due.set(grantNo, Math.min(at, this.#due.get(grantNo) ?? Infinity))
  }

  #order(session: WatchedSession, kind: OrderKind, reason: string): void {
    const { clock, log, order } = this.#deps
    const failed = this.#sql.failures.get(session.no, kind, reason === EXTENDED ? 1 : 0)!
    const waitMs = Math.min(RETRY_MS * 2 ** failed.count, RETRY_MS_MAX)
    // A NAS that cannot be reached is tried again, but not forever as if for the first time.
    if (failed.count > 0 && clock.now() - failed.lastAt < waitMs) return
    log.info('a session is not as it should be', { acctSessionId: session.acctSessionId, kind, reason })
    order(session, kind, reason)
  }
}

/** When the clock alone changes what policies give; policies never change under their id. */
class PolicyTurns {
  readonly #calendar: Calendar
  readonly #turns = new Map<string, { readonly policy: Policy; at: number }>()
  /** What the policies looked like when they were learnt. */
  mark = ''

  constructor(calendar: Calendar) {
    this.#calendar = calendar
  }

  learn(mark: string, rows: readonly { readonly id: string; readonly policy: string }[], since: number): void {
    this.mark = mark
    for (const { id, policy: text } of rows) {
      if (this.#turns.has(id)) continue
      const policy = JSON.parse(text) as Policy
      const at = nextTurn(policy, this.#calendar, since)
      if (at !== undefined) this.#turns.set(id, { policy, at })
    }
  }

  /** The policies that have turned by an instant; each is told of once. */
  upTo(now: number): ReadonlySet<string> {
    const turned = new Set<string>()
    for (const [id, turn] of this.#turns) {
      if (turn.at > now) continue
      turned.add(id)
      turn.at = nextTurn(turn.policy, this.#calendar, now) ?? Infinity
    }
    return turned
  }
}

/** Lets others have the thread. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

type OpenStanding = Extract<Standing, { kind: 'open' }>

/** A device that has gone without a word is not charged for its silence: it counts until its next report was due. */
const unreportedMs = ({ lastReceivedAt, interimSec }: WatchedSession, now: number): number =>
  Math.min(Math.max(now - lastReceivedAt, 0), interimSec * 1000)

const topUpsOf = (topUps: string | null): readonly TopUp[] => (topUps === null ? [] : (JSON.parse(topUps) as TopUp[]))

const givenTo = ({ downKbps, upKbps }: WatchedSession, policy: Policy): Speed => ({
  downKbps: downKbps ?? policy.downKbps,
  upKbps: upKbps ?? policy.upKbps,
})

const isSame = (a: Speed, b: Speed): boolean => a.downKbps === b.downKbps && a.upKbps === b.upKbps

const changeReason = ({ fairUse = [] }: Policy, { window, policy }: OpenStanding, present: Speed): string => {
  const isOfTier = (speed: Speed): boolean => fairUse.some((tier) => isSame(tier, speed))
  return window === undefined && (isOfTier(present) || isOfTier(policy)) ? 'fair-use' : 'window'
}
