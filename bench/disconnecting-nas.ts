/**
 * A NAS that holds sessions open until it is told to end them: forty lines of RFC 2866 and RFC 5176 that share nothing
 * with the product's codec. It knows no Session-Timeout, so that whatever ends was ended by the box.
 */
import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'

const ACCOUNTING_REQUEST = 4
const ACCOUNTING_RESPONSE = 5
const DISCONNECT_REQUEST = 40
const DISCONNECT_ACK = 41
const DISCONNECT_NAK = 42
const STATUS = { start: 1, stop: 2 } as const
const HEADER_OCTETS = 20
const IDS_PER_SOCKET = 256
const RETRY_MS = 500

export type NasUser = { readonly login: string; readonly mac: string }

export type DisconnectingNas = AsyncDisposable & {
  readonly coaPort: number
  /** Opens a session for each, and resolves when all their Starts are answered. */
  readonly open: (users: readonly NasUser[]) => Promise<void>
  /** Resolves when so many sessions have ended and their Stops were answered. */
  readonly offAre: (count: number) => Promise<void>
  /** When each login's Stop was answered, epoch ms: it is on disk then. */
  readonly stoppedAt: ReadonlyMap<string, number>
  /** Disconnects that named no session of this NAS. */
  readonly strays: () => number
}

const attribute = (type: number, value: Buffer): Buffer => Buffer.concat([Buffer.from([type, value.length + 2]), value])

const uint32 = (value: number): Buffer => {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(value)
  return octets
}

/** A packet whose authenticator is MD5 over all of it, with these octets in its place, and the secret. */
function signed(code: number, id: number, attributes: Buffer, inPlace: Buffer, secret: string): Buffer {
  const header = Buffer.from([code, id, 0, 0])
  header.writeUInt16BE(HEADER_OCTETS + attributes.length, 2)
  const digest = createHash('md5').update(header).update(inPlace).update(attributes).update(secret).digest()
  return Buffer.concat([header, digest, attributes])
}

function textOf(packet: Buffer, wanted: number): string | undefined {
  for (let at = HEADER_OCTETS; at + 2 <= packet.length; at += packet[at + 1] || packet.length)
    if (packet[at] === wanted) return packet.toString('latin1', at + 2, at + (packet[at + 1] ?? 2))
  return undefined
}

type Report = { readonly sessionId: string; readonly user: NasUser; readonly status: 'start' | 'stop' }
type Outstanding = { readonly report: Report; readonly packet: Buffer; sentAt: number }

class Nas implements DisconnectingNas {
  readonly stoppedAt = new Map<string, number>()
  readonly #options: NasOptions
  readonly #acct: Socket
  readonly #coa: Socket
  readonly #sessions = new Map<string, NasUser>()
  readonly #ended = new Set<string>()
  readonly #queue: Report[] = []
  readonly #outstanding = new Map<number, Outstanding>()
  readonly #retry: NodeJS.Timeout
  #strays = 0
  #unsaid = 0
  #said = Promise.withResolvers<void>()
  #awaited: { readonly count: number; readonly off: PromiseWithResolvers<void> } | undefined

  constructor(options: NasOptions, acct: Socket, coa: Socket) {
    this.#options = options
    this.#acct = acct.on('message', (reply) => this.#answered(reply))
    this.#coa = coa.on('message', (packet, from) => this.#obey(packet, from.port, from.address))
    this.#retry = setInterval(() => this.#sendLateAgain(), RETRY_MS)
  }

  get coaPort(): number {
    return this.#coa.address().port
  }

  strays = (): number => this.#strays

  open = (users: readonly NasUser[]): Promise<void> => {
    for (const user of users) {
      const sessionId = `${this.#options.address}-${user.login}`
      this.#sessions.set(sessionId, user)
      this.#say({ sessionId, user, status: 'start' })
    }
    return this.#said.promise
  }

