/** What grants have used, read from sessions.db, and what that leaves them. */
import type { RawDatabase } from '@lango/kernel/db'
import {
  allowanceAt,
  quotaTermsOf,
  type Allowance,
  type Calendar,
  type GrantTerms,
  type Policy,
  type Usage,
  type UsageIn,
} from '@lango/modules/access/rules'

export type MeteredGrant = GrantTerms & { readonly no: number }

/** What a grant may still use at an instant; undefined for one that is not metered, which costs no look-up. */
export type Allowances = (grant: MeteredGrant, policy: Policy, at: number) => Allowance | undefined

type Hours = [grantNo: number, fromAt: number, toAt: number]

/**
 * Hours that a session outlived stand in `usage_hours`; its last hour is its totals less the counters at that hour's
 * beginning. A session that is over and has something in its last hour has ended in it or later (`session-store.ts`).
 */
const HOURS = `
  SELECT coalesce(sum(octets), 0) octets, coalesce(sum(sec), 0) sec FROM (
    SELECT sum(input_octets + output_octets) octets, sum(session_time_sec) sec
      FROM usage_hours WHERE grant_no = ? AND hour_at >= ? AND hour_at < ?
    UNION ALL SELECT sum(input_octets - hour_input_octets + output_octets - hour_output_octets),
      sum(session_time_sec - hour_session_time_sec)
      FROM session_history WHERE grant_no = ? AND ended_at >= ? AND hour_at >= ? AND hour_at < ?
    UNION ALL SELECT sum(input_octets - hour_input_octets + output_octets - hour_output_octets),
      sum(session_time_sec - hour_session_time_sec)
      FROM live_sessions WHERE grant_no = ? AND hour_at >= ? AND hour_at < ?)`

const WHOLE_LIFE = `
  SELECT coalesce(sum(octets), 0) octets, coalesce(sum(sec), 0) sec FROM (
    SELECT sum(input_octets + output_octets) octets, sum(session_time_sec) sec
      FROM session_history WHERE grant_no = ?
    UNION ALL SELECT sum(input_octets + output_octets), sum(session_time_sec)
      FROM live_sessions WHERE grant_no = ?)`

/** Later than any hour there is. */
const NEVER = Number.MAX_SAFE_INTEGER

export const usageOf = (sessions: RawDatabase): ((grantNo: number) => UsageIn) => {
  const hours = sessions.prepare<[...Hours, number, number, number, number, ...Hours], Usage>(HOURS)
  const wholeLife = sessions.prepare<[number, number], Usage>(WHOLE_LIFE)
  return (grantNo) =>
    ({ fromAt, toAt = NEVER }) =>
      fromAt === 0 && toAt === NEVER
        ? wholeLife.get(grantNo, grantNo)!
        : hours.get(grantNo, fromAt, toAt, grantNo, fromAt, fromAt, toAt, grantNo, fromAt, toAt)!
}

/**
 * No record adds to an hour that is longer ago: a NAS's account of time is believed within a day (`accounting-record.ts`),
 * and what counts in an earlier hour than it says counts in the last hour of its session.
 */
const SETTLED_AFTER_MS = 3 * 86_400_000
/** Spans kept, of all grants together: some 4 MB. */
const SPANS_KEPT = 20_000

/** Periods that are long over are summed once: a year of hours takes milliseconds, and each login would ask again. */
const settledOnce = (usage: (grantNo: number) => UsageIn): ((grantNo: number, at: number) => UsageIn) => {
  const settled = new Map<string, Usage>()
  return (grantNo, at) => (span) => {
    if (span.toAt === undefined || span.toAt > at - SETTLED_AFTER_MS) return usage(grantNo)(span)
    const key = `${grantNo} ${span.fromAt} ${span.toAt}`
    const known = settled.get(key) ?? usage(grantNo)(span)
    if (settled.size >= SPANS_KEPT) settled.clear()
    settled.set(key, known)
    return known
  }
}

export const allowancesFrom = (sessions: RawDatabase, calendar: Calendar): Allowances => {
  const usage = settledOnce(usageOf(sessions))
  return (grant, policy, at) => {
    const terms = quotaTermsOf(grant, policy, at)
    return terms && allowanceAt(terms, policy, calendar, usage(grant.no, at), at)
  }
}
