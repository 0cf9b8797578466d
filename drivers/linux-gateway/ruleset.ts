/**
 * The table `inet lango` as text: pure. Who may pass is a member of a set by address and hardware address together,
 * with a timeout: the kernel itself ends a session at its time, and the octet that uses up a quota is the last, also
 * while no process of ours runs. Each packet is tested; there is no shortcut for flows that were open before. Of IPv6 a
 * client has several addresses, all of one session: they share its counters, its quota and its class.
 */
import { isIPv6 } from 'node:net'
import type { Prefix6 } from './address.ts'
import { PASSED_MARK } from './closing.ts'
import { addressesOf, type Session } from './sessions.ts'

export const DOOR_PORT = 80
/** Where the resolver of those who are not in listens; everything they ask for is sent there. */
export const SHUT_DNS_PORT = 5300
/** How long a name of the garden stays reachable after it was last asked for. */
const GARDEN_TIMEOUT = '6h'
const GARDEN_MAX = 4096
const CLIENTS_MAX = 65_536
/** Of one client that is not in, at the door and at its resolver. */
const ASKS_PER_SECOND = 40
const ASKS_AT_ONCE = 200
/** Of one card, whatever it calls itself in what it asks: a phone asks for an address some times an hour. */
const LEASES_PER_MINUTE = 10
const LEASES_AT_ONCE = 20
/** Addresses that were not known yet: how long they are told of, and how many one client may tell. */
const SEEN_TIMEOUT = '10s'
const SEEN_MAX = 4096
const SEEN_PER_SECOND = 4
const SEEN_AT_ONCE = 32

export type RulesetConfig = {
  readonly lan: string
  readonly wan: string
  readonly address: string
  readonly prefix: number
  readonly prefix6: Prefix6 | undefined
  /** The portal where it was given by address; one given by name is a member of the garden. */
  readonly portal: { readonly ip: string | undefined; readonly port: number }
  /** Of its API, which has a name. */
  readonly apiPort: number
}

const isIn = 'ip saddr . ether saddr @online'

const networkOf = ({ prefix }: Prefix6): string => `${prefix}/64`

const sets = (): string[] => [
  `add set inet lango garden { type ipv4_addr; flags timeout; timeout ${GARDEN_TIMEOUT}; size ${GARDEN_MAX}; }`,
  `add set inet lango guests { type ether_addr; flags timeout; size ${CLIENTS_MAX}; }`,
  `add set inet lango seen6 { type ipv6_addr . ether_addr; flags dynamic, timeout; timeout ${SEEN_TIMEOUT}; size ${SEEN_MAX}; }`,
  `add set inet lango told6 { type ether_addr; flags dynamic, timeout; timeout 10s; size ${CLIENTS_MAX}; }`,
  `add set inet lango callers { type ether_addr; flags dynamic, timeout; timeout 10s; size ${CLIENTS_MAX}; }`,
  `add set inet lango leasing { type ether_addr; flags dynamic, timeout; timeout 5m; size ${CLIENTS_MAX}; }`,
  ...perAddress('', 'ip', 'ipv4_addr'),
  ...perAddress('6', 'ip6', 'ipv6_addr'),
]

const perAddress = (of: '' | '6', ip: 'ip' | 'ip6', type: 'ipv4_addr' | 'ipv6_addr'): string[] => [
  `add set inet lango online${of} { type ${type} . ether_addr; flags timeout; size ${CLIENTS_MAX}; }`,
  `add set inet lango reached${of} { type ${type}; flags timeout; size ${CLIENTS_MAX}; }`,
  `add map inet lango up_of${of} { type ${type} : counter; size ${CLIENTS_MAX}; }`,
  `add map inet lango down_of${of} { type ${type} : counter; size ${CLIENTS_MAX}; }`,
  `add map inet lango quota_of${of} { type ${type} : quota; size ${CLIENTS_MAX}; }`,
  `add map inet lango up_class${of} { typeof ${ip} saddr : meta priority; size ${CLIENTS_MAX}; }`,
  `add map inet lango down_class${of} { typeof ${ip} daddr : meta priority; size ${CLIENTS_MAX}; }`,
]

type Chain = { readonly name: string; readonly hook?: string; readonly rules: readonly string[] }

