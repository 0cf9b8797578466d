import { expect, test } from 'vitest'
import { SESSION_DAYS_DEFAULT } from '@lango/modules/settings'
import { orThrow } from '@lango/kernel'
import { insertSql, migrate, openDatabase } from '@lango/kernel/db'
import { sessions } from '@lango/modules/sessions'
import { decisionChunks, sessionHistory } from '@lango/modules/sessions/tables'
import {
  ANY_NEW_DEVICE,
  DECISION_CHUNK_ROWS_MAX,
  DEVICE_FAILURES_MAX,
  FAILURES_TRACKED_MAX,
  FAILURE_WINDOW_MS,
  LOCKOUT_MS,
  LOGIN_FAILURES_MAX,
  PRUNE_ROWS,
  STRANGERS_MAX,
  createHousekeeping,
} from './housekeeping.ts'
import type { Failure, Heard, Stranger } from './messages.ts'
import { SessionStore } from './session-store.ts'
import { SharedState, sharedStateBytes } from './shared-state.ts'
import { RESERVATION_SEC, SlotTable, slotTableBytes } from './slots.ts'

const T0 = 1_800_000_000_000
const DAY_MS = 86_400_000

const box = () => {
  const { raw: db } = (() => {
    const database = orThrow(openDatabase({ file: ':memory:' }))
    const tables = sessions.tables.filter((table) => table.home === 'sessions')
    orThrow(migrate(database, { version: 1, tables, changeLog: false }))
    return database
  })()
  const slots = new SlotTable(new SharedArrayBuffer(slotTableBytes))
  const state = new SharedState(new SharedArrayBuffer(sharedStateBytes))
  const store = new SessionStore({
    db,
    slots,
    now: () => 0,
    keptName: (userName) => userName,
    grantOf: () => undefined,
    allowanceOf: () => undefined,
    limitReached: () => {},
  })
  store.load()
  const set = { sessionDays: SESSION_DAYS_DEFAULT as number, decisionDays: 400 }
  const counted = new Set<number>()
  const restart = () =>
    createHousekeeping({
      db,
      store,
      slots,
      state,
      retention: () => set,
      stillCounted: (grantNos) => grantNos.filter((no) => counted.has(no)),
    })
  const broom = restart()
  const chunk = { fromAt: T0, toAt: T0, decisions: 0, rejects: 0, body: Buffer.alloc(0) }
  const locks = db.prepare<[number], { login: string; device: string }>(
    'SELECT login, device FROM lockouts WHERE until > ? ORDER BY login, device',
  )
  return {
    db,
    slots,
    state,
    broom,
    restart,
    set,
    counted,
    fail: (failures: readonly Failure[]) => broom.collect([{ kind: 'decisions', chunk, failures }]),
    see: (strangers: readonly Stranger[], heard: readonly Heard[]) =>
      broom.collect([{ kind: 'seen', strangers, heard }]),
    locked: (at: number) => locks.all(at).map(({ login, device }) => `${login} ${device}`),
    rows: (table: { readonly name: string }) =>
      db.prepare<[], number>(`SELECT count(*) FROM "${table.name}"`).pluck().get()!,
  }
}

const wrong = (count: number, changes: Partial<Failure> = {}): Failure[] =>
  Array.from({ length: count }, () => ({ login: 'alice', device: 'A', at: T0, ...changes }))

test('a device that guesses has to wait; the login’s other devices and other logins do not', () => {
  const { fail, locked, state } = box()
  fail(wrong(DEVICE_FAILURES_MAX - 1))
  expect([locked(T0), state.get('lockouts')]).toEqual([[], 0])
  fail([...wrong(1), ...wrong(DEVICE_FAILURES_MAX - 1, { device: 'B' })])
  fail(wrong(DEVICE_FAILURES_MAX - 1, { login: 'bob' }))
  expect([locked(T0), state.get('lockouts')]).toEqual([['alice A'], 1])
})

test('a login that is guessed from many devices is closed to devices never seen, not to one of them by name', () => {
  const { fail, locked } = box()
  for (let i = 0; i < LOGIN_FAILURES_MAX - 1; i++) fail(wrong(1, { device: `device-${i}` }))
  expect(locked(T0)).toEqual([])
  fail(wrong(1, { device: 'one-more' }))
  expect(locked(T0)).toEqual([`alice ${ANY_NEW_DEVICE}`])
})

test('wrong passwords that are far apart lock nobody out', () => {
  const { fail, locked } = box()
  for (let i = 0; i < 3 * DEVICE_FAILURES_MAX; i++)
    fail(wrong(1, { at: T0 + i * (FAILURE_WINDOW_MS / (DEVICE_FAILURES_MAX - 1)) }))
  expect(locked(T0)).toEqual([])
})

