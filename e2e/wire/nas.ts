/** A NAS on one UDP socket: asks, verifies every reply, and can show that nothing was answered. */
import { randomBytes } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Box } from '../box.ts'
import { attr, build, codes, readReply, signature, types, type Draft, type Part, type Reply } from './packet.ts'

/** The box is on the same machine: what is not answered by then will not be. */
const REPLY_WITHIN_MS = 8000
/** A router that was just added is known within this time: fronts read routers at most every 100 ms. */
const KNOWN_WITHIN_MS = 8000
const ASK_AGAIN_MS = 50

export type Service = 'auth' | 'acct'
export type Ask = Draft & { readonly to?: Service }
type Waiting = { readonly port: number; readonly settle: (datagram: Buffer) => void }

export class Nas {
  readonly #box: Box
  readonly #socket: Socket
  readonly secret: string
  readonly address: string
  /** Answers to what must not be answered, and answers to nothing. */
  readonly strays: string[] = []
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0

  private constructor(box: Box, socket: Socket, address: string, secret: string) {
    this.#box = box
    this.#socket = socket
    this.address = address
    this.secret = secret
    socket.on('message', (datagram, from) => this.#receive(datagram, from))
  }

  /** On an address of its own: the box tells routers apart by it. */
  static async open(box: Box, secret: string, address = '127.0.0.1'): Promise<Nas> {
    const socket = createSocket('udp4')
    socket.bind(0, address)
    await once(socket, 'listening')
    return new Nas(box, socket, address, secret)
  }

  /** Resolves once the box knows this router: it answers a Status-Server on either port, which may be two threads. */
  async known(): Promise<this> {
    await this.#heardOn('auth')
    await this.#heardOn('acct')
    return this
  }

  async #heardOn(to: Service): Promise<void> {
    const giveUpAt = performance.now() + KNOWN_WITHIN_MS
    const heard = Promise.withResolvers<undefined>()
    const ask = this.packet({ code: codes.statusServer, parts: [signature] })
    const port = this.#box.ports[to]
    this.#waiting.set(ask[1]!, { port, settle: () => heard.resolve(undefined) })
    const again = setInterval(() => {
      if (performance.now() > giveUpAt) heard.reject(new Error(`the box does not know ${this.address}`))
      else this.send(ask, to)
    }, ASK_AGAIN_MS)
    this.send(ask, to)
    await heard.promise.finally(() => clearInterval(again))
    // Repeats of that answer may still be on their way: its Identifier stays taken.
    this.#waiting.set(ask[1]!, { port, settle: () => undefined })
  }

  close(): void {
    this.#socket.close()
  }

  /** The octets of a request, under the next free Identifier unless the draft has one. */
  packet(draft: Draft): Buffer {
    return build({ secret: this.secret, id: this.#nextId(), ...draft }, randomBytes(16))
  }

  send(packet: Uint8Array, to: Service): void {
    this.#socket.send(packet, this.#box.ports[to], '127.0.0.1')
  }

  /** One exchange; rejects when the reply does not verify or does not come. */
  ask({ to = 'auth', ...draft }: Ask): Promise<Reply> {
    return this.exchange(this.packet(draft), to, draft.secret)
  }

  access(...parts: Part[]): Promise<Reply> {
    return this.ask({ code: codes.accessRequest, parts: [signature, ...parts] })
  }

  account(...parts: Part[]): Promise<Reply> {
    return this.ask({ code: codes.accountingRequest, parts, to: 'acct' })
  }

  /** Sends these very octets and reads the reply to them. */
  async exchange(request: Buffer, to: Service, secret = this.secret): Promise<Reply> {
    const id = request[1]!
    const reply = Promise.withResolvers<Buffer>()
    const late = () => reply.reject(new Error(`no answer to ${request.toString('hex')}`))
    const timer = setTimeout(late, REPLY_WITHIN_MS)
    this.#waiting.set(id, { port: this.#box.ports[to], settle: reply.resolve })
    this.send(request, to)
    const datagram = await reply.promise.finally(() => {
      clearTimeout(timer)
      this.#waiting.delete(id)
    })
    return readReply(datagram, request, secret, request[0] !== codes.accountingRequest)
  }

  /**
   * Shows that octets are not answered, without waiting: what comes behind them on the same socket lands on the same
   * front and is worked on after them, so its answer would come after theirs.
   */
  async silent(packet: Uint8Array, to: Service, probe: () => Promise<Reply> = () => this.probe(to)): Promise<void> {
    const before = this.strays.length
    this.send(packet, to)
    await probe()
    if (this.strays.length > before) throw new Error(`answered: ${this.strays.slice(before).join(', ')}`)
  }

  /** Something the box answers in the order of arrival, and that changes nothing. */
  probe(to: Service): Promise<Reply> {
    if (to === 'auth') return this.ask({ code: codes.statusServer, parts: [signature] })
    // Accounting is answered when it is on disk: only accounting stands in line with it.
    return this.account(attr(types.acctStatusType, 7), attr(types.nasIdentifier, 'probe'))
  }

  #nextId(): number {
    do this.#lastId = (this.#lastId + 1) & 255
    while (this.#waiting.has(this.#lastId))
    return this.#lastId
  }

  #receive(datagram: Buffer, from: RemoteInfo): void {
    const waiting = this.#waiting.get(datagram[1] ?? -1)
    // A reply leaves from the address and port that were asked (RFC 2865 §3).
    if (waiting === undefined || from.port !== waiting.port || from.address !== '127.0.0.1')
      this.strays.push(`${from.address}:${from.port} ${datagram.toString('hex')}`)
    else waiting.settle(datagram)
  }
}
