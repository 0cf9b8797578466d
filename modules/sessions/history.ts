/** Sessions that are over, and who had an address when (feature D37). */
import { and, eq, gte, isNull, lt, lte, or, sql } from 'drizzle-orm'
import { z } from 'zod'
import { defineQuery, descending } from '@lango/kernel/db'
import { grants } from '../access/tables.ts'
import { customers } from '../customers/tables.ts'
import { routers } from '../network/tables.ts'
import { services } from '../services/tables.ts'
import { vouchers } from '../vouchers/tables.ts'
import { liveSessions, sessionHistory } from './tables.ts'

const PAGE_ROWS_MAX = 5000
const HAD_ROWS_MAX = 50

const TABLES = { liveSessions, sessionHistory, grants, services, customers, vouchers, routers }

type Reader = {
  readonly [K in 'services' | 'customers' | 'vouchers' | 'routers']: (typeof TABLES)[K]['read']
}

const columnsOf = (
  table: typeof liveSessions.read | typeof sessionHistory.read,
  { services, customers, vouchers, routers }: Reader,
) => ({
  no: table.no,
  userName: table.userName,
  voucherTail: vouchers.tail,
  service: services.login,
  customer: customers.name,
  device: table.device,
  framedIp: table.framedIp,
  router: routers.name,
  nas: table.nas,
  acctSessionId: table.acctSessionId,
  startedAt: table.startedAt,
  sessionTimeSec: table.sessionTimeSec,
  inputOctets: table.inputOctets,
  outputOctets: table.outputOctets,
})

/** A voucher's code is its key: whoever looks at the list sees its last four characters. */
const withoutCode = <R extends { voucherTail: string | null; userName: string }>({
  voucherTail,
  userName,
  ...row
}: R) => ({ ...row, login: voucherTail === null ? userName : `voucher …${voucherTail}` })

/** Where a page of the history ends: the next one goes on behind it. */
const place = z.object({ endedAt: z.number().int(), no: z.number().int() })

/** Sessions that ended in [fromAt, toAt), the last one first, of a login, an address, a device or a router. */
export const searchHistory = defineQuery({
  name: 'sessions.history',
  summary: 'Searches sessions that ended in a range of time by login, address, device or router, the last ended first.',
  permission: 'sessions.read',
  input: z.object({
    fromAt: z.number().int(),
    toAt: z.number().int(),
    /** A subscriber's, exactly. */
    login: z.string().optional(),
    ip: z.string().optional(),
    /** As it is stored: normalised. */
    device: z.string().optional(),
    routerNo: z.number().int().optional(),
    /** The `next` of the page before. */
    after: place.optional(),
    limit: z.number().int().min(1).max(PAGE_ROWS_MAX).default(50),
  }),
  tables: { sessionHistory, grants, services, customers, vouchers, routers },
  examples: [
    { fromAt: 0, toAt: 4_000_000_000_000 },
    { fromAt: 0, toAt: 4_000_000_000_000, limit: 3 },
    { fromAt: 0, toAt: 4_000_000_000_000, after: { endedAt: Date.UTC(2026, 10, 21), no: 3 } },
    { fromAt: 0, toAt: 4_000_000_000_000, login: 'a' },
    { fromAt: 0, toAt: 4_000_000_000_000, ip: 'a', routerNo: 1 },
    { fromAt: 0, toAt: 4_000_000_000_000, device: 'b' },
  ],
  select: (
    { db, sessionHistory: history, grants, services, customers, vouchers, routers, ref, byKey },
    { fromAt, toAt, login, ip, device, routerNo, after, limit },
  ) =>
    db
      .select({
        ...columnsOf(history, { services, customers, vouchers, routers }),
        endedAt: history.endedAt,
        terminateCause: history.terminateCause,
      })
      .from(history)
      .leftJoin(grants, ref(history.grantNo, grants.no))
      .leftJoin(services, ref(grants.serviceId, services.id))
      .leftJoin(customers, ref(services.customerId, customers.id))
      .leftJoin(vouchers, ref(grants.serviceId, vouchers.id))
      .leftJoin(routers, ref(history.routerNo, routers.no))
      .where(
        and(
          gte(history.endedAt, fromAt),
          lt(history.endedAt, toAt),
          login === undefined ? undefined : eq(grants.login, login),
          ip === undefined ? undefined : eq(history.framedIp, ip),
          device === undefined ? undefined : eq(history.device, device),
          routerNo === undefined ? undefined : eq(history.routerNo, routerNo),
          after === undefined
            ? undefined
            : or(lt(history.endedAt, after.endedAt), and(eq(history.endedAt, after.endedAt), lt(history.no, after.no))),
        ),
      )
      .orderBy(descending(history.endedAt), descending(history.no), ...byKey(history))
      .limit(limit),
  shape: (rows, { limit }) => {
    const last = rows.at(-1)
    const next = rows.length === limit && last !== undefined ? { endedAt: last.endedAt, no: last.no } : null
    return { rows: rows.map(withoutCode), next }
  },
})

