/** Reports over all subscribers: what was moved when, on which plans, and by whom most. */
import { and, eq, gte, lt, or, sql, type SQL } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import { z } from 'zod'
import { ascending, defineQuery, sumOf, type Reader } from '@lango/kernel/db'
import { grants } from '../access/tables.ts'
import { plans } from '../plans/tables.ts'
import { services } from '../services/tables.ts'
import { voucherBatches, vouchers } from '../vouchers/tables.ts'
import { liveSessions, planHours, sessionHistory, usageHours, usageSummed } from './tables.ts'

/** Octets: input from the subscriber, output to them. */
export type Moved = { readonly inputOctets: number; readonly outputOctets: number; readonly sessionTimeSec: number }

type Range = { readonly fromAt: number; readonly toAt: number }
const range = { fromAt: z.number().int(), toAt: z.number().int() }

type History = typeof sessionHistory.read
type Hours = typeof usageHours.read
type Tail = typeof liveSessions.read | History

/** The last hour of a session is the difference between its totals and the counters at that hour's beginning. */
export const tailSums = (table: Tail) => ({
  input: sumOf(sql`${table.inputOctets} - ${table.hourInputOctets}`),
  output: sumOf(sql`${table.outputOctets} - ${table.hourOutputOctets}`),
  seconds: sumOf(sql`${table.sessionTimeSec} - ${table.hourSessionTimeSec}`),
})

export const hourSums = (table: Hours | typeof planHours.read) => ({
  input: sumOf(table.inputOctets),
  output: sumOf(table.outputOctets),
  seconds: sumOf(table.sessionTimeSec),
})

type Sums = { readonly input: number; readonly output: number; readonly seconds: number }

const plus = (before: Moved | undefined, { input, output, seconds }: Sums): Moved => ({
  inputOctets: (before?.inputOctets ?? 0) + input,
  outputOctets: (before?.outputOctets ?? 0) + output,
  sessionTimeSec: (before?.sessionTimeSec ?? 0) + seconds,
})

/**
 * So many rows that the writer has not added up yet are added up by the report. More wait only where sessions came from
 * an older release, for the minutes that it takes: then the report says that it is not whole.
 */
const REST_ROWS_MAX = 20_000

const SUMMED_TABLES = { liveSessions, sessionHistory, usageHours, planHours, usageSummed }

/** Where each source of sums is restricted to a range, each row of a session being in exactly one of them. */
const summedParts = (
  {
    liveSessions: live,
    sessionHistory: history,
    usageHours: hours,
    planHours: sums,
    usageSummed: summed,
    beside,
  }: Pick<Reader<typeof SUMMED_TABLES>, keyof typeof SUMMED_TABLES | 'beside'>,
  { fromAt, toAt }: Range,
) => {
  const reached = (source: 'history' | 'hours', table: SQLiteTable): SQL =>
    sql`coalesce((select ${summed.rowNo} from ${summed} where ${eq(summed.source, source)} and ${beside(summed, table)}), 0)`
  const unsummed = (source: 'history' | 'hours', table: History | Hours) => {
    const beyond = sql`${reached(source, table)} + ${REST_ROWS_MAX}`
    return {
      // By the key: the sign keeps SQLite from an index over years of hours.
      rest: and(
        sql`${table.no} > ${reached(source, table)}`,
        sql`${table.no} <= ${beyond}`,
        sql`+${table.hourAt} >= ${fromAt}`,
        sql`+${table.hourAt} < ${toAt}`,
      ),
      beyond: sql`${table.no} > ${beyond}`,
    }
  }
  return {
    live: and(gte(live.hourAt, fromAt), lt(live.hourAt, toAt)),
    sums: and(gte(sums.hourAt, fromAt), lt(sums.hourAt, toAt)),
    history: unsummed('history', history),
    hours: unsummed('hours', hours),
  }
}

/** Whether anything waits beyond that. */
const beyondRest = (
  {
    db,
    sessionHistory: history,
    usageHours: hours,
    byKey,
  }: Pick<Reader<typeof SUMMED_TABLES>, 'db' | 'byKey' | 'sessionHistory' | 'usageHours'>,
  parts: ReturnType<typeof summedParts>,
) => ({
  historyBeyond: db
    .select({ no: history.no })
    .from(history)
    .where(parts.history.beyond)
    .orderBy(...byKey(history))
    .limit(1),
  hoursBeyond: db
    .select({ no: hours.no })
    .from(hours)
    .where(parts.hours.beyond)
    .orderBy(...byKey(hours))
    .limit(1),
})

const isWhole = (beyond: {
  readonly historyBeyond: readonly unknown[]
  readonly hoursBeyond: readonly unknown[]
}): boolean => beyond.historyBeyond.length + beyond.hoursBeyond.length === 0

