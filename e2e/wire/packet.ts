/**
 * RADIUS packets as octets, right or wrong as a case wants them, and replies held against the RFCs. Made with
 * node:crypto alone: nothing is shared with the product's codec, so a fault there cannot hide here.
 */
import { createHash, createHmac } from 'node:crypto'

export const codes = {
  accessRequest: 1,
  accessAccept: 2,
  accessReject: 3,
  accountingRequest: 4,
  accountingResponse: 5,
  accessChallenge: 11,
  statusServer: 12,
  statusClient: 13,
  disconnectRequest: 40,
  coaRequest: 43,
} as const

/** Attribute numbers by the RFCs' names. */
export const types = {
  userName: 1,
  userPassword: 2,
  chapPassword: 3,
  nasIpAddress: 4,
  nasPort: 5,
  serviceType: 6,
  framedProtocol: 7,
  framedIpAddress: 8,
  replyMessage: 18,
  state: 24,
  class: 25,
  vendorSpecific: 26,
  sessionTimeout: 27,
  calledStationId: 30,
  callingStationId: 31,
  nasIdentifier: 32,
  proxyState: 33,
  acctStatusType: 40,
  acctDelayTime: 41,
  acctInputOctets: 42,
  acctOutputOctets: 43,
  acctSessionId: 44,
  acctSessionTime: 46,
  acctTerminateCause: 49,
  acctInputGigawords: 52,
  acctOutputGigawords: 53,
  eventTimestamp: 55,
  chapChallenge: 60,
  nasPortType: 61,
  tunnelType: 64,
  tunnelMediumType: 65,
  eapMessage: 79,
  messageAuthenticator: 80,
  tunnelPrivateGroupId: 81,
  acctInterimInterval: 85,
  chargeableUserIdentity: 89,
} as const

export const HEADER_OCTETS = 20

/** Where the Message-Authenticator goes; it is filled in when the packet is whole. */
export const signature = Symbol('Message-Authenticator')

/** What a part may need to know of the packet it goes into. */
export type Context = { readonly secret: string; readonly authenticator: Buffer }
export type Part = Buffer | typeof signature | ((context: Context) => Buffer)

export type Draft = {
  readonly code: number
  readonly parts: readonly Part[]
  /** Under what it is signed and hidden, when not under its sender's own. */
  readonly secret?: string
  /** Random, or computed for accounting, unless a case wants another. */
  readonly authenticator?: Buffer
  readonly id?: number
  /** What the header says, when it is to lie. */
  readonly length?: number
  /** Octets behind the packet in the same datagram. */
  readonly tail?: Buffer
}

export const octets = (value: string | number | Uint8Array): Buffer => {
  if (typeof value === 'string') return Buffer.from(value)
  if (typeof value !== 'number') return Buffer.from(value)
  const four = Buffer.alloc(4)
  four.writeUInt32BE(value)
  return four
}

/** An attribute; a number is four octets. */
export const attr = (type: number, value: string | number | Uint8Array): Buffer => {
  const body = octets(value)
  if (body.length > 253) throw new RangeError(`attribute ${type} of ${body.length} octets`)
  return lying(type, body.length + 2, body)
}

/** The same with any length octet, true or not. */
export const lying = (type: number, length: number, value: string | number | Uint8Array): Buffer =>
  Buffer.concat([Uint8Array.of(type, length), octets(value)])

/** A Vendor-Specific attribute around any octets: `attr` makes the vendor's own. */
export const vendor = (id: number, ...inside: Uint8Array[]): Buffer =>
  attr(types.vendorSpecific, Buffer.concat([octets(id), ...inside]))

export const ipv4 = (address: string): Buffer => Buffer.from(address.split('.').map(Number))

export const md5 = (...pieces: Uint8Array[]): Buffer => createHash('md5').update(Buffer.concat(pieces)).digest()
const hmac = (secret: string, bytes: Uint8Array): Buffer => createHmac('md5', secret).update(bytes).digest()

const hasHashedAuthenticator = (code: number): boolean =>
  code === codes.accountingRequest || code === codes.disconnectRequest || code === codes.coaRequest

/** The octets of a packet: RFC 2865 §3, RFC 2866 §3, RFC 3579 §3.2. */
export function build(draft: Draft & { readonly secret: string; readonly id: number }, random: Buffer): Buffer {
  const { code, parts, secret, id } = draft
  const hashed = hasHashedAuthenticator(code)
  const authenticator = hashed ? Buffer.alloc(16) : (draft.authenticator ?? random)
  const pieces: Buffer[] = [Buffer.of(code, id, 0, 0), authenticator]
  const signatures: number[] = []
  let length = HEADER_OCTETS
  for (const part of parts) {
    if (part === signature) signatures.push(length + 2)
    const piece =
      part === signature
        ? attr(80, Buffer.alloc(16))
        : typeof part === 'function'
          ? part({ secret, authenticator })
          : part
    pieces.push(piece)
    length += piece.length
  }
  const packet = Buffer.concat(pieces)
  packet.writeUInt16BE(draft.length ?? length, 2)
  const signed = hmac(secret, packet)
  for (const at of signatures) signed.copy(packet, at)
  if (hashed) (draft.authenticator ?? md5(packet, Buffer.from(secret))).copy(packet, 4)
  return draft.tail === undefined ? packet : Buffer.concat([packet, draft.tail])
}

