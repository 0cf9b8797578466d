// A packet is its octets. Attributes are found by scanning and read as views, so that the path from a
// socket to an answer allocates next to nothing per attribute.

import { headerOctets, packetOctetsMax, proxyStateOctetsMax } from './protocol.ts'

export * from './protocol.ts'
export { AttributeWriter } from './writer.ts'

/** `bytes` are exactly Length octets, header included: a view of the datagram, not a copy. */
export type Packet = { readonly bytes: Buffer; readonly code: number; readonly id: number }

/** Why a datagram is no packet: the cause under which it is counted. */
export type PacketFault = 'short' | 'length' | 'truncated' | 'oversize' | 'attribute-length' | 'proxy-state'

const vendorSpecific = 26
const proxyState = 33

/**
 * Reads one datagram (or one framed packet). Octets past Length are padding and ignored (RFC 2865 §3).
 * Every attribute's length is checked here, so that no accessor can run past the end. The body of a
 * Vendor-Specific attribute is not: when malformed it is an "invalid attribute", which is ignored while
 * its packet is kept (RFC 6929 §2.8). An unknown code is no fault either.
 */
export function parsePacket(datagram: Buffer, max = packetOctetsMax): Packet | PacketFault {
  if (datagram.length < headerOctets) return 'short'
  const length = (byteAt(datagram, 2) << 8) | byteAt(datagram, 3)
  if (length < headerOctets) return 'length'
  if (length > max) return 'oversize'
  if (length > datagram.length) return 'truncated'
  let proxyStateOctets = 0
  let offset = headerOctets
  while (offset < length) {
    if (offset + 2 > length) return 'attribute-length'
    const size = byteAt(datagram, offset + 1)
    if (size < 2 || offset + size > length) return 'attribute-length'
    if (datagram[offset] === proxyState) proxyStateOctets += size
    offset += size
  }
  if (proxyStateOctets > proxyStateOctetsMax) return 'proxy-state'
  const bytes = length === datagram.length ? datagram : datagram.subarray(0, length)
  return { bytes, code: byteAt(datagram, 0), id: byteAt(datagram, 1) }
}

/** The Request or Response Authenticator: 16 octets, a view. */
export function authenticator(packet: Packet): Buffer {
  return packet.bytes.subarray(4, headerOctets)
}

/** Offset of the Type octet of the next attribute of this type, -1 when there is none; go on from `nextOffset`. */
export function findAttribute(packet: Packet, type: number, from = headerOctets): number {
  const { bytes } = packet
  const end = bytes.length
  let offset = from
  while (offset + 1 < end) {
    if (bytes[offset] === type) return offset
    // A length below 2 cannot come out of parsePacket; it must not loop if a caller built the packet by hand.
    offset += Math.max(byteAt(bytes, offset + 1), 2)
  }
  return -1
}

/** Where the attribute after the one at `offset` begins. */
export function nextOffset(packet: Packet, offset: number): number {
  return offset + Math.max(byteAt(packet.bytes, offset + 1), 2)
}

/** The value of the attribute whose Type octet is at `offset`: a view. */
export function attributeAt(packet: Packet, offset: number): Buffer {
  return packet.bytes.subarray(offset + 2, offset + byteAt(packet.bytes, offset + 1))
}

/** The first value of this type: a view. */
export function attribute(packet: Packet, type: number): Buffer | undefined {
  const offset = findAttribute(packet, type)
  return offset < 0 ? undefined : attributeAt(packet, offset)
}

/** Every value of this type, in the packet's order: views. */
export function attributesOf(packet: Packet, type: number): Buffer[] {
  const values: Buffer[] = []
  for (let offset = findAttribute(packet, type); offset >= 0;) {
    values.push(attributeAt(packet, offset))
    offset = findAttribute(packet, type, nextOffset(packet, offset))
  }
  return values
}

/** The first value of this type as UTF-8. Nothing is stripped: a NUL is data. Octets that are no UTF-8 read as U+FFFD. */
export function text(packet: Packet, type: number): string | undefined {
  const offset = findAttribute(packet, type)
  return offset < 0 ? undefined : packet.bytes.toString('utf8', offset + 2, offset + byteAt(packet.bytes, offset + 1))
}

/** The first value of this type as an unsigned integer; undefined when absent or not of four octets. */
export function uint32(packet: Packet, type: number): number | undefined {
  const offset = findAttribute(packet, type)
  if (offset < 0 || packet.bytes[offset + 1] !== 6) return undefined
  return packet.bytes.readUInt32BE(offset + 2)
}

/** The joined values of this type (EAP-Message, RFC 3579 §3.1): a view when there is one piece, else a copy. */
export function concatAttribute(packet: Packet, type: number): Buffer | undefined {
  const first = findAttribute(packet, type)
  if (first < 0) return undefined
  if (findAttribute(packet, type, nextOffset(packet, first)) < 0) return attributeAt(packet, first)
  return Buffer.concat(attributesOf(packet, type))
}

/** The first value of a vendor's attribute (type and length of one octet each, RFC 2865 §5.26): a view. */
export function vendorAttribute(packet: Packet, vendorId: number, vendorType: number): Buffer | undefined {
  let found: Buffer | undefined
  scanVendor(packet, vendorId, vendorType, (start, end) => {
    found = packet.bytes.subarray(start, end)
    return false
  })
  return found
}

/** Every value of a vendor's attribute, in the packet's order: views. */
export function vendorAttributesOf(packet: Packet, vendorId: number, vendorType: number): Buffer[] {
  const values: Buffer[] = []
  scanVendor(packet, vendorId, vendorType, (start, end) => {
    values.push(packet.bytes.subarray(start, end))
    return true
  })
  return values
}

/**
 * Calls `visit` for each match until it answers false. Several attributes may be packed in one; a malformed
 * body is passed over whole.
 */
function scanVendor(
  packet: Packet,
  vendorId: number,
  vendorType: number,
  visit: (start: number, end: number) => boolean,
): void {
  const { bytes } = packet
  for (let offset = findAttribute(packet, vendorSpecific); offset >= 0;) {
    const end = nextOffset(packet, offset)
    if (end - offset >= 8 && bytes.readUInt32BE(offset + 2) === vendorId && vendorBodyFits(bytes, offset + 6, end)) {
      for (let at = offset + 6; at < end; at += byteAt(bytes, at + 1)) {
        if (bytes[at] === vendorType && !visit(at + 2, at + byteAt(bytes, at + 1))) return
      }
    }
    offset = findAttribute(packet, vendorSpecific, end)
  }
}

/** Whether the octets are a row of attributes that ends exactly at `end`. */
function vendorBodyFits(bytes: Buffer, start: number, end: number): boolean {
  let at = start
  while (at + 1 < end) {
    const size = byteAt(bytes, at + 1)
    if (size < 2) return false
    at += size
  }
  return at === end
}

/** An octet known to exist; 0 past the end, which every caller has ruled out. */
function byteAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0
}
