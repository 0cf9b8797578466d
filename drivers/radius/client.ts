import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { encodeRequest, verifyReply, type PreparedSecret } from './authenticity.ts'
import { codes, parsePacket, type AttributeWriter, type Packet, type PacketFault } from './packet.ts'
import type { RadiusVersion } from './protocol.ts'
import { systemTimers, type RadiusTimers } from './request.ts'
import { nextTimeoutMs, retransmissionDefaults, type Retransmission } from './retransmission.ts'

export const radiusClientLimits = {
  /** Source ports, each good for 256 outstanding requests per server. */
  socketsMax: 16,
  receiveBufferBytes: 1024 * 1024,
} as const

/** A RADIUS server, or a NAS that listens for CoA. */
export type RadiusServerAt = {
  /** An IP address: names are the caller's to resolve. */
  readonly address: string
  readonly port: number
  readonly secret: PreparedSecret
  /** Take no reply to an Access-Request without Message-Authenticator (CVE-2024-3596). Default true. */
  readonly requireMessageAuthenticator?: boolean
}

/** What attributes hidden under the secret (User-Password, …) need to know of the request they go into. */
export type RequestSeal = {
  readonly authenticator: Buffer
  readonly secret: PreparedSecret
  readonly version: RadiusVersion
}

export type OutgoingRequest = {
  readonly code: number
  /** A function is called once: for attributes that are hidden under the Request Authenticator (Access-Request). */
  readonly attributes: Buffer | AttributeWriter | ((seal: RequestSeal) => Buffer | AttributeWriter)
  /** Whether to sign with Message-Authenticator; default true except for accounting. */
  readonly messageAuthenticator?: boolean
  /** TCP repeats by itself: over RadSec only `durationMaxMs` counts. */
  readonly retransmission?: Partial<Retransmission>
  readonly signal?: AbortSignal
}

export type ReplyFault = PacketFault | 'unexpected-code' | Exclude<ReturnType<typeof verifyReply>, 'ok'>

/** How a request ended. `attempts` counts transmissions. */
export type Outcome =
  /** `request` is what was sent: salted attributes of the reply are revealed with its authenticator. */
  | { type: 'reply'; packet: Packet; request: Packet; attempts: number; roundTripMs: number }
  | { type: 'timeout'; attempts: number }
  /** Only replies came that could not be trusted; the last fault. Mostly: the two ends do not share the secret. */
  | { type: 'bad-reply'; cause: ReplyFault; attempts: number }
  /** Nothing could be sent; the system's error code (`ENETUNREACH`, …; `EMSGSIZE` when it is more than a packet holds). */
  | { type: 'unsendable'; code: string }
  /** Every Identifier of every socket is outstanding at this server. */
  | { type: 'busy' }
  | { type: 'aborted' }
  | { type: 'closed' }

export type RadiusClientOptions = {
  readonly random: { bytes(count: number): Buffer; unit(): number }
  readonly monotonicMs: () => number
  readonly timers?: RadiusTimers
  /** Source addresses; by default the system chooses. */
  readonly localAddress?: { readonly ipv4?: string; readonly ipv6?: string }
  readonly limits?: Partial<{ readonly [name in keyof typeof radiusClientLimits]: number }>
}

export interface RadiusClient {
  /** Never rejects. */
  request(server: RadiusServerAt, request: OutgoingRequest): Promise<Outcome>
  readonly stats: { readonly outstanding: number; readonly sockets: number; readonly strayReplies: number }
  close(): void
}

const REPLY_CODES: Readonly<Record<number, readonly number[]>> = {
  [codes.accessRequest]: [codes.accessAccept, codes.accessReject, codes.accessChallenge],
  [codes.accountingRequest]: [codes.accountingResponse],
  [codes.statusServer]: [codes.accessAccept, codes.accountingResponse],
  [codes.disconnectRequest]: [codes.disconnectAck, codes.disconnectNak],
  [codes.coaRequest]: [codes.coaAck, codes.coaNak],
}

/** May a packet of code `reply` answer one of code `request`? */
export const isReplyTo = (request: number, reply: number): boolean => REPLY_CODES[request]?.includes(reply) ?? false

const IDENTIFIERS = 256
const RANDOM_AUTHENTICATOR = new Set<number>([codes.accessRequest, codes.statusServer])

export const createRadiusClient = (options: RadiusClientOptions): RadiusClient => new Client(options)

class Client implements RadiusClient {
  readonly options: RadiusClientOptions
  readonly timers: RadiusTimers
  readonly #limits: { readonly [name in keyof typeof radiusClientLimits]: number }
  readonly #sources: { 4: Source[]; 6: Source[] } = { 4: [], 6: [] }
  #isOpen = true

