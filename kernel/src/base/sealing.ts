/**
 * Letters that only one box can open: X25519 (RFC 7748) with a key made for the letter alone, HKDF-SHA-256 (RFC 5869),
 * AES-256-GCM. They say nothing of who wrote them: what is inside is signed.
 */
import {
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  hkdfSync,
} from 'node:crypto'
import { NONCE_OCTETS, openerFor, TAG_OCTETS } from './aes-gcm.ts'
import type { Random } from './random.ts'

export interface Unsealer {
  /** Base64 of its 32 octets. */
  readonly publicKey: string
  /** Undefined for what was altered, or sealed for another box or purpose. */
  open(letter: Uint8Array, purpose: string): string | undefined
}

const KEY_OCTETS = 32
/** PKCS #8 and SPKI of an X25519 key up to the octets themselves (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex')
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex')
const HEAD_OCTETS = KEY_OCTETS + NONCE_OCTETS + TAG_OCTETS

const privateKeyOf = (octets: Uint8Array) =>
  createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, octets]), format: 'der', type: 'pkcs8' })

const publicKeyOf = (octets: Uint8Array) =>
  createPublicKey({ key: Buffer.concat([SPKI_PREFIX, octets]), format: 'der', type: 'spki' })

type PrivateKey = ReturnType<typeof privateKeyOf>

const publicOctets = (key: PrivateKey): Buffer =>
  createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length)

/** Both public keys are in it, so that a letter stands for these two alone. */
const letterKey = (own: PrivateKey, other: Uint8Array, [sender, reader]: readonly [Uint8Array, Uint8Array]) => {
  const shared = diffieHellman({ privateKey: own, publicKey: publicKeyOf(other) })
  return createSecretKey(
    Buffer.from(hkdfSync('sha256', shared, Buffer.concat([sender, reader]), 'lango.letter', KEY_OCTETS)),
  )
}

/** By a key of its own, that follows from the seed of the key that signs. */
export const unsealerOf = (seed: Buffer): Unsealer => {
  const key = privateKeyOf(Buffer.from(hkdfSync('sha256', seed, '', 'lango.sealing', KEY_OCTETS)))
  const own = publicOctets(key)
  return {
    publicKey: own.toString('base64'),
    open(letter, purpose) {
      if (letter.length < HEAD_OCTETS) return undefined
      const sender = letter.subarray(0, KEY_OCTETS)
      try {
        return openerFor(letterKey(key, sender, [sender, own]))(letter.subarray(KEY_OCTETS), purpose)
      } catch {
        // A point of low order: nobody's key.
        return undefined
      }
    },
  }
}

export const isSealingKey = (text: string): boolean =>
  /^[A-Za-z0-9+/]{43}=$/.test(text) && Buffer.from(text, 'base64').length === KEY_OCTETS

/** `publicKey` is one that `isSealingKey` takes. */
export const sealFor = (publicKey: string, text: string, purpose: string, random: Pick<Random, 'bytes'>): Buffer => {
  const reader = Buffer.from(publicKey, 'base64')
  const key = privateKeyOf(random.bytes(KEY_OCTETS))
  const sender = publicOctets(key)
  const nonce = random.bytes(NONCE_OCTETS)
  const cipher = createCipheriv('aes-256-gcm', letterKey(key, reader, [sender, reader]), nonce, {
    authTagLength: TAG_OCTETS,
  })
  cipher.setAAD(Buffer.from(purpose))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([sender, nonce, cipher.getAuthTag(), sealed])
}
