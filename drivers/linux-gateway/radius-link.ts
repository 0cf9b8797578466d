/** The gateway as a NAS: what it asks and reports, and what it obeys. It knows the box only by RADIUS. */
import {
  AttributeWriter,
  attributes,
  codes,
  createRadiusClient,
  createUdpServer,
  encodeNamed,
  hidePassword,
  nothingLearned,
  prepareSecret,
  text,
  uint32,
  type PreparedSecret,
  type RadiusClient,
  type RadiusRequest,
  type UdpServer,
} from '@lango/drivers/radius'
import type { Log, Random } from '@lango/kernel'
import { readMac } from './address.ts'
import { changeIn, grantIn } from './grant.ts'
import type { Change, Ended, Grant, Session } from './sessions.ts'

const USER_NAME = attributes['User-Name'].number
const USER_PASSWORD = attributes['User-Password'].number
const NAS_IP_ADDRESS = attributes['NAS-IP-Address'].number
const FRAMED_IP_ADDRESS = attributes['Framed-IP-Address'].number
const REPLY_MESSAGE = attributes['Reply-Message'].number
const CLASS = attributes['Class'].number
const CALLED_STATION_ID = attributes['Called-Station-Id'].number
const CALLING_STATION_ID = attributes['Calling-Station-Id'].number
const NAS_IDENTIFIER = attributes['NAS-Identifier'].number
const ACCT_STATUS_TYPE = attributes['Acct-Status-Type'].number
const ACCT_DELAY_TIME = attributes['Acct-Delay-Time'].number
const ACCT_INPUT_OCTETS = attributes['Acct-Input-Octets'].number
const ACCT_OUTPUT_OCTETS = attributes['Acct-Output-Octets'].number
const ACCT_SESSION_ID = attributes['Acct-Session-Id'].number
const ACCT_SESSION_TIME = attributes['Acct-Session-Time'].number
const ACCT_TERMINATE_CAUSE = attributes['Acct-Terminate-Cause'].number
const ACCT_INPUT_GIGAWORDS = attributes['Acct-Input-Gigawords'].number
const ACCT_OUTPUT_GIGAWORDS = attributes['Acct-Output-Gigawords'].number
const EVENT_TIMESTAMP = attributes['Event-Timestamp'].number
const NAS_PORT_TYPE = attributes['NAS-Port-Type'].number
const NAS_PORT_ID = attributes['NAS-Port-Id'].number
const ERROR_CAUSE = attributes['Error-Cause'].number

const STATUS = { start: 1, stop: 2, interim: 3, on: 7 } as const
/** RFC 2865 §5.41: Wireless - IEEE 802.11. */
const WIRELESS = 19
const WORD = 2 ** 32

/** RFC 5176 §3.5. */
const REFUSAL = { missingAttribute: 402, otherNas: 403, notFound: 503 } as const
/** RFC 5176 §6.3: an older request is one that somebody has kept. */
const AGE_SEC_MAX = 300

/** Somebody waits at the door: an answer that is not there after a few seconds is none. */
const LOGIN_RETRANSMISSION = { initialMs: 1500, countMax: 4, durationMaxMs: 9000 }

export type RadiusLinkOptions = {
  readonly server: { readonly address: string; readonly authPort: number; readonly acctPort: number }
  readonly secret: Buffer
  /** NAS-Identifier. */
  readonly name: string
  readonly address: string
  readonly lan: string
  readonly coaPort: number
  readonly random: Random
  readonly log: Log
  /** Epoch ms. */
  readonly now: () => number
  readonly obey: Obey
}

/** Whom a CoA or Disconnect means: every part of it that is told must fit. */
export type Target = Partial<Pick<Session, 'id' | 'userName' | 'ip' | 'mac'>>

export type Obey = {
  /** How many sessions were meant. */
  disconnect(target: Target): Promise<number>
  change(target: Target, change: Change): Promise<number>
}

export type LoginAnswer =
  | { readonly kind: 'accept'; readonly grant: Grant }
  | { readonly kind: 'reject'; readonly message: string }
  | { readonly kind: 'silence' }

export type Caller = Pick<Session, 'id' | 'ip' | 'mac' | 'userName'>

export class RadiusLink {
  readonly #options: RadiusLinkOptions
  readonly #secret: PreparedSecret
  readonly #client: RadiusClient
  #server: UdpServer | undefined

  constructor(options: RadiusLinkOptions) {
    this.#options = options
    this.#secret = prepareSecret(options.secret)
    this.#client = createRadiusClient({ random: options.random, monotonicMs: () => performance.now() })
  }

