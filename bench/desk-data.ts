/**
 * The box of the `desk` row: 100,000 subscribers with names and telephones, as many vouchers with what became of them,
 * and years of sessions.
 * What has a secret goes in through the command line; sessions, which have none, straight into the file of a box that
 * is down, in the shape that the box itself has made: through RADIUS they would take a quarter of an hour.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fillBusiness } from './desk-business.ts'
import { fillBox, lango, startBox } from './lango.ts'
import { PLAN, SECRET, subscriber } from './policy.ts'

export const DESK_HISTORY_ROWS = 5_000_000
const OPEN_SESSIONS = 20_000
const VOUCHERS = 100_000
const ROUTERS = 20
const HISTORY_DAYS = 180
const DAY_MS = 86_400_000

const FIRST_NAMES =
  'Amina,Baraka,Chebet,Daudi,Esther,Faraji,Grace,Hassan,Imani,Juma,Kioni,Lulu,Mosi,Neema,Otieno,Pendo,Rehema,Salim,Tumaini,Wanjiru'
const LAST_NAMES =
  'Abdi,Barasa,Cheruiyot,Dida,Ekal,Farah,Gitau,Hamisi,Ireri,Juma,Kamau,Lagat,Mwangi,Njoroge,Odhiambo,Param,Rotich,Simiyu,Tanui,Wekesa'

/** 100,000 people share 400 names, as a town does; each has a telephone of their own. */
export const personOf = (number: number): { readonly name: string; readonly phone: string } => {
  const [first, last] = [FIRST_NAMES.split(','), LAST_NAMES.split(',')]
  const name = `${first[number % first.length]} ${last[Math.floor(number / first.length) % last.length]}`
  return { name, phone: `+2547${String((number * 7919) % 100_000_000).padStart(8, '0')}` }
}

/** Fills a data folder; the box is down afterwards. */
export async function fillDesk(data: string, users: number, historyRows: number): Promise<void> {
  {
    await using stack = new AsyncDisposableStack()
    stack.use(await startBox({ data }))
    await fillBox(data, 0)
    for (let number = 1; number < ROUTERS; number++)
      await lango(data, 'router', 'add', `tower-${number}`, '--address', `10.255.0.${number}/32`, '--secret', SECRET)
    await lango(data, 'plan', 'add', 'day-pass', '--kind', 'hotspot', '--down-kbps', '5000', '--up-kbps', '1000')
    await lango(data, 'voucher', 'issue', '--plan', 'day-pass', '--count', String(VOUCHERS), '--json')
    const people = Array.from({ length: users }, (_, number) => {
      const { login, password, mac } = subscriber(number)
      const { name, phone } = personOf(number)
      return [login, password, PLAN.name, name, phone, mac].join(',')
    })
    const file = join(data, 'bench-people.csv')
    writeFileSync(file, `login,password,plan,name,phone,mac\n${people.join('\n')}\n`)
    await lango(data, 'subscriber', 'import', file, '--yes')
  }
  await fillBusiness(data)
  fillSessions(data, users, historyRows)
}

/** Sessions that are over, what each moved by the hour, and those that are open. */
function fillSessions(data: string, users: number, historyRows: number): void {
  const db = new DatabaseSync(join(data, 'sessions.db'))
  db.exec('PRAGMA journal_mode = DELETE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF')
  db.exec(`PRAGMA cache_size = -500000; ATTACH '${join(data, 'site.db')}' AS site`)
  db.exec(
    `CREATE TEMP TABLE owners AS SELECT substr(login, 5) + 0 number, no, login FROM site.grants WHERE login LIKE 'user%'`,
  )
  db.exec('CREATE UNIQUE INDEX temp.owners_number ON owners (number)')
  // Sorted once at the end, an index costs a fifth of what it costs row by row.
  const indexes = db
    .prepare(`SELECT name, sql FROM main.sqlite_schema WHERE type = 'index' AND sql IS NOT NULL
      AND tbl_name IN ('session_history', 'usage_hours')`)
    .all() as { name: string; sql: string }[]
  for (const { name } of indexes) db.exec(`DROP INDEX main."${name}"`)
  db.exec(historySql(Date.now(), users, historyRows))
  db.exec(`INSERT INTO usage_hours (grant_no, hour_at, input_octets, output_octets, session_time_sec)
    SELECT grant_no, started_at / 3600000 * 3600000, hour_input_octets, hour_output_octets, hour_session_time_sec
    FROM session_history`)
  db.exec(openSql(Date.now(), users))
  for (const { sql } of indexes) db.exec(sql)
  db.exec(SUMS_SQL)
  db.exec('PRAGMA journal_mode = WAL')
  db.close()
}

