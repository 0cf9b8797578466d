/** Which interface of the kernel each network of a plan is. Pure. */
import type { NetworkPlan, PlannedNetwork, PortRef } from '@lango/modules/network/port'
import type { PortFacts } from './faults.ts'
import { isMac } from './plan.ts'

export const DIALLED = 'uplink0'
export const OVERLAY = 'lango0'

export const portOf = (ref: string, ports: readonly PortFacts[]): PortFacts | undefined =>
  ports.find(({ name, mac }) => name === ref || mac === ref)

/** How systemd finds a port: one that is not there yet by its hardware address. */
export const matchOf = (ref: string, ports: readonly PortFacts[]): string => {
  const port = portOf(ref, ports)
  return port === undefined && isMac(ref) ? `PermanentMACAddress=${ref}` : `Name=${port?.name ?? ref}`
}

export type Vlan = { readonly name: string; readonly port: string; readonly id: number }

/** The ports of a plan, each once, and what is tagged on them. */
export const portsIn = ({ networks }: NetworkPlan): readonly string[] => [
  ...new Set(networks.flatMap(({ members }) => members.map(({ port }) => port))),
]

/** The number of the port keeps two of one id apart; 15 letters are all that the kernel takes. */
const vlanName = (plan: NetworkPlan, { port, vlan }: PortRef): string => `v${vlan}-${portsIn(plan).indexOf(port)}`

export const vlansIn = (plan: NetworkPlan): readonly Vlan[] =>
  plan.networks.flatMap(({ members }) =>
    members.flatMap((member) =>
      member.vlan === undefined ? [] : [{ name: vlanName(plan, member), port: member.port, id: member.vlan }],
    ),
  )

export const isBridge = ({ members, use }: PlannedNetwork): boolean => members.length > 1 || use === 'lan'

/** The link of a member; for a port that is not here, the name it was called by. */
export const linkOfMember = (plan: NetworkPlan, member: PortRef, ports: readonly PortFacts[]): string =>
  member.vlan === undefined ? (portOf(member.port, ports)?.name ?? member.port) : vlanName(plan, member)

/** What carries the network's frames. */
export const linkOf = (plan: NetworkPlan, network: PlannedNetwork, ports: readonly PortFacts[]): string =>
  isBridge(network) ? `br-${network.name}` : linkOfMember(plan, network.members[0]!, ports)

/** What has the network's address: of a dialled uplink that is pppd's. */
export const addressedLinkOf = (plan: NetworkPlan, network: PlannedNetwork, ports: readonly PortFacts[]): string =>
  network.use === 'uplink' && network.ipv4.kind === 'pppoe' ? DIALLED : linkOf(plan, network, ports)

/** The links of those networks, without ports that are known by their hardware address only: they are not here. */
export const linksFor = (
  plan: NetworkPlan,
  uses: readonly PlannedNetwork['use'][],
  ports: readonly PortFacts[],
): readonly string[] =>
  plan.networks
    .filter(({ use }) => uses.includes(use))
    .map((one) => addressedLinkOf(plan, one, ports))
    .filter((name) => !isMac(name))
