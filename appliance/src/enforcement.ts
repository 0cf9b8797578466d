/**
 * Finds live sessions that should not be (any more) and orders their end: nobody stays online on a plan that has
 * ended because a NAS forgot its Session-Timeout. Orders are rows; the reconciler carries them out.
 */
import type { Clock, Log } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { standingAt, type Calendar, type GrantTerms, type Policy, type Standing } from '@lango/modules/access/rules'
import { policyReader } from './aaa/readers.ts'
import { allowancesFrom } from './aaa/usage.ts'

/** Expiries are looked for this often: "within a second everywhere" (design §3). */
export const EXPIRY_LOOK_MS = 1000
/** Everything is held against everything this often, in case a wake-up was lost. */
export const FULL_LOOK_MS = 60_000
/** After an order failed the next one waits this long, twice as long after each, up to the most. */
const RETRY_MS = 60_000
const RETRY_MS_MAX = 6 * 3_600_000
/** Sessions looked at in one go: the control thread stays free between two. */
const CHUNK_SESSIONS = 200
/** What falls due within this time is remembered; a look at everything comes before it is forgotten. */
const DUE_WITHIN_MS = 2 * FULL_LOOK_MS

type GrantState = GrantTerms & { readonly no: number; readonly policyId: string }
export type OverstayedSession = {
  readonly no: number
  readonly acctSessionId: string
  readonly grantNo: number
  readonly startedAt: number
  readonly lastReceivedAt: number
  readonly interimSec: number
}

export type EnforcementDeps = {
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  readonly clock: Clock
  readonly calendar: Calendar
  readonly log: Log
  readonly order: (session: OverstayedSession, reason: string) => void
}

export type Enforcement = {
  /** A grant has changed, or has reached a limit: look at its sessions now. */
  readonly look: (grantNo: number) => void
  /** Looks at what has fallen due since the last look: grants that have expired, time that is used up. */
  readonly lookAtDue: () => void
  /** Looks at every session, a chunk at a time. */
  readonly lookAtAll: () => Promise<void>
}

const SESSION = `no, acct_session_id acctSessionId, grant_no grantNo, started_at startedAt,
  last_received_at lastReceivedAt, interim_sec interimSec`

const statementsOn = (reader: RawDatabase) => ({
  grant: reader.prepare<[number], GrantState>(
    `SELECT no, login, status, policy_id policyId, expires_at expiresAt, validity_sec validitySec,
       first_used_at firstUsedAt, begins_at beginsAt, quota_octets quotaOctets, quota_sec quotaSec, top_ups topUps
     FROM grants WHERE no = ?`,
  ),
  sessionsOf: reader.prepare<[number], OverstayedSession>(
    `SELECT ${SESSION} FROM live_sessions WHERE grant_no = ? AND ended_at IS NULL`,
  ),
  expiredIn: reader.prepare<[number, number], { no: number }>(
    'SELECT no FROM grants WHERE expires_at > ? AND expires_at <= ?',
  ),
  page: reader.prepare<[number, number], OverstayedSession>(
    `SELECT ${SESSION} FROM live_sessions WHERE no > ? AND grant_no > 0 AND ended_at IS NULL ORDER BY no LIMIT ?`,
  ),
  failures: reader.prepare<[number], { count: number; lastAt: number }>(
    `SELECT count(*) count, coalesce(max(ordered_at), 0) lastAt FROM session_orders WHERE session_no = ? AND state = 'failed'`,
  ),
})

export const createEnforcement = (deps: EnforcementDeps): Enforcement => new SessionEnforcement(deps)

class SessionEnforcement implements Enforcement {
  readonly #deps: EnforcementDeps
  readonly #sql: ReturnType<typeof statementsOn>
  readonly #policyOf: (id: string) => Policy
  readonly #allowanceOf: ReturnType<typeof allowancesFrom>
  /** When grants that are online reach what only time brings: the end of used time, or of a top-up. */
  readonly #due = new Map<number, number>()
  #lookedAt: number

