/** The databases, and what they tell of routers, lockouts and failed work. */
import type { Database, RawDatabase } from '@lango/kernel/db'
import { DAY_MS, fine, firstOf, found, HOUR_MS, type Check } from './check.ts'

const SILENT_AFTER_MS = DAY_MS

/** `full` reads every page and every reference; else only the structure is looked at. */
export const checkDatabase = (name: string, database: Database, full: boolean): Check => {
  const faults = full ? database.integrityFaults() : quickFaults(database.raw)
  if (faults.length === 0) return fine(name, full ? 'Every page, row and index is sound.' : 'Its structure is sound.')
  return found(name, 'stopped', { type: 'database-damaged', ...firstOf(faults) })
}

const quickFaults = (raw: RawDatabase): string[] =>
  (raw.pragma('main.quick_check(10)') as { quick_check: string }[])
    .map((row) => row.quick_check)
    .filter((text) => text !== 'ok')

type Heard = {
  readonly name: string
  readonly lastAt: number | null
  readonly requests: number | null
  readonly dropped: number | null
}

/** `sessions`: sessions.db with site.db attached. */
export const checkRouters = (sessions: RawDatabase, now: number): Check[] => {
  const isAny = sessions.prepare<[], { yes: 1 }>("SELECT 1 yes FROM routers WHERE status = 'active' LIMIT 1")
  const routers = sessions
    .prepare<[], Heard>(
      // One that the box logs in to may hold customers who never ask: how it does is told by itself.
      `SELECT r.name, h.last_packet_at lastAt
       FROM routers r LEFT JOIN router_health h ON h.router_no = r.no
       WHERE r.status = 'active' AND NOT (h.router_no IS NULL AND r.id IN (SELECT id FROM router_controls))
       ORDER BY r.name`,
    )
    .all()
  if (routers.length === 0 && !isAny.get()) return [found('routers', 'attention', { type: 'routers-none' })]
  const never = routers.filter(({ lastAt }) => lastAt === null).map(({ name }) => name)
  const silent = routers.flatMap(({ name, lastAt }) =>
    lastAt !== null && now - lastAt > SILENT_AFTER_MS
      ? [{ name, silentHours: Math.floor((now - lastAt) / HOUR_MS) }]
      : [],
  )
  const checks: Check[] = []
  if (never.length > 0) checks.push(found('routers', 'attention', { type: 'routers-never', ...firstOf(never) }))
  if (silent.length > 0) checks.push(found('routers', 'attention', { type: 'routers-silent', ...firstOf(silent) }))
  if (checks.length === 0) checks.push(fine('routers', `All ${routers.length} routers have been heard within a day.`))
  return checks
}

export const checkStrangers = (
  strangers: readonly { readonly address: string; readonly packets: number; readonly lastAt: number }[],
  now: number,
): Check => {
  if (strangers.length === 0) return fine('unknown-routers', 'Nobody unknown has spoken to this box.')
  const told = strangers.map(({ address, packets, lastAt }) => ({
    address,
    packets,
    agoSec: Math.max(0, Math.floor((now - lastAt) / 1000)),
  }))
  return found('unknown-routers', 'attention', { type: 'routers-unknown', ...firstOf(told) })
}

export const checkLockouts = (sessions: RawDatabase, now: number): Check => {
  const locked = sessions
    .prepare<[number], { login: string }>('SELECT DISTINCT login FROM lockouts WHERE until > ? ORDER BY login')
    .all(now)
  if (locked.length === 0) return fine('lockouts', 'Nobody is locked out.')
  return found('lockouts', 'attention', { type: 'lockouts', ...firstOf(locked.map(({ login }) => login)) })
}

export const checkJobs = (site: RawDatabase): Check => {
  const failed = site
    .prepare<[], { name: string; error: string | null }>(
      "SELECT name, error FROM jobs WHERE state = 'failed' ORDER BY run_at DESC LIMIT 100",
    )
    .all()
  if (failed.length === 0) return fine('jobs', 'No work has been given up.')
  return found('jobs', 'attention', { type: 'jobs-failed', ...firstOf(failed) })
}

/** So many in a row that were not taken are no mistyped addresses. */
const UNSENT_IN_A_ROW = 3

/** Whether e-mail and SMS go out at all. */
export const checkMessages = (site: RawDatabase, now: number): Check => {
  const lastOf = site.prepare<[string, number, number], { state: string; reason: string | null }>(
    `SELECT state, reason FROM messages WHERE channel = ? AND state <> 'waiting' AND created_at > ?
     ORDER BY no DESC LIMIT ?`,
  )
  const channels = site.prepare<[], string>('SELECT id FROM message_senders ORDER BY id').pluck().all()
  const told = channels.flatMap((channel) => {
    const last = lastOf.all(channel, now - DAY_MS, UNSENT_IN_A_ROW)
    const isDown = last.length === UNSENT_IN_A_ROW && last.every(({ state }) => state === 'failed')
    return isDown ? [{ channel, reason: last[0]!.reason ?? '' }] : []
  })
  if (told.length === 0) return fine('messages', 'Nothing that was to be sent has been given up again and again.')
  return found('messages', 'attention', { type: 'messages-untaken', inRow: UNSENT_IN_A_ROW, ...firstOf(told) })
}

type Endpoint = { readonly number: number; readonly status: string; readonly missed: number; readonly failed: number }

/** Whoever is told of events by webhooks misses some. */
export const checkWebhooks = (site: RawDatabase): Check => {
  const endpoints = site
    .prepare<[], Endpoint>(
      `SELECT e.number, e.status, e.missed,
         (SELECT count(*) FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.state = 'failed') failed
       FROM webhook_endpoints e WHERE e.status <> 'off' ORDER BY e.number`,
    )
    .all()
  const troubled = endpoints.filter(({ status, missed, failed }) => status === 'gone' || missed + failed > 0)
  if (troubled.length === 0) return fine('webhooks', 'Every event has reached, or may yet reach, who asked for it.')
  const endpointsTold = troubled.map(({ number, status, missed, failed }) => ({
    number,
    isGone: status === 'gone',
    events: missed + failed,
  }))
  return found('webhooks', 'attention', { type: 'webhooks-troubled', ...firstOf(endpointsTold) })
}
