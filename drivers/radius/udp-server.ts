import { Admission, type AdmissionLimits } from './admission.ts'
import { encodeReply, hasMessageAuthenticator, verifyRequest } from './authenticity.ts'
import {
  demandsSignature,
  judgeAccessRequest,
  learn,
  type AccessRequestFacts,
  type BlastRadiusLearned,
} from './blast-radius.ts'
import { bindDatagramSocket, type DatagramSocket } from './datagram-socket.ts'
import { DropLog, type DropLogLimits } from './drop-log.ts'
import { codes, findAttribute, packetOctetsMax, parsePacket, type AttributeWriter, type Packet } from './packet.ts'
import { ReplyCache, type ReplyCacheLimits, type ReplySource } from './reply-cache.ts'
import type { DropCause, KnownClient, RadiusLog, RadiusRequest } from './request.ts'

/** What the kernel is asked to hold while this thread is busy: its default is under 256 small packets. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
const PROXY_STATE = 33
const MAPPED_IPV4 = '::ffff:'

export type UdpServerOptions<T> = {
  /** An address of this machine: `0.0.0.0`, `::` (both families), `127.0.0.1`. */
  readonly address: string
  /** 0 takes a free one. */
  readonly port: number
  /** Several threads share one port; the kernel spreads the sources over them. */
  readonly reusePort?: boolean
  readonly receiveBufferBytes?: number
  /** The request codes of this port; any other is dropped. */
  readonly codes: readonly number[]
  /** Who sends from this address; asked for every datagram. IPv4 comes as IPv4 also on a dual-stack socket. */
  readonly clientFor: (address: string) => KnownClient<T> | undefined
  readonly onRequest: (request: RadiusRequest<T>) => void
  /** `auto` has learned something about a client: keep it, and hand it back as `learned` from now on. */
  readonly onLearned?: (client: KnownClient<T>, learned: BlastRadiusLearned) => void
  /** A datagram of nobody known, for offering adoption. Called for each: keep it cheap and bounded. */
  readonly onUnknownClient?: (address: string, port: number, datagram: Buffer) => void
  /** Milliseconds of a clock that nobody sets. */
  readonly monotonicMs: () => number
  readonly log: RadiusLog
  readonly limits?: Partial<AdmissionLimits & ReplyCacheLimits & DropLogLimits>
}

export type UdpServerStats = {
  /** Datagrams that arrived. */
  readonly received: number
  /** Replies to new requests, and replies sent again to a retransmission. */
  readonly answered: number
  readonly repeated: number
  /** Retransmissions of a request still being worked on. */
  readonly waiting: number
  readonly inFlight: number
  readonly dropped: Readonly<Partial<Record<DropCause, number>>>
  readonly cache: { readonly sources: number; readonly bytes: number }
}

export interface UdpServer {
  readonly port: number
  /**
   * What the kernel granted. Linux reports twice the usable size and grants `net.core.rmem_max` at most: a value below
   * what was asked for means that bursts will be lost.
   */
  readonly receiveBufferBytes: number
  readonly stats: UdpServerStats
  /** Stops receiving. Requests still open are not answered any more. */
  close(): Promise<void>
}

/**
 * Receives, checks and answers on one UDP socket. What is not a valid request of a known client is dropped without
 * an answer, counted by cause and logged at a bounded rate. Replies leave from the socket the request came to.
 */
class SocketServer<T> implements UdpServer {
  readonly #options: UdpServerOptions<T>
  readonly #socket: DatagramSocket
  readonly #accepts: boolean[]
  readonly #cache: ReplyCache
  readonly #admission: Admission
  readonly #drops: DropLog
  readonly #isDualStack: boolean
  #received = 0
  #answered = 0
  #repeated = 0
  #waiting = 0
  #isOpen = true

  constructor(options: UdpServerOptions<T>, socket: DatagramSocket) {
    this.#options = options
    this.#socket = socket
    this.#accepts = Array.from({ length: 256 }, (_, code) => options.codes.includes(code))
    this.#cache = new ReplyCache(options.limits)
    this.#admission = new Admission(options.limits)
    this.#drops = new DropLog(options.log, options.limits)
    this.#isDualStack = options.address.includes(':')
  }

  get port(): number {
    return this.#socket.port
  }

  get receiveBufferBytes(): number {
    return this.#socket.receiveBufferBytes
  }

