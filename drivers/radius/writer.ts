import { headerOctets, packetOctetsMax, valueOctetsMax, vendorValueOctetsMax } from './protocol.ts'

const initialOctets = 256

/**
 * Builds the attributes of one packet. Nothing is ever cut: a value over 253 octets (247 in a vendor's
 * attribute) or a packet over `packetMax` throws a RangeError. `reset` makes it good for the next packet.
 */
export class AttributeWriter {
  #buffer: Buffer
  #length = 0
  readonly #octetsMax: number

  constructor(packetMax = packetOctetsMax) {
    this.#octetsMax = packetMax - headerOctets
    this.#buffer = Buffer.allocUnsafe(initialOctets)
  }

  get length(): number {
    return this.#length
  }

  /** What has been written so far: a view, valid until the next write or reset. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  reset(): this {
    this.#length = 0
    return this
  }

  octets(type: number, value: Uint8Array): this {
    const at = this.#begin(type, value.length)
    this.#buffer.set(value, at)
    return this
  }

  text(type: number, value: string): this {
    const at = this.#begin(type, Buffer.byteLength(value))
    this.#buffer.write(value, at)
    return this
  }

  uint32(type: number, value: number): this {
    const at = this.#begin(type, 4)
    this.#buffer.writeUInt32BE(value, at)
    return this
  }

  /** `address` in dotted decimal or as its four octets. */
  ipv4(type: number, address: string | Uint8Array): this {
    const octets = typeof address === 'string' ? ipv4Octets(address) : address
    if (octets.length !== 4) throw new RangeError('an IPv4 address has four octets')
    return this.octets(type, octets)
  }

  /** One attribute of a vendor in a Vendor-Specific of its own; a number is written as four octets. */
  vendor(vendorId: number, type: number, value: Uint8Array | string | number): this {
    const size = typeof value === 'number' ? 4 : typeof value === 'string' ? Buffer.byteLength(value) : value.length
    if (size > vendorValueOctetsMax)
      throw new RangeError(`vendor value of ${size} octets is over ${vendorValueOctetsMax}`)
    const at = this.#begin(26, size + 6)
    const buffer = this.#buffer
    buffer.writeUInt32BE(vendorId, at)
    buffer.writeUInt8(type, at + 4)
    buffer.writeUInt8(size + 2, at + 5)
    if (typeof value === 'number') buffer.writeUInt32BE(value, at + 6)
    else if (typeof value === 'string') buffer.write(value, at + 6)
    else buffer.set(value, at + 6)
    return this
  }

  /** A tagged integer: the tag takes the place of the highest octet (RFC 2868 §3.1). Tag 0 means untagged. */
  taggedUint32(type: number, tag: number, value: number): this {
    checkTag(tag)
    if (value > 0xffffff) throw new RangeError('a tagged integer has 24 bits')
    return this.uint32(type, tag * 0x1000000 + value)
  }

  /** A tagged string (RFC 2868 §3.3). With tag 0 no tag octet is written. */
  taggedText(type: number, tag: number, value: string): this {
    return this.taggedOctets(type, tag, Buffer.from(value))
  }

  taggedOctets(type: number, tag: number, value: Uint8Array): this {
    checkTag(tag)
    if (tag === 0) return this.octets(type, value)
    const at = this.#begin(type, value.length + 1)
    this.#buffer.writeUInt8(tag, at)
    this.#buffer.set(value, at + 1)
    return this
  }

  /** A value of any length in consecutive attributes of one type (EAP-Message, RFC 3579 §3.1). */
  concat(type: number, value: Uint8Array): this {
    for (let at = 0; at === 0 || at < value.length; at += valueOctetsMax) {
      this.octets(type, value.subarray(at, at + valueOctetsMax))
    }
    return this
  }

  /** Attributes that are already encoded. */
  append(raw: Uint8Array): this {
    const at = this.#reserve(raw.length)
    this.#buffer.set(raw, at)
    return this
  }

  /** Writes the header of an attribute and answers where its value goes. */
  #begin(type: number, size: number): number {
    if (size > valueOctetsMax)
      throw new RangeError(`attribute ${type}: a value of ${size} octets is over ${valueOctetsMax}`)
    const at = this.#reserve(size + 2)
    this.#buffer.writeUInt8(type, at)
    this.#buffer.writeUInt8(size + 2, at + 1)
    return at + 2
  }

  #reserve(size: number): number {
    const at = this.#length
    const length = at + size
    if (length > this.#octetsMax) throw new RangeError(`attributes of ${length} octets are over ${this.#octetsMax}`)
    if (length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.min(Math.max(length, this.#buffer.length * 2), this.#octetsMax))
      grown.set(this.#buffer.subarray(0, at))
      this.#buffer = grown
    }
    this.#length = length
    return at
  }
}

function checkTag(tag: number): void {
  if (!Number.isInteger(tag) || tag < 0 || tag > 0x1f) throw new RangeError(`tag ${tag} is not within 0..31`)
}

/** Four octets of a dotted decimal address; throws a RangeError when it is none. */
export function ipv4Octets(address: string): Buffer {
  const parts = address.split('.')
  const octets = Buffer.allocUnsafe(4)
  for (let i = 0; i < 4; i++) {
    const part = parts[i] ?? ''
    if (parts.length !== 4 || !/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) {
      throw new RangeError(`not an IPv4 address: ${address}`)
    }
    octets[i] = Number(part)
  }
  return octets
}
