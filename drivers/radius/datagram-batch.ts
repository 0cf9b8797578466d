import { AF_INET, ipv4ToInt32, MSG_DONTWAIT, NAME_OCTETS, type SocketLibrary } from './socket-library.ts'

/** Datagrams one system call may carry. */
export const BATCH_DATAGRAMS = 64
/** RFC 2865 §3: a longer packet is refused by its Length, and octets behind Length are padding, so neither is missed. */
const DATAGRAM_OCTETS_MAX = 4096

// struct mmsghdr { struct msghdr { name, namelen, iov, iovlen, control, controllen, flags }, len } of 64-bit Linux.
const HEADER_OCTETS = 64
const NAME_AT = 0
const NAMELEN_AT = 8
const IOV_AT = 16
const IOVLEN_AT = 24
const LEN_AT = 56
// struct iovec { base, len }
const IOV_OCTETS = 16
const IOV_LEN_AT = 8

/** Texts of addresses, kept so that a packet costs a look-up and not a string. */
const ADDRESSES_MAX = 10_000

/** Headers, addresses and octets of one batch, in memory that does not move: the kernel is told where it lies, once. */
class Slab {
  readonly octets = Buffer.alloc(BATCH_DATAGRAMS * (HEADER_OCTETS + IOV_OCTETS + NAME_OCTETS + DATAGRAM_OCTETS_MAX))
  readonly address: bigint
  readonly namesAt = BATCH_DATAGRAMS * (HEADER_OCTETS + IOV_OCTETS)
  readonly dataAt = this.namesAt + BATCH_DATAGRAMS * NAME_OCTETS

  constructor(library: SocketLibrary) {
    const { octets } = this
    this.address = library.getRawPointer(octets)
    const pointerTo = (at: number): bigint => this.address + BigInt(at)
    for (let i = 0; i < BATCH_DATAGRAMS; i++) {
      const header = i * HEADER_OCTETS
      const iov = BATCH_DATAGRAMS * HEADER_OCTETS + i * IOV_OCTETS
      octets.writeBigUInt64LE(pointerTo(this.namesAt + i * NAME_OCTETS), header + NAME_AT)
      octets.writeUInt32LE(NAME_OCTETS, header + NAMELEN_AT)
      octets.writeBigUInt64LE(pointerTo(iov), header + IOV_AT)
      octets.writeBigUInt64LE(1n, header + IOVLEN_AT)
      octets.writeBigUInt64LE(pointerTo(this.dataAt + i * DATAGRAM_OCTETS_MAX), iov)
      octets.writeBigUInt64LE(BigInt(DATAGRAM_OCTETS_MAX), iov + IOV_LEN_AT)
    }
  }

  /** The header of the datagram `i`, as the kernel counts. */
  headerAddress(i: number): bigint {
    return this.address + BigInt(i * HEADER_OCTETS)
  }

  lengthOf(i: number): number {
    return this.octets.readUInt32LE(i * HEADER_OCTETS + LEN_AT)
  }

  setLength(i: number, length: number): void {
    this.octets.writeUInt32LE(length, BATCH_DATAGRAMS * HEADER_OCTETS + i * IOV_OCTETS + IOV_LEN_AT)
  }

  nameAt(i: number): number {
    return this.namesAt + i * NAME_OCTETS
  }

  octetsAt(i: number): number {
    return this.dataAt + i * DATAGRAM_OCTETS_MAX
  }
}

export type Datagram = { readonly octets: Buffer; readonly address: string; readonly port: number }

/**
 * Many datagrams a system call, on an IPv4 socket: a login costs the kernel as much in entering and leaving it as in the
 * work, and node:dgram pays that for each packet, with 64 kB of fresh memory to receive into.
 */
export class DatagramBatch {
  readonly #library: SocketLibrary
  readonly #fd: number
  readonly #in: Slab
  readonly #out: Slab
  readonly #textOf = new Map<number, string>()
  readonly #numberOf = new Map<string, number>()
  #queued = 0

  constructor(library: SocketLibrary, fd: number) {
    this.#library = library
    this.#fd = fd
    this.#in = new Slab(library)
    this.#out = new Slab(library)
    for (let i = 0; i < BATCH_DATAGRAMS; i++) this.#out.octets.writeUInt16LE(AF_INET, this.#out.nameAt(i))
  }

  /** Reads what waits, up to a batch. Memory of its own for each call: a request may be answered much later. */
  receive(): Datagram[] {
    const slab = this.#in
    const count = this.#library.recvmmsg(this.#fd, slab.address, BATCH_DATAGRAMS, MSG_DONTWAIT, null)
    let total = 0
    for (let i = 0; i < count; i++) total += slab.lengthOf(i)
    const memory = Buffer.allocUnsafeSlow(total)
    const datagrams: Datagram[] = []
    let end = 0
    for (let i = 0; i < count; i++) {
      const from = slab.octetsAt(i)
      const start = end
      end += slab.octets.copy(memory, start, from, from + slab.lengthOf(i))
      const name = slab.nameAt(i)
      datagrams.push({
        octets: memory.subarray(start, end),
        address: this.#text(slab.octets.readInt32BE(name + 4)),
        port: slab.octets.readUInt16BE(name + 2),
      })
    }
    return datagrams
  }

  /** Puts a datagram beside those that leave with the next `flush`; false when it does not fit beside them. */
  queue(octets: Uint8Array, port: number, address: string): boolean {
    if (this.#queued === BATCH_DATAGRAMS || octets.length > DATAGRAM_OCTETS_MAX) return false
    const slab = this.#out
    const i = this.#queued++
    slab.octets.set(octets, slab.octetsAt(i))
    slab.setLength(i, octets.length)
    slab.octets.writeUInt16BE(port, slab.nameAt(i) + 2)
    slab.octets.writeInt32BE(this.#number(address), slab.nameAt(i) + 4)
    return true
  }

  /** Sends what is queued. One that the kernel refuses is handed to `refused`, those behind it still leave. */
  flush(refused: (datagram: Datagram) => void): void {
    const slab = this.#out
    const count = this.#queued
    this.#queued = 0
    for (let i = 0; i < count;) {
      const sent = this.#library.sendmmsg(this.#fd, slab.headerAddress(i), count - i, MSG_DONTWAIT)
      if (sent > 0) i += sent
      else refused(this.#outgoing(i++))
    }
  }

  #outgoing(i: number): Datagram {
    const { octets } = this.#out
    const name = this.#out.nameAt(i)
    const at = this.#out.octetsAt(i)
    const length = octets.readUInt32LE(BATCH_DATAGRAMS * HEADER_OCTETS + i * IOV_OCTETS + IOV_LEN_AT)
    return {
      octets: Buffer.from(octets.subarray(at, at + length)),
      address: this.#text(octets.readInt32BE(name + 4)),
      port: octets.readUInt16BE(name + 2),
    }
  }

  #text(number: number): string {
    const known = this.#textOf.get(number)
    if (known !== undefined) return known
    const text = [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.')
    this.#remember(number, text)
    return text
  }

  #number(text: string): number {
    const known = this.#numberOf.get(text)
    if (known !== undefined) return known
    const number = ipv4ToInt32(text)
    this.#remember(number, text)
    return number
  }

  #remember(number: number, text: string): void {
    if (this.#textOf.size >= ADDRESSES_MAX) {
      this.#textOf.clear()
      this.#numberOf.clear()
    }
    this.#textOf.set(number, text)
    this.#numberOf.set(text, number)
  }
}
