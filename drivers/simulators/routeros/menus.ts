/** Menus of the router as data: their properties, what must be there, what may stand once, where order counts. */

export type MenuShape = {
  /** Refuses any other; undefined takes whatever comes. */
  readonly properties?: readonly string[]
  readonly required?: readonly string[]
  /** Properties that no two rows may share, taken together. */
  readonly unique?: readonly string[]
  readonly isOrdered?: boolean
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
  '/ip/hotspot': { required: ['name', 'interface'], unique: ['name'], defaults: { disabled: 'true' } },
  '/ip/hotspot/profile': { required: ['name'], unique: ['name'] },
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
    defaults: { timeout: '300ms', 'authentication-port': '1812', 'accounting-port': '1813' },
  },
  '/radius/incoming': { settings: { accept: 'false', port: '3799' } },
  '/system/identity': { settings: { name: 'MikroTik' } },
}

const FLAGS = ['disabled', 'use-radius', 'accounting', 'accept', 'published', 'log', 'https-redirect']
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
}

/** Whether the router would take the value. */
export const isTaken = (menu: string, property: string, value: string): boolean => {
  if (menu === '/ip/arp' && property === 'address') return IPV4.test(value)
  return CHECKS[property]?.test(value) ?? true
}