  constructor(options: RadiusClientOptions) {
    this.options = options
    this.timers = options.timers ?? systemTimers
    this.#limits = { ...radiusClientLimits, ...options.limits }
  }

  get stats(): RadiusClient['stats'] {
    const all = [...this.#sources[4], ...this.#sources[6]]
    return {
      sockets: all.length,
      outstanding: all.reduce((sum, source) => sum + source.outstanding, 0),
      strayReplies: all.reduce((sum, source) => sum + source.strayReplies, 0),
    }
  }

  request(server: RadiusServerAt, request: OutgoingRequest): Promise<Outcome> {
    if (!this.#isOpen) return Promise.resolve({ type: 'closed' })
    if (request.signal?.aborted === true) return Promise.resolve({ type: 'aborted' })
    const place = this.#place(server)
    if (place === undefined) return Promise.resolve({ type: 'busy' })
    // A source address that is not ours shows when the socket is bound, which may be at once.
    if (place.source.failure !== undefined) return Promise.resolve(place.source.failure)
    return new Promise((resolve) => {
      try {
        const exchange = new Exchange(this, place.source, server, request, place.id, resolve)
        place.source.put(exchange)
        exchange.transmit()
      } catch (error) {
        // Attributes that a peer sent may be too many for a packet of ours.
        if (!(error instanceof RangeError)) throw error
        resolve({ type: 'unsendable', code: 'EMSGSIZE' })
      }
    })
  }

  close(): void {
    this.#isOpen = false
    for (const source of [...this.#sources[4], ...this.#sources[6]]) source.close({ type: 'closed' })
    this.#sources[4] = []
    this.#sources[6] = []
  }

  #place(server: RadiusServerAt): { source: Source; id: number } | undefined {
    const family = isIPv6(server.address) ? 6 : 4
    const sources = this.#sources[family]
    for (const source of sources) {
      const id = source.freeId(server)
      if (id !== undefined) return { source, id }
    }
    if (sources.length >= this.#limits.socketsMax) return undefined
    const source = this.#open(family)
    return { source, id: source.freeId(server)! }
  }

  #open(family: 4 | 6): Source {
    const socket = createSocket({
      type: `udp${family}`,
      recvBufferSize: this.#limits.receiveBufferBytes,
      // Destinations are addresses; nothing is looked up.
      lookup: (address, _options, done) => done(null, address, family),
    })
    const source = new Source(socket, this.options.random)
    this.#sources[family].push(source)
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#sources[family] = this.#sources[family].filter((other) => other !== source)
      source.close({ type: 'unsendable', code: error.code ?? error.message })
    })
    socket.bind(0, family === 4 ? this.options.localAddress?.ipv4 : this.options.localAddress?.ipv6)
    return source
  }
}

type Lane = { readonly exchanges: (Exchange | undefined)[]; used: number }

const laneKey = (address: string, port: number): string => `${address} ${port}`

/** One source port: per server at most 256 requests outstanding, told apart by their Identifier. */
class Source {
  readonly socket: Socket
  readonly #lanes = new Map<string, Lane>()
  #nextId: number
  outstanding = 0
  strayReplies = 0
  failure: Outcome | undefined

  constructor(socket: Socket, random: RadiusClientOptions['random']) {
    this.socket = socket
    this.#nextId = Math.floor(random.unit() * IDENTIFIERS)
    socket.on('message', (datagram, { address, port }) => this.#receive(datagram, address, port))
  }

  /** Identifiers go round, so that one is not used again while a late reply to it may still come. */
  freeId({ address, port }: RadiusServerAt): number | undefined {
    const lane = this.#lanes.get(laneKey(address, port))
    if (lane !== undefined && lane.used === IDENTIFIERS) return undefined
    let id = this.#nextId
    while (lane?.exchanges[id] !== undefined) id = (id + 1) % IDENTIFIERS
    this.#nextId = (id + 1) % IDENTIFIERS
    return id
  }

  put(exchange: Exchange): void {
    const key = laneKey(exchange.server.address, exchange.server.port)
    const lane = this.#lanes.get(key) ?? { exchanges: [], used: 0 }
    this.#lanes.set(key, lane)
    lane.exchanges[exchange.packet.id] = exchange
    lane.used += 1
    this.outstanding += 1
  }

  remove(exchange: Exchange): void {
    const key = laneKey(exchange.server.address, exchange.server.port)
    const lane = this.#lanes.get(key)
    if (lane === undefined) return
    lane.exchanges[exchange.packet.id] = undefined
    lane.used -= 1
    this.outstanding -= 1
    if (lane.used === 0) this.#lanes.delete(key)
  }

  close(outcome: Outcome): void {
    this.failure = outcome
    for (const lane of this.#lanes.values()) for (const exchange of lane.exchanges) exchange?.settle(outcome)
    this.socket.close()
  }

  #receive(datagram: Buffer, address: string, port: number): void {
    const exchange = this.#lanes.get(laneKey(address, port))?.exchanges[datagram[1] ?? 0]
    if (exchange === undefined) this.strayReplies += 1
    else exchange.receive(datagram)
  }
}

/** One request from its first transmission to its outcome. The same octets are sent each time. */
class Exchange {
  readonly server: RadiusServerAt
  readonly packet: Packet
  readonly #client: Client
  readonly #source: Source
  readonly #resolve: (outcome: Outcome) => void
  readonly #rule: Retransmission
  readonly #signal: AbortSignal | undefined
  readonly #startedAt: number
  #timer: unknown
  #timeoutMs = 0
  #attempts = 0
  #fault: ReplyFault | undefined
  #sendError: string | undefined
  #isSent = false

