/** The hotspot as a RADIUS client: what it asks, what it counts, and what an answer grants. */
import {
  AttributeWriter,
  attribute,
  codes,
  createRadiusClient,
  hidePassword,
  text,
  uint32,
  vendorAttribute,
  type Packet,
  type RadiusClient,
} from '../../radius/index.ts'
import type { Cause, Credential, Grant, HotspotError, HotspotSimulatorOptions, Session } from './types.ts'

const MIKROTIK = 14988
const WISPR = 14122
const STATUS = { start: 1, stop: 2, interim: 3, accountingOn: 7 } as const
const WIRELESS = 19
/** As `/radius` has it: timeout=1100ms, three times. */
const RETRANSMISSION = { initialMs: 1100, intervalMaxMs: 1100, countMax: 3 }

export const errors = {
  silent: { name: 'radius-timeout', orig: 'RADIUS server is not responding' },
  invalid: { name: 'invalid-username', orig: 'invalid username or password' },
  chapMissing: { name: 'chap-missing', orig: 'web browser did not send challenge response' },
  inProgress: { name: 'auth-in-progress', orig: 'already authorizing, retry later' },
} as const satisfies Readonly<Record<string, HotspotError>>

export type Answer =
  | { readonly type: 'accept'; readonly grant: Grant; readonly className: Buffer | undefined }
  | { readonly type: 'refused'; readonly error: HotspotError }

/** An attempt to log in: a session that is not there yet. */
export type Attempt = Pick<Session, 'id' | 'nasPort' | 'user' | 'host' | 'loginBy'>

const numberOf = (packet: Packet, vendorType: number): number | undefined => {
  const value = vendorAttribute(packet, MIKROTIK, vendorType)
  return value?.length === 4 ? value.readUInt32BE() : undefined
}

/** A limit of 64 bits in two attributes; both 0 is none. */
const limitOf = (packet: Packet, low: number, high: number): number | undefined => {
  const [lower, upper] = [numberOf(packet, low), numberOf(packet, high)]
  return (lower ?? 0) + (upper ?? 0) * 2 ** 32 || undefined
}

/** What a packet grants; a name is there only where the packet says something of it. */
export const grantOf = (packet: Packet): Grant => {
  const told = {
    sessionTimeoutSec: uint32(packet, 27),
    interimSec: uint32(packet, 85),
    rateLimit: vendorAttribute(packet, MIKROTIK, 8)?.toString(),
    uploadOctetsMax: limitOf(packet, 1, 14),
    downloadOctetsMax: limitOf(packet, 2, 15),
    totalOctetsMax: limitOf(packet, 17, 18),
  }
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined))
}

export class HotspotRadius {
  readonly #options: HotspotSimulatorOptions
  readonly #client: RadiusClient

  constructor(options: HotspotSimulatorOptions) {
    this.#options = options
    const { random, clock, timers, nasAddress } = options
    this.#client = createRadiusClient({
      random,
      localAddress: { ipv4: nasAddress },
      monotonicMs: clock.monotonicMs,
      timers: {
        set: (callback, delayMs) => timers.after(delayMs, callback),
        clear: (cancel) => (cancel as (() => void) | undefined)?.(),
      },
    })
  }

  async ask(attempt: Attempt, credential: Credential, logoffUrl: string): Promise<Answer> {
    const { address, authPort, secret } = this.#options.radius
    const outcome = await this.#client.request(
      { address, port: authPort, secret },
      {
        code: codes.accessRequest,
        retransmission: RETRANSMISSION,
        attributes: (seal) => {
          const writer = this.#identity(attempt).vendor(WISPR, 3, logoffUrl)
          if (credential.type === 'pap')
            return writer.octets(2, hidePassword(Buffer.from(credential.password), seal.authenticator, seal.secret))
          const { challenge, response } = credential
          return writer.octets(60, challenge.octets).octets(3, Buffer.concat([Buffer.of(challenge.id), response]))
        },
      },
    )
    if (outcome.type !== 'reply') return { type: 'refused', error: errors.silent }
    const { packet } = outcome
    if (packet.code === codes.accessAccept)
      return { type: 'accept', grant: grantOf(packet), className: copyOf(attribute(packet, 25)) }
    const said = text(packet, 18)
    return { type: 'refused', error: said === undefined ? errors.invalid : { name: 'radius-reply', orig: said } }
  }

  /** Start, Interim or Stop; a report that nobody answers is lost. */
  report(session: Session, status: Exclude<keyof typeof STATUS, 'accountingOn'>, cause?: Cause): Promise<void> {
    const { clock } = this.#options
    const writer = this.#identity(session)
      .uint32(40, STATUS[status])
      .uint32(41, 0)
      .uint32(55, Math.floor(clock.now() / 1000))
    if (session.className) writer.octets(25, session.className)
    if (status !== 'start') {
      writer
        .uint32(46, Math.floor((clock.monotonicMs() - session.startedAtMs) / 1000))
        .uint32(42, session.inputOctets % 2 ** 32)
        .uint32(52, Math.floor(session.inputOctets / 2 ** 32))
        .uint32(43, session.outputOctets % 2 ** 32)
        .uint32(53, Math.floor(session.outputOctets / 2 ** 32))
    }
    if (cause !== undefined) writer.uint32(49, cause)
    // In order: a Stop does not overtake its Start.
    session.reports = session.reports.then(() => this.#account(writer))
    return session.reports
  }

  accountingOn(): Promise<void> {
    const { identity, nasAddress } = this.#options
    const writer = new AttributeWriter().uint32(40, STATUS.accountingOn).text(44, '00000000')
    return this.#account(writer.text(32, identity).ipv4(4, nasAddress))
  }

  close(): void {
    this.#client.close()
  }

  async #account(attributes: AttributeWriter): Promise<void> {
    const { address, acctPort, secret } = this.#options.radius
    await this.#client.request(
      { address, port: acctPort, secret },
      { code: codes.accountingRequest, attributes, retransmission: RETRANSMISSION },
    )
  }

  #identity({ id, nasPort, user, host }: Attempt): AttributeWriter {
    const { identity, nasAddress, serverName, interfaceName } = this.#options
    return new AttributeWriter()
      .uint32(61, WIRELESS)
      .text(31, host.mac)
      .text(30, serverName)
      .text(87, interfaceName)
      .text(1, user)
      .uint32(5, nasPort)
      .text(44, id)
      .ipv4(8, host.ip)
      .vendor(MIKROTIK, 10, Buffer.from(host.address.split('.').map(Number)))
      .text(32, identity)
      .ipv4(4, nasAddress)
  }
}

/** Packets are views of a buffer that is used again. */
const copyOf = (view: Buffer | undefined): Buffer | undefined => view && Buffer.from(view)