/** What is reachable before login, as matches. */
const open = ({ portal, apiPort }: RulesetConfig): readonly string[] => [
  ...(portal.ip === undefined ? [] : [`ip daddr ${portal.ip} tcp dport ${portal.port}`]),
  `ip daddr @garden tcp dport { ${[...new Set([80, 443, portal.port, apiPort])].join(', ')} }`,
]

const counting = (of: '' | '6', ip: 'ip' | 'ip6'): readonly Chain[] => [
  {
    name: `from_online${of}`,
    rules: [
      `quota name ${ip} saddr map @quota_of${of} goto refused`,
      `counter name ${ip} saddr map @up_of${of}`,
      `meta priority set ${ip} saddr map @up_class${of}`,
      'accept',
    ],
  },
  {
    name: `to_online${of}`,
    rules: [
      `quota name ${ip} daddr map @quota_of${of} drop`,
      `counter name ${ip} daddr map @down_of${of}`,
      `meta priority set ${ip} daddr map @down_class${of}`,
      'accept',
    ],
  },
]

const online: readonly Chain[] = [
  {
    name: 'refused',
    rules: [
      // A page fails at once, and a browser turns from QUIC to TCP, instead of waiting.
      'meta l4proto tcp reject with tcp reset',
      'udp dport 443 reject with icmpx port-unreachable',
      'drop',
    ],
  },
  ...counting('', 'ip'),
  ...counting('6', 'ip6'),
]

/** Where there is no prefix, nothing of IPv6 passes. */
const NO_IPV6 = 'meta nfproto ipv6 drop'

/**
 * Who is in passes by an address that is theirs. One that is not known yet is told to us, and is known within a second;
 * meanwhile it waits, as it does for ever where it is another client's.
 */
const fromLan6 = (prefix6: Prefix6): readonly string[] => {
  const stranger = `ip6 saddr ${networkOf(prefix6)} ether saddr @guests`
  const overload = `limit rate over ${SEEN_PER_SECOND}/second burst ${SEEN_AT_ONCE} packets`
  return [
    'ip6 saddr . ether saddr @online6 jump from_online6',
    `${stranger} update @told6 { ether saddr ${overload} } drop`,
    `${stranger} add @seen6 { ip6 saddr . ether saddr } drop`,
  ]
}

const throughBox = (config: RulesetConfig): readonly Chain[] => {
  const { lan, portal, prefix6 } = config
  return [
    {
      name: 'from_lan',
      rules: [
        ...(prefix6 === undefined ? [NO_IPV6] : []),
        // Clients do not see each other.
        `oifname "${lan}" drop`,
        'tcp flags syn tcp option maxseg size set rt mtu',
        `${isIn} jump from_online`,
        ...(prefix6 === undefined ? [] : fromLan6(prefix6)),
        ...open(config).map((to) => `${to} accept`),
        'goto refused',
      ],
    },
    {
      name: 'to_lan',
      rules: [
        ...(prefix6 === undefined ? [NO_IPV6] : []),
        'ct state != { established, related } drop',
        'tcp flags syn tcp option maxseg size set rt mtu',
        'ip daddr @reached jump to_online',
        ...(prefix6 === undefined ? [] : ['ip6 daddr @reached6 jump to_online6']),
        ...(portal.ip === undefined ? [] : [`ip saddr ${portal.ip} tcp sport ${portal.port} accept`]),
        'ip saddr @garden accept',
        'drop',
      ],
    },
    {
      name: 'forward',
      hook: 'filter hook forward priority filter',
      rules: [`iifname "${lan}" jump from_lan`, `oifname "${lan}" jump to_lan`],
    },
    {
      name: 'output',
      hook: 'filter hook output priority filter',
      // Clients are not told of a way to each other.
      rules: [`oifname "${lan}" ${prefix6 === undefined ? NO_IPV6 : 'icmpv6 type nd-redirect drop'}`],
    },
  ]
}

/** Of IPv6 the box answers what makes the network work, and else nobody: DNS and the portal are IPv4's. */
const toBox6 = (overload: string): readonly string[] => [
  `meta nfproto ipv6 update @callers { ether saddr ${overload} } drop`,
  'icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept',
  'meta nfproto ipv6 udp sport 546 udp dport 547 accept',
  'meta nfproto ipv6 goto refused',
]

