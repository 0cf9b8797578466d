// Who sent a packet, and whether it arrived as sent: RFC 2865 §3, RFC 2866 §3, RFC 3579 §3.2, RFC 5176 §3.4.

import { hashMessage, hmacMessage, message } from './crypto/md5.ts'
import type { PreparedSecret } from './crypto/secret.ts'
import { codes, findAttribute, headerOctets, nextOffset, packetOctetsMax, type Packet } from './packet.ts'
import { copyProxyStates, proxyStateOctets } from './proxy-state.ts'
import type { AttributeWriter } from './writer.ts'

export { prepareSecret, type PreparedSecret } from './crypto/secret.ts'

export type RequestVerdict = 'ok' | 'bad-authenticator' | 'bad-message-authenticator'
export type ReplyVerdict = RequestVerdict | 'wrong-identifier' | 'message-authenticator-missing'

const eapMessage = 79
const messageAuthenticator = 80
const messageAuthenticatorOctets = 18
const authenticatorOctets = 16

const expected = new Uint8Array(authenticatorOctets)

/** Whether the Request Authenticator is a keyed hash over the packet, and not random. */
function hasHashedAuthenticator(code: number): boolean {
  return code === codes.accountingRequest || code === codes.disconnectRequest || code === codes.coaRequest
}

export function hasMessageAuthenticator(packet: Packet): boolean {
  return findAttribute(packet, messageAuthenticator) >= 0
}

/**
 * Verifies a request by its code. A Message-Authenticator is verified wherever it stands; two of them, or one
 * of another length, is a bad one. Whether one must be there is the caller's policy (EAP and Status-Server
 * demand it: RFC 3579 §3.1, RFC 5997 §3). Anything but 'ok' is dropped without an answer.
 */
export function verifyRequest(packet: Packet, secret: PreparedSecret): RequestVerdict {
  const hashed = hasHashedAuthenticator(packet.code)
  if (hashed && !authenticatorMatches(packet, secret, zeros)) return 'bad-authenticator'
  const at = findAttribute(packet, messageAuthenticator)
  if (at < 0 || messageAuthenticatorMatches(packet, at, secret, hashed ? zeros : packet.bytes)) return 'ok'
  return 'bad-message-authenticator'
}

/**
 * Verifies a reply against the request it answers. `requireMessageAuthenticator` closes CVE-2024-3596 for
 * replies to Access-Request and Status-Server; an EAP-Message asks for it in any case.
 */
export function verifyReply(
  reply: Packet,
  request: Packet,
  secret: PreparedSecret,
  { requireMessageAuthenticator = false }: { requireMessageAuthenticator?: boolean } = {},
): ReplyVerdict {
  if (reply.id !== request.id) return 'wrong-identifier'
  if (!authenticatorMatches(reply, secret, request.bytes)) return 'bad-authenticator'
  const at = findAttribute(reply, messageAuthenticator)
  if (at >= 0) {
    return messageAuthenticatorMatches(reply, at, secret, request.bytes) ? 'ok' : 'bad-message-authenticator'
  }
  const required = requireMessageAuthenticator || findAttribute(reply, eapMessage) >= 0
  return required ? 'message-authenticator-missing' : 'ok'
}

/** The authenticator a packet is sent with until its own is computed: 16 zeros (RFC 2866 §3, RFC 5176 §3.4). */
const zeros = new Uint8Array(headerOctets)

/** `vector` is the packet whose authenticator field enters the hash. */
function authenticatorMatches(packet: Packet, secret: PreparedSecret, vector: Uint8Array): boolean {
  placeMessage(packet.bytes, vector)
  const length = packet.bytes.length
  message.set(secret.octets, length)
  hashMessage(length + secret.octets.length, expected, 0)
  return equalAt(packet.bytes, 4)
}

/** As above; `at` is the offset of the attribute to verify. */
function messageAuthenticatorMatches(packet: Packet, at: number, secret: PreparedSecret, vector: Uint8Array): boolean {
  const { bytes } = packet
  if (bytes[at + 1] !== messageAuthenticatorOctets) return false
  if (findAttribute(packet, messageAuthenticator, nextOffset(packet, at)) >= 0) return false
  placeMessage(bytes, vector)
  message.fill(0, at + 2, at + messageAuthenticatorOctets)
  hmacMessage(secret.hmac, bytes.length, expected, 0)
  return equalAt(bytes, at + 2)
}

/** Copies the packet into the hashing block with the authenticator field of `vector`. */
function placeMessage(bytes: Uint8Array, vector: Uint8Array): void {
  message.set(bytes)
  for (let i = 4; i < headerOctets; i++) message[i] = vector[i]!
}

/** Compares with `expected` in constant time, without a view for it. */
function equalAt(bytes: Uint8Array, offset: number): boolean {
  let difference = 0
  for (let i = 0; i < authenticatorOctets; i++) difference |= bytes[offset + i]! ^ expected[i]!
  return difference === 0
}

