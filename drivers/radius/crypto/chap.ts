import { equalOctets } from './equal.ts'
import { md5 } from './md5.ts'

const valueOctets = 17

/** CHAP-Password: identifier, then MD5(identifier ‖ password ‖ challenge) (RFC 2865 §5.3, RFC 1994 §4.1). */
export function chapPassword(identifier: number, password: Uint8Array, challenge: Uint8Array): Buffer {
  const id = Uint8Array.of(identifier)
  return Buffer.concat([id, md5(id, password, challenge)], valueOctets)
}

/** Whether a CHAP-Password answers the challenge: CHAP-Challenge (60) where there is one, else the authenticator. */
export function verifyChap(value: Uint8Array, password: Uint8Array, challenge: Uint8Array): boolean {
  if (value.length !== valueOctets) return false
  return equalOctets(value.subarray(1), md5(value.subarray(0, 1), password, challenge))
}
