/**
 * Finds live sessions that should not be (any more) and orders their end: nobody stays online on a plan that has
 * ended because a NAS forgot its Session-Timeout. Orders are rows; the reconciler carries them out.
 */
import type { Clock, Log } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import type { Policy } from '@lango/modules/access'
import { usedOctetsOf } from './aaa/readers.ts'

/** Expiries are looked for this often: "within a second everywhere" (design §3). */
export const EXPIRY_LOOK_MS = 1000
/** Everything is held against everything this often, in case a wake-up was lost. */
export const FULL_LOOK_MS = 60_000
/** After an order failed the next one waits this long, twice as long after each, up to the most. */
const RETRY_MS = 60_000
const RETRY_MS_MAX = 6 * 3_600_000
/** Sessions looked at in one go: the control thread stays free between two. */
const CHUNK_SESSIONS = 1000

type GrantState = {
  readonly no: number
  readonly status: string
  readonly expiresAt: number | null
  readonly quotaOctets: number | null
  readonly policy: string
}
export type OverstayedSession = {
  readonly no: number
  readonly acctSessionId: string
  readonly grantNo: number
  readonly startedAt: number
}

export type EnforcementDeps = {
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  readonly clock: Clock
  readonly log: Log
  readonly order: (session: OverstayedSession, reason: string) => void
}

export type Enforcement = {
  /** A grant has changed, or has used up its quota: look at its sessions now. */
  readonly look: (grantNo: number) => void
  /** Looks for grants that have expired since the last look. */
  readonly lookForExpired: () => void
  /** Looks at every session, a chunk at a time. */
  readonly lookAtAll: () => Promise<void>
}

export const createEnforcement = ({ reader, clock, log, order }: EnforcementDeps): Enforcement => {
  const grantOf = reader.prepare<[number], GrantState>(
    `SELECT g.no, g.status, g.expires_at expiresAt, g.quota_octets quotaOctets, p.policy
     FROM grants g JOIN policies p ON p.id = g.policy_id WHERE g.no = ?`,
  )
  const sessionsOf = reader.prepare<[number], OverstayedSession>(
    `SELECT no, acct_session_id acctSessionId, grant_no grantNo, started_at startedAt
     FROM live_sessions WHERE grant_no = ? AND ended_at IS NULL`,
  )
  const expiredIn = reader.prepare<[number, number], { no: number }>(
    'SELECT no FROM grants WHERE expires_at > ? AND expires_at <= ?',
  )
  const page = reader.prepare<[number, number], OverstayedSession>(
    `SELECT no, acct_session_id acctSessionId, grant_no grantNo, started_at startedAt
     FROM live_sessions WHERE no > ? AND grant_no > 0 AND ended_at IS NULL ORDER BY no LIMIT ?`,
  )
  const failures = reader.prepare<[number], { count: number; lastAt: number }>(
    `SELECT count(*) count, coalesce(max(ordered_at), 0) lastAt FROM session_orders WHERE session_no = ? AND state = 'failed'`,
  )
  const usedOctets = usedOctetsOf(reader)
  let lookedAt = clock.now() - FULL_LOOK_MS

  const fault = (session: OverstayedSession): string | undefined => {
    const grant = grantOf.get(session.grantNo)
    if (!grant) return 'removed'
    if (grant.status !== 'active') return grant.status
    // An unsure clock ends nothing: it may be years ahead.
    const isExpired = clock.sure() && grant.expiresAt !== null && grant.expiresAt <= clock.now()
    if (isExpired && !isWalled(grant, session)) return 'expired'
    if (grant.quotaOctets !== null && usedOctets(grant.no) >= grant.quotaOctets) return 'quota-used'
    return undefined
  }

  const check = (session: OverstayedSession): void => {
    const reason = fault(session)
    if (reason === undefined) return
    const failed = failures.get(session.no)!
    const waitMs = Math.min(RETRY_MS * 2 ** failed.count, RETRY_MS_MAX)
    // A NAS that cannot be reached is tried again, but not forever as if for the first time.
    if (failed.count > 0 && clock.now() - failed.lastAt < waitMs) return
    log.info('a session is over its time', { acctSessionId: session.acctSessionId, reason })
    order(session, reason)
  }

  return {
    look: (grantNo) => sessionsOf.all(grantNo).forEach(check),
    lookForExpired() {
      const now = clock.now()
      for (const { no } of expiredIn.all(lookedAt, now)) sessionsOf.all(no).forEach(check)
      lookedAt = now
    },
    async lookAtAll() {
      for (let after = 0; ;) {
        const sessions = page.all(after, CHUNK_SESSIONS)
        sessions.forEach(check)
        if (sessions.length < CHUNK_SESSIONS) return
        after = sessions.at(-1)!.no
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

/** A session that began after the expiry was let in by the plan's own rule, onto the pool or page of the expired. */
const isWalled = (grant: GrantState, session: OverstayedSession): boolean =>
  session.startedAt >= grant.expiresAt! && (JSON.parse(grant.policy) as Policy).onExpiry.kind !== 'reject'
