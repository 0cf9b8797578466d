import { createDecipheriv, type KeyObject } from 'node:crypto'
import type * as Ffi from 'node:ffi'

export const NONCE_OCTETS = 12
export const TAG_OCTETS = 16

/** What AES-256-GCM gives: nonce, then tag, then ciphertext. */
export type Sealed = Uint8Array
/** The text behind it, in UTF-8; undefined when it was altered, or sealed under another key or with other `aad`. */
export type Opener = (sealed: Sealed, aad: string) => string | undefined

/** Opens what one key has sealed. */
export const openerFor = (key: KeyObject, openSsl: OpenSsl | null = loadOpenSsl()): Opener => {
  const slow = nodeOpener(key)
  if (!openSsl) return slow
  const fast = openSslOpener(openSsl, key)
  return (sealed, aad) => (fits(sealed, aad) ? fast(sealed, aad) : slow(sealed, aad))
}

const nodeOpener =
  (key: KeyObject): Opener =>
  (sealed, aad) => {
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_OCTETS), {
        authTagLength: TAG_OCTETS,
      })
      decipher.setAAD(Buffer.from(aad))
      decipher.setAuthTag(sealed.subarray(NONCE_OCTETS, NONCE_OCTETS + TAG_OCTETS))
      return decipher.update(sealed.subarray(NONCE_OCTETS + TAG_OCTETS), undefined, 'utf8') + decipher.final('utf8')
    } catch {
      return undefined
    }
  }

// <openssl/evp.h>
const EVP_CTRL_AEAD_SET_TAG = 0x11
const signatures = {
  EVP_CIPHER_CTX_new: { return: 'pointer', arguments: [] },
  EVP_aes_256_gcm: { return: 'pointer', arguments: [] },
  EVP_DecryptInit_ex: { return: 'int32', arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'pointer'] },
  EVP_DecryptUpdate: { return: 'int32', arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'int32'] },
  EVP_CIPHER_CTX_ctrl: { return: 'int32', arguments: ['pointer', 'int32', 'int32', 'pointer'] },
  EVP_DecryptFinal_ex: { return: 'int32', arguments: ['pointer', 'pointer', 'pointer'] },
} as const satisfies Ffi.FunctionDefinitions

// Where things lie in the scratch memory of a thread: the box, the text that is only authenticated, the plain text.
const AAD_AT = 4096
const TEXT_AT = 8192
const LENGTH_AT = 12_288
const SCRATCH_OCTETS = 12_352
/** The longest a UTF-16 unit becomes. */
const UTF8_OCTETS_MAX = 3

const fits = (sealed: Sealed, aad: string): boolean =>
  sealed.length <= AAD_AT && aad.length * UTF8_OCTETS_MAX <= TEXT_AT - AAD_AT

export type OpenSsl = Ffi.WrappedFunctionsFromDefinitions<typeof signatures> & {
  readonly scratch: Buffer
  readonly scratchAddress: bigint
}

let loaded: OpenSsl | null | undefined

/**
 * The OpenSSL inside Node, called without a cipher object for every text: a login opens one password, and making the
 * object costs four times the decryption. Null where this Node cannot or may not call native code.
 */
export const loadOpenSsl = (): OpenSsl | null => {
  if (loaded !== undefined) return loaded
  loaded = null
  try {
    const ffi = process.getBuiltinModule('node:ffi') as typeof Ffi | undefined
    if (!ffi) return null
    const scratch = Buffer.alloc(SCRATCH_OCTETS)
    loaded = { ...ffi.dlopen(null, signatures).functions, scratch, scratchAddress: ffi.getRawPointer(scratch) }
  } catch {
    // A Node built on a shared OpenSSL, or one that does not show its symbols: createDecipheriv serves.
  }
  return loaded
}

/** One context for the life of the key: only the nonce changes from text to text. */
const openSslOpener = (openSsl: OpenSsl, key: KeyObject): Opener => {
  const { scratch, scratchAddress } = openSsl
  const context = openSsl.EVP_CIPHER_CTX_new()
  const [aadAddress, textAddress, lengthAddress] = [AAD_AT, TEXT_AT, LENGTH_AT].map(
    (at) => scratchAddress + BigInt(at),
  ) as [bigint, bigint, bigint]
  const tagAddress = scratchAddress + BigInt(NONCE_OCTETS)
  const boxTextAddress = tagAddress + BigInt(TAG_OCTETS)
  key.export().copy(scratch)
  openSsl.EVP_DecryptInit_ex(context, openSsl.EVP_aes_256_gcm(), null, scratchAddress, scratchAddress)
  scratch.fill(0)
  return (sealed, aad) => {
    scratch.set(sealed)
    const aadOctets = scratch.write(aad, AAD_AT, 'utf8')
    const textOctets = sealed.length - NONCE_OCTETS - TAG_OCTETS
    const isWhole =
      openSsl.EVP_DecryptInit_ex(context, null, null, null, scratchAddress) === 1 &&
      openSsl.EVP_DecryptUpdate(context, null, lengthAddress, aadAddress, aadOctets) === 1 &&
      openSsl.EVP_DecryptUpdate(context, textAddress, lengthAddress, boxTextAddress, textOctets) === 1 &&
      openSsl.EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_OCTETS, tagAddress) === 1 &&
      openSsl.EVP_DecryptFinal_ex(context, textAddress, lengthAddress) === 1
    // What does not verify is never looked at; what does, stays no longer than it must.
    const text = isWhole ? scratch.toString('utf8', TEXT_AT, TEXT_AT + textOctets) : undefined
    scratch.fill(0, TEXT_AT, TEXT_AT + textOctets)
    return text
  }
}
