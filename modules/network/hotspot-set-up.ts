/**
 * What a router's hotspot is, as data: the script that is pasted and the rows that the box keeps are both made of it. Pure.
 * The steps stand in the order in which they are taken: whoever joins is given an address last of all, when the hotspot
 * that asks for a login stands in front of them. Taken back in the other order nobody is online for nothing either.
 */
import type { Secret } from '@lango/kernel'
import type { Ipv4Network } from './ipv4-network.ts'
import type { SecurePortal } from './reach.ts'

/** Bears all names and marks of it on the router. */
export const HOTSPOT_NAME = 'lango-hotspot'

/** What the portal hands out under `/hotspot/`: the pages that RouterOS looks for, its errors, and its answer to systems. */
export const hotspotFiles = [
  'login.html',
  'flogin.html',
  'alogin.html',
  'rlogin.html',
  'redirect.html',
  'status.html',
  'rstatus.html',
  'logout.html',
  'error.html',
  'errors.txt',
  'api.json',
] as const

type SetUpValues = Readonly<Record<string, string | Secret>>

/** Of which kind a step is, for those who put words to it. */
export type SetUpPart =
  | 'radius'
  | 'incoming'
  | 'garden'
  | 'pages'
  | 'profile'
  | 'pool'
  | 'server'
  | 'address'
  | 'option'
  | 'names'
  | 'network'
  | 'dhcp'

/** Rows of one menu. */
export type SetUpRows = {
  readonly part: Exclude<SetUpPart, 'incoming' | 'pages'>
  readonly menu: string
  /** Where comments are not to be had in every version: the one row is known by this name, which is its key too. */
  readonly named?: string
  /** Properties that no two rows may share, taken together. */
  readonly identity?: readonly string[]
  /** No other row in use may have the same. */
  readonly alone?: string
  /** A row of the operator's with the same values serves as well. */
  readonly sharesTheirs?: boolean
  readonly rows: readonly { readonly key: string; readonly values: SetUpValues }[]
}

/** Pages that are brought to the router, into its flash where that is a folder of its own. */
export type SetUpPages = {
  readonly part: 'pages'
  /** What stands before each name: http://192.168.88.10:8090/hotspot/ */
  readonly from: string
  readonly folder: string
  readonly files: readonly string[]
}

export type SetUpStep =
  | SetUpRows
  | SetUpPages
  /** A menu that is one set of settings. */
  | { readonly part: 'incoming'; readonly menu: string; readonly values: SetUpValues }

export type HotspotInput = {
  /** The box, as the router reaches it. */
  readonly box: string
  readonly authPort: number
  readonly acctPort: number
  readonly coaPort: number
  /** Of the captive portal; undefined where the box has none. */
  readonly portalPort: number | undefined
  /** The same over https; undefined where it has no public name. */
  readonly securePortal: SecurePortal | undefined
  readonly secret: string | Secret
  /** Where its packets come from; '' when that is a range. */
  readonly routerAddress: string
  /** Where the subscribers are. */
  readonly interface: string
  readonly network: Ipv4Network
  /** What else is reached without a login. */
  readonly openNames: readonly string[]
}

const radius = ({ box, authPort, acctPort, secret, routerAddress }: HotspotInput): SetUpRows => ({
  part: 'radius',
  menu: '/radius',
  rows: [
    {
      key: 'radius',
      values: {
        service: 'hotspot',
        address: box,
        secret,
        'authentication-port': String(authPort),
        'accounting-port': String(acctPort),
        timeout: '1100ms',
        ...(routerAddress === '' ? {} : { 'src-address': routerAddress }),
        'require-message-auth': 'yes-for-request-resp',
        disabled: 'no',
      },
    },
  ],
})

/**
 * Before they log in they reach the portal and nothing else. What phones look for to see whether they are online
 * (captive.apple.com, connectivitycheck.gstatic.com, …) is left out: they would believe that they are.
 */
const garden = (input: HotspotInput): SetUpRows => {
  const { box, portalPort, securePortal, openNames } = input
  const open = { action: 'accept', disabled: 'no' }
  const accept = { action: 'accept', protocol: 'tcp', disabled: 'no' }
  const secure =
    securePortal && hasPages(input)
      ? [
          { key: 'portal-tls', values: { ...accept, 'dst-address': box, 'dst-port': String(securePortal.port) } },
          ...securePortal.revocationHosts.map((host, at) => ({
            key: `revocation-${at}`,
            values: { ...accept, 'dst-host': host },
          })),
        ]
      : []
  return {
    part: 'garden',
    menu: '/ip/hotspot/walled-garden/ip',
    rows: [
      hasPages(input)
        ? { key: 'portal', values: { ...accept, 'dst-address': box, 'dst-port': String(portalPort) } }
        : { key: 'portal', values: { ...open, 'dst-address': box } },
      ...secure,
      ...openNames.map((name) => ({ key: `open-${name}`, values: { ...open, 'dst-host': name } })),
    ],
  }
}

