/** EAP packets (RFC 3748 §4): Code(1) Identifier(1) Length(2), then Type(1) and data in requests and responses. */
export const eapCode = { request: 1, response: 2, success: 3, failure: 4 } as const

export const eapType = {
  identity: 1,
  notification: 2,
  nak: 3,
  md5: 4,
  gtc: 6,
  tls: 13,
  ttls: 21,
  peap: 25,
  mschapv2: 26,
  extensions: 33,
} as const

export type EapPacket = {
  readonly code: number
  readonly id: number
  /** 0 in Success and Failure, which have none. */
  readonly type: number
  /** What follows the type: a view of the input. */
  readonly data: Buffer
}

export type EapFault = 'short' | 'length' | 'code'

export const EAP_HEADER_BYTES = 4
const LENGTH_MAX = 0xffff

/** Reads one packet. Octets past its Length are padding and ignored (RFC 3748 §4.1). */
export function parseEap(bytes: Buffer): EapPacket | EapFault {
  if (bytes.length < EAP_HEADER_BYTES) return 'short'
  const code = bytes.readUInt8(0)
  const length = bytes.readUInt16BE(2)
  if (length > bytes.length || length < EAP_HEADER_BYTES) return 'length'
  const typed = code === eapCode.request || code === eapCode.response
  if (!typed && code !== eapCode.success && code !== eapCode.failure) return 'code'
  if (typed ? length === EAP_HEADER_BYTES : length !== EAP_HEADER_BYTES) return 'length'
  const id = bytes.readUInt8(1)
  if (!typed) return { code, id, type: 0, data: bytes.subarray(0, 0) }
  return { code, id, type: bytes.readUInt8(EAP_HEADER_BYTES), data: bytes.subarray(EAP_HEADER_BYTES + 1, length) }
}

/** A Request or Response. Throws RangeError when it does not fit in a Length. */
export function encodeEap(code: 1 | 2, id: number, type: number, data: Uint8Array): Buffer {
  const length = EAP_HEADER_BYTES + 1 + data.length
  if (length > LENGTH_MAX) throw new RangeError(`EAP packet of ${length} octets`)
  const packet = Buffer.allocUnsafe(length)
  packet.writeUInt8(code, 0)
  packet.writeUInt8(id, 1)
  packet.writeUInt16BE(length, 2)
  packet.writeUInt8(type, EAP_HEADER_BYTES)
  packet.set(data, EAP_HEADER_BYTES + 1)
  return packet
}

export const encodeSuccess = (id: number): Buffer => Buffer.from([eapCode.success, id, 0, EAP_HEADER_BYTES])
export const encodeFailure = (id: number): Buffer => Buffer.from([eapCode.failure, id, 0, EAP_HEADER_BYTES])
