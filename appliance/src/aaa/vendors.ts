/**
 * One neutral policy, each vendor's attributes: a table of rows, read top to bottom. A row gives an attribute's
 * dictionary name and how its value follows from the policy; undefined leaves it out. `change` marks what the vendor
 * lets a CoA alter on a live session; for the rest the session has to be ended and come back.
 *
 * Directions: a policy speaks of the subscriber's down and up. Vendors speak of the router's side (MikroTik: receive
 * is the subscriber's upload) or of the port's (Huawei, Cisco: input is from the subscriber).
 */
import { encodeNamed, type AttributeName, type NamedAttributes } from '@lango/drivers/radius'
import type { Policy } from '@lango/modules/access/rules'

export type AttributeValue = string | number | readonly string[]
type Row = {
  readonly name: AttributeName
  readonly change?: true
  readonly value: (policy: Policy) => AttributeValue | undefined
}

const BITS = 1000
const limited = (policy: Policy): boolean => policy.downKbps > 0 || policy.upKbps > 0
/** Bit/s in 32 bits: a faster line is as fast as the attribute can say. */
const bits = (kbps: number): number | undefined => some(Math.min(kbps * BITS, 0xffff_ffff))
const some = (n: number): number | undefined => (n > 0 ? n : undefined)

/** `10M`, `512k`: RouterOS reads k as 10^3 and M as 10^6. */
const rosRate = (kbps: number): string => (kbps === 0 ? '0' : kbps % 1000 === 0 ? `${kbps / 1000}M` : `${kbps}k`)

/** RouterOS `rx/tx [burst [threshold [time [priority]]]]`: positions are fixed, so a later field needs all before it. */
const rosRateLimit = (policy: Policy): string | undefined => {
  if (!limited(policy)) return undefined
  const { burst, priority } = policy
  const fields = [`${rosRate(policy.upKbps)}/${rosRate(policy.downKbps)}`]
  if (burst) {
    fields.push(`${rosRate(burst.upKbps)}/${rosRate(burst.downKbps)}`)
    fields.push(`${rosRate(burst.thresholdUpKbps)}/${rosRate(burst.thresholdDownKbps)}`)
    fields.push(`${burst.timeSec}/${burst.timeSec}`)
  } else if (priority !== undefined) fields.push('0/0', '0/0', '0/0')
  if (priority !== undefined) fields.push(String(priority))
  return fields.join(' ')
}

const redirectUrl = (policy: Policy): string | undefined => policy.redirectUrl

/** IOS wants a burst in octets; its own advice is an eighth of a second and a half of the rate. */
const ciscoPolice = (direction: 'input' | 'output', kbps: number): string | undefined => {
  if (kbps === 0) return undefined
  const burst = Math.max(8000, Math.round((kbps * BITS * 1.5) / 8 / 8))
  return `lcp:interface-config#1=rate-limit ${direction} ${kbps * BITS} ${burst} ${burst * 2} conform-action transmit exceed-action drop`
}

const ciscoPairs = (policy: Policy): readonly string[] | undefined => {
  const pairs = [ciscoPolice('input', policy.upKbps), ciscoPolice('output', policy.downKbps)].filter(
    (p) => p !== undefined,
  )
  return pairs.length > 0 ? pairs : undefined
}

const wispr: readonly Row[] = [
  { name: 'WISPr-Bandwidth-Max-Up', change: true, value: (p) => bits(p.upKbps) },
  { name: 'WISPr-Bandwidth-Max-Down', change: true, value: (p) => bits(p.downKbps) },
  { name: 'WISPr-Redirection-URL', value: redirectUrl },
]

/** What every NAS understands (RFC 2865, 2869, 3162, 4818, 6911; VLAN by RFC 3580 §3.31). */
const standard: readonly Row[] = [
  { name: 'Idle-Timeout', change: true, value: (p) => some(p.idleTimeoutSec) },
  { name: 'Acct-Interim-Interval', value: (p) => p.interimSec },
  { name: 'Framed-Pool', value: (p) => p.pool },
  { name: 'Framed-IPv6-Pool', value: (p) => p.ipv6Pool },
  { name: 'Delegated-IPv6-Prefix-Pool', value: (p) => p.delegatedIpv6Pool },
]

