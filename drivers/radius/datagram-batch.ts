import type * as Ffi from 'node:ffi'

/** Datagrams one system call may carry. */
export const BATCH_DATAGRAMS = 64
/** RFC 2865 §3: a longer packet is refused by its Length, and octets behind Length are padding, so neither is missed. */
const DATAGRAM_OCTETS_MAX = 4096

// <sys/socket.h>, <netinet/in.h> of Linux; the numbers are those of x86-64 and arm64 alike.
const AF_INET = 2
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2_000_000
const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const SO_REUSEPORT = 15
const MSG_DONTWAIT = 0x40

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
// struct sockaddr_in { family, port, addr, zero[8] }
const NAME_OCTETS = 16

/** Texts of addresses, kept so that a packet costs a look-up and not a string. */
const ADDRESSES_MAX = 10_000

const signatures = {
  socket: { return: 'int32', arguments: ['int32', 'int32', 'int32'] },
  setsockopt: { return: 'int32', arguments: ['int32', 'int32', 'int32', 'pointer', 'uint32'] },
  bind: { return: 'int32', arguments: ['int32', 'pointer', 'uint32'] },
  close: { return: 'int32', arguments: ['int32'] },
  recvmmsg: { return: 'int32', arguments: ['int32', 'pointer', 'uint32', 'int32', 'pointer'] },
  sendmmsg: { return: 'int32', arguments: ['int32', 'pointer', 'uint32', 'int32'] },
} as const satisfies Ffi.FunctionDefinitions

type Calls = Ffi.WrappedFunctionsFromDefinitions<typeof signatures>

/** The calls of the C library, where this runtime can make them and lays out its structures as they are written here. */
export type SocketLibrary = Pick<typeof Ffi, 'getRawPointer'> & Calls

/** Null on another system, another word size, or a Node that cannot or may not call native code. */
export const openSocketLibrary = (): SocketLibrary | null => {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return null
  try {
    const ffi = process.getBuiltinModule('node:ffi') as typeof Ffi | undefined
    return ffi ? { getRawPointer: ffi.getRawPointer, ...ffi.dlopen(null, signatures).functions } : null
  } catch {
    return null
  }
}

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
 * Many datagrams a system call, on an IPv4 socket of its own: a login costs the kernel as much in entering and leaving
 * it as in the work, and node:dgram pays that for each packet, with 64 kB of fresh memory to receive into. Whoever
 * opens one hands `fd` to node:dgram, which polls it and closes it.
 */
export class DatagramBatch {
  readonly #library: SocketLibrary
  readonly fd: number
  readonly #in: Slab
  readonly #out: Slab
  readonly #textOf = new Map<number, string>()
  readonly #numberOf = new Map<string, number>()
  #queued = 0

  constructor(library: SocketLibrary, fd: number) {
    this.#library = library
    this.fd = fd
    this.#in = new Slab(library)
    this.#out = new Slab(library)
    for (let i = 0; i < BATCH_DATAGRAMS; i++) this.#out.octets.writeUInt16LE(AF_INET, this.#out.nameAt(i))
  }

  /** Reads what waits, up to a batch. Memory of its own for each call: a request may be answered much later. */
  receive(): Datagram[] {
    const slab = this.#in
    const count = this.#library.recvmmsg(this.fd, slab.address, BATCH_DATAGRAMS, MSG_DONTWAIT, null)
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
      const sent = this.#library.sendmmsg(this.fd, slab.headerAddress(i), count - i, MSG_DONTWAIT)
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

const ipv4ToInt32 = (text: string): number => text.split('.').reduce((sum, part) => (sum << 8) | Number(part), 0)

/**
 * An IPv4 UDP socket bound to this address; undefined when that cannot be, for whatever reason: binding it by
 * node:dgram will say which.
 */
export const bindBatch = (
  library: SocketLibrary,
  { address, port, reusePort }: { readonly address: string; readonly port: number; readonly reusePort: boolean },
): DatagramBatch | undefined => {
  const fd = library.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  if (fd < 0) return undefined
  const name = Buffer.alloc(NAME_OCTETS)
  name.writeUInt16LE(AF_INET, 0)
  name.writeUInt16BE(port, 2)
  name.writeInt32BE(ipv4ToInt32(address), 4)
  const isBound = (!reusePort || setFlag(library, fd, SO_REUSEPORT, 1)) && library.bind(fd, name, NAME_OCTETS) === 0
  if (isBound) return new DatagramBatch(library, fd)
  library.close(fd)
  return undefined
}

/** libuv lets others share the address of a socket it is handed; this one is nobody else's. */
export const unshareAddress = (library: SocketLibrary, fd: number): void => {
  setFlag(library, fd, SO_REUSEADDR, 0)
}

const setFlag = (library: SocketLibrary, fd: number, option: number, on: 0 | 1): boolean => {
  const value = Buffer.alloc(4)
  value.writeInt32LE(on)
  return library.setsockopt(fd, SOL_SOCKET, option, value, value.length) === 0
}
