/** The routers as RADIUS clients: who may ask from which address, with which secret. */
import type Database from 'better-sqlite3'
import type { Log, Vault } from '@lango/kernel'
import { prepareSecret, type BlastRadiusLearned, type KnownClient, type PreparedSecret } from '@lango/drivers/radius'
import { HEALTH_ADDRESS, HEALTH_ROUTER_NO, healthSecret } from '@lango/modules/access/rules'
import { contains, parseAddress, parseRange, routerSecretPurpose, type ClientRange } from '@lango/modules/network/rules'
import { isVendor, type Vendor } from './vendors.ts'

/** What a request's router means to AAA. */
export type RouterFacts = {
  readonly no: number
  readonly name: string
  readonly vendor: Vendor
  readonly realm: string | undefined
  readonly swapsOctets: boolean
  /** Staff may log in to the router itself. */
  readonly adminLogins: boolean
}

export type Client = KnownClient<RouterFacts> & { learned: BlastRadiusLearned }

type RouterRow = {
  readonly id: string
  readonly no: number
  readonly name: string
  readonly address: string
  readonly secret: Buffer
  readonly vendor: string
  readonly realm: string | null
  readonly requireMessageAuthenticator: 'yes' | 'no' | 'auto'
  readonly limitProxyState: 'yes' | 'no' | 'auto'
  readonly messageAuthenticatorSeen: 0 | 1
  readonly proxyStateFreeSeen: 0 | 1
  readonly radsecIdentity: string | null
  readonly swapsOctets: 0 | 1
  readonly adminLogins: 0 | 1
}

type Known = { readonly row: RouterRow; readonly client: Client; readonly range: ClientRange }

/** Changed routers are read at most this often, so that an import of subscribers does not have them read for ever. */
const REFRESH_MS = 100
/** Addresses that fall into a router's range, remembered. */
const ADDRESSES_MAX = 10_000

export type Clients = {
  /** The client that sends from this address; an exact address wins over a range, a longer prefix over a shorter. */
  at(address: string): Client | undefined
  /** The client that a certificate names: its RadSec identity (a fingerprint or a name), else its own name. */
  named(names: readonly string[]): Client | undefined
  byNo(no: number): Client | undefined
}

type Deps = {
  readonly site: Database.Database
  readonly vault: Vault
  readonly log: Log
  readonly monotonicMs: () => number
}

export const createClients = (deps: Deps): Clients => new RouterClients(deps)

class RouterClients implements Clients {
  readonly #deps: Deps
  readonly #version: Database.Statement<[]>
  readonly #rows: Database.Statement<[], RouterRow>
  readonly #byAddress = new Map<string, Client | undefined>()
  readonly #own: Client
  #known: Known[] = []
  #seenVersion: unknown
  #readAt = -Infinity
  #isChecked = false

