/** How a login proves itself without EAP, and whether the proof is right. RFC 2865 §5.2-5.3, RFC 2548 §2, RFC 2759. */
import {
  attribute,
  attributes,
  authenticator,
  equalOctets,
  findAttribute,
  mppeKeys,
  msChap1MppeKeys,
  msChap2Success,
  msChapError,
  msChapErrors,
  nextOffset,
  ntHash,
  revealPassword,
  uint32,
  vendorAttribute,
  verifyChap,
  verifyMsChap1,
  verifyMsChap2,
  type AttributeWriter,
  type Packet,
  type PreparedSecret,
  type RadiusVersion,
} from '@lango/drivers/radius'

const SERVICE_TYPE = attributes['Service-Type'].number
const USER_PASSWORD = attributes['User-Password'].number
const CHAP_PASSWORD = attributes['CHAP-Password'].number
const CHAP_CHALLENGE = attributes['CHAP-Challenge'].number
/** RFC 2865 §5.40. */
const CHAP_CHALLENGE_OCTETS_MIN = 5
const CALL_CHECK = 10
const MICROSOFT = 311

export type Proof =
  | { readonly method: 'pap'; readonly password: Buffer }
  | { readonly method: 'chap'; readonly response: Buffer; readonly challenge: Buffer }
  | { readonly method: 'mschapv1' | 'mschapv2'; readonly response: Buffer; readonly challenge: Buffer }
  | { readonly method: 'unknown' }

/** The proof a request carries; `version` because RADIUS/1.1 sends passwords in clear inside TLS (RFC 9765 §5.1). */
export const readProof = (packet: Packet, secret: PreparedSecret, version: RadiusVersion): Proof => {
  const hidden = attribute(packet, USER_PASSWORD)
  if (hidden) {
    if (hasSecondPassword(packet)) return { method: 'unknown' }
    const password = revealPassword(hidden, authenticator(packet), secret, version)
    return password ? { method: 'pap', password } : { method: 'unknown' }
  }
  const chap = attribute(packet, CHAP_PASSWORD)
  if (chap) return readChap(packet, chap, version)
  const challenge = vendorAttribute(packet, MICROSOFT, 11)
  if (!challenge) return { method: 'unknown' }
  const v2 = vendorAttribute(packet, MICROSOFT, 25)
  if (v2) return { method: 'mschapv2', response: v2, challenge }
  const v1 = vendorAttribute(packet, MICROSOFT, 1)
  return v1 ? { method: 'mschapv1', response: v1, challenge } : { method: 'unknown' }
}

/** RFC 2865 §4.1 and §5.44: one password, and never CHAP beside it. Of two nobody could say which counts. */
const hasSecondPassword = (packet: Packet): boolean =>
  findAttribute(packet, CHAP_PASSWORD) >= 0 || isTwice(packet, USER_PASSWORD)

const isTwice = (packet: Packet, type: number): boolean =>
  findAttribute(packet, type, nextOffset(packet, findAttribute(packet, type))) >= 0

/** A challenge of next to nothing would make one recorded response good for ever. */
const readChap = (packet: Packet, response: Buffer, version: RadiusVersion): Proof => {
  // RADIUS/1.1 has no random authenticator to stand in for a challenge (RFC 9765 §5.1).
  const challenge = attribute(packet, CHAP_CHALLENGE) ?? (version === 'radius/1.0' ? authenticator(packet) : undefined)
  if (challenge === undefined || challenge.length < CHAP_CHALLENGE_OCTETS_MIN) return { method: 'unknown' }
  return isTwice(packet, CHAP_PASSWORD) ? { method: 'unknown' } : { method: 'chap', response, challenge }
}

/**
 * Whether the proof shows the password. `userName` are the octets of User-Name: MS-CHAPv2 hashes what the client sent.
 */
export const isProven = (proof: Proof, password: string, userName: Buffer): boolean => {
  switch (proof.method) {
    case 'pap':
      return equalOctets(proof.password, Buffer.from(password))
    case 'chap':
      return verifyChap(proof.response, Buffer.from(password), proof.challenge)
    case 'mschapv1':
      return verifyMsChap1(proof.response, proof.challenge, ntHash(password))
    case 'mschapv2':
      return verifyMsChap2(proof.response, proof.challenge, userName, ntHash(password))
    default:
      return false
  }
}

/** Microsoft's encryption is allowed, not demanded; 128 and 40 bits (RFC 2548 §2.4.4-2.4.5). */
const MPPE_POLICY_ALLOWED = 1
const MPPE_TYPES_128_40 = 6

/** How the keys of one reply are hidden under its client's secret (RFC 2548 §2.4.1-2.4.3). */
export type KeyHiding = { readonly salted: (key: Buffer) => Buffer; readonly asPassword: (keys: Buffer) => Buffer }

/** What an Accept adds for the method: the server's own proof and the keys of the link. */
export const proofAttributes = (
  writer: AttributeWriter,
  proof: Proof,
  password: string,
  userName: Buffer,
  hide: KeyHiding,
): void => {
  if (proof.method === 'mschapv1') {
    writer.vendor(MICROSOFT, 12, hide.asPassword(msChap1MppeKeys(ntHash(password))))
    writer.vendor(MICROSOFT, 7, MPPE_POLICY_ALLOWED).vendor(MICROSOFT, 8, MPPE_TYPES_128_40)
  }
  if (proof.method !== 'mschapv2') return
  const hash = ntHash(password)
  const { response, challenge } = proof
  const keys = mppeKeys(hash, response.subarray(26, 50))
  writer
    .vendor(MICROSOFT, 26, msChap2Success(response, challenge, userName, hash))
    .vendor(MICROSOFT, 16, hide.salted(keys.send))
    .vendor(MICROSOFT, 17, hide.salted(keys.receive))
    .vendor(MICROSOFT, 7, MPPE_POLICY_ALLOWED)
    .vendor(MICROSOFT, 8, MPPE_TYPES_128_40)
}

/** What a Reject adds: MS-CHAP clients wait for the reason in their own words (RFC 2759 §6). */
export const refusalAttributes = (writer: AttributeWriter, proof: Proof, suspended: boolean): void => {
  if (proof.method !== 'mschapv1' && proof.method !== 'mschapv2') return
  const code = suspended ? msChapErrors.accountDisabled : msChapErrors.authenticationFailure
  const version = proof.method === 'mschapv2' ? 3 : 2
  writer.vendor(MICROSOFT, 2, msChapError(proof.response[0] ?? 0, { code, version }))
}

/**
 * A login by device address: the router says whose device it is (Service-Type Call-Check), or repeats the address as
 * name and password, or sends an empty password (DHCP). Anyone who can copy an address can do this; it is a
 * convenience for devices without a keyboard, and only grants made for it accept it.
 */
export const isDeviceProof = (proof: Proof, packet: Packet, userName: string): boolean => {
  if (uint32(packet, SERVICE_TYPE) === CALL_CHECK) return true
  if (proof.method === 'pap') return proof.password.length === 0 || proof.password.equals(Buffer.from(userName))
  return proof.method !== 'unknown' && isProven(proof, userName, Buffer.from(userName))
}
