/** Menus of the router as data: their properties, what must be there, what may stand once, where order counts. */

export type MenuShape = {
  /** Refuses any other; undefined takes whatever comes. */
  readonly properties?: readonly string[]
  readonly required?: readonly string[]
  /** Properties that no two rows may share, taken together. */
  readonly unique?: readonly string[]
  readonly isOrdered?: boolean
  /** A property whose value no two rows may share by itself. */
  readonly alone?: string
  /** Names of rows of another menu, by property: refused while there is none, and that one cannot be removed meanwhile. */
  readonly refers?: Readonly<Record<string, string>>
  /** Properties that older versions do not know, and the first that does. */
  readonly since?: Readonly<Record<string, readonly [major: number, minor: number]>>
  /** Of one set of settings, and what they are at first. */
  readonly settings?: Readonly<Record<string, string>>
  readonly defaults?: Readonly<Record<string, string>>
}

const COMMON = ['comment', 'disabled']
const RULE = [
  'chain',
  'action',
  'src-address',
  'dst-address',
  'src-address-list',
  'dst-address-list',
  'protocol',
  'dst-port',
  'src-port',
  'in-interface',
  'out-interface',
  'connection-state',
  'hotspot',
  'reject-with',
  'jump-target',
  'to-addresses',
  'to-ports',
  'log',
  ...COMMON,
]

export const MENUS: Readonly<Record<string, MenuShape>> = {
  // No comments: as the makers of RouterOS’s Terraform provider have found it.
  '/ip/hotspot': {
    properties: [
      'name',
      'interface',
      'address-pool',
      'profile',
      'addresses-per-mac',
      'idle-timeout',
      'keepalive-timeout',
      'login-timeout',
      'disabled',
    ],
    required: ['name', 'interface'],
    unique: ['name'],
    alone: 'interface',
    refers: { profile: '/ip/hotspot/profile', 'address-pool': '/ip/pool' },
    defaults: { disabled: 'true', profile: 'default', 'address-pool': 'none' },
  },
  '/ip/hotspot/profile': {
    properties: [
      'name',
      'hotspot-address',
      'dns-name',
      'html-directory',
      'login-by',
      'http-cookie-lifetime',
      'https-redirect',
      'split-user-domain',
      'use-radius',
      'radius-accounting',
      'radius-interim-update',
      'radius-mac-format',
      'mac-auth-mode',
      'mac-auth-password',
      'nas-port-type',
      'rate-limit',
    ],
    required: ['name'],
    unique: ['name'],
    since: { 'https-redirect': [6, 45] },
    defaults: { 'html-directory': 'hotspot', 'login-by': 'cookie,http-chap', 'use-radius': 'false' },
  },
  '/ip/hotspot/user': {
    properties: [
      'name',
      'password',
      'profile',
      'server',
      'address',
      'mac-address',
      'limit-uptime',
      'limit-bytes-in',
      'limit-bytes-out',
      'limit-bytes-total',
      ...COMMON,
    ],
    required: ['name'],
    unique: ['name'],
    defaults: { profile: 'default' },
  },
  '/ip/hotspot/user/profile': { required: ['name'], unique: ['name'], defaults: { 'shared-users': '1' } },
  '/ip/hotspot/ip-binding': {
    properties: ['mac-address', 'address', 'to-address', 'server', 'type', ...COMMON],
    isOrdered: true,
    defaults: { type: 'regular' },
  },
  '/ip/hotspot/walled-garden': {
    properties: ['action', 'server', 'src-address', 'method', 'dst-host', 'dst-port', 'path', ...COMMON],
    isOrdered: true,
    defaults: { action: 'allow' },
  },
  '/ip/hotspot/walled-garden/ip': {
    properties: [
      'action',
      'server',
      'dst-host',
      'dst-address',
      'dst-address-list',
      'dst-port',
      'protocol',
      'src-address',
      'src-address-list',
      ...COMMON,
    ],
    isOrdered: true,
    defaults: { action: 'accept' },
  },
  '/ip/pool': {
    properties: ['name', 'ranges', 'next-pool', 'comment'],
    required: ['name', 'ranges'],
    unique: ['name'],
    since: { comment: [7, 1] },
  },
  '/ip/address': {
    properties: ['address', 'interface', 'network', ...COMMON],
    required: ['address', 'interface'],
    unique: ['address', 'interface'],
  },
  '/ip/dns/static': {
    properties: ['name', 'address', 'ttl', 'type', ...COMMON],
    required: ['name', 'address'],
    unique: ['name', 'address'],
  },
  '/ip/dhcp-server': {
    properties: [
      'name',
      'interface',
      'address-pool',
      'lease-time',
      'use-radius',
      'add-arp',
      'authoritative',
      ...COMMON,
    ],
    required: ['name', 'interface'],
    unique: ['name'],
    alone: 'interface',
    refers: { 'address-pool': '/ip/pool' },
    since: { comment: [7, 1] },
    defaults: { disabled: 'true', 'address-pool': 'static-only', 'lease-time': '30m' },
  },
  '/ip/dhcp-server/network': {
    properties: ['address', 'gateway', 'dns-server', 'dhcp-option', 'domain', 'netmask', 'comment'],
    required: ['address'],
    unique: ['address'],
    refers: { 'dhcp-option': '/ip/dhcp-server/option' },
  },
  '/ip/dhcp-server/option': {
    properties: ['name', 'code', 'value', 'force', 'comment'],
    required: ['name', 'code'],
    unique: ['name'],
    since: { force: [7, 1], comment: [7, 1] },
  },
  '/file': { properties: ['name', 'contents'], required: ['name'], unique: ['name'] },
  '/ip/firewall/address-list': {
    properties: ['list', 'address', 'timeout', ...COMMON],
    required: ['list', 'address'],
    unique: ['list', 'address'],
  },
  '/ip/firewall/filter': { properties: RULE, required: ['chain'], isOrdered: true, defaults: { action: 'accept' } },
  '/ip/firewall/nat': { properties: RULE, required: ['chain'], isOrdered: true, defaults: { action: 'accept' } },
  '/queue/simple': {
    properties: [
      'name',
      'target',
      'max-limit',
      'limit-at',
      'burst-limit',
      'burst-threshold',
      'burst-time',
      'priority',
      'parent',
      'queue',
      'dst',
      ...COMMON,
    ],
    required: ['target'],
    unique: ['name'],
    isOrdered: true,
    defaults: { 'max-limit': '0/0', parent: 'none', priority: '8/8' },
  },
  '/ppp/secret': {
    properties: [
      'name',
      'password',
      'service',
      'profile',
      'local-address',
      'remote-address',
      'remote-ipv6-prefix',
      'routes',
      'caller-id',
      'limit-bytes-in',
      'limit-bytes-out',
      ...COMMON,
    ],
    required: ['name'],
    unique: ['name'],
    defaults: { service: 'any', profile: 'default' },
  },
  '/ppp/profile': { required: ['name'], unique: ['name'] },
  '/ppp/aaa': { settings: { 'use-radius': 'false', accounting: 'true', 'interim-update': '0s' } },
  '/ip/arp': {
    properties: ['address', 'mac-address', 'interface', 'published', ...COMMON],
    required: ['address', 'interface'],
    unique: ['address', 'interface'],
  },
  '/ip/dhcp-server/lease': { required: ['address'] },
  '/radius': {
    required: ['address'],
    isOrdered: true,
    since: { 'require-message-auth': [7, 15] },
    defaults: { timeout: '300ms', 'authentication-port': '1812', 'accounting-port': '1813' },
  },
  '/radius/incoming': { settings: { accept: 'false', port: '3799' } },
  '/system/identity': { settings: { name: 'MikroTik' } },
}