/** One after another over half a year; who, how long, how much and by which address are spread by a multiplicative hash. */
const historySql = (now: number, users: number, rows: number): string => `
  WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < ${rows}),
  spread AS (SELECT i, (i * 2654435761) % 4294967296 h,
    ${now - HISTORY_DAYS * DAY_MS} + i * ${HISTORY_DAYS * DAY_MS} / ${rows} ended FROM numbers)
  INSERT INTO session_history (grant_no, router_no, nas, acct_session_id, user_name, device, framed_ip, started_at,
    start_authenticator, ended_at, stop_received_at, session_time_sec, input_octets, output_octets, implausible,
    terminate_cause, hour_at, hour_input_octets, hour_output_octets, hour_session_time_sec)
  SELECT o.no, 1 + h % ${ROUTERS}, 'bench', printf('%08x%08x', h, i), o.login, ${macSql},
    printf('10.%d.%d.%d', h >> 8 & 127, h >> 16 & 255, h >> 24 & 255), ended - (3600 + h % 7200) * 1000,
    printf('%032x', h), ended, ended, 3600 + h % 7200, h % 50000000, h % 900000000, 0, 'User-Request',
    ended / 3600000 * 3600000, h % 50000000 / 2, h % 900000000 / 2, (3600 + h % 7200) / 2
  FROM spread CROSS JOIN owners o ON o.number = (h >> 4) % ${users}`

/** What the box would add up in the minutes after its start; every session is of one plan. What it knew was nothing. */
const SUMS_SQL = `
  DELETE FROM usage_plan_hours;
  DELETE FROM usage_summed;
  INSERT INTO usage_plan_hours (hour_at, plan_id, input_octets, output_octets, session_time_sec)
  SELECT hour_at, (SELECT plan_id FROM site.services LIMIT 1), sum(input), sum(output), sum(sec) FROM (
    SELECT hour_at, input_octets - hour_input_octets input, output_octets - hour_output_octets output,
      session_time_sec - hour_session_time_sec sec FROM session_history
    UNION ALL SELECT hour_at, input_octets, output_octets, session_time_sec FROM usage_hours)
  GROUP BY hour_at;
  INSERT INTO usage_summed (source, row_no) SELECT 'history', max(no) FROM session_history;
  INSERT INTO usage_summed (source, row_no) SELECT 'hours', max(no) FROM usage_hours`

const openSql = (now: number, users: number): string => `
  INSERT INTO live_sessions (no, grant_no, router_no, nas, acct_session_id, user_name, device, called_station_id,
    framed_ip, framed_ipv6_prefix, delegated_ipv6_prefix, nas_port, started_at, start_authenticator, last_event_at,
    last_received_at, session_time_sec, input_octets, output_octets, gigawords, implausible, interim_sec, state, ended_by,
    hour_at, hour_input_octets, hour_output_octets, hour_session_time_sec)
  SELECT o.number + 1, o.no, 1 + o.number % ${ROUTERS}, 'bench', printf('open%08x', o.number), o.login, ${macSql}, '',
    printf('10.200.%d.%d', o.number >> 8 & 255, o.number & 255), '', '', '', ${now} - 7200000, printf('%032x', o.number),
    ${now}, ${now}, 7200, 1000000, 9000000, 0, 0, 86400, 'interim', '', ${now} / 3600000 * 3600000, 500000, 4500000, 3600
  FROM owners o WHERE o.number % ${Math.max(1, Math.floor(users / OPEN_SESSIONS))} = 0`

const macSql = `printf('02:00:00:%02X:%02X:%02X', o.number >> 16 & 255, o.number >> 8 & 255, o.number & 255)`
