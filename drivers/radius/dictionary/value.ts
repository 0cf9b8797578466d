// One row per data type (RFC 8044): how its octets read, and how what was read becomes octets again.

import { isUtf8 } from 'node:buffer'
import { ipv4Octets } from '../writer.ts'
import { colonOctets, formatColons, formatIpv4, formatIpv6, ipv6Octets } from './address.ts'
import type { AttributeType } from './types.ts'

/** Dates are ISO 8601 text, addresses and prefixes their usual text, 64-bit integers are bigint. */
export type ScalarValue = string | number | bigint | Buffer
/** What may be written: also the text of a number, for values that come from a command line, and a value's own octets. */
export type ScalarInput = string | number | bigint | Uint8Array
type Input = Exclude<ScalarInput, Uint8Array>

type Codec = {
  /** Undefined when the octets are no value of this type. */
  decode(octets: Buffer): ScalarValue | undefined
  /** Throws a RangeError when the input is no value of this type. */
  encode(input: Input): Buffer
}

const octetsCodec: Codec = {
  decode: (octets) => octets,
  encode: (input) => {
    if (typeof input === 'string')
      return /^0x([0-9a-f]{2})*$/i.test(input) ? Buffer.from(input.slice(2), 'hex') : Buffer.from(input)
    throw new RangeError(`not octets: ${input}`)
  },
}

const stringCodec: Codec = {
  decode: (octets) => (isUtf8(octets) ? octets.toString() : octets),
  encode: (input) => Buffer.from(String(input)),
}

/** An integer of `size` octets; the two's complement when `signed`. */
function integerCodec(size: 1 | 2 | 4, signed = false): Codec {
  return {
    decode: (octets) => {
      if (octets.length !== size) return undefined
      return signed ? octets.readIntBE(0, size) : octets.readUIntBE(0, size)
    },
    encode: (input) => {
      const octets = Buffer.alloc(size)
      const value = integerOf(input)
      if (signed) octets.writeIntBE(value, 0, size)
      else octets.writeUIntBE(value, 0, size)
      return octets
    },
  }
}

function integerOf(input: Input): number {
  const value = typeof input === 'string' && /^-?\d+$|^0x[0-9a-f]+$/i.test(input) ? Number(input) : input
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'number' && Number.isInteger(value)) return value
  throw new RangeError(`not an integer: ${input}`)
}

const integer64Codec: Codec = {
  decode: (octets) => (octets.length === 8 ? octets.readBigUInt64BE() : undefined),
  encode: (input) => {
    const octets = Buffer.alloc(8)
    octets.writeBigUInt64BE(
      typeof input === 'bigint'
        ? input
        : typeof input === 'string' && /^\d+$/.test(input)
          ? BigInt(input)
          : BigInt(integerOf(input)),
    )
    return octets
  },
}

const dateCodec: Codec = {
  decode: (octets) =>
    octets.length === 4 ? new Date(octets.readUInt32BE() * 1000).toISOString().replace('.000Z', 'Z') : undefined,
  encode: (input) => {
    const ms = typeof input === 'string' && !/^\d+$/.test(input) ? Date.parse(input) : integerOf(input) * 1000
    if (!Number.isFinite(ms)) throw new RangeError(`not a date: ${input}`)
    return integer32.encode(Math.floor(ms / 1000))
  },
}

/** A type that is written as text or as its own octets. */
function textCodec(
  fits: (length: number) => boolean,
  format: (octets: Buffer) => string | undefined,
  parse: (text: string) => Buffer,
): Codec {
  return {
    decode: (octets) => (fits(octets.length) ? format(octets) : undefined),
    encode: (input) => {
      if (typeof input === 'string') return parse(input)
      throw new RangeError(`not the text of such a value: ${input}`)
    },
  }
}

const is = (wanted: number) => (length: number) => length === wanted

/** Reserved octet, prefix length, address (RFC 3162 §2.3, RFC 8044 §3.10-3.11); octets left out at the end are zeros. */
function prefixCodec(addressOctets: 4 | 16): Codec {
  const [format, parse] = addressOctets === 4 ? [formatIpv4, ipv4Octets] : [formatIpv6, ipv6Octets]
  const fits = (length: number): boolean =>
    addressOctets === 4 ? length === 6 : length >= 2 && length <= 2 + addressOctets
  return textCodec(
    fits,
    (octets) => {
      const bits = octets[1]!
      if (bits > addressOctets * 8) return undefined
      const address = Buffer.alloc(addressOctets)
      octets.copy(address, 0, 2)
      return `${format(address)}/${bits}`
    },
    (text) => {
      const [, address, bits] = /^(.+)\/(\d{1,3})$/.exec(text) ?? []
      if (address === undefined || Number(bits) > addressOctets * 8) throw new RangeError(`not a prefix: ${text}`)
      return Buffer.concat([Buffer.of(0, Number(bits)), parse(address)])
    },
  )
}

const integer32 = integerCodec(4)
const ipv4Codec = textCodec(is(4), formatIpv4, ipv4Octets)
const ipv6Codec = textCodec(is(16), formatIpv6, ipv6Octets)

const codecs: Partial<Record<AttributeType, Codec>> = {
  string: stringCodec,
  integer: integer32,
  signed: integerCodec(4, true),
  integer64: integer64Codec,
  byte: integerCodec(1),
  short: integerCodec(2),
  date: dateCodec,
  ipaddr: ipv4Codec,
  ipv4prefix: prefixCodec(4),
  ipv6addr: ipv6Codec,
  ipv6prefix: prefixCodec(16),
  'combo-ip': textCodec(
    (length) => length === 4 || length === 16,
    (octets) => (octets.length === 4 ? formatIpv4(octets) : formatIpv6(octets)),
    (text) => (text.includes(':') ? ipv6Octets(text) : ipv4Octets(text)),
  ),
  ifid: textCodec(
    is(8),
    (octets) => formatColons(octets, 2),
    (text) => colonOctets(text, 4, 2),
  ),
  ether: textCodec(
    is(6),
    (octets) => formatColons(octets, 1),
    (text) => colonOctets(text, 6, 1),
  ),
}

/** Octets that are no value of the type are given back as they are: RFC 6929 §2.8, an invalid attribute. */
export function decodeScalar(type: AttributeType, octets: Buffer): ScalarValue {
  return (codecs[type] ?? octetsCodec).decode(octets) ?? octets
}

/** Throws a RangeError when the input is no value of the type. Octets may also be given as `0x…`. */
export function encodeScalar(type: AttributeType, input: ScalarInput): Buffer {
  const codec = codecs[type] ?? octetsCodec
  if (!(input instanceof Uint8Array)) return codec.encode(input)
  const octets = Buffer.from(input)
  if (codec.decode(octets) === undefined) throw new RangeError(`not a value of type ${type}: ${octets.toString('hex')}`)
  return octets
}