test('a lockout ends by itself, and the device then has all its tries again', () => {
  const { fail, locked, broom, rows, state } = box()
  fail(wrong(DEVICE_FAILURES_MAX))
  const end = T0 + LOCKOUT_MS
  broom.run(end - 1)
  expect([locked(end - 1), state.get('lockouts')]).toEqual([['alice A'], 1])
  broom.run(end)
  expect([rows({ name: 'lockouts' }), state.get('lockouts')]).toEqual([0, 0])
  fail(wrong(DEVICE_FAILURES_MAX - 1, { at: end }))
  expect(locked(end)).toEqual([])
  fail(wrong(1, { at: end }))
  expect(locked(end)).toEqual(['alice A'])
})

test('a lockout outlives a restart', () => {
  const { fail, locked, state, restart } = box()
  fail(wrong(DEVICE_FAILURES_MAX))
  state.set('lockouts', 0)
  restart()
  expect([locked(T0), state.get('lockouts')]).toEqual([['alice A'], 1])
})

test('a flood of made-up logins, devices and routers takes bounded memory, and no table row a guess', () => {
  const { fail, see, broom, rows } = box()
  const flood = FAILURES_TRACKED_MAX + 5000
  for (let i = 0; i < flood; i += 1000)
    fail(Array.from({ length: 1000 }, (_, j) => ({ login: `l${i + j}`, device: `d${j}`, at: T0 })))
  see(
    Array.from({ length: 10 * STRANGERS_MAX }, (_, i) => ({ address: `a${i}`, nasIdentifier: '', packets: 1, at: T0 })),
    [],
  )
  expect(broom.remembered).toBe(FAILURES_TRACKED_MAX + STRANGERS_MAX)
  broom.run(T0)
  expect(broom.remembered).toBe(FAILURES_TRACKED_MAX)
  expect([rows({ name: 'lockouts' }), rows({ name: 'unknown_routers' })]).toEqual([0, STRANGERS_MAX])
})

test('a device that goes on guessing through a flood is still counted', () => {
  const { fail, locked } = box()
  for (let i = 0; i < DEVICE_FAILURES_MAX; i++) {
    fail(wrong(1))
    fail(Array.from({ length: 2000 }, (_, j) => ({ login: `made-up-${i}-${j}`, device: 'X', at: T0 })))
  }
  expect(locked(T0)).toEqual(['alice A'])
})

test('strangers are remembered by address: the newest, with all their packets', () => {
  const { see, broom, db } = box()
  const stranger = (address: string, at: number, packets = 1): Stranger => ({
    address,
    nasIdentifier: 'x',
    packets,
    at,
  })
  see([stranger('10.0.0.1', T0, 2)], [])
  see([stranger('10.0.0.1', T0 + 1, 3)], [])
  broom.run(T0 + 2)
  for (let i = 0; i < STRANGERS_MAX - 1; i++) see([stranger(`a${i}`, T0 + 3)], [])
  see([stranger('10.0.0.2', T0 + 4)], [])
  broom.run(T0 + 5)
  const kept = db
    .prepare<[], { address: string; packets: number }>('SELECT address, packets FROM unknown_routers')
    .all()
  expect(kept).toHaveLength(STRANGERS_MAX)
  expect(kept.some(({ address }) => address === '10.0.0.1')).toBe(false)
  see([stranger('10.0.0.2', T0 + 6, 4)], [])
  broom.run(T0 + 7)
  expect(
    db.prepare("SELECT first_at f, last_at l, packets FROM unknown_routers WHERE address = '10.0.0.2'").get(),
  ).toEqual({ f: T0 + 4, l: T0 + 6, packets: 5 })
})

test('what was heard of a router is summed', () => {
  const { see, broom, db } = box()
  const heard = (at: number, requests: number): Heard => ({ routerNo: 7, at, address: '10.0.0.7', requests })
  see([], [heard(T0, 3)])
  see([], [heard(T0 + 1, 4)])
  broom.run(T0 + 1)
  see([], [heard(T0 + 2, 5)])
  broom.run(T0 + 2)
  expect(db.prepare('SELECT router_no no, last_packet_at at, requests FROM router_health').all()).toEqual([
    { no: 7, at: T0 + 2, requests: 12 },
  ])
})

test('reservations that lapsed are swept for grants that never log in again', () => {
  const { slots, broom } = box()
  slots.reserve(5, 1, 1, T0 / 1000)
  broom.run(T0 + RESERVATION_SEC * 1000)
  // Asked as of the reservation's own time: a lapsed entry that was still there would count.
  expect(slots.taken(5, T0 / 1000)).toBe(0)
})