const rows = {
  generic: wispr,
  mikrotik: [
    { name: 'Mikrotik-Rate-Limit', change: true, value: rosRateLimit },
    { name: 'Mikrotik-Group', change: true, value: (p) => p.group },
    { name: 'Mikrotik-Address-List', value: (p) => p.addressList },
    { name: 'Mikrotik-Delegated-IPv6-Pool', value: (p) => p.delegatedIpv6Pool },
    { name: 'WISPr-Redirection-URL', value: redirectUrl },
  ],
  cisco: [
    { name: 'Cisco-AVPair', change: true, value: ciscoPairs },
    { name: 'Filter-Id', change: true, value: (p) => p.group },
  ],
  huawei: [
    { name: 'Huawei-Input-Average-Rate', change: true, value: (p) => bits(p.upKbps) },
    { name: 'Huawei-Input-Peak-Rate', change: true, value: (p) => bits(p.burst?.upKbps ?? p.upKbps) },
    { name: 'Huawei-Output-Average-Rate', change: true, value: (p) => bits(p.downKbps) },
    { name: 'Huawei-Output-Peak-Rate', change: true, value: (p) => bits(p.burst?.downKbps ?? p.downKbps) },
    { name: 'Huawei-User-Group-Name', value: (p) => p.group },
    { name: 'Huawei-HTTP-Redirect-URL', value: redirectUrl },
  ],
  zte: [
    { name: 'ZTE-Rate-Ctrl-SCR-Up', change: true, value: (p) => some(p.upKbps) },
    { name: 'ZTE-Rate-Ctrl-SCR-Down', change: true, value: (p) => some(p.downKbps) },
    { name: 'ZTE-Rate-Ctrl-Burst-Up', change: true, value: (p) => some(p.burst?.upKbps ?? 0) },
    { name: 'ZTE-Rate-Ctrl-Burst-Down', change: true, value: (p) => some(p.burst?.downKbps ?? 0) },
  ],
  juniper: [
    { name: 'ERX-Qos-Profile-Name', value: (p) => p.group },
    { name: 'ERX-Address-Pool-Name', value: (p) => p.pool },
    { name: 'ERX-IPv6-Delegated-Pool-Name', value: (p) => p.delegatedIpv6Pool },
    // A dynamic service with the rates as parameters: its name is what Junos examples use and can be renamed there.
    {
      name: 'ERX-Service-Activate',
      value: (p) => (limited(p) ? `rate-limit(${p.downKbps * BITS},${p.upKbps * BITS})` : undefined),
    },
  ],
  ubiquiti: [...wispr, { name: 'Filter-Id', change: true, value: (p) => p.group }],
  cambium: [
    ...wispr,
    { name: 'Cambium-ePMP-Max-Burst-Uplink-Rate', value: (p) => some(p.burst?.upKbps ?? 0) },
    { name: 'Cambium-ePMP-Max-Burst-Downlink-Rate', value: (p) => some(p.burst?.downKbps ?? 0) },
  ],
  ruckus: [...wispr, { name: 'Ruckus-User-Groups', value: (p) => p.group }],
  aruba: [
    { name: 'Aruba-User-Role', change: true, value: (p) => p.group },
    { name: 'Aruba-Captive-Portal-URL', value: redirectUrl },
  ],
  chillispot: [
    { name: 'ChilliSpot-Bandwidth-Max-Up', change: true, value: (p) => some(p.upKbps) },
    { name: 'ChilliSpot-Bandwidth-Max-Down', change: true, value: (p) => some(p.downKbps) },
    { name: 'WISPr-Redirection-URL', value: redirectUrl },
  ],
  'accel-ppp': [
    // accel-ppp's shaper reads `DOWN/UP` in kbit/s from Filter-Id unless told otherwise.
    { name: 'Filter-Id', change: true, value: (p) => (limited(p) ? `${p.downKbps}/${p.upKbps}` : undefined) },
  ],
} satisfies Record<string, readonly Row[]>

export type Vendor = keyof typeof rows
export const vendors = Object.keys(rows) as readonly Vendor[]
export const isVendor = (name: string): name is Vendor => Object.hasOwn(rows, name)

