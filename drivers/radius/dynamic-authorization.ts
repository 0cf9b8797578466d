import type { Outcome, OutgoingRequest } from './client.ts'
import { codes, uint32, type AttributeWriter } from './packet.ts'

/** Error-Cause (RFC 5176 §3.5, RFC 3576). */
const ERROR_CAUSES = {
  201: 'residual-session-context-removed',
  202: 'invalid-eap-packet',
  401: 'unsupported-attribute',
  402: 'missing-attribute',
  403: 'nas-identification-mismatch',
  404: 'invalid-request',
  405: 'unsupported-service',
  406: 'unsupported-extension',
  407: 'invalid-attribute-value',
  501: 'administratively-prohibited',
  502: 'request-not-routable',
  503: 'session-context-not-found',
  504: 'session-context-not-removable',
  505: 'other-proxy-processing-error',
  506: 'resources-unavailable',
  507: 'request-initiated',
  508: 'multiple-session-selection-unsupported',
} as const

export type ErrorCause = (typeof ERROR_CAUSES)[keyof typeof ERROR_CAUSES] | 'unknown'

const ERROR_CAUSE = 101
const EVENT_TIMESTAMP = 55

/** How a CoA or Disconnect ended. */
export type DynamicOutcome =
  | { type: 'ack' }
  /** Disconnect, Error-Cause 503: the NAS has no such session. It is as gone as after an ACK. */
  | { type: 'session-not-found' }
  /** `code` is the number of the Error-Cause, 0 when the NAS gave none. */
  | { type: 'nak'; cause: ErrorCause; code: number }
  | Exclude<Outcome, { type: 'reply' }>

export type DynamicRequest = Omit<OutgoingRequest, 'code' | 'attributes'> & {
  /** What identifies the NAS and the session and, for a CoA, what is to change. */
  readonly attributes: AttributeWriter
  /**
   * Written as Event-Timestamp, against replay (RFC 5176 §6.3). It stays as it is when the request is repeated: the
   * packet, its Identifier and its authenticator are the same each time (§2.3).
   */
  readonly eventAtMs?: number
}

/** A request as plain data: for another thread, which holds the connection that leads to the NAS. */
export type DynamicMessage = {
  readonly kind: 'disconnect' | 'change'
  readonly attributes: Uint8Array<ArrayBuffer>
  readonly eventAtMs: number
}

/**
 * What carries requests to a NAS: a `RadiusClient` to an address over UDP, or a `RadsecServer` down the connection that
 * the NAS itself has opened (draft-ietf-radext-reverse-coa), which also reaches one behind NAT.
 */
export interface NasSender<Nas> {
  request(nas: Nas, request: OutgoingRequest): Promise<Outcome>
}

/** Ends sessions. Any attribute beside identification makes a NAS refuse with 401 (RFC 5176 §3.6). */
export const disconnect = <Nas>(sender: NasSender<Nas>, nas: Nas, request: DynamicRequest) =>
  send(sender, nas, codes.disconnectRequest, request)

/** Changes sessions. */
export const changeOfAuthorization = <Nas>(sender: NasSender<Nas>, nas: Nas, request: DynamicRequest) =>
  send(sender, nas, codes.coaRequest, request)

async function send<Nas>(
  sender: NasSender<Nas>,
  nas: Nas,
  code: number,
  { eventAtMs, attributes, ...rest }: DynamicRequest,
): Promise<DynamicOutcome> {
  if (eventAtMs !== undefined) attributes.uint32(EVENT_TIMESTAMP, Math.floor(eventAtMs / 1000))
  const outcome = await sender.request(nas, { ...rest, code, attributes })
  if (outcome.type !== 'reply') return outcome
  const { packet } = outcome
  if (packet.code === codes.disconnectAck || packet.code === codes.coaAck) return { type: 'ack' }
  const errorCause = uint32(packet, ERROR_CAUSE) ?? 0
  if (code === codes.disconnectRequest && errorCause === 503) return { type: 'session-not-found' }
  return { type: 'nak', cause: causeOf(errorCause), code: errorCause }
}

const causeOf = (code: number): ErrorCause =>
  Object.hasOwn(ERROR_CAUSES, code) ? ERROR_CAUSES[code as keyof typeof ERROR_CAUSES] : 'unknown'
