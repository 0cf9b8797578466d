import { and, gte, isNull, lt, sql } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, countRows, defineQuery, descending, sumOf } from '@lango/kernel/db'
import { grants } from '../access/tables.ts'
import { contains, parseAddress, parseRange } from '../network/index.ts'
import { routers } from '../network/tables.ts'
import { liveSessions, routerHealth, sessionHistory, unknownRouters, usageHours } from './tables.ts'

const TOTALS_ROWS_MAX = 100_000

/** What each login used in [fromAt, toAt), whoever used most first. Octets: input from the subscriber, output to them. */
export const usageTotals = defineQuery({
  name: 'sessions.usageTotals',
  summary: 'Shows what each login used in a range of time, the heaviest first.',
  permission: 'sessions.read',
  input: z.object({
    fromAt: z.number().int(),
    toAt: z.number().int(),
    limit: z.number().int().min(1).max(TOTALS_ROWS_MAX).default(100),
  }),
  tables: { liveSessions, sessionHistory, usageHours, grants },
  examples: [{ fromAt: 0, toAt: 4_000_000_000_000 }],
  select: ({ db, liveSessions: live, sessionHistory: history, usageHours: hours, grants, ref }, { fromAt, toAt }) => {
    // The last hour of a session is the difference between its totals and the counters at that hour's beginning.
    const tail = (table: typeof live | typeof history) =>
      db
        .select({
          login: grants.login,
          input: sumOf(sql`${table.inputOctets} - ${table.hourInputOctets}`),
          output: sumOf(sql`${table.outputOctets} - ${table.hourOutputOctets}`),
          seconds: sumOf(sql`${table.sessionTimeSec} - ${table.hourSessionTimeSec}`),
        })
        .from(table)
        .innerJoin(grants, ref(table.grantNo, grants.no))
        .where(and(gte(table.hourAt, fromAt), lt(table.hourAt, toAt)))
        .groupBy(grants.login)
        .orderBy(ascending(grants.login))
    return {
      live: tail(live),
      history: tail(history),
      hours: db
        .select({
          login: grants.login,
          input: sumOf(hours.inputOctets),
          output: sumOf(hours.outputOctets),
          seconds: sumOf(hours.sessionTimeSec),
        })
        .from(hours)
        .innerJoin(grants, ref(hours.grantNo, grants.no))
        .where(and(gte(hours.hourAt, fromAt), lt(hours.hourAt, toAt)))
        .groupBy(grants.login)
        .orderBy(ascending(grants.login)),
    }
  },
  shape: ({ live, history, hours }, { limit }) => {
    const byLogin = new Map<
      string,
      { login: string; inputOctets: number; outputOctets: number; sessionTimeSec: number }
    >()
    for (const { login, input, output, seconds } of [...live, ...history, ...hours]) {
      const total = byLogin.get(login) ?? { login, inputOctets: 0, outputOctets: 0, sessionTimeSec: 0 }
      total.inputOctets += input
      total.outputOctets += output
      total.sessionTimeSec += seconds
      byLogin.set(login, total)
    }
    const moved = (total: { inputOctets: number; outputOctets: number }): number =>
      total.inputOctets + total.outputOctets
    return [...byLogin.values()].sort((a, b) => moved(b) - moved(a) || (a.login < b.login ? -1 : 1)).slice(0, limit)
  },
})

/** Strangers that speak RADIUS to the box and have not been adopted since, the last heard first. */
export const listUnknownRouters = defineQuery({
  name: 'routers.unknown',
  summary: 'Lists addresses that speak RADIUS to the box without being one of its routers, the last heard first.',
  permission: 'routers.read',
  input: z.object({}),
  tables: { unknownRouters, routers },
  select: ({ db, unknownRouters: strangers, routers, byKey }) => ({
    strangers: db
      .select()
      .from(strangers)
      .orderBy(descending(strangers.lastAt), ...byKey(strangers)),
    adopted: db
      .select({ address: routers.address })
      .from(routers)
      .orderBy(...byKey(routers)),
  }),
  shape: ({ strangers, adopted }) => {
    const ranges = adopted.map(({ address }) => parseRange(address)).filter((range) => range !== undefined)
    return strangers.filter(({ address }) => {
      const parsed = parseAddress(address)
      return parsed === undefined || !ranges.some((range) => contains(range, parsed))
    })
  },
})

/** When each router was last heard; one that has never spoken has no row. */
export const listRouterHealth = defineQuery({
  name: 'routers.health',
  summary: 'Tells when each router was last heard; one that has never spoken has no row.',
  permission: 'routers.read',
  input: z.object({}),
  tables: { routerHealth },
  select: ({ db, routerHealth: health, byKey }) =>
    db
      .select()
      .from(health)
      .orderBy(ascending(health.routerNo), ...byKey(health)),
  shape: (rows) => rows,
})

/** How many sessions are open through each router; one without any has no row. */
export const openByRouter = defineQuery({
  name: 'sessions.byRouter',
  summary: 'Counts the open sessions of each router; one without any has no row.',
  permission: 'sessions.read',
  input: z.object({}),
  tables: { liveSessions },
  select: ({ db, liveSessions: live }) =>
    db
      .select({ routerNo: live.routerNo, sessions: countRows() })
      .from(live)
      .where(isNull(live.endedAt))
      .groupBy(live.routerNo)
      .orderBy(ascending(live.routerNo)),
  shape: (rows) => rows,
})
