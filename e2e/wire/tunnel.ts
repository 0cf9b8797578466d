/** A NAS on one TLS connection (RFC 6614), and what stands in the way of one. Framing is by node:tls and the Length alone. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { systemRandom } from '../../kernel/src/base/random.ts'
import { makeAuthority, makeLeaf, type Credential, type Leaf } from '../../appliance/src/tls/authority.ts'
import type { Lab } from './lab.ts'
import { build, codes, HEADER_OCTETS, readReply, signature, type Draft, type Part, type Reply } from './packet.ts'

/** RFC 6614 §2.3: over TLS everyone's secret is this word. */
export const RADSEC_SECRET = 'radsec'
/** What is not answered by then will not be. */
const REPLY_WITHIN_MS = 8000
const LATE = 'nothing in time'
const DAY_MS = 86_400_000

/** Whole packets in order of arrival, and how the connection ended. */
export class Tunnel<S extends Socket = TLSSocket> {
  readonly socket: S
  /** Resolves with OpenSSL's or the system's code, or `end`, when the connection is over. */
  readonly closed: Promise<string>
  readonly #packets: Buffer[] = []
  #rest: Buffer = Buffer.alloc(0)
  #wake: () => void = () => undefined
  #lastId = 0

  constructor(socket: S) {
    this.socket = socket
    let code = 'end'
    socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code ?? error.message))
    this.closed = new Promise((resolve) => socket.on('close', () => resolve(code)))
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
  }

  /** The octets of a request under the next Identifier. */
  packet(draft: Draft): Buffer {
    this.#lastId = (this.#lastId + 1) & 255
    return build({ secret: RADSEC_SECRET, id: this.#lastId, ...draft }, randomBytes(16))
  }

  access(...parts: Part[]): Buffer {
    return this.packet({ code: codes.accessRequest, parts: [signature, ...parts] })
  }

  /** Each chunk leaves before the next is written, and so makes a TLS record of its own, or several. */
  async write(...records: Uint8Array[]): Promise<void> {
    for (const record of records) await new Promise((resolve) => this.socket.write(record, resolve))
  }

  /** The next packet as it came; rejects when the connection ends first. */
  async next(): Promise<Buffer> {
    const giveUpAt = performance.now() + REPLY_WITHIN_MS
    for (;;) {
      const packet = this.#packets.shift()
      if (packet !== undefined) return packet
      const more = new Promise<'more'>((resolve) => (this.#wake = () => resolve('more')))
      const what = await Promise.race([more, this.#late(giveUpAt - performance.now()), this.closed])
      if (this.#packets.length === 0 && what !== 'more') throw new Error(`no answer: ${what}`)
    }
  }

  /** The reply to a request that was written, verified. */
  async replyTo(request: Buffer): Promise<Reply> {
    return readReply(await this.next(), request, RADSEC_SECRET, request[0] !== codes.accountingRequest)
  }

  async ask(draft: Draft): Promise<Reply> {
    const request = this.packet(draft)
    await this.write(request)
    return this.replyTo(request)
  }

  /** Nothing but the answer to a watchdog comes behind these octets, and the connection stays. */
  async silent(...records: Uint8Array[]): Promise<void> {
    await this.write(...records)
    const watchdog = this.packet({ code: codes.statusServer, id: 0, parts: [signature] })
    await this.write(watchdog)
    const reply = await this.replyTo(watchdog)
    if (reply.code !== codes.accessAccept) throw new Error(`the watchdog was answered by code ${reply.code}`)
  }

  /** The box closes the connection, and has answered none of this. */
  async refused(...records: Uint8Array[]): Promise<string> {
    for (const record of records) this.socket.write(record)
    const how = await Promise.race([this.closed, this.#late()])
    if (how === LATE) throw new Error('the connection was not closed')
    if (this.#packets.length > 0) throw new Error(`answered: ${this.#packets[0]!.toString('hex')}`)
    return how
  }

  async #late(ms = REPLY_WITHIN_MS): Promise<typeof LATE> {
    return delay(ms, LATE, { ref: false })
  }

  #receive(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    while (this.#rest.length >= HEADER_OCTETS) {
      const length = this.#rest.readUInt16BE(2)
      if (length < HEADER_OCTETS) this.socket.destroy(new Error(`a Length of ${length}`))
      if (length < HEADER_OCTETS || this.#rest.length < length) break
      this.#packets.push(this.#rest.subarray(0, length))
      this.#rest = this.#rest.subarray(length)
    }
    this.#wake()
  }
}

/** Also from an address of this machine, as `net.connect` takes it. */
export type DialOptions = ConnectionOptions & { readonly localAddress?: string }

/** A handshake that is done as far as the client can see, or has failed. */
export async function dial(lab: Lab, options: DialOptions): Promise<Tunnel> {
  const { radsec } = lab.box.ports
  const tunnel = new Tunnel(connectTls({ host: '127.0.0.1', port: radsec, servername: 'lango.local', ...options }))
  lab.closes(() => tunnel.socket.destroy())
  await Promise.race([new Promise((resolve) => tunnel.socket.once('secureConnect', resolve)), tunnel.closed])
  return tunnel
}

/** A bare TCP connection to the same port. */
export async function dialTcp(lab: Lab, localAddress = '127.0.0.1'): Promise<Tunnel<Socket>> {
  const tunnel = new Tunnel(connectTcp({ host: '127.0.0.1', port: lab.box.ports.radsec, localAddress }))
  lab.closes(() => tunnel.socket.destroy())
  await Promise.race([new Promise((resolve) => tunnel.socket.once('connect', resolve)), tunnel.closed])
  return tunnel
}

/** PEM. */
export type ClientTls = { readonly key: string; readonly cert: string; readonly ca: string }

/** The certificates of the box's own authority, and of others. */
export class Certificates {
  readonly #own: Credential
  readonly #random = systemRandom()

  constructor(lab: Lab) {
    const pem = readFileSync(join(lab.box.data, 'tls/ca.pem'), 'utf8')
    const block = (kind: string) => pem.slice(pem.indexOf(`-----BEGIN ${kind}`), pem.indexOf(`-----END ${kind}`))
    const whole = (kind: string) => `${block(kind)}-----END ${kind}-----\n`
    this.#own = { keyPem: whole('PRIVATE KEY'), certPem: whole('CERTIFICATE') }
  }

  /** What the box's own certificate is verified by. */
  get ca(): string {
    return this.#own.certPem
  }

  /** The other side's part of a connection: a good client certificate of this name, but for what is changed. */
  async client(commonName: string, change: Partial<Leaf> = {}, authority = this.#own): Promise<ClientTls> {
    const validity = { notBefore: Date.now() - DAY_MS, notAfter: Date.now() + DAY_MS }
    const names = [{ type: 'dns' as const, value: commonName }]
    const leaf = { purpose: 'client' as const, commonName, names, validity, ...change }
    const { keyPem, certPem } = await makeLeaf(authority, leaf, this.#random)
    return { key: keyPem, cert: certPem, ca: this.ca }
  }

  authority(name: string): Promise<Credential> {
    return makeAuthority(name, { notBefore: Date.now() - DAY_MS, notAfter: Date.now() + DAY_MS }, this.#random)
  }
}

/** A request of RADIUS/1.1 (RFC 9765 §4): a Token, and nothing that is hashed. */
export const build11 = (code: number, token: number, ...attributes: Uint8Array[]): Buffer => {
  const packet = Buffer.concat([Buffer.alloc(HEADER_OCTETS), ...attributes])
  packet[0] = code
  packet.writeUInt16BE(packet.length, 2)
  packet.writeUInt32BE(token, 4)
  return packet
}
