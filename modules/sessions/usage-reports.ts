/** Reports over all subscribers: what was moved when, on which plans, and by whom most. */
import { and, gte, inArray, lt, or, sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, defineQuery, sumOf } from '@lango/kernel/db'
import { grants } from '../access/tables.ts'
import { plans } from '../plans/tables.ts'
import { services } from '../services/tables.ts'
import { voucherBatches, vouchers } from '../vouchers/tables.ts'
import { liveSessions, sessionHistory, usageHours } from './tables.ts'

/** Octets: input from the subscriber, output to them. */
export type Moved = { readonly inputOctets: number; readonly outputOctets: number; readonly sessionTimeSec: number }

type Range = { readonly fromAt: number; readonly toAt: number }

type Tail = typeof liveSessions.read | typeof sessionHistory.read

/** The last hour of a session is the difference between its totals and the counters at that hour's beginning. */
const tailSums = (table: Tail) => ({
  input: sumOf(sql`${table.inputOctets} - ${table.hourInputOctets}`),
  output: sumOf(sql`${table.outputOctets} - ${table.hourOutputOctets}`),
  seconds: sumOf(sql`${table.sessionTimeSec} - ${table.hourSessionTimeSec}`),
})

const hourSums = (table: typeof usageHours.read) => ({
  input: sumOf(table.inputOctets),
  output: sumOf(table.outputOctets),
  seconds: sumOf(table.sessionTimeSec),
})

const HOUR_MS = 3_600_000
/**
 * A long range is asked for in slices. Nearly every session ends in its last metered hour, so that a slice of the
 * index on the end has it: `prompt`. Those that were told to be over later (their router was away) are asked for once
 * over the whole range: `late`. Together they are all.
 */
const parts = ['all', 'prompt', 'late'] as const
type Part = (typeof parts)[number]

const range = { fromAt: z.number().int(), toAt: z.number().int(), part: z.enum(parts).default('all') }

/** What ended before a range begins holds nothing of it: `SessionStore` sees to that. */
const historyIn = (history: typeof sessionHistory.read, { fromAt, toAt }: Range, part: Part): SQL => {
  const later = sql`${history.hourAt} + ${HOUR_MS}`
  return and(
    gte(history.endedAt, fromAt),
    gte(history.hourAt, fromAt),
    lt(history.hourAt, toAt),
    part === 'prompt' ? and(lt(history.endedAt, toAt + HOUR_MS), lt(history.endedAt, later)) : undefined,
    part === 'late' ? gte(history.endedAt, later) : undefined,
  )!
}

/** Only the history has what is late. */
const unlessLate = (part: Part, isIn: SQL | undefined): SQL | undefined => (part === 'late' ? sql`1 = 0` : isIn)

type Sums = { readonly input: number; readonly output: number; readonly seconds: number }

const plus = (before: Moved | undefined, { input, output, seconds }: Sums): Moved => ({
  inputOctets: (before?.inputOctets ?? 0) + input,
  outputOctets: (before?.outputOctets ?? 0) + output,
  sessionTimeSec: (before?.sessionTimeSec ?? 0) + seconds,
})

/** Everybody's usage by the hour in [fromAt, toAt), oldest first; hours without any are left out. */
export const usageHoursOfAll = defineQuery({
  name: 'sessions.usageHours',
  summary: 'Shows everybody’s traffic together by the hour in a range of time, the oldest first.',
  permission: 'sessions.read',
  input: z.object(range),
  tables: { liveSessions, sessionHistory, usageHours },
  examples: [
    { fromAt: 0, toAt: 4_000_000_000_000 },
    { fromAt: 0, toAt: 4_000_000_000_000, part: 'prompt' },
    { fromAt: 0, toAt: 4_000_000_000_000, part: 'late' },
  ],
  select: ({ db, liveSessions: live, sessionHistory: history, usageHours: hours }, { fromAt, toAt, part }) => ({
    live: db
      .select({ hourAt: live.hourAt, ...tailSums(live) })
      .from(live)
      .where(unlessLate(part, and(gte(live.hourAt, fromAt), lt(live.hourAt, toAt))))
      .groupBy(live.hourAt)
      .orderBy(ascending(live.hourAt)),
    history: db
      .select({ hourAt: history.hourAt, ...tailSums(history) })
      .from(history)
      .where(historyIn(history, { fromAt, toAt }, part))
      .groupBy(history.hourAt)
      .orderBy(ascending(history.hourAt)),
    hours: db
      .select({ hourAt: hours.hourAt, ...hourSums(hours) })
      .from(hours)
      .where(unlessLate(part, and(gte(hours.hourAt, fromAt), lt(hours.hourAt, toAt))))
      .groupBy(hours.hourAt)
      .orderBy(ascending(hours.hourAt)),
  }),
  shape: ({ live, history, hours }) => {
    const byHour = new Map<number, Moved>()
    for (const row of [...hours, ...history, ...live]) byHour.set(row.hourAt, plus(byHour.get(row.hourAt), row))
    return [...byHour].map(([hourAt, moved]) => ({ hourAt, ...moved })).toSorted((a, b) => a.hourAt - b.hourAt)
  },
})

