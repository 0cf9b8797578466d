import type { Packet } from './packet.ts'

/** Bounds of the duplicate detection of RFC 5080 §2.2.2. */
export const replyCacheLimits = {
  /** RFC 5080: at least 5 s, at most 30 s. */
  lifetimeMs: 30_000,
  /** Address and port pairs; the one that was silent longest goes first. */
  sourcesMax: 4096,
  /** Kept replies and their bookkeeping, over all sources: half of it each. */
  bytesMax: 8 * 1024 * 1024,
} as const

export type ReplyCacheLimits = { readonly [name in keyof typeof replyCacheLimits]: number }

const IDENTIFIERS = 256
/** Slots are made for so many Identifiers at once: most clients count upwards. */
const BLOCK_IDENTIFIERS = 16
const SOURCE_BYTES = 400

// A slot, in an array of plain numbers: a cache that turns over by the second must make nothing to be collected.
const RA = 0 // four words of the Request Authenticator
const EXPIRES_AT = 4
/** Octets of the reply; 0 while the request is being worked on. */
const LENGTH = 5
/** Where the reply stands, counted from the first octet ever kept. */
const POSITION = 6
const SLOT_NUMBERS = 7
const BLOCK_BYTES = BLOCK_IDENTIFIERS * SLOT_NUMBERS * 8 + 16
const FORGOTTEN = -1

/** Slots of neighbouring Identifiers; not whole numbers at first, so that they are never stored as anything but doubles. */
const newBlock = (): number[] => {
  const block = Array.from({ length: BLOCK_IDENTIFIERS * SLOT_NUMBERS }, () => 0.5)
  for (let slot = 0; slot < block.length; slot += SLOT_NUMBERS) block[slot + EXPIRES_AT] = FORGOTTEN
  return block
}

const slotAt = (id: number): number => (id % BLOCK_IDENTIFIERS) * SLOT_NUMBERS

const holds = (block: readonly number[], slot: number, bytes: Buffer): boolean =>
  block[slot + RA] === bytes.readInt32BE(4) &&
  block[slot + RA + 1] === bytes.readInt32BE(8) &&
  block[slot + RA + 2] === bytes.readInt32BE(12) &&
  block[slot + RA + 3] === bytes.readInt32BE(16)

/** Requests of one address and port. Obtained from `ReplyCache.source`, for the handling of one packet. */
export class ReplySource {
  readonly address: string
  readonly port: number
  readonly blocks: (number[] | undefined)[] = Array.from<number[] | undefined>({
    length: IDENTIFIERS / BLOCK_IDENTIFIERS,
  }).fill(undefined)
  bytes = SOURCE_BYTES
  seenAt = 0
  newer: ReplySource | undefined = undefined
  older: ReplySource | undefined = undefined
  /** Evicted: what still holds on to it no longer counts. */
  detached = false

  constructor(address: string, port: number) {
    this.address = address
    this.port = port
  }
}

const CHUNK_OCTETS = 16 * 1024

/** Replies one behind the other; when there is no room for more, the oldest give way, a chunk at a time. */
class Replies {
  readonly #chunksMax: number
  readonly #chunks: Buffer[] = []
  /** The chunk being written, counted from the first, and how much of it is used. */
  #chunk = 0
  #used = 0

  constructor(bytesMax: number) {
    this.#chunksMax = Math.max(1, Math.floor(bytesMax / CHUNK_OCTETS))
  }

  get bytes(): number {
    return this.#chunks.length * CHUNK_OCTETS
  }

  /** Answers where it stands. */
  add(reply: Buffer): number {
    if (this.#used + reply.length > CHUNK_OCTETS) {
      this.#chunk += 1
      this.#used = 0
    }
    const position = this.#chunk * CHUNK_OCTETS + this.#used
    this.#used += reply.copy(this.#memory(this.#chunk), this.#used)
    return position
  }

