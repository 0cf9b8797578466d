/** The form of the box's ports: one use a port, guests bridged. Larger plans come by file. Pure. */
import type { Fields } from '@lango/kernel/ui'
import type { NetworkPlan, NetworkPort, PlannedAddress, PlannedNetwork } from '../network/index.ts'

export const uses = ['none', 'uplink', 'uplinkDesk', 'access', 'management', 'lan', 'pppoe'] as const
export type Use = (typeof uses)[number]
export const addressings = ['dhcp', 'static', 'pppoe'] as const

/** Of one port; each is a field of the form, `2-address`. */
export const PORT_FIELDS = ['use', 'vlan', 'kind', 'address', 'gateway', 'dns', 'pool', 'userName', 'password'] as const
export type PortField = (typeof PORT_FIELDS)[number]
export const fieldOf = (index: number, field: PortField | 'port'): string => `${index}-${field}`

const MTU = 1492
const SESSIONS_MAX = 200
/** Room for a thousand guests, and seldom the network of a provider's router. */
const GUESTS = '10.87.0.1/22'

export type FormValues = Readonly<Record<string, string>>

const list = (text: string): string[] => text.split(/[\s,]+/).filter((one) => one !== '')
const rangeIn = (text: string) => {
  const [first = '', last = ''] = text.split('-').map((one) => one.trim())
  return text.trim() === '' ? {} : { pool: { first, last } }
}

type Typed = Readonly<Record<PortField | 'port', string>>

const addressIn = ({ kind, address, gateway, dns }: Typed): PlannedAddress =>
  kind === 'static'
    ? {
        kind: 'static',
        address,
        ...(gateway === '' ? {} : { gateway }),
        ...(list(dns).length === 0 ? {} : { dns: list(dns) }),
      }
    : { kind: 'dhcp' }

const memberIn = ({ port, vlan }: Typed) => ({ port, ...(vlan === '' ? {} : { vlan: Number(vlan) }) })

const networkIn = (typed: Typed, others: readonly Typed[], name: string): PlannedNetwork => {
  const members = [typed, ...others].map(memberIn)
  const { use, kind, userName, password, address, pool, dns } = typed
  switch (use as Use) {
    case 'uplinkDesk':
      return { name, use: 'uplink', members, ipv4: addressIn(typed), desk: true }
    case 'uplink':
      return kind === 'pppoe'
        ? { name, use: 'uplink', members, ipv4: { kind: 'pppoe', userName, password } }
        : { name, use: 'uplink', members, ipv4: addressIn(typed) }
    case 'lan':
      return { name, use: 'lan', members, address, ...rangeIn(pool) }
    case 'pppoe': {
      const range = rangeIn(pool).pool ?? { first: '', last: '' }
      const dial = { acName: 'lango', address, pool: range, dns: list(dns), mtu: MTU, sessionsMax: SESSIONS_MAX }
      return { name, use: 'pppoe', members, ...dial }
    }
    default:
      return { name, use: use as 'access' | 'management', members, ipv4: addressIn(typed), ...rangeIn(pool) }
  }
}

/** What was typed, as a plan that still has to be looked through. `before`: what the form has no field for stays. */
export const planIn = (fields: Pick<Fields, 'get' | 'has'>, before: NetworkPlan | null): NetworkPlan => {
  const typed: Typed[] = []
  for (let n = 0; fields.has(fieldOf(n, 'port')); n++)
    typed.push(
      Object.fromEntries(
        (['port', ...PORT_FIELDS] as const).map((field) => [field, fields.get(fieldOf(n, field)).trim()]),
      ) as Typed,
    )
  const used = typed.filter(({ use }) => use !== '' && use !== 'none')
  const guests = used.filter(({ use }) => use === 'lan')
  const lead = guests.find(({ address }) => address !== '') ?? guests[0]
  const networks = used
    .filter((one) => one.use !== 'lan' || one === lead)
    .map((one) => {
      const others = one === lead ? guests.filter((other) => other !== lead) : []
      return networkIn(one, others, `${one.use.slice(0, 6).toLowerCase()}${typed.indexOf(one)}`)
    })
    .map((one) => keepDial(one, before))
  const isGateway = networks.some(({ use }) => use === 'lan' || use === 'pppoe')
  return {
    role: isGateway ? 'gateway' : 'aaa',
    hostName: fields.get('hostName').trim().toLowerCase(),
    networks,
    ...(before?.overlay ? { overlay: before.overlay } : {}),
  }
}

