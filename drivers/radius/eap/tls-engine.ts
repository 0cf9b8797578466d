import { constants, X509Certificate } from 'node:crypto'
import { DEFAULT_CIPHERS } from 'node:tls'
import { readCertificate } from './certificate.ts'
import { openSsl, SCRATCH_OCTETS, takeReason, verifyFault, type OpenSsl } from './openssl.ts'
import type { EapCertificate, EapTls } from './types.ts'

const KEY_BYTES = 128
const MSK_BYTES = 64

// <openssl/ssl.h>, <openssl/tls1.h>, <openssl/x509_vfy.h>
const SSL_ERROR_SSL = 1
const SSL_ERROR_WANT_READ = 2
const SSL_ERROR_ZERO_RETURN = 6
const SSL_CTRL_SET_SESS_CACHE_MODE = 44
const SSL_CTRL_CHAIN_CERT = 89
const SSL_CTRL_SET_GROUPS_LIST = 92
const SSL_CTRL_MODE = 33
const SSL_CTRL_SET_MIN_PROTO_VERSION = 123
const SSL_CTRL_SET_MAX_PROTO_VERSION = 124
const SSL_MODE_NO_AUTO_CHAIN = 8n
const SSL_SESS_CACHE_OFF = 0n
const SSL_VERIFY_NONE = 0
const SSL_VERIFY_PEER = 1
const SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2
const X509_V_FLAG_CRL_CHECK = 4n
const X509_V_FLAG_CRL_CHECK_ALL = 8n
const TLS1_3_VERSION = 0x0304
const protocols = { 'TLSv1.2': 0x0303, 'TLSv1.3': TLS1_3_VERSION } as const
/** Small key shares: the post-quantum group would cost each handshake another fragment and round trip each way. */
const GROUPS = 'X25519:P-256:P-384'
/** Those of TLS 1.3 are chosen elsewhere, and are OpenSSL's own. */
const CIPHERS = DEFAULT_CIPHERS.split(':')
  .filter((cipher) => !cipher.startsWith('TLS_'))
  .join(':')

// Where an exporter's label and context lie in the scratch memory, behind the key that comes out.
const LABEL_AT = 1024
const CONTEXT_AT = 2048
/** Where a certificate is written to; its pointer stands at the beginning. */
const CERTIFICATE_AT = 8

/** One TLS connection of a conversation. What the peer sent goes in, what it should be sent comes out, at once. */
export class Tunnel {
  readonly #ssl: OpenSsl
  readonly #forget: (tunnel: Tunnel) => void
  readonly #incoming: bigint
  readonly #outgoing: bigint
  /** 0 once it is freed: nothing may be asked of it then. */
  #connection: bigint
  #isSecure = false
  #plaintext: Buffer[] = []
  #failure: string | undefined

