import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'
import { BATCH_DATAGRAMS, DatagramBatch, type Datagram } from './datagram-batch.ts'
import { wakeLoopFor, type LoopWake } from './loop-wake.ts'
import { bindUdp, openSocketLibrary, portOf, receiveBufferBytesOf, type SocketLibrary } from './socket-library.ts'

/** Batches read in one turn of the loop before others get theirs: answers of the writer, timers, TLS. */
const BATCHES_PER_TURN = 8
/** Datagrams that the kernel had no room for and that are offered to it once more, a turn later. */
const REFUSED_MAX = 256

export type DatagramSocketOptions = {
  readonly address: string
  readonly port: number
  readonly reusePort: boolean
  readonly receiveBufferBytes: number
  readonly onDatagram: (octets: Buffer, address: string, port: number) => void
  readonly onError: (error: Error) => void
}

/** A UDP socket that is bound. */
export interface DatagramSocket {
  readonly port: number
  readonly receiveBufferBytes: number
  /** Sends, at the latest at the end of this turn of the loop; what the network does with it is not known. */
  send(octets: Buffer, port: number, address: string): void
  close(): Promise<void>
}

/** One that reads and writes as many datagrams at once as the system allows. */
class BatchedSocket implements DatagramSocket {
  readonly port: number
  readonly receiveBufferBytes: number
  readonly #library: SocketLibrary
  readonly #fd: number
  readonly #batch: DatagramBatch
  readonly #options: DatagramSocketOptions
  #wake: LoopWake | undefined
  #refused: Datagram[] = []
  #isFlushDue = false
  #isOpen = true

  constructor(library: SocketLibrary, fd: number, options: DatagramSocketOptions) {
    this.port = portOf(library, fd)
    this.receiveBufferBytes = receiveBufferBytesOf(library, fd)
    this.#library = library
    this.#fd = fd
    this.#batch = new DatagramBatch(library, fd)
    this.#options = options
  }

  /** Whether it can be polled here; else it is closed. */
  async open(): Promise<boolean> {
    this.#wake = await wakeLoopFor(this.#library, this.#fd, () => this.#drain())
    if (!this.#wake) await this.close()
    return this.#isOpen
  }

  send(octets: Buffer, port: number, address: string): void {
    if (!this.#batch.queue(octets, port, address)) {
      this.#flush()
      if (!this.#batch.queue(octets, port, address)) return this.#fail({ octets, port, address })
    }
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    setImmediate(() => this.#flush())
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#flush()
    this.#isOpen = false
    this.#wake?.stop()
    this.#library.close(this.#fd)
  }

  #drain(): void {
    for (let batches = 0; batches < BATCHES_PER_TURN && this.#isOpen; batches++) {
      const datagrams = this.#batch.receive()
      for (const { octets, address, port } of datagrams) this.#options.onDatagram(octets, address, port)
      if (datagrams.length < BATCH_DATAGRAMS) break
    }
    this.#flush()
  }

  #flush(): void {
    this.#isFlushDue = false
    // A descriptor that was closed may be another file's by now.
    if (!this.#isOpen) return
    this.#batch.flush((datagram) => {
      // The kernel has no room for it now, or will never take it (port 0 can be written, but not be sent to).
      if (this.#refused.length === 0) setImmediate(() => this.#offerAgain())
      if (this.#refused.length < REFUSED_MAX) this.#refused.push(datagram)
      else this.#fail(datagram)
    })
  }

  #offerAgain(): void {
    const again = this.#refused
    this.#refused = []
    if (!this.#isOpen) return
    this.#flush()
    for (const { octets, port, address } of again) {
      this.#batch.queue(octets, port, address)
      this.#batch.flush((datagram) => this.#fail(datagram))
    }
  }

  #fail({ octets, address, port }: Datagram): void {
    this.#options.onError(new Error(`${octets.length} octets to ${address} port ${port} were refused by the system`))
  }
}

/** One by node:dgram: every datagram costs a system call and fresh memory. */
class PlainSocket implements DatagramSocket {
  readonly #socket: Socket
  readonly #onError: DatagramSocketOptions['onError']
  #isOpen = true

  constructor(socket: Socket, { onDatagram, onError }: DatagramSocketOptions) {
    this.#socket = socket
    this.#onError = onError
    socket.on('message', (octets, { address, port }) => onDatagram(octets, address, port))
    socket.on('error', onError)
  }

  get port(): number {
    return this.#socket.address().port
  }

  get receiveBufferBytes(): number {
    return this.#socket.getRecvBufferSize()
  }

  send(octets: Buffer, port: number, address: string): void {
    try {
      this.#socket.send(octets, port, address)
    } catch (error) {
      // Port 0 can be written into a datagram, but not be sent to.
      this.#onError(error as Error)
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }
}

/** Addresses come from packets: there is no name to look up, and the default look-up costs a turn of the loop each. */
const asIs = (
  address: string,
  _options: unknown,
  done: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void => done(null, address, 0)

/**
 * Resolves when the socket is bound; rejects with Node's system error (`EADDRINUSE`, `EACCES`, …). `library` reads and
 * writes in batches; without one, and for IPv6, each datagram goes by itself.
 */
export async function bindDatagramSocket(
  options: DatagramSocketOptions,
  library: SocketLibrary | null = openSocketLibrary(),
): Promise<DatagramSocket> {
  const { address, port, reusePort, receiveBufferBytes } = options
  const fd = library && isIPv4(address) ? bindUdp(library, options) : undefined
  if (library && fd !== undefined) {
    const batched = new BatchedSocket(library, fd, options)
    if (await batched.open()) return batched
  }
  const socket = createSocket({
    type: address.includes(':') ? 'udp6' : 'udp4',
    reusePort,
    recvBufferSize: receiveBufferBytes,
    lookup: asIs,
  })
  // Rejects on 'error', which a failed bind emits. Heard before: without a look-up, bind may finish at once.
  const listening = once(socket, 'listening')
  socket.bind(port, address)
  await listening
  return new PlainSocket(socket, options)
}
