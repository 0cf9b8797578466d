/** Who used most: no sums are kept for it, so that it is read from the indexes on the end and the hour. */
import { and, gte, inArray, lt, lte, or, sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, defineQuery, descending, sumOf, type Reader } from '@lango/kernel/db'
import { grants } from '../access/tables.ts'
import { plans } from '../plans/tables.ts'
import { services } from '../services/tables.ts'
import { voucherBatches, vouchers } from '../vouchers/tables.ts'
import { dayTops, liveSessions, sessionHistory, usageHours } from './tables.ts'
import { hourSums, movedOf, tailSums, totals } from './usage-reports.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const TOP_MAX = 1000
const LOGINS_MAX = 1000

const range = {
  fromAt: z.number().int(),
  toAt: z.number().int(),
  top: z.number().int().min(1).max(TOP_MAX).default(100),
}
const input = z.object({
  ...range,
  /** Of these only: then each is whole. */
  logins: z.array(z.string()).max(LOGINS_MAX).optional(),
})
type Asked = z.output<typeof input>

/** What ended before a range begins holds nothing of it: `SessionStore` sees to that. */
const historyIn = (history: typeof sessionHistory.read, { fromAt, toAt }: Pick<Asked, 'fromAt' | 'toAt'>): SQL =>
  and(gte(history.endedAt, fromAt), gte(history.hourAt, fromAt), lt(history.hourAt, toAt))!

const TABLES = { liveSessions, sessionHistory, usageHours, grants, services, vouchers, voucherBatches, plans }

/** The grants that moved most in one source. The sign keeps SQLite from reading years in the order of grants. */
const heaviest = (
  { db, scoped, siteOf, grants }: Pick<Reader<typeof TABLES>, 'db' | 'scoped' | 'siteOf' | 'grants'>,
  table: typeof liveSessions.read | typeof sessionHistory.read | typeof usageHours.read,
  isIn: SQL | undefined,
  { top, logins }: Asked,
) => {
  const sums = 'hourInputOctets' in table ? tailSums(table) : hourSums(table)
  const asked =
    logins &&
    db
      .select({ no: scoped(grants.no) })
      .from(grants)
      .where(inArray(grants.login, logins))
  return db
    .select({
      grantNo: table.grantNo,
      input: sums.input.as('input'),
      output: sums.output.as('output'),
      seconds: sums.seconds.as('seconds'),
      ...siteOf(table),
    })
    .from(table)
    .where(and(isIn, asked && sql`(${scoped(table.grantNo)}) in ${asked}`))
    .groupBy(sql`+${table.grantNo}`, scoped(table.grantNo))
    .orderBy(descending(sql`${sums.input} + ${sums.output}`), scoped(table.grantNo))
    .limit(logins === undefined ? top : Number.MAX_SAFE_INTEGER)
    .as('heaviest')
}

/** Who used most in [fromAt, toAt). Of a long range it is asked for of some only: no read may take long. */
export const topUsers = defineQuery({
  name: 'sessions.topUsers',
  summary: 'Shows the logins that used most in a range of time, the heaviest first.',
  permission: 'sessions.read',
  input,
  tables: TABLES,
  examples: [
    { fromAt: 0, toAt: 4_000_000_000_000 },
    { fromAt: 0, toAt: 4_000_000_000_000, top: 2, logins: ['a', 'A', 'b'] },
  ],
  select: (read, asked) => {
    const { db, ref, liveSessions: live, sessionHistory: history, usageHours: hours } = read
    const { grants, services, vouchers, voucherBatches, plans } = read
    const { fromAt, toAt } = asked
    const named = (used: ReturnType<typeof heaviest>) =>
      db
        .select({
          login: grants.login,
          voucherTail: vouchers.tail,
          plan: plans.name,
          input: used.input,
          output: used.output,
          seconds: used.seconds,
        })
        .from(used)
        .innerJoin(grants, ref(used.grantNo, grants.no))
        .leftJoin(services, ref(grants.serviceId, services.id))
        .leftJoin(vouchers, ref(grants.serviceId, vouchers.id))
        .leftJoin(voucherBatches, ref(vouchers.batchId, voucherBatches.id))
        .leftJoin(plans, or(ref(services.planId, plans.id), ref(voucherBatches.planId, plans.id)))
        .orderBy(ascending(grants.login), ascending(plans.name), ascending(used.input), ascending(used.output))
    const of = (table: Parameters<typeof heaviest>[1], isIn: SQL | undefined) =>
      named(heaviest(read, table, isIn, asked))
    return {
      live: of(live, and(gte(live.hourAt, fromAt), lt(live.hourAt, toAt))),
      history: of(history, historyIn(history, asked)),
      hours: of(hours, and(gte(hours.hourAt, fromAt), lt(hours.hourAt, toAt))),
    }
  },
  shape: ({ live, history, hours }, { top }) =>
    // A login is a subscriber's, or a voucher's: then it is the hash of its code, and the code's end stands for it.
    totals([...hours, ...history, ...live], ({ login }) => login)
      .slice(0, top)
      .map((one) => ({
        login: one.key,
        voucherTail: one.first.voucherTail,
        plan: one.first.plan,
        ...movedOf(one),
      })),
})

