/**
 * A NAS for demonstrations and tests: subscribers log in by PAP or CHAP, move octets, log out and come back; it obeys
 * Disconnect and CoA as a router would. A real program on real sockets: it knows the box only by RADIUS.
 */
import {
  AttributeWriter,
  attribute,
  chapPassword,
  codes,
  createRadiusClient,
  createUdpServer,
  hidePassword,
  nothingLearned,
  text,
  vendorAttribute,
  type PreparedSecret,
  type RadiusClient,
  type RadiusRequest,
  type UdpServer,
} from '@lango/drivers/radius'
import type { Log, Random } from '@lango/kernel'

export type SimulatedSubscriber = { readonly login: string; readonly password: string; readonly mac: string }

export type NasSimulatorOptions = {
  readonly server: { readonly address: string; readonly authPort: number; readonly acctPort: number }
  readonly secret: PreparedSecret
  /** As it names itself: NAS-Identifier. */
  readonly name: string
  /** NAS-IP-Address, and where it listens for CoA and Disconnect. */
  readonly address: string
  readonly coaPort: number
  /** How often each session is reported, whatever interval the box asks for: demonstrations are impatient. */
  readonly interimMs: number
  /** How likely a subscriber logs out by themselves after a report; a demonstration's come and go. */
  readonly leaveShare?: number
  readonly random: Random
  readonly log: Log
}

export type NasSimulator = {
  readonly coaPort: number
  online(): number
  /** Subscribers who from now on log in, within seconds, and come back when they have logged out. */
  bring(subscribers: readonly SimulatedSubscriber[]): void
  stop(): Promise<void>
}

const MIKROTIK = 14988
const RATE_LIMIT = 8
const STATUS = { start: 1, stop: 2, interim: 3 } as const
const CAUSE = { userRequest: 1, adminReset: 6 } as const
const ERROR_CAUSE = 101
const SESSION_NOT_FOUND = 503
/** Share of a line that a subscriber uses at a moment. */
const LOAD_MAX = 0.6
const RATE_WITHOUT_LIMIT_KBPS = 5000
const COME_BACK_MS = 8000
const LEAVE_SHARE = 0.03
const FIRST_LOGIN_MS = 2000

type Session = {
  readonly subscriber: SimulatedSubscriber
  readonly id: string
  readonly ip: string
  readonly startedAt: number
  readonly className: Buffer | undefined
  lastAt: number
  inputOctets: number
  outputOctets: number
  upKbps: number
  downKbps: number
}

/** `2M/10M …` as RouterOS reads it: upload first. */
const readRate = (rate: string | undefined): { upKbps: number; downKbps: number } => {
  const match = /^(\d+)([kM]?)\/(\d+)([kM]?)/.exec(rate ?? '')
  if (!match) return { upKbps: RATE_WITHOUT_LIMIT_KBPS, downKbps: RATE_WITHOUT_LIMIT_KBPS }
  const kbps = (digits: string, unit: string): number => Number(digits) * { '': 0.001, k: 1, M: 1000 }[unit]!
  return { upKbps: kbps(match[1]!, match[2]!), downKbps: kbps(match[3]!, match[4]!) }
}

class Nas implements NasSimulator {
  readonly #options: NasSimulatorOptions
  readonly #client: RadiusClient
  readonly #sessions = new Map<string, Session>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #server: UdpServer | undefined
  #isStopping = false
  #lastId = 0

  constructor(options: NasSimulatorOptions) {
    this.#options = options
    this.#client = createRadiusClient({ random: options.random, monotonicMs: () => performance.now() })
    this.#lastId = options.random.below(0xffff) * 0x100
  }

  get coaPort(): number {
    return this.#server?.port ?? 0
  }

  online(): number {
    return this.#sessions.size
  }

