/** How a NAS proves a password: PAP, CHAP, MS-CHAP. RFC 2865 §5.2-5.3, RFC 2433, RFC 2548, RFC 2759. */
import { createCipheriv, createHash } from 'node:crypto'
// OpenSSL 3 has no MD4; this one primitive is the product's, held there against RFC 1320's own vectors.
import { md4 } from '../../drivers/radius/crypto/md4.ts'
import { attr, md5, octets, types, vendor, type Context } from './packet.ts'

export const MICROSOFT = 311

const xorChain = (plain: Buffer, { secret, authenticator }: Context): Buffer => {
  const hidden = Buffer.from(plain)
  let vector: Buffer = authenticator
  for (let at = 0; at < hidden.length; at += 16) {
    const pad = md5(Buffer.from(secret), vector)
    for (let i = 0; i < 16; i++) hidden[at + i]! ^= pad[i]!
    vector = hidden.subarray(at, at + 16)
  }
  return hidden
}

/** User-Password; `size` pads to more octets than the password needs. */
export const pap =
  (password: string | Uint8Array, size = 0) =>
  (context: Context): Buffer => {
    const plain = octets(password)
    const padded = Buffer.alloc(Math.max(16, Math.ceil(plain.length / 16) * 16, size))
    plain.copy(padded)
    return attr(types.userPassword, xorChain(padded, context))
  }

/** CHAP-Password over the Request Authenticator, or over a challenge that goes into an attribute of its own. */
export const chap =
  (password: string, challenge?: Uint8Array, ident = 0x16) =>
  ({ authenticator }: Context): Buffer => {
    const id = Buffer.of(ident)
    const answer = md5(id, Buffer.from(password), challenge ?? authenticator)
    return attr(types.chapPassword, Buffer.concat([id, answer]))
  }

export const chapChallenge = (challenge: Uint8Array): Buffer => attr(types.chapChallenge, challenge)

export const ntHash = (password: string): Buffer => md4(Buffer.from(password, 'utf16le'))

const sha1 = (...pieces: Uint8Array[]): Buffer => createHash('sha1').update(Buffer.concat(pieces)).digest()

/** Seven octets of key and a bit of parity after each seven bits; parity is not looked at. */
const desKey = (seven: Buffer): Buffer => {
  const bits = BigInt(`0x${seven.toString('hex')}`)
  return Buffer.from(Array.from({ length: 8 }, (_, i) => Number((bits >> BigInt(49 - 7 * i)) & 127n) << 1))
}

/** Three DES encryptions under the hash and zeros (RFC 2759 §8.5); K‖K‖K in three-key DES is single DES. */
const challengeResponse = (challenge: Buffer, hash: Buffer): Buffer => {
  const keys = Buffer.concat([hash, Buffer.alloc(5)])
  const parts = [0, 7, 14].map((at) => {
    const key = desKey(keys.subarray(at, at + 7))
    const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null).setAutoPadding(false)
    return Buffer.concat([cipher.update(challenge), cipher.final()])
  })
  return Buffer.concat(parts)
}

export type MsChap2 = {
  readonly user: string | Uint8Array
  readonly password: string
  readonly challenge: Buffer
  readonly peerChallenge: Buffer
  readonly ident?: number
}

const challengeHash = ({ user, challenge, peerChallenge }: MsChap2): Buffer =>
  sha1(peerChallenge, challenge, octets(user)).subarray(0, 8)

/** The 24 octets of RFC 2759 §8.1. */
export const ntResponse = (exchange: MsChap2): Buffer =>
  challengeResponse(challengeHash(exchange), ntHash(exchange.password))

/** MS-CHAP2-Response: Ident, Flags, the peer's challenge, 8 zeros, the NT-Response (RFC 2548 §2.3.2). */
export const msChap2Value = (exchange: MsChap2, response = ntResponse(exchange)): Buffer =>
  Buffer.concat([Uint8Array.of(exchange.ident ?? 7, 0), exchange.peerChallenge, Buffer.alloc(8), response])

export const msChapChallenge = (challenge: Uint8Array): Buffer => vendor(MICROSOFT, attr(11, challenge))

/** Both attributes of an MS-CHAPv2 login. */
export const msChap2 = (exchange: MsChap2): Buffer[] => [
  msChapChallenge(exchange.challenge),
  vendor(MICROSOFT, attr(25, msChap2Value(exchange))),
]

/** What the server must prove back (RFC 2759 §8.7). */
export function authenticatorResponse(exchange: MsChap2): string {
  const digest = sha1(
    md4(ntHash(exchange.password)),
    ntResponse(exchange),
    Buffer.from('Magic server to client signing constant'),
  )
  const proof = sha1(digest, challengeHash(exchange), Buffer.from('Pad to make it do more than one iteration'))
  return `S=${proof.toString('hex').toUpperCase()}`
}

/** Both attributes of an MS-CHAPv1 login: the NT half, and the flag that says so (RFC 2548 §2.1.3). */
export const msChap1 = (password: string, challenge: Buffer, ident = 7): Buffer[] => [
  msChapChallenge(challenge),
  vendor(
    MICROSOFT,
    attr(1, Buffer.concat([Uint8Array.of(ident, 1), Buffer.alloc(24), challengeResponse(challenge, ntHash(password))])),
  ),
]

const magic = {
  master: Buffer.from('This is the MPPE Master Key'),
  serverSends: Buffer.from('On the client side, this is the receive key; on the server side, it is the send key.'),
  serverReceives: Buffer.from('On the client side, this is the send key; on the server side, it is the receive key.'),
}

/** The keys of the link as the peer computes them (RFC 3079 §3). */
export function mppeKeys(exchange: MsChap2): { send: Buffer; receive: Buffer } {
  const master = sha1(md4(ntHash(exchange.password)), ntResponse(exchange), magic.master).subarray(0, 16)
  const key = (text: Buffer) => sha1(master, Buffer.alloc(40), text, Buffer.alloc(40, 0xf2)).subarray(0, 16)
  return { send: key(magic.serverSends), receive: key(magic.serverReceives) }
}

/** What is inside a salted value of a reply (RFC 2548 §2.4.2). */
export function openSalted(value: Buffer, { secret, authenticator }: Context): Buffer {
  const plain = Buffer.alloc(value.length - 2)
  let vector: Uint8Array = Buffer.concat([authenticator, value.subarray(0, 2)])
  for (let at = 2; at < value.length; at += 16) {
    const pad = md5(Buffer.from(secret), vector)
    for (let i = 0; i < 16; i++) plain[at - 2 + i] = value[at + i]! ^ pad[i]!
    vector = value.subarray(at, at + 16)
  }
  return plain.subarray(1, 1 + plain[0]!)
}