const session = (no: number, startedAt: number, endedAt: number) => ({
  no,
  grantNo: 1,
  routerNo: 1,
  nas: '',
  acctSessionId: `s${no}`,
  userName: 'alice',
  device: '',
  framedIp: '',
  startedAt,
  startAuthenticator: '',
  endedAt,
  stopReceivedAt: endedAt,
  sessionTimeSec: 0,
  inputOctets: 0,
  outputOctets: 0,
  implausible: 0,
  terminateCause: '',
  hourAt: startedAt,
  hourInputOctets: 0,
  hourOutputOctets: 0,
  hourSessionTimeSec: 0,
})

test('sessions too old to keep go in bounded steps, and only they', () => {
  const { db, broom, rows } = box()
  const old = T0 - SESSION_DAYS_DEFAULT * DAY_MS
  const add = db.prepare(insertSql(sessionHistory))
  const count = 2 * PRUNE_ROWS + 100
  db.transaction(() => {
    // Always-on lines that began first and ended lately stand before everything that is old enough.
    for (let no = 1; no <= PRUNE_ROWS + 50; no++) add.run(session(no, old - 2000, T0 - 1000))
    for (let no = 1; no <= count; no++) add.run(session(2000 + no, old - 1000, old - 1))
    add.run(session(9000, old - 1000, old))
    add.run(session(9001, T0 - 1000, T0))
  })()
  let before = rows(sessionHistory)
  for (let round = 0; round < 12; round++) {
    broom.run(T0 + round)
    const after = rows(sessionHistory)
    expect(before - after).toBeLessThanOrEqual(PRUNE_ROWS)
    before = after
  }
  const kept = db.prepare<[number], number>('SELECT no FROM session_history WHERE no > ?').pluck().all(1999)
  expect(kept).toEqual([9001])
  expect(before).toBe(PRUNE_ROWS + 51)
})

test('decisions beyond the limit go, oldest first, in bounded steps', () => {
  const { db, broom, rows } = box()
  const add = db.prepare(insertSql(decisionChunks, { without: ['no'] }))
  db.transaction(() => {
    for (let i = 0; i < DECISION_CHUNK_ROWS_MAX + PRUNE_ROWS + 10; i++)
      add.run({ fromAt: T0, toAt: T0, decisions: 1, rejects: 0, body: Buffer.alloc(1) })
  })()
  broom.run(T0)
  expect(rows(decisionChunks)).toBe(DECISION_CHUNK_ROWS_MAX + 10)
  broom.run(T0)
  broom.run(T0)
  expect(rows(decisionChunks)).toBe(DECISION_CHUNK_ROWS_MAX)
  expect(db.prepare('SELECT min(no) FROM decision_chunks').pluck().get()).toBe(PRUNE_ROWS + 11)
})

test('what is set at the desk holds from the next round on', () => {
  const { db, broom, set, rows } = box()
  const add = db.prepare(insertSql(sessionHistory))
  const addChunk = db.prepare(insertSql(decisionChunks, { without: ['no'] }))
  const daysAgo = (days: number) => T0 - days * DAY_MS
  for (const [no, days] of [300, 100, 89].entries()) {
    add.run(session(no + 1, daysAgo(days) - 1000, daysAgo(days)))
    addChunk.run({ fromAt: daysAgo(days), toAt: daysAgo(days), decisions: 1, rejects: 0, body: Buffer.alloc(1) })
  }
  broom.run(T0)
  expect([rows(sessionHistory), rows(decisionChunks)]).toEqual([3, 3])
  set.sessionDays = 90
  broom.run(T0)
  expect([rows(sessionHistory), rows(decisionChunks)]).toEqual([1, 3])
  set.decisionDays = 299
  broom.run(T0)
  expect([rows(sessionHistory), rows(decisionChunks)]).toEqual([1, 2])
})

test('a session that counts against a quota outlives a shortened retention, and no longer one', () => {
  const { db, broom, set, counted } = box()
  const add = db.prepare(insertSql(sessionHistory))
  const ended = (days: number) => T0 - days * DAY_MS
  for (const [no, grantNo, days] of [
    [1, 7, SESSION_DAYS_DEFAULT + 1],
    [2, 7, 200],
    [3, 8, 200],
  ] as const)
    add.run({ ...session(no, ended(days) - 1000, ended(days)), grantNo })
  counted.add(7)
  set.sessionDays = 30
  broom.run(T0)
  expect(db.prepare('SELECT no FROM session_history').pluck().all()).toEqual([2])
})
