import type { Packet } from './packet.ts'

/** Bounds of the duplicate detection of RFC 5080 §2.2.2. */
export const replyCacheLimits = {
  /** RFC 5080: at least 5 s, at most 30 s. */
  lifetimeMs: 30_000,
  /** Address and port pairs; the one that was silent longest goes first. */
  sourcesMax: 4096,
  /** Kept replies and their bookkeeping, over all sources. */
  bytesMax: 32 * 1024 * 1024,
} as const

export type ReplyCacheLimits = { readonly [name in keyof typeof replyCacheLimits]: number }

const IDENTIFIERS = 256
const SOURCE_BYTES = 256 * 8 + 256
const SLOT_BYTES = 256
const STORE_STEP_BYTES = 64
const FORGOTTEN = -1

/** One Identifier of one source. The reply lives in memory of its own: a view would hold a 64 kB slab alive. */
class Slot {
  ra0 = 0
  ra1 = 0
  ra2 = 0
  ra3 = 0
  expiresAt = FORGOTTEN
  /** Octets of the reply in `store`; 0 while the request is being worked on. */
  replyLength = 0
  store: Buffer | undefined = undefined
}

/** Requests of one address and port. Obtained from `ReplyCache.source`, for the handling of one packet. */
export class ReplySource {
  readonly address: string
  readonly port: number
  readonly slots: (Slot | undefined)[] = Array.from<Slot | undefined>({ length: IDENTIFIERS }).fill(undefined)
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

/**
 * Knows what was asked lately and what was answered, so that a retransmission is neither processed twice nor
 * answered differently. Only packets whose authenticity was verified may come here: a forged one must not displace
 * a real one. One cache per socket; times are monotonic milliseconds.
 */
export class ReplyCache {
  readonly #limits: ReplyCacheLimits
  // Two steps, so that no key string is built per packet.
  readonly #byAddress = new Map<string, Map<number, ReplySource>>()
  #newest: ReplySource | undefined
  #oldest: ReplySource | undefined
  #sources = 0
  #bytes = 0

  constructor(limits: Partial<ReplyCacheLimits> = {}) {
    this.#limits = { ...replyCacheLimits, ...limits }
  }

  get stats(): { sources: number; bytes: number } {
    return { sources: this.#sources, bytes: this.#bytes }
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
    const { bytes } = packet
    const slot = source.slots[packet.id] ?? this.#addSlot(source, packet.id)
    const ra0 = bytes.readInt32BE(4)
    const ra1 = bytes.readInt32BE(8)
    const ra2 = bytes.readInt32BE(12)
    const ra3 = bytes.readInt32BE(16)
    const isSame = slot.ra0 === ra0 && slot.ra1 === ra1 && slot.ra2 === ra2 && slot.ra3 === ra3
    if (isSame && nowMs < slot.expiresAt) {
      return slot.replyLength === 0 ? 'in-progress' : Buffer.from(slot.store!.subarray(0, slot.replyLength))
    }
    slot.ra0 = ra0
    slot.ra1 = ra1
    slot.ra2 = ra2
    slot.ra3 = ra3
    slot.replyLength = 0
    slot.expiresAt = nowMs + this.#limits.lifetimeMs
    return 'new'
  }

  /** Keeps the reply for retransmissions of `packet`, unless a newer request has taken its place meanwhile. */
  finish(source: ReplySource, packet: Packet, reply: Buffer, nowMs: number): void {
    const slot = this.#slotOf(source, packet)
    if (slot === undefined) return
    if (slot.store === undefined || slot.store.length < reply.length) this.#grow(source, slot, reply.length)
    slot.store!.set(reply)
    slot.replyLength = reply.length
    slot.expiresAt = nowMs + this.#limits.lifetimeMs
  }

  /** This request will not be answered: its retransmission counts as new. */
  forget(source: ReplySource, packet: Packet): void {
    const slot = this.#slotOf(source, packet)
    if (slot !== undefined) slot.expiresAt = FORGOTTEN
  }

  #slotOf(source: ReplySource, { bytes, id }: Packet): Slot | undefined {
    const slot = source.slots[id]
    if (source.detached || slot === undefined || slot.expiresAt === FORGOTTEN) return undefined
    const isSame =
      slot.ra0 === bytes.readInt32BE(4) &&
      slot.ra1 === bytes.readInt32BE(8) &&
      slot.ra2 === bytes.readInt32BE(12) &&
      slot.ra3 === bytes.readInt32BE(16)
    return isSame ? slot : undefined
  }

  #addSlot(source: ReplySource, id: number): Slot {
    const slot = new Slot()
    source.slots[id] = slot
    this.#charge(source, SLOT_BYTES)
    return slot
  }

  #grow(source: ReplySource, slot: Slot, length: number): void {
    const size = Math.ceil(length / STORE_STEP_BYTES) * STORE_STEP_BYTES
    this.#charge(source, size - (slot.store?.length ?? 0))
    slot.store = Buffer.allocUnsafeSlow(size)
  }

  #charge(source: ReplySource, bytes: number): void {
    source.bytes += bytes
    this.#bytes += bytes
    while (this.#bytes > this.#limits.bytesMax && this.#oldest !== undefined && this.#oldest !== source) {
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
