/** Requests of ACME are signed (RFC 8555 section 6.2), by a key on P-256. Pure. */
import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto'

export type Signer = {
  /** RFC 7638. */
  readonly thumbprint: string
  readonly jwk: Readonly<Record<string, string>>
  readonly sign: (protectedHead: object, payload: string) => string
}

const base64url = (text: string): string => Buffer.from(text).toString('base64url')

export const createSigner = (keyPem: string): Signer => {
  const key: KeyObject = createPrivateKey(keyPem)
  const { crv = '', x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' })
  // In the order of RFC 7638: it is hashed as it stands.
  const jwk = { crv, kty: 'EC', x, y }
  return {
    jwk,
    thumbprint: createHash('sha256').update(JSON.stringify(jwk)).digest('base64url'),
    sign(head, payload) {
      const [protectedText, payloadText] = [base64url(JSON.stringify({ alg: 'ES256', ...head })), base64url(payload)]
      const signed = sign('sha256', Buffer.from(`${protectedText}.${payloadText}`), { key, dsaEncoding: 'ieee-p1363' })
      return JSON.stringify({ protected: protectedText, payload: payloadText, signature: signed.toString('base64url') })
    },
  }
}
