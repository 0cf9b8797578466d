import { hashMessage, message } from './md5.ts'
import type { RadiusVersion } from '../protocol.ts'
import type { PreparedSecret } from './secret.ts'

/** RFC 2865 §5.2: eight blocks. */
export const passwordOctetsMax = 128
/** What fits one attribute beside tag and salt: 15 blocks, one octet of them the length (RFC 2868 §3.5). */
export const saltedOctetsMax = 239

const blockOctets = 16

// In all four: `version` radius/1.1 hides nothing, so the value is the plain octets (RFC 9765).

/** User-Password as sent (RFC 2865 §5.2). Throws a RangeError over 128 octets. */
export function hidePassword(
  password: Uint8Array,
  requestAuthenticator: Uint8Array,
  secret: PreparedSecret,
  version: RadiusVersion = 'radius/1.0',
): Buffer {
  if (password.length > passwordOctetsMax) throw new RangeError(`a password has at most ${passwordOctetsMax} octets`)
  if (version === 'radius/1.1') return Buffer.from(password)
  const hidden = Buffer.alloc(Math.max(1, Math.ceil(password.length / blockOctets)) * blockOctets)
  hidden.set(password)
  chain(hidden, requestAuthenticator, secret, 'hide')
  return hidden
}

/**
 * The password of a User-Password value, without its padding of NULs; a NUL within is kept. An empty value
 * is the empty password (RouterOS sends it for DHCP). Undefined when the length is no multiple of 16 or over 128.
 */
export function revealPassword(
  hidden: Uint8Array,
  requestAuthenticator: Uint8Array,
  secret: PreparedSecret,
  version: RadiusVersion = 'radius/1.0',
): Buffer | undefined {
  if (version === 'radius/1.1') return Buffer.from(hidden)
  if (hidden.length % blockOctets !== 0 || hidden.length > passwordOctetsMax) return undefined
  const password = Buffer.from(hidden)
  chain(password, requestAuthenticator, secret, 'reveal')
  let end = password.length
  while (end > 0 && password[end - 1] === 0) end--
  return password.subarray(0, end)
}

/**
 * Salt and hidden string of Tunnel-Password and the MPPE keys (RFC 2868 §3.5, RFC 2548 §2.4.2). `salt` is random
 * and unique within the packet; its top bit is set here.
 */
export function hideSalted(
  plain: Uint8Array,
  salt: number,
  requestAuthenticator: Uint8Array,
  secret: PreparedSecret,
  version: RadiusVersion = 'radius/1.0',
): Buffer {
  if (plain.length > saltedOctetsMax) throw new RangeError(`a salted value has at most ${saltedOctetsMax} octets`)
  if (version === 'radius/1.1') return Buffer.from(plain)
  const value = Buffer.alloc(2 + Math.ceil((plain.length + 1) / blockOctets) * blockOctets)
  value.writeUInt16BE((salt & 0x7fff) | 0x8000)
  value[2] = plain.length
  value.set(plain, 3)
  chain(value.subarray(2), saltedVector(requestAuthenticator, value), secret, 'hide')
  return value
}

/** What `hideSalted` hid, salt included in `value`; undefined when malformed or hidden under another secret. */
export function revealSalted(
  value: Uint8Array,
  requestAuthenticator: Uint8Array,
  secret: PreparedSecret,
  version: RadiusVersion = 'radius/1.0',
): Buffer | undefined {
  if (version === 'radius/1.1') return Buffer.from(value)
  if (value.length < 2 + blockOctets || (value.length - 2) % blockOctets !== 0) return undefined
  const plain = Buffer.from(value.subarray(2))
  chain(plain, saltedVector(requestAuthenticator, value), secret, 'reveal')
  const length = plain[0]!
  return length < plain.length ? plain.subarray(1, 1 + length) : undefined
}

function saltedVector(requestAuthenticator: Uint8Array, value: Uint8Array): Uint8Array {
  const vector = new Uint8Array(18)
  vector.set(requestAuthenticator.subarray(0, 16))
  vector.set(value.subarray(0, 2), 16)
  return vector
}

const pad = new Uint8Array(blockOctets)

/** XORs each block in place with MD5(secret ‖ vector), the next vector being the hidden form of this block. */
function chain(octets: Uint8Array, vector: Uint8Array, secret: PreparedSecret, direction: 'hide' | 'reveal'): void {
  const secretLength = secret.octets.length
  message.set(secret.octets)
  message.set(vector, secretLength)
  let vectorLength = vector.length
  for (let at = 0; at < octets.length; at += blockOctets) {
    hashMessage(secretLength + vectorLength, pad, 0)
    vectorLength = blockOctets
    for (let i = 0; i < blockOctets; i++) {
      const before = octets[at + i]!
      const after = before ^ pad[i]!
      octets[at + i] = after
      message[secretLength + i] = direction === 'hide' ? after : before
    }
  }
}
