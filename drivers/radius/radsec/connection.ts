import type { TLSSocket } from 'node:tls'
import {
  encodeReply,
  encodeRequest,
  hasMessageAuthenticator,
  prepareSecret,
  verifyReply,
  verifyRequest,
} from '../authenticity.ts'
import { nothingLearned } from '../blast-radius.ts'
import { isReplyTo, type OutgoingRequest, type Outcome } from '../client.ts'
import { codes, findAttribute, parsePacket, type AttributeWriter, type Packet } from '../packet.ts'
import type { RadiusVersion } from '../protocol.ts'
import { encodeReply11, encodeRequest11, parsePacket11 } from '../radius11.ts'
import { ReplyCache } from '../reply-cache.ts'
import type { DropCause, KnownClient, RadiusRequest, RadiusTimers } from '../request.ts'
import { Framer } from './framing.ts'

/** Bounds of one connection. */
export const connectionLimits = {
  /** Requests of the peer that are not answered yet; beyond, nothing is read until one is. */
  inFlightMax: 256,
  /** Our own requests that wait for a reply (version 1.0 has 255 Identifiers, one is kept for Status-Server). */
  outstandingMax: 255,
  /** TCP repeats for us; a request without a reply by then is given up, or sooner where it says so itself. */
  replyTimeoutMs: 30_000,
  /** Replies of one connection kept for a repeated request. */
  cachedBytesMax: 1024 * 1024,
} as const

export type ConnectionLimits = { readonly [name in keyof typeof connectionLimits]: number }

/** RFC 6614 §2.3: over TLS the secret is this text, known to all. */
export const radsecSecret = prepareSecret(Buffer.from('radsec'))

export type ConnectionOptions<T> = {
  readonly socket: TLSSocket
  readonly version: RadiusVersion
  readonly data: T
  readonly address: string
  readonly port: number
  /** Request codes that are taken from the peer. */
  readonly codes: readonly number[]
  readonly onRequest: (request: RadiusRequest<T>) => void
  readonly onDrop: (cause: DropCause, reason?: string) => void
  readonly random: { bytes(count: number): Buffer }
  readonly monotonicMs: () => number
  readonly timers: RadiusTimers
  readonly limits?: Partial<ConnectionLimits>
}

type Waiting = {
  readonly request: Packet
  readonly startedAt: number
  readonly timer: unknown
  readonly settle: (outcome: Outcome) => void
}

const EAP_MESSAGE = 79
const IDENTIFIERS = 256
const REPLIES = new Set<number>([
  codes.accessAccept,
  codes.accessReject,
  codes.accessChallenge,
  codes.accountingResponse,
  codes.disconnectAck,
  codes.disconnectNak,
  codes.coaAck,
  codes.coaNak,
  codes.protocolError,
])

/**
 * RADIUS on one TLS connection, both ways: requests of the peer are handed on, and requests can be sent to it (RFC 6614
 * §2.1: authentication, accounting and dynamic authorization share a connection). What breaks the protocol closes it.
 */
export class RadsecConnection<T> {
  readonly #options: ConnectionOptions<T>
  readonly #limits: ConnectionLimits
  #client: KnownClient<T>
  readonly #framer = new Framer()
  readonly #cache: ReplyCache
  /** Our own requests by Identifier, or by Token in version 1.1. */
  readonly #waiting = new Map<number, Waiting>()
  #nextToken: number
  #inFlight = 0
  #isOpen = true
  #isReading = false
  receivedAt: number

