import { isTimeZone } from '@lango/kernel'
import { and, eq, gte, sql } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, defineQuery, sumOf } from '@lango/kernel/db'
import {
  Calendar,
  allowanceAt,
  quotaTermsOf,
  standingAt,
  type Allowance,
  type GrantTerms,
  type Policy,
  type Span,
  type Usage,
} from '../access/index.ts'
import { grants, policies } from '../access/tables.ts'
import { liveSessions, sessionHistory, usageHours } from './tables.ts'

const DAY_MS = 86_400_000
/** Longer than data rolls over and top-ups last. */
const LOOK_BACK_MS = 400 * DAY_MS

const who = z.union([z.object({ login: z.string().min(1).max(253) }), z.object({ grantNo: z.number().int().min(1) })])

/**
 * What a subscriber or voucher may use, has used and has left at an instant, with all that it follows from: for a status
 * page, and for whoever asks why. Undefined when there is no such grant. `timeZone` is the site's.
 */
export const showAllowance = defineQuery({
  name: 'subscribers.allowance',
  summary: 'Shows what a subscriber or voucher may use, has used and has left at an instant, and why.',
  permission: 'subscribers.read',
  input: who.and(
    z.object({
      at: z.number().int(),
      timeZone: z.string().refine(isTimeZone, 'A time zone is named as Africa/Nairobi.'),
    }),
  ),
  tables: { grants, policies, liveSessions, sessionHistory, usageHours },
  examples: [
    { login: 'a', at: 1_795_240_000_000, timeZone: 'Africa/Nairobi' },
    ...[1, 2, 3, 4, 5].map((grantNo) => ({ grantNo, at: 1_795_230_000_000, timeZone: 'Europe/Lisbon' })),
  ],
  select: (
    { db, grants, policies, liveSessions: live, sessionHistory: history, usageHours: hours, ref, byKey },
    input,
  ) => {
    const them = 'login' in input ? eq(grants.login, input.login) : eq(grants.no, input.grantNo)
    const fromAt = input.at - LOOK_BACK_MS
    // The last hour of a session is the difference between its totals and the counters at that hour's beginning.
    const tail = (table: typeof live | typeof history) =>
      db
        .select({
          hourAt: table.hourAt,
          octets: sumOf(
            sql`${table.inputOctets} - ${table.hourInputOctets} + ${table.outputOctets} - ${table.hourOutputOctets}`,
          ),
          sec: sumOf(sql`${table.sessionTimeSec} - ${table.hourSessionTimeSec}`),
        })
        .from(table)
        .innerJoin(grants, ref(table.grantNo, grants.no))
        .where(and(them, gte(table.hourAt, fromAt)))
        .groupBy(table.hourAt)
        .orderBy(ascending(table.hourAt))
    const wholeLife = (table: typeof live | typeof history) =>
      db
        .select({
          octets: sumOf(sql`${table.inputOctets} + ${table.outputOctets}`),
          sec: sumOf(table.sessionTimeSec),
        })
        .from(table)
        .innerJoin(grants, ref(table.grantNo, grants.no))
        .where(them)
    return {
      grant: db
        .select({
          no: grants.no,
          login: grants.login,
          status: grants.status,
          expiresAt: grants.expiresAt,
          validitySec: grants.validitySec,
          firstUsedAt: grants.firstUsedAt,
          beginsAt: grants.beginsAt,
          quotaOctets: grants.quotaOctets,
          quotaSec: grants.quotaSec,
          topUps: grants.topUps,
          policy: policies.policy,
        })
        .from(grants)
        .innerJoin(policies, ref(grants.policyId, policies.id))
        .where(them)
        .orderBy(...byKey(grants)),
      hours: db
        .select({
          hourAt: hours.hourAt,
          octets: sumOf(sql`${hours.inputOctets} + ${hours.outputOctets}`),
          sec: sumOf(hours.sessionTimeSec),
        })
        .from(hours)
        .innerJoin(grants, ref(hours.grantNo, grants.no))
        .where(and(them, gte(hours.hourAt, fromAt)))
        .groupBy(hours.hourAt)
        .orderBy(ascending(hours.hourAt)),
      liveHours: tail(live),
      historyHours: tail(history),
      liveTotal: wholeLife(live),
      historyTotal: wholeLife(history),
    }
  },
  shape: ({ grant: rows, hours, liveHours, historyHours, liveTotal, historyTotal }, { at: now, timeZone }) => {
    const [row] = rows
    if (!row) return undefined
    const { policy, topUps, ...rest } = row
    const grant = { ...rest, topUps: topUps === null ? null : JSON.stringify(topUps) }
    const calendar = new Calendar(timeZone)
    const metered = [...hours, ...liveHours, ...historyHours]
    const terms = quotaTermsOf(grant, policy, now)
    const usageIn = ({ fromAt, toAt = Infinity }: Span): Usage =>
      fromAt === 0 && toAt === Infinity
        ? totalOf([...liveTotal, ...historyTotal])
        : totalOf(metered.filter(({ hourAt }) => hourAt >= fromAt && hourAt < toAt))
    const allowance = terms && allowanceAt(terms, policy, calendar, usageIn, now)
    return {
      ...standingOf(grant, policy, allowance, calendar, now),
      ...measuresOf(allowance, policy, row),
      topUps: topUps ?? [],
    }
  },
})

