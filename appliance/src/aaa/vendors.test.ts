import { expect, test } from 'vitest'
import {
  decodeAll,
  encodeNamed,
  encodeRequest,
  codes,
  isAttributeName,
  parsePacket,
  prepareSecret,
  type Packet,
} from '@lango/drivers/radius'
import { openPolicy, type Policy } from '@lango/modules/access'
import { adminAttributes, isVendor, policyAttributes, totalLimit, vendors, type Vendor } from './vendors.ts'

const policy: Policy = {
  ...openPolicy,
  downKbps: 10_000,
  upKbps: 2_000,
  burst: { downKbps: 20_000, upKbps: 4_000, thresholdDownKbps: 8_000, thresholdUpKbps: 1_500, timeSec: 16 },
  priority: 5,
  idleTimeoutSec: 600,
  pool: 'pool-a',
  ipv6Pool: 'pool-6',
  delegatedIpv6Pool: 'pool-pd',
  group: 'home',
  addressList: 'paid',
}

const standard = {
  'Idle-Timeout': 600,
  'Acct-Interim-Interval': 300,
  'Framed-Pool': 'pool-a',
  'Framed-IPv6-Pool': 'pool-6',
  'Delegated-IPv6-Prefix-Pool': 'pool-pd',
}
const wispr = { 'WISPr-Bandwidth-Max-Up': 2_000_000, 'WISPr-Bandwidth-Max-Down': 10_000_000 }

/** What each vendor gets beside the standard attributes, and which of it a CoA may change. */
const spelt: Record<Vendor, { readonly accept: object; readonly coa: object }> = {
  generic: { accept: wispr, coa: wispr },
  mikrotik: {
    accept: {
      'Mikrotik-Rate-Limit': '2M/10M 4M/20M 1500k/8M 16/16 5',
      'Mikrotik-Group': 'home',
      'Mikrotik-Address-List': 'paid',
      'Mikrotik-Delegated-IPv6-Pool': 'pool-pd',
    },
    coa: { 'Mikrotik-Rate-Limit': '2M/10M 4M/20M 1500k/8M 16/16 5', 'Mikrotik-Group': 'home' },
  },
  cisco: {
    accept: {
      'Cisco-AVPair': [
        'lcp:interface-config#1=rate-limit input 2000000 46875 93750 conform-action transmit exceed-action drop',
        'lcp:interface-config#1=rate-limit output 10000000 234375 468750 conform-action transmit exceed-action drop',
      ],
      'Filter-Id': 'home',
    },
    coa: {
      'Cisco-AVPair': [
        'lcp:interface-config#1=rate-limit input 2000000 46875 93750 conform-action transmit exceed-action drop',
        'lcp:interface-config#1=rate-limit output 10000000 234375 468750 conform-action transmit exceed-action drop',
      ],
      'Filter-Id': 'home',
    },
  },
  huawei: {
    accept: {
      'Huawei-Input-Average-Rate': 2_000_000,
      'Huawei-Input-Peak-Rate': 4_000_000,
      'Huawei-Output-Average-Rate': 10_000_000,
      'Huawei-Output-Peak-Rate': 20_000_000,
      'Huawei-User-Group-Name': 'home',
    },
    coa: {
      'Huawei-Input-Average-Rate': 2_000_000,
      'Huawei-Input-Peak-Rate': 4_000_000,
      'Huawei-Output-Average-Rate': 10_000_000,
      'Huawei-Output-Peak-Rate': 20_000_000,
    },
  },
  zte: {
    accept: {
      'ZTE-Rate-Ctrl-SCR-Up': 2000,
      'ZTE-Rate-Ctrl-SCR-Down': 10_000,
      'ZTE-Rate-Ctrl-Burst-Up': 4000,
      'ZTE-Rate-Ctrl-Burst-Down': 20_000,
    },
    coa: {
      'ZTE-Rate-Ctrl-SCR-Up': 2000,
      'ZTE-Rate-Ctrl-SCR-Down': 10_000,
      'ZTE-Rate-Ctrl-Burst-Up': 4000,
      'ZTE-Rate-Ctrl-Burst-Down': 20_000,
    },
  },
  juniper: {
    accept: {
      'ERX-Qos-Profile-Name': 'home',
      'ERX-Address-Pool-Name': 'pool-a',
      'ERX-IPv6-Delegated-Pool-Name': 'pool-pd',
      'ERX-Service-Activate': 'rate-limit(10000000,2000000)',
    },
    coa: {},
  },
  ubiquiti: { accept: { ...wispr, 'Filter-Id': 'home' }, coa: { ...wispr, 'Filter-Id': 'home' } },
  cambium: {
    accept: {
      ...wispr,
      'Cambium-ePMP-Max-Burst-Uplink-Rate': 4000,
      'Cambium-ePMP-Max-Burst-Downlink-Rate': 20_000,
    },
    coa: wispr,
  },
  ruckus: { accept: { ...wispr, 'Ruckus-User-Groups': 'home' }, coa: wispr },
  aruba: { accept: { 'Aruba-User-Role': 'home' }, coa: { 'Aruba-User-Role': 'home' } },
  chillispot: {
    accept: { 'ChilliSpot-Bandwidth-Max-Up': 2000, 'ChilliSpot-Bandwidth-Max-Down': 10_000 },
    coa: { 'ChilliSpot-Bandwidth-Max-Up': 2000, 'ChilliSpot-Bandwidth-Max-Down': 10_000 },
  },
  'accel-ppp': { accept: { 'Filter-Id': '10000/2000' }, coa: { 'Filter-Id': '10000/2000' } },
}