  constructor(ssl: OpenSsl, context: bigint, forget: (tunnel: Tunnel) => void) {
    this.#ssl = ssl
    this.#forget = forget
    this.#connection = ssl.SSL_new(context)
    this.#incoming = ssl.BIO_new(ssl.BIO_s_mem())
    this.#outgoing = ssl.BIO_new(ssl.BIO_s_mem())
    if (this.#connection === 0n || this.#incoming === 0n || this.#outgoing === 0n) throw new Error(takeReason(ssl))
    // Both belong to the connection from here on, and go with it.
    ssl.SSL_set_bio(this.#connection, this.#incoming, this.#outgoing)
    ssl.SSL_set_accept_state(this.#connection)
  }

  /** Feeds a TLS message; what came of it is in `isSecure`, `failure`, `takeOutgoing` and `takePlaintext`. */
  feed(message: Buffer): void {
    if (this.#failure !== undefined || message.length === 0) return
    const { scratch, scratchAddress, BIO_write } = this.#ssl
    for (let at = 0; at < message.length; at += SCRATCH_OCTETS) {
      const length = message.copy(scratch, 0, at, at + SCRATCH_OCTETS)
      BIO_write(this.#incoming, scratchAddress, length)
    }
    if (!this.#isSecure) this.#shakeHands()
    if (this.#isSecure) this.#read()
  }

  write(plaintext: Buffer): void {
    const { scratch, scratchAddress } = this.#ssl
    if (plaintext.length > SCRATCH_OCTETS) throw new RangeError(`${plaintext.length} octets in one message`)
    plaintext.copy(scratch)
    this.#ssl.ERR_clear_error()
    const written = this.#ssl.SSL_write(this.#open(), scratchAddress, plaintext.length)
    scratch.fill(0, 0, plaintext.length)
    if (written <= 0) this.#failBy(written)
  }

  /** What to send to the peer. */
  takeOutgoing(): Buffer {
    if (this.#connection === 0n) return Buffer.alloc(0)
    const { scratch, scratchAddress, BIO_read } = this.#ssl
    const pieces: Buffer[] = []
    for (;;) {
      const length = BIO_read(this.#outgoing, scratchAddress, SCRATCH_OCTETS)
      if (length <= 0) return Buffer.concat(pieces)
      pieces.push(Buffer.from(scratch.subarray(0, length)))
    }
  }

  takePlaintext(): Buffer {
    const taken = Buffer.concat(this.#plaintext)
    this.#plaintext = []
    return taken
  }

  /** The handshake is done, with a client certificate that is good where one was asked for. */
  get isSecure(): boolean {
    return this.#isSecure
  }

  get failure(): string | undefined {
    return this.#failure
  }

  get isTls13(): boolean {
    return this.#ssl.SSL_version(this.#open()) === TLS1_3_VERSION
  }

  certificate(): EapCertificate | undefined {
    const { scratch, scratchAddress, SSL_get1_peer_certificate, i2d_X509, X509_free } = this.#ssl
    const certificate = SSL_get1_peer_certificate(this.#open())
    if (certificate === 0n) return undefined
    try {
      // Asked without a place to write to, it says how long it will be.
      const length = i2d_X509(certificate, null)
      if (length <= 0 || CERTIFICATE_AT + length > SCRATCH_OCTETS) return undefined
      scratch.writeBigUInt64LE(scratchAddress + BigInt(CERTIFICATE_AT))
      i2d_X509(certificate, scratchAddress)
      return readCertificate(new X509Certificate(scratch.subarray(CERTIFICATE_AT, CERTIFICATE_AT + length)))
    } finally {
      X509_free(certificate)
    }
  }

  /** RFC 5705 exporter; without context for what predates TLS 1.3. */
  exportKey(length: number, label: string, context?: Buffer): Buffer {
    const { scratch, scratchAddress, SSL_export_keying_material } = this.#ssl
    if (length > LABEL_AT) throw new RangeError(`a key of ${length} octets`)
    const labelOctets = scratch.write(label, LABEL_AT, 'latin1')
    const contextOctets = context?.copy(scratch, CONTEXT_AT) ?? 0
    const exported = SSL_export_keying_material(
      this.#open(),
      scratchAddress,
      BigInt(length),
      scratchAddress + BigInt(LABEL_AT),
      BigInt(labelOctets),
      scratchAddress + BigInt(CONTEXT_AT),
      BigInt(contextOctets),
      context === undefined ? 0 : 1,
    )
    if (exported !== 1) throw new Error(`no keying material: ${takeReason(this.#ssl)}`)
    const key = Buffer.from(scratch.subarray(0, length))
    scratch.fill(0, 0, length)
    return key
  }

  /** The MSK of a TLS-based method (RFC 5216 §2.3 and RFC 5281 §8; for TLS 1.3 RFC 9190 §2.3 and RFC 9427 §2.1). */
  exportMsk(type: number, tls12Label: string): Buffer {
    const material = this.isTls13
      ? this.exportKey(KEY_BYTES, 'EXPORTER_EAP_TLS_Key_Material', Buffer.of(type))
      : this.exportKey(KEY_BYTES, tls12Label)
    return material.subarray(0, MSK_BYTES)
  }

  destroy(reason = 'destroyed'): void {
    this.#failure ??= reason
    this.#forget(this)
    if (this.#connection === 0n) return
    this.#ssl.SSL_free(this.#connection)
    this.#connection = 0n
  }

  #shakeHands(): void {
    this.#ssl.ERR_clear_error()
    const result = this.#ssl.SSL_do_handshake(this.#open())
    if (result === 1) this.#isSecure = true
    else this.#failBy(result)
  }

  #read(): void {
    const { scratch, scratchAddress, SSL_read, ERR_clear_error } = this.#ssl
    for (;;) {
      ERR_clear_error()
      const length = SSL_read(this.#open(), scratchAddress, SCRATCH_OCTETS)
      if (length <= 0) return this.#failBy(length)
      this.#plaintext.push(Buffer.from(scratch.subarray(0, length)))
      scratch.fill(0, 0, length)
    }
  }

  /** Nothing is wrong when all it wants is the peer's next message. */
  #failBy(result: number): void {
    const ssl = this.#ssl
    const error = ssl.SSL_get_error(this.#open(), result)
    if (error === SSL_ERROR_WANT_READ) return
    const verified = ssl.SSL_get_verify_result(this.#open())
    const reason = takeReason(ssl)
    if (error === SSL_ERROR_ZERO_RETURN) this.#failure ??= 'closed'
    else if (error === SSL_ERROR_SSL && verified !== 0n) this.#failure ??= `certificate: ${verifyFault(verified)}`
    else this.#failure ??= `tls: ${reason}`
  }

  #open(): bigint {
    if (this.#connection === 0n) throw new Error('the tunnel is closed')
    return this.#connection
  }
}

export type TlsEngineOptions = {
  /** EAP-TLS: demand a client certificate that chains to `ca`. */
  wantsCertificate: boolean
  /** Where open tunnels are kept, oldest first; engines may share it, and with it the limit. */
  tunnels: Set<Tunnel>
  tunnelsMax: number
}

/**
 * Tunnels of one certificate, key and trust store.
 *
 * No resumption, by ticket or by session id: a resumed PEAP or TTLS session skips the inner method, and with it the
 * question whether the user may still be online (RFC 9427 §6.1 leaves it to the server).
 */
export class TlsEngine {
  readonly #ssl = openSsl()
  readonly #options: TlsEngineOptions
  #context: bigint

  /** Throws when key, certificate or lists are no good. */
  constructor(tls: EapTls, options: TlsEngineOptions) {
    this.#options = options
    this.#context = createContext(this.#ssl, tls, options.wantsCertificate)
  }

  /** A new tunnel; when there are too many the oldest is destroyed, and its conversation fails. */
  connect(): Tunnel {
    const { tunnels, tunnelsMax } = this.#options
    const [oldest] = tunnels
    if (tunnels.size >= tunnelsMax) oldest?.destroy('crowded-out')
    const tunnel = new Tunnel(this.#ssl, this.#context, (gone) => tunnels.delete(gone))
    tunnels.add(tunnel)
    return tunnel
  }

  /** For connections to come. Throws when key, certificate or lists are no good, and then changes nothing. */
  setTls(tls: EapTls): void {
    const context = createContext(this.#ssl, tls, this.#options.wantsCertificate)
    // Tunnels that are open keep the old one for as long as they need it: it is counted.
    this.#ssl.SSL_CTX_free(this.#context)
    this.#context = context
  }
}

const createContext = (ssl: OpenSsl, tls: EapTls, wantsCertificate: boolean): bigint => {
  ssl.ERR_clear_error()
  const context = ssl.SSL_CTX_new(ssl.TLS_server_method())
  try {
    configure(ssl, context, tls)
    useIdentity(ssl, context, tls)
    ssl.SSL_CTX_set_verify(
      context,
      wantsCertificate ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE,
      null,
    )
    if (wantsCertificate) trust(ssl, context, tls)
    return context
  } catch (error) {
    ssl.SSL_CTX_free(context)
    throw error
  }
}

const configure = (ssl: OpenSsl, context: bigint, { minVersion = 'TLSv1.2', maxVersion = 'TLSv1.3' }: EapTls): void => {
  ssl.SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, BigInt(protocols[minVersion]), null)
  ssl.SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, BigInt(protocols[maxVersion]), null)
  ssl.SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, null)
  // The chain is what the owner gave. Left to OpenSSL it is built (and verified) at each handshake: a quarter of its time.
  ssl.SSL_CTX_ctrl(context, SSL_CTRL_MODE, SSL_MODE_NO_AUTO_CHAIN, null)
  ssl.SSL_CTX_set_options(context, BigInt(constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION))
  ssl.SSL_CTX_set_num_tickets(context, 0n)
  need(ssl, ssl.SSL_CTX_set_cipher_list(context, CIPHERS) === 1, 'ciphers')
  need(ssl, ssl.SSL_CTX_ctrl(context, SSL_CTRL_SET_GROUPS_LIST, 0n, GROUPS) === 1n, 'groups')
}

/** The server's own certificate, the chain behind it, and the key. */
const useIdentity = (ssl: OpenSsl, context: bigint, { cert, key }: EapTls): void => {
  const [leaf, ...chain] = readPem(ssl, cert, ssl.PEM_read_bio_X509)
  const [secret] = readPem(ssl, key, ssl.PEM_read_bio_PrivateKey, 1)
  try {
    need(ssl, leaf !== undefined && ssl.SSL_CTX_use_certificate(context, leaf) === 1, 'certificate')
    for (const one of chain) need(ssl, ssl.SSL_CTX_ctrl(context, SSL_CTRL_CHAIN_CERT, 1n, one) === 1n, 'chain')
    need(ssl, secret !== undefined && ssl.SSL_CTX_use_PrivateKey(context, secret) === 1, 'key')
    need(ssl, ssl.SSL_CTX_check_private_key(context) === 1, 'key of the certificate')
  } finally {
    for (const one of [leaf, ...chain]) if (one !== undefined) ssl.X509_free(one)
    if (secret !== undefined) ssl.EVP_PKEY_free(secret)
  }
}

/** Whose clients are let in, and which of them no more. */
const trust = (ssl: OpenSsl, context: bigint, { ca, crl = [] }: EapTls): void => {
  const store = ssl.SSL_CTX_get_cert_store(context)
  for (const authority of [ca].flat().flatMap((pem) => readPem(ssl, pem, ssl.PEM_read_bio_X509))) {
    ssl.X509_STORE_add_cert(store, authority)
    ssl.SSL_CTX_add_client_CA(context, authority)
    ssl.X509_free(authority)
  }
  const lists = [crl]
    .flat()
    .filter(({ length }) => length > 0)
    .flatMap((pem) => readPem(ssl, pem, ssl.PEM_read_bio_X509_CRL))
  for (const list of lists) {
    need(ssl, ssl.X509_STORE_add_crl(store, list) === 1, 'revocation list')
    ssl.X509_CRL_free(list)
  }
  if (lists.length > 0) ssl.X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL)
}

/** PEM_R_NO_START_LINE. */
const NOTHING_MORE = 'no start line'

type PemReader = (bio: bigint, out: null, askPassword: null, password: string) => bigint

/** Everything of one kind in a PEM text, in its order, up to `most`; the caller frees it. */
const readPem = (ssl: OpenSsl, pem: string | Buffer, read: PemReader, most = Infinity): bigint[] => {
  const octets = Buffer.from(pem)
  const bio = ssl.BIO_new(ssl.BIO_s_mem())
  const found: bigint[] = []
  for (let at = 0; at < octets.length; at += SCRATCH_OCTETS) {
    const length = octets.copy(ssl.scratch, 0, at, at + SCRATCH_OCTETS)
    ssl.BIO_write(bio, ssl.scratchAddress, length)
    ssl.scratch.fill(0, 0, length)
  }
  // With a password, be it none, it does not ask for one at the terminal.
  for (let one = read(bio, null, null, ''); one !== 0n; one = read(bio, null, null, '')) {
    found.push(one)
    if (found.length >= most) break
  }
  ssl.BIO_free(bio)
  // The end of the text is an error to it like any other; half a list would be worse than none.
  const reason = takeReason(ssl)
  const isWhole = found.length >= most || reason === NOTHING_MORE
  if (found.length === 0 || !isWhole) throw new Error(`PEM that cannot be read: ${reason}`)
  return found
}

const need = (ssl: OpenSsl, isSo: boolean, what: string): void => {
  if (!isSo) throw new Error(`TLS: ${what}: ${takeReason(ssl)}`)
}