  constructor(
    client: Client,
    source: Source,
    server: RadiusServerAt,
    request: OutgoingRequest,
    id: number,
    resolve: (outcome: Outcome) => void,
  ) {
    this.#client = client
    this.#source = source
    this.server = server
    this.packet = encode(server, request, id, client.options.random.bytes(16))
    this.#resolve = resolve
    this.#rule = { ...retransmissionDefaults, ...request.retransmission }
    this.#signal = request.signal
    this.#startedAt = client.options.monotonicMs()
    this.#signal?.addEventListener('abort', this.#abort)
  }

  transmit(): void {
    this.#attempts += 1
    this.#source.socket.send(this.packet.bytes, this.server.port, this.server.address, (error) => {
      if (error === null) this.#isSent = true
      else this.#sendError = (error as NodeJS.ErrnoException).code ?? error.message
    })
    this.#timeoutMs = nextTimeoutMs(this.#rule, this.#timeoutMs, this.#client.options.random.unit())
    const leftMs = this.#rule.durationMaxMs > 0 ? this.#rule.durationMaxMs - this.#elapsedMs() : Infinity
    this.#timer = this.#client.timers.set(() => this.#onTimeout(), Math.max(0, Math.min(this.#timeoutMs, leftMs)))
  }

  /** A reply that cannot be trusted is dropped and the wait goes on: else anyone could end the exchange. */
  receive(datagram: Buffer): void {
    const reply = parsePacket(datagram)
    const fault = typeof reply === 'string' ? reply : this.#faultOf(reply)
    if (fault !== undefined) {
      this.#fault = fault
      return
    }
    const [attempts, roundTripMs] = [this.#attempts, this.#elapsedMs()]
    this.settle({ type: 'reply', packet: reply as Packet, request: this.packet, attempts, roundTripMs })
  }

  settle(outcome: Outcome): void {
    this.#client.timers.clear(this.#timer)
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#source.remove(this)
    this.#resolve(outcome)
  }

  readonly #abort = (): void => this.settle({ type: 'aborted' })

  #faultOf(reply: Packet): ReplyFault | undefined {
    if (!isReplyTo(this.packet.code, reply.code)) return 'unexpected-code'
    const requireMessageAuthenticator =
      this.packet.code === codes.accessRequest && (this.server.requireMessageAuthenticator ?? true)
    const verdict = verifyReply(reply, this.packet, this.server.secret, { requireMessageAuthenticator })
    return verdict === 'ok' ? undefined : verdict
  }

  #onTimeout(): void {
    const { countMax, durationMaxMs } = this.#rule
    const isCounted = countMax > 0 && this.#attempts >= countMax
    const isOver = durationMaxMs > 0 && this.#elapsedMs() >= durationMaxMs
    if (isCounted || isOver) this.settle(this.#failure())
    else this.transmit()
  }

  #failure(): Outcome {
    const attempts = this.#attempts
    if (this.#fault !== undefined) return { type: 'bad-reply', cause: this.#fault, attempts }
    if (!this.#isSent && this.#sendError !== undefined) return { type: 'unsendable', code: this.#sendError }
    return { type: 'timeout', attempts }
  }

  #elapsedMs(): number {
    return this.#client.options.monotonicMs() - this.#startedAt
  }
}

function encode(server: RadiusServerAt, request: OutgoingRequest, id: number, random: Buffer): Packet {
  const { code, attributes } = request
  const { secret } = server
  const seal: RequestSeal = { authenticator: random, secret, version: 'radius/1.0' }
  const bytes = encodeRequest({
    code,
    id,
    secret,
    attributes: typeof attributes === 'function' ? attributes(seal) : attributes,
    messageAuthenticator: request.messageAuthenticator ?? code !== codes.accountingRequest,
    ...(RANDOM_AUTHENTICATOR.has(code) ? { requestAuthenticator: random } : {}),
  })
  return { bytes, code, id }
}
