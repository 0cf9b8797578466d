/** The home servers of realms that live elsewhere, and which of them to ask. */
import type Database from 'better-sqlite3'
import type { Log, Random, Vault } from '@lango/kernel'
import { serverSecretPurpose } from '@lango/modules/network/rules'
import { codes, prepareSecret, type RadiusClient, type RadiusServerAt, type RadiusTimers } from '@lango/drivers/radius'
import { HomeServerHealth } from './home-server-health.ts'

const REFRESH_MS = 1000
/** A login is sent to so many servers at most: a NAS waits a few seconds, not longer. */
const ASKED_MAX = 2
/** RFC 5997 §4.1: never repeated, each is a packet of its own. */
const STATUS_RETRANSMISSION = { initialMs: 2000, countMax: 1, durationMaxMs: 2000 }
const NO_ATTRIBUTES = Buffer.alloc(0)

/** Conversations under way: who began one goes on with it. */
const CONVERSATIONS_MAX = 10_000
const CONVERSATION_MS = 60_000

type ServerRow = {
  readonly id: string
  readonly name: string
  readonly realm: string
  readonly host: string
  readonly port: number
  readonly secret: Buffer
}

export type HomeServer = {
  readonly id: string
  readonly name: string
  readonly realm: string
  readonly at: RadiusServerAt
  readonly health: HomeServerHealth
}

export type HomeServersDeps = {
  readonly site: Database.Database
  readonly vault: Vault
  readonly client: RadiusClient
  readonly random: Random
  readonly monotonicMs: () => number
  readonly timers: RadiusTimers
  readonly log: Log
}

export class HomeServers {
  readonly #deps: HomeServersDeps
  readonly #rows: Database.Statement<[], ServerRow>
  #servers = new Map<string, HomeServer>()
  /** In the order they are asked in, as long as all of them answer. */
  #byRealm = new Map<string, readonly HomeServer[]>()
  #readAt = -Infinity
  readonly #conversations = new Map<string, { readonly serverId: string; readonly until: number }>()

  constructor(deps: HomeServersDeps) {
    this.#deps = deps
    this.#rows = deps.site.prepare(
      `SELECT id, name, realm, host, port, secret FROM remote_servers
       WHERE role = 'proxy' ORDER BY priority, name`,
    )
  }

  /**
   * Whom to ask for a realm, in this order; empty when it is ours. `state` is the request's State: only the server
   * that gave it out knows what it stands for (RFC 2865 §5.24).
   */
  toAsk(realm: string, state: Buffer | undefined): readonly HomeServer[] {
    this.#refresh()
    const servers = this.#byRealm.get(realm)
    if (!servers) return []
    const begun = state && this.#conversations.get(keyOf(state))
    const beginner = begun && servers.find(({ id }) => id === begun.serverId)
    if (beginner && begun.until > this.#deps.monotonicMs()) return [beginner]
    return servers.toSorted((a, b) => a.health.rank - b.health.rank).slice(0, ASKED_MAX)
  }

  /** A challenge of this server: the answer to it carries this State. */
  began(state: Buffer, { id }: HomeServer): void {
    const key = keyOf(state)
    // Taken out first, so that the oldest stand in front.
    this.#conversations.delete(key)
    if (this.#conversations.size >= CONVERSATIONS_MAX)
      this.#conversations.delete(this.#conversations.keys().next().value!)
    this.#conversations.set(key, { serverId: id, until: this.#deps.monotonicMs() + CONVERSATION_MS })
  }

  close(): void {
    for (const { health } of this.#servers.values()) health.close()
  }

  #refresh(): void {
    const now = this.#deps.monotonicMs()
    if (now - this.#readAt <= REFRESH_MS) return
    this.#readAt = now
    const before = this.#servers
    this.#servers = new Map()
    for (const row of this.#rows.all()) {
      const server = before.get(row.id) ?? this.#open(row)
      if (server) this.#servers.set(row.id, server)
    }
    this.#byRealm = Map.groupBy(this.#servers.values(), ({ realm }) => realm)
    for (const [id, { health }] of before) if (!this.#servers.has(id)) health.close()
  }

  /** A row never changes: a server is added and removed. */
  #open({ id, name, realm, host, port, secret: sealed }: ServerRow): HomeServer | undefined {
    const { vault, log, client, random, monotonicMs, timers } = this.#deps
    const secret = vault.open(sealed, serverSecretPurpose(id))
    if (!secret.ok) {
      log.error("a home server's secret cannot be opened", { realm, server: name, fault: secret.error })
      return undefined
    }
    const at = { address: host, port, secret: prepareSecret(Buffer.from(secret.value.reveal())) }
    const status = { code: codes.statusServer, attributes: NO_ATTRIBUTES, retransmission: STATUS_RETRANSMISSION }
    const health = new HomeServerHealth({
      probe: async () => (await client.request(at, status)).type === 'reply',
      random,
      monotonicMs,
      timers,
      onTurn: (isUp) =>
        isUp
          ? log.info('a home server answers again', { realm, server: name })
          : log.warn('a home server does not answer: logins of its realm go to another', {
              realm,
              server: name,
            }),
    })
    return { id, name, realm: realm.toLowerCase(), at, health }
  }
}

const keyOf = (state: Buffer): string => state.toString('latin1')