  offAre = (count: number): Promise<void> => {
    this.#awaited = { count, off: Promise.withResolvers() }
    this.#tellOff()
    return this.#awaited.off.promise
  }

  #tellOff(): void {
    if (this.#awaited && this.stoppedAt.size >= this.#awaited.count) this.#awaited.off.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#retry)
    await Promise.all([this.#acct, this.#coa].map((socket) => new Promise<void>((done) => socket.close(() => done()))))
  }

  #obey(packet: Buffer, port: number, address: string): void {
    if (packet[0] !== DISCONNECT_REQUEST) return
    const sessionId = textOf(packet, 44) ?? ''
    const user = this.#sessions.get(sessionId)
    // One that comes again, because the acknowledgement was late, is acknowledged again.
    const isKnown = user !== undefined || this.#ended.has(sessionId)
    if (!isKnown) this.#strays += 1
    const code = isKnown ? DISCONNECT_ACK : DISCONNECT_NAK
    const reply = signed(code, packet[1] ?? 0, Buffer.alloc(0), packet.subarray(4, HEADER_OCTETS), this.#options.secret)
    this.#coa.send(reply, port, address)
    if (!user) return
    this.#sessions.delete(sessionId)
    this.#ended.add(sessionId)
    this.#say({ sessionId, user, status: 'stop' })
  }

  #say(report: Report): void {
    if (this.#unsaid === 0) this.#said = Promise.withResolvers()
    this.#unsaid += 1
    this.#queue.push(report)
    this.#sendQueued()
  }

  #sendQueued(): void {
    for (let id = 0; id < IDS_PER_SOCKET && this.#queue.length > 0; id++) {
      if (this.#outstanding.has(id)) continue
      const report = this.#queue.shift()!
      const packet = this.#encode(id, report)
      this.#outstanding.set(id, { report, packet, sentAt: performance.now() })
      this.#acct.send(packet, this.#options.acctPort, '127.0.0.1')
    }
  }

  #encode(id: number, { sessionId, user, status }: Report): Buffer {
    const attributes = Buffer.concat([
      attribute(40, uint32(STATUS[status])),
      attribute(44, Buffer.from(sessionId)),
      attribute(1, Buffer.from(user.login)),
      attribute(4, Buffer.from(this.#options.address.split('.').map(Number))),
      attribute(31, Buffer.from(user.mac)),
      attribute(46, uint32(status === 'stop' ? 60 : 0)),
    ])
    return signed(ACCOUNTING_REQUEST, id, attributes, Buffer.alloc(16), this.#options.secret)
  }

  #answered(reply: Buffer): void {
    const id = reply[1] ?? 0
    const asked = this.#outstanding.get(id)
    if (!asked || reply[0] !== ACCOUNTING_RESPONSE) return
    this.#outstanding.delete(id)
    if (asked.report.status === 'stop') this.stoppedAt.set(asked.report.user.login, Date.now())
    this.#tellOff()
    this.#unsaid -= 1
    if (this.#unsaid === 0) this.#said.resolve()
    this.#sendQueued()
  }

  #sendLateAgain(): void {
    const now = performance.now()
    for (const asked of this.#outstanding.values()) {
      if (now - asked.sentAt < RETRY_MS) continue
      asked.sentAt = now
      this.#acct.send(asked.packet, this.#options.acctPort, '127.0.0.1')
    }
  }
}

export type NasOptions = { readonly address: string; readonly acctPort: number; readonly secret: string }

/** `address`: one of 127.0.0.0/8, by which the box knows the router. */
export async function startDisconnectingNas(options: NasOptions): Promise<DisconnectingNas> {
  const [acct, coa] = await Promise.all([boundTo(options.address), boundTo(options.address)])
  return new Nas(options, acct, coa)
}

function boundTo(address: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 })
  socket.once('error', reject)
  socket.bind(0, address, () => resolve(socket))
  return promise
}