test.each(vendors)('%s: the attributes of an Accept', (vendor) => {
  expect(policyAttributes(vendor, policy, 'accept')).toEqual({ ...standard, ...spelt[vendor].accept })
})

test.each(vendors)('%s: a CoA carries only what it may change on a live session', (vendor) => {
  expect(policyAttributes(vendor, policy, 'coa')).toEqual({ 'Idle-Timeout': 600, ...spelt[vendor].coa })
})

test.each(vendors)('%s: every attribute is in the dictionary and survives the wire', (vendor) => {
  const attributes = policyAttributes(vendor, policy, 'accept')
  for (const name of Object.keys(attributes)) expect(isAttributeName(name)).toBe(true)
  const bytes = encodeRequest({
    code: codes.accountingRequest,
    id: 1,
    secret: prepareSecret(Buffer.from('testing123')),
    attributes: encodeNamed(attributes),
  })
  const read = decodeAll(parsePacket(bytes) as Packet).map(({ name }) => name)
  expect(new Set(read)).toEqual(new Set(Object.keys(attributes)))
})

test.each(vendors)('%s: zero is no limit, so an open policy says only how often to report', (vendor) => {
  expect(policyAttributes(vendor, openPolicy, 'accept')).toEqual({ 'Acct-Interim-Interval': 300 })
  expect(policyAttributes(vendor, openPolicy, 'coa')).toEqual({})
})

const rateLimit = (changes: Partial<Policy>): unknown =>
  policyAttributes('mikrotik', { ...openPolicy, ...changes }, 'accept')['Mikrotik-Rate-Limit']
const burst = policy.burst!

test.each([
  [
    'upload stands before download: the router receives what the subscriber sends',
    { upKbps: 2000, downKbps: 10_000 },
    '2M/10M',
  ],
  ['a rate that is no whole megabit', { upKbps: 512, downKbps: 1536 }, '512k/1536k'],
  ['a direction without limit', { downKbps: 10_000 }, '0/10M'],
  ['a burst: rate, burst, threshold, time', { upKbps: 2000, downKbps: 10_000, burst }, '2M/10M 4M/20M 1500k/8M 16/16'],
  [
    'a priority without a burst holds its place',
    { upKbps: 2000, downKbps: 10_000, priority: 3 },
    '2M/10M 0/0 0/0 0/0 3',
  ],
  ['a burst and a priority', { upKbps: 2000, downKbps: 10_000, burst, priority: 3 }, '2M/10M 4M/20M 1500k/8M 16/16 3'],
  ['no rate, so no queue', { burst, priority: 3 }, undefined],
])('MikroTik: %s', (_what, changes, expected) => {
  expect(rateLimit(changes)).toBe(expected)
})

test('a limit of one direction leaves the other open', () => {
  const downOnly = { ...openPolicy, downKbps: 10_000 }
  expect(policyAttributes('generic', downOnly, 'coa')).toEqual({ 'WISPr-Bandwidth-Max-Down': 10_000_000 })
  expect(policyAttributes('cisco', downOnly, 'coa')['Cisco-AVPair']).toEqual([
    expect.stringContaining('rate-limit output 10000000 '),
  ])
  expect(policyAttributes('accel-ppp', downOnly, 'coa')).toEqual({ 'Filter-Id': '10000/0' })
})

test('octet limits are named by attributes of the dictionary', () => {
  for (const { low, gigawords } of Object.values(totalLimit)) {
    expect(isAttributeName(low) && isAttributeName(gigawords)).toBe(true)
  }
})

test('a vendor is one of the list, not a name of the language', () => {
  expect(isVendor('mikrotik')).toBe(true)
  for (const name of ['__proto__', 'constructor', 'toString', 'MikroTik', '']) expect(isVendor(name)).toBe(false)
})

test.each(vendors.flatMap((vendor) => [[vendor, 'full'] as const, [vendor, 'read'] as const]))(
  '%s: whoever may %s gets other rights than whoever may not, and no others',
  (vendor, rights) => {
    const other = rights === 'full' ? 'read' : 'full'
    expect(adminAttributes(vendor, rights).equals(adminAttributes(vendor, other))).toBe(false)
    expect(adminAttributes(vendor, rights)).toEqual(
      encodeNamed(adminSpelt[vendor]?.[rights] ?? adminSpelt.generic[rights]),
    )
  },
)

const serviceType = { full: { 'Service-Type': 6 }, read: { 'Service-Type': 7 } }
const adminSpelt: { readonly generic: typeof serviceType } & Partial<Record<Vendor, Record<'full' | 'read', object>>> =
  {
    generic: serviceType,
    mikrotik: { full: { 'Mikrotik-Group': 'full' }, read: { 'Mikrotik-Group': 'read' } },
    cisco: {
      full: { ...serviceType.full, 'Cisco-AVPair': 'shell:priv-lvl=15' },
      read: { ...serviceType.read, 'Cisco-AVPair': 'shell:priv-lvl=1' },
    },
    huawei: {
      full: { ...serviceType.full, 'Huawei-Exec-Privilege': 15 },
      read: { ...serviceType.read, 'Huawei-Exec-Privilege': 1 },
    },
    zte: {
      full: { ...serviceType.full, 'ZTE-SW-Privilege': 15 },
      read: { ...serviceType.read, 'ZTE-SW-Privilege': 1 },
    },
    juniper: { full: { 'Juniper-Local-User-Name': 'lango-full' }, read: { 'Juniper-Local-User-Name': 'lango-read' } },
    aruba: {
      full: { ...serviceType.full, 'Aruba-Admin-Role': 'root' },
      read: { ...serviceType.read, 'Aruba-Admin-Role': 'read-only' },
    },
  }
