/** What a plan may be, to the last character: all of it ends in files that root's programs read. */
import { isIP, isIPv4 } from 'node:net'
import { z } from 'zod'
import type { NetworkPlan } from '@lango/modules/network/port'
import { numberOf, readCidr } from './ipv4.ts'

/** Stands for a password that is not shown, and in a wish for the one that is in use. */
export const STARRED = '***'

const MEMBERS_MAX = 16
const NETWORKS_MAX = 32
const VLAN_MAX = 4094
const SESSIONS_MAX = 4000

const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/
export const isMac = (text: string): boolean => MAC.test(text)

const portName = z
  .string()
  .toLowerCase()
  .regex(/^(([0-9a-f]{2}:){5}[0-9a-f]{2}|[a-z][a-z0-9]{1,14})$/, 'A port is a hardware address or a name such as eth0.')
const ipv4 = z.string().refine(isIPv4, 'That is no IPv4 address, such as 10.1.0.1.')
const ip = z.string().refine((text) => isIP(text) !== 0 && !text.includes('%'), 'That is no IP address.')
const cidr = z
  .string()
  .refine((text) => readCidr(text) !== undefined, 'That is no address with a length, such as 10.1.0.1/24.')
const anyCidr = z.string().refine((text) => {
  const [address = '', bits = '', ...rest] = text.split('/')
  const version = address.includes('%') ? 0 : isIP(address)
  return rest.length === 0 && version !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)
}, 'That is no address with a length, such as 10.1.0.1/24 or fd00::1/64.')
const range = z
  .strictObject({ first: ipv4, last: ipv4 })
  .refine(({ first, last }) => numberOf(first) <= numberOf(last), 'A range begins with its lowest address.')
/** Nothing that would end a line or a word of a configuration. */
const printable = (max: number) =>
  z.string().regex(new RegExp(`^[\\x21-\\x7e]{1,${max}}$`), 'Letters, digits and signs, without spaces.')
const label = z.string().regex(/^[a-z][a-z0-9]{0,9}$/, 'A name is of small letters and digits, ten at most.')
const hostName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, 'A host name is of small letters, digits and dashes.')
/** Curve25519: 32 octets in base64. */
const wireGuardKey = z.string().regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/, 'That is no WireGuard key.')
const endpoint = z
  .string()
  .regex(/^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:]+\]):\d{1,5}$/, 'An endpoint is as vpn.example:51820.')

const member = z.strictObject({ port: portName, vlan: z.number().int().min(1).max(VLAN_MAX).optional() })
const dhcp = z.strictObject({ kind: z.literal('dhcp') })
const fixed = z.strictObject({
  kind: z.literal('static'),
  address: cidr,
  gateway: ipv4.optional(),
  dns: z.array(ip).max(4).optional(),
})
/** pppd reads both from a file where `"` ends them. */
const dialled = z.strictObject({
  kind: z.literal('pppoe'),
  userName: printable(128).refine((text) => !/["\\]/.test(text), 'Quotes and backslashes cannot be dialled with.'),
  password: printable(128).refine((text) => !/["\\]/.test(text), 'Quotes and backslashes cannot be dialled with.'),
})

const named = { name: label, members: z.array(member).min(1).max(MEMBERS_MAX) }
const served = { ipv4: z.discriminatedUnion('kind', [dhcp, fixed]), pool: range.optional() }

const network = z.discriminatedUnion('use', [
  z.strictObject({
    ...named,
    use: z.literal('uplink'),
    ipv4: z.discriminatedUnion('kind', [dhcp, fixed, dialled]),
    desk: z.literal(true).optional(),
  }),
  z.strictObject({ ...named, use: z.literal('access'), ...served }),
  z.strictObject({ ...named, use: z.literal('management'), ...served }),
  z.strictObject({ ...named, use: z.literal('lan'), address: cidr, pool: range.optional() }),
  z.strictObject({
    ...named,
    use: z.literal('pppoe'),
    acName: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/, 'Letters, digits, dots and dashes, 32 at most.'),
    address: ipv4,
    pool: range,
    dns: z.array(ipv4).max(2),
    // RFC 2516 §7: 1492 is what an Ethernet frame leaves; RFC 791: every link carries 576.
    mtu: z.number().int().min(576).max(1492),
    sessionsMax: z.number().int().min(1).max(SESSIONS_MAX),
  }),
])

const overlay = z.strictObject({
  keyNo: z.number().int().min(1).max(1_000_000),
  addresses: z.array(anyCidr).min(1).max(4),
  peer: z.strictObject({
    publicKey: wireGuardKey,
    endpoint,
    allowedIps: z.array(anyCidr).min(1).max(32),
    keepaliveSec: z.number().int().min(0).max(3600),
  }),
})

export const networkPlanSchema: z.ZodType<NetworkPlan> = z.strictObject({
  role: z.enum(['aaa', 'gateway']),
  hostName,
  networks: z.array(network).min(1).max(NETWORKS_MAX),
  overlay: overlay.optional(),
  nasSecret: z
    .string()
    .regex(/^[A-Za-z0-9_-]{12,128}$/)
    .optional(),
})

/** What people may see of it. */
export const withoutSecrets = (plan: NetworkPlan): NetworkPlan => {
  const { nasSecret: _, ...shown } = plan
  return {
    ...shown,
    networks: plan.networks.map((one) =>
      one.use === 'uplink' && one.ipv4.kind === 'pppoe' ? { ...one, ipv4: { ...one.ipv4, password: STARRED } } : one,
    ),
  }
}