  async start(): Promise<void> {
    const { address, coaPort, secret, log } = this.#options
    const client = {
      secret,
      requireMessageAuthenticator: 'no',
      limitProxyState: 'no',
      learned: nothingLearned,
      data: undefined,
    } as const
    this.#server = await createUdpServer<undefined>({
      address,
      port: coaPort,
      codes: [codes.disconnectRequest, codes.coaRequest],
      clientFor: () => client,
      onRequest: (request) => this.#obey(request),
      monotonicMs: () => performance.now(),
      log,
    })
  }

  bring(subscribers: readonly SimulatedSubscriber[]): void {
    for (const subscriber of subscribers)
      this.#after(this.#options.random.below(FIRST_LOGIN_MS), () => this.#login(subscriber))
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    for (const timer of this.#timers) clearTimeout(timer)
    await Promise.all([...this.#sessions.values()].map((session) => this.#end(session, CAUSE.userRequest)))
    await this.#server?.close()
    this.#client.close()
  }

  #after(ms: number, run: () => Promise<unknown>): void {
    if (this.#isStopping) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run().catch((error: unknown) => this.#options.log.warn('the simulated NAS stumbled', { error }))
    }, ms)
    this.#timers.add(timer)
  }

  async #login(subscriber: SimulatedSubscriber): Promise<void> {
    const { server, secret, random } = this.#options
    const usesChap = random.unit() < 0.5
    const outcome = await this.#client.request(
      { address: server.address, port: server.authPort, secret },
      {
        code: codes.accessRequest,
        attributes: (seal) => {
          const writer = this.#identity(subscriber)
          const password = Buffer.from(subscriber.password)
          // Without a CHAP-Challenge the request's own authenticator is the challenge (RFC 2865 §5.3).
          if (usesChap) return writer.octets(3, chapPassword(random.below(256), password, seal.authenticator))
          return writer.octets(2, hidePassword(password, seal.authenticator, seal.secret))
        },
      },
    )
    if (outcome.type !== 'reply' || outcome.packet.code !== codes.accessAccept) {
      this.#after(this.#comeBackMs(), () => this.#login(subscriber))
      return
    }
    const limit = vendorAttribute(outcome.packet, MIKROTIK, RATE_LIMIT)
    this.#lastId += 1
    const session: Session = {
      subscriber,
      id: (0x80000000 + this.#lastId).toString(16),
      ip: `100.64.${(this.#lastId >> 8) & 0xff}.${this.#lastId & 0xff}`,
      startedAt: Date.now(),
      className: attribute(outcome.packet, 25),
      lastAt: Date.now(),
      inputOctets: 0,
      outputOctets: 0,
      ...readRate(limit?.toString()),
    }
    this.#sessions.set(session.id, session)
    await this.#report(session, STATUS.start)
    this.#after(this.#options.interimMs, () => this.#live(session))
  }

  /** One interim; now and then the subscriber has had enough. */
  async #live(session: Session): Promise<void> {
    if (!this.#sessions.has(session.id)) return
    const { random, interimMs, leaveShare = LEAVE_SHARE } = this.#options
    const seconds = (Date.now() - session.lastAt) / 1000
    session.lastAt = Date.now()
    session.inputOctets += Math.round(session.upKbps * 125 * seconds * LOAD_MAX * random.unit())
    session.outputOctets += Math.round(session.downKbps * 125 * seconds * LOAD_MAX * random.unit())
    if (random.unit() < leaveShare) return this.#end(session, CAUSE.userRequest)
    await this.#report(session, STATUS.interim)
    this.#after(interimMs * (0.8 + 0.4 * random.unit()), () => this.#live(session))
  }

  async #end(session: Session, cause: number): Promise<void> {
    if (!this.#sessions.delete(session.id)) return
    await this.#report(session, STATUS.stop, cause)
    this.#after(this.#comeBackMs(), () => this.#login(session.subscriber))
  }

  #comeBackMs(): number {
    return COME_BACK_MS * (0.5 + this.#options.random.unit())
  }

  async #report(session: Session, status: number, cause?: number): Promise<void> {
    const { server, secret } = this.#options
    const writer = this.#identity(session.subscriber)
      .uint32(40, status)
      .text(44, session.id)
      .uint32(41, 0)
      .ipv4(8, session.ip)
    if (session.className) writer.octets(25, session.className)
    if (status !== STATUS.start) {
      writer
        .uint32(46, Math.round((Date.now() - session.startedAt) / 1000))
        .uint32(42, session.inputOctets % 2 ** 32)
        .uint32(52, Math.floor(session.inputOctets / 2 ** 32))
        .uint32(43, session.outputOctets % 2 ** 32)
        .uint32(53, Math.floor(session.outputOctets / 2 ** 32))
    }
    if (cause !== undefined) writer.uint32(49, cause)
    await this.#client.request(
      { address: server.address, port: server.acctPort, secret },
      { code: codes.accountingRequest, attributes: writer },
    )
  }

  #identity(subscriber: SimulatedSubscriber): AttributeWriter {
    const { name, address } = this.#options
    return new AttributeWriter()
      .text(1, subscriber.login)
      .text(32, name)
      .ipv4(4, address)
      .text(31, subscriber.mac)
      .text(30, 'pppoe-demo')
      .text(87, 'ether2')
      .uint32(61, 15)
  }

  #obey(request: RadiusRequest<undefined>): void {
    const session = this.#sessions.get(text(request.packet, 44) ?? '')
    const isDisconnect = request.packet.code === codes.disconnectRequest
    if (!session) {
      const nak = isDisconnect ? codes.disconnectNak : codes.coaNak
      return request.answer(nak, new AttributeWriter().uint32(ERROR_CAUSE, SESSION_NOT_FOUND))
    }
    request.answer(isDisconnect ? codes.disconnectAck : codes.coaAck, Buffer.alloc(0))
    if (isDisconnect) void this.#end(session, CAUSE.adminReset)
    else Object.assign(session, readRate(vendorAttribute(request.packet, MIKROTIK, RATE_LIMIT)?.toString()))
  }
}

/** Starts the simulated NAS: it listens, and waits for subscribers. */
export const startNasSimulator = async (options: NasSimulatorOptions): Promise<NasSimulator> => {
  const nas = new Nas(options)
  await nas.start()
  return nas
}
