// MS-CHAP: RFC 2433 (v1), RFC 2759 (v2), the RADIUS attributes of RFC 2548, MPPE keys of RFC 3079.

import { desEncrypt } from './des.ts'
import { equalOctets } from './equal.ts'
import { md4 } from './md4.ts'
import { sha1 } from './sha1.ts'

/** MS-CHAP-Response and MS-CHAP2-Response are of one length (RFC 2548 §2.1.3, §2.3.2). */
const responseOctets = 50
const backslash = 0x5c

/** MD4 of the password in UTF-16LE (RFC 2759 §8.3): what a server may keep instead of the password. */
export function ntHash(password: string): Buffer {
  return md4(Buffer.from(password, 'utf16le'))
}

/** RFC 2759 §8.2. A prepended domain (`DOMAIN\`) is not part of the hash. */
export function challengeHash(peerChallenge: Uint8Array, authChallenge: Uint8Array, userName: Uint8Array): Buffer {
  const name = userName.subarray(userName.lastIndexOf(backslash) + 1)
  return sha1(peerChallenge, authChallenge, name).subarray(0, 8)
}

/** The 24 octets that answer an 8-octet challenge (RFC 2759 §8.5). */
export function challengeResponse(challenge: Uint8Array, hash: Uint8Array): Buffer {
  const key = new Uint8Array(21)
  key.set(hash)
  const response = Buffer.allocUnsafe(24)
  for (let i = 0; i < 3; i++) desEncrypt(key, i * 7, challenge, response, i * 8)
  return response
}

/** NT-Response of MS-CHAPv2 (RFC 2759 §8.1). */
export function ntResponse(
  authChallenge: Uint8Array,
  peerChallenge: Uint8Array,
  userName: Uint8Array,
  hash: Uint8Array,
): Buffer {
  return challengeResponse(challengeHash(peerChallenge, authChallenge, userName), hash)
}

/**
 * Whether an MS-CHAP-Response (311/1) answers the 8-octet challenge. A response with only the LAN Manager half
 * is refused: that hash is broken.
 */
export function verifyMsChap1(response: Uint8Array, challenge: Uint8Array, hash: Uint8Array): boolean {
  if (response.length !== responseOctets || challenge.length !== 8 || response[1] !== 1) return false
  return equalOctets(response.subarray(26), challengeResponse(challenge, hash))
}

/** Whether an MS-CHAP2-Response (311/25) answers the 16-octet challenge. */
export function verifyMsChap2(
  response: Uint8Array,
  authChallenge: Uint8Array,
  userName: Uint8Array,
  hash: Uint8Array,
): boolean {
  if (response.length !== responseOctets || authChallenge.length !== 16) return false
  return equalOctets(response.subarray(26), ntResponse(authChallenge, response.subarray(2, 18), userName, hash))
}

const serverSigning = Buffer.from('Magic server to client signing constant')
const padIteration = Buffer.from('Pad to make it do more than one iteration')

/** The server's proof to the peer, `S=` and 40 hexadecimal digits (RFC 2759 §8.7). `response` is the whole MS-CHAP2-Response. */
export function authenticatorResponse(
  response: Uint8Array,
  authChallenge: Uint8Array,
  userName: Uint8Array,
  hash: Uint8Array,
): string {
  const digest = sha1(md4(hash), response.subarray(26, 50), serverSigning)
  const challenge = challengeHash(response.subarray(2, 18), authChallenge, userName)
  return `S=${sha1(digest, challenge, padIteration).toString('hex').toUpperCase()}`
}

/** Value of MS-CHAP2-Success (311/26): the response's Ident, then the proof. */
export function msChap2Success(
  response: Uint8Array,
  authChallenge: Uint8Array,
  userName: Uint8Array,
  hash: Uint8Array,
): Buffer {
  return Buffer.from(
    `${String.fromCharCode(response[0]!)}${authenticatorResponse(response, authChallenge, userName, hash)}`,
    'latin1',
  )
}

/** RFC 2759 §6, RFC 2433 §A. */
export const msChapErrors = {
  restrictedLogonHours: 646,
  accountDisabled: 647,
  passwordExpired: 648,
  noDialInPermission: 649,
  authenticationFailure: 691,
  changingPassword: 709,
} as const

/** Value of MS-CHAP-Error (311/2). `challenge`, for a retry, is 8 octets in version 1 and 16 in version 2 (`V=3`). */
export function msChapError(
  ident: number,
  error: { code: number; version: 2 | 3; retry?: boolean; challenge?: Uint8Array; message?: string },
): Buffer {
  const challenge =
    error.challenge === undefined ? '' : ` C=${Buffer.from(error.challenge).toString('hex').toUpperCase()}`
  const text = error.message === undefined ? '' : ` M=${error.message}`
  const line = `E=${error.code} R=${error.retry === true ? 1 : 0}${challenge} V=${error.version}${text}`
  return Buffer.concat([Uint8Array.of(ident), Buffer.from(line)])
}

const masterKeyMagic = Buffer.from('This is the MPPE Master Key')
const serverSends = Buffer.from('On the client side, this is the receive key; on the server side, it is the send key.')
const serverReceives = Buffer.from(
  'On the client side, this is the send key; on the server side, it is the receive key.',
)
const shaPad1 = Buffer.alloc(40)
const shaPad2 = Buffer.alloc(40, 0xf2)

/** RFC 3079 §3.4. */
export function mppeMasterKey(hash: Uint8Array, ntResponse: Uint8Array): Buffer {
  return sha1(md4(hash), ntResponse, masterKeyMagic).subarray(0, 16)
}

/**
 * The keys of MS-CHAPv2 as the server has them (RFC 3079 §3.3): `send` goes into MS-MPPE-Send-Key (311/16),
 * `receive` into MS-MPPE-Recv-Key (311/17). 16 octets serve 128 bits, 8 octets 40 and 56.
 */
export function mppeKeys(
  hash: Uint8Array,
  ntResponse: Uint8Array,
  keyOctets: 8 | 16 = 16,
): { send: Buffer; receive: Buffer } {
  const master = mppeMasterKey(hash, ntResponse)
  return {
    send: sha1(master, shaPad1, serverSends, shaPad2).subarray(0, keyOctets),
    receive: sha1(master, shaPad1, serverReceives, shaPad2).subarray(0, keyOctets),
  }
}

/**
 * Plain value of MS-CHAP-MPPE-Keys (311/12) for MS-CHAPv1: no LAN Manager key, the hash of the hash, padding
 * (RFC 2548 §2.4.1). Hide it as a User-Password.
 */
export function msChap1MppeKeys(hash: Uint8Array): Buffer {
  return Buffer.concat([Buffer.alloc(8), md4(hash)], 32)
}
