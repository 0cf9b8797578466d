/** What the hotspot keeps: hosts, sessions and MAC cookies; and how they begin and end. */
import {
  AttributeWriter,
  attribute,
  codes,
  createUdpServer,
  nothingLearned,
  text,
  type RadiusRequest,
  type UdpServer,
} from '../../radius/index.ts'
import { errors, grantOf, HotspotRadius, type Attempt } from './radius.ts'
import {
  CAUSE,
  type Cause,
  type Challenge,
  type Credential,
  type Host,
  type HotspotError,
  type HotspotFault,
  type HotspotSimulatorOptions,
  type LoginBy,
  type Session,
} from './types.ts'

const ERROR_CAUSE = 101
const SESSION_NOT_FOUND = 503
/** keepalive-timeout: a device that is gone is noticed after so long. */
const KEEPALIVE_MS = 120_000
/** Longer ones are not counted down: a timer of Node ends at 2^31 ms. */
const TIMEOUT_SEC_MAX = 2_000_000
const CHALLENGE_OCTETS = 16
const FIRST_NAS_PORT = 0x80000000

type Cookie = { readonly user: string; readonly credential: Credential }

export class Gateway {
  readonly options: HotspotSimulatorOptions
  readonly sessions = new Set<Session>()
  readonly #hosts = new Map<string, Host>()
  readonly #cookies = new Map<string, Cookie>()
  readonly #radius: HotspotRadius
  readonly #faults: HotspotFault[] = []
  #coa: UdpServer | undefined
  #boots = 0
  #sessionsOfBoot = 0
  #hostsGiven = 1
  #pending = Promise.resolve()
  #isClosed = false

  constructor(options: HotspotSimulatorOptions) {
    this.options = options
    this.#radius = new HotspotRadius(options)
  }

  get coaPort(): number {
    return this.#coa?.port ?? 0
  }

