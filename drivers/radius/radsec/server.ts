import { constants, type X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls'
import type { OutgoingRequest, Outcome } from '../client.ts'
import { DropLog, type DropLogLimits } from '../drop-log.ts'
import type { RadiusVersion } from '../protocol.ts'
import { systemTimers, type DropCause, type RadiusLog, type RadiusRequest, type RadiusTimers } from '../request.ts'
import { RadsecConnection, type ConnectionLimits } from './connection.ts'

/** Bounds of a RadSec server. */
export const radsecServerLimits = {
  connectionsMax: 1024,
  /** Handshakes not finished yet, in all and from one address. */
  halfOpenMax: 256,
  halfOpenPerAddressMax: 32,
  handshakeMs: 10_000,
  /** Without a word from the client; one that watches over the connection says something every 30 s or so. */
  idleMs: 600_000,
} as const

export type RadsecServerLimits = { readonly [name in keyof typeof radsecServerLimits]: number }

/** Who is at the other end, as proved by a certificate of the trusted authority. */
export type RadsecPeer = {
  readonly address: string
  readonly port: number
  /** With `fingerprint256`, `subject`, `subjectAltName`, `serialNumber`. */
  readonly certificate: X509Certificate
}

export type RadsecServerOptions<T> = {
  readonly address: string
  /** 0 takes a free one. 2083 is the registered one. */
  readonly port: number
  /** PEM. Clients must show a certificate of `ca`, and one that is not in `crl`. */
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string; readonly crl?: string }
  /** What ALPN may choose; default both. `radius/1.1` alone refuses clients that do not ask for it (RFC 9765 §3.3). */
  readonly versions?: readonly RadiusVersion[]
  readonly codes: readonly number[]
  /** The caller's client of this peer; undefined closes the connection. */
  readonly identify: (peer: RadsecPeer) => T | undefined
  readonly onRequest: (request: RadiusRequest<T>) => void
  readonly random: { bytes(count: number): Buffer }
  readonly monotonicMs: () => number
  readonly timers?: RadiusTimers
  readonly log: RadiusLog
  readonly limits?: Partial<RadsecServerLimits & ConnectionLimits & DropLogLimits>
}

export interface RadsecServer<T> {
  readonly port: number
  readonly stats: {
    readonly connections: number
    readonly halfOpen: number
    readonly inFlight: number
    readonly received: number
    readonly dropped: Readonly<Partial<Record<DropCause, number>>>
  }
  /** Whether a client that matches holds a connection. */
  isConnected(matches: (client: T) => boolean): boolean
  /** Sends a request (CoA, Disconnect) down the connection last heard of that matches; `closed` when there is none. */
  request(matches: (client: T) => boolean, request: OutgoingRequest): Promise<Outcome>
  /** Asks `identify` again for every connection: its answer counts from now on, and those it no longer knows are closed. */
  recheck(): void
  /** Takes a renewed certificate, authority or revocation list for new connections. */
  renew(tls: RadsecServerOptions<T>['tls']): void
  close(): Promise<void>
}

const VERSIONS: readonly RadiusVersion[] = ['radius/1.1', 'radius/1.0']
const MAPPED_IPV4 = '::ffff:'
const NO_COMMON_PROTOCOL = /APPLICATION_PROTOCOL/

const addressOf = (socket: Socket): string => {
  const address = socket.remoteAddress ?? ''
  return address.startsWith(MAPPED_IPV4) ? address.slice(MAPPED_IPV4.length) : address
}

