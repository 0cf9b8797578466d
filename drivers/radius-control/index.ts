/** Live sessions by CoA and Disconnect (RFC 5176): fills `NasControl` of the sessions module. */
import {
  AttributeWriter,
  changeOfAuthorization,
  createRadiusClient,
  disconnect,
  encodeNamed,
  type DynamicMessage,
  type DynamicOutcome,
  type RadiusClient,
  type RadiusServerAt,
  type RadiusTimers,
} from '@lango/drivers/radius'
import type {
  ControlAnswer,
  ControlAttempt,
  ControlOutcome,
  IdentifyingSet,
  NamedChanges,
  NasControl,
  NasSession,
} from '@lango/modules/sessions/port'

const USER_NAME = 1
const NAS_IP_ADDRESS = 4
const FRAMED_IP_ADDRESS = 8
const CALLING_STATION_ID = 31
const NAS_IDENTIFIER = 32
const ACCT_SESSION_ID = 44

/** A NAS answers within a second or not at all; the ladder has other means to try. */
const RETRANSMISSION = { initialMs: 700, countMax: 3, durationMaxMs: 3000 }
/** A router that says nothing on its connection, and answers by UDP, is asked by UDP this long. */
const UDP_PREFERRED_MS = 600_000

export type RadiusControlDeps = {
  /** Where the NAS of a session listens for dynamic authorization; undefined when its router is gone. */
  readonly nasOf: (session: NasSession) => RadiusServerAt | undefined
  /** Sends down the connection that a router holds open to this box; ends by itself when no answer comes. */
  readonly overRadsec: (
    routerNo: number,
    message: DynamicMessage,
    signal: AbortSignal,
  ) => Promise<DynamicOutcome | { readonly type: 'not-connected' }>
  readonly random: { bytes(count: number): Buffer; unit(): number }
  readonly now: () => number
  readonly monotonicMs: () => number
  readonly timers?: RadiusTimers
}

const isIpv4 = (text: string): boolean => /^\d+\.\d+\.\d+\.\d+$/.test(text)

/** NAS identification and the attributes of the set; what the session does not have is left out. */
export const identification = (session: NasSession, by: IdentifyingSet): AttributeWriter => {
  const writer = new AttributeWriter()
  if (isIpv4(session.nas)) writer.ipv4(NAS_IP_ADDRESS, session.nas)
  else if (session.nas !== '') writer.text(NAS_IDENTIFIER, session.nas)
  // The id must be the very octets the NAS sent: re-spelt ones are the main cause of "session not found".
  if (by !== 'user+device') writer.octets(ACCT_SESSION_ID, octetsOf(session.acctSessionId))
  if (by !== 'session') writer.octets(USER_NAME, octetsOf(session.userName))
  if (by === 'session+user+address' && isIpv4(session.framedIp)) writer.ipv4(FRAMED_IP_ADDRESS, session.framedIp)
  if (by === 'user+device' && session.device !== '') writer.text(CALLING_STATION_ID, session.device)
  return writer
}

/** Names that were no UTF-8 are kept as `hex:` and their digits. */
const octetsOf = (text: string): Buffer =>
  /^hex:(?:[0-9a-f]{2})+$/.test(text) ? Buffer.from(text.slice(4), 'hex') : Buffer.from(text)

const outcomeOf = (outcome: DynamicOutcome): ControlOutcome => {
  switch (outcome.type) {
    case 'ack':
    case 'timeout':
      return { type: outcome.type }
    case 'session-not-found':
      return { type: 'not-found' }
    case 'nak':
      return outcome.code === 503 ? { type: 'not-found' } : { type: 'nak', cause: outcome.cause, code: outcome.code }
    case 'bad-reply':
      return { type: 'unreachable', cause: 'its answers are not signed with the shared secret' }
    case 'closed':
      return { type: 'unreachable', cause: 'the connection was closed' }
    default:
      return { type: 'unreachable', cause: outcome.type === 'unsendable' ? outcome.code : outcome.type }
  }
}

/**
 * Refusals of the connection, not of the request: it takes no dynamic authorization (406, RFC 6614 §2.5), or the proxy
 * at its other end knows no way on to the NAS (502).
 */
const CONNECTION_REFUSALS = [406, 502]

/** Whether the NAS itself has spoken. */
const isAnswer = (outcome: ControlOutcome): boolean =>
  outcome.type === 'ack' ||
  outcome.type === 'not-found' ||
  (outcome.type === 'nak' && !CONNECTION_REFUSALS.includes(outcome.code))

type Request = {
  readonly kind: DynamicMessage['kind']
  readonly session: NasSession
  readonly attributes: AttributeWriter
  readonly signal: AbortSignal
}

const GONE: ControlOutcome = { type: 'unreachable', cause: 'its router is no longer a router of this box' }

class RadiusControl implements NasControl {
  readonly #deps: RadiusControlDeps
  readonly #client: RadiusClient
  /** Until when (monotonic) a router is asked by UDP alone; one entry a router at most. */
  readonly #udpUntil = new Map<number, number>()

  constructor(deps: RadiusControlDeps) {
    this.#deps = deps
    this.#client = createRadiusClient(deps)
  }

  disconnect(session: NasSession, by: IdentifyingSet, signal: AbortSignal): Promise<ControlAnswer> {
    return this.#send({ kind: 'disconnect', session, attributes: identification(session, by), signal })
  }

  change(session: NasSession, by: IdentifyingSet, changes: NamedChanges, signal: AbortSignal): Promise<ControlAnswer> {
    const attributes = identification(session, by).append(encodeNamed(changes))
    return this.#send({ kind: 'change', session, attributes, signal })
  }

  close(): void {
    this.#client.close()
  }

  /** Down the router's own connection where there is one: it may stand behind NAT, where no datagram gets to. */
  async #send(request: Request): Promise<ControlAnswer> {
    const { routerNo } = request.session
    const before = this.#isUdpOnly(routerNo) ? undefined : await this.#byRadsec(request)
    if (before && (isAnswer(before.outcome) || request.signal.aborted)) return before
    const last = await this.#byUdp(request)
    if (!isAnswer(last.outcome)) this.#udpUntil.delete(routerNo)
    else if (before) this.#udpUntil.set(routerNo, this.#deps.monotonicMs() + UDP_PREFERRED_MS)
    return before ? { ...last, before } : last
  }

  #isUdpOnly(routerNo: number): boolean {
    return (this.#udpUntil.get(routerNo) ?? -Infinity) > this.#deps.monotonicMs()
  }

  async #byRadsec({ kind, session, attributes, signal }: Request): Promise<ControlAttempt | undefined> {
    const { overRadsec, now } = this.#deps
    const message = { kind, attributes: Uint8Array.from(attributes.bytes), eventAtMs: now() }
    const outcome = await overRadsec(session.routerNo, message, signal)
    return outcome.type === 'not-connected' ? undefined : { way: 'RadSec', outcome: outcomeOf(outcome) }
  }

  async #byUdp({ kind, session, attributes, signal }: Request): Promise<ControlAttempt> {
    const nas = this.#deps.nasOf(session)
    if (!nas) return { way: 'UDP', outcome: GONE }
    const send = kind === 'disconnect' ? disconnect : changeOfAuthorization
    const request = { attributes, eventAtMs: this.#deps.now(), retransmission: RETRANSMISSION, signal }
    return { way: 'UDP', outcome: outcomeOf(await send(this.#client, nas, request)) }
  }
}

export const createRadiusControl = (deps: RadiusControlDeps): NasControl & { close(): void } => new RadiusControl(deps)
