/** Where routers find this box: its own addresses, those of IPv4 first, as CIDR. */
import type { networkInterfaces } from 'node:os'

// Nothing else on the network can be told to use these (RFC 3927, RFC 4291 §2.5.6).
const LINK_LOCAL = /^(169\.254\.|fe[89ab])/i

export const ownAddresses = (interfaces: ReturnType<typeof networkInterfaces>): string[] =>
  Object.values(interfaces)
    .flatMap((of) => of ?? [])
    .filter(({ internal, address, cidr }) => !internal && cidr !== null && !LINK_LOCAL.test(address))
    .toSorted((a, b) => Number(a.family === 'IPv6') - Number(b.family === 'IPv6'))
    .map(({ cidr }) => cidr!)
