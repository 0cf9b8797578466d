/** What the live page shows, read from the databases when somebody looks. */
import type { Clock } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { HEALTH_GRANT_NO } from '@lango/modules/access'
import { searchDecisions, shownLogin } from './aaa/decision-search.ts'
import type { SharedState, CounterName } from './aaa/shared-state.ts'
import type { AttentionRow, DecisionRow, LiveFeed, LiveSnapshot, RouterRow, SessionRow } from './web/feed.ts'

const SESSION_ROWS_MAX = 200
const DECISION_ROWS_MAX = 50
/** A router not heard for this long is called silent. */
const SILENT_AFTER_MS = 15 * 60_000
/** How often counters are looked at, for rates and for telling pages that something has changed. */
const LOOK_EVERY_MS = 500
const MINUTE_MS = 60_000

type SessionRead = Omit<SessionRow, 'state' | 'inRateKbps' | 'outRateKbps'> & {
  readonly state: string
  readonly interimSec: number
}
type RouterRead = {
  readonly no: number
  readonly name: string
  readonly address: string
  readonly vendor: string
  readonly lastPacketAt: number | null
}
type StrangerRead = { readonly address: string; readonly nasIdentifier: string; readonly lastAt: number }
/** The counters of answers when they were last looked at; `at` is monotonic. */
type Answered = { readonly at: number; readonly auth: number; readonly acct: number; readonly commits: number }
type Counted = {
  readonly at: number
  readonly input: number
  readonly output: number
  inKbps?: number
  outKbps?: number
}

export type LiveFeedDeps = {
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  readonly state: SharedState
  readonly clock: Clock
  readonly attention: () => readonly AttentionRow[]
  readonly machine: () => LiveSnapshot['machine']
  readonly every: (ms: number, run: () => void) => () => void
}

export const createLiveFeed = (deps: LiveFeedDeps): LiveFeed & { close(): void } => new DatabaseFeed(deps)

const statementsOn = (reader: RawDatabase) => ({
  sessions: reader.prepare<[number], SessionRead>(
    // A voucher's code is its key: whoever watches the page sees its last four characters.
    `SELECT l.no, coalesce('voucher …' || v.tail, 'purchase ' || u.number, l.user_name) login,
       coalesce(c.name, u.phone) customerName, p.name plan, coalesce(r.name, l.nas) nas,
       l.acct_session_id acctSessionId, nullif(l.device, '') mac, nullif(l.framed_ip, '') ip, l.started_at startedAt,
       l.last_received_at updatedAt, l.input_octets inputOctets, l.output_octets outputOctets, l.state,
       l.interim_sec interimSec
     FROM live_sessions l LEFT JOIN grants g ON g.no = l.grant_no LEFT JOIN services s ON s.id = g.service_id
       LEFT JOIN customers c ON c.id = s.customer_id LEFT JOIN vouchers v ON v.id = g.service_id
       LEFT JOIN voucher_batches b ON b.id = v.batch_id LEFT JOIN purchases u ON u.id = g.service_id
       LEFT JOIN plans p ON p.id = coalesce(s.plan_id, b.plan_id, u.plan_id)
       LEFT JOIN routers r ON r.no = l.router_no
     WHERE l.ended_at IS NULL AND l.grant_no <> ${HEALTH_GRANT_NO} ORDER BY l.no DESC LIMIT ?`,
  ),
  routers: reader.prepare<[], RouterRead>(
    `SELECT r.no, r.name, r.address, r.vendor, h.last_packet_at lastPacketAt
     FROM routers r LEFT JOIN router_health h ON h.router_no = r.no WHERE r.status = 'active' ORDER BY r.name`,
  ),
  strangers: reader.prepare<[], StrangerRead>(
    `SELECT address, nas_identifier nasIdentifier, last_at lastAt FROM unknown_routers
     WHERE address NOT IN (SELECT address FROM routers) ORDER BY last_at DESC LIMIT 5`,
  ),
})

class DatabaseFeed implements LiveFeed {
  readonly #deps: LiveFeedDeps
  readonly #sql: ReturnType<typeof statementsOn>
  readonly #listeners = new Set<Parameters<LiveFeed['subscribe']>[0]>()
  readonly #counted = new Map<number, Counted>()
  readonly #servingSince: number
  readonly #stopLooking: () => void
  readonly #rates = { authPerSec: 0, acctPerSec: 0 }
  #last: Answered

  constructor(deps: LiveFeedDeps) {
    this.#deps = deps
    this.#sql = statementsOn(deps.reader)
    this.#servingSince = deps.clock.now()
    this.#last = { at: deps.clock.monotonicMs(), auth: 0, acct: 0, commits: 0 }
    this.#stopLooking = deps.every(LOOK_EVERY_MS, () => this.#look())
  }