const TOP_MAX = 1000
const LOGINS_MAX = 1000

const PLAN_TABLES = { liveSessions, sessionHistory, usageHours, grants, services, vouchers, voucherBatches, plans }

/** A login is a subscriber's, or a voucher's: then it is the hash of its code, and the code's end stands for it. */
type Used = Sums & { readonly login: string; readonly voucherTail: string | null; readonly plan: string | null }

const moved = ({ inputOctets, outputOctets }: Moved): number => inputOctets + outputOctets
const byMoved = (a: Moved & { readonly key: string }, b: Moved & { readonly key: string }): number =>
  moved(b) - moved(a) || (a.key < b.key ? -1 : 1)

const total = (rows: readonly Used[], keyOf: (row: Used) => string) => {
  const byKey = new Map<string, Moved & { key: string; first: Used }>()
  for (const row of rows) {
    const key = keyOf(row)
    const before = byKey.get(key)
    byKey.set(key, { key, first: before?.first ?? row, ...plus(before, row) })
  }
  return [...byKey.values()].toSorted(byMoved)
}

const sumsOf = ({ inputOctets, outputOctets, sessionTimeSec }: Moved): Moved => ({
  inputOctets,
  outputOctets,
  sessionTimeSec,
})

const byLogin = (rows: readonly Used[]) =>
  total(rows, ({ login }) => login).map((one) => ({
    login: one.key,
    voucherTail: one.first.voucherTail,
    plan: one.first.plan,
    ...sumsOf(one),
  }))

/**
 * What was used in [fromAt, toAt) on each plan, and by the `top` who used most. A long range is asked for in slices:
 * no read may take long.
 */
export const usageByPlan = defineQuery({
  name: 'sessions.usageByPlan',
  summary: 'Shows the traffic of each plan in a range of time, and the logins that used most.',
  permission: 'sessions.read',
  input: z.object({
    ...range,
    top: z.number().int().min(1).max(TOP_MAX).default(100),
    /** Of these only. */
    logins: z.array(z.string()).max(LOGINS_MAX).optional(),
  }),
  tables: PLAN_TABLES,
  examples: [
    { fromAt: 0, toAt: 4_000_000_000_000 },
    { fromAt: 0, toAt: 4_000_000_000_000, top: 2, logins: ['a', 'A', 'b'] },
  ],
  select: (
    { db, liveSessions: live, sessionHistory: history, usageHours: hours, ref, ...who },
    { fromAt, toAt, logins, part },
  ) => {
    const { grants, services, vouchers, voucherBatches, plans } = who
    const named = { login: grants.login, voucherTail: vouchers.tail, plan: plans.name }
    const names = [grants.login, vouchers.tail, plans.name] as const
    const isAsked = logins === undefined ? undefined : inArray(grants.login, logins)
    const plan = or(ref(services.planId, plans.id), ref(voucherBatches.planId, plans.id))
    const tail = (table: Tail, isIn: SQL | undefined) =>
      db
        .select({ ...named, ...tailSums(table) })
        .from(table)
        .innerJoin(grants, ref(table.grantNo, grants.no))
        .leftJoin(services, ref(grants.serviceId, services.id))
        .leftJoin(vouchers, ref(grants.serviceId, vouchers.id))
        .leftJoin(voucherBatches, ref(vouchers.batchId, voucherBatches.id))
        .leftJoin(plans, plan)
        .where(and(isIn, isAsked))
        .groupBy(...names)
        .orderBy(...names.map(ascending))
    return {
      live: tail(live, unlessLate(part, and(gte(live.hourAt, fromAt), lt(live.hourAt, toAt)))),
      history: tail(history, historyIn(history, { fromAt, toAt }, part)),
      hours: db
        .select({ ...named, ...hourSums(hours) })
        .from(hours)
        .innerJoin(grants, ref(hours.grantNo, grants.no))
        .leftJoin(services, ref(grants.serviceId, services.id))
        .leftJoin(vouchers, ref(grants.serviceId, vouchers.id))
        .leftJoin(voucherBatches, ref(vouchers.batchId, voucherBatches.id))
        .leftJoin(plans, plan)
        .where(unlessLate(part, and(gte(hours.hourAt, fromAt), lt(hours.hourAt, toAt), isAsked)))
        .groupBy(...names)
        .orderBy(...names.map(ascending)),
    }
  },
  shape: ({ live, history, hours }, { top }) => {
    const rows: readonly Used[] = [...hours, ...history, ...live]
    const ofPlans = total(rows, ({ plan }) => plan ?? '').map((one) => ({ plan: one.key, ...sumsOf(one) }))
    return { plans: ofPlans, users: byLogin(rows).slice(0, top) }
  },
})
