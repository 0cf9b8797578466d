/** Addresses as values that have been read: nothing else reaches a ruleset or a command line. */
import { isIPv4, isIPv6 } from 'node:net'

export type Network = {
  /** Of the gateway itself. */
  readonly address: string
  readonly prefix: number
  readonly first: string
  readonly last: string
}

/** Addresses at the low end that are left for the gateway's neighbours: access points, switches. */
const RESERVED = 9
const PREFIX_MIN = 8
const PREFIX_MAX = 28

const numberOf = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
const textOf = (n: number): string => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.')

/** `10.40.0.1/16`; undefined when it is none, or one that a hotspot cannot live in. */
export const readNetwork = (text: string): Network | undefined => {
  const [, address = '', digits] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? []
  const prefix = Number(digits)
  if (!isIPv4(address) || !(prefix >= PREFIX_MIN && prefix <= PREFIX_MAX)) return undefined
  const size = 2 ** (32 - prefix)
  const base = Math.floor(numberOf(address) / size) * size
  return { address, prefix, first: textOf(base + RESERVED + 1), last: textOf(base + size - 2) }
}

/** `10.40.1.0-10.40.1.99`, of the clients; undefined when it is none, or not all of it in the network beside the gateway. */
export const withRange = (network: Network, text: string): Network | undefined => {
  const [first = '', last = '', ...rest] = text.split('-')
  if (rest.length > 0 || !isIPv4(first) || !isIPv4(last)) return undefined
  const [from, to, own] = [first, last, network.address].map(numberOf) as [number, number, number]
  const size = 2 ** (32 - network.prefix)
  const base = Math.floor(own / size) * size
  const isInside = from > base && from <= to && to <= base + size - 2
  return isInside && (own < from || own > to) ? { ...network, first, last } : undefined
}

export type Prefix6 = {
  /** Of the gateway itself. */
  readonly address: string
  /** As `2001:db8:40::`, without its length, which is 64. */
  readonly prefix: string
  /** RFC 4193: nobody outside knows a way to it. */
  readonly isLocal: boolean
}

/** Phones make their own addresses (SLAAC), which takes 64 bits: as many stand before the `::`. */
const GROUPS = 4
const isGlobal = (first: number): boolean => first >= 0x2000 && first <= 0x3fff
const isUniqueLocal = (first: number): boolean => first >= 0xfc00 && first <= 0xfdff

/** `2001:db8:40::/64`; undefined when it is none, or one that phones cannot live in. */
export const readPrefix6 = (text: string): Prefix6 | undefined => {
  const [, written = ''] = /^([\da-f:]+)\/64$/i.exec(text) ?? []
  if (!isIPv6(written)) return undefined
  // Spelt as the kernel spells it.
  const prefix = new URL(`http://[${written}]`).hostname.slice(1, -1)
  const groups = prefix.split(':')
  const isShort = prefix.endsWith('::') && groups.length - 2 <= GROUPS
  const first = Number.parseInt(groups[0]!, 16)
  if (!isShort || !(isGlobal(first) || isUniqueLocal(first))) return undefined
  return { address: `${prefix}1`, prefix, isLocal: isUniqueLocal(first) }
}

/** As the kernel spells it, `02:00:00:00:00:07`; undefined when it is none. */
export const readMac = (text: string): string | undefined => {
  const digits = text.toLowerCase().replaceAll(/[:.-]/g, '')
  return /^[0-9a-f]{12}$/.test(digits) ? digits.match(/../g)!.join(':') : undefined
}

/** A name that DNS can hold: it is written into a configuration. */
export const isHostName = (text: string): boolean =>
  text.length <= 253 && /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/i.test(text) && !isIPv4(text)

/** What the kernel takes for an interface; `-` and `.` are common (`br-lan`, `eth0.40`). */
export const isInterfaceName = (text: string): boolean => /^[A-Za-z0-9][\w.-]{0,14}$/.test(text)
