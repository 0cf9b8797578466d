import { headerOctets, packetOctetsMax } from '../packet.ts'

/** Why no packet boundary can be found any more: the connection has to be closed (RFC 6613 §2.6.4). */
export type FramingFault = 'length' | 'oversize'

const LENGTH_OFFSET = 2
const LENGTH_END = 4

/**
 * Cuts a stream into packets. TLS records and packets have nothing to do with each other: a record may hold many
 * packets, or an octet of one. Holds one unfinished packet and what was last pushed, nothing more.
 */
export class Framer {
  readonly #octetsMax: number
  #rest: Buffer = Buffer.alloc(0)
  #fault: FramingFault | undefined

  constructor(octetsMax = packetOctetsMax) {
    this.#octetsMax = octetsMax
  }

  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
  }

  /** The next whole packet, as a view; undefined until more arrives. A fault is final. */
  next(): Buffer | FramingFault | undefined {
    if (this.#fault !== undefined) return this.#fault
    if (this.#rest.length < LENGTH_END) return undefined
    const length = this.#rest.readUInt16BE(LENGTH_OFFSET)
    // Told as soon as the length is known: nobody waits for 60 kB that will not be taken.
    if (length < headerOctets) return (this.#fault = 'length')
    if (length > this.#octetsMax) return (this.#fault = 'oversize')
    if (this.#rest.length < length) return undefined
    const packet = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return packet
  }
}