const FLAGS = [
  'disabled',
  'use-radius',
  'radius-accounting',
  'accounting',
  'accept',
  'published',
  'log',
  'https-redirect',
  'force',
]
/** In the order in which they are printed, whatever that was in which they were given. */
const LOGIN_BY = ['cookie', 'http-chap', 'https', 'http-pap', 'mac', 'trial', 'mac-cookie']
const RATES = ['max-limit', 'limit-at', 'burst-limit', 'burst-threshold']
const FACTOR: Readonly<Record<string, number>> = { k: 1e3, M: 1e6, G: 1e9 }

const bits = (text: string): string => {
  const [, count, unit] = /^(\d+)([kMG])$/.exec(text) ?? []
  return count === undefined ? text : String(Number(count) * FACTOR[unit!]!)
}

/** A value as the router prints what it was given. */
export const printed = (property: string, value: string): string => {
  if (FLAGS.includes(property)) return value === 'yes' ? 'true' : value === 'no' ? 'false' : value
  if (RATES.includes(property)) return value.split('/').map(bits).join('/')
  if (property === 'login-by') {
    const given = value.split(',')
    return LOGIN_BY.filter((way) => given.includes(way)).join(',')
  }
  if (property === 'timeout') return value.replace(/^(\d+)(\d{3})ms$/, '$1s$2ms')
  if (property === 'mac-address') return value.toUpperCase()
  if (property === 'target') return value.replaceAll(/(^|,)([\d.]+)(?=,|$)/g, '$1$2/32')
  return value
}

const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}(?:\/\d{1,2})?$/
const CHECKS: Readonly<Record<string, RegExp>> = {
  'mac-address': /^(?:[\dA-F]{2}:){5}[\dA-F]{2}$/i,
  target: /^[\w./:,-]+$/,
  'max-limit': /^\d+[kMG]?\/\d+[kMG]?$/,
  disabled: /^(?:yes|no|true|false)$/,
  'dst-host': /^[^\s/]+$/,
  code: /^\d{1,3}$/,
}

/** Whether the router would take the value. */
export const isTaken = (menu: string, property: string, value: string): boolean => {
  if (menu === '/ip/arp' && property === 'address') return IPV4.test(value)
  return CHECKS[property]?.test(value) ?? true
}