/** One key for a TCP connection and for the TLS on top of it: the two sockets do not know each other. */
const endOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`

/**
 * No session tickets: a resumed session would not show its certificate again, to a list of revoked ones that may have
 * grown, and might fall back from 1.1 (RFC 9765 §3.5). No second handshake on a connection either: who is at its other end
 * was decided by the first.
 */
const contextOf = (tls: RadsecServerOptions<unknown>['tls']): SecureContextOptions => ({
  ...tls,
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
})

/** Resolves when the socket is bound; rejects with Node's system error, or OpenSSL's when a certificate is unusable. */
export async function createRadsecServer<T>(options: RadsecServerOptions<T>): Promise<RadsecServer<T>> {
  const server = new TlsServer(options)
  await server.listen()
  return server
}

type Live<T> = { readonly peer: RadsecPeer; readonly connection: RadsecConnection<T> }

class TlsServer<T> implements RadsecServer<T> {
  readonly #options: RadsecServerOptions<T>
  readonly #limits: RadsecServerLimits
  readonly #server: Server
  readonly #drops: DropLog
  readonly #live = new Set<Live<T>>()
  readonly #halfOpen = new Map<string, { socket: Socket; address: string }>()
  #received = 0

  constructor(options: RadsecServerOptions<T>) {
    this.#options = options
    this.#limits = { ...radsecServerLimits, ...options.limits }
    this.#drops = new DropLog(options.log, options.limits)
    this.#server = createServer({
      ...contextOf(options.tls),
      requestCert: true,
      rejectUnauthorized: true,
      // In this order; a client that offers others only is told so by alert 120 (RFC 7301 §3.2).
      ALPNProtocols: VERSIONS.filter((version) => this.#allows(version)),
      handshakeTimeout: this.#limits.handshakeMs,
    })
    this.#server.maxConnections = this.#limits.connectionsMax
    this.#server.on('connection', (socket: Socket) => this.#onConnection(socket))
    this.#server.on('secureConnection', (socket) => this.#onSecure(socket))
    this.#server.on('tlsClientError', (error, socket) => this.#onHandshakeFailed(error, socket))
    this.#server.on('drop', (from) => this.#dropFrom('connections-limit', from?.remoteAddress, from?.remotePort))
  }

  async listen(): Promise<void> {
    const listening = once(this.#server, 'listening')
    this.#server.listen(this.#options.port, this.#options.address)
    await listening
    this.#server.on('error', (error) => this.#options.log.warn('radsec socket error', { error }))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get stats(): RadsecServer<T>['stats'] {
    let inFlight = 0
    for (const { connection } of this.#live) inFlight += connection.inFlight
    return {
      connections: this.#live.size,
      halfOpen: this.#halfOpen.size,
      inFlight,
      received: this.#received,
      dropped: { ...this.#drops.counts },
    }
  }

  isConnected(matches: (client: T) => boolean): boolean {
    return this.#latest(matches) !== undefined
  }

  request(matches: (client: T) => boolean, request: OutgoingRequest): Promise<Outcome> {
    return this.#latest(matches)?.request(request) ?? Promise.resolve({ type: 'closed' })
  }

  /** A client that has come back from another address may leave a connection behind that nobody listens to any more. */
  #latest(matches: (client: T) => boolean): RadsecConnection<T> | undefined {
    let latest: RadsecConnection<T> | undefined
    for (const { connection } of this.#live) {
      if (!connection.isOpen || !matches(connection.data)) continue
      if (latest === undefined || connection.receivedAt >= latest.receivedAt) latest = connection
    }
    return latest
  }

  recheck(): void {
    for (const { peer, connection } of this.#live) {
      const data = this.#options.identify(peer)
      if (data === undefined) connection.close()
      else connection.data = data
    }
  }

  renew(tls: RadsecServerOptions<T>['tls']): void {
    this.#server.setSecureContext(contextOf(tls))
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const { socket } of this.#halfOpen.values()) socket.destroy()
    for (const { connection } of this.#live) connection.close()
    await closed
  }

  #allows(version: RadiusVersion): boolean {
    return (this.#options.versions ?? VERSIONS).includes(version)
  }

  #onConnection(socket: Socket): void {
    const address = addressOf(socket)
    let ofAddress = 0
    for (const other of this.#halfOpen.values()) if (other.address === address) ofAddress += 1
    if (this.#halfOpen.size >= this.#limits.halfOpenMax || ofAddress >= this.#limits.halfOpenPerAddressMax) {
      return this.#refuse('half-open-limit', socket)
    }
    const key = endOf(socket)
    this.#halfOpen.set(key, { socket, address })
    socket.on('close', () => this.#halfOpen.delete(key))
  }

  #onHandshakeFailed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    this.#halfOpen.delete(endOf(socket))
    // What was wrong with a certificate stands with the socket; the error only says that it was closed.
    const reason = (socket.authorizationError as string | Error | null)?.toString() ?? error.code ?? error.message
    const cause = NO_COMMON_PROTOCOL.test(reason) ? 'alpn' : 'tls-handshake'
    this.#dropFrom(cause, addressOf(socket), socket.remotePort, reason)
    // Node tells of a handshake that takes too long and leaves the socket as it is.
    socket.destroy()
  }

  #onSecure(socket: TLSSocket): void {
    this.#halfOpen.delete(endOf(socket))
    socket.on('error', () => this.#drop('connection-lost', socket))
    const version = this.#versionOf(socket)
    const certificate = socket.getPeerX509Certificate()
    if (version === undefined || certificate === undefined) return this.#refuse('alpn', socket)
    const peer: RadsecPeer = { address: addressOf(socket), port: socket.remotePort ?? 0, certificate }
    const data = this.#options.identify(peer)
    if (data === undefined) return this.#refuse('unknown-client', socket)
    const live: Live<T> = { peer, connection: this.#connect(socket, version, peer, data) }
    this.#live.add(live)
    socket.on('close', () => this.#live.delete(live))
    socket.setTimeout(this.#limits.idleMs, () => this.#refuse('idle', socket))
  }

  /** 1.1 needs TLS 1.3 (RFC 9765 §3.4); without ALPN it is RADIUS/TLS as it always was. */
  #versionOf(socket: TLSSocket): RadiusVersion | undefined {
    if (socket.alpnProtocol === 'radius/1.1') return socket.getProtocol() === 'TLSv1.3' ? 'radius/1.1' : undefined
    return this.#allows('radius/1.0') ? 'radius/1.0' : undefined
  }

  #connect(socket: TLSSocket, version: RadiusVersion, { address, port }: RadsecPeer, data: T): RadsecConnection<T> {
    const { codes, onRequest, random, monotonicMs, timers = systemTimers, limits = {} } = this.#options
    return new RadsecConnection<T>({
      socket,
      version,
      data,
      address,
      port,
      codes,
      random,
      monotonicMs,
      timers,
      limits,
      onRequest: (request) => {
        this.#received += 1
        onRequest(request)
      },
      onDrop: (cause, reason) => this.#dropFrom(cause, address, port, reason),
    })
  }

  #refuse(cause: DropCause, socket: Socket): void {
    this.#drop(cause, socket)
    socket.destroy()
  }

  #drop(cause: DropCause, socket: Socket): void {
    this.#dropFrom(cause, addressOf(socket), socket.remotePort)
  }

  #dropFrom(cause: DropCause, address = '', port = 0, reason?: string): void {
    this.#drops.drop(cause, address, port, this.#options.monotonicMs(), reason)
  }
}