  constructor(deps: EnforcementDeps) {
    this.#deps = deps
    this.#sql = statementsOn(deps.reader)
    this.#policyOf = policyReader(deps.reader)
    this.#allowanceOf = allowancesFrom(deps.reader, deps.calendar)
    this.#lookedAt = deps.clock.now() - FULL_LOOK_MS
  }

  look(grantNo: number): void {
    const sessions = this.#sql.sessionsOf.all(grantNo)
    for (const session of sessions) this.#check(session)
  }

  lookAtDue(): void {
    const now = this.#deps.clock.now()
    for (const { no } of this.#sql.expiredIn.all(this.#lookedAt, now)) this.look(no)
    this.#lookedAt = now
    for (const [grantNo, at] of this.#due) {
      if (at > now) continue
      this.#due.delete(grantNo)
      this.look(grantNo)
    }
  }

  async lookAtAll(): Promise<void> {
    for (let after = 0; ;) {
      const sessions = this.#sql.page.all(after, CHUNK_SESSIONS)
      for (const session of sessions) this.#check(session)
      if (sessions.length < CHUNK_SESSIONS) return
      after = sessions.at(-1)!.no
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #check(session: OverstayedSession): void {
    const reason = this.#fault(session)
    if (reason === undefined) return
    const { clock, log, order } = this.#deps
    const failed = this.#sql.failures.get(session.no)!
    const waitMs = Math.min(RETRY_MS * 2 ** failed.count, RETRY_MS_MAX)
    // A NAS that cannot be reached is tried again, but not forever as if for the first time.
    if (failed.count > 0 && clock.now() - failed.lastAt < waitMs) return
    log.info('a session is over its time', { acctSessionId: session.acctSessionId, reason })
    order(session, reason)
  }

  #fault(session: OverstayedSession): string | undefined {
    const grant = this.#sql.grant.get(session.grantNo)
    if (!grant) return 'removed'
    const { clock } = this.#deps
    const now = clock.now()
    const policy = this.#policyOf(grant.policyId)
    const allowance = this.#allowanceOf(grant, policy, now)
    const standing = standingAt({ grant, policy, allowance, now })
    if (standing.kind === 'refused')
      // An unsure clock ends nothing: it may be years ahead.
      return clock.sure() || !isByClock(standing.reason) ? standing.reason : undefined
    // A session that began before the expiry has the policy of the paid; one from after it was walled at its login.
    if (standing.reason === 'accepted-expired')
      return clock.sure() && session.startedAt < grant.expiresAt! ? 'expired' : undefined
    return this.#timeUp(grant, standing, now)
  }

  /** Time online goes on between two reports; what is used up by then is ended, what soon will be is remembered. */
  #timeUp(grant: GrantState, { secLeft }: Extract<Standing, { kind: 'open' }>, now: number): string | undefined {
    if (secLeft === undefined) return undefined
    const sessions = this.#sql.sessionsOf.all(grant.no)
    const unreportedMs = sessions.reduce((sum, session) => sum + unreported(session, now), 0)
    const leftMs = secLeft * 1000 - unreportedMs
    if (leftMs <= 0) return 'time-used'
    this.#remember(grant.no, now + leftMs / sessions.length, now)
    return undefined
  }

  #remember(grantNo: number, at: number, now: number): void {
    if (at - now < DUE_WITHIN_MS) this.#due.set(grantNo, Math.min(at, this.#due.get(grantNo) ?? Infinity))
  }
}

/** A device that has gone without a word is not charged for its silence: it counts until its next report was due. */
const unreported = ({ lastReceivedAt, interimSec }: OverstayedSession, now: number): number =>
  Math.min(Math.max(now - lastReceivedAt, 0), interimSec * 1000)

const isByClock = (reason: string): boolean => reason === 'expired' || reason === 'not-begun'
