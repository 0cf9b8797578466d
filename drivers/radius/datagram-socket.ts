import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'
import {
  BATCH_DATAGRAMS,
  bindBatch,
  openSocketLibrary,
  unshareAddress,
  type DatagramBatch,
  type SocketLibrary,
} from './datagram-batch.ts'

/** Batches read in one turn of the loop before others get theirs: answers of the writer, timers, TLS. */
const BATCHES_PER_TURN = 8

export type DatagramSocketOptions = {
  readonly address: string
  readonly port: number
  readonly reusePort: boolean
  readonly receiveBufferBytes: number
  readonly onDatagram: (octets: Buffer, address: string, port: number) => void
  readonly onError: (error: Error) => void
}

/** A UDP socket that is bound, and reads and writes as many datagrams at once as the system allows. */
export class DatagramSocket {
  readonly #socket: Socket
  readonly #batch: DatagramBatch | undefined
  readonly #onDatagram: DatagramSocketOptions['onDatagram']
  readonly #onError: DatagramSocketOptions['onError']
  #batchesLeft = BATCHES_PER_TURN
  #isFlushDue = false
  #isOpen = true

  constructor(socket: Socket, batch: DatagramBatch | undefined, options: DatagramSocketOptions) {
    this.#socket = socket
    this.#batch = batch
    this.#onDatagram = options.onDatagram
    this.#onError = options.onError
    socket.on('message', (octets, { address, port }) => {
      this.#onDatagram(octets, address, port)
      if (batch) this.#drain(batch)
    })
    socket.on('error', options.onError)
  }

  get port(): number {
    return this.#socket.address().port
  }

  get receiveBufferBytes(): number {
    return this.#socket.getRecvBufferSize()
  }

  /** Whether datagrams travel in batches; without, each costs a system call and fresh memory. */
  get isBatched(): boolean {
    return this.#batch !== undefined
  }

  /** Sends, at the latest at the end of this turn of the loop; what the network does with it is not known. */
  send(octets: Buffer, port: number, address: string): void {
    const batch = this.#batch
    if (!batch) return this.#sendOne(octets, port, address)
    if (!batch.queue(octets, port, address)) {
      this.#flush()
      if (!batch.queue(octets, port, address)) return this.#sendOne(octets, port, address)
    }
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    setImmediate(() => this.#flush())
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#flush()
    this.#isOpen = false
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }

  /** One datagram came the ordinary way, so there may be more: these are read many at a time. */
  #drain(batch: DatagramBatch): void {
    if (this.#batchesLeft === BATCHES_PER_TURN) setImmediate(() => (this.#batchesLeft = BATCHES_PER_TURN)).unref()
    while (this.#batchesLeft > 0 && this.#isOpen) {
      this.#batchesLeft -= 1
      const datagrams = batch.receive()
      for (const { octets, address, port } of datagrams) this.#onDatagram(octets, address, port)
      if (datagrams.length < BATCH_DATAGRAMS) break
    }
    this.#flush()
  }

  #flush(): void {
    this.#isFlushDue = false
    // A descriptor that was closed may be another file's by now.
    if (this.#isOpen) this.#batch?.flush(({ octets, address, port }) => this.#sendOne(octets, port, address))
  }

  #sendOne(octets: Buffer, port: number, address: string): void {
    try {
      this.#socket.send(octets, port, address)
    } catch (error) {
      // Port 0 can be written into a datagram, but not be sent to.
      this.#onError(error as Error)
    }
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
  const socket = createSocket({
    type: address.includes(':') ? 'udp6' : 'udp4',
    reusePort,
    recvBufferSize: receiveBufferBytes,
    lookup: asIs,
  })
  const batch = library && isIPv4(address) ? bindBatch(library, { address, port, reusePort }) : undefined
  // Rejects on 'error', which a failed bind emits. Heard before: without a look-up, bind may finish at once.
  const listening = once(socket, 'listening')
  if (batch) socket.bind({ fd: batch.fd })
  else socket.bind(port, address)
  await listening
  if (library && batch) unshareAddress(library, batch.fd)
  return new DatagramSocket(socket, batch, options)
}
