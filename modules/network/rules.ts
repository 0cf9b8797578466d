/** Addresses of RADIUS clients: which packet comes from which router. Pure. */
import { isIP } from 'node:net'

/** An address or range in the form it is stored and compared in. */
export type ClientRange = {
  readonly text: string
  readonly version: 4 | 6
  readonly bits: number
  readonly network: bigint
}

const WIDTH = { 4: 32, 6: 128 } as const

const parseIpv4 = (text: string): bigint => text.split('.').reduce((sum, octet) => sum * 256n + BigInt(octet), 0n)

const parseIpv6 = (text: string): bigint => {
  // The last 32 bits may be dotted (RFC 4291 §2.2).
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const plain = dotted
    ? `${dotted[1]}${(parseIpv4(dotted[2]!) >> 16n).toString(16)}:${(parseIpv4(dotted[2]!) & 0xffffn).toString(16)}`
    : text
  const [head = '', tail] = plain.split('::')
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const before = groups(head)
  const after = tail === undefined ? [] : groups(tail)
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  return [...before, ...Array.from({ length: zeros }, () => '0'), ...after].reduce(
    (sum, group) => sum * 65536n + BigInt(Number.parseInt(group, 16)),
    0n,
  )
}

/** An address as a number; undefined when it is none. IPv6 zones are not accepted: a client has a routable address. */
export const parseAddress = (text: string): { version: 4 | 6; value: bigint } | undefined => {
  const version = text.includes('%') ? 0 : isIP(text)
  if (version === 4) return { version, value: parseIpv4(text) }
  return version === 6 ? { version, value: parseIpv6(text) } : undefined
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

/** The shortest secret that is taken without a warning; RFC drafts advise 24 random characters. */
/** Whether any address lies in both. */
export const overlap = (a: ClientRange, b: ClientRange): boolean =>
  contains(a, { version: b.version, value: b.network }) || contains(b, { version: a.version, value: a.network })

export const SECRET_LENGTH_ADVISED = 12

/** What a sealed router secret is bound to. */
export const routerSecretPurpose = (routerId: string): string => `routers.secret:${routerId}`
export const serverSecretPurpose = (serverId: string): string => `remote_servers.secret:${serverId}`
export const controlPasswordPurpose = (routerId: string): string => `router_controls.password:${routerId}`
