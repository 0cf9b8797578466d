/** Which routers the box logs in to, and whom each is to hold. */
import type { Clock, Log, Random, Timers, Vault } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import type { Calendar } from '@lango/modules/access/rules'
import type { Reach, StaticNetwork } from '@lango/modules/network'
import { CONTROL_LOGIN_COLUMNS, controlClient, type ControlLogin } from './client.ts'
import { StaticCustomers } from './customers.ts'
import { Hotspots } from './hotspots.ts'
import { Keeper } from './keeper.ts'
import type { ControlStatus } from '@lango/modules/network'

export type RouterControlNews =
  | { readonly kind: 'status'; readonly status: ControlStatus }
  /** A router is not controlled any more. */
  | { readonly kind: 'gone'; readonly routerId: string }
  /** Its hotspot was to be taken off it, and is. */
  | { readonly kind: 'hotspot-gone'; readonly routerId: string }
  /** These are let in: their time begins. */
  | { readonly kind: 'begin'; readonly grants: readonly { readonly grantId: string; readonly device: string }[] }

type ControlRow = ControlLogin & { readonly networks: string }
type Kept = {
  readonly text: string
  readonly keeper: Keeper | undefined
  readonly networks: readonly StaticNetwork[]
  version: number
}

export type RouterControlDeps = {
  readonly reader: RawDatabase
  readonly vault: Vault
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  readonly calendar: Calendar
  readonly tell: (news: RouterControlNews) => void
}

export class RouterControl {
  readonly #deps: RouterControlDeps
  readonly #customers: StaticCustomers
  readonly #hotspots: Hotspots
  readonly #rows
  readonly #kept = new Map<string, Kept>()
  #controlsVersion = -1

  constructor(deps: RouterControlDeps) {
    this.#deps = deps
    this.#customers = new StaticCustomers(deps)
    this.#hotspots = new Hotspots(deps)
    this.#rows = deps.reader.prepare<[], ControlRow>(
      `SELECT ${CONTROL_LOGIN_COLUMNS}, c.networks
       FROM router_controls c JOIN routers r ON r.id = c.id`,
    )
  }

  look(): void {
    this.#customers.look()
    const { version, controlsVersion } = this.#customers
    if (controlsVersion !== this.#controlsVersion) {
      this.#readControls()
      this.#readHotspots()
    }
    this.#controlsVersion = controlsVersion
    for (const kept of this.#kept.values()) {
      if (kept.version !== version) kept.keeper?.want(this.#customers.in(kept.networks))
      kept.version = version
      kept.keeper?.look()
    }
  }

  /** How the box is reached: what its hotspots lead to. */
  take(reach: Reach): void {
    if (this.#hotspots.take(reach)) this.#readHotspots()
  }

  push(routerId: string): void {
    const keeper = this.#kept.get(routerId)?.keeper
    keeper?.push()
    keeper?.look()
  }

  close(): void {
    for (const { keeper } of this.#kept.values()) keeper?.close()
  }

  #readControls(): void {
    const rows = new Map(this.#rows.all().map((row) => [row.id, row]))
    for (const [id, { text, keeper }] of this.#kept) {
      const row = rows.get(id)
      if (row && textOf(row) === text) continue
      keeper?.close()
      this.#kept.delete(id)
      if (!row) this.#deps.tell({ kind: 'gone', routerId: id })
    }
    for (const [id, row] of rows) if (!this.#kept.has(id)) this.#kept.set(id, this.#start(row))
  }

  #readHotspots(): void {
    const wanted = this.#hotspots.wanted()
    for (const [id, { keeper }] of this.#kept) keeper?.wantHotspot(wanted.get(id))
  }

  #start(row: ControlRow): Kept {
    const networks = JSON.parse(row.networks) as readonly StaticNetwork[]
    const started = { text: textOf(row), networks, version: -1 }
    const { clock, log, tell } = this.#deps
    const client = controlClient(row, this.#deps)
    if (!client.ok) {
      const { why, detail } = client.error
      const failing = { fault: { why, detail }, failingSince: clock.now() }
      tell({
        kind: 'status',
        status: { routerId: row.id, customers: 0, active: 0, troubles: [], troubleCount: 0, ...failing },
      })
      return { ...started, keeper: undefined }
    }
    const keeper = new Keeper({
      routerId: row.id,
      client: client.value,
      clock,
      log,
      onStatus: (status) => tell({ kind: 'status', status }),
      onHotspotGone: () => tell({ kind: 'hotspot-gone', routerId: row.id }),
      letIn: (keys) => {
        const grants = this.#customers.beginning(keys)
        if (grants.length > 0) tell({ kind: 'begin', grants })
      },
    })
    return { ...started, keeper }
  }
}

const textOf = ({ password, ...row }: ControlRow): string => JSON.stringify([row, password.toString('base64')])
