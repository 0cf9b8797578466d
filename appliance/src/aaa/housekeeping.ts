/** What the writer does beside accounting: who was heard, who is locked out, what has grown too old. */
import type Database from 'better-sqlite3'
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

const FAILURES_TRACKED_MAX = 20_000
const STRANGERS_MAX = 256
const DECISION_CHUNK_ROWS_MAX = 20_000
const HISTORY_DAYS = 400
/** Rows removed in one go: a short transaction, so that accounting never waits for the broom. */
const PRUNE_ROWS = 500
const SWEEP_MS = 30_000
const DAY_MS = 86_400_000

type Deps = {
  readonly db: Database.Database
  readonly store: SessionStore
  readonly slots: SlotTable
  readonly state: SharedState
}

export type Housekeeping = {
  /** Takes what the fronts report; written at the next `run`. */
  collect(messages: readonly ToWriter[]): void
  /** `now` epoch ms; called every few seconds. Throws what SQLite throws. */
  run(now: number): void
}

type Tally = { failures: number; since: number }

export const createHousekeeping = ({ db, store, slots, state }: Deps): Housekeeping => {
  const strangers = new Map<string, Stranger>()
  const heard = new Map<number, Heard>()
  const tallies = new Map<string, Tally>()
  const locked: { login: string; device: string; until: number; failures: number }[] = []
  let sweptAt = 0

  const putStranger = db.prepare(
    `INSERT INTO unknown_routers (address, nas_identifier, first_at, last_at, packets)
     VALUES (@address, @nasIdentifier, @at, @at, @packets)
     ON CONFLICT (address) DO UPDATE SET nas_identifier = excluded.nas_identifier, last_at = excluded.last_at,
       packets = packets + excluded.packets`,
  )
  const dropOldStrangers = db.prepare(
    'DELETE FROM unknown_routers WHERE no NOT IN (SELECT no FROM unknown_routers ORDER BY last_at DESC LIMIT ?)',
  )
  const putHeard = db.prepare(
    `INSERT INTO router_health (router_no, last_packet_at, last_address, requests) VALUES (@routerNo, @at, @address, @requests)
     ON CONFLICT (router_no) DO UPDATE SET last_packet_at = excluded.last_packet_at,
       last_address = excluded.last_address, requests = requests + excluded.requests`,
  )
  const putLockout = db.prepare(
    `INSERT INTO lockouts (login, device, until, failures) VALUES (@login, @device, @until, @failures)
     ON CONFLICT (login, device) DO UPDATE SET until = excluded.until, failures = excluded.failures`,
  )
  const dropLockouts = db.prepare('DELETE FROM lockouts WHERE until <= ?')
  const countLockouts = db.prepare<[], { n: number }>('SELECT count(*) n FROM lockouts')
  const pruneChunks = db.prepare(
    `DELETE FROM decision_chunks WHERE no IN
       (SELECT no FROM decision_chunks WHERE no <= (SELECT max(no) FROM decision_chunks) - ? ORDER BY no LIMIT ?)`,
  )
  const pruneHistory = db.prepare(
    'DELETE FROM session_history WHERE no IN (SELECT no FROM session_history WHERE ended_at < ? ORDER BY no LIMIT ?)',
  )

  const tally = (key: string, at: number): number => {
    const known = tallies.get(key)
    const fresh = known && at - known.since < FAILURE_WINDOW_MS ? known : { failures: 0, since: at }
    fresh.failures += 1
    // Oldest out first: a flood of made-up logins must not grow without bound.
    tallies.delete(key)
    tallies.set(key, fresh)
    if (tallies.size > FAILURES_TRACKED_MAX) tallies.delete(tallies.keys().next().value!)
    return fresh.failures
  }

  const countFailure = ({ login, device, at }: Failure): void => {
    const here = tally(`${login}\0${device}`, at)
    if (here === DEVICE_FAILURES_MAX) locked.push({ login, device, until: at + LOCKOUT_MS, failures: here })
    const all = tally(login, at)
    if (all >= LOGIN_FAILURES_MAX && all % LOGIN_FAILURES_MAX === 0)
      locked.push({ login, device: ANY_NEW_DEVICE, until: at + LOCKOUT_MS, failures: all })
  }

  const writeLockouts = (): void => {
    for (const lock of locked.splice(0)) putLockout.run(lock)
    state.set('lockouts', countLockouts.get()!.n)
  }

  const writeHeard = (): void => {
    for (const stranger of strangers.values()) putStranger.run(stranger)
    if (strangers.size > 0) dropOldStrangers.run(STRANGERS_MAX)
    for (const one of heard.values()) putHeard.run(one)
    strangers.clear()
    heard.clear()
  }

  const merge = (message: Extract<ToWriter, { kind: 'seen' }>): void => {
    for (const stranger of message.strangers) {
      if (strangers.size >= STRANGERS_MAX && !strangers.has(stranger.address)) continue
      const packets = (strangers.get(stranger.address)?.packets ?? 0) + stranger.packets
      strangers.set(stranger.address, { ...stranger, packets })
    }
    for (const one of message.heard) {
      const before = heard.get(one.routerNo)?.requests ?? 0
      heard.set(one.routerNo, { ...one, requests: one.requests + before })
    }
  }

  state.set('lockouts', countLockouts.get()!.n)

  return {
    collect(messages) {
      for (const message of messages) {
        if (message.kind === 'seen') merge(message)
        else if (message.kind === 'decisions') message.failures.forEach(countFailure)
      }
      // A lockout must hold from the next attempt on, not from the next round of the broom.
      if (locked.length > 0) writeLockouts()
    },
    run(now) {
      store.reap(now)
      db.transaction(() => {
        writeHeard()
        if (state.get('lockouts') > 0 && dropLockouts.run(now).changes > 0) writeLockouts()
        pruneChunks.run(DECISION_CHUNK_ROWS_MAX, PRUNE_ROWS)
        pruneHistory.run(now - HISTORY_DAYS * DAY_MS, PRUNE_ROWS)
      })()
      if (now - sweptAt < SWEEP_MS) return
      sweptAt = now
      slots.sweep(Math.floor(now / 1000))
    },
  }
}
