import { and, eq, gt, gte, isNull, lt, sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, countRows, defineQuery, descending, sumOf } from '@lango/kernel/db'
import { syntheticCause, type SyntheticEnd } from './rules.ts'
import { decisionChunks, liveSessions, sessionHistory, sessionOrders, usageHours } from './tables.ts'

const PAGE_ROWS_MAX = 10_000

/** Open sessions, the newest first. */
export const listSessions = defineQuery({
  name: 'sessions.list',
  summary: 'Lists open sessions, the newest first; of one login where given.',
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
  summary: 'Shows every stored session with an Acct-Session-Id, the oldest first.',
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

/** A place in the listing: rows of one Acct-Session-Id stand together, those that are over first. */
const place = z.object({ acctSessionId: z.string(), of: z.enum(['history', 'live']), no: z.number().int() })
type Place = z.output<typeof place>

/**
 * Acct-Session-Ids of everything stored, a page at a time, in their order. A session that ends between two pages moves
 * from one table to the other but keeps its id, and each page reads both tables in one snapshot: so it is on one page
 * exactly, before the place where the reading stands or behind it. Ones that begin meanwhile may be on none.
 */
export const sessionIds = defineQuery({
  name: 'sessions.ids',
  summary: 'Lists the Acct-Session-Ids of all stored sessions, a page at a time.',
  permission: 'sessions.read',
  input: z.object({
    /** The `next` of the page before. */
    after: place.default({ acctSessionId: '', of: 'history', no: 0 }),
    limit: z.number().int().min(1).max(PAGE_ROWS_MAX).default(PAGE_ROWS_MAX),
  }),
  tables: { liveSessions, sessionHistory },
  examples: [
    {},
    { limit: 3 },
    { after: { acctSessionId: 'a', of: 'history', no: 1 }, limit: 3 },
    { after: { acctSessionId: 'a', of: 'live', no: 2 }, limit: 3 },
  ],
  select: ({ db, liveSessions: live, sessionHistory: history, byKey }, { after, limit }) => {
    const { acctSessionId, of, no } = after
    const page = (table: typeof live | typeof history, from: SQL) =>
      db
        .select({ acctSessionId: table.acctSessionId, no: table.no })
        .from(table)
        .where(from)
        .orderBy(ascending(table.acctSessionId), ...byKey(table))
        .limit(limit)
    const behind = (table: typeof live | typeof history) =>
      sql`(${table.acctSessionId}, ${table.no}) > (${acctSessionId}, ${no})`
    return {
      history: page(history, of === 'history' ? behind(history) : gt(history.acctSessionId, acctSessionId)),
      live: page(live, of === 'live' ? behind(live) : gte(live.acctSessionId, acctSessionId)),
    }
  },
  shape: ({ history, live }, { limit }) => {
    const merged = merge(history, live)
    if (merged.length < limit) return { rows: merged, next: null }
    const rows = wholeGroups(merged.slice(0, limit))
    return { rows, next: rows.at(-1) ?? null }
  },
})

/** Both in order of the id, by its octets as the databases compare; on a tie the history first. */
const merge = (history: readonly Omit<Place, 'of'>[], live: readonly Omit<Place, 'of'>[]): Place[] => {
  const merged: Place[] = []
  let at = 0
  for (const row of live) {
    for (; at < history.length && !isBefore(row.acctSessionId, history[at]!.acctSessionId); at++)
      merged.push({ ...history[at]!, of: 'history' })
    merged.push({ ...row, of: 'live' })
  }
  for (; at < history.length; at++) merged.push({ ...history[at]!, of: 'history' })
  return merged
}

const isBefore = (one: string, other: string): boolean =>
  one !== other && Buffer.compare(Buffer.from(one), Buffer.from(other)) < 0

/**
 * Live sessions of one id (of several NASes) are read together: one that was left for the next page could move before
 * its own place. They are left for it all, unless there is nothing else on this page.
 */
const wholeGroups = (rows: readonly Place[]): readonly Place[] => {
  const last = rows.at(-1)!
  if (last.of === 'history') return rows
  const kept = rows.findIndex((row) => row.of === 'live' && row.acctSessionId === last.acctSessionId)
  return kept === 0 ? rows : rows.slice(0, kept)
}

/** Usage of a grant by the hour in [fromAt, toAt), oldest first. Octets: input from the subscriber, output to them. */
export const usageByHour = defineQuery({
  name: 'sessions.usage',
  summary: 'Shows the traffic of one grant by the hour in a range of time, the oldest first.',
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
  summary: 'Lists orders to end or change sessions with their state and the router’s answers, the newest first.',
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

/** How many sessions, and decisions about logins, are older than these instants: what a shorter retention removes. */
export const countOlder = defineQuery({
  name: 'sessions.older',
  summary:
    'Counts the sessions and answers to logins that are older than given instants: what a shorter retention removes.',
  permission: 'settings.read',
  input: z.object({ sessionsBefore: z.number().int(), decisionsBefore: z.number().int() }),
  tables: { sessionHistory, decisionChunks },
  examples: [{ sessionsBefore: 4_000_000_000_000, decisionsBefore: 4_000_000_000_000 }],
  select: ({ db, sessionHistory: history, decisionChunks: chunks }, { sessionsBefore, decisionsBefore }) => ({
    sessions: db.select({ count: countRows() }).from(history).where(lt(history.endedAt, sessionsBefore)),
    decisions: db
      .select({ count: sumOf(chunks.decisions) })
      .from(chunks)
      .where(lt(chunks.toAt, decisionsBefore)),
  }),
  shape: ({ sessions, decisions }) => ({ sessions: sessions[0]?.count ?? 0, decisions: decisions[0]?.count ?? 0 }),
})
