/**
 * Customers with an address of their own and no login: who they are, whether they may pass now, and how fast. Read once,
 * and from then on what the change log tells; what depends on time is worked out anew when its time comes.
 */
import type { Clock } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { beginsWithUse, isMac, nextTurn, type Calendar } from '@lango/modules/access/rules'
import type { StaticNetwork } from '@lango/modules/network'
import { contains, parseAddress, parseRange } from '@lango/modules/network/rules'
import { createStandings, type GrantStanding, type Standings } from '../standings.ts'
import type { StaticCustomer } from './drivers.ts'

/** Everything is worked out anew this often: usage counts towards fair use, and a wake-up may have been lost. */
const ALL_ANEW_MS = 60_000
/** Of more changed grants than this all are read anew. */
const CHANGES_MAX = 1000

type GrantRow = {
  readonly id: string
  readonly no: number
  readonly serviceId: string
  readonly login: string
  readonly address: string
  readonly macLogin: string | null
  /** JSON. */
  readonly devices: string
  readonly firstUsedAt: number | null
  readonly validitySec: number | null
  readonly beginsAt: number | null
}

/** One of them, wherever their router is. */
type Held = {
  readonly grantId: string
  readonly login: string
  readonly at: ReturnType<typeof parseAddress>
  readonly customer: Omit<StaticCustomer, 'interface'>
  /** Their time begins when they are let in. */
  readonly begins: boolean
  /** Epoch ms: when the clock alone changes something. */
  readonly turnsAt: number
}

const ROWS = `SELECT id, no, service_id serviceId, login, framed_ip address, mac_login macLogin, devices,
    first_used_at firstUsedAt, validity_sec validitySec, begins_at beginsAt
  FROM grants WHERE kind = 'static' AND framed_ip IS NOT NULL AND status <> 'ended'`

export type StaticCustomersDeps = {
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  readonly clock: Clock
  readonly calendar: Calendar
}

export class StaticCustomers {
  readonly #clock: Clock
  readonly #calendar: Calendar
  readonly #standings: Standings
  readonly #sql
  #held = new Map<string, Held>()
  #seenSeq = 0
  #allAnewAtMs = -Infinity
  /** Another when any of them is not as before. */
  version = 0
  /** Another when the box is to control other routers, or otherwise. */
  controlsVersion = 0

  constructor({ reader, clock, calendar }: StaticCustomersDeps) {
    this.#clock = clock
    this.#calendar = calendar
    this.#standings = createStandings(reader, calendar, clock)
    this.#sql = {
      all: reader.prepare<[], GrantRow>(ROWS),
      one: reader.prepare<[string], GrantRow>(`${ROWS} AND id = ?`),
      lastSeq: reader.prepare<[], number>('SELECT coalesce(max(seq), 0) FROM change_log').pluck(),
      changedGrants: reader
        .prepare<[number, number, number], string>(
          "SELECT DISTINCT row_id FROM change_log WHERE seq > ? AND seq <= ? AND tbl = 'grants' LIMIT ?",
        )
        .pluck(),
      controlsChanged: reader
        .prepare<[number, number], number>(
          `SELECT EXISTS (SELECT 1 FROM change_log WHERE seq > ? AND seq <= ? AND tbl IN ('routers', 'router_controls', 'router_hotspots'))`,
        )
        .pluck(),
    }
  }

  /** Looks at what has changed since the last look, and whose time has come. Cheap when that is nothing. */
  look(): void {
    const now = this.#clock.now()
    const lastSeq = this.#sql.lastSeq.get()!
    const since = this.#seenSeq
    this.#seenSeq = lastSeq
    if (this.#sql.controlsChanged.get(since, lastSeq) === 1) this.controlsVersion += 1
    const changed = this.#sql.changedGrants.all(since, lastSeq, CHANGES_MAX + 1)
    const isOld = this.#clock.monotonicMs() - this.#allAnewAtMs >= ALL_ANEW_MS
    if (isOld || changed.length > CHANGES_MAX) return this.#readAll(now)
    for (const id of changed) this.#put(id, this.#sql.one.get(id), now)
    for (const [id, { turnsAt }] of this.#held) if (turnsAt <= now) this.#put(id, this.#sql.one.get(id), now)
  }

  /** Those whose address lies in these networks, by their service. */
  in(networks: readonly StaticNetwork[]): ReadonlyMap<string, StaticCustomer & { readonly login: string }> {
    const ranges = networks.map(({ network, interface: behind }) => ({ range: parseRange(network)!, behind }))
    const found = new Map<string, StaticCustomer & { readonly login: string }>()
    for (const { at, customer, login } of this.#held.values()) {
      const of = at && ranges.find(({ range }) => contains(range, at))
      if (of) found.set(customer.key, { ...customer, interface: of.behind, login })
    }
    return found
  }

  /** Of these services the grants whose time begins now that they are let in. */
  beginning(keys: ReadonlySet<string>): readonly { readonly grantId: string; readonly device: string }[] {
    if (!this.#clock.sure()) return []
    return [...this.#held.values()]
      .filter(({ begins, customer }) => begins && keys.has(customer.key))
      .map(({ grantId, customer }) => ({ grantId, device: customer.macAddress }))
  }

  #readAll(now: number): void {
    this.#allAnewAtMs = this.#clock.monotonicMs()
    const rows = new Map(this.#sql.all.all().map((row) => [row.id, row]))
    for (const id of this.#held.keys()) if (!rows.has(id)) this.#put(id, undefined, now)
    for (const [id, row] of rows) this.#put(id, row, now)
  }

  #put(id: string, row: GrantRow | undefined, now: number): void {
    const before = this.#held.get(id)
    const found = row && this.#standings(row.no)
    if (!row || !found) {
      if (this.#held.delete(id)) this.version += 1
      return
    }
    const held = this.#heldOf(row, found, now)
    this.#held.set(id, held)
    if (JSON.stringify(before?.customer) !== JSON.stringify(held.customer)) this.version += 1
  }

  #heldOf(row: GrantRow, { policy, standing }: GrantStanding, now: number): Held {
    const isActive = standing.kind === 'open' && standing.reason === 'accepted'
    // Whoever may not pass keeps the plan's speed: it counts again when they have paid.
    const { downKbps, upKbps, burst } = standing.kind === 'open' ? standing.policy : policy
    const untilAt = standing.kind === 'open' ? standing.untilAt : undefined
    const beginsAt = row.beginsAt !== null && row.beginsAt > now ? row.beginsAt : undefined
    return {
      grantId: row.id,
      login: row.login,
      at: parseAddress(row.address),
      customer: {
        key: row.serviceId,
        address: row.address,
        macAddress: deviceOf(row),
        downKbps,
        upKbps,
        ...(burst ? { burst } : {}),
        isActive,
      },
      begins: isActive && beginsWithUse(row, policy),
      turnsAt: Math.min(untilAt ?? Infinity, beginsAt ?? Infinity, nextTurn(policy, this.#calendar, now) ?? Infinity),
    }
  }
}

/** The device that the address is bound to: the one that it logs in by elsewhere, or the only one that is bound. */
const deviceOf = ({ macLogin, devices }: GrantRow): string => {
  const bound = JSON.parse(devices) as readonly string[]
  const device = macLogin ?? (bound.length === 1 ? bound[0]! : '')
  return isMac(device) ? device : ''
}