/** Everybody's usage by the hour in [fromAt, toAt), oldest first; hours without any are left out. */
export const usageHoursOfAll = defineQuery({
  name: 'sessions.usageHours',
  summary: 'Shows everybody’s traffic together by the hour in a range of time, the oldest first.',
  permission: 'sessions.read',
  input: z.object(range),
  tables: SUMMED_TABLES,
  examples: [{ fromAt: 0, toAt: 4_000_000_000_000 }],
  select: (read, asked) => {
    const { db, liveSessions: live, sessionHistory: history, usageHours: hours, planHours: sums } = read
    const parts = summedParts(read, asked)
    return {
      sums: db
        .select({ hourAt: sums.hourAt, ...hourSums(sums) })
        .from(sums)
        .where(parts.sums)
        .groupBy(sums.hourAt)
        .orderBy(ascending(sums.hourAt)),
      live: db
        .select({ hourAt: live.hourAt, ...tailSums(live) })
        .from(live)
        .where(parts.live)
        .groupBy(live.hourAt)
        .orderBy(ascending(live.hourAt)),
      history: db
        .select({ hourAt: history.hourAt, ...tailSums(history) })
        .from(history)
        .where(parts.history.rest)
        .groupBy(history.hourAt)
        .orderBy(ascending(history.hourAt)),
      hours: db
        .select({ hourAt: hours.hourAt, ...hourSums(hours) })
        .from(hours)
        .where(parts.hours.rest)
        .groupBy(hours.hourAt)
        .orderBy(ascending(hours.hourAt)),
      ...beyondRest(read, parts),
    }
  },
  shape: ({ sums, live, history, hours, ...beyond }) => {
    const byHour = new Map<number, Moved>()
    for (const row of [...sums, ...hours, ...history, ...live])
      byHour.set(row.hourAt, plus(byHour.get(row.hourAt), row))
    return {
      hours: [...byHour].map(([hourAt, moved]) => ({ hourAt, ...moved })).toSorted((a, b) => a.hourAt - b.hourAt),
      /** False while sessions of an older release are still being added up. */
      isWhole: isWhole(beyond),
    }
  },
})

const moved = ({ inputOctets, outputOctets }: Moved): number => inputOctets + outputOctets

/** Rows of one key become one, whoever moved most first. */
export const totals = <Row extends Sums>(rows: readonly Row[], keyOf: (row: Row) => string) => {
  const byKey = new Map<string, Moved & { readonly key: string; readonly first: Row }>()
  for (const row of rows) {
    const key = keyOf(row)
    const before = byKey.get(key)
    byKey.set(key, { key, first: before?.first ?? row, ...plus(before, row) })
  }
  return [...byKey.values()].toSorted((a, b) => moved(b) - moved(a) || (a.key < b.key ? -1 : 1))
}

export const movedOf = ({ inputOctets, outputOctets, sessionTimeSec }: Moved): Moved => ({
  inputOctets,
  outputOctets,
  sessionTimeSec,
})

const GRANT_TABLES = { grants, services, vouchers, voucherBatches, plans }

/** The plan of a service, or of a voucher's batch. */
const planOf = ({
  ref,
  services,
  voucherBatches,
  plans,
}: Pick<Reader<typeof GRANT_TABLES>, keyof typeof GRANT_TABLES | 'ref'>): SQL =>
  or(ref(services.planId, plans.id), ref(voucherBatches.planId, plans.id))!

/** What was used in [fromAt, toAt) on each plan; what was used on none stands under ''. */
export const usageByPlan = defineQuery({
  name: 'sessions.usageByPlan',
  summary: 'Shows the traffic of each plan in a range of time, the heaviest first.',
  permission: 'sessions.read',
  input: z.object(range),
  tables: { ...SUMMED_TABLES, ...GRANT_TABLES },
  examples: [{ fromAt: 0, toAt: 4_000_000_000_000 }],
  select: (read, asked) => {
    const { db, planHours: sums, usageHours: hours, sessionHistory: history, ref, refCovered, plans } = read
    const { grants, services, vouchers, voucherBatches } = read
    const parts = summedParts(read, asked)
    const tail = (table: Tail, where: SQL | undefined) =>
      db
        .select({ plan: plans.name, ...tailSums(table) })
        .from(table)
        .leftJoin(grants, refCovered(table.grantNo, grants.no))
        .leftJoin(services, refCovered(grants.serviceId, services.id))
        .leftJoin(vouchers, ref(grants.serviceId, vouchers.id))
        .leftJoin(voucherBatches, ref(vouchers.batchId, voucherBatches.id))
        .leftJoin(plans, planOf(read))
        .where(where)
        .groupBy(plans.name)
        .orderBy(ascending(plans.name))
    return {
      sums: db
        .select({ plan: plans.name, ...hourSums(sums) })
        .from(sums)
        .leftJoin(plans, ref(sums.planId, plans.id))
        .where(parts.sums)
        .groupBy(plans.name)
        .orderBy(ascending(plans.name)),
      live: tail(read.liveSessions, parts.live),
      history: tail(history, parts.history.rest),
      hours: db
        .select({ plan: plans.name, ...hourSums(hours) })
        .from(hours)
        .leftJoin(grants, ref(hours.grantNo, grants.no))
        .leftJoin(services, ref(grants.serviceId, services.id))
        .leftJoin(vouchers, ref(grants.serviceId, vouchers.id))
        .leftJoin(voucherBatches, ref(vouchers.batchId, voucherBatches.id))
        .leftJoin(plans, planOf(read))
        .where(parts.hours.rest)
        .groupBy(plans.name)
        .orderBy(ascending(plans.name)),
      ...beyondRest(read, parts),
    }
  },
  shape: ({ sums, live, history, hours, ...beyond }) => ({
    plans: totals([...sums, ...hours, ...history, ...live], ({ plan }) => plan ?? '').map((one) => ({
      plan: one.key,
      ...movedOf(one),
    })),
    isWhole: isWhole(beyond),
  }),
})
