/**
 * The table `inet lango` as text: pure. Who may pass is a member of a set by address and hardware address together,
 * with a timeout: the kernel itself ends a session at its time, and the octet that uses up a quota is the last, also
 * while no process of ours runs. Each packet is tested; there is no shortcut for flows that were open before.
 */
import type { Session } from './sessions.ts'

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

export type RulesetConfig = {
  readonly lan: string
  readonly wan: string
  readonly address: string
  readonly prefix: number
  /** The portal where it was given by address; one given by name is a member of the garden. */
  readonly portal: { readonly ip: string | undefined; readonly port: number }
  /** Of its API, which has a name. */
  readonly apiPort: number
}

const isIn = 'ip saddr . ether saddr @online'

const sets = (): string[] => [
  `add set inet lango online { type ipv4_addr . ether_addr; flags timeout; size ${CLIENTS_MAX}; }`,
  `add set inet lango reached { type ipv4_addr; flags timeout; size ${CLIENTS_MAX}; }`,
  `add set inet lango garden { type ipv4_addr; flags timeout; timeout ${GARDEN_TIMEOUT}; size ${GARDEN_MAX}; }`,
  `add set inet lango asked { type ipv4_addr; flags dynamic, timeout; timeout 10s; size ${CLIENTS_MAX}; }`,
  `add map inet lango up_of { type ipv4_addr : counter; size ${CLIENTS_MAX}; }`,
  `add map inet lango down_of { type ipv4_addr : counter; size ${CLIENTS_MAX}; }`,
  `add map inet lango quota_of { type ipv4_addr : quota; size ${CLIENTS_MAX}; }`,
  `add map inet lango up_class { typeof ip saddr : meta priority; size ${CLIENTS_MAX}; }`,
  `add map inet lango down_class { typeof ip daddr : meta priority; size ${CLIENTS_MAX}; }`,
]

type Chain = { readonly name: string; readonly hook?: string; readonly rules: readonly string[] }

/** What is reachable before login, as matches. */
const open = ({ portal, apiPort }: RulesetConfig): readonly string[] => [
  ...(portal.ip === undefined ? [] : [`ip daddr ${portal.ip} tcp dport ${portal.port}`]),
  `ip daddr @garden tcp dport { ${[...new Set([80, 443, portal.port, apiPort])].join(', ')} }`,
]

const online: readonly Chain[] = [
  {
    name: 'refused',
    rules: [
      // A page fails at once, and a browser turns from QUIC to TCP, instead of waiting.
      'meta l4proto tcp reject with tcp reset',
      'udp dport 443 reject with icmp port-unreachable',
      'drop',
    ],
  },
  {
    name: 'from_online',
    rules: [
      'quota name ip saddr map @quota_of goto refused',
      'counter name ip saddr map @up_of',
      'meta priority set ip saddr map @up_class',
      'accept',
    ],
  },
  {
    name: 'to_online',
    rules: [
      'quota name ip daddr map @quota_of drop',
      'counter name ip daddr map @down_of',
      'meta priority set ip daddr map @down_class',
      'accept',
    ],
  },
]

const throughBox = (config: RulesetConfig): readonly Chain[] => {
  const { lan, portal } = config
  return [
    {
      name: 'from_lan',
      rules: [
        'meta nfproto ipv6 drop',
        // Clients do not see each other.
        `oifname "${lan}" drop`,
        'tcp flags syn tcp option maxseg size set rt mtu',
        `${isIn} jump from_online`,
        ...open(config).map((to) => `${to} accept`),
        'goto refused',
      ],
    },
    {
      name: 'to_lan',
      rules: [
        'meta nfproto ipv6 drop',
        'ct state != { established, related } drop',
        'tcp flags syn tcp option maxseg size set rt mtu',
        'ip daddr @reached jump to_online',
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
    { name: 'output', hook: 'filter hook output priority filter', rules: [`oifname "${lan}" meta nfproto ipv6 drop`] },
  ]
}

const toBox = (config: RulesetConfig): readonly Chain[] => {
  const { lan, address } = config
  const overload = `limit rate over ${ASKS_PER_SECOND}/second burst ${ASKS_AT_ONCE} packets`
  return [
    {
      name: 'to_box',
      rules: [
        'meta nfproto ipv6 drop',
        'udp sport 68 udp dport 67 accept',
        `${isIn} ip daddr ${address} meta l4proto { tcp, udp } th dport 53 accept`,
        `ct state new update @asked { ip saddr ${overload} } drop`,
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
  const { lan, wan, address, prefix } = config
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
      name: 'postrouting',
      hook: 'nat hook postrouting priority srcnat',
      rules: [`ip saddr ${address}/${prefix} oifname "${wan}" masquerade`],
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

const members = ({ id, ip, mac, quotaBytes }: Session): readonly Member[] => [
  { set: 'up_of', element: `${ip} : "up_${id}"` },
  { set: 'down_of', element: `${ip} : "down_${id}"` },
  ...(quotaBytes === undefined ? [] : [{ set: 'quota_of', element: `${ip} : "quota_${id}"` }]),
  { set: 'online', element: `${ip} . ${mac}` },
  { set: 'reached', element: ip },
]

const keyOf = ({ element }: Member): string => element.split(' : ')[0]!
const added = (member: Member, until = ''): string => {
  const [key, value] = member.element.split(' : ')
  return `add element inet lango ${member.set} { ${key}${until}${value === undefined ? '' : ` : ${value}`} }`
}
/** Added first: a member that has timed out is not there, and removing what is not there fails the transaction. */
const removed = (member: Member): string[] => [
  added(member),
  `delete element inet lango ${member.set} { ${keyOf(member)} }`,
]

const classes = ({ ip, minor, downKbps, upKbps }: Session): readonly Member[] => [
  ...(upKbps > 0 ? [{ set: 'up_class', element: `${ip} : ${classId(minor)}` }] : []),
  ...(downKbps > 0 ? [{ set: 'down_class', element: `${ip} : ${classId(minor)}` }] : []),
]

const timed = (member: Member): boolean => member.set === 'online' || member.set === 'reached'

/** Lets a client through, until `leftMs` from now. Nothing changes where they already are. */
export const openScript = (session: Session, leftMs: number | undefined): string => {
  const { id, quotaBytes } = session
  const until = leftMs === undefined ? '' : ` ${timeout(leftMs)}`
  return lines([
    `add counter inet lango up_${id}`,
    `add counter inet lango down_${id}`,
    ...(quotaBytes === undefined ? [] : [`add quota inet lango quota_${id} { over ${quotaBytes} bytes }`]),
    ...classes(session).map((member) => added(member)),
    ...members(session).map((member) => added(member, timed(member) ? until : '')),
  ])
}

/** Shuts a client out; their counters stay, to be read a last time. */
export const shutScript = (session: Session): string =>
  lines([...members(session).filter(timed), ...classes(session)].flatMap(removed))

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