  constructor(options: ConnectionOptions<T>) {
    this.#options = options
    this.#limits = { ...connectionLimits, ...options.limits }
    this.#cache = new ReplyCache({ bytesMax: this.#limits.cachedBytesMax })
    this.#client = {
      secret: radsecSecret,
      requireMessageAuthenticator: 'no',
      limitProxyState: 'no',
      learned: nothingLearned,
      data: options.data,
    }
    this.#nextToken = options.random.bytes(4).readUInt32BE()
    this.receivedAt = options.monotonicMs()
    const { socket } = options
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('drain', () => this.#read())
    socket.on('close', () => this.#onClose())
  }

  get data(): T {
    return this.#client.data
  }

  /** What the caller knows of this client may change while it stays connected. */
  set data(data: T) {
    this.#client = { ...this.#client, data }
  }

  get version(): RadiusVersion {
    return this.#options.version
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  get outstanding(): number {
    return this.#waiting.size
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Sends a request to the peer. Never rejects; a lost connection is `closed`. */
  request(request: OutgoingRequest): Promise<Outcome> {
    if (!this.#isOpen) return Promise.resolve({ type: 'closed' })
    if (request.signal?.aborted === true) return Promise.resolve({ type: 'aborted' })
    const key = this.#freeKey(request.code)
    if (key === undefined) return Promise.resolve({ type: 'busy' })
    const packet = this.#encode(request, key)
    return new Promise((resolve) => {
      const settle = (outcome: Outcome): void => {
        this.#options.timers.clear(timer)
        request.signal?.removeEventListener('abort', abort)
        this.#waiting.delete(key)
        resolve(outcome)
      }
      const abort = (): void => settle({ type: 'aborted' })
      const timer = this.#options.timers.set(
        () => settle({ type: 'timeout', attempts: 1 }),
        Math.min(request.retransmission?.durationMaxMs || Infinity, this.#limits.replyTimeoutMs),
      )
      request.signal?.addEventListener('abort', abort)
      this.#waiting.set(key, { request: packet, startedAt: this.#options.monotonicMs(), timer, settle })
      this.#options.socket.write(packet.bytes)
    })
  }

  /** Ends the connection; what the peer still waits for is not answered. */
  close(): void {
    this.#isOpen = false
    this.#options.socket.destroy()
  }

  /** Version 1.0 keeps Identifier 0 for Status-Server, so that a watchdog can always be sent (RFC 6613 §2.6.5). */
  #freeKey(code: number): number | undefined {
    if (code === codes.statusServer && this.version === 'radius/1.0') return this.#waiting.has(0) ? undefined : 0
    if (this.#waiting.size >= this.#limits.outstandingMax) return undefined
    const isTaken = (key: number) => this.#waiting.has(key) || (this.version === 'radius/1.0' && key === 0)
    // A counter that goes round: a key is not used again soon after its reply (RFC 9765).
    const range = this.version === 'radius/1.0' ? IDENTIFIERS : 2 ** 32
    do this.#nextToken = (this.#nextToken + 1) % range
    while (isTaken(this.#nextToken))
    return this.#nextToken
  }

  #encode({ code, attributes: source, messageAuthenticator }: OutgoingRequest, key: number): Packet {
    const { version } = this
    const authenticator = this.#options.random.bytes(16)
    const attributes = typeof source === 'function' ? source({ authenticator, secret: radsecSecret, version }) : source
    if (version === 'radius/1.1') return { bytes: encodeRequest11({ code, token: key, attributes }), code, id: 0 }
    const bytes = encodeRequest({
      code,
      id: key,
      secret: radsecSecret,
      attributes,
      requestAuthenticator: authenticator,
      messageAuthenticator: messageAuthenticator ?? code !== codes.accountingRequest,
    })
    return { bytes, code, id: key }
  }

  #receive(chunk: Buffer): void {
    this.receivedAt = this.#options.monotonicMs()
    this.#framer.push(chunk)
    this.#read()
  }

  /** Takes packets as long as there is room for them; TCP makes the peer wait for the rest. */
  #read(): void {
    // Answering at once comes back to here.
    if (this.#isReading) return
    this.#isReading = true
    while (this.#isOpen && !this.#isFull()) {
      const frame = this.#framer.next()
      if (frame === undefined) break
      if (typeof frame === 'string') this.#break(frame)
      else this.#take(frame)
    }
    this.#isReading = false
    if (!this.#isOpen) return
    if (this.#isFull()) this.#options.socket.pause()
    else this.#options.socket.resume()
  }

  #isFull(): boolean {
    return this.#inFlight >= this.#limits.inFlightMax || this.#options.socket.writableNeedDrain
  }

  #take(frame: Buffer): void {
    const packet = this.version === 'radius/1.1' ? parsePacket11(frame) : parsePacket(frame)
    if (typeof packet === 'string') this.#break(packet)
    else if (REPLIES.has(packet.code)) this.#takeReply(packet)
    else this.#takeRequest(packet)
  }

  #takeReply(packet: Packet): void {
    const key = this.version === 'radius/1.1' ? packet.bytes.readUInt32BE(4) : packet.id
    const waiting = this.#waiting.get(key)
    // Late, or made up: nothing is waiting, nothing happens (RFC 6613 §2.6.4).
    if (waiting === undefined || !isReplyTo(waiting.request.code, packet.code)) {
      this.#options.onDrop('unexpected-reply')
      return
    }
    const verdict = this.version === 'radius/1.1' ? 'ok' : verifyReply(packet, waiting.request, radsecSecret)
    if (verdict !== 'ok') return this.#break('bad-reply')
    const roundTripMs = this.#options.monotonicMs() - waiting.startedAt
    waiting.settle({ type: 'reply', packet, request: waiting.request, attempts: 1, roundTripMs })
  }

  #takeRequest(packet: Packet): void {
    // RFC 6613 §2.6.4: an unwanted code is dropped, the connection may stay.
    if (!this.#options.codes.includes(packet.code)) return this.#options.onDrop('code-not-accepted')
    if (this.version === 'radius/1.1') return this.#hand(new RadsecRequest(this, packet, this.#client, this.#options))
    const verdict = verifyRequest(packet, radsecSecret)
    if (verdict !== 'ok') return this.#break(verdict)
    const demandsSignature = packet.code === codes.statusServer || findAttribute(packet, EAP_MESSAGE) !== -1
    if (demandsSignature && !hasMessageAuthenticator(packet))
      return this.#options.onDrop('message-authenticator-missing')
    // Per kind: authentication and accounting may use one Identifier at the same time.
    const now = this.#options.monotonicMs()
    const known = this.#cache.begin(this.#cache.source('', packet.code, now), packet, now)
    if (known === 'new') this.#hand(new RadsecRequest(this, packet, this.#client, this.#options))
    else if (known !== 'in-progress') this.#options.socket.write(known)
  }

  #hand(request: RadiusRequest<T>): void {
    this.#inFlight += 1
    try {
      this.#options.onRequest(request)
    } catch (error) {
      request.ignore()
      this.#options.onDrop('handler-failed', String(error))
    }
  }

  /** For `RadsecRequest`: the request has ended, with a reply or without. */
  finish(packet: Packet, reply: Buffer | undefined): void {
    if (!this.#isOpen) return
    this.#inFlight -= 1
    if (this.version === 'radius/1.0') {
      const now = this.#options.monotonicMs()
      const source = this.#cache.source('', packet.code, now)
      if (reply === undefined) this.#cache.forget(source, packet)
      else this.#cache.finish(source, packet, reply, now)
    }
    if (reply !== undefined) this.#options.socket.write(reply)
    this.#read()
  }

  #break(cause: DropCause): void {
    this.#options.onDrop(cause)
    this.close()
  }

  #onClose(): void {
    this.#isOpen = false
    for (const waiting of this.#waiting.values()) waiting.settle({ type: 'closed' })
  }
}

class RadsecRequest<T> implements RadiusRequest<T> {
  readonly packet: Packet
  readonly client: KnownClient<T>
  readonly address: string
  readonly port: number
  readonly transport = 'tls'
  readonly version: RadiusVersion
  readonly #connection: RadsecConnection<T>
  #isOpen = true

  constructor(
    connection: RadsecConnection<T>,
    packet: Packet,
    client: KnownClient<T>,
    { address, port, version }: { address: string; port: number; version: RadiusVersion },
  ) {
    this.#connection = connection
    this.packet = packet
    this.client = client
    this.address = address
    this.port = port
    this.version = version
  }

  answer(code: number, attributes: Buffer | AttributeWriter): void {
    const { packet: request } = this
    this.respond(
      this.version === 'radius/1.1'
        ? encodeReply11({ code, request, attributes })
        : encodeReply({ code, request, secret: radsecSecret, attributes }),
    )
  }

  respond(reply: Buffer): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#connection.finish(this.packet, reply)
  }

  ignore(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#connection.finish(this.packet, undefined)
  }
}
