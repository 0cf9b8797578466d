/** All that a plan becomes on the box: files below one root, a script of the firewall, and which services run. Pure. */
import type { AddressRange, NetworkPlan } from '@lango/modules/network/port'
import type { PortFacts } from './faults.ts'
import { firewallScript } from './firewall.ts'
import { addressedLinkOf, DIALLED, linkOf } from './links.ts'
import { networkdFiles } from './networkd.ts'
import {
  dialOptions,
  NAS_ADDRESS,
  NAS_COA_PORT,
  pppdOptions,
  pppoeIn,
  radiusClientConf,
  radiusClientDictionary,
  serverArgs,
} from './pppoe.ts'

export const NETWORKD_DIR = 'run/systemd/network'
export const OWN_DIR = 'run/lango-network'
export const FIREWALL_BASE = '/usr/lib/lango/firewall.nft'
/** The guests' door is port 80 of the gateway: the portal moves out of its way. */
const GATEWAY_PORTAL_PORT = 8081

/** Services of the image that a plan may need; whatever it does not need is stopped. */
export const planUnits = [
  'lango-gateway.service',
  'lango-pppoe-uplink.service',
  'lango-pppoe-nas.service',
  'lango-pppoe.service',
] as const
export type PlanUnit = (typeof planUnits)[number]

export type PlannedFile = { readonly path: string; readonly content: string; readonly mode: number }

export type Planned = {
  readonly files: readonly PlannedFile[]
  readonly firewall: string
  readonly units: readonly PlanUnit[]
  readonly hostName: string
  /** Whether packets pass through the box. */
  readonly forwards: boolean
}

export type Surroundings = {
  readonly ports: readonly PortFacts[]
  /** How Lango starts on this image: `LANGO_START` of /etc/default/lango. */
  readonly start: string
  readonly overlayKeyFile: string
}

const PUBLIC = 0o644
const SECRET = 0o600
/** systemd-networkd is a user of its own; what it reads has no key in it. */
const named = (of: Readonly<Record<string, string>>): readonly PlannedFile[] =>
  Object.entries(of).map(([name, content]) => ({ path: `${NETWORKD_DIR}/${name}`, content, mode: PUBLIC }))

/** One word of a systemd EnvironmentFile, or of an argument list in one: nothing in a plan has a quote or a blank. */
const environment = (of: Readonly<Record<string, string>>): string =>
  `${Object.entries(of)
    .map(([name, value]) => `${name}="${value}"`)
    .join('\n')}\n`

const rangeText = ({ first, last }: AddressRange): string => `${first}-${last}`

type Part = { readonly files: readonly PlannedFile[]; readonly units: readonly PlanUnit[] }
const NOTHING: Part = { files: [], units: [] }

/** `lango gateway` with the plan's words; its secret in a file of its own. */
const gatewayPart = (plan: NetworkPlan, { ports, start }: Surroundings): Part => {
  const lan = plan.networks.find((one) => one.use === 'lan')
  const uplink = plan.networks.find((one) => one.use === 'uplink')
  if (lan?.use !== 'lan' || uplink === undefined || plan.nasSecret === undefined) return NOTHING
  const args = [
    '--lan',
    linkOf(plan, lan, ports),
    '--wan',
    addressedLinkOf(plan, uplink, ports),
    '--address',
    lan.address,
    '--portal',
    `http://${lan.address.split('/')[0]}:${GATEWAY_PORTAL_PORT}/`,
    '--secret-file',
    `/${OWN_DIR}/gateway.secret`,
    ...(lan.pool === undefined ? [] : ['--dhcp-range', rangeText(lan.pool)]),
  ]
  const moved = start.replace(/--portal-port \d+/, `--portal-port ${GATEWAY_PORTAL_PORT}`)
  return {
    files: [
      { path: `${OWN_DIR}/gateway.env`, content: environment({ GATEWAY_ARGS: args.join(' ') }), mode: PUBLIC },
      { path: `${OWN_DIR}/gateway.secret`, content: `${plan.nasSecret}\n`, mode: SECRET },
      { path: `${OWN_DIR}/lango.env`, content: environment({ LANGO_START: moved }), mode: PUBLIC },
    ],
    units: ['lango-gateway.service'],
  }
}

const pppoePart = (plan: NetworkPlan, { ports }: Surroundings): Part => {
  const network = pppoeIn(plan)
  if (network === undefined || plan.nasSecret === undefined) return NOTHING
  const folder = `${OWN_DIR}/pppoe`
  const args = serverArgs(network, linkOf(plan, network, ports), `/${folder}/options`)
  const nas = { secret: plan.nasSecret, address: NAS_ADDRESS, port: NAS_COA_PORT, name: plan.hostName }
  return {
    files: [
      { path: `${folder}/server.env`, content: environment({ PPPOE_ARGS: args.join(' ') }), mode: PUBLIC },
      { path: `${folder}/options`, content: pppdOptions(network, `/${folder}`), mode: PUBLIC },
      { path: `${folder}/radiusclient.conf`, content: radiusClientConf(`/${folder}`, plan.hostName), mode: PUBLIC },
      { path: `${folder}/dictionary`, content: radiusClientDictionary(), mode: PUBLIC },
      { path: `${folder}/servers`, content: `127.0.0.1 ${plan.nasSecret}\n`, mode: SECRET },
      { path: `${folder}/map`, content: '', mode: PUBLIC },
      { path: `${folder}/nas.json`, content: `${JSON.stringify(nas)}\n`, mode: SECRET },
    ],
    units: ['lango-pppoe-nas.service', 'lango-pppoe.service'],
  }
}

const dialPart = (plan: NetworkPlan, { ports }: Surroundings): Part => {
  const uplink = plan.networks.find((one) => one.use === 'uplink' && one.ipv4.kind === 'pppoe')
  if (uplink?.use !== 'uplink' || uplink.ipv4.kind !== 'pppoe') return NOTHING
  const content = dialOptions(uplink.ipv4, linkOf(plan, uplink, ports), DIALLED)
  return {
    files: [{ path: `${OWN_DIR}/uplink.options`, content, mode: SECRET }],
    units: ['lango-pppoe-uplink.service'],
  }
}

/** pppd's RADIUS plugin finds the machine's own name there, or refuses everybody. */
const hosts = (hostName: string): string => `127.0.0.1 localhost\n127.0.1.1 ${hostName}\n::1 localhost ip6-localhost\n`

export const planned = (plan: NetworkPlan, around: Surroundings): Planned => {
  const parts = [gatewayPart(plan, around), dialPart(plan, around), pppoePart(plan, around)]
  const wanted = new Set(parts.flatMap(({ units }) => units))
  return {
    files: [
      ...named(networkdFiles(plan, around.ports, around.overlayKeyFile)),
      { path: `${OWN_DIR}/hosts`, content: hosts(plan.hostName), mode: PUBLIC },
      ...parts.flatMap(({ files }) => files),
    ],
    firewall: firewallScript(plan, around.ports, FIREWALL_BASE),
    units: planUnits.filter((unit) => wanted.has(unit)),
    hostName: plan.hostName,
    forwards: plan.role === 'gateway',
  }
}
