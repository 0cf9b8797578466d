/** What is wrong with a plan: every fault at once, each with where it is and what it is about. Pure. */
import type { NetworkFault, NetworkPlan, NetworkPort, PlannedNetwork } from '@lango/modules/network/port'
import { hostsOf, isWithin, numberOf, overlaps, readCidr, sizeOf, spanOfRange, type Cidr, type Span } from './ipv4.ts'
import { portOf } from './links.ts'

export type PortFacts = Pick<NetworkPort, 'name' | 'mac'>

/** Addresses that the box gives away besides its own: one to the lowest ten stay with neighbours (`lango gateway`). */
const LAN_BITS = { min: 8, max: 28 } as const

const fault = (type: NetworkFault['type'], at: string, about: string): NetworkFault => ({
  type,
  at,
  about,
  isWarning: type === 'PortMissing',
})

/** The box's own address and network there, where it is known beforehand. */
const cidrOf = (network: PlannedNetwork): Cidr | undefined => {
  if (network.use === 'lan') return readCidr(network.address)
  if (network.use === 'pppoe') return undefined
  return network.ipv4.kind === 'static' ? readCidr(network.ipv4.address) : undefined
}

const spanOf = (network: PlannedNetwork): Span | undefined =>
  network.use === 'pppoe' ? spanOfRange(network.pool) : cidrOf(network)?.span

const memberFaults = (plan: NetworkPlan, ports: readonly PortFacts[]): NetworkFault[] => {
  const faults: NetworkFault[] = []
  const seen = new Set<string>()
  for (const [n, { members }] of plan.networks.entries()) {
    for (const [m, { port, vlan }] of members.entries()) {
      const at = `networks.${n}.members.${m}`
      const name = portOf(port, ports)?.name ?? port
      const key = `${name} ${vlan ?? ''}`
      if (seen.has(key))
        faults.push(
          vlan === undefined
            ? fault('PortTwice', `${at}.port`, name)
            : fault('VlanTwice', `${at}.vlan`, `${name} ${vlan}`),
        )
      seen.add(key)
      if (portOf(port, ports) === undefined) faults.push(fault('PortMissing', `${at}.port`, port))
      // A bridge takes a port with all its tags.
      const isShared = vlan === undefined && members.length > 1
      const hasTags = plan.networks.some((other) =>
        other.members.some((one) => one.port === port && one.vlan !== undefined),
      )
      if (isShared && hasTags) faults.push(fault('PortMixed', `${at}.port`, name))
    }
  }
  return faults
}

const addressFaults = (network: PlannedNetwork, at: string): NetworkFault[] => {
  const cidr = cidrOf(network)
  if (cidr === undefined) return []
  const field = network.use === 'lan' ? `${at}.address` : `${at}.ipv4.address`
  const own = numberOf(cidr.address)
  if (!isWithin({ first: own, last: own }, hostsOf(cidr))) return [fault('AddressUnusable', field, cidr.address)]
  if (network.use === 'lan')
    return cidr.bits < LAN_BITS.min || cidr.bits > LAN_BITS.max
      ? [fault('AddressUnusable', field, network.address)]
      : []
  if (network.use === 'pppoe' || network.ipv4.kind !== 'static' || network.ipv4.gateway === undefined) return []
  const gateway = numberOf(network.ipv4.gateway)
  const isThere = isWithin({ first: gateway, last: gateway }, hostsOf(cidr)) && gateway !== own
  return isThere ? [] : [fault('GatewayOutside', `${at}.ipv4.gateway`, network.ipv4.gateway)]
}

const poolFaults = (network: PlannedNetwork, at: string): NetworkFault[] => {
  if (network.use === 'uplink' || network.pool === undefined) return []
  const pool = spanOfRange(network.pool)
  if (network.use === 'pppoe') {
    const own = numberOf(network.address)
    if (isWithin({ first: own, last: own }, pool)) return [fault('PoolOutside', `${at}.address`, network.address)]
    return sizeOf(pool) < network.sessionsMax
      ? [fault('PoolSmall', `${at}.pool`, `${sizeOf(pool)} < ${network.sessionsMax}`)]
      : []
  }
  const cidr = cidrOf(network)
  const own = cidr && numberOf(cidr.address)
  const isFine = cidr && isWithin(pool, hostsOf(cidr)) && !isWithin({ first: own!, last: own! }, pool)
  return isFine ? [] : [fault('PoolOutside', `${at}.pool`, `${network.pool.first}-${network.pool.last}`)]
}

const overlapFaults = ({ networks }: NetworkPlan): NetworkFault[] =>
  networks.flatMap((one, n) => {
    const span = spanOf(one)
    const others = networks.slice(0, n).filter((other) => {
      const theirs = spanOf(other)
      return span !== undefined && theirs !== undefined && overlaps(span, theirs)
    })
    return others.map((other) => fault('NetworksOverlap', `networks.${n}`, other.name))
  })

const twice = (
  plan: NetworkPlan,
  type: NetworkFault['type'],
  is: (network: PlannedNetwork) => boolean,
): NetworkFault[] =>
  plan.networks.flatMap((one, n) =>
    is(one) && plan.networks.findIndex(is) < n ? [fault(type, `networks.${n}`, one.name)] : [],
  )

const hasDesk = (one: PlannedNetwork): boolean =>
  one.use === 'access' || one.use === 'management' || (one.use === 'uplink' && one.desk === true)

const roleFaults = (plan: NetworkPlan): NetworkFault[] => {
  const uses = plan.networks.map(({ use }) => use)
  const lan = uses.indexOf('lan')
  const passesOn = lan >= 0 || uses.includes('pppoe')
  return [
    ...(plan.networks.some(hasDesk) ? [] : [fault('DeskUnreachable', 'networks', '')]),
    // Whoever else hangs on the provider's line may have a private address too.
    ...plan.networks.flatMap((one, n) =>
      one.use === 'uplink' && one.desk && one.ipv4.kind === 'pppoe'
        ? [fault('DeskDialled', `networks.${n}.desk`, one.name)]
        : [],
    ),
    ...(plan.role === 'gateway' && !passesOn ? [fault('LanMissing', 'role', '')] : []),
    ...(plan.role === 'aaa' && passesOn ? [fault('LanNeedsGateway', 'role', '')] : []),
    ...(passesOn && !uses.includes('uplink') ? [fault('UplinkMissing', 'networks', '')] : []),
    ...twice(plan, 'LanTwice', ({ use }) => use === 'lan'),
    ...twice(plan, 'PppoeTwice', ({ use }) => use === 'pppoe'),
    ...twice(plan, 'DialerTwice', (one) => one.use === 'uplink' && one.ipv4.kind === 'pppoe'),
    ...plan.networks.flatMap((one, n) =>
      plan.networks.findIndex(({ name }) => name === one.name) < n
        ? [fault('NameTwice', `networks.${n}.name`, one.name)]
        : [],
    ),
  ]
}

export const faultsOf = (plan: NetworkPlan, ports: readonly PortFacts[]): readonly NetworkFault[] => [
  ...memberFaults(plan, ports),
  ...plan.networks.flatMap((network, n) => [
    ...addressFaults(network, `networks.${n}`),
    ...poolFaults(network, `networks.${n}`),
  ]),
  ...overlapFaults(plan),
  ...roleFaults(plan),
]

export const isFeasible = (faults: readonly NetworkFault[]): boolean => faults.every(({ isWarning }) => isWarning)
