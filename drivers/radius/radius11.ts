// RADIUS/1.1 (RFC 9765): the packet inside TLS 1.3 under the ALPN name radius/1.1. A Token takes the place of
// Identifier and authenticators, and a Message-Authenticator is neither sent nor looked at. Passwords and keys
// go in clear: give 'radius/1.1' to the functions of crypto/password.ts.

import { headerOctets, packetOctetsMax, parsePacket, type Packet, type PacketFault } from './packet.ts'
import { copyProxyStates, proxyStateOctets } from './proxy-state.ts'
import type { AttributeWriter } from './writer.ts'

/** `token` ties a reply to its request within one connection; `id` is always 0. */
export type Packet11 = Packet & { readonly token: number }

const messageAuthenticator = 80
const tokenOffset = 4
const none = new Uint8Array(0)

/** Reads one framed packet. The reserved octets are ignored (RFC 9765). */
export function parsePacket11(frame: Buffer, max = packetOctetsMax): Packet11 | PacketFault {
  const packet = parsePacket(frame, max)
  if (typeof packet === 'string') return packet
  return { bytes: packet.bytes, code: packet.code, id: 0, token: packet.bytes.readUInt32BE(tokenOffset) }
}

/** Encodes a request; `token` is unique among those outstanding on the connection (RFC 9765). */
export function encodeRequest11(parts: {
  readonly code: number
  readonly token: number
  readonly attributes?: Uint8Array | AttributeWriter
}): Buffer {
  return encode(parts.code, parts.token, parts.attributes ?? none)
}

/** Encodes a reply with the request's Token, and its Proxy-States at the end. */
export function encodeReply11(parts: {
  readonly code: number
  readonly request: Packet
  readonly attributes?: Uint8Array | AttributeWriter
}): Buffer {
  return encode(parts.code, parts.request.bytes.readUInt32BE(tokenOffset), parts.attributes ?? none, parts.request)
}

function encode(code: number, token: number, attributes: Uint8Array | AttributeWriter, proxied?: Packet): Buffer {
  const raw = withoutMessageAuthenticator(attributes instanceof Uint8Array ? attributes : attributes.bytes)
  const length = headerOctets + raw.length + (proxied === undefined ? 0 : proxyStateOctets(proxied))
  if (length > packetOctetsMax) throw new RangeError(`a packet of ${length} octets is over ${packetOctetsMax}`)
  const bytes = Buffer.alloc(length)
  bytes.writeUInt8(code, 0)
  bytes.writeUInt16BE(length, 2)
  bytes.writeUInt32BE(token, tokenOffset)
  bytes.set(raw, headerOctets)
  if (proxied !== undefined) copyProxyStates(proxied, bytes, headerOctets + raw.length)
  return bytes
}

/** Policy code writes one set of attributes for both versions; here it must not be sent (RFC 9765). */
function withoutMessageAuthenticator(raw: Uint8Array): Uint8Array {
  for (let at = 0; at + 1 < raw.length; at += Math.max(raw[at + 1]!, 2)) {
    if (raw[at] !== messageAuthenticator) continue
    const rest = withoutMessageAuthenticator(raw.subarray(at + raw[at + 1]!))
    return Buffer.concat([raw.subarray(0, at), rest])
  }
  return raw
}
