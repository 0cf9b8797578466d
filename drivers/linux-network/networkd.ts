/** A plan as files for systemd-networkd 252, by name. Pure. */
import type {
  AddressRange,
  NetworkPlan,
  PlannedAddress,
  PlannedNetwork,
  PlannedOverlay,
} from '@lango/modules/network/port'
import type { PortFacts } from './faults.ts'
import { numberOf, readCidr } from './ipv4.ts'
import { isBridge, linkOf, matchOf, OVERLAY, portsIn, vlansIn } from './links.ts'

export type Files = Readonly<Record<string, string>>

/** A default route by the uplink comes before one that another network happens to offer. */
const METRIC = { uplink: 100, access: 400, management: 300, lan: 0, pppoe: 0 } as const

type Section = readonly [name: string, ...lines: readonly string[]]

const text = (...sections: readonly Section[]): string =>
  sections.map(([name, ...lines]) => `[${name}]\n${lines.map((line) => `${line}\n`).join('')}`).join('\n')

const QUIET = ['LinkLocalAddressing=no', 'IPv6AcceptRA=no', 'LLDP=no'] as const

const served = (address: string, pool: AddressRange | undefined): readonly Section[] => {
  const cidr = readCidr(address)
  if (pool === undefined || cidr === undefined) return []
  const offset = numberOf(pool.first) - cidr.span.first
  const size = numberOf(pool.last) - numberOf(pool.first) + 1
  return [
    [
      'DHCPServer',
      `PoolOffset=${offset}`,
      `PoolSize=${size}`,
      'EmitDNS=yes',
      `DNS=${cidr.address}`,
      'EmitNTP=no',
      'EmitRouter=yes',
    ],
  ]
}

const addressed = (ipv4: PlannedAddress, metric: number, pool: AddressRange | undefined): readonly Section[] => {
  if (ipv4.kind === 'dhcp')
    return [
      ['Network', 'DHCP=ipv4', 'LinkLocalAddressing=ipv6', 'IPv6AcceptRA=yes', 'MulticastDNS=yes'],
      ['DHCPv4', `RouteMetric=${metric}`, 'UseDomains=no', 'UseHostname=no'],
    ]
  return [
    [
      'Network',
      `Address=${ipv4.address}`,
      ...(ipv4.dns ?? []).map((dns) => `DNS=${dns}`),
      'LinkLocalAddressing=ipv6',
      'IPv6AcceptRA=no',
      'MulticastDNS=yes',
      // The address stays while nobody is at the other end: what listens on it goes on.
      'ConfigureWithoutCarrier=yes',
      ...(pool === undefined ? [] : ['DHCPServer=yes']),
    ],
    ...(ipv4.gateway === undefined ? [] : [['Route', `Gateway=${ipv4.gateway}`, `Metric=${metric}`] as const]),
    ...served(ipv4.address, pool),
  ]
}

/** What a link does for its network, after its match. */
const contentOf = (network: PlannedNetwork): readonly Section[] => {
  switch (network.use) {
    case 'lan':
      return [['Network', `Address=${network.address}`, 'ConfigureWithoutCarrier=yes', ...QUIET]]
    case 'pppoe':
      return [['Network', ...QUIET]]
    case 'uplink':
      return network.ipv4.kind === 'pppoe' ? [['Network', ...QUIET]] : addressed(network.ipv4, METRIC.uplink, undefined)
    default:
      return addressed(network.ipv4, METRIC[network.use], network.pool)
  }
}

/** Tags ride on whatever else their port does: in its `[Network]` section. */
const withTags = (sections: readonly Section[], tags: readonly string[]): readonly Section[] =>
  sections.map(([name, ...lines]) => (name === 'Network' ? [name, ...lines, ...tags] : [name, ...lines]))

/** A box starts without waiting for cables. */
const LINK: Section = ['Link', 'RequiredForOnline=no']

const filesOfNetwork = (plan: NetworkPlan, network: PlannedNetwork, ports: readonly PortFacts[]): Files => {
  if (!isBridge(network)) return {}
  const name = linkOf(plan, network, ports)
  return {
    [`10-lango-${name}.netdev`]: text(
      ['NetDev', `Name=${name}`, 'Kind=bridge'],
      ['Bridge', 'STP=no', 'MulticastSnooping=no'],
    ),
    [`10-lango-${name}.network`]: text(['Match', `Name=${name}`], LINK, ...contentOf(network)),
  }
}

/** What a member does: it belongs to a bridge, or is the network itself. */
const roleOfMember = (plan: NetworkPlan, port: string, vlan: number | undefined): readonly Section[] => {
  const network = plan.networks.find(({ members }) => members.some((one) => one.port === port && one.vlan === vlan))
  if (network === undefined) return [['Network', ...QUIET]]
  return isBridge(network) ? [['Network', `Bridge=br-${network.name}`, ...QUIET]] : contentOf(network)
}

const overlayFiles = ({ addresses, peer }: PlannedOverlay, keyFile: string): Files => ({
  [`10-lango-${OVERLAY}.netdev`]: text(
    ['NetDev', `Name=${OVERLAY}`, 'Kind=wireguard'],
    ['WireGuard', `PrivateKeyFile=${keyFile}`, 'ListenPort=51820'],
    [
      'WireGuardPeer',
      `PublicKey=${peer.publicKey}`,
      `Endpoint=${peer.endpoint}`,
      `AllowedIPs=${peer.allowedIps.join(',')}`,
      ...(peer.keepaliveSec > 0 ? [`PersistentKeepalive=${peer.keepaliveSec}`] : []),
    ],
  ),
  [`10-lango-${OVERLAY}.network`]: text(
    ['Match', `Name=${OVERLAY}`],
    LINK,
    ['Network', ...addresses.map((address) => `Address=${address}`), 'LinkLocalAddressing=no', 'IPv6AcceptRA=no'],
    ...peer.allowedIps.map((destination) => ['Route', `Destination=${destination}`, 'Metric=50'] as const),
  ),
})

/** `overlayKeyFile`: where root keeps the private key that is in use. */
export const networkdFiles = (plan: NetworkPlan, ports: readonly PortFacts[], overlayKeyFile: string): Files => {
  const vlans = vlansIn(plan)
  const of = (port: string, n: number): Files => {
    const tags = vlans.filter((vlan) => vlan.port === port).map(({ name }) => `VLAN=${name}`)
    return {
      [`10-lango-port${n}.network`]: text(
        ['Match', matchOf(port, ports)],
        LINK,
        ...withTags(roleOfMember(plan, port, undefined), tags),
      ),
    }
  }
  const ofVlan = ({ name, port, id }: (typeof vlans)[number]): Files => ({
    [`10-lango-${name}.netdev`]: text(
      ['NetDev', `Name=${name}`, `Description=on ${port}`, 'Kind=vlan'],
      ['VLAN', `Id=${id}`],
    ),
    [`10-lango-${name}.network`]: text(['Match', `Name=${name}`], LINK, ...roleOfMember(plan, port, id)),
  })
  return Object.assign(
    {},
    ...portsIn(plan).map(of),
    ...vlans.map(ofVlan),
    ...plan.networks.map((network) => filesOfNetwork(plan, network, ports)),
    plan.overlay === undefined ? {} : overlayFiles(plan.overlay, overlayKeyFile),
    // A port that is for nothing asks for nothing: before there is a role, each one does (80-lango.network).
    {
      '79-lango-unused.network': text(
        ['Match', 'Type=ether', 'Kind=!*'],
        ['Link', 'RequiredForOnline=no', 'ActivationPolicy=up'],
        ['Network', ...QUIET],
      ),
    },
  ) as Files
}
