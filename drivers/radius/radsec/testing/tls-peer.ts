import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { parsePacket, type Packet } from '../../packet.ts'
import { Framer, type FramingFault } from '../framing.ts'

/** The other end of a connection: whole packets in order of arrival, and how it ended. */
export class StreamPeer<S extends Socket = TLSSocket> {
  readonly socket: S
  /** Resolves with OpenSSL's or the system's code, or `end`, when the connection is over. */
  readonly closed: Promise<string>
  readonly #frames: (Buffer | FramingFault)[] = []
  readonly #waiting: (() => void)[] = []

  constructor(socket: S) {
    this.socket = socket
    let code = 'end'
    socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code ?? error.message))
    this.closed = new Promise((resolve) => socket.on('close', () => resolve(code)))
    const framer = new Framer()
    socket.on('data', (chunk: Buffer) => {
      framer.push(chunk)
      for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
        this.#frames.push(frame)
        if (typeof frame === 'string') break
      }
      for (const wake of this.#waiting.splice(0)) wake()
    })
  }

  write(...records: Uint8Array[]): void {
    for (const record of records) this.socket.write(record)
  }

  /** The next packet; throws when the connection ends first. */
  async next(): Promise<Packet> {
    for (;;) {
      const frame = this.#frames.shift()
      const packet = typeof frame === 'object' ? parsePacket(frame) : frame
      if (typeof packet === 'object') return packet
      if (packet !== undefined) throw new Error(`not a packet: ${packet}`)
      const more = new Promise<undefined>((resolve) => this.#waiting.push(() => resolve(undefined)))
      const end = await Promise.race([more, this.closed])
      if (end !== undefined && this.#frames.length === 0) throw new Error(`connection over: ${end}`)
    }
  }
}

/** A TLS connection; resolves when the handshake is done as far as the client can see, or has failed. */
export const dialTls = async (port: number, options: ConnectionOptions): Promise<StreamPeer> => {
  const peer = new StreamPeer(connectTls({ host: '127.0.0.1', port, ...options }))
  await Promise.race([
    new Promise((resolve) => peer.socket.once('secureConnect', () => resolve(undefined))),
    peer.closed,
  ])
  return peer
}

export const dialTcp = async (port: number, from?: string): Promise<StreamPeer<Socket>> => {
  const peer = new StreamPeer(connectTcp({ host: '127.0.0.1', port, ...(from && { localAddress: from }) }))
  await Promise.race([new Promise((resolve) => peer.socket.once('connect', () => resolve(undefined))), peer.closed])
  return peer
}
