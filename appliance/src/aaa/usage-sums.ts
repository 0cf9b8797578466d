/**
 * Adds up what was moved on each plan by the hour, behind the sessions: rows are taken in the order they were written,
 * a page at a time, and the sums and the place that was reached are one transaction. So each row is counted once
 * whenever the box is killed, and a file that is older than these sums is caught up with in the same way.
 */
import type { RawDatabase } from '@lango/kernel/db'
import { HEALTH_GRANT_NO } from '@lango/modules/access/rules'

/** A page takes a few milliseconds, and accounting waits for it. */
const PAGE_ROWS = 250
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** How far back a report over many days reaches. */
const TOP_DAYS = 92
const TOPS_A_DAY = 50
/** Who was online at midnight has told of it by then. */
const DAY_SETTLED_MS = HOUR_MS

const sources = {
  history: `SELECT no, grant_no, hour_at, input_octets - hour_input_octets, output_octets - hour_output_octets,
    session_time_sec - hour_session_time_sec FROM session_history WHERE no > ? ORDER BY no LIMIT ?`,
  hours: `SELECT no, grant_no, hour_at, input_octets, output_octets, session_time_sec
    FROM usage_hours WHERE no > ? ORDER BY no LIMIT ?`,
} as const
type Source = keyof typeof sources

type Moved = [no: number, grantNo: number, hourAt: number, inputOctets: number, outputOctets: number, sec: number]
type Sum = { readonly hourAt: number; readonly planId: string; input: number; output: number; sec: number }

export interface UsageSums {
  /** Adds up the next page; false when there is no more for now. Throws what SQLite throws: nothing is then counted. */
  step(): boolean
  /** Finds who moved most in the next day that is over; false when all are known. A day takes some 50 ms. */
  findTops(now: number): boolean
}

export const createUsageSums = (db: RawDatabase, site: RawDatabase): UsageSums => {
  const pages: Record<Source, (after: number) => readonly Moved[]> = {
    history: pageReader(db, sources.history),
    hours: pageReader(db, sources.hours),
  }
  const reached = db.prepare<[Source | 'tops'], number>('SELECT row_no FROM usage_summed WHERE source = ?').pluck()
  const reach = db.prepare<[Source | 'tops', number]>(
    `INSERT INTO usage_summed (source, row_no) VALUES (?, ?)
     ON CONFLICT (source) DO UPDATE SET row_no = excluded.row_no`,
  )
  const add = db.prepare<[Sum]>(
    `INSERT INTO usage_plan_hours (hour_at, plan_id, input_octets, output_octets, session_time_sec)
     VALUES (@hourAt, @planId, @input, @output, @sec)
     ON CONFLICT (hour_at, plan_id) DO UPDATE SET input_octets = input_octets + excluded.input_octets,
       output_octets = output_octets + excluded.output_octets,
       session_time_sec = session_time_sec + excluded.session_time_sec`,
  )
  const planOf = planReader(site)
  const addUp = db.transaction((source: Source): number => {
    const rows = pages[source](reached.get(source) ?? 0)
    const last = rows.at(-1)
    if (last === undefined) return 0
    for (const sum of sumsOf(rows, planOf)) add.run(sum)
    reach.run(source, last[0])
    return rows.length
  })
  const putTops = db.prepare<{ dayAt: number; endAt: number; heardAt: number; limit: number }>(TOPS_SQL)
  const dropTops = db.prepare<[number]>('DELETE FROM usage_day_tops WHERE day_at < ?')
  const addTops = db.transaction((dayAt: number): void => {
    putTops.run({ dayAt, endAt: dayAt + DAY_MS, heardAt: dayAt + DAY_MS + DAY_SETTLED_MS, limit: TOPS_A_DAY })
    dropTops.run(dayAt - TOP_DAYS * DAY_MS)
    reach.run('tops', dayAt + DAY_MS)
  })
  return {
    findTops(now) {
      const settled = now - DAY_SETTLED_MS
      const today = settled - (settled % DAY_MS)
      const known = reached.get('tops') ?? 0
      // A clock that was ahead has looked at days that were none yet.
      const next = Math.max(known > today ? 0 : known, today - TOP_DAYS * DAY_MS)
      if (next >= today) return false
      addTops(next)
      return true
    },
    step() {
      const [history, hours] = [addUp('history'), addUp('hours')]
      return history === PAGE_ROWS || hours === PAGE_ROWS
    },
  }
}

/** The signs keep SQLite from reading years in the order of grants. */
const TOPS_SQL = `
  INSERT OR REPLACE INTO usage_day_tops (day_at, grant_no, octets)
  SELECT @dayAt, grant_no, sum(octets) moved FROM (
    SELECT +grant_no grant_no, input_octets - hour_input_octets + output_octets - hour_output_octets octets
    FROM session_history WHERE ended_at >= @dayAt AND ended_at < @heardAt AND hour_at >= @dayAt AND hour_at < @endAt
    UNION ALL
    SELECT +grant_no, input_octets + output_octets FROM usage_hours WHERE hour_at >= @dayAt AND hour_at < @endAt)
  WHERE grant_no > 0 GROUP BY grant_no ORDER BY moved DESC, grant_no LIMIT @limit`

const pageReader = (db: RawDatabase, sql: string): ((after: number) => readonly Moved[]) => {
  const select = db.prepare<[number, number], Moved>(sql).raw()
  return (after) => select.all(after, PAGE_ROWS)
}

const sumsOf = (rows: readonly Moved[], planOf: (grantNo: number) => string): Iterable<Sum> => {
  const plans = new Map<number, string>()
  const sums = new Map<string, Sum>()
  for (const [, grantNo, hourAt, input, output, sec] of rows) {
    if (grantNo === HEALTH_GRANT_NO) continue
    let planId = plans.get(grantNo)
    if (planId === undefined) plans.set(grantNo, (planId = planOf(grantNo)))
    const key = `${hourAt} ${planId}`
    const sum = sums.get(key)
    if (sum === undefined) {
      sums.set(key, { hourAt, planId, input, output, sec })
      continue
    }
    sum.input += input
    sum.output += output
    sum.sec += sec
  }
  return sums.values()
}

/** The plan of a grant: its service's or its voucher's; '' when it has none. */
const planReader = (site: RawDatabase): ((grantNo: number) => string) => {
  const planId = site
    .prepare<[number], string>(
      `SELECT coalesce(
         (SELECT plan_id FROM services WHERE id = g.service_id),
         (SELECT b.plan_id FROM vouchers v JOIN voucher_batches b ON b.id = v.batch_id WHERE v.id = g.service_id), '')
       FROM grants g WHERE g.no = ?`,
    )
    .pluck()
  return (grantNo) => planId.get(grantNo) ?? ''
}