/** The attributes of a policy for a vendor's Access-Accept, or for a CoA only those it may change. */
export const policyAttributes = (vendor: Vendor, policy: Policy, packet: 'accept' | 'coa'): NamedAttributes => {
  const wanted: readonly Row[] = [...standard, ...rows[vendor]]
  const given = wanted
    .filter((row) => packet === 'accept' || row.change === true)
    .map((row) => [row.name, row.value(policy)] as const)
  return Object.fromEntries(given.filter(([, value]) => value !== undefined)) as NamedAttributes
}

/** What somebody may do on a router that they log in to. */
export type AdminRights = 'full' | 'read'

/** RFC 2865 §5.6: Administrative may give privileged commands, NAS Prompt may not. */
const privileged = { full: { 'Service-Type': 'Administrative-User' }, read: { 'Service-Type': 'NAS-Prompt-User' } }

/** What gives rights on a router of this vendor; the others go by Service-Type alone. */
const adminRows: Partial<Record<Vendor, Readonly<Record<AdminRights, NamedAttributes>>>> = {
  // Groups that every RouterOS has. An unknown Service-Type is a refusal to a NAS, so it gets none.
  mikrotik: { full: { 'Mikrotik-Group': 'full' }, read: { 'Mikrotik-Group': 'read' } },
  cisco: {
    full: { ...privileged.full, 'Cisco-AVPair': 'shell:priv-lvl=15' },
    read: { ...privileged.read, 'Cisco-AVPair': 'shell:priv-lvl=1' },
  },
  huawei: {
    full: { ...privileged.full, 'Huawei-Exec-Privilege': 15 },
    read: { ...privileged.read, 'Huawei-Exec-Privilege': 1 },
  },
  zte: {
    full: { ...privileged.full, 'ZTE-SW-Privilege': 15 },
    read: { ...privileged.read, 'ZTE-SW-Privilege': 1 },
  },
  // Junos takes rights from a local user that stands for all: these two have to be made there.
  juniper: {
    full: { 'Juniper-Local-User-Name': 'lango-full' },
    read: { 'Juniper-Local-User-Name': 'lango-read' },
  },
  aruba: {
    full: { ...privileged.full, 'Aruba-Admin-Role': 'root' },
    read: { ...privileged.read, 'Aruba-Admin-Role': 'read-only' },
  },
}

const adminEncoded = new Map<string, Buffer>()

/** The attributes of an Accept to somebody who logs in to the router itself. */
export const adminAttributes = (vendor: Vendor, rights: AdminRights): Buffer => {
  const name = `${vendor} ${rights}`
  const known = adminEncoded.get(name)
  if (known) return known
  const encoded = encodeNamed(adminRows[vendor]?.[rights] ?? privileged[rights])
  adminEncoded.set(name, encoded)
  return encoded
}

/** How a vendor is told a device's own Wi-Fi passphrase, where it is not by Tunnel-Password as hostapd and UniFi are. */
const passphraseRows: Partial<Record<Vendor, (passphrase: string) => NamedAttributes>> = {
  // These two take it in clear.
  mikrotik: (passphrase) => ({ 'Mikrotik-Wireless-PSK': passphrase }),
  cisco: (passphrase) => ({ 'Cisco-AVPair': ['psk-mode=ascii', `psk=${passphrase}`] }),
  aruba: (passphrase) => ({ 'Aruba-MPSK-Passphrase': Buffer.from(passphrase) }),
}

/** To be encoded with what hides it under the router's secret. */
export const passphraseAttributes = (vendor: Vendor, passphrase: string): NamedAttributes =>
  passphraseRows[vendor]?.(passphrase) ?? { 'Tunnel-Password': passphrase }

/** How a vendor takes an octet limit for both directions together; others are cut at the next interim. */
export const totalLimit: Partial<Record<Vendor, { low: AttributeName; gigawords: AttributeName }>> = {
  mikrotik: { low: 'Mikrotik-Total-Limit', gigawords: 'Mikrotik-Total-Limit-Gigawords' },
  chillispot: { low: 'ChilliSpot-Max-Total-Octets', gigawords: 'ChilliSpot-Max-Total-Gigawords' },
}
