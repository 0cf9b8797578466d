import { defineTable } from '@lango/kernel/db'

/** Three-valued answer to a RADIUS client's habits: `auto` learns and then holds (CVE-2024-3596). */
export const strictness = ['yes', 'no', 'auto'] as const

/** Routers, access points and proxies that may ask: RADIUS clients of the box. */
export const routers = defineTable(
  'routers',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    no: c.int(),
    name: c.text(),
    /** An address, or a range in CIDR form. */
    address: c.text(),
    secret: c.secret(),
    vendor: c.text(),
    coaPort: c.int(),
    /** Realm put behind logins that carry none. */
    realm: c.optText(),
    requireMessageAuthenticator: c.oneOf(strictness),
    limitProxyState: c.oneOf(strictness),
    /** What `auto` has learned; kept, so that a restart does not open the door again. */
    messageAuthenticatorSeen: c.flag(),
    proxyStateFreeSeen: c.flag(),
    /** Common name or SHA-256 fingerprint of the certificate that identifies it over RadSec. */
    radsecIdentity: c.optText(),
    /** The NAS counts from the subscriber's side: input and output are exchanged on receipt. */
    swapsOctets: c.flag(),
    /** Staff may log in to the router itself with their own login. Off until the router is told to ask. */
    adminLogins: c.flag({ before: false }),
    status: c.oneOf(['active', 'removed']),
  }),
  { unique: { byName: ['name'], byAddress: ['address'], byNo: ['no'] } },
)

/** Home servers of realms that are not ours (feature A32), one or more a realm, and servers that want a copy of accounting (A27). */
export const remoteServers = defineTable(
  'remote_servers',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    name: c.text(),
    /** `proxy`: answers for `realm`; `copy`: receives every accounting record. */
    role: c.oneOf(['proxy', 'copy']),
    realm: c.optText(),
    /** Home servers of a realm are asked in this order, the lowest first. */
    priority: c.int({ before: 0 }),
    host: c.text(),
    port: c.int(),
    secret: c.secret(),
  }),
  { unique: { byName: ['name'] } },
)

/** What carries the box's word to a router beside RADIUS: its own API, plain or by TLS, or REST by TLS. */
export const controlWays = ['api', 'api-tls', 'rest'] as const
export type ControlWay = (typeof controlWays)[number]

/** Addresses of customers without a login, and the router's interface that they are behind. */
export type StaticNetwork = {
  /** IPv4, CIDR form. */
  readonly network: string
  readonly interface: string
}

/**
 * Routers that the box logs in to, each under its router's id: what it writes there, and how it knows that it is the one.
 * Few routers have one, and logins look nowhere for it.
 */
export const routerControls = defineTable(
  'router_controls',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    /** The router's own. */
    id: c.id(),
    /** The same once more, as what it is: the id of another row. */
    routerId: c.ref('routers'),
    way: c.oneOf(controlWays),
    /** Null: the router's address. */
    host: c.optText(),
    port: c.int(),
    user: c.text(),
    password: c.secret(),
    /** SHA-256 of the certificate that it must show, hexadecimal; null until somebody has confirmed one. */
    certificateSha256: c.optText(),
    /** Customers with a fixed address in these are held here: by queue, ARP and address list (feature A36). */
    networks: c.json<StaticNetwork[]>(),
  }),
)

/** Hotspots that the box keeps on routers that it logs in to, each under its router's id. */
export const routerHotspots = defineTable(
  'router_hotspots',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    /** The router's own. */
    id: c.id(),
    /** The same once more, as what it is: the id of another row. */
    routerId: c.ref('routers'),
    /** Of the router, where those are who log in. */
    interface: c.text(),
    /** IPv4, CIDR form: the router has its first address, and hands out the others. */
    network: c.text(),
    /** The box, as the router reaches it; null where that is worked out. */
    box: c.optText(),
    /** Host names that are reached without a login, beside what the portal needs. */
    openNames: c.json<string[]>(),
    /** `leaving`: what is ours is being taken off the router, and then this row goes. */
    status: c.oneOf(['kept', 'leaving']),
  }),
)
