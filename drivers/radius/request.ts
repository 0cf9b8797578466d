import type { BlastRadiusLearned, BlastRadiusPolicy } from './blast-radius.ts'
import type { AttributeWriter, Packet, PacketFault } from './packet.ts'
import type { PreparedSecret, RequestVerdict } from './authenticity.ts'
import type { RadiusVersion } from './protocol.ts'

/** Where a library writes. Lines carry a fixed message; what varies stands in the fields. */
export interface RadiusLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** Timers as an argument, so that tests decide when time passes. */
export interface RadiusTimers {
  /** Calls `callback` once after `delayMs`; the handle stops it. */
  set(callback: () => void, delayMs: number): unknown
  clear(handle: unknown): void
}

/** The machine's own timers. They keep no process alive that has nothing else to do. */
export const systemTimers: RadiusTimers = {
  set: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  clear: (handle) => clearTimeout(handle as NodeJS.Timeout),
}

/**
 * A client (a NAS or a proxy) as the server knows it. `data` is the caller's own.
 * Over TLS the secret is the fixed text `radsec` and the BlastRADIUS policy is not looked at.
 */
export interface KnownClient<T> extends BlastRadiusPolicy {
  readonly secret: PreparedSecret
  /** What `auto` has learned about this client so far; the caller keeps it (see `onLearned`). */
  readonly learned: BlastRadiusLearned
  readonly data: T
}

/** A request that has passed every check. Exactly one of `answer`, `respond` and `ignore` ends it; later calls do nothing. */
export interface RadiusRequest<T> {
  readonly packet: Packet
  readonly client: KnownClient<T>
  /** The client's address; IPv4 stays IPv4 also on a dual-stack socket. */
  readonly address: string
  readonly port: number
  readonly transport: 'udp' | 'tls'
  /** RADIUS/1.1 (RFC 9765) knows no MD5: no authenticators; passwords and keys stand in clear inside TLS. */
  readonly version: RadiusVersion
  /** Encodes the reply as this transport wants it (Message-Authenticator first, Proxy-State copied) and sends it. */
  answer(code: number, attributes: Buffer | AttributeWriter): void
  /** Sends a reply that is encoded already. */
  respond(reply: Buffer): void
  /** No answer. A retransmission will be processed anew. */
  ignore(): void
}

/** Why a datagram or a stream was dropped: the name of its counter. */
export type DropCause =
  | PacketFault
  | 'unknown-client'
  | 'code-not-accepted'
  | Exclude<RequestVerdict, 'ok'>
  | 'message-authenticator-missing'
  | 'proxy-state-limited'
  | 'client-busy'
  | 'server-busy'
  | 'abandoned'
  // Whoever was handed the request threw.
  | 'handler-failed'
  // Of connections (RadSec):
  | 'tls-handshake'
  | 'alpn'
  | 'half-open-limit'
  | 'connections-limit'
  | 'connection-lost'
  | 'idle'
  | 'unexpected-reply'
  | 'bad-reply'