  /** Begins to listen for CoA and Disconnect; the port it listens on. */
  async listen(): Promise<number> {
    const { server, coaPort, log } = this.#options
    const box = {
      secret: this.#secret,
      requireMessageAuthenticator: 'no',
      limitProxyState: 'no',
      learned: nothingLearned,
      data: undefined,
    } as const
    this.#server = await createUdpServer<undefined>({
      address: '0.0.0.0',
      port: coaPort,
      codes: [codes.disconnectRequest, codes.coaRequest],
      clientFor: (address) => (address === server.address ? box : undefined),
      onRequest: (request) => void this.#obey(request),
      monotonicMs: () => performance.now(),
      log,
    })
    return this.#server.port
  }

  async login(caller: Caller, password: string): Promise<LoginAnswer> {
    const { server } = this.#options
    const outcome = await this.#client.request(
      { address: server.address, port: server.authPort, secret: this.#secret },
      {
        code: codes.accessRequest,
        retransmission: LOGIN_RETRANSMISSION,
        attributes: (seal) =>
          this.#who(caller).octets(USER_PASSWORD, hidePassword(Buffer.from(password), seal.authenticator, seal.secret)),
      },
    )
    if (outcome.type !== 'reply') {
      this.#options.log.warn('a login was not answered', { outcome: outcome.type })
      return { kind: 'silence' }
    }
    const { packet } = outcome
    if (packet.code === codes.accessAccept) return { kind: 'accept', grant: grantIn(packet) }
    return { kind: 'reject', message: text(packet, REPLY_MESSAGE) ?? '' }
  }

  on(): Promise<boolean> {
    return this.#report(this.#self().uint32(ACCT_STATUS_TYPE, STATUS.on).uint32(ACCT_DELAY_TIME, 0))
  }

  start(session: Session, nowMs: number): Promise<boolean> {
    const delaySec = Math.floor((nowMs - session.startedMs) / 1000)
    return this.#report(this.#of(session).uint32(ACCT_STATUS_TYPE, STATUS.start).uint32(ACCT_DELAY_TIME, delaySec))
  }

  interim(session: Session, nowMs: number): Promise<boolean> {
    const sessionSec = Math.floor((nowMs - session.startedMs) / 1000)
    return this.#report(
      this.#used(session, sessionSec).uint32(ACCT_STATUS_TYPE, STATUS.interim).uint32(ACCT_DELAY_TIME, 0),
    )
  }

  stop({ session, cause, sessionSec, endedAt }: Ended): Promise<boolean> {
    const delaySec = Math.max(0, Math.floor((this.#options.now() - endedAt) / 1000))
    return this.#report(
      this.#used(session, sessionSec)
        .uint32(ACCT_STATUS_TYPE, STATUS.stop)
        .uint32(ACCT_TERMINATE_CAUSE, cause)
        .uint32(ACCT_DELAY_TIME, delaySec),
    )
  }

  async close(): Promise<void> {
    this.#client.close()
    await this.#server?.close()
  }

  async #report(attributes: AttributeWriter): Promise<boolean> {
    const { server } = this.#options
    const outcome = await this.#client.request(
      { address: server.address, port: server.acctPort, secret: this.#secret },
      { code: codes.accountingRequest, attributes },
    )
    return outcome.type === 'reply'
  }

  #self(): AttributeWriter {
    const { name, address } = this.#options
    return new AttributeWriter().text(NAS_IDENTIFIER, name).ipv4(NAS_IP_ADDRESS, address)
  }

  #who({ id, ip, mac, userName }: Caller): AttributeWriter {
    const { lan, name } = this.#options
    return this.#self()
      .text(USER_NAME, userName)
      .text(ACCT_SESSION_ID, id)
      .ipv4(FRAMED_IP_ADDRESS, ip)
      .text(CALLING_STATION_ID, mac.toUpperCase().replaceAll(':', '-'))
      .text(CALLED_STATION_ID, name)
      .text(NAS_PORT_ID, lan)
      .uint32(NAS_PORT_TYPE, WIRELESS)
  }

  #of(session: Session): AttributeWriter {
    const writer = this.#who(session)
    return session.className === '' ? writer : writer.octets(CLASS, Buffer.from(session.className, 'hex'))
  }

  /** Input is what came from the client. */
  #used(session: Session, sessionSec: number): AttributeWriter {
    const { upBytes, downBytes, addresses6 } = session
    return this.#of(session)
      .append(encodeNamed({ 'Framed-IPv6-Address': [...addresses6] }))
      .uint32(ACCT_SESSION_TIME, sessionSec)
      .uint32(ACCT_INPUT_OCTETS, upBytes % WORD)
      .uint32(ACCT_INPUT_GIGAWORDS, Math.floor(upBytes / WORD))
      .uint32(ACCT_OUTPUT_OCTETS, downBytes % WORD)
      .uint32(ACCT_OUTPUT_GIGAWORDS, Math.floor(downBytes / WORD))
  }

  async #obey(request: RadiusRequest<undefined>): Promise<void> {
    const { packet } = request
    const { name, obey, log, now } = this.#options
    const isDisconnect = packet.code === codes.disconnectRequest
    const refuse = (cause: number): void =>
      request.answer(
        isDisconnect ? codes.disconnectNak : codes.coaNak,
        new AttributeWriter().uint32(ERROR_CAUSE, cause),
      )
    const stampSec = uint32(packet, EVENT_TIMESTAMP)
    if (stampSec !== undefined && Math.abs(now() / 1000 - stampSec) > AGE_SEC_MAX) return request.ignore()
    const meant = text(packet, NAS_IDENTIFIER)
    if (meant !== undefined && meant !== name) return refuse(REFUSAL.otherNas)
    const target = targetIn(packet)
    if (Object.keys(target).length === 0) return refuse(REFUSAL.missingAttribute)
    try {
      const count = await (isDisconnect ? obey.disconnect(target) : obey.change(target, changeIn(packet)))
      if (count === 0) return refuse(REFUSAL.notFound)
      request.answer(isDisconnect ? codes.disconnectAck : codes.coaAck, Buffer.alloc(0))
    } catch (error) {
      log.error('an order of the box could not be carried out', { error })
      request.ignore()
    }
  }
}

const targetIn = (packet: RadiusRequest<undefined>['packet']): Target => {
  const [id, userName, mac] = [ACCT_SESSION_ID, USER_NAME, CALLING_STATION_ID].map((type) => text(packet, type))
  const ip = uint32(packet, FRAMED_IP_ADDRESS)
  return {
    ...(id === undefined ? {} : { id }),
    ...(userName === undefined ? {} : { userName }),
    ...(mac === undefined ? {} : { mac: readMac(mac) ?? mac }),
    ...(ip === undefined ? {} : { ip: [24, 16, 8, 0].map((shift) => (ip >>> shift) & 0xff).join('.') }),
  }
}
