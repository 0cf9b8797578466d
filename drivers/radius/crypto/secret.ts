import { inspect } from 'node:util'
import { hmacKey, type HmacKey } from './md5.ts'

/** A secret longer than any a router accepts, short enough for the hashing block. */
export const secretOctetsMax = 1024

/** A shared secret with its HMAC states ready. Prints as ‹secret›. */
export class PreparedSecret {
  readonly octets: Uint8Array
  readonly hmac: HmacKey

  constructor(secret: Uint8Array) {
    // RFC 2865 §3: "The secret MUST NOT be empty".
    if (secret.length === 0) throw new RangeError('a shared secret must not be empty')
    if (secret.length > secretOctetsMax) throw new RangeError(`a shared secret has at most ${secretOctetsMax} octets`)
    this.octets = Uint8Array.from(secret)
    this.hmac = hmacKey(this.octets)
  }

  toString(): string {
    return '‹secret›'
  }

  toJSON(): string {
    return '‹secret›'
  }

  [inspect.custom](): string {
    return '‹secret›'
  }
}

/** Do this once per router and keep the result: it costs two MD5 blocks. */
export function prepareSecret(secret: Uint8Array): PreparedSecret {
  return new PreparedSecret(secret)
}
