/** What the desk's pages read of several modules at once. */
import { and, eq, inArray, isNull, lt, ne, not, or, sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, contains, countRows, defineQuery, descending, type Reader } from '@lango/kernel/db'
import { HEALTH_GRANT_NO, devicePart } from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { bypasses } from '../bypass/tables.ts'
import { customers } from '../customers/tables.ts'
import { routers } from '../network/tables.ts'
import { plans } from '../plans/tables.ts'
import { services } from '../services/tables.ts'
import { liveSessions, sessionHistory, sessionOrders } from '../sessions/tables.ts'
import { purchases } from '../payments/tables.ts'
import { voucherBatches, vouchers } from '../vouchers/tables.ts'

const PAGE_ROWS_MAX = 500
const limit = (rows: number) => z.number().int().min(1).max(PAGE_ROWS_MAX).default(rows)
const needle = z.string().max(100).default('')

/** What a live session is to a desk: who, on which plan, where, how much; the voucher's code is left out. */
const SESSION_TABLES = {
  liveSessions,
  grants,
  services,
  customers,
  plans,
  vouchers,
  voucherBatches,
  purchases,
  bypasses,
  routers,
}

type SessionRow = {
  bypass: string | null
  voucherTail: string | null
  purchase: number | null
  buyer: string | null
  customer: string | null
  userName: string
}

const loginOf = ({ voucherTail, purchase, bypass, userName }: SessionRow): string => {
  // A device on the bypass list is known by its name.
  if (bypass !== null) return bypass
  if (voucherTail !== null) return `voucher …${voucherTail}`
  return purchase === null ? userName : `purchase ${purchase}`
}

/** A code is a key: whoever looks at the list sees the last four characters of a voucher's, and who bought by phone. */
const withoutCode = <R extends SessionRow>(row: R) => {
  const { voucherTail: _tail, userName: _name, buyer, ...rest } = row
  return { ...rest, customer: row.customer ?? buyer, login: loginOf(row) }
}

const sessionFilters = {
  q: needle,
  /** Of these sessions only, by number. */
  nos: z.array(z.number().int()).max(PAGE_ROWS_MAX).optional(),
  /** Whom `q` is known to mean, by grant: they are not looked for again, which takes as long as all the rest. */
  owners: z.array(z.number().int()).max(PAGE_ROWS_MAX).optional(),
  grantNo: z.number().int().optional(),
}
type SessionFilters = z.output<z.ZodObject<typeof sessionFilters>>
type SessionReader = Pick<Reader<typeof SESSION_TABLES>, keyof typeof SESSION_TABLES | 'ref' | 'scoped'>

/**
 * Sessions that are meant, by conditions on their own row and on sets that are found once: joined to their owners,
 * twenty thousand rows would cost a fifth of a second each time.
 */
const isMeant = (read: SessionReader, { q, nos, owners, grantNo }: SessionFilters): SQL | undefined => {
  const { liveSessions: live } = read
  return and(
    isNull(live.endedAt),
    ne(live.grantNo, HEALTH_GRANT_NO),
    nos === undefined ? undefined : inArray(live.no, nos),
    grantNo === undefined ? undefined : eq(live.grantNo, grantNo),
    q === '' ? undefined : or(...partsThatHold(read, q, owners)),
  )
}

const partsThatHold = (read: SessionReader, q: string, known: readonly number[] | undefined): SQL[] => {
  const { liveSessions: live, grants, services, vouchers, routers, ref, scoped } = read
  const byVoucher = sql`exists (select 1 from ${grants} join ${vouchers} on ${ref(grants.serviceId, vouchers.id)}
    where ${ref(live.grantNo, grants.no)})`
  const owners = sql`select ${scoped(grants.no)} from ${services} join ${grants} on ${ref(grants.serviceId, services.id)}
    where ${contains(services.foundBy, q.toLowerCase())}`
  const places = sql`select ${scoped(routers.no)} from ${routers} where ${contains(routers.name, q)}`
  return [
    // The code of a voucher is not looked for in part: that would tell it letter by letter.
    and(contains(live.userName, q), not(byVoucher))!,
    contains(live.framedIp, q),
    contains(live.device, devicePart(q)),
    contains(live.acctSessionId, q),
    known ? inArray(live.grantNo, [...known]) : sql`(${scoped(live.grantNo)}) in (${owners})`,
    sql`(${scoped(live.routerNo)}) in (${places})`,
  ]
}

