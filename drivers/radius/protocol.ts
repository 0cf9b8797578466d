// Numbers of the protocol: limits and packet codes.

export const headerOctets = 20
/** RFC 2865 §3. */
export const packetOctetsMax = 4096
/** RFC 2865 §5: one octet of Length counts the two of the header. */
export const valueOctetsMax = 253
/** RFC 2865 §5.26: four octets of Vendor-Id, two of the vendor's own header. */
export const vendorValueOctetsMax = 247
/** What a peer may make us echo; leaves room for our own attributes in a reply of 4096 octets. */
export const proxyStateOctetsMax = 3072

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
  disconnectAck: 41,
  disconnectNak: 42,
  coaRequest: 43,
  coaAck: 44,
  coaNak: 45,
  protocolError: 52,
} as const

/** RADIUS/1.1 (RFC 9765) has no MD5: inside TLS 1.3 nothing is hidden under the secret. The names are those of ALPN. */
export type RadiusVersion = 'radius/1.0' | 'radius/1.1'
