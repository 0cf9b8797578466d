/** Addresses as numbers. Pure. */
import { isIP } from 'node:net'

export const WIDTH = { 4: 32, 6: 128 } as const

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
