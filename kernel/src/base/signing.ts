/** Signatures of the box: Ed25519 (RFC 8032), by a key of its own, that anybody verifies by its public half. */
import { createPrivateKey, createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto'

export interface Signer {
  /** Names the key: the beginning of the SHA-256 of its public half. */
  readonly keyId: string
  readonly publicPem: string
  /** Base64. */
  sign(text: string): string
}

export interface Verifier {
  readonly keyId: string
  fits(text: string, signature: string): boolean
}

export const SIGNING_SEED_OCTETS = 32
const KEY_ID_LENGTH = 16
/** PKCS #8 of an Ed25519 key up to the seed itself (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

export const signerOf = (seed: Buffer): Signer => {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(key)
  return {
    keyId: keyIdOf(publicKey),
    publicPem: publicKey.export({ format: 'pem', type: 'spki' }),
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
  }
}

/** Undefined where the text is no public key of this kind. */
export const verifierOf = (publicPem: string): Verifier | undefined => {
  const key = publicKeyOf(publicPem)
  if (key?.asymmetricKeyType !== 'ed25519') return undefined
  return {
    keyId: keyIdOf(key),
    fits: (text, signature) => verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64')),
  }
}

const publicKeyOf = (pem: string): KeyObject | undefined => {
  try {
    return createPublicKey(pem)
  } catch {
    return undefined
  }
}

const keyIdOf = (key: KeyObject): string =>
  hash('sha256', key.export({ format: 'der', type: 'spki' }), 'hex').slice(0, KEY_ID_LENGTH)
