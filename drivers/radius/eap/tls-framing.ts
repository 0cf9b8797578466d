/** Flags of EAP-TLS, PEAP and TTLS packets (RFC 5216 §3.1); the low three bits are PEAP's and TTLS' version. */
export const tlsFlag = { length: 0x80, more: 0x40, start: 0x20, version: 0x07 } as const

/** Ours: PEAPv0, TTLSv0, and reserved zeros in EAP-TLS. */
const VERSION = 0
const FLAGS_BYTES = 1
const LENGTH_BYTES = 4

export type Received =
  /** A whole TLS message; empty when the peer only acknowledged. */
  | { kind: 'message'; message: Buffer }
  /** A fragment came, or one was acknowledged: this is the answer. */
  | { kind: 'request'; data: Buffer }
  | { kind: 'fault'; reason: string }

const EMPTY = Buffer.alloc(0)
const fault = (reason: string): Received => ({ kind: 'fault', reason })

/** Cuts TLS messages into EAP packets and joins those of the peer (RFC 5216 §2.1.5). */
export class TlsFraming {
  readonly #messageBytesMax: number
  #incoming: Buffer[] = []
  #incomingBytes = 0
  /** Total announced by L, which the fragments must add up to. */
  #announcedBytes: number | undefined
  #outgoing: Buffer = EMPTY

  constructor(messageBytesMax: number) {
    this.#messageBytesMax = messageBytesMax
  }

  static start(): Buffer {
    return Buffer.of(tlsFlag.start | VERSION)
  }

  /** The first (or only) piece of a message; later ones follow the peer's acknowledgements. */
  send(message: Buffer, dataMax: number): Buffer {
    if (FLAGS_BYTES + message.length <= dataMax) return Buffer.concat([Buffer.of(VERSION), message])
    // L stands on the first of several fragments and nowhere else (RFC 9190 §2.4, RFC 9427 §4).
    const first = Buffer.allocUnsafe(dataMax)
    first.writeUInt8(tlsFlag.length | tlsFlag.more | VERSION, 0)
    first.writeUInt32BE(message.length, FLAGS_BYTES)
    const taken = message.copy(first, FLAGS_BYTES + LENGTH_BYTES)
    this.#outgoing = message.subarray(taken)
    return first
  }

  receive(data: Buffer, dataMax: number): Received {
    const flags = data[0]
    if (flags === undefined) return fault('malformed')
    if ((flags & tlsFlag.start) !== 0) return fault('malformed')
    if ((flags & tlsFlag.version) !== VERSION) return fault('version')
    const hasLength = (flags & tlsFlag.length) !== 0
    if (hasLength && data.length < FLAGS_BYTES + LENGTH_BYTES) return fault('malformed')
    const body = data.subarray(hasLength ? FLAGS_BYTES + LENGTH_BYTES : FLAGS_BYTES)
    const hasMore = (flags & tlsFlag.more) !== 0
    if (this.#outgoing.length > 0) {
      return body.length > 0 || hasMore ? fault('unexpected-data') : { kind: 'request', data: this.#next(dataMax) }
    }
    return this.#collect(body, hasMore, hasLength ? data.readUInt32BE(FLAGS_BYTES) : undefined)
  }

  #collect(body: Buffer, hasMore: boolean, announcedBytes: number | undefined): Received {
    this.#announcedBytes ??= announcedBytes
    this.#incomingBytes += body.length
    if (Math.max(this.#incomingBytes, this.#announcedBytes ?? 0) > this.#messageBytesMax) return fault('oversize')
    if (hasMore && body.length === 0) return fault('malformed')
    // A copy: the packet's buffer belongs to the caller.
    this.#incoming.push(Buffer.from(body))
    if (hasMore) return { kind: 'request', data: Buffer.of(VERSION) }
    if ((this.#announcedBytes ?? this.#incomingBytes) !== this.#incomingBytes) return fault('length')
    const message = this.#incoming.length === 1 ? (this.#incoming[0] ?? EMPTY) : Buffer.concat(this.#incoming)
    this.#incoming = []
    this.#incomingBytes = 0
    this.#announcedBytes = undefined
    return { kind: 'message', message }
  }

  #next(dataMax: number): Buffer {
    const hasMore = FLAGS_BYTES + this.#outgoing.length > dataMax
    const piece = this.#outgoing.subarray(0, dataMax - FLAGS_BYTES)
    this.#outgoing = this.#outgoing.subarray(piece.length)
    return Buffer.concat([Buffer.of(hasMore ? tlsFlag.more | VERSION : VERSION), piece])
  }
}
