/** Diameter AVPs as TTLS carries them (RFC 5281 §10.1): code(4) flags(1) length(3) [vendor(4)] data, padded to 4. */
export type Avp = {
  readonly code: number
  /** 0: no vendor. */
  readonly vendor: number
  /** A view of the input. */
  readonly data: Buffer
}

export const MICROSOFT = 311

/** Codes below 256 are RADIUS attributes; with Microsoft's vendor id they are those of RFC 2548. */
export const avpCode = {
  userName: 1,
  userPassword: 2,
  chapPassword: 3,
  chapChallenge: 60,
  eapMessage: 79,
  msChapResponse: 1,
  msChapChallenge: 11,
  msChap2Response: 25,
  msChap2Success: 26,
} as const

const VENDOR = 0x80
const MANDATORY = 0x40
const HEADER_BYTES = 8
const AVPS_MAX = 64

const padded = (length: number): number => (length + 3) & ~3

/** Undefined when a header or length is wrong, padding is missing anywhere but at the end, or there are too many. */
export function decodeAvps(bytes: Buffer): Avp[] | undefined {
  const avps: Avp[] = []
  let offset = 0
  while (offset < bytes.length) {
    if (bytes.length - offset < HEADER_BYTES || avps.length === AVPS_MAX) return undefined
    const hasVendor = (bytes.readUInt8(offset + 4) & VENDOR) !== 0
    const length = bytes.readUIntBE(offset + 5, 3)
    const headerBytes = hasVendor ? HEADER_BYTES + 4 : HEADER_BYTES
    if (length < headerBytes || length > bytes.length - offset) return undefined
    avps.push({
      code: bytes.readUInt32BE(offset),
      vendor: hasVendor ? bytes.readUInt32BE(offset + HEADER_BYTES) : 0,
      data: bytes.subarray(offset + headerBytes, offset + length),
    })
    offset += padded(length)
  }
  return avps
}

/** Every AVP is mandatory: a peer that does not understand it cannot go on. */
export function encodeAvp({ code, vendor, data }: Avp): Buffer {
  const headerBytes = vendor === 0 ? HEADER_BYTES : HEADER_BYTES + 4
  const avp = Buffer.alloc(padded(headerBytes + data.length))
  avp.writeUInt32BE(code, 0)
  avp.writeUIntBE(headerBytes + data.length, 5, 3)
  avp.writeUInt8(vendor === 0 ? MANDATORY : MANDATORY | VENDOR, 4)
  if (vendor !== 0) avp.writeUInt32BE(vendor, HEADER_BYTES)
  avp.set(data, headerBytes)
  return avp
}