  constructor(deps: Deps) {
    this.#deps = deps
    this.#own = ownClient(healthSecret(deps.vault))
    this.#version = deps.site.prepare<[]>('PRAGMA data_version').pluck()
    this.#rows = deps.site.prepare(
      `SELECT id, no, name, address, secret, vendor, realm, require_message_authenticator requireMessageAuthenticator,
         limit_proxy_state limitProxyState, message_authenticator_seen messageAuthenticatorSeen,
         proxy_state_free_seen proxyStateFreeSeen, radsec_identity radsecIdentity, swaps_octets swapsOctets,
         admin_logins adminLogins
       FROM routers WHERE status = 'active'`,
    )
  }

  at(address: string): Client | undefined {
    this.#refresh()
    const remembered = this.#byAddress.get(address)
    if (remembered !== undefined || this.#byAddress.has(address)) return remembered
    const parsed = parseAddress(address)
    const client =
      parsed && (contains(OWN, parsed) ? this.#own : this.#known.find(({ range }) => contains(range, parsed))?.client)
    if (this.#byAddress.size >= ADDRESSES_MAX) this.#byAddress.clear()
    this.#byAddress.set(address, client)
    return client
  }

  named(names: readonly string[]): Client | undefined {
    this.#refresh()
    return this.#known.find(({ row }) => names.includes(row.radsecIdentity ?? row.name))?.client
  }

  byNo(no: number): Client | undefined {
    this.#refresh()
    return this.#known.find(({ row }) => row.no === no)?.client
  }

  /** Once a turn of the loop: SQLite says whether anyone has committed since. */
  #refresh(): void {
    if (this.#isChecked) return
    this.#isChecked = true
    setImmediate(() => (this.#isChecked = false)).unref()
    const now = this.#deps.monotonicMs()
    if (now - this.#readAt < REFRESH_MS) return
    const current = this.#version.get()
    if (current === this.#seenVersion) return
    this.#seenVersion = current
    this.#readAt = now
    this.#read()
  }

  #read(): void {
    const before = new Map(this.#known.map((one) => [one.row.id, one]))
    this.#known = this.#rows.all().flatMap((row) => {
      const range = parseRange(row.address)
      const client = range && this.#clientOf(row, before.get(row.id))
      return range && client ? [{ row, client, range }] : []
    })
    this.#known.sort((a, b) => b.range.bits - a.range.bits)
    this.#byAddress.clear()
  }

  #clientOf(row: RouterRow, before: Known | undefined): Client | undefined {
    if (before && isSame(before.row, row)) {
      before.client.learned = learnedAnew(before, row)
      return before.client
    }
    const secret = this.#deps.vault.open(row.secret, routerSecretPurpose(row.id))
    if (secret.ok) return clientFrom(row, prepareSecret(Buffer.from(secret.value.reveal())))
    this.#deps.log.error("a router's secret cannot be opened; its packets are dropped", {
      router: row.name,
      fault: secret.error,
    })
    return undefined
  }
}

const clientFrom = (row: RouterRow, secret: PreparedSecret): Client => ({
  secret,
  requireMessageAuthenticator: row.requireMessageAuthenticator,
  limitProxyState: row.limitProxyState,
  learned: learnedOf(row),
  data: {
    no: row.no,
    name: row.name,
    vendor: isVendor(row.vendor) ? row.vendor : 'generic',
    realm: row.realm ?? undefined,
    swapsOctets: row.swapsOctets === 1,
    adminLogins: row.adminLogins === 1,
  },
})

/** What `lango health` asks from: the box itself. */
const OWN = parseRange(HEALTH_ADDRESS)!

const ownClient = (secret: string): Client => ({
  secret: prepareSecret(Buffer.from(secret)),
  requireMessageAuthenticator: 'yes',
  limitProxyState: 'yes',
  learned: { sentMessageAuthenticator: true, sentWithoutProxyState: true },
  data: {
    no: HEALTH_ROUTER_NO,
    name: '',
    vendor: 'generic',
    realm: undefined,
    swapsOctets: false,
    adminLogins: false,
  },
})

const learnedOf = (row: RouterRow): BlastRadiusLearned => ({
  sentMessageAuthenticator: row.messageAuthenticatorSeen === 1,
  sentWithoutProxyState: row.proxyStateFreeSeen === 1,
})

/** What another thread has written, or the desk has had forgotten, counts here too; else what this one knows. */
const learnedAnew = ({ row: before, client }: Known, row: RouterRow): BlastRadiusLearned => {
  const [was, is] = [learnedOf(before), learnedOf(row)]
  const present = (name: keyof BlastRadiusLearned): boolean =>
    was[name] === is[name] ? client.learned[name] : is[name]
  return {
    sentMessageAuthenticator: present('sentMessageAuthenticator'),
    sentWithoutProxyState: present('sentWithoutProxyState'),
  }
}

/** What was learned is not compared: it does not make another client. */
const isSame = (a: RouterRow, b: RouterRow): boolean =>
  a.secret.equals(b.secret) &&
  a.no === b.no &&
  a.name === b.name &&
  a.vendor === b.vendor &&
  a.realm === b.realm &&
  a.requireMessageAuthenticator === b.requireMessageAuthenticator &&
  a.limitProxyState === b.limitProxyState &&
  a.swapsOctets === b.swapsOctets &&
  a.adminLogins === b.adminLogins