const toBox = (config: RulesetConfig): readonly Chain[] => {
  const { lan, address, prefix6 } = config
  const eager = `limit rate over ${LEASES_PER_MINUTE}/minute burst ${LEASES_AT_ONCE} packets`
  const overload = `limit rate over ${ASKS_PER_SECOND}/second burst ${ASKS_AT_ONCE} packets`
  return [
    {
      name: 'to_box',
      rules: [
        ...(prefix6 === undefined ? [NO_IPV6] : toBox6(overload)),
        `udp sport 68 udp dport 67 update @leasing { ether saddr ${eager} } drop`,
        'udp sport 68 udp dport 67 accept',
        `${isIn} ip daddr ${address} meta l4proto { tcp, udp } th dport 53 accept`,
        // By the card: of addresses a hostile phone has as many as it likes.
        `ct state new update @callers { ether saddr ${overload} } drop`,
        `ip daddr ${address} tcp dport ${DOOR_PORT} accept`,
        `ip daddr ${address} meta l4proto { tcp, udp } th dport ${SHUT_DNS_PORT} accept`,
        ...open(config).map((to) => `${to} accept`),
        'goto refused',
      ],
    },
    { name: 'input', hook: 'filter hook input priority filter', rules: [`iifname "${lan}" jump to_box`] },
  ]
}

const translation = (config: RulesetConfig): readonly Chain[] => {
  const { lan, wan, address, prefix, prefix6 } = config
  return [
    {
      name: 'prerouting',
      hook: 'nat hook prerouting priority dstnat',
      rules: [
        `iifname != "${lan}" accept`,
        `${isIn} accept`,
        `meta nfproto ipv4 meta l4proto { tcp, udp } th dport 53 dnat ip to ${address}:${SHUT_DNS_PORT}`,
        ...open(config).map((to) => `${to} accept`),
        `meta nfproto ipv4 tcp dport 80 dnat ip to ${address}:${DOOR_PORT}`,
      ],
    },
    {
      name: 'passed',
      // Late, so that nobody else's mark takes its place.
      hook: 'filter hook prerouting priority filter',
      rules: [`iifname { "${lan}", "${wan}" } meta mark set meta mark | ${PASSED_MARK}`],
    },
    {
      name: 'postrouting',
      hook: 'nat hook postrouting priority srcnat',
      rules: [
        `ip saddr ${address}/${prefix} oifname "${wan}" masquerade`,
        ...(prefix6?.isLocal ? [`ip6 saddr ${networkOf(prefix6)} oifname "${wan}" masquerade`] : []),
      ],
    },
  ]
}

/**
 * The whole table, in one transaction. Loaded over a table that is there, it renews the rules and keeps whoever is
 * online; `fresh` forgets them.
 */
export const tableScript = (config: RulesetConfig, fresh: boolean): string => {
  const all = [...online, ...throughBox(config), ...toBox(config), ...translation(config)]
  const declared = all.map(({ name, hook }) =>
    hook === undefined
      ? `add chain inet lango ${name}`
      : `add chain inet lango ${name} { type ${hook}; policy accept; }`,
  )
  const rules = all.flatMap(({ name, rules }) => [
    `flush chain inet lango ${name}`,
    ...rules.map((rule) => `add rule inet lango ${name} ${rule}`),
  ])
  const emptied = fresh ? ['add table inet lango', 'delete table inet lango'] : []
  return lines([...emptied, 'add table inet lango', ...sets(), ...declared, ...rules])
}

const lines = (all: readonly string[]): string => `${all.join('\n')}\n`
const classId = (minor: number): string => `1:${minor.toString(16)}`
/** nft reads milliseconds in 32 bits. */
const timeout = (ms: number): string => `timeout ${Math.floor(ms / 1000)}s${Math.floor(ms % 1000)}ms`

type Member = { readonly set: string; readonly element: string }

/** A set has a twin for IPv6. */
const setOf = (set: string, address: string): string => (isIPv6(address) ? `${set}6` : set)

const membersBy = ({ id, mac, quotaBytes }: Session, address: string): readonly Member[] => [
  { set: setOf('up_of', address), element: `${address} : "up_${id}"` },
  { set: setOf('down_of', address), element: `${address} : "down_${id}"` },
  ...(quotaBytes === undefined ? [] : [{ set: setOf('quota_of', address), element: `${address} : "quota_${id}"` }]),
  { set: setOf('online', address), element: `${address} . ${mac}` },
  { set: setOf('reached', address), element: address },
]