  /** A copy of what was kept there, unless newer replies have taken its place. */
  at(position: number, length: number): Buffer | undefined {
    const chunk = Math.floor(position / CHUNK_OCTETS)
    if (chunk <= this.#chunk - this.#chunksMax) return undefined
    const from = position % CHUNK_OCTETS
    return Buffer.from(this.#memory(chunk).subarray(from, from + length))
  }

  #memory(chunk: number): Buffer {
    return (this.#chunks[chunk % this.#chunksMax] ??= Buffer.allocUnsafeSlow(CHUNK_OCTETS))
  }
}

/**
 * Knows what was asked lately and what was answered, so that a retransmission is neither processed twice nor
 * answered differently. Only packets whose authenticity was verified may come here: a forged one must not displace
 * a real one. One cache per socket; times are monotonic milliseconds.
 */
export class ReplyCache {
  readonly #limits: ReplyCacheLimits
  readonly #replies: Replies
  // Two steps, so that no key string is built per packet.
  readonly #byAddress = new Map<string, Map<number, ReplySource>>()
  #newest: ReplySource | undefined
  #oldest: ReplySource | undefined
  #sources = 0
  /** Of the sources and their slots. */
  #bytes = 0

  constructor(limits: Partial<ReplyCacheLimits> = {}) {
    this.#limits = { ...replyCacheLimits, ...limits }
    this.#replies = new Replies(this.#limits.bytesMax / 2)
  }

  get stats(): { sources: number; bytes: number } {
    return { sources: this.#sources, bytes: this.#bytes + this.#replies.bytes }
  }

  /** The bookkeeping of one address and port, made on first sight. */
  source(address: string, port: number, nowMs: number): ReplySource {
    const known = this.#byAddress.get(address)?.get(port)
    if (known !== undefined) {
      known.seenAt = nowMs
      if (known !== this.#newest) this.#touch(known)
      return known
    }
    return this.#add(address, port, nowMs)
  }

  /**
   * `new`: to be processed; ends with `finish` or `forget`. `in-progress`: a duplicate of what is being worked on, to be
   * dropped. A buffer: a duplicate of what was answered, with a copy of the very octets of that answer.
   */
  begin(source: ReplySource, packet: Packet, nowMs: number): 'new' | 'in-progress' | Buffer {
    const { bytes, id } = packet
    const block = source.blocks[Math.floor(id / BLOCK_IDENTIFIERS)] ?? this.#addBlock(source, id)
    const slot = slotAt(id)
    if (nowMs < block[slot + EXPIRES_AT]! && holds(block, slot, bytes)) {
      const length = block[slot + LENGTH]!
      if (length === 0) return 'in-progress'
      const kept = this.#replies.at(block[slot + POSITION]!, length)
      if (kept) return kept
    }
    for (let word = 0; word < 4; word++) block[slot + RA + word] = bytes.readInt32BE(4 + 4 * word)
    block[slot + LENGTH] = 0
    block[slot + EXPIRES_AT] = nowMs + this.#limits.lifetimeMs
    return 'new'
  }

  /** Keeps the reply for retransmissions of `packet`, unless a newer request has taken its place meanwhile. */
  finish(source: ReplySource, packet: Packet, reply: Buffer, nowMs: number): void {
    const block = this.#blockOf(source, packet)
    if (block === undefined) return
    const slot = slotAt(packet.id)
    block[slot + POSITION] = this.#replies.add(reply)
    block[slot + LENGTH] = reply.length
    block[slot + EXPIRES_AT] = nowMs + this.#limits.lifetimeMs
  }

  /** This request will not be answered: its retransmission counts as new. */
  forget(source: ReplySource, packet: Packet): void {
    const block = this.#blockOf(source, packet)
    if (block !== undefined) block[slotAt(packet.id) + EXPIRES_AT] = FORGOTTEN
  }

  /** Where this very request has its slot; undefined when the slot is another's by now. */
  #blockOf(source: ReplySource, { bytes, id }: Packet): number[] | undefined {
    const block = source.blocks[Math.floor(id / BLOCK_IDENTIFIERS)]
    if (source.detached || block === undefined) return undefined
    const slot = slotAt(id)
    return block[slot + EXPIRES_AT] !== FORGOTTEN && holds(block, slot, bytes) ? block : undefined
  }

  #addBlock(source: ReplySource, id: number): number[] {
    const block = newBlock()
    source.blocks[Math.floor(id / BLOCK_IDENTIFIERS)] = block
    this.#charge(source, BLOCK_BYTES)
    return block
  }

  #charge(source: ReplySource, bytes: number): void {
    source.bytes += bytes
    this.#bytes += bytes
    while (this.#bytes > this.#limits.bytesMax / 2 && this.#oldest !== undefined && this.#oldest !== source) {
      this.#evict(this.#oldest)
    }
  }

  #add(address: string, port: number, nowMs: number): ReplySource {
    const idleSince = nowMs - this.#limits.lifetimeMs
    // Two out for one in: what a burst of ports has left behind melts away.
    for (let i = 0; i < 2 && this.#oldest !== undefined && this.#oldest.seenAt < idleSince; i++) {
      this.#evict(this.#oldest)
    }
    if (this.#oldest !== undefined && this.#sources >= this.#limits.sourcesMax) this.#evict(this.#oldest)
    const source = new ReplySource(address, port)
    source.seenAt = nowMs
    const ports = this.#byAddress.get(address)
    if (ports === undefined) this.#byAddress.set(address, new Map([[port, source]]))
    else ports.set(port, source)
    this.#sources += 1
    this.#link(source)
    this.#bytes += SOURCE_BYTES
    this.#charge(source, 0)
    return source
  }

  #touch(source: ReplySource): void {
    this.#unlink(source)
    this.#link(source)
  }

  #link(source: ReplySource): void {
    source.older = this.#newest
    source.newer = undefined
    if (this.#newest !== undefined) this.#newest.newer = source
    this.#newest = source
    this.#oldest ??= source
  }

  #unlink(source: ReplySource): void {
    if (source.newer === undefined) this.#newest = source.older
    else source.newer.older = source.older
    if (source.older === undefined) this.#oldest = source.newer
    else source.older.newer = source.newer
  }

  #evict(source: ReplySource): void {
    this.#unlink(source)
    source.detached = true
    this.#sources -= 1
    this.#bytes -= source.bytes
    const ports = this.#byAddress.get(source.address)
    ports?.delete(source.port)
    if (ports?.size === 0) this.#byAddress.delete(source.address)
  }
}
