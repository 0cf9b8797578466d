/** Keys that sign the feed: Ed25519, one file each, sealed by a passphrase. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, sign, type KeyObject } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { Key, Signature } from '@tufjs/models'

export type SigningKey = { readonly key: Key; readonly sign: (data: Buffer) => Signature }

const SPKI_PREFIX_OCTETS = 12

/** An id is the SHA-256 of the key's canonical form (TUF §4.2). */
const publicOf = (pair: KeyObject): Key => {
  const raw = createPublicKey(pair).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX_OCTETS).toString('hex')
  const canonical = `{"keytype":"ed25519","keyval":{"public":"${raw}"},"scheme":"ed25519"}`
  return new Key({ keyID: hash('sha256', canonical), keyType: 'ed25519', scheme: 'ed25519', keyVal: { public: raw } })
}

const signerOf = (pair: KeyObject): SigningKey => {
  const key = publicOf(pair)
  return { key, sign: (data) => new Signature({ keyID: key.keyID, sig: sign(null, data, pair).toString('hex') }) }
}

/** A key that no file holds: for tests. */
export const newKey = (): SigningKey => signerOf(generateKeyPairSync('ed25519').privateKey)

/** Makes a key file; it is never written over. */
export const makeKeyFile = (file: string, passphrase: string): Key => {
  const pair = generateKeyPairSync('ed25519').privateKey
  const pem = pair.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase })
  writeFileSync(file, pem, { mode: 0o600, flag: 'wx' })
  return publicOf(pair)
}

export const readKeyFile = (file: string, passphrase: string): SigningKey =>
  signerOf(createPrivateKey({ key: readFileSync(file), passphrase }))