/** Whose an address was at an instant: the sessions that had it then, the one that ended last first. */
export const whoHad = defineQuery({
  name: 'sessions.whoHad',
  summary: 'Tells which sessions had an address at an instant, as an authority asks.',
  permission: 'sessions.read',
  input: z.object({ ip: z.string().min(1), at: z.number().int() }),
  tables: TABLES,
  examples: [
    { ip: 'a', at: Date.UTC(2026, 10, 21) },
    { ip: 'b', at: Date.UTC(2026, 10, 21) + 50 },
    { ip: 'A', at: Date.UTC(2027, 10, 21) },
  ],
  select: ({ db, liveSessions: live, sessionHistory: history, ref, byKey, ...who }, { ip, at }) => {
    const { grants, services, customers, vouchers, routers } = who
    return {
      live: db
        .select({ ...columnsOf(live, who), endedAt: live.endedAt })
        .from(live)
        .leftJoin(grants, ref(live.grantNo, grants.no))
        .leftJoin(services, ref(grants.serviceId, services.id))
        .leftJoin(customers, ref(services.customerId, customers.id))
        .leftJoin(vouchers, ref(grants.serviceId, vouchers.id))
        .leftJoin(routers, ref(live.routerNo, routers.no))
        .where(and(eq(live.framedIp, ip), lte(live.startedAt, at), or(isNull(live.endedAt), gte(live.endedAt, at))))
        .orderBy(descending(live.startedAt), ...byKey(live))
        .limit(HAD_ROWS_MAX),
      history: db
        .select({ ...columnsOf(history, who), endedAt: history.endedAt })
        .from(history)
        .leftJoin(grants, ref(history.grantNo, grants.no))
        .leftJoin(services, ref(grants.serviceId, services.id))
        .leftJoin(customers, ref(services.customerId, customers.id))
        .leftJoin(vouchers, ref(grants.serviceId, vouchers.id))
        .leftJoin(routers, ref(history.routerNo, routers.no))
        .where(and(eq(history.framedIp, ip), gte(history.endedAt, at), lte(history.startedAt, at)))
        // Sessions of one address follow each other: what had it then is among the first to end after.
        .orderBy(sql`${history.endedAt} asc`, ...byKey(history))
        .limit(HAD_ROWS_MAX),
    }
  },
  shape: ({ live, history }) => [
    ...live.map((row) => ({ ...withoutCode(row), endedAt: row.endedAt })),
    ...history.toReversed().map((row) => ({ ...withoutCode(row), endedAt: row.endedAt as number | null })),
  ],
})

/** From when to when people were online at a router: sessions that are over, the latest first. */
export const listRouterStays = defineQuery({
  name: 'sessions.routerStays',
  summary: 'Lists from when to when sessions at one router lasted that ended since a moment, the latest first.',
  permission: 'sessions.read',
  input: z.object({
    routerNo: z.number().int(),
    fromAt: z.number().int(),
    limit: z.number().int().min(1).max(PAGE_ROWS_MAX).default(PAGE_ROWS_MAX),
  }),
  tables: { sessionHistory },
  examples: [
    { routerNo: 1, fromAt: 0 },
    { routerNo: 2, fromAt: 0, limit: 1 },
  ],
  select: ({ db, sessionHistory: history, byKey }, { routerNo, fromAt, limit }) =>
    db
      .select({ endedAt: history.endedAt, sessionTimeSec: history.sessionTimeSec })
      .from(history)
      .where(and(eq(history.routerNo, routerNo), gte(history.endedAt, fromAt)))
      .orderBy(descending(history.endedAt), ...byKey(history))
      .limit(limit),
  shape: (rows) => rows.map(({ endedAt, sessionTimeSec }) => ({ startedAt: endedAt - sessionTimeSec * 1000, endedAt })),
})