/**
 * Who moved most in a piece of a long range, to be looked at over the whole of it: octets alone, which takes half the
 * time. Those are left out that were told to be over long after their last hour (their router was away), for they stand
 * far from it in the index: a piece costs no more than it is long.
 */
export const heaviestIn = defineQuery({
  name: 'sessions.heaviest',
  summary: 'Shows the logins that moved most octets in a short range of time, the heaviest first.',
  permission: 'sessions.read',
  input: z.object(range),
  tables: TABLES,
  examples: [
    { fromAt: 0, toAt: 4_000_000_000_000 },
    { fromAt: 0, toAt: 4_000_000_000_000, top: 2 },
  ],
  select: (read, { fromAt, toAt, top }) => {
    const { db, ref, scoped, siteOf, liveSessions: live, sessionHistory: history, usageHours: hours, grants } = read
    const lastHour = (table: typeof live | typeof history) => ({
      grantNo: table.grantNo,
      octets:
        sql`${table.inputOctets} - ${table.hourInputOctets} + ${table.outputOctets} - ${table.hourOutputOctets}`.as(
          'octets',
        ),
      ...siteOf(table),
    })
    const moved = db
      .select(lastHour(live))
      .from(live)
      .where(and(gte(live.hourAt, fromAt), lt(live.hourAt, toAt)))
      .unionAll(
        db
          .select(lastHour(history))
          .from(history)
          .where(and(historyIn(history, { fromAt, toAt }), lt(history.endedAt, toAt + HOUR_MS))),
      )
      .unionAll(
        db
          .select({
            grantNo: hours.grantNo,
            octets: sql`${hours.inputOctets} + ${hours.outputOctets}`.as('octets'),
            ...siteOf(hours),
          })
          .from(hours)
          .where(and(gte(hours.hourAt, fromAt), lt(hours.hourAt, toAt))),
      )
      .as('moved')
    const sum = sumOf(sql`${moved.octets}`).as('sum')
    const heaviest = db
      .select({ grantNo: moved.grantNo, sum, ...siteOf(moved.grantNo.table) })
      .from(moved)
      .groupBy(scoped(moved.grantNo))
      .orderBy(descending(sql`sum`), scoped(moved.grantNo))
      .limit(top)
      .as('heaviest')
    return db
      .select({ login: grants.login, octets: heaviest.sum })
      .from(heaviest)
      .innerJoin(grants, ref(heaviest.grantNo, grants.no))
      .orderBy(descending(heaviest.sum), ascending(grants.login))
  },
  shape: (rows) => rows,
})

/** Who moved most in each whole day (of UTC) in [fromAt, toAt) that has been added up; the heaviest first. */
export const topOfDays = defineQuery({
  name: 'sessions.topOfDays',
  summary: 'Shows who moved most in each day (of UTC) that is over, the heaviest first.',
  permission: 'sessions.read',
  input: z.object({ fromAt: z.number().int(), toAt: z.number().int() }),
  tables: { dayTops, grants },
  examples: [{ fromAt: 0, toAt: 4_000_000_000_000 }],
  select: ({ db, dayTops: tops, grants, ref, byKey }, { fromAt, toAt }) =>
    db
      .select({ dayAt: tops.dayAt, login: grants.login, octets: tops.octets })
      .from(tops)
      .innerJoin(grants, ref(tops.grantNo, grants.no))
      .where(and(gte(tops.dayAt, fromAt), lte(tops.dayAt, toAt - DAY_MS)))
      .orderBy(ascending(tops.dayAt), descending(tops.octets), ...byKey(tops)),
  shape: (rows) => rows,
})
