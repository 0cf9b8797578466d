import { AsyncLocalStorage } from 'node:async_hooks'
import { constants } from 'node:crypto'
import { Duplex } from 'node:stream'
import { createServer, type Server, type TlsOptions, type TLSSocket } from 'node:tls'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { readCertificate } from './certificate.ts'
import type { EapCertificate, EapTls } from './types.ts'

/** TLS in memory: peers' octets are pushed in, the server's are collected. */
class Wire extends Duplex {
  #written: Buffer[] = []
  writes = 0

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#written.push(chunk)
    this.writes++
    done()
  }

  collect(): Buffer {
    const taken = Buffer.concat(this.#written)
    this.#written = []
    return taken
  }
}

const KEY_BYTES = 128
const MSK_BYTES = 64
/** Turns of the loop without a write, after which nothing more will come; see `#settle`. */
const QUIET_TURNS = 2

/** One TLS connection of a conversation. */
export class Tunnel {
  readonly #wire: Wire
  readonly #forget: (tunnel: Tunnel) => void
  #socket: TLSSocket | undefined
  #plaintext: Buffer[] = []
  #failure: string | undefined

  constructor(wire: Wire, forget: (tunnel: Tunnel) => void) {
    this.#wire = wire
    this.#forget = forget
    wire.once('close', () => this.fail('closed'))
    wire.on('error', () => undefined)
  }

  /** Feeds a TLS message; resolves when everything has been written that the peer can be sent. */
  async feed(message: Buffer): Promise<void> {
    if (this.#failure !== undefined || message.length === 0) return
    this.#wire.push(message)
    await this.#settle()
  }

  async write(plaintext: Buffer): Promise<void> {
    this.#open().write(plaintext)
    await this.#settle()
  }

  /** What to send to the peer. */
  takeOutgoing(): Buffer {
    return this.#wire.collect()
  }

  takePlaintext(): Buffer {
    const taken = Buffer.concat(this.#plaintext)
    this.#plaintext = []
    return taken
  }

  /** The handshake is done; `failure` tells whether the client's certificate was any good. */
  get isSecure(): boolean {
    return this.#socket !== undefined
  }

  get failure(): string | undefined {
    return this.#failure
  }

  get isTls13(): boolean {
    return this.#open().getProtocol() === 'TLSv1.3'
  }

  certificate(): EapCertificate | undefined {
    const certificate = this.#open().getPeerX509Certificate()
    return certificate && readCertificate(certificate)
  }

  /** RFC 5705 exporter; without context for what predates TLS 1.3. */
  exportKey(length: number, label: string, context?: Buffer): Buffer {
    // Node tells an empty context from none, its types want one.
    return this.#open().exportKeyingMaterial(length, label, context as Buffer)
  }

  /** The MSK of a TLS-based method (RFC 5216 §2.3 and RFC 5281 §8; for TLS 1.3 RFC 9190 §2.3 and RFC 9427 §2.1). */
  exportMsk(type: number, tls12Label: string): Buffer {
    const material = this.isTls13
      ? this.exportKey(KEY_BYTES, 'EXPORTER_EAP_TLS_Key_Material', Buffer.of(type))
      : this.exportKey(KEY_BYTES, tls12Label)
    return material.subarray(0, MSK_BYTES)
  }

  /** For the engine. */
  secured(socket: TLSSocket): void {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#plaintext.push(chunk))
    socket.on('error', (error) => this.fail(tlsReason(error)))
  }

  /** For the engine. The first reason is the cause. */
  fail(reason: string): void {
    this.#failure ??= reason
  }

  destroy(reason = 'destroyed'): void {
    this.fail(reason)
    this.#forget(this)
    this.#socket?.destroy()
    this.#wire.destroy()
  }

  #open(): TLSSocket {
    if (this.#socket === undefined) throw new Error('the tunnel is not secure')
    return this.#socket
  }

  /**
   * OpenSSL runs inside `push` and `write`, so the first records are there when they return. Records that did not fit
   * in that write follow when Node reports it finished, which is one turn of the event loop later; so two turns
   * without a write mean that OpenSSL waits for the peer. Were that ever wrong, the rest would leave with the next
   * message: late, not lost.
   */
  async #settle(): Promise<void> {
    for (let quiet = 0, seen = this.#wire.writes; quiet < QUIET_TURNS; quiet++) {
      await nextTurn()
      if (this.#wire.writes === seen) continue
      seen = this.#wire.writes
      quiet = -1
    }
  }
}

export type TlsEngineOptions = {
  /** EAP-TLS: demand a client certificate that chains to `ca`. */
  wantsCertificate: boolean
  /** Where open tunnels are kept, oldest first; engines may share it, and with it the limit. */
  tunnels: Set<Tunnel>
  tunnelsMax: number
  handshakeMs: number
}

/**
 * Tunnels over one `tls.createServer`, which is never bound to a port: it is given connections by `emit`. A bare
 * `TLSSocket` would not do: it takes client certificates of any authority.
 *
 * No resumption, by ticket or by session id: a resumed PEAP or TTLS session skips the inner method, and with it the
 * question whether the user may still be online (RFC 9427 §6.1 leaves it to the server).
 */
export class TlsEngine {
  readonly #server: Server
  readonly #options: TlsEngineOptions
  /** Node's events carry a TLSSocket, which knows its wire only in private; the async context leads back to ours. */
  readonly #current = new AsyncLocalStorage<Tunnel>()

  constructor(tls: EapTls, options: TlsEngineOptions) {
    this.#options = options
    this.#server = createServer(this.#serverOptions(tls))
    this.#server.on('secureConnection', (socket) => {
      const tunnel = this.#current.getStore()
      if (tunnel === undefined) {
        socket.destroy()
        return
      }
      tunnel.secured(socket)
      if (options.wantsCertificate && !socket.authorized) tunnel.fail(refusal(socket))
    })
    this.#server.on('tlsClientError', (error) => this.#current.getStore()?.fail(tlsReason(error)))
  }

