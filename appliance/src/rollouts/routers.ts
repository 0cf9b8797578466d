/** What the box knows of a router by itself, and how it gets to it. */
import { err, ok, type Clock, type Fault, type Random, type Result, type Timers, type Vault } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { boxAddressFor, type Reach } from '@lango/modules/network'
import { busyHoursOf, type Stay } from '@lango/modules/rollouts'
import { CONTROL_LOGIN_COLUMNS, controlClient, type ControlLogin } from '../router-control/client.ts'
import type { RouterosClient } from './drivers.ts'

const WEEK_MS = 7 * 86_400_000
const WEEKS_LOOKED_AT = 4
const BUSY_KEPT_MS = 86_400_000
/** Who spoke later than this before it was brought up to date speaks again after it. */
const HEARD_LATELY_MS = 900_000
/** A router that restarts is called again soon, however often it did not answer. */
const BACKOFF_MAX_MS = 5000

type Ask = (name: string, input: unknown) => Promise<Result<unknown, Fault>>

export type RoutersDeps = {
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  readonly ask: Ask
  readonly vault: Vault
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly reach: () => Reach
  readonly timeZone: string
}

export class Routers {
  readonly #deps: RoutersDeps
  readonly #login
  readonly #place
  readonly #no
  readonly #open
  readonly #heardAt
  readonly #stale
  readonly #busy = new Map<string, { readonly at: number; readonly hours: readonly number[] }>()

  constructor(deps: RoutersDeps) {
    this.#deps = deps
    const { reader } = deps
    this.#login = reader.prepare<[string], ControlLogin>(
      `SELECT ${CONTROL_LOGIN_COLUMNS} FROM router_controls c JOIN routers r ON r.id = c.id WHERE c.id = ?`,
    )
    this.#place = reader.prepare<[string], { address: string; box: string | null }>(
      'SELECT r.address, h.box FROM routers r LEFT JOIN router_hotspots h ON h.id = r.id WHERE r.id = ?',
    )
    this.#no = reader.prepare<[string], number>('SELECT no FROM routers WHERE id = ?').pluck()
    this.#open = reader
      .prepare<[string], number>(
        'SELECT count(*) FROM live_sessions WHERE ended_at IS NULL AND router_no = (SELECT no FROM routers WHERE id = ?)',
      )
      .pluck()
    this.#heardAt = reader
      .prepare<[string], number>(
        'SELECT last_packet_at FROM router_health WHERE router_no = (SELECT no FROM routers WHERE id = ?)',
      )
      .pluck()
    this.#stale = reader
      .prepare<[number], string>(
        `SELECT c.id FROM router_controls c LEFT JOIN router_software s ON s.id = c.id
         WHERE s.seen_at IS NULL OR s.seen_at < ? ORDER BY s.seen_at`,
      )
      .pluck()
  }

  /** Close it. Undefined for one that the box does not log in to, or not any more. */
  client(routerId: string): RouterosClient | undefined {
    const login = this.#login.get(routerId)
    const client = login && controlClient(login, this.#deps, BACKOFF_MAX_MS)
    return client?.ok === true ? client.value : undefined
  }

  /** Where it fetches files: the portal, as it reaches the box. Undefined where there is none. */
  packagesAt(routerId: string): string | undefined {
    const reach = this.#deps.reach()
    const place = this.#place.get(routerId)
    const { portal } = reach.ports
    if (!place || portal === undefined) return undefined
    const box = place.box ?? boxAddressFor(reach, place.address, '')
    return box === '' ? undefined : `http://${box.includes(':') ? `[${box}]` : box}:${portal}`
  }

  /** Somebody is online there, and it was heard lately: it will be again, once it is up. */
  isHeard(routerId: string): boolean {
    const heardAt = this.#heardAt.get(routerId) ?? 0
    return (this.#open.get(routerId) ?? 0) > 0 && this.#deps.clock.now() - heardAt < HEARD_LATELY_MS
  }

  isHeardSince(routerId: string, at: number): boolean {
    return (this.#heardAt.get(routerId) ?? 0) >= at
  }

  /** Those that were not asked what they run since then, the longest ago first. */
  unseenSince(at: number): readonly string[] {
    return this.#stale.all(at)
  }

  hourOfDay(at: number): number {
    return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(this.#deps.timeZone).hour
  }

  /** By its own sessions of the last weeks. */
  async busyHours(routerId: string): Promise<readonly number[]> {
    const now = this.#deps.clock.now()
    const known = this.#busy.get(routerId)
    if (known && now - known.at < BUSY_KEPT_MS) return known.hours
    const stays = await this.#stays(routerId, now - WEEKS_LOOKED_AT * WEEK_MS)
    const hours = busyHoursOf(stays.ok ? stays.value : [], (at) => this.hourOfDay(at))
    // What could not be read is asked again.
    if (stays.ok) this.#busy.set(routerId, { at: now, hours })
    return hours
  }

  async #stays(routerId: string, fromAt: number): Promise<Result<readonly Stay[], Fault>> {
    const routerNo = this.#no.get(routerId)
    if (routerNo === undefined) return ok([])
    const asked = await this.#deps.ask('sessions.routerStays', { routerNo, fromAt })
    return asked.ok ? ok(asked.value as readonly Stay[]) : err(asked.error)
  }
}
