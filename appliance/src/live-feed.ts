/** What the live page shows, read from the databases when somebody looks. */
import type { Clock } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { searchDecisions } from './aaa/decision-search.ts'
import type { SharedState, CounterName } from './aaa/shared-state.ts'
import type { DecisionRow, LiveFeed, LiveSnapshot, RouterRow, SessionRow } from './web/feed.ts'

const SESSION_ROWS_MAX = 200
const DECISION_ROWS_MAX = 50
/** A router not heard for this long is called silent. */
const SILENT_AFTER_MS = 15 * 60_000
/** How often counters are looked at, for rates and for telling pages that something has changed. */
const LOOK_EVERY_MS = 500
const MINUTE_MS = 60_000

type SessionRead = Omit<SessionRow, 'state' | 'inRateKbps' | 'outRateKbps'> & { readonly state: string; readonly interimSec: number }
type Counted = { readonly at: number; readonly input: number; readonly output: number; inKbps?: number; outKbps?: number }

export type LiveFeedDeps = {
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  readonly state: SharedState
  readonly clock: Clock
  readonly every: (ms: number, run: () => void) => () => void
}

export const createLiveFeed = ({ reader, state, clock, every }: LiveFeedDeps): LiveFeed & { close(): void } => {
  const readSessions = reader.prepare<[number], SessionRead>(
    `SELECT l.no, l.user_name login, c.name customerName, p.name plan, coalesce(r.name, l.nas) nas,
       l.acct_session_id acctSessionId, nullif(l.device, '') mac, nullif(l.framed_ip, '') ip, l.started_at startedAt,
       l.last_received_at updatedAt, l.input_octets inputOctets, l.output_octets outputOctets, l.state,
       l.interim_sec interimSec
     FROM live_sessions l LEFT JOIN grants g ON g.no = l.grant_no LEFT JOIN services s ON s.id = g.service_id
       LEFT JOIN customers c ON c.id = s.customer_id LEFT JOIN plans p ON p.id = s.plan_id
       LEFT JOIN routers r ON r.no = l.router_no
     WHERE l.ended_at IS NULL ORDER BY l.no DESC LIMIT ?`,
  )
  const readRouters = reader.prepare<[], { no: number; name: string; address: string; vendor: string; lastPacketAt: number | null }>(
    `SELECT r.no, r.name, r.address, r.vendor, h.last_packet_at lastPacketAt
     FROM routers r LEFT JOIN router_health h ON h.router_no = r.no WHERE r.status = 'active' ORDER BY r.name`,
  )
  const readStrangers = reader.prepare<[], { address: string; nasIdentifier: string; lastAt: number }>(
    `SELECT address, nas_identifier nasIdentifier, last_at lastAt FROM unknown_routers
     WHERE address NOT IN (SELECT address FROM routers) ORDER BY last_at DESC LIMIT 5`,
  )
  const listeners = new Set<Parameters<LiveFeed['subscribe']>[0]>()
  const counted = new Map<number, Counted>()
  const rates = { authPerSec: 0, acctPerSec: 0 }
  let last = { at: clock.monotonicMs(), auth: 0, acct: 0, commits: 0 }
  const servingSince = clock.now()

  const look = (): void => {
    const now = { at: clock.monotonicMs(), auth: answered(state), acct: state.read('accountingAnswers'), commits: state.read('commits') }
    const seconds = Math.max((now.at - last.at) / 1000, 0.001)
    rates.authPerSec = Math.round(((now.auth - last.auth) >>> 0) / seconds)
    rates.acctPerSec = Math.round(((now.acct - last.acct) >>> 0) / seconds)
    const changed = now.commits !== last.commits || now.auth !== last.auth
    last = now
    if (changed) for (const kind of ['sessions', 'decisions', 'health'] as const) listeners.forEach((tell) => tell(kind))
  }
  const stopLooking = every(LOOK_EVERY_MS, look)

  const withRates = (row: SessionRead): SessionRow => {
    const before = counted.get(row.no)
    const isNewer = !before || row.updatedAt > before.at
    const next = isNewer ? counted.set(row.no, ratesBetween(before, row)).get(row.no)! : before
    const { interimSec, customerName, plan, mac, ip, ...rest } = row
    return {
      ...rest,
      ...(customerName ? { customerName } : {}),
      ...(plan ? { plan } : {}),
      ...(mac ? { mac } : {}),
      ...(ip ? { ip } : {}),
      ...(next.inKbps === undefined ? {} : { inRateKbps: next.inKbps }),
      ...(next.outKbps === undefined ? {} : { outRateKbps: next.outKbps }),
      state: stateOf(row, interimSec, clock.now()),
    }
  }

  const readRouterRows = (): RouterRow[] => [
    ...readRouters.all().map(({ name, address, vendor, lastPacketAt }): RouterRow => ({
      name,
      address,
      vendor,
      ...(lastPacketAt === null ? {} : { lastPacketAt }),
      state: lastPacketAt === null ? 'never' : clock.now() - lastPacketAt > SILENT_AFTER_MS ? 'silent' : 'up',
    })),
    ...readStrangers.all().map(({ address, nasIdentifier, lastAt }): RouterRow => ({
      name: nasIdentifier || address,
      address,
      vendor: '',
      lastPacketAt: lastAt,
      state: 'unknown',
    })),
  ]

  const readDecisions = (names: ReadonlyMap<number, string>): DecisionRow[] =>
    searchDecisions(reader, { limit: DECISION_ROWS_MAX }).map(({ device, routerNo, latencyMicros, remedy, ...rest }) => ({
      no: rest.no,
      at: rest.at,
      login: rest.login,
      outcome: rest.outcome,
      reason: rest.reason,
      sentence: rest.sentence,
      method: rest.method,
      nas: names.get(routerNo) ?? `router ${routerNo}`,
      latencyMs: latencyMicros / 1000,
      ...(device === '' ? {} : { mac: device }),
      ...(remedy === '' ? {} : { remedy }),
    }))

  const snapshot = (): LiveSnapshot => {
    const sessions = readSessions.all(SESSION_ROWS_MAX).map(withRates)
    const shown = new Set(sessions.map((session) => session.no))
    for (const no of counted.keys()) if (!shown.has(no)) counted.delete(no)
    const names = new Map(readRouters.all().map((router) => [router.no, router.name]))
    const failing = state.get('storeFailing') === 1
    return {
      health: failing
        ? {
            serving: false,
            since: servingSince,
            reason: 'Accounting cannot be stored, so it is not answered.',
            remedy: 'Free disk space, then see `lango doctor`.',
          }
        : { serving: true, since: servingSince },
      totals: { openSessions: state.get('openSessions'), ...rates },
      sessions,
      decisions: readDecisions(names),
      routers: readRouterRows(),
    }
  }

  return {
    snapshot,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: stopLooking,
  }
}

const answered = (state: SharedState): number =>
  (['accepts', 'rejects', 'challenges'] satisfies CounterName[]).reduce((sum, name) => sum + state.read(name), 0)

const ratesBetween = (before: Counted | undefined, row: SessionRead): Counted => {
  const now: Counted = { at: row.updatedAt, input: row.inputOctets, output: row.outputOctets }
  if (!before) return now
  const ms = row.updatedAt - before.at
  return {
    ...now,
    inKbps: Math.round(((row.inputOctets - before.input) * 8) / ms),
    outKbps: Math.round(((row.outputOctets - before.output) * 8) / ms),
  }
}

const stateOf = (row: SessionRead, interimSec: number, now: number): SessionRow['state'] => {
  const due = interimSec > 0 ? interimSec * 1000 + MINUTE_MS : undefined
  if (due !== undefined && now - row.updatedAt > due) return 'stale'
  return row.state === 'interim' ? 'interim' : 'start'
}
