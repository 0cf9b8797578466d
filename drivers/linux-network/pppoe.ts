/**
 * The box as a NAS for PPPoE: Debian's pppoe-server starts a pppd for each line, whose RADIUS plugin asks the box. All
 * of it as text, for root's own folder. Pure.
 */
import { attributes, values, vendors, type AttributeType } from '@lango/drivers/radius'
import type { NetworkPlan, PlannedNetwork } from '@lango/modules/network/port'

/** The box knows this NAS by its address; the hotspot's gateway beside it is 127.0.0.1. */
export const NAS_ADDRESS = '127.0.0.2'
export const NAS_COA_PORT = 3798

export type PppoeNetwork = Extract<PlannedNetwork, { use: 'pppoe' }>
export const pppoeIn = ({ networks }: NetworkPlan): PppoeNetwork | undefined =>
  networks.find((one): one is PppoeNetwork => one.use === 'pppoe')

/** A router that dials anew is let in before its line of before is found dead. */
const SESSIONS_PER_MAC = 2

export const serverArgs = (network: PppoeNetwork, link: string, options: string): readonly string[] => [
  '-F',
  '-i',
  '-r',
  '-I',
  link,
  '-C',
  network.acName,
  '-L',
  network.address,
  '-R',
  network.pool.first,
  '-N',
  String(network.sessionsMax),
  '-x',
  String(SESSIONS_PER_MAC),
  '-m',
  String(network.mtu - 40),
  '-O',
  options,
]

export const pppdOptions = ({ mtu, dns }: PppoeNetwork, folder: string): string =>
  [
    'auth',
    // Whichever of these the customer's router can, the strongest first.
    'require-mschap-v2',
    'require-chap',
    'require-pap',
    'plugin radius.so',
    'plugin radattr.so',
    `radius-config-file ${folder}/radiusclient.conf`,
    'map-to-ifname',
    `mtu ${mtu}`,
    `mru ${mtu}`,
    // A line whose other end is silent for a minute is over.
    'lcp-echo-interval 20',
    'lcp-echo-failure 3',
    'noccp',
    'novj',
    'noipv6',
    'nodefaultroute',
    'hide-password',
    ...dns.map((address) => `ms-dns ${address}`),
    'ip-up-script /usr/lib/lango/lango-pppoe-up',
    'ip-down-script /usr/lib/lango/lango-pppoe-down',
    '',
  ].join('\n')

/** The names of its keywords are those of radiusclient 0.3, from which pppd's plugin was made. */
export const radiusClientConf = (folder: string, nasIdentifier: string): string =>
  [
    'auth_order radius',
    'login_tries 1',
    'login_timeout 10',
    `nologin ${folder}/nologin`,
    `issue ${folder}/issue`,
    'authserver 127.0.0.1:1812',
    'acctserver 127.0.0.1:1813',
    `servers ${folder}/servers`,
    `dictionary ${folder}/dictionary`,
    'login_radius /bin/false',
    `seqfile ${folder}/seq`,
    `mapfile ${folder}/map`,
    'default_realm',
    'radius_timeout 5',
    'radius_retries 3',
    `nas_identifier ${nasIdentifier}`,
    `bindaddr ${NAS_ADDRESS}`,
    '',
  ].join('\n')

/** It knows four types; what it does not know it must not be told of as something else. */
const TYPES: Partial<Record<AttributeType, string>> = {
  string: 'string',
  octets: 'string',
  integer: 'integer',
  ipaddr: 'ipaddr',
  date: 'date',
}
const VENDORS = ['Microsoft', 'Mikrotik', 'WISPr'] as const
/** RFC 2865 §5: of one octet; radiusclient reads names of 32 letters. */
const NUMBER_MAX = 255
const NAME_MAX = 31

/** The standard attributes, Microsoft's for MS-CHAPv2, and what a speed is told by. */
export const radiusClientDictionary = (): string => {
  const lines: string[] = VENDORS.map((name) => `VENDOR ${name} ${vendors[name]}`)
  const known = new Set<string>()
  for (const [name, one] of Object.entries(attributes) as [
    string,
    (typeof attributes)[keyof typeof attributes] & { vendor?: number; within?: unknown },
  ][]) {
    const type = TYPES[one.type]
    const vendor = VENDORS.find((of) => vendors[of] === one.vendor)
    const isTold = one.vendor === undefined || vendor !== undefined
    if (type === undefined || !isTold || one.within !== undefined || one.number > NUMBER_MAX || name.length > NAME_MAX)
      continue
    known.add(name)
    lines.push(['ATTRIBUTE', name, one.number, type, ...(vendor === undefined ? [] : [vendor])].join(' '))
  }
  for (const [attribute, of] of Object.entries(values)) {
    if (!known.has(attribute)) continue
    for (const [name, number] of Object.entries(of))
      if (name.length <= NAME_MAX) lines.push(`VALUE ${attribute} ${name} ${number}`)
  }
  return `${lines.join('\n')}\n`
}

/** The box's own end of its provider's line. */
export const dialOptions = (uplink: { userName: string; password: string }, link: string, name: string): string =>
  [
    'nodetach',
    'plugin pppoe.so',
    `nic-${link}`,
    `ifname ${name}`,
    `user "${uplink.userName}"`,
    `password "${uplink.password}"`,
    'hide-password',
    'noauth',
    'noipdefault',
    // pppd leaves a way out that is there already, if only by the staff's port: the script below sets this one before it.
    'nodefaultroute',
    'usepeerdns',
    'persist',
    'maxfail 0',
    'holdoff 5',
    'mtu 1492',
    'mru 1492',
    'lcp-echo-interval 20',
    'lcp-echo-failure 3',
    'ip-up-script /usr/lib/lango/lango-pppoe-uplink-up',
    '',
  ].join('\n')
