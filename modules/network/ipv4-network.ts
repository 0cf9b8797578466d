/** A network of subscribers with a router in it. Pure. */

export type Ipv4Network = {
  readonly text: string
  /** The router's own, with the length: 10.20.0.1/16. */
  readonly gateway: string
  readonly gatewayCidr: string
  readonly range: string
}

const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')

/** Room for a router and some subscribers, and not the whole internet. */
const NETWORK_BITS = { min: 8, max: 29 } as const

/** Reads `10.20.0.0/16`; undefined when it is none, has bits behind its length, or leaves no room. */
export const readNetwork = (text: string): Ipv4Network | undefined => {
  const [, address = '', length = ''] = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(text.trim()) ?? []
  const octets = address.split('.').map(Number)
  const bits = Number(length)
  if (octets.length !== 4 || octets.some((octet) => octet > 255)) return undefined
  if (bits < NETWORK_BITS.min || bits > NETWORK_BITS.max) return undefined
  const first = octets.reduce((sum, octet) => sum * 256 + octet, 0)
  const size = 2 ** (32 - bits)
  if (first % size !== 0) return undefined
  const gateway = dotted(first + 1)
  return {
    text: `${dotted(first)}/${bits}`,
    gateway,
    gatewayCidr: `${gateway}/${bits}`,
    range: `${dotted(first + 2)}-${dotted(first + size - 2)}`,
  }
}

/** Interface names may have blanks and more; what would end the line or the quotes is no name. */
export const isInterfaceName = (text: string): boolean => /^[^\p{Cc}"\\$?]{1,64}$/u.test(text)
