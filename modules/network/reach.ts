/** Which address a router is told to ask the box by. Pure. */
import { parseAddress } from './addresses.ts'

/** The captive portal over https, by a name that phones believe. */
export type SecurePortal = {
  readonly name: string
  readonly port: number
  /** Where phones may ask whether its certificate was revoked. */
  readonly revocationHosts: readonly string[]
}

/** What the box says of how it is reached. Addresses are CIDR: 192.168.88.10/24. */
export type Reach = {
  readonly listen: string
  readonly addresses: readonly string[]
  readonly ports: {
    readonly auth: number
    readonly acct: number
    readonly radsec: number
    /** Where there is a captive portal. */
    readonly portal?: number | undefined
  }
  readonly securePortal?: SecurePortal | undefined
}

const EVERYWHERE = new Set(['0.0.0.0', '::', ''])

/** Only the box itself reaches it there. */
export const isLoopback = (address: string): boolean => /^(127\.|::1$|localhost$)/.test(address)

const isInside = (cidr: string, address: string): boolean => {
  const [text = '', length = ''] = cidr.split('/')
  const [own, other] = [parseAddress(text), parseAddress(address)]
  if (own === undefined || other === undefined || own.version !== other.version) return false
  const shift = BigInt((own.version === 4 ? 32 : 128) - Number(length))
  return own.value >> shift === other.value >> shift
}

/**
 * The address on the router's own network; else the one that the reader has found the box by; else the one it listens
 * on, or its first.
 */
export const boxAddressFor = ({ listen, addresses }: Reach, routerAddress: string, host: string): string => {
  const plain = (cidr: string) => cidr.split('/')[0]!
  const router = plain(routerAddress)
  if (isLoopback(router)) return '127.0.0.1'
  const beside = addresses.find((cidr) => isInside(cidr, router))
  const isListening = !EVERYWHERE.has(listen) && !isLoopback(listen)
  if (isListening) return listen
  if (beside !== undefined) return plain(beside)
  if (parseAddress(host) !== undefined && !isLoopback(host)) return host
  return addresses[0] === undefined ? '' : plain(addresses[0])
}
