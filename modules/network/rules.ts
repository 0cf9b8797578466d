/** Addresses of RADIUS clients: which packet comes from which router. Pure. */
import { parseAddress, WIDTH } from './addresses.ts'

/** An address or range in the form it is stored and compared in. */
export type ClientRange = {
  readonly text: string
  readonly version: 4 | 6
  readonly bits: number
  readonly network: bigint
}

/** Reads `10.0.0.1`, `10.0.0.0/24`, `2001:db8::/48`; undefined when it is none, or has bits set behind the prefix. */
export const parseRange = (text: string): ClientRange | undefined => {
  const [address = '', length, ...rest] = text.trim().split('/')
  const parsed = parseAddress(address)
  if (!parsed || rest.length > 0) return undefined
  const width = WIDTH[parsed.version]
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined
  const bits = length === undefined ? width : Number(length)
  if (bits > width) return undefined
  const host = (1n << BigInt(width - bits)) - 1n
  if ((parsed.value & host) !== 0n) return undefined
  const lower = address.toLowerCase()
  return { text: bits === width ? lower : `${lower}/${bits}`, version: parsed.version, bits, network: parsed.value }
}

export const contains = (range: ClientRange, address: { version: 4 | 6; value: bigint }): boolean => {
  if (range.version !== address.version) return false
  const shift = BigInt(WIDTH[range.version] - range.bits)
  return range.network >> shift === address.value >> shift
}

/** Whether any address lies in both. */
export const overlap = (a: ClientRange, b: ClientRange): boolean =>
  contains(a, { version: b.version, value: b.network }) || contains(b, { version: a.version, value: a.network })

/** The shortest secret that is taken without a warning; RFC drafts advise 24 random characters. */
export const SECRET_LENGTH_ADVISED = 12

/** What a sealed router secret is bound to. */
export const routerSecretPurpose = (routerId: string): string => `routers.secret:${routerId}`
export const serverSecretPurpose = (serverId: string): string => `remote_servers.secret:${serverId}`
export const controlPasswordPurpose = (routerId: string): string => `router_controls.password:${routerId}`

// Threads know nothing of commands.
export { parseAddress } from './addresses.ts'
export { HOTSPOT_NAME, hotspotSetUp } from './hotspot-set-up.ts'
export { readNetwork } from './ipv4-network.ts'
export { boxAddressFor, type Reach } from './reach.ts'
