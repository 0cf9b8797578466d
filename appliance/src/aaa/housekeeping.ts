/** What the writer does beside accounting: who was heard, who is locked out, what has grown too old. */
import type Database from 'better-sqlite3'
import { HEALTH_GRANT_NO } from '@lango/modules/access/rules'
import { SESSION_DAYS_DEFAULT, type Retention } from '@lango/modules/settings/rules'
import type { Failure, Heard, Stranger, ToWriter } from './messages.ts'
import type { SessionStore } from './session-store.ts'
import type { SharedState } from './shared-state.ts'
import type { SlotTable } from './slots.ts'

/** Wrong passwords of a login from one device within the window, before that device has to wait. */
export const DEVICE_FAILURES_MAX = 10
/** Wrong passwords of a login from all devices, before devices never seen with it have to wait. */
export const LOGIN_FAILURES_MAX = 100
export const FAILURE_WINDOW_MS = 300_000
export const LOCKOUT_MS = 300_000
/** Stands for every device that has no session of the login on record. */
export const ANY_NEW_DEVICE = '*'

export const FAILURES_TRACKED_MAX = 20_000
export const STRANGERS_MAX = 256
export const DECISION_CHUNK_ROWS_MAX = 20_000
/** Rows removed in one go: a short transaction, so that accounting never waits for the broom. */
export const PRUNE_ROWS = 500
const SWEEP_MS = 30_000
const DAY_MS = 86_400_000
/** A session of `lango health` has been looked for by then. */
const HEALTH_KEPT_MS = 60_000

type Deps = {
  readonly db: Database.Database
  readonly store: SessionStore
  readonly slots: SlotTable
  readonly state: SharedState
  /** What is set now. */
  readonly retention: () => Retention
  /** Those of the grants whose past usage may still count against a quota. */
  readonly stillCounted: (grantNos: readonly number[]) => readonly number[]
}

export type Housekeeping = {
  /** What is held in memory: strangers, routers heard and counts of failures. */
  readonly remembered: number
  /** Takes what the fronts report; written at the next `run`. */
  collect(messages: readonly ToWriter[]): void
  /** `now` epoch ms; called every few seconds. Throws what SQLite throws. */
  run(now: number): void
}

type Tally = { failures: number; since: number }
type Lockout = { readonly login: string; readonly device: string; readonly until: number; readonly failures: number }

export const createHousekeeping = (deps: Deps): Housekeeping => new Broom(deps)

/** Wrong passwords by login and device, and by login. */
class FailureTally {
  readonly #tallies = new Map<string, Tally>()

  /** Counts one; the lockouts that it brings about. */
  count({ login, device, at }: Failure): Lockout[] {
    const until = at + LOCKOUT_MS
    const here = this.#add(`${login}\0${device}`, at)
    const all = this.#add(login, at)
    const locks: Lockout[] = []
    if (here === DEVICE_FAILURES_MAX) locks.push({ login, device, until, failures: here })
    if (all % LOGIN_FAILURES_MAX === 0) locks.push({ login, device: ANY_NEW_DEVICE, until, failures: all })
    return locks
  }

  get size(): number {
    return this.#tallies.size
  }

  #add(key: string, at: number): number {
    const known = this.#tallies.get(key)
    const fresh = known && at - known.since < FAILURE_WINDOW_MS ? known : { failures: 0, since: at }
    fresh.failures += 1
    // Oldest out first: a flood of made-up logins must not grow without bound.
    this.#tallies.delete(key)
    this.#tallies.set(key, fresh)
    if (this.#tallies.size > FAILURES_TRACKED_MAX) this.#tallies.delete(this.#tallies.keys().next().value!)
    return fresh.failures
  }
}

const statementsOn = (db: Database.Database) => ({
  putStranger: db.prepare<[Stranger]>(
    `INSERT INTO unknown_routers (address, nas_identifier, first_at, last_at, packets)
     VALUES (@address, @nasIdentifier, @at, @at, @packets)
     ON CONFLICT (address) DO UPDATE SET nas_identifier = excluded.nas_identifier, last_at = excluded.last_at,
       packets = packets + excluded.packets`,
  ),
  dropOldStrangers: db.prepare<[number]>(
    'DELETE FROM unknown_routers WHERE no NOT IN (SELECT no FROM unknown_routers ORDER BY last_at DESC LIMIT ?)',
  ),
  putHeard: db.prepare<[Heard]>(
    `INSERT INTO router_health (router_no, last_packet_at, last_address, requests) VALUES (@routerNo, @at, @address, @requests)
     ON CONFLICT (router_no) DO UPDATE SET last_packet_at = excluded.last_packet_at,
       last_address = excluded.last_address, requests = requests + excluded.requests`,
  ),
  putLockout: db.prepare<[Lockout]>(
    `INSERT INTO lockouts (login, device, until, failures) VALUES (@login, @device, @until, @failures)
     ON CONFLICT (login, device) DO UPDATE SET until = excluded.until, failures = excluded.failures`,
  ),
  dropLockouts: db.prepare<[number]>('DELETE FROM lockouts WHERE until <= ?'),
  countLockouts: db.prepare<[], number>('SELECT count(*) FROM lockouts').pluck(),
  pruneChunks: db.prepare<[number, number]>(
    `DELETE FROM decision_chunks WHERE no IN
       (SELECT no FROM decision_chunks WHERE no <= (SELECT max(no) FROM decision_chunks) - ? ORDER BY no LIMIT ?)`,
  ),
  // Chunks are numbered as they are written: none behind one that is young enough is too old.
  pruneOldChunks: db.prepare<[number, number]>(
    'DELETE FROM decision_chunks WHERE no IN (SELECT no FROM decision_chunks ORDER BY no LIMIT ?) AND to_at < ?',
  ),
  historyPageEnd: db.prepare<[number, number], { no: number; startedAt: number }>(
    `SELECT no, started_at startedAt FROM (SELECT no, started_at FROM session_history WHERE no > ? ORDER BY no LIMIT ?)
     ORDER BY no DESC LIMIT 1`,
  ),
  oldGrants: db
    .prepare<[number, number, number], number>(
      'SELECT DISTINCT grant_no FROM session_history WHERE no > ? AND no <= ? AND ended_at < ?',
    )
    .pluck(),
  pruneHistory: db.prepare<[number, number, number, string, number]>(
    `DELETE FROM session_history WHERE no > ? AND no <= ? AND ended_at < ?
       AND (grant_no NOT IN (SELECT value FROM json_each(?)) OR ended_at < ?)`,
  ),
  pruneHealth: db.prepare<[number, number]>('DELETE FROM session_history WHERE grant_no = ? AND ended_at < ?'),
})

