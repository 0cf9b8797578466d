import { hidePassword, hideSalted } from '../crypto/password.ts'
import { valueOctetsMax } from '../protocol.ts'
import { AttributeWriter } from '../writer.ts'
import type { Unhide } from './decode.ts'
import { definitionAt, definitionOf, vendorFormat, type AttributeName, type NamedDefinition } from './lookup.ts'
import type { AttributeDefinition } from './types.ts'
import { encodeScalar, type ScalarInput } from './value.ts'

/** An enumerated value may be given by its name; the members of a tlv by theirs. */
export type NamedValue = ScalarInput | { readonly tag: number; readonly value: ScalarInput } | NamedAttributes

/**
 * Values by attribute; a list writes the attribute once for each. `Attr-…` writes octets by number, as decodeAll
 * names them.
 */
export type NamedAttributes = {
  readonly [name in AttributeName | `Attr-${string}`]?: NamedValue | readonly NamedValue[]
}

/** What hides passwords and keys. `salt` gives 15 random bits, different ones each time within a packet. */
export type Hide = Unhide & { readonly salt: () => number }

const vendorSpecific = 26

/**
 * Attributes in the order of the object's keys, ready for encodeRequest or AttributeWriter.append. Throws a
 * RangeError for an unknown name, a value its type cannot hold, or a value to be hidden without `hide`.
 */
export function encodeNamed(named: NamedAttributes, hide?: Hide): Buffer {
  const writer = new AttributeWriter()
  for (const [name, given] of Object.entries(named)) {
    for (const value of listOf(given)) writeOne(writer, name, value, hide)
  }
  return Buffer.from(writer.bytes)
}

type Place = Pick<AttributeDefinition, 'vendor' | 'within' | 'number' | 'concat'>

function writeOne(writer: AttributeWriter, name: string, value: NamedValue, hide?: Hide): void {
  const definition = definitionOf(name)
  if (definition === undefined) return writeByNumber(writer, name, encodeScalar('octets', value as ScalarInput))
  write(writer, definition, encodeValue(definition, value, hide))
}

/** `Attr-1`, `Attr-241.8`, `Attr-26.<vendor>.<type>`, `Attr-241.26.<vendor>.<type>`: with no dictionary the value is octets. */
function writeByNumber(writer: AttributeWriter, name: string, octets: Buffer): void {
  const numbers = /^Attr-\d+(\.\d+)*$/.test(name) ? name.slice('Attr-'.length).split('.').map(Number) : []
  const [first, second, third, fourth] = numbers
  if (first === undefined) throw new RangeError(`no attribute is called ${name}`)
  if (second === vendorSpecific && fourth !== undefined && third !== undefined) {
    const head = Buffer.alloc(5)
    head.writeUInt32BE(third)
    head.writeUInt8(fourth, 4)
    return write(writer, { within: [first], number: second }, Buffer.concat([head, octets]))
  }
  const isVendor = first === vendorSpecific && second !== undefined && third !== undefined
  const path = isVendor ? numbers.slice(2) : numbers
  const place = { within: path.slice(0, -1), number: path.at(-1)! }
  write(writer, isVendor ? { ...place, vendor: second } : place, octets)
}

function write(writer: AttributeWriter, place: Place, octets: Buffer): void {
  const [outermost, ...inner] = [...(place.within ?? []), place.number]
  if (place.vendor !== undefined) return writeVendor(writer, place.vendor, outermost, wrap(inner, octets))
  const type = definitionAt(undefined, [outermost])?.type
  if (inner.length > 0 && (type === 'extended' || type === 'long-extended')) {
    const [number, ...deeper] = inner
    return writeExtended(writer, outermost, number!, wrap(deeper, octets), type)
  }
  if (place.concat === true) writer.concat(outermost, octets)
  else writer.octets(outermost, wrap(inner, octets))
}

/** Puts the octets into one tlv for each number, the last innermost. */
function wrap(numbers: readonly number[], octets: Buffer): Buffer {
  return numbers.reduceRight((inner, number) => tlv(number, inner), octets)
}

function tlv(number: number, octets: Uint8Array): Buffer {
  if (octets.length > valueOctetsMax)
    throw new RangeError(`a value of ${octets.length} octets is over ${valueOctetsMax}`)
  return Buffer.concat([Buffer.of(number, octets.length + 2), octets])
}

