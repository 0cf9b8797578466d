// Reading a whole packet by the dictionary: for logs, the command line and tests. It never throws on what
// parsePacket has let through. The path of a request uses packet.ts instead.

import { revealPassword, revealSalted } from '../crypto/password.ts'
import type { PreparedSecret } from '../crypto/secret.ts'
import { attributeAt, headerOctets, nextOffset, type Packet } from '../packet.ts'
import type { RadiusVersion } from '../protocol.ts'
import { definitionAt, vendorFormat, vendorName, type NamedDefinition } from './lookup.ts'
import type { VendorFormat } from './types.ts'
import { decodeScalar, type ScalarValue } from './value.ts'

export type DecodedAttribute = {
  /** `Attr-…` with the numbers where the dictionary has no name. */
  readonly name: string
  /** Name of the vendor, or its number. */
  readonly vendor?: string
  readonly tag?: number
  /** Octets when unknown or malformed; a list for a tlv. */
  readonly value: ScalarValue | readonly DecodedAttribute[]
}

/** What opens hidden values: the secret, and the authenticator of the request (also when a reply is read). */
export type Unhide = {
  readonly secret: PreparedSecret
  readonly requestAuthenticator: Uint8Array
  readonly version?: RadiusVersion
}

/** Shown for a value under the secret that was not opened. */
export const hiddenText = '‹hidden›'

const vendorSpecific = 26
const deepest = 4

type Place = { readonly vendor: number | undefined; readonly path: readonly number[] }

/** Every attribute in the packet's order. Values hidden under the secret read ‹hidden› unless `unhide` is given. */
export function decodeAll(packet: Packet, unhide?: Unhide): DecodedAttribute[] {
  const decoded: DecodedAttribute[] = []
  const fragments = new Fragments()
  for (let at = headerOctets; at + 1 < packet.bytes.length; at = nextOffset(packet, at)) {
    const number = packet.bytes[at]!
    const octets = attributeAt(packet, at)
    if (number === vendorSpecific) decoded.push(...vendorAttributes(octets, unhide))
    else decoded.push(...outermost(number, octets, fragments, unhide))
  }
  return decoded
}

function outermost(number: number, octets: Buffer, fragments: Fragments, unhide?: Unhide): DecodedAttribute[] {
  const place = { vendor: undefined, path: [number] }
  const type = definitionAt(undefined, [number])?.type
  if (type === 'extended' && octets.length >= 1) return [extended(number, octets[0]!, octets.subarray(1), unhide)]
  if (type !== 'long-extended' || octets.length < 2) return [named(place, octets, unhide)]
  const whole = fragments.add(number, octets[0]!, octets[1]! >= 0x80, octets.subarray(2))
  return whole === undefined ? [] : [extended(number, octets[0]!, whole, unhide)]
}

/** RFC 6929 §2.2: pieces of one attribute follow each other, all but the last with the flag M. */
class Fragments {
  #key = -1
  #pieces: Buffer[] = []