/** What a PPPoE server was told by a file. */
const keepDial = (network: PlannedNetwork, before: NetworkPlan | null): PlannedNetwork => {
  const old = before?.networks.find((one) => one.use === 'pppoe')
  if (network.use !== 'pppoe' || old?.use !== 'pppoe') return network
  return { ...network, acName: old.acName, mtu: old.mtu, sessionsMax: old.sessionsMax }
}

const addressValues = (ipv4: PlannedAddress): Partial<Record<PortField, string>> =>
  ipv4.kind === 'dhcp'
    ? { kind: 'dhcp' }
    : { kind: 'static', address: ipv4.address, gateway: ipv4.gateway ?? '', dns: (ipv4.dns ?? []).join(', ') }

/** As the form has it. */
export const useOf = (network: PlannedNetwork): Use =>
  network.use === 'uplink' && network.desk ? 'uplinkDesk' : network.use

const valuesOf = (network: PlannedNetwork): Partial<Record<PortField, string>> => {
  const pool = 'pool' in network && network.pool ? { pool: `${network.pool.first}-${network.pool.last}` } : {}
  switch (network.use) {
    case 'lan':
      return { use: 'lan', address: network.address, ...pool }
    case 'pppoe':
      return { use: 'pppoe', address: network.address, dns: network.dns.join(', '), ...pool }
    case 'uplink':
      return network.ipv4.kind === 'pppoe'
        ? { use: 'uplink', ...network.ipv4 }
        : { use: useOf(network), ...addressValues(network.ipv4) }
    default:
      return { use: network.use, ...addressValues(network.ipv4), ...pool }
  }
}

const networksOn = (plan: NetworkPlan, { name, mac }: NetworkPort): readonly PlannedNetwork[] =>
  plan.networks.filter(({ members }) => members.some(({ port }) => port === name || port === mac))

/** Whether the form can say all of this plan: it knows one use a port, and bridges guests alone. */
export const fitsForm = (plan: NetworkPlan | null, ports: readonly NetworkPort[]): boolean =>
  plan === null ||
  (ports.every((port) => networksOn(plan, port).length <= 1) &&
    plan.networks.every(({ use, members }) => use === 'lan' || members.length === 1))

export const formValues = (plan: NetworkPlan | null, ports: readonly NetworkPort[]): FormValues =>
  Object.fromEntries(
    ports.flatMap((port, n) => {
      const network = plan ? networksOn(plan, port)[0] : undefined
      const vlan = network?.members.find((one) => one.port === port.name || one.port === port.mac)?.vlan
      const values = { ...(network ? valuesOf(network) : {}), ...(vlan === undefined ? {} : { vlan: String(vlan) }) }
      return Object.entries(values).map(([field, value]) => [fieldOf(n, field as PortField), value] as const)
    }),
  )

/**
 * The box as the gateway of a new site: the port that has been given an address leads to the internet, and the desk
 * answers there; all others are one network of guests. Undefined where there are no two ports.
 */
export const suggestedGateway = (ports: readonly NetworkPort[]): NetworkPlan | undefined => {
  const uplink = ports.find(({ addresses }) => addresses.length > 0) ?? ports.find(({ isUp }) => isUp) ?? ports[0]
  const guests = ports.filter((port) => port !== uplink)
  if (uplink === undefined || guests.length === 0) return undefined
  const member = ({ mac }: NetworkPort) => ({ port: mac })
  return {
    role: 'gateway',
    hostName: 'lango',
    networks: [
      { name: 'uplink', use: 'uplink', members: [member(uplink)], ipv4: { kind: 'dhcp' }, desk: true },
      { name: 'guests', use: 'lan', members: guests.map(member), address: GUESTS },
    ],
  }
}

type WithDesk = Extract<PlannedNetwork, { use: 'access' | 'management' | 'uplink' }>
const isDesk = (one: PlannedNetwork): one is WithDesk =>
  one.use === 'access' || one.use === 'management' || (one.use === 'uplink' && one.desk === true)

/** Where the desk is then, as far as that is known beforehand. */
export const deskAddresses = ({ networks }: NetworkPlan): readonly string[] =>
  networks.flatMap((one) => (isDesk(one) && one.ipv4.kind === 'static' ? [one.ipv4.address.split('/')[0]!] : []))