  /** A new tunnel; when there are too many the oldest is destroyed, and its conversation fails. */
  connect(): Tunnel {
    const { tunnels, tunnelsMax } = this.#options
    const [oldest] = tunnels
    if (tunnels.size >= tunnelsMax) oldest?.destroy('crowded-out')
    const wire = new Wire()
    const tunnel = new Tunnel(wire, (gone) => tunnels.delete(gone))
    tunnels.add(tunnel)
    this.#current.run(tunnel, () => this.#server.emit('connection', wire))
    return tunnel
  }

  /** For connections to come. Throws when key, certificate or lists are no good, and then changes nothing. */
  setTls(tls: EapTls): void {
    this.#server.setSecureContext(this.#serverOptions(tls))
  }

  #serverOptions({ key, cert, ca, crl, minVersion = 'TLSv1.2', maxVersion = 'TLSv1.3' }: EapTls): TlsOptions {
    const { wantsCertificate, handshakeMs: handshakeTimeout } = this.#options
    return {
      key,
      cert,
      // Nothing to trust where no certificate is asked for; and from an empty store OpenSSL does not build (and verify,
      // and send) the chain of the server's own certificate at each handshake: a quarter of its time.
      ca: wantsCertificate ? ca : [],
      ...(wantsCertificate && crl && { crl }),
      minVersion,
      maxVersion,
      requestCert: wantsCertificate,
      // Refused above, where the reason is known: left to Node, an expired certificate is a connection that hangs up.
      rejectUnauthorized: false,
      handshakeTimeout,
      // Small key shares: the post-quantum group would cost each handshake another fragment and round trip each way.
      ecdhCurve: 'X25519:P-256:P-384',
      secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
    }
  }
}

function refusal(socket: TLSSocket): string {
  if (socket.getPeerX509Certificate() === undefined) return 'no-certificate'
  return `certificate: ${String(socket.authorizationError)}`
}

const tlsReason = (error: Error & { code?: string; reason?: string }): string =>
  `tls: ${error.reason ?? error.code ?? 'failed'}`
