/** IPv4 as numbers: pure. */
import { isIPv4 } from 'node:net'

export const numberOf = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
export const textOf = (n: number): string => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.')

/** First and last number, both within. */
export type Span = { readonly first: number; readonly last: number }

export const spanOfRange = ({ first, last }: { readonly first: string; readonly last: string }): Span => ({
  first: numberOf(first),
  last: numberOf(last),
})

export const sizeOf = ({ first, last }: Span): number => last - first + 1
export const overlaps = (a: Span, b: Span): boolean => a.first <= b.last && b.first <= a.last
export const isWithin = (inner: Span, outer: Span): boolean => inner.first >= outer.first && inner.last <= outer.last

export type Cidr = { readonly address: string; readonly bits: number; readonly span: Span }

/** `10.1.0.1/24`; undefined when it is none. */
export const readCidr = (text: string): Cidr | undefined => {
  const [, address = '', digits] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? []
  const bits = Number(digits)
  if (!isIPv4(address) || bits > 32) return undefined
  const size = 2 ** (32 - bits)
  const first = Math.floor(numberOf(address) / size) * size
  return { address, bits, span: { first, last: first + size - 1 } }
}

/** The addresses of a network that machines may have: all but its own and that of everybody. */
export const hostsOf = ({ bits, span }: Cidr): Span =>
  bits >= 31 ? span : { first: span.first + 1, last: span.last - 1 }