  snapshot(): LiveSnapshot {
    const { state } = this.#deps
    const now = this.#deps.clock.now()
    const routers = this.#sql.routers.all()
    const machine = this.#deps.machine()
    return {
      attention: this.#deps.attention(),
      ...(machine === undefined ? {} : { machine }),
      health: healthOf(state.get('storeFailing') === 1, this.#servingSince),
      totals: { openSessions: state.get('openSessions'), ...this.#rates },
      sessions: this.#sessions(now),
      decisions: this.#decisions(new Map(routers.map((router) => [router.no, router.name]))),
      routers: [...routers.map((router) => routerRow(router, now)), ...this.#sql.strangers.all().map(strangerRow)],
    }
  }

  subscribe(listener: Parameters<LiveFeed['subscribe']>[0]): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#stopLooking()
  }

  #look(): void {
    const { state, clock } = this.#deps
    const last = this.#last
    const now: Answered = {
      at: clock.monotonicMs(),
      auth: answered(state),
      acct: state.read('accountingAnswers'),
      commits: state.read('commits'),
    }
    const seconds = Math.max((now.at - last.at) / 1000, 0.001)
    this.#rates.authPerSec = Math.round(((now.auth - last.auth) >>> 0) / seconds)
    this.#rates.acctPerSec = Math.round(((now.acct - last.acct) >>> 0) / seconds)
    this.#last = now
    if (now.commits === last.commits && now.auth === last.auth) return
    for (const kind of ['sessions', 'decisions', 'health'] as const) this.#listeners.forEach((tell) => tell(kind))
  }

  #sessions(now: number): SessionRow[] {
    const rows = this.#sql.sessions.all(SESSION_ROWS_MAX)
    const shown = new Set(rows.map((row) => row.no))
    for (const no of this.#counted.keys()) if (!shown.has(no)) this.#counted.delete(no)
    return rows.map((row) => sessionRow(row, this.#count(row), now))
  }

  /** What the session counted when it was last heard, and how fast since the time before. */
  #count(row: SessionRead): Counted {
    const before = this.#counted.get(row.no)
    if (before && row.updatedAt <= before.at) return before
    const now = ratesBetween(before, row)
    this.#counted.set(row.no, now)
    return now
  }

  #decisions(routerNames: ReadonlyMap<number, string>): DecisionRow[] {
    return searchDecisions(this.#deps.reader, { limit: DECISION_ROWS_MAX }).map(
      ({ device, routerNo, latencyMicros, remedy, ...rest }) => ({
        no: rest.no,
        at: rest.at,
        login: shownLogin(rest),
        outcome: rest.outcome,
        reason: rest.reason,
        sentence: rest.sentence,
        method: rest.method,
        nas: routerNames.get(routerNo) ?? `router ${routerNo}`,
        latencyMs: latencyMicros / 1000,
        ...(device === '' ? {} : { mac: device }),
        ...(remedy === '' ? {} : { remedy }),
      }),
    )
  }
}

const healthOf = (isFailing: boolean, since: number): LiveSnapshot['health'] =>
  isFailing
    ? {
        serving: false,
        since,
        reason: 'Accounting cannot be stored, so it is not answered.',
        remedy: 'Free disk space, then see `lango doctor`.',
      }
    : { serving: true, since }

const sessionRow = (row: SessionRead, { inKbps, outKbps }: Counted, now: number): SessionRow => {
  const { interimSec, customerName, plan, mac, ip, ...rest } = row
  return {
    ...rest,
    ...(customerName ? { customerName } : {}),
    ...(plan ? { plan } : {}),
    ...(mac ? { mac } : {}),
    ...(ip ? { ip } : {}),
    ...(inKbps === undefined ? {} : { inRateKbps: inKbps }),
    ...(outKbps === undefined ? {} : { outRateKbps: outKbps }),
    state: stateOf(row, interimSec, now),
  }
}

const routerRow = ({ name, address, vendor, lastPacketAt }: RouterRead, now: number): RouterRow => {
  if (lastPacketAt === null) return { name, address, vendor, state: 'never' }
  return { name, address, vendor, lastPacketAt, state: now - lastPacketAt > SILENT_AFTER_MS ? 'silent' : 'up' }
}

const strangerRow = ({ address, nasIdentifier, lastAt }: StrangerRead): RouterRow => ({
  name: nasIdentifier || address,
  address,
  vendor: '',
  lastPacketAt: lastAt,
  state: 'unknown',
})

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
