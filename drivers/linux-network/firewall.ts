/**
 * A plan as a script for `nft -f`, one transaction: the box's own table anew from the image, with what each port is for,
 * and beside it what passes through the box. Lines that dialled in stay: their set is never emptied.
 */
import type { NetworkPlan } from '@lango/modules/network/port'
import type { PortFacts } from './faults.ts'
import { linksFor, OVERLAY, linkOf } from './links.ts'

const SUBSCRIBERS_MAX = 8192
/** On every packet that the hotspot gateway's own table has looked at (`linux-gateway`): without that table nobody passes. */
const LOOKED_AT = 'meta mark & 0x10000000 != 0'

const quoted = (names: readonly string[]): string => `{ ${names.map((name) => `"${name}"`).join(', ')} }`
const members = (set: string, names: readonly string[]): string[] =>
  names.length === 0 ? [] : [`add element inet lango_box ${set} ${quoted(names)}`]

const PRIVATE = '{ 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 }'

/** Of a box with two ports: where the internet comes from stands also who looks after it, behind the same router. */
const deskRules = (plan: NetworkPlan, ports: readonly PortFacts[]): string[] => {
  const links = plan.networks
    .filter((one) => one.use === 'uplink' && one.desk && one.ipv4.kind !== 'pppoe')
    .map((one) => linkOf(plan, one, ports))
  return links.length === 0
    ? []
    : [
        `add rule inet lango_box from_uplink iifname ${quoted(links)} ip saddr ${PRIVATE} tcp dport { 22, 80, 443 } accept`,
      ]
}

/** Who asks for an address has none yet. */
const dhcpRules = (plan: NetworkPlan, ports: readonly PortFacts[]): string[] => {
  const serving = plan.networks
    .filter((one) => (one.use === 'access' || one.use === 'management') && one.pool !== undefined)
    .map((one) => linkOf(plan, one, ports))
  return serving.length === 0
    ? []
    : [`add rule inet lango_box input iifname ${quoted(serving)} udp sport 68 udp dport 67 accept`]
}

const passing = (plan: NetworkPlan, ports: readonly PortFacts[]): string[] => {
  const uplinks = linksFor(plan, ['uplink'], ports)
  const [guests, staff] = [linksFor(plan, ['lan'], ports), linksFor(plan, ['management'], ports)]
  const table = [
    'add table inet lango_net',
    `add set inet lango_net subscribers { type ifname . ipv4_addr; size ${SUBSCRIBERS_MAX}; }`,
    'add chain inet lango_net forward { type filter hook forward priority filter; policy drop; }',
    'add chain inet lango_net postrouting { type nat hook postrouting priority srcnat; policy accept; }',
    'flush chain inet lango_net forward',
    'flush chain inet lango_net postrouting',
  ]
  if (plan.role === 'aaa' || uplinks.length === 0) return table
  const out = `oifname ${quoted(uplinks)}`
  return [
    ...table,
    'add rule inet lango_net forward tcp flags syn tcp option maxseg size set rt mtu',
    'add rule inet lango_net forward ct state established,related accept',
    // A line sends by the address that it was given.
    `add rule inet lango_net forward iifname . ip saddr @subscribers ${out} accept`,
    ...(guests.length === 0
      ? []
      : [`add rule inet lango_net forward iifname ${quoted(guests)} ${LOOKED_AT} ${out} accept`]),
    ...(staff.length === 0 ? [] : [`add rule inet lango_net forward iifname ${quoted(staff)} ${out} accept`]),
    `add rule inet lango_net postrouting meta nfproto ipv4 ${out} masquerade`,
  ]
}

/** `base` is the image's file with the table `lango_box`; `ports` as the kernel names them. */
export const firewallScript = (plan: NetworkPlan, ports: readonly PortFacts[], base: string): string => {
  const lan = linksFor(plan, ['lan'], ports)
  return [
    `include "${base}"`,
    'flush chain inet lango_box unassigned',
    ...members('uplink', linksFor(plan, ['uplink'], ports)),
    ...members('access', linksFor(plan, ['access'], ports)),
    // The tenant's own people come by the tunnel.
    ...members('management', [...linksFor(plan, ['management'], ports), ...(plan.overlay ? [OVERLAY] : [])]),
    ...dhcpRules(plan, ports),
    ...deskRules(plan, ports),
    // What of the box its guests reach is said by the gateway's own table, which every packet passes too.
    ...(lan.length === 0 ? [] : [`add rule inet lango_box unassigned iifname ${quoted(lan)} ${LOOKED_AT} accept`]),
    ...passing(plan, ports),
    '',
  ].join('\n')
}
