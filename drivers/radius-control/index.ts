/** Live sessions by CoA and Disconnect (RFC 5176): fills `NasControl` of the sessions module. */
import {
  AttributeWriter,
  changeOfAuthorization,
  createRadiusClient,
  disconnect,
  encodeNamed,
  type DynamicOutcome,
  type RadiusServerAt,
} from '@lango/drivers/radius'
import type { ControlOutcome, IdentifyingSet, NasControl, NasSession } from '@lango/modules/sessions/port'

const USER_NAME = 1
const NAS_IP_ADDRESS = 4
const FRAMED_IP_ADDRESS = 8
const CALLING_STATION_ID = 31
const NAS_IDENTIFIER = 32
const ACCT_SESSION_ID = 44

/** A NAS answers within a second or not at all; the ladder has other means to try. */
const RETRANSMISSION = { initialMs: 700, countMax: 3, durationMaxMs: 3000 }

export type RadiusControlDeps = {
  /** Where the NAS of a session listens for dynamic authorization; undefined when its router is gone. */
  readonly nasOf: (session: NasSession) => RadiusServerAt | undefined
  readonly random: { bytes(count: number): Buffer; unit(): number }
  readonly now: () => number
  readonly monotonicMs: () => number
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
    default:
      return { type: 'unreachable', cause: outcome.type === 'unsendable' ? outcome.code : outcome.type }
  }
}

export const createRadiusControl = (deps: RadiusControlDeps): NasControl & { close(): void } => {
  const client = createRadiusClient({ random: deps.random, monotonicMs: deps.monotonicMs })
  const gone: ControlOutcome = { type: 'unreachable', cause: 'its router is no longer a router of this box' }
  const send = async (
    send: typeof disconnect,
    session: NasSession,
    attributes: AttributeWriter,
    signal: AbortSignal,
  ): Promise<ControlOutcome> => {
    const nas = deps.nasOf(session)
    if (!nas) return gone
    return outcomeOf(
      await send(client, nas, { attributes, eventAtMs: deps.now(), retransmission: RETRANSMISSION, signal }),
    )
  }
  return {
    disconnect: (session, by, signal) => send(disconnect, session, identification(session, by), signal),
    change: (session, by, changes, signal) =>
      send(changeOfAuthorization, session, identification(session, by).append(encodeNamed(changes)), signal),
    close: () => client.close(),
  }
}