const classesBy = ({ minor, downKbps, upKbps }: Session, address: string): readonly Member[] => [
  ...(upKbps > 0 ? [{ set: setOf('up_class', address), element: `${address} : ${classId(minor)}` }] : []),
  ...(downKbps > 0 ? [{ set: setOf('down_class', address), element: `${address} : ${classId(minor)}` }] : []),
]

const members = (session: Session): readonly Member[] => [
  ...addressesOf(session).flatMap((address) => membersBy(session, address)),
  { set: 'guests', element: session.mac },
]

const classes = (session: Session): readonly Member[] =>
  addressesOf(session).flatMap((address) => classesBy(session, address))

const keyOf = ({ element }: Member): string => element.split(' : ')[0]!
const added = (member: Member, expiry = ''): string => {
  const [key, value] = member.element.split(' : ')
  return `add element inet lango ${member.set} { ${key}${expiry}${value === undefined ? '' : ` : ${value}`} }`
}
/** Added first: a member that has timed out is not there, and removing what is not there fails the transaction. */
const removed = (member: Member): string[] => [
  added(member),
  `delete element inet lango ${member.set} { ${keyOf(member)} }`,
]

const TIMED: ReadonlySet<string> = new Set(['online', 'reached', 'online6', 'reached6', 'guests'])
const timed = ({ set }: Member): boolean => TIMED.has(set)
const until = (member: Member, leftMs: number | undefined): string =>
  timed(member) && leftMs !== undefined ? ` ${timeout(leftMs)}` : ''

/** Lets a client through, until `leftMs` from now. Nothing changes where they already are. */
export const openScript = (session: Session, leftMs: number | undefined): string => {
  const { id, quotaBytes } = session
  return lines([
    `add counter inet lango up_${id}`,
    `add counter inet lango down_${id}`,
    ...(quotaBytes === undefined ? [] : [`add quota inet lango quota_${id} { over ${quotaBytes} bytes }`]),
    ...[...classes(session), ...members(session)].map((member) => added(member, until(member, leftMs))),
  ])
}

/** Shuts a client out; their counters stay, to be read a last time. */
export const shutScript = (session: Session): string =>
  lines([...members(session).filter(timed), ...classes(session)].flatMap(removed))

/** One more address of a client that is in; its counters are there. */
export const admitScript = (session: Session, address: string, leftMs: number | undefined): string =>
  lines(
    [...classesBy(session, address), ...membersBy(session, address)].map((member) =>
      added(member, until(member, leftMs)),
    ),
  )

/** One address of a client that stays. */
export const releaseScript = (session: Session, address: string): string =>
  lines([...membersBy(session, address), ...classesBy(session, address)].flatMap(removed))

/** What was told of an address that is nobody's is forgotten. */
export const unseenScript = (address: string, mac: string): string =>
  lines(removed({ set: 'seen6', element: `${address} . ${mac}` }))

/** Another speed, end or quota, in one transaction: nobody is out in between. A quota that is there keeps its count. */
export const changeScript = (before: Session, after: Session, leftMs: number | undefined): string => {
  const { id, quotaBytes, upBytes, downBytes } = after
  const isNew = before.quotaBytes === undefined && quotaBytes !== undefined
  const quota = isNew
    ? `add quota inet lango quota_${id} { over ${quotaBytes} bytes used ${upBytes + downBytes} bytes }\n`
    : ''
  return `${shutScript(before)}${quota}${openScript(after, leftMs)}`
}

/** What is left of a session that has been shut out. */
export const forgetScript = (session: Session): string => {
  const { id, quotaBytes } = session
  const names = [`counter inet lango up_${id}`, `counter inet lango down_${id}`]
  const quota = quotaBytes === undefined ? [] : [`quota inet lango quota_${id}`]
  return lines([
    ...names.map((name) => `add ${name}`),
    ...quota.map((name) => `add ${name} { over ${quotaBytes} bytes }`),
    ...members(session)
      .filter((member) => !timed(member))
      .flatMap(removed),
    ...[...names, ...quota].map((name) => `delete ${name}`),
  ])
}
