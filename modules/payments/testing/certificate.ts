import { generateKeyPairSync } from 'node:crypto'

/** Stands for the provider's own, by which the initiator's password is encrypted: drawn once, since that takes a while. */
export const { publicKey: certificate } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