  get stats(): UdpServerStats {
    return {
      received: this.#received,
      answered: this.#answered,
      repeated: this.#repeated,
      waiting: this.#waiting,
      inFlight: this.#admission.inFlight,
      dropped: { ...this.#drops.counts },
      cache: this.#cache.stats,
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.#socket.close()
  }

  receive(datagram: Buffer, from: string, port: number): void {
    this.#received += 1
    const address = this.#isDualStack && from.startsWith(MAPPED_IPV4) ? from.slice(MAPPED_IPV4.length) : from
    const client = this.#options.clientFor(address)
    if (client === undefined) {
      this.#drop('unknown-client', address, port)
      this.#options.onUnknownClient?.(address, port, datagram)
      return
    }
    const packet = parsePacket(datagram, packetOctetsMax)
    if (typeof packet === 'string') return this.#drop(packet, address, port)
    const fault = this.#accepts[packet.code] ? this.#authenticate(packet, client) : 'code-not-accepted'
    if (fault !== undefined) return this.#drop(fault, address, port)
    this.#accept(packet, client, address, this.#cache.source(from, port, this.#options.monotonicMs()))
  }

  #authenticate(packet: Packet, client: KnownClient<T>): DropCause | undefined {
    const verdict = verifyRequest(packet, client.secret)
    if (verdict !== 'ok') return verdict
    if (packet.code === codes.accessRequest) return this.#applyPolicy(packet, client)
    // RFC 5997 §3: a Status-Server without one is discarded.
    const isUnsigned = packet.code === codes.statusServer && !hasMessageAuthenticator(packet)
    return isUnsigned ? 'message-authenticator-missing' : undefined
  }

  #applyPolicy(packet: Packet, client: KnownClient<T>): DropCause | undefined {
    const signed = hasMessageAuthenticator(packet)
    const facts: AccessRequestFacts = {
      hasMessageAuthenticator: signed,
      hasProxyState: findAttribute(packet, PROXY_STATE) !== -1,
      // Looked at only where it matters: for an unsigned request, and while there is something to learn.
      demandsSignature: !(signed && client.learned.sentMessageAuthenticator) && demandsSignature(packet),
    }
    const verdict = judgeAccessRequest(client, client.learned, facts)
    if (verdict !== 'ok') return verdict
    const learned = learn(client.learned, facts)
    if (learned !== client.learned) this.#options.onLearned?.(client, learned)
    return undefined
  }

  #accept(packet: Packet, client: KnownClient<T>, address: string, source: ReplySource): void {
    const now = source.seenAt
    const known = this.#cache.begin(source, packet, now)
    if (known === 'in-progress') {
      this.#waiting += 1
      return
    }
    if (known !== 'new') {
      this.#repeated += 1
      this.#send(known, source)
      return
    }
    const verdict = this.#admission.check(address, packet, now)
    if (verdict !== 'ok') {
      this.#cache.forget(source, packet)
      this.#drop(verdict, address, source.port)
      return
    }
    const request = new UdpRequest(this, packet, client, address, source, now)
    try {
      this.#options.onRequest(request)
      if (request.isOpen) this.#admission.enter(request)
    } catch (error) {
      // One packet must not take the server down; its sender learns nothing.
      request.ignore()
      this.#drop('handler-failed', address, source.port, String(error))
    }
  }

  finish(request: UdpRequest<T>, reply: Buffer): void {
    if (!this.#isOpen) return
    this.#admission.leave(request)
    this.#cache.finish(request.source, request.packet, reply, this.#options.monotonicMs())
    this.#answered += 1
    this.#send(reply, request.source)
  }

  forget(request: UdpRequest<T>): void {
    this.#admission.leave(request)
    this.#cache.forget(request.source, request.packet)
  }

  abandoned(request: UdpRequest<T>): void {
    this.#cache.forget(request.source, request.packet)
    this.#drop('abandoned', request.address, request.port)
  }

  #send(reply: Buffer, { address, port }: ReplySource): void {
    this.#socket.send(reply, port, address)
  }

  #drop(cause: DropCause, address: string, port: number, reason?: string): void {
    this.#drops.drop(cause, address, port, this.#options.monotonicMs(), reason)
  }
}

class UdpRequest<T> implements RadiusRequest<T> {
  readonly packet: Packet
  readonly client: KnownClient<T>
  readonly address: string
  readonly receivedAt: number
  readonly source: ReplySource
  readonly #server: SocketServer<T>
  isOpen = true

  constructor(
    server: SocketServer<T>,
    packet: Packet,
    client: KnownClient<T>,
    address: string,
    source: ReplySource,
    receivedAt: number,
  ) {
    this.#server = server
    this.packet = packet
    this.client = client
    this.address = address
    this.source = source
    this.receivedAt = receivedAt
  }

  get port(): number {
    return this.source.port
  }

  get transport(): 'udp' {
    return 'udp'
  }

  get version(): 'radius/1.0' {
    return 'radius/1.0'
  }

  answer(code: number, attributes: Buffer | AttributeWriter): void {
    if (!this.isOpen) return
    this.respond(encodeReply({ code, request: this.packet, secret: this.client.secret, attributes }))
  }

  respond(reply: Buffer): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.#server.finish(this, reply)
  }

  ignore(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.#server.forget(this)
  }

  abandon(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.#server.abandoned(this)
  }
}

/** Resolves when the socket is bound; rejects with Node's system error (`EADDRINUSE`, `EACCES`, …). */
export async function createUdpServer<T>(options: UdpServerOptions<T>): Promise<UdpServer> {
  const socket = await bindDatagramSocket({
    address: options.address,
    port: options.port,
    reusePort: options.reusePort ?? false,
    receiveBufferBytes: options.receiveBufferBytes ?? RECEIVE_BUFFER_BYTES,
    onDatagram: (octets, address, port) => server.receive(octets, address, port),
    onError: (error) => options.log.warn('radius socket error', { error }),
  })
  const server = new SocketServer(options, socket)
  return server
}
