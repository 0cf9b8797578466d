// The OpenSSL inside Node, called as FreeRADIUS and hostapd call theirs: a connection reads from and writes to memory,
// and every call returns when it is done. Through node:tls a conversation needs a stream, a socket and several turns
// of the event loop for each message, which costs more than the cryptography.

import type * as Ffi from 'node:ffi'

const signatures = {
  TLS_server_method: { return: 'pointer', arguments: [] },
  SSL_CTX_new: { return: 'pointer', arguments: ['pointer'] },
  SSL_CTX_free: { return: 'void', arguments: ['pointer'] },
  SSL_CTX_ctrl: { return: 'int64', arguments: ['pointer', 'int32', 'int64', 'pointer'] },
  SSL_CTX_set_options: { return: 'uint64', arguments: ['pointer', 'uint64'] },
  SSL_CTX_set_num_tickets: { return: 'int32', arguments: ['pointer', 'uint64'] },
  SSL_CTX_set_cipher_list: { return: 'int32', arguments: ['pointer', 'string'] },
  SSL_CTX_set_verify: { return: 'void', arguments: ['pointer', 'int32', 'pointer'] },
  SSL_CTX_use_certificate: { return: 'int32', arguments: ['pointer', 'pointer'] },
  SSL_CTX_use_PrivateKey: { return: 'int32', arguments: ['pointer', 'pointer'] },
  SSL_CTX_check_private_key: { return: 'int32', arguments: ['pointer'] },
  SSL_CTX_get_cert_store: { return: 'pointer', arguments: ['pointer'] },
  SSL_CTX_add_client_CA: { return: 'int32', arguments: ['pointer', 'pointer'] },
  X509_STORE_add_cert: { return: 'int32', arguments: ['pointer', 'pointer'] },
  X509_STORE_add_crl: { return: 'int32', arguments: ['pointer', 'pointer'] },
  X509_STORE_set_flags: { return: 'int32', arguments: ['pointer', 'uint64'] },
  PEM_read_bio_X509: { return: 'pointer', arguments: ['pointer', 'pointer', 'pointer', 'pointer'] },
  PEM_read_bio_X509_CRL: { return: 'pointer', arguments: ['pointer', 'pointer', 'pointer', 'pointer'] },
  PEM_read_bio_PrivateKey: { return: 'pointer', arguments: ['pointer', 'pointer', 'pointer', 'pointer'] },
  X509_free: { return: 'void', arguments: ['pointer'] },
  X509_CRL_free: { return: 'void', arguments: ['pointer'] },
  EVP_PKEY_free: { return: 'void', arguments: ['pointer'] },
  BIO_new: { return: 'pointer', arguments: ['pointer'] },
  BIO_s_mem: { return: 'pointer', arguments: [] },
  BIO_free: { return: 'int32', arguments: ['pointer'] },
  BIO_read: { return: 'int32', arguments: ['pointer', 'pointer', 'int32'] },
  BIO_write: { return: 'int32', arguments: ['pointer', 'pointer', 'int32'] },
  SSL_new: { return: 'pointer', arguments: ['pointer'] },
  SSL_free: { return: 'void', arguments: ['pointer'] },
  SSL_set_bio: { return: 'void', arguments: ['pointer', 'pointer', 'pointer'] },
  SSL_set_accept_state: { return: 'void', arguments: ['pointer'] },
  SSL_do_handshake: { return: 'int32', arguments: ['pointer'] },
  SSL_read: { return: 'int32', arguments: ['pointer', 'pointer', 'int32'] },
  SSL_write: { return: 'int32', arguments: ['pointer', 'pointer', 'int32'] },
  SSL_get_error: { return: 'int32', arguments: ['pointer', 'int32'] },
  SSL_version: { return: 'int32', arguments: ['pointer'] },
  SSL_get_verify_result: { return: 'int64', arguments: ['pointer'] },
  SSL_get1_peer_certificate: { return: 'pointer', arguments: ['pointer'] },
  i2d_X509: { return: 'int32', arguments: ['pointer', 'pointer'] },
  SSL_export_keying_material: {
    return: 'int32',
    arguments: ['pointer', 'pointer', 'uint64', 'pointer', 'uint64', 'pointer', 'uint64', 'int32'],
  },
  ERR_get_error: { return: 'uint64', arguments: [] },
  ERR_clear_error: { return: 'void', arguments: [] },
  ERR_reason_error_string: { return: 'pointer', arguments: ['uint64'] },
} as const satisfies Ffi.FunctionDefinitions

/** Memory that does not move, which OpenSSL reads from and writes to: the longest TLS record is 16 kB and a header. */
export const SCRATCH_OCTETS = 32 * 1024

export type OpenSsl = Ffi.WrappedFunctionsFromDefinitions<typeof signatures> & {
  readonly scratch: Buffer
  readonly scratchAddress: bigint
  readonly textAt: (pointer: bigint) => string
}

let loaded: OpenSsl | undefined

/** Throws when this Node cannot call its OpenSSL. */
export const openSsl = (): OpenSsl => {
  if (loaded) return loaded
  const ffi = process.getBuiltinModule('node:ffi') as typeof Ffi | undefined
  if (!ffi)
    throw new Error('EAP by TLS needs node:ffi: run the Node that the project installs, without --no-experimental-ffi')
  const scratch = Buffer.alloc(SCRATCH_OCTETS)
  loaded = {
    ...ffi.dlopen(null, signatures).functions,
    scratch,
    scratchAddress: ffi.getRawPointer(scratch),
    textAt: (pointer) => ffi.toString(pointer) ?? '',
  }
  return loaded
}

/** The first reason on OpenSSL's list of this thread, such as `unsupported protocol`; the list is empty afterwards. */
export const takeReason = (ssl: OpenSsl): string => {
  const code = ssl.ERR_get_error()
  ssl.ERR_clear_error()
  const reason = code === 0n ? 0n : ssl.ERR_reason_error_string(code)
  return reason === 0n ? 'failed' : ssl.textAt(reason)
}

/** X509_V_ERR_…, by the names that Node gives them; others by their number. */
const verifyFaults: Readonly<Record<number, string>> = {
  2: 'UNABLE_TO_GET_ISSUER_CERT',
  3: 'UNABLE_TO_GET_CRL',
  7: 'CERT_SIGNATURE_FAILURE',
  8: 'CRL_SIGNATURE_FAILURE',
  9: 'CERT_NOT_YET_VALID',
  10: 'CERT_HAS_EXPIRED',
  11: 'CRL_NOT_YET_VALID',
  12: 'CRL_HAS_EXPIRED',
  18: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  19: 'SELF_SIGNED_CERT_IN_CHAIN',
  20: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  21: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  22: 'CERT_CHAIN_TOO_LONG',
  23: 'CERT_REVOKED',
  24: 'INVALID_CA',
  25: 'PATH_LENGTH_EXCEEDED',
  26: 'INVALID_PURPOSE',
  27: 'CERT_UNTRUSTED',
  28: 'CERT_REJECTED',
}

export const verifyFault = (result: bigint): string => verifyFaults[Number(result)] ?? `X509_V_ERR_${String(result)}`