  get hosts(): readonly Host[] {
    return [...this.#hosts.values()]
  }

  async listen(): Promise<void> {
    const { nasAddress, coaPort, radius, clock, log } = this.options
    const client = {
      secret: radius.secret,
      requireMessageAuthenticator: 'no',
      limitProxyState: 'no',
      learned: nothingLearned,
      data: undefined,
    } as const
    this.#coa = await createUdpServer<undefined>({
      address: nasAddress,
      port: coaPort ?? 0,
      codes: [codes.disconnectRequest, codes.coaRequest],
      clientFor: () => client,
      onRequest: (request) => this.#obey(request),
      monotonicMs: clock.monotonicMs,
      log,
    })
  }

  fail(...faults: readonly HotspotFault[]): void {
    this.#faults.push(...faults)
  }

  /** Of this kind, once. */
  takeFault(isThis: (fault: HotspotFault) => boolean): HotspotFault | undefined {
    const at = this.#faults.findIndex(isThis)
    return at < 0 ? undefined : this.#faults.splice(at, 1)[0]
  }

  /** A device shows itself with its first packet. */
  hostAt(address: string): Host {
    return this.#hosts.get(address) ?? this.#join(address, macOf(address))
  }

  /** The device comes back as another one; who it was is gone, and is missed after a while. */
  setMac(address: string, mac: string): Host {
    const { session } = this.#hosts.get(address) ?? {}
    if (session) this.options.timers.after(KEEPALIVE_MS, () => void this.end(session, CAUSE.lostCarrier))
    return this.#join(address, mac)
  }

  #join(address: string, mac: string): Host {
    this.#hostsGiven += 1
    const ip = `10.30.${(this.#hostsGiven >> 8) & 0xff}.${this.#hostsGiven & 0xff}`
    const nothing = { session: undefined, challenge: undefined, isAuthorizing: false, isGreeted: false }
    const host: Host = { address, mac, ip, ...nothing }
    this.#hosts.set(address, host)
    return host
  }

  /** Each page has one of its own; only the last counts, and only once. */
  newChallenge(host: Host): Challenge {
    const { random } = this.options
    host.challenge = { id: random.below(256), octets: random.bytes(CHALLENGE_OCTETS) }
    return host.challenge
  }

  /** Whoever joins and was here before gets in without a page. */
  async greet(host: Host, logoffUrl: string): Promise<void> {
    if (host.isGreeted) return
    host.isGreeted = true
    const cookie = this.#cookies.get(host.mac)
    if (cookie === undefined) return
    const error = await this.login(host, cookie.user, cookie.credential, 'mac-cookie', logoffUrl)
    if (error !== undefined && error.name !== errors.silent.name) this.#cookies.delete(host.mac)
  }

  /** Undefined when the host is online. */
  async login(
    host: Host,
    user: string,
    credential: Credential,
    loginBy: LoginBy,
    logoffUrl: string,
  ): Promise<HotspotError | undefined> {
    if (host.isAuthorizing) return errors.inProgress
    if (this.takeFault((fault) => fault === 'radius-timeout')) return errors.silent
    host.isAuthorizing = true
    this.#sessionsOfBoot += 1
    const nasPort = FIRST_NAS_PORT + this.#sessionsOfBoot
    // Two of the service, one that changes with each start, and a count.
    const id = `80${(this.#boots % 16).toString(16)}${this.#sessionsOfBoot.toString(16).padStart(5, '0')}`
    const attempt: Attempt = { id, nasPort, user, host, loginBy }
    const answer = await this.#radius.ask(attempt, credential, logoffUrl).finally(() => (host.isAuthorizing = false))
    if (answer.type === 'refused') return answer.error
    if (this.#isClosed) return errors.silent
    this.#begin({
      ...attempt,
      className: answer.className,
      startedAtMs: this.options.clock.monotonicMs(),
      grant: answer.grant,
      inputOctets: 0,
      outputOctets: 0,
      reports: Promise.resolve(),
      stopTimeout: () => undefined,
      stopInterim: () => undefined,
    })
    if (this.options.loginBy.includes('mac-cookie')) this.#cookies.set(host.mac, { user, credential })
    return undefined
  }

  #begin(session: Session): void {
    session.host.session = session
    this.sessions.add(session)
    this.#follow(this.#radius.report(session, 'start'))
    this.#setTimeout(session)
    this.#setInterim(session)
  }

  #setTimeout(session: Session): void {
    session.stopTimeout()
    const { sessionTimeoutSec } = session.grant
    if (sessionTimeoutSec === undefined || sessionTimeoutSec > TIMEOUT_SEC_MAX) return
    const { timers, clock } = this.options
    const leftMs = session.startedAtMs + sessionTimeoutSec * 1000 - clock.monotonicMs()
    session.stopTimeout = timers.after(Math.max(leftMs, 0), () => void this.end(session, CAUSE.sessionTimeout))
  }

  /** `radius-interim-update=received`: without the attribute there is none. */
  #setInterim(session: Session): void {
    const { timers, interimMs = (session.grant.interimSec ?? 0) * 1000 } = this.options
    if (interimMs === 0) return
    session.stopInterim = timers.after(interimMs, () => {
      this.#follow(this.#radius.report(session, 'interim'))
      this.#setInterim(session)
    })
  }

  /** What a host has moved by now; who is over a limit is out. */
  count(session: Session, inputOctets: number, outputOctets: number): void {
    session.inputOctets = inputOctets
    session.outputOctets = outputOctets
    const { uploadOctetsMax, downloadOctetsMax, totalOctetsMax } = session.grant
    const isOver =
      inputOctets >= (uploadOctetsMax ?? Infinity) ||
      outputOctets >= (downloadOctetsMax ?? Infinity) ||
      inputOctets + outputOctets >= (totalOctetsMax ?? Infinity)
    if (isOver) void this.end(session, CAUSE.nasRequest)
  }

  /** Resolves when the Stop was answered, or nobody did. */
  async end(session: Session, cause: Cause): Promise<void> {
    if (!this.#forget(session)) return
    const stop = this.#radius.report(session, 'stop', cause)
    this.#follow(stop)
    await stop
  }

  forgetCookie(mac: string): void {
    this.#cookies.delete(mac)
  }

  /** Power is lost and comes back: who was online is not, and nobody was told. MAC cookies stay. */
  async reboot(): Promise<void> {
    for (const session of this.sessions) this.#forget(session)
    this.#hosts.clear()
    this.#boots += 1
    this.#sessionsOfBoot = 0
    await this.#radius.accountingOn()
  }

  /** Reports that are on their way have arrived, or are lost. */
  settled(): Promise<void> {
    return this.#pending
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.sessions].map((session) => this.end(session, CAUSE.adminReset)))
    await this.#pending
    await this.#coa?.close()
    this.#radius.close()
  }

  #forget(session: Session): boolean {
    session.stopTimeout()
    session.stopInterim()
    if (session.host.session === session) session.host.session = undefined
    return this.sessions.delete(session)
  }

  #follow(work: Promise<void>): void {
    this.#pending = Promise.all([this.#pending, work]).then(() => undefined)
  }

  #obey(request: RadiusRequest<undefined>): void {
    const { packet } = request
    const isDisconnect = packet.code === codes.disconnectRequest
    const session = this.#named(request)
    if (!session) {
      const nak = isDisconnect ? codes.disconnectNak : codes.coaNak
      return request.answer(nak, new AttributeWriter().uint32(ERROR_CAUSE, SESSION_NOT_FOUND))
    }
    request.answer(isDisconnect ? codes.disconnectAck : codes.coaAck, Buffer.alloc(0))
    if (isDisconnect) return void this.end(session, CAUSE.adminReset)
    session.grant = { ...session.grant, ...grantOf(packet) }
    this.#setTimeout(session)
    this.count(session, session.inputOctets, session.outputOctets)
  }

  /** By all that the request names; what it does not name does not count. */
  #named({ packet }: RadiusRequest<undefined>): Session | undefined {
    const [id, user, ip] = [text(packet, 44), text(packet, 1), attribute(packet, 8)?.join('.')]
    if (id === undefined && user === undefined && ip === undefined) return undefined
    return [...this.sessions].find(
      (session) =>
        (id ?? session.id) === session.id &&
        (user ?? session.user) === session.user &&
        (ip ?? session.host.ip) === session.host.ip,
    )
  }
}

/** Of a device that nobody has given one. */
const macOf = (address: string): string =>
  ['02', '4C', ...address.split('.').map((part) => Number(part).toString(16).padStart(2, '0').toUpperCase())].join(':')
