import { and, eq, gt, gte, isNull, lt } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, countRows, defineQuery, descending, sumOf } from '@lango/kernel/db'
import { syntheticCause, type SyntheticEnd } from './rules.ts'
import { liveSessions, sessionHistory, sessionOrders, usageHours } from './tables.ts'

const PAGE_ROWS_MAX = 10_000

/** Open sessions, the newest first. */
export const listSessions = defineQuery({
  name: 'sessions.list',
  permission: 'sessions.read',
  input: z.object({ limit: z.number().int().min(1).max(PAGE_ROWS_MAX).default(100), login: z.string().optional() }),
  tables: { liveSessions },
  examples: [{}, { limit: 2 }, { login: 'a' }],
  select: ({ db, liveSessions: live, byKey }, { limit, login }) => {
    const open = and(isNull(live.endedAt), login === undefined ? undefined : eq(live.userName, login))
    return {
      rows: db
        .select()
        .from(live)
        .where(open)
        .orderBy(descending(live.startedAt), ...byKey(live))
        .limit(limit),
      total: db.select({ count: countRows() }).from(live).where(open),
    }
  },
  shape: ({ rows, total }) => ({ rows, total: total[0]?.count ?? 0 }),
})

/** Every stored session of an Acct-Session-Id, oldest first, in the form the command line prints. */
export const showSession = defineQuery({
  name: 'sessions.show',
  permission: 'sessions.read',
  input: z.object({ acctSessionId: z.string() }),
  tables: { liveSessions, sessionHistory },
  examples: [{ acctSessionId: 'a' }],
  select: ({ db, liveSessions: live, sessionHistory: history, byKey }, { acctSessionId }) => ({
    live: db
      .select()
      .from(live)
      .where(eq(live.acctSessionId, acctSessionId))
      .orderBy(...byKey(live)),
    history: db
      .select()
      .from(history)
      .where(eq(history.acctSessionId, acctSessionId))
      .orderBy(...byKey(history)),
  }),
  shape: ({ live, history }) => [
    ...history.map((row) => ({
      ...shown(row),
      state: 'stop',
      endedAt: row.endedAt,
      terminateCause: row.terminateCause,
    })),
    ...live.map((row) => ({
      ...shown(row),
      state: row.endedAt === null ? row.state : 'stop',
      endedAt: row.endedAt,
      terminateCause: row.endedAt === null ? '' : syntheticCause[row.endedBy as SyntheticEnd],
    })),
  ],
})

type Shown = {
  acctSessionId: string
  userName: string
  device: string
  routerNo: number
  nas: string
  framedIp: string
  startedAt: number
  sessionTimeSec: number
  inputOctets: number
  outputOctets: number
}

const shown = (row: Shown): Shown => ({
  acctSessionId: row.acctSessionId,
  userName: row.userName,
  device: row.device,
  routerNo: row.routerNo,
  nas: row.nas,
  framedIp: row.framedIp,
  startedAt: row.startedAt,
  sessionTimeSec: row.sessionTimeSec,
  inputOctets: row.inputOctets,
  outputOctets: row.outputOctets,
})

/** Acct-Session-Ids of everything stored, a page at a time: first the live ones, then the history by its key. */
export const sessionIds = defineQuery({
  name: 'sessions.ids',
  permission: 'sessions.read',
  input: z.object({
    of: z.enum(['live', 'history']),
    after: z.number().int().default(0),
    limit: z.number().int().min(1).max(PAGE_ROWS_MAX).default(PAGE_ROWS_MAX),
  }),
  tables: { liveSessions, sessionHistory },
  examples: [{ of: 'live' }, { of: 'history', after: 1, limit: 2 }],
  select: ({ db, liveSessions, sessionHistory }, { of, after, limit }) => {
    const table = of === 'live' ? liveSessions : sessionHistory
    return db
      .select({ no: table.no, acctSessionId: table.acctSessionId })
      .from(table)
      .where(gt(table.no, after))
      .orderBy(ascending(table.no), ascending(table.acctSessionId))
      .limit(limit)
  },
  shape: (rows) => rows,
})

/** Usage of a grant by the hour in [fromAt, toAt), oldest first. Octets: input from the subscriber, output to them. */
export const usageByHour = defineQuery({
  name: 'sessions.usage',
  permission: 'sessions.read',
  input: z.object({ grantNo: z.number().int(), fromAt: z.number().int(), toAt: z.number().int() }),
  tables: { liveSessions, sessionHistory, usageHours },
  examples: [{ grantNo: 1, fromAt: 0, toAt: 4_000_000_000_000 }],
  select: ({ db, liveSessions: live, sessionHistory: history, usageHours: hours }, { grantNo, fromAt, toAt }) => {
    // The last hour of a session is the difference between its totals and the counters at that hour's beginning.
    const tail = (table: typeof live | typeof history) =>
      db
        .select({
          hourAt: table.hourAt,
          input: sumOf(table.inputOctets),
          output: sumOf(table.outputOctets),
          seconds: sumOf(table.sessionTimeSec),
          inputBefore: sumOf(table.hourInputOctets),
          outputBefore: sumOf(table.hourOutputOctets),
          secondsBefore: sumOf(table.hourSessionTimeSec),
        })
        .from(table)
        .where(and(eq(table.grantNo, grantNo), gte(table.hourAt, fromAt), lt(table.hourAt, toAt)))
        .groupBy(table.hourAt)
        .orderBy(ascending(table.hourAt))
    return {
      live: tail(live),
      history: tail(history),
      hours: db
        .select({
          hourAt: hours.hourAt,
          input: sumOf(hours.inputOctets),
          output: sumOf(hours.outputOctets),
          seconds: sumOf(hours.sessionTimeSec),
        })
        .from(hours)
        .where(and(eq(hours.grantNo, grantNo), gte(hours.hourAt, fromAt), lt(hours.hourAt, toAt)))
        .groupBy(hours.hourAt)
        .orderBy(ascending(hours.hourAt)),
    }
  },
  shape: ({ live, history, hours }) => {
    const byHour = new Map<
      number,
      { hourAt: number; inputOctets: number; outputOctets: number; sessionTimeSec: number }
    >()
    const add = (hourAt: number, input: number, output: number, seconds: number): void => {
      const hour = byHour.get(hourAt) ?? { hourAt, inputOctets: 0, outputOctets: 0, sessionTimeSec: 0 }
      hour.inputOctets += input
      hour.outputOctets += output
      hour.sessionTimeSec += seconds
      byHour.set(hourAt, hour)
    }
    for (const row of hours) add(row.hourAt, row.input, row.output, row.seconds)
    for (const row of [...live, ...history])
      add(row.hourAt, row.input - row.inputBefore, row.output - row.outputBefore, row.seconds - row.secondsBefore)
    return [...byHour.values()].sort((a, b) => a.hourAt - b.hourAt)
  },
})

/** Orders, the newest first; with an id only that one. */
export const listOrders = defineQuery({
  name: 'sessions.orders',
  permission: 'sessions.read',
  input: z.object({ orderId: z.string().optional(), limit: z.number().int().min(1).max(1000).default(100) }),
  tables: { sessionOrders },
  examples: [{}, { orderId: 'a' }],
  select: ({ db, sessionOrders: orders, byKey }, { orderId, limit }) =>
    db
      .select()
      .from(orders)
      .where(orderId === undefined ? undefined : eq(orders.id, orderId))
      .orderBy(descending(orders.orderedAt), ...byKey(orders))
      .limit(limit),
  shape: (rows) => rows,
})
