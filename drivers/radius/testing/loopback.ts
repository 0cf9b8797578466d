import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { encodeRequest, prepareSecret } from '../authenticity.ts'
import { nothingLearned } from '../blast-radius.ts'
import { AttributeWriter } from '../packet.ts'
import type { KnownClient, RadiusLog } from '../request.ts'

export const secret = prepareSecret(Buffer.from('xyzzy5461'))
export const otherSecret = prepareSecret(Buffer.from('not the same secret'))

export const knownClient = <T>(data: T, change: Partial<KnownClient<T>> = {}): KnownClient<T> => ({
  secret,
  requireMessageAuthenticator: 'no',
  limitProxyState: 'no',
  learned: nothingLearned,
  data,
  ...change,
})

/** A log that keeps its lines. */
export const recordingLog = (): { lines: Record<string, unknown>[]; log: RadiusLog } => {
  const lines: Record<string, unknown>[] = []
  const write = (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
    void lines.push({ message, ...fields })
  return { lines, log: { info: write, warn: write } }
}

/** Datagrams in order of arrival, from one socket. */
export class Peer {
  readonly socket: Socket
  readonly #arrived: { bytes: Buffer; port: number }[] = []
  readonly #waiting: ((datagram: { bytes: Buffer; port: number }) => void)[] = []

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('message', (bytes, { port }) => {
      const waiter = this.#waiting.shift()
      if (waiter === undefined) this.#arrived.push({ bytes, port })
      else waiter({ bytes, port })
    })
  }

  static async at(address = '127.0.0.1'): Promise<Peer> {
    const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 })
    const listening = once(socket, 'listening')
    socket.bind(0, address)
    await listening
    return new Peer(socket)
  }

  get port(): number {
    return this.socket.address().port
  }

  send(bytes: Uint8Array, port: number): void {
    this.socket.send(bytes, port, this.socket.address().address)
  }

  /** The next datagram to arrive; one that arrived before counts. */
  next(): Promise<{ bytes: Buffer; port: number }> {
    const first = this.#arrived.shift()
    return first === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(first)
  }

  /** Datagrams that arrived and were not asked for. */
  get unread(): number {
    return this.#arrived.length
  }

  close(): void {
    this.socket.close()
  }
}

export type AccessRequestShape = {
  id?: number
  authenticatorOctet?: number
  signed?: boolean
  proxyState?: string
  secret?: typeof secret
  fill?: (writer: AttributeWriter) => void
}

/** An Access-Request of alice with (what passes for) a hidden password. */
export const accessRequest = (shape: AccessRequestShape = {}): Buffer => {
  const attributes = new AttributeWriter().text(1, 'alice').octets(2, Buffer.alloc(16, 0x5a))
  if (shape.proxyState !== undefined) attributes.text(33, shape.proxyState)
  shape.fill?.(attributes)
  return encodeRequest({
    code: 1,
    id: shape.id ?? 1,
    secret: shape.secret ?? secret,
    requestAuthenticator: Buffer.alloc(16, shape.authenticatorOctet ?? 0x11),
    messageAuthenticator: shape.signed ?? false,
    attributes,
  })
}

export const accountingRequest = (id: number, sessionId: string, key = secret): Buffer =>
  encodeRequest({ code: 4, id, secret: key, attributes: new AttributeWriter().uint32(40, 1).text(44, sessionId) })