/** A hotspot of RouterOS knows IPv4 alone. */
const hasPages = ({ box, portalPort }: Pick<HotspotInput, 'box' | 'portalPort'>): boolean =>
  portalPort !== undefined && !box.includes(':')

/**
 * A device is first asked for by its address, for those that are on the bypass list, and a cookie of an address logs in
 * with the name and the password that it was made with: both are asked of the box, which says no to what is over. A page
 * behind TLS cannot be led anywhere: the phone only warns of it.
 */
const profile = (input: HotspotInput): SetUpRows => ({
  part: 'profile',
  menu: '/ip/hotspot/profile',
  named: HOTSPOT_NAME,
  identity: ['name'],
  rows: [
    {
      key: HOTSPOT_NAME,
      values: {
        name: HOTSPOT_NAME,
        'hotspot-address': input.network.gateway,
        'use-radius': 'yes',
        'radius-accounting': 'yes',
        'radius-interim-update': 'received',
        'radius-mac-format': 'XX:XX:XX:XX:XX:XX',
        'login-by': 'mac,http-chap,mac-cookie',
        'mac-auth-mode': 'mac-as-username-and-password',
        ...(hasPages(input) ? { 'html-directory': HOTSPOT_NAME, 'https-redirect': 'no' } : {}),
      },
    },
  ],
})

/**
 * RFC 8910: phones are told by DHCP where to ask, and open the portal by themselves. What they are told leads by the
 * router's own login page: it alone knows the phone, and makes its challenge.
 */
const optionRows = (input: HotspotInput): SetUpRows['rows'] => {
  const { securePortal, network } = input
  if (!securePortal || !hasPages(input)) return []
  const { name, port } = securePortal
  const login = new URLSearchParams({ login: `http://${network.gateway}/login` })
  const api = `https://${name}${port === 443 ? '' : `:${port}`}/captive-portal/api?${login}`
  return [{ key: HOTSPOT_NAME, values: { name: HOTSPOT_NAME, code: '114', value: `'${api}'`, force: 'yes' } }]
}

/** What the name resolves to behind this router is the box. */
const nameRows = (input: HotspotInput): SetUpRows['rows'] =>
  input.securePortal && hasPages(input)
    ? [{ key: 'portal', values: { name: input.securePortal.name, address: input.box, ttl: '1m', disabled: 'no' } }]
    : []

const joining = (input: HotspotInput): readonly SetUpStep[] => {
  const { network } = input
  const option = optionRows(input)
  return [
    {
      part: 'address',
      menu: '/ip/address',
      identity: ['address', 'interface'],
      sharesTheirs: true,
      rows: [{ key: 'address', values: { address: network.gatewayCidr, interface: input.interface, disabled: 'no' } }],
    },
    { part: 'option', menu: '/ip/dhcp-server/option', named: HOTSPOT_NAME, identity: ['name'], rows: option },
    { part: 'names', menu: '/ip/dns/static', identity: ['name'], sharesTheirs: true, rows: nameRows(input) },
    {
      part: 'network',
      menu: '/ip/dhcp-server/network',
      identity: ['address'],
      rows: [
        {
          key: 'network',
          values: {
            address: network.text,
            gateway: network.gateway,
            'dns-server': network.gateway,
            'dhcp-option': option.length > 0 ? HOTSPOT_NAME : '',
          },
        },
      ],
    },
    {
      part: 'dhcp',
      menu: '/ip/dhcp-server',
      named: HOTSPOT_NAME,
      identity: ['name'],
      alone: 'interface',
      rows: [
        {
          key: HOTSPOT_NAME,
          values: {
            name: HOTSPOT_NAME,
            interface: input.interface,
            'address-pool': HOTSPOT_NAME,
            'lease-time': '1h',
            disabled: 'no',
          },
        },
      ],
    },
  ]
}

export const hotspotSetUp = (input: HotspotInput): readonly SetUpStep[] => {
  const name = HOTSPOT_NAME
  const at = { interface: input.interface, profile: name, 'address-pool': name, disabled: 'no' }
  const from = `http://${input.box}:${input.portalPort}/hotspot/`
  return [
    radius(input),
    { part: 'incoming', menu: '/radius/incoming', values: { accept: 'yes', port: String(input.coaPort) } },
    garden(input),
    ...(hasPages(input) ? [{ part: 'pages', from, folder: name, files: hotspotFiles } as const] : []),
    profile(input),
    {
      part: 'pool',
      menu: '/ip/pool',
      named: name,
      identity: ['name'],
      rows: [{ key: name, values: { name, ranges: input.network.range } }],
    },
    {
      part: 'server',
      menu: '/ip/hotspot',
      named: name,
      identity: ['name'],
      // MikroTik "HotSpot": one server an interface.
      alone: 'interface',
      rows: [{ key: name, values: { name, ...at } }],
    },
    ...joining(input),
  ]
}