function writeVendor(writer: AttributeWriter, vendor: number, number: number, octets: Buffer): void {
  const { typeOctets, lengthOctets, continued } = vendorFormat(vendor)
  const header = Buffer.alloc(4 + typeOctets + lengthOctets + (continued ? 1 : 0))
  header.writeUInt32BE(vendor)
  header.writeUIntBE(number, 4, typeOctets)
  if (lengthOctets > 0) header.writeUIntBE(header.length - 4 + octets.length, 4 + typeOctets, lengthOctets)
  writer.octets(vendorSpecific, Buffer.concat([header, octets]))
}

/** RFC 6929 §2.1-2.2: a long value of the second kind goes into pieces, all but the last with the flag M. */
function writeExtended(
  writer: AttributeWriter,
  outermost: number,
  number: number,
  octets: Buffer,
  type: 'extended' | 'long-extended',
): void {
  if (type === 'extended') return void writer.octets(outermost, Buffer.concat([Buffer.of(number), octets]))
  const pieceOctetsMax = valueOctetsMax - 2
  for (let at = 0; at === 0 || at < octets.length; at += pieceOctetsMax) {
    const flags = at + pieceOctetsMax < octets.length ? 0x80 : 0
    const piece = octets.subarray(at, at + pieceOctetsMax)
    writer.octets(outermost, Buffer.concat([Buffer.of(number, flags), piece]))
  }
}

function encodeValue(definition: NamedDefinition, input: NamedValue, hide?: Hide): Buffer {
  const { name, type, encrypt } = definition
  if (type === 'tlv' && isMembers(input)) return encodeMembers(definition, input, hide)
  const { tag, value } = isTagged(input) ? input : { tag: undefined, value: input as ScalarInput }
  if (tag !== undefined && definition.tag === undefined) throw new RangeError(`${name} takes no tag`)
  const number = typeof value === 'string' ? definition.valueNumbers.get(value) : undefined
  const plain = encodeScalar(type, number ?? value)
  const octets = encrypt === undefined ? plain : hideValue(definition, plain, hide)
  return definition.tag === undefined ? octets : withTag(definition, tag ?? 0, octets)
}

function isTagged(input: NamedValue): input is { readonly tag: number; readonly value: ScalarInput } {
  return isMembers(input) && 'tag' in input
}

function isMembers(input: NamedValue): input is NamedAttributes {
  return typeof input === 'object' && !(input instanceof Uint8Array)
}

function withTag({ type, encrypt }: NamedDefinition, tag: number, octets: Buffer): Buffer {
  if (!Number.isInteger(tag) || tag < 0 || tag > 0x1f) throw new RangeError(`tag ${tag} is not within 0..31`)
  if (type !== 'integer') return tag === 0 && encrypt === undefined ? octets : Buffer.concat([Buffer.of(tag), octets])
  if (octets[0] !== 0) throw new RangeError('a tagged integer has 24 bits')
  return Buffer.concat([Buffer.of(tag), octets.subarray(1)])
}

function hideValue({ name, encrypt }: NamedDefinition, plain: Buffer, hide?: Hide): Buffer {
  if (hide === undefined) throw new RangeError(`${name} is hidden under the secret, and none was given`)
  const { secret, requestAuthenticator, version } = hide
  if (encrypt === 1) return hidePassword(plain, requestAuthenticator, secret, version)
  if (encrypt === 2) return hideSalted(plain, hide.salt(), requestAuthenticator, secret, version)
  throw new RangeError(`${name} is hidden in a way of its vendor that is not supported`)
}

function encodeMembers(outer: NamedDefinition, members: NamedAttributes, hide?: Hide): Buffer {
  const inner = Object.entries(members).flatMap(([name, given]) => {
    const member = definitionOf(name)
    const within = [...(outer.within ?? []), outer.number]
    if (member === undefined || member.vendor !== outer.vendor || member.within?.join() !== within.join()) {
      throw new RangeError(`${name} is no member of ${outer.name}`)
    }
    return listOf(given).map((value) => tlv(member.number, encodeValue(member, value, hide)))
  })
  return Buffer.concat(inner)
}

function listOf(given: NamedValue | readonly NamedValue[] | undefined): readonly NamedValue[] {
  if (given === undefined) return []
  return Array.isArray(given) ? (given as readonly NamedValue[]) : [given as NamedValue]
}