class Broom implements Housekeeping {
  readonly #deps: Deps
  readonly #sql: ReturnType<typeof statementsOn>
  readonly #strangers = new Map<string, Stranger>()
  readonly #heard = new Map<number, Heard>()
  readonly #tally = new FailureTally()
  #locked: Lockout[] = []
  #sweptAt = 0
  /** Sessions up to this number have been looked at in this round through the history. */
  #prunedTo = 0

  constructor(deps: Deps) {
    this.#deps = deps
    this.#sql = statementsOn(deps.db)
    this.#tellLockouts()
  }

  get remembered(): number {
    return this.#strangers.size + this.#heard.size + this.#tally.size
  }

  collect(messages: readonly ToWriter[]): void {
    for (const message of messages) {
      if (message.kind === 'seen') this.#merge(message)
      else if (message.kind === 'decisions')
        for (const failure of message.failures) this.#locked.push(...this.#tally.count(failure))
    }
    // A lockout must hold from the next attempt on, not from the next round of the broom.
    if (this.#locked.length > 0) this.#writeLockouts()
  }

  run(now: number): void {
    const { db, store, slots, state } = this.#deps
    store.reap(now)
    db.transaction(() => {
      this.#writeSeen()
      if (state.get('lockouts') > 0 && this.#sql.dropLockouts.run(now).changes > 0) this.#tellLockouts()
      const { sessionDays, decisionDays } = this.#deps.retention()
      this.#sql.pruneHealth.run(HEALTH_GRANT_NO, now - HEALTH_KEPT_MS)
      this.#sql.pruneChunks.run(DECISION_CHUNK_ROWS_MAX, PRUNE_ROWS)
      this.#sql.pruneOldChunks.run(PRUNE_ROWS, now - decisionDays * DAY_MS)
      this.#pruneHistory(now - sessionDays * DAY_MS, now - Math.max(sessionDays, SESSION_DAYS_DEFAULT) * DAY_MS)
    })()
    if (now - this.#sweptAt < SWEEP_MS) return
    this.#sweptAt = now
    slots.sweep(Math.floor(now / 1000))
  }

  #merge({ strangers, heard }: Extract<ToWriter, { kind: 'seen' }>): void {
    for (const stranger of strangers) {
      if (this.#strangers.size >= STRANGERS_MAX && !this.#strangers.has(stranger.address)) continue
      const packets = (this.#strangers.get(stranger.address)?.packets ?? 0) + stranger.packets
      this.#strangers.set(stranger.address, { ...stranger, packets })
    }
    for (const one of heard) {
      const requests = (this.#heard.get(one.routerNo)?.requests ?? 0) + one.requests
      this.#heard.set(one.routerNo, { ...one, requests })
    }
  }

  #writeSeen(): void {
    for (const stranger of this.#strangers.values()) this.#sql.putStranger.run(stranger)
    if (this.#strangers.size > 0) this.#sql.dropOldStrangers.run(STRANGERS_MAX)
    for (const one of this.#heard.values()) this.#sql.putHeard.run(one)
    this.#strangers.clear()
    this.#heard.clear()
  }

  #writeLockouts(): void {
    for (const lock of this.#locked.splice(0)) this.#sql.putLockout.run(lock)
    this.#tellLockouts()
  }

  #tellLockouts(): void {
    this.#deps.state.set('lockouts', this.#sql.countLockouts.get()!)
  }

  /**
   * One page of the history a round, oldest sessions first. A page whose last session began after the limit ends the
   * round: sessions are numbered as they begin, so none behind it is old enough. What still counts against a quota
   * stays until it would have gone without anything set: nobody gets back by a setting what they have used.
   */
  #pruneHistory(before: number, countedBefore: number): void {
    const page = this.#sql.historyPageEnd.get(this.#prunedTo, PRUNE_ROWS)
    if (page) {
      const from = this.#prunedTo
      const counted = this.#deps.stillCounted(this.#sql.oldGrants.all(from, page.no, before))
      this.#sql.pruneHistory.run(from, page.no, before, JSON.stringify(counted), countedBefore)
    }
    this.#prunedTo = page && page.startedAt < before ? page.no : 0
  }
}