/** Open sessions, the newest first, found by any part of what is known of them. */
export const deskSessions = defineQuery({
  name: 'desk.sessions',
  summary:
    'Searches open sessions by login, name, device, address or router, or shows those with given numbers, the newest first.',
  permission: 'sessions.read',
  input: z.object({ ...sessionFilters, limit: limit(50) }),
  tables: SESSION_TABLES,
  examples: [
    {},
    { q: 'a' },
    { q: '10.' },
    { q: 'b' },
    { q: 'b', owners: [1, 2] },
    { limit: 2 },
    { nos: [1, 3] },
    { grantNo: 2 },
  ],
  select: (read, { limit, ...filters }) => {
    const {
      db,
      liveSessions: live,
      grants,
      services,
      customers,
      plans,
      vouchers,
      voucherBatches,
      purchases,
      bypasses,
      routers,
      ref,
      byKey,
    } = read
    return db
      .select({
        no: live.no,
        grantNo: live.grantNo,
        userName: live.userName,
        voucherTail: vouchers.tail,
        voucherId: vouchers.id,
        purchase: purchases.number,
        buyer: purchases.phone,
        bypass: bypasses.name,
        service: services.login,
        customer: customers.name,
        plan: plans.name,
        router: routers.name,
        nas: live.nas,
        acctSessionId: live.acctSessionId,
        device: live.device,
        ip: live.framedIp,
        startedAt: live.startedAt,
        heardAt: live.lastReceivedAt,
        interimSec: live.interimSec,
        inputOctets: live.inputOctets,
        outputOctets: live.outputOctets,
        sessionTimeSec: live.sessionTimeSec,
      })
      .from(live)
      .leftJoin(grants, ref(live.grantNo, grants.no))
      .leftJoin(services, ref(grants.serviceId, services.id))
      .leftJoin(customers, ref(services.customerId, customers.id))
      .leftJoin(vouchers, ref(grants.serviceId, vouchers.id))
      .leftJoin(voucherBatches, ref(vouchers.batchId, voucherBatches.id))
      .leftJoin(purchases, ref(grants.serviceId, purchases.id))
      .leftJoin(bypasses, ref(grants.serviceId, bypasses.id))
      .leftJoin(
        plans,
        or(
          ref(services.planId, plans.id),
          ref(voucherBatches.planId, plans.id),
          ref(purchases.planId, plans.id),
          ref(bypasses.planId, plans.id),
        ),
      )
      .leftJoin(routers, ref(live.routerNo, routers.no))
      .where(isMeant(read, filters))
      .orderBy(descending(live.no), ...byKey(live))
      .limit(limit)
  },
  shape: (rows) => rows.map(withoutCode),
})

/**
 * A page of the sessions that a text finds, by number, and how many there are on all pages. Looking through them takes
 * the time: it is done once for both, and what is shown of those on the page is asked for by their numbers.
 */
export const sessionsFound = defineQuery({
  name: 'desk.sessionsFound',
  summary: 'Finds open sessions as desk.sessions does: the numbers of a page of them, and how many there are.',
  permission: 'sessions.read',
  input: z.object({
    q: needle,
    /** The number of the last session of the page before. */
    before: z.number().int().optional(),
    limit: limit(50),
  }),
  tables: SESSION_TABLES,
  examples: [{}, { q: 'a' }, { q: '10.' }, { q: 'b' }, { before: 4, limit: 2 }],
  select: (read, { q }) =>
    read.db
      .select({ no: read.liveSessions.no })
      .from(read.liveSessions)
      .where(isMeant(read, { q }))
      .orderBy(descending(read.liveSessions.no), ...read.byKey(read.liveSessions)),
  shape: (rows, { before = Infinity, limit }) => ({
    total: rows.length,
    nos: rows
      .filter(({ no }) => no < before)
      .slice(0, limit)
      .map(({ no }) => no),
  }),
})

