/**
 * Two resolvers of dnsmasq as configuration: pure. Who is in asks the open one. Who is not gets the shut one, whatever
 * server they ask: it resolves the names of the garden, and to every other name answers with the gateway. Nothing a
 * stranger asks for leaves the box, so there is no tunnel through it; and the portal opens while the uplink is down.
 * The shut one also gives out the addresses.
 */
import { SHUT_DNS_PORT } from './ruleset.ts'
import { readMac, type Network, type Prefix6 } from './address.ts'

export type DnsmasqConfig = {
  readonly lan: string
  readonly network: Network
  readonly prefix6: Prefix6 | undefined
  /** Names that are reachable before login, the portal's own among them. */
  readonly garden: readonly string[]
  /** RFC 8910: told by DHCP, of either family, where there is one. */
  readonly portalApi: string | undefined
  /** Where the open one asks; none: wherever the machine itself does. */
  readonly servers: readonly string[]
  readonly stateDir: string
}

/** Leases are short: phones come and go. */
export const LEASE_SEC = 1800
const LEASES_MAX = 20_000
/** What a phone was told before it logged in must not stay with it. */
const SHUT_TTL_SEC = 1
const GARDEN_TTL_SEC_MAX = 60
/** How long a host keeps the gateway as its router, which `announcer.ts` must say alike. */
export const ROUTER_LIFETIME_SEC = 1800
const ADVERTISED_EVERY_SEC = 600
/** RFC 8910 §2.1, §2.2. */
const PORTAL_API_OPTION = { v4: '114', v6: 'option6:103' } as const

export const openConfig = ({ network, servers, stateDir }: DnsmasqConfig): string =>
  text([
    `listen-address=${network.address}`,
    'bind-interfaces',
    'domain-needed',
    'bogus-priv',
    'cache-size=10000',
    ...(servers.length > 0 ? ['no-resolv', ...servers.map((server) => `server=${server}`)] : []),
    `pid-file=${stateDir}/dnsmasq-open.pid`,
  ])

export const shutConfig = ({ lan, network, prefix6, garden, portalApi, stateDir }: DnsmasqConfig): string =>
  text([
    `interface=${lan}`,
    'except-interface=lo',
    'bind-interfaces',
    `port=${SHUT_DNS_PORT}`,
    'no-resolv',
    'no-hosts',
    // Each answer comes from the open one, and so puts its address into the garden again.
    'cache-size=0',
    `address=/#/${network.address}`,
    // Of other kinds there is nothing, said at once: who is told “refused” asks again before it goes on.
    'local=/#/',
    // Before login IPv6 leads nowhere, to the garden neither.
    'filter-AAAA',
    `local-ttl=${SHUT_TTL_SEC}`,
    `max-ttl=${GARDEN_TTL_SEC_MAX}`,
    ...garden.flatMap((name) => [`server=/${name}/${network.address}`, `nftset=/${name}/4#inet#lango#garden`]),
    `dhcp-range=${network.first},${network.last},${LEASE_SEC}`,
    `dhcp-option=option:router,${network.address}`,
    `dhcp-option=option:dns-server,${network.address}`,
    ...(prefix6 === undefined ? [] : routerLines(lan, prefix6)),
    ...(portalApi === undefined ? [] : apiLines(portalApi, prefix6 !== undefined)),
    'dhcp-authoritative',
    'dhcp-rapid-commit',
    // Names that phones give themselves are nobody's business.
    'dhcp-ignore-names',
    'no-ping',
    `dhcp-lease-max=${LEASES_MAX}`,
    `dhcp-leasefile=${leasesFile(stateDir)}`,
    `pid-file=${stateDir}/dnsmasq-shut.pid`,
  ])

/**
 * Phones make their addresses themselves. Without the on-link flag they send everything to the gateway, and look for no
 * neighbour. Names are asked over IPv4 alone: a privacy address is not known for a second, and would be answered as a
 * stranger's.
 */
const routerLines = (lan: string, { prefix }: Prefix6): readonly string[] => [
  'enable-ra',
  `ra-param=${lan},${ADVERTISED_EVERY_SEC},${ROUTER_LIFETIME_SEC}`,
  `dhcp-range=${prefix},ra-stateless,off-link,64,${LEASE_SEC}`,
]

const apiLines = (portalApi: string, hasIpv6: boolean): readonly string[] =>
  [PORTAL_API_OPTION.v4, ...(hasIpv6 ? [PORTAL_API_OPTION.v6] : [])].map(
    (option) => `dhcp-option=${option},"${portalApi}"`,
  )

export const leasesFile = (stateDir: string): string => `${stateDir}/leases`

/** Which hardware address each address is given to, by dnsmasq's own list: end, hardware address, address, name, id. */
export const leasesIn = (listed: string): ReadonlyMap<string, string> =>
  new Map(
    listed.split('\n').flatMap((line) => {
      const [, mac = '', ip] = line.split(' ')
      const read = readMac(mac)
      return ip === undefined || read === undefined ? [] : [[ip, read] as const]
    }),
  )

const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`
