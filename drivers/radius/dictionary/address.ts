import { isIPv6 } from 'node:net'
import { ipv4Octets } from '../writer.ts'

/** RFC 5952: lower case, the longest run of zero groups (two at least, the first of equals) as `::`. */
export function formatIpv6(octets: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => (octets[i * 2]! << 8) | octets[i * 2 + 1]!)
  let start = 0
  let length = 1
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > length) [start, length] = [i, end - i]
  }
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  return length < 2 ? hex(0, 8) : `${hex(0, start)}::${hex(start + length, 8)}`
}

/** Sixteen octets of an IPv6 address in any of its forms; throws a RangeError when it is none. */
export function ipv6Octets(address: string): Buffer {
  if (!isIPv6(address) || address.includes('%')) throw new RangeError(`not an IPv6 address: ${address}`)
  const dotted = /[^:]*\.[^:]*$/.exec(address)?.[0]
  const plain = dotted === undefined ? address : address.slice(0, -dotted.length) + groupsOf(ipv4Octets(dotted))
  const [head = '', tail] = plain.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const octets = Buffer.alloc(16)
  before.forEach((group, i) => octets.writeUInt16BE(Number.parseInt(group, 16), i * 2))
  after.forEach((group, i) => octets.writeUInt16BE(Number.parseInt(group, 16), (8 - after.length + i) * 2))
  return octets
}

function groupsOf(octets: Buffer): string {
  return `${octets.readUInt16BE(0).toString(16)}:${octets.readUInt16BE(2).toString(16)}`
}

export function formatIpv4(octets: Uint8Array): string {
  return octets.join('.')
}

/** Octets as hexadecimal numbers between colons, `width` digits each at least. */
export function formatColons(octets: Uint8Array, octetsPerGroup: 1 | 2): string {
  const hex = Buffer.from(octets).toString('hex')
  const groups = hex.match(octetsPerGroup === 1 ? /../g : /..../g) ?? []
  return (octetsPerGroup === 1 ? groups : groups.map((group) => group.replace(/^0+(?=.)/, ''))).join(':')
}

/** The reverse, for an exact number of groups; `-` may stand for `:`. Throws a RangeError. */
export function colonOctets(value: string, groups: number, octetsPerGroup: 1 | 2): Buffer {
  const parts = value.split(/[:-]/)
  const digits = octetsPerGroup * 2
  if (parts.length !== groups || !parts.every((part) => new RegExp(`^[0-9a-f]{1,${digits}}$`, 'i').test(part))) {
    throw new RangeError(`not ${groups} groups of up to ${digits} hexadecimal digits: ${value}`)
  }
  return Buffer.from(parts.map((part) => part.padStart(digits, '0')).join(''), 'hex')
}