/** How many sessions each of these grants has open; none is left out of the answer. */
export const onlineOf = defineQuery({
  name: 'desk.online',
  summary: 'Counts the open sessions of each of the given grants.',
  permission: 'sessions.read',
  input: z.object({ grantNos: z.array(z.number().int()).max(PAGE_ROWS_MAX) }),
  tables: { liveSessions },
  examples: [{ grantNos: [1, 2, 3] }, { grantNos: [] }],
  select: ({ db, liveSessions: live }, { grantNos }) =>
    db
      .select({ grantNo: live.grantNo, sessions: countRows() })
      .from(live)
      .where(and(isNull(live.endedAt), inArray(live.grantNo, grantNos)))
      .groupBy(live.grantNo)
      .orderBy(ascending(live.grantNo)),
  shape: (rows) => rows,
})

/** Sessions of a grant that are over, the last ended first. */
export const grantHistory = defineQuery({
  name: 'desk.history',
  summary: 'Lists the ended sessions of one grant, the last ended first, a page at a time.',
  permission: 'sessions.read',
  input: z.object({ grantNo: z.number().int(), before: z.number().int().optional(), limit: limit(50) }),
  tables: { sessionHistory, routers },
  examples: [...[1, 2, 3, 4].map((grantNo) => ({ grantNo })), { grantNo: 1, before: 3, limit: 1 }],
  select: ({ db, sessionHistory: history, routers, ref, byKey }, { grantNo, before, limit }) =>
    db
      .select({
        no: history.no,
        acctSessionId: history.acctSessionId,
        router: routers.name,
        device: history.device,
        ip: history.framedIp,
        startedAt: history.startedAt,
        endedAt: history.endedAt,
        inputOctets: history.inputOctets,
        outputOctets: history.outputOctets,
        terminateCause: history.terminateCause,
      })
      .from(history)
      .leftJoin(routers, ref(history.routerNo, routers.no))
      .where(and(eq(history.grantNo, grantNo), before === undefined ? undefined : lt(history.no, before)))
      .orderBy(descending(history.no), ...byKey(history))
      .limit(limit),
  shape: (rows) => rows,
})

/** What was asked of a session, the latest first: how it was ended or changed, and what the router answered. */
export const ordersOf = defineQuery({
  name: 'desk.orders',
  summary:
    'Lists what was asked of one session (to end it, or to change its policy) and what the router answered, the latest first.',
  permission: 'sessions.read',
  input: z.object({ sessionNo: z.number().int(), limit: limit(20) }),
  tables: { sessionOrders },
  examples: [1, 2, 3].map((sessionNo) => ({ sessionNo })),
  select: ({ db, sessionOrders: orders, byKey }, { sessionNo, limit }) =>
    db
      .select()
      .from(orders)
      .where(eq(orders.sessionNo, sessionNo))
      .orderBy(descending(orders.orderedAt), ...byKey(orders))
      .limit(limit),
  shape: (rows) => rows,
})

/** Whether anybody could be online: a subscriber or a voucher is there. */
export const anyGrant = defineQuery({
  name: 'desk.anyone',
  summary: 'Tells whether the box has any subscriber or voucher at all.',
  output: z.boolean(),
  permission: 'subscribers.read',
  input: z.object({}),
  tables: { grants },
  select: ({ db, grants, byKey }) =>
    db
      .select({ no: grants.no })
      .from(grants)
      .where(ne(grants.no, HEALTH_GRANT_NO))
      .orderBy(...byKey(grants))
      .limit(1),
  shape: (rows) => rows.length > 0,
})