export type Attribute = { readonly type: number; readonly value: Buffer }
export type Reply = {
  readonly code: number
  readonly bytes: Buffer
  readonly attributes: readonly Attribute[]
  /** The authenticator of the request: what hides keys in the reply. */
  readonly requestAuthenticator: Buffer
}

const readAttributes = (bytes: Buffer): Attribute[] => {
  const found: Attribute[] = []
  for (let at = HEADER_OCTETS; at < bytes.length;) {
    const length = bytes[at + 1] ?? 0
    if (length < 2 || at + length > bytes.length)
      throw new Error(`attribute length ${length} at octet ${at} of a reply`)
    // RFC 2865 §5: nothing empty is sent; a Proxy-State is what somebody else sent.
    if (length === 2 && bytes[at] !== types.proxyState) throw new Error(`attribute ${bytes[at]} of a reply is empty`)
    found.push({ type: bytes[at]!, value: bytes.subarray(at + 2, at + length) })
    at += length
  }
  return found
}

/** The same octets with the Message-Authenticator's 16 as zeros, under the request's authenticator. */
const unsigned = (bytes: Buffer, at: number, requestAuthenticator: Buffer): Buffer => {
  const copy = Buffer.from(bytes)
  requestAuthenticator.copy(copy, 4)
  return copy.fill(0, at, at + 16)
}

/**
 * Reads a reply and holds it against its request; throws with what is wrong. `signedFirst` asks for what closes
 * CVE-2024-3596: a Message-Authenticator, and as the first attribute.
 */
export function readReply(bytes: Buffer, request: Buffer, secret: string, signedFirst: boolean): Reply {
  if (bytes.length < HEADER_OCTETS) throw new Error(`a reply of ${bytes.length} octets`)
  if (bytes.length > 4096) throw new Error(`a reply of ${bytes.length} octets is over 4096`)
  if (bytes.readUInt16BE(2) !== bytes.length) throw new Error('the Length of a reply is not that of its datagram')
  if (bytes[1] !== request[1]) throw new Error('the Identifier of a reply is not that of its request')
  const requestAuthenticator = Buffer.from(request.subarray(4, HEADER_OCTETS))
  const under = Buffer.concat([bytes.subarray(0, 4), requestAuthenticator, bytes.subarray(HEADER_OCTETS)])
  if (!md5(under, Buffer.from(secret)).equals(bytes.subarray(4, HEADER_OCTETS)))
    throw new Error('the Response Authenticator does not verify')
  const attributes = readAttributes(bytes)
  const places = attributes.flatMap(({ type }, place) => (type === types.messageAuthenticator ? [place] : []))
  if (places.length > 1) throw new Error('a reply has two Message-Authenticators')
  const signedAt = places[0]
  if (signedFirst && signedAt !== 0) throw new Error('a reply has no Message-Authenticator as its first attribute')
  if (signedAt !== undefined) {
    const { value } = attributes[signedAt]!
    const at = value.byteOffset - bytes.byteOffset
    if (value.length !== 16 || !hmac(secret, unsigned(bytes, at, requestAuthenticator)).equals(value))
      throw new Error('the Message-Authenticator of a reply does not verify')
  }
  return { code: bytes[0]!, bytes, attributes, requestAuthenticator }
}

export const valuesOf = (reply: Reply, type: number): Buffer[] =>
  reply.attributes.flatMap((one) => (one.type === type ? [one.value] : []))

export const valueOf = (reply: Reply, type: number): Buffer | undefined => valuesOf(reply, type)[0]

export const textOf = (reply: Reply, type: number): string | undefined => valueOf(reply, type)?.toString('utf8')

/** A vendor's value; every Vendor-Specific of that vendor must be a row of whole sub-attributes. */
export function vendorValueOf(reply: Reply, vendorId: number, vendorType: number): Buffer | undefined {
  for (const value of valuesOf(reply, types.vendorSpecific)) {
    if (value.readUInt32BE() !== vendorId) continue
    for (let at = 4; at < value.length;) {
      const length = value[at + 1] ?? 0
      if (length < 2 || at + length > value.length) throw new Error('a vendor attribute of a reply is malformed')
      if (value[at] === vendorType) return value.subarray(at + 2, at + length)
      at += length
    }
  }
  return undefined
}
