/**
 * Adds up what was moved on each plan by the hour, behind the sessions: rows are taken in the order they were written,
 * a page at a time, and the sums and the place that was reached are one transaction. So each row is counted once
 * whenever the box is killed, and a file that is older than these sums is caught up with in the same way.
 */
import type { RawDatabase } from '@lango/kernel/db'

/** A page takes a few milliseconds, and accounting waits for it. */
const PAGE_ROWS = 250

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
}

export const createUsageSums = (db: RawDatabase, site: RawDatabase): UsageSums => {
  const pages: Record<Source, (after: number) => readonly Moved[]> = {
    history: pageReader(db, sources.history),
    hours: pageReader(db, sources.hours),
  }
  const reached = db.prepare<[Source], number>('SELECT row_no FROM usage_summed WHERE source = ?').pluck()
  const reach = db.prepare<[Source, number]>(
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
  return {
    step() {
      const [history, hours] = [addUp('history'), addUp('hours')]
      return history === PAGE_ROWS || hours === PAGE_ROWS
    },
  }
}

const pageReader = (db: RawDatabase, sql: string): ((after: number) => readonly Moved[]) => {
  const select = db.prepare<[number, number], Moved>(sql).raw()
  return (after) => select.all(after, PAGE_ROWS)
}

const sumsOf = (rows: readonly Moved[], planOf: (grantNo: number) => string): Iterable<Sum> => {
  const plans = new Map<number, string>()
  const sums = new Map<string, Sum>()
  for (const [, grantNo, hourAt, input, output, sec] of rows) {
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