type Grant = GrantTerms & { readonly no: number }

/** Whether a login would be let in, and with what. */
const standingOf = (
  grant: Grant,
  policy: Policy,
  allowance: Allowance | undefined,
  calendar: Calendar,
  now: number,
) => {
  const standing = standingAt({ grant, policy, allowance, calendar, now, clockSure: true })
  const windows = policy.windows && calendar.windowsAt(policy.windows, now)
  const isOpen = standing.kind === 'open'
  const given = isOpen ? standing.policy : policy
  return {
    grantNo: grant.no,
    login: grant.login,
    isOpen,
    /** In the words of the decision log. */
    reason: standing.reason,
    clock: policy.clock ?? 'wall',
    /** Devices online at once; 0 for any number. */
    deviceLimit: policy.deviceLimit,
    beganAt: grant.beginsAt ?? grant.firstUsedAt,
    endsAt: grant.expiresAt,
    /** It runs for so long from the first login, which is still to come: `endsAt` is then the last moment for it. */
    fromFirstUseSec: grant.firstUsedAt === null ? grant.validitySec : null,
    speed: { downKbps: given.downKbps, upKbps: given.upKbps },
    /** The plan's own, where another holds now. */
    planSpeed: { downKbps: policy.downKbps, upKbps: policy.upKbps },
    windows: policy.windows ?? [],
    /** The window whose speed holds. */
    window: isOpen ? (standing.window ?? null) : null,
    openUntilAt: windows?.openUntilAt ?? null,
    nextWindowAt: windows?.nextAt ?? null,
  }
}

const totalOf = (rows: readonly Usage[]): Usage => ({
  octets: rows.reduce((sum, row) => sum + row.octets, 0),
  sec: rows.reduce((sum, row) => sum + row.sec, 0),
})

type Quotas = { readonly quotaOctets: number | null; readonly quotaSec: number | null }

/** The period, and what it allows; null where nothing is limited. */
const measuresOf = (allowance: Allowance | undefined, policy: Policy, { quotaOctets, quotaSec }: Quotas) => {
  const { period, used, octets, sec, fairUse } = allowance ?? {}
  return {
    period: policy.quotaPeriod ?? 'none',
    periodFromAt: period?.toAt === undefined ? null : period.fromAt,
    /** When the quota begins anew. */
    nextResetAt: period?.toAt ?? null,
    used: used ?? null,
    octets: octets ? { quota: quotaOctets, ...octets } : null,
    sec: sec ? { quota: quotaSec, ...sec } : null,
    fairUse: fairUse ? { ...fairUse, toNextTier: fairUse.toNextTier ?? null, tiers: policy.fairUse ?? [] } : null,
  }
}