export type ReplyParts = {
  readonly code: number
  readonly request: Packet
  readonly secret: PreparedSecret
  readonly attributes?: Uint8Array | AttributeWriter
  readonly messageAuthenticator?: boolean
}

/**
 * Encodes a reply: Message-Authenticator first, the attributes, then the request's Proxy-States in their
 * order. By default a Message-Authenticator goes into every reply to an Access-Request or Status-Server (the
 * server's part against CVE-2024-3596) and into any reply whose request had one. One that stands among the
 * attributes is filled in there instead. Throws a RangeError over 4096 octets.
 */
export function encodeReply({ code, request, secret, attributes, messageAuthenticator: wanted }: ReplyParts): Buffer {
  const asked =
    request.code === codes.accessRequest || request.code === codes.statusServer || hasMessageAuthenticator(request)
  const draft = layOut(code, request.id, attributes, wanted ?? asked, request)
  const { bytes } = draft
  bytes.set(request.bytes.subarray(4, headerOctets), 4)
  signMessageAuthenticator(draft, secret)
  signAuthenticator(bytes, secret)
  return bytes
}

export type RequestParts = {
  readonly code: number
  readonly id: number
  readonly secret: PreparedSecret
  readonly attributes?: Uint8Array | AttributeWriter
  readonly requestAuthenticator?: Uint8Array
  readonly messageAuthenticator?: boolean
}

/**
 * Encodes a request. Access-Request and Status-Server want 16 random octets as `requestAuthenticator` and
 * carry a Message-Authenticator first unless told otherwise; accounting, CoA and Disconnect compute their
 * authenticator and carry one only when asked to. One that stands among the attributes is filled in there.
 */
export function encodeRequest(parts: RequestParts): Buffer {
  const { code, id, secret, attributes, requestAuthenticator } = parts
  const hashed = hasHashedAuthenticator(code)
  if (!hashed && requestAuthenticator?.length !== authenticatorOctets) {
    throw new RangeError('this request wants a random authenticator of 16 octets')
  }
  const draft = layOut(code, id, attributes, parts.messageAuthenticator ?? !hashed)
  const { bytes } = draft
  bytes.set(hashed || requestAuthenticator === undefined ? zeros.subarray(4) : requestAuthenticator, 4)
  signMessageAuthenticator(draft, secret)
  if (hashed) signAuthenticator(bytes, secret)
  return bytes
}

/** A packet without its hashes; `at` is the offset of its Message-Authenticator, -1 when it has none. */
type Draft = { readonly bytes: Buffer; readonly at: number }

function layOut(
  code: number,
  id: number,
  attributes: Uint8Array | AttributeWriter = zeros.subarray(0, 0),
  messageAuthenticatorWanted: boolean,
  proxied?: Packet,
): Draft {
  const raw = attributes instanceof Uint8Array ? attributes : attributes.bytes
  const placed = placedMessageAuthenticator(raw)
  const added = messageAuthenticatorWanted && placed < 0 ? messageAuthenticatorOctets : 0
  const length = headerOctets + added + raw.length + (proxied === undefined ? 0 : proxyStateOctets(proxied))
  if (length > packetOctetsMax) throw new RangeError(`a packet of ${length} octets is over ${packetOctetsMax}`)
  const bytes = Buffer.allocUnsafe(length)
  bytes[0] = code
  bytes[1] = id
  bytes[2] = length >>> 8
  bytes[3] = length
  if (added > 0) {
    bytes[headerOctets] = messageAuthenticator
    bytes[headerOctets + 1] = messageAuthenticatorOctets
  }
  bytes.set(raw, headerOctets + added)
  if (proxied !== undefined) copyProxyStates(proxied, bytes, headerOctets + added + raw.length)
  return { bytes, at: added > 0 ? headerOctets : placed < 0 ? -1 : headerOctets + placed }
}

function placedMessageAuthenticator(raw: Uint8Array): number {
  for (let at = 0; at + 1 < raw.length; at += Math.max(raw[at + 1]!, 2)) {
    if (raw[at] === messageAuthenticator && raw[at + 1] === messageAuthenticatorOctets) return at
  }
  return -1
}

function signMessageAuthenticator({ bytes, at }: Draft, secret: PreparedSecret): void {
  if (at < 0) return
  bytes.fill(0, at + 2, at + messageAuthenticatorOctets)
  message.set(bytes)
  hmacMessage(secret.hmac, bytes.length, bytes, at + 2)
}

/** MD5 over the packet and the secret, into the authenticator field. */
function signAuthenticator(bytes: Buffer, secret: PreparedSecret): void {
  message.set(bytes)
  message.set(secret.octets, bytes.length)
  hashMessage(bytes.length + secret.octets.length, bytes, 4)
}