  /** The whole value with its last piece, undefined before. */
  add(number: number, extendedNumber: number, more: boolean, piece: Buffer): Buffer | undefined {
    const key = number * 256 + extendedNumber
    if (key !== this.#key) this.#pieces = []
    this.#key = key
    this.#pieces.push(piece)
    if (more) return undefined
    const whole = Buffer.concat(this.#pieces)
    this.#pieces = []
    return whole
  }
}

function extended(number: number, extendedNumber: number, octets: Buffer, unhide?: Unhide): DecodedAttribute {
  const place = { vendor: undefined, path: [number, extendedNumber] }
  if (extendedNumber !== vendorSpecific || octets.length < 5) return named(place, octets, unhide)
  const vendor = octets.readUInt32BE(0)
  return {
    name: `Attr-${number}.${vendorSpecific}.${vendor}.${octets[4]}`,
    vendor: vendorName(vendor) ?? String(vendor),
    value: octets.subarray(5),
  }
}

function vendorAttributes(octets: Buffer, unhide?: Unhide): DecodedAttribute[] {
  const vendor = octets.length >= 4 ? octets.readUInt32BE(0) : 0
  const parts = octets.length > 4 ? split(octets.subarray(4), vendorFormat(vendor)) : undefined
  if (parts === undefined) return [{ name: 'Vendor-Specific', value: octets }]
  return parts.map(([number, value]) => named({ vendor, path: [number] }, value, unhide))
}

/** The numbers and values in a row of attributes, undefined when it does not end where the octets do. */
function split(octets: Buffer, format: VendorFormat): [number: number, value: Buffer][] | undefined {
  const { typeOctets, lengthOctets, continued } = format
  const header = typeOctets + lengthOctets + (continued ? 1 : 0)
  const parts: [number, Buffer][] = []
  for (let at = 0; at < octets.length;) {
    if (at + header > octets.length) return undefined
    const number = octets.readUIntBE(at, typeOctets)
    const size = lengthOctets === 0 ? octets.length - at : octets.readUIntBE(at + typeOctets, lengthOctets)
    if (size < header || at + size > octets.length) return undefined
    parts.push([number, octets.subarray(at + header, at + size)])
    at += size
  }
  return parts
}

const innerFormat: VendorFormat = { typeOctets: 1, lengthOctets: 1, continued: false }

function named(place: Place, octets: Buffer, unhide?: Unhide): DecodedAttribute {
  const definition = definitionAt(place.vendor, place.path)
  const vendor = place.vendor === undefined ? {} : { vendor: vendorName(place.vendor) ?? String(place.vendor) }
  if (definition === undefined) {
    const numbers = place.vendor === undefined ? place.path : [vendorSpecific, place.vendor, ...place.path]
    return { name: `Attr-${numbers.join('.')}`, ...vendor, value: octets }
  }
  if (definition.type === 'tlv') {
    return { name: definition.name, ...vendor, value: innerAttributes(place, octets, unhide) ?? octets }
  }
  const { tag, rest } = definition.tag ? untagged(definition, octets) : { tag: undefined, rest: octets }
  const value = definition.encrypt === undefined ? plainValue(definition, rest) : hiddenValue(definition, rest, unhide)
  return { name: definition.name, ...vendor, ...(tag === undefined ? {} : { tag }), value }
}

function innerAttributes(place: Place, octets: Buffer, unhide?: Unhide): DecodedAttribute[] | undefined {
  if (place.path.length >= deepest) return undefined
  return split(octets, innerFormat)?.map(([number, value]) => {
    return named({ vendor: place.vendor, path: [...place.path, number] }, value, unhide)
  })
}

/**
 * RFC 2868 §3: an octet over 0x1f is no tag but the first of a string; 0 is a tag not used. Integers and hidden
 * strings always have the octet.
 */
function untagged({ type, encrypt }: NamedDefinition, octets: Buffer): { tag: number | undefined; rest: Buffer } {
  const first = octets[0]
  if (first === undefined || (type === 'integer' && octets.length !== 4)) return { tag: undefined, rest: octets }
  const tag = first > 0 && first <= 0x1f ? first : undefined
  if (type === 'integer') return { tag, rest: Buffer.of(0, octets[1]!, octets[2]!, octets[3]!) }
  return { tag, rest: first > 0x1f && encrypt === undefined ? octets : octets.subarray(1) }
}

function plainValue(definition: NamedDefinition, octets: Buffer): ScalarValue {
  const value = decodeScalar(definition.type, octets)
  return typeof value === 'number' ? (definition.valueNames.get(value) ?? value) : value
}

function hiddenValue(definition: NamedDefinition, octets: Buffer, unhide?: Unhide): ScalarValue {
  if (unhide === undefined) return hiddenText
  const { secret, requestAuthenticator, version } = unhide
  if (definition.encrypt === 1) return opened(definition, revealPassword(octets, requestAuthenticator, secret, version))
  if (definition.encrypt === 2) return opened(definition, revealSalted(octets, requestAuthenticator, secret, version))
  return hiddenText
}

function opened(definition: NamedDefinition, octets: Buffer | undefined): ScalarValue {
  return octets === undefined ? hiddenText : plainValue(definition, octets)
}
