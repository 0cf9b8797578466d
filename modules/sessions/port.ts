/** A live session as a NAS knows it. Texts are exactly as the NAS sent them; '' where it sent none. */
export type NasSession = {
  readonly no: number
  readonly routerNo: number
  readonly acctSessionId: string
  readonly userName: string
  readonly device: string
  readonly nas: string
  readonly framedIp: string
}

/** Ways to name a session to its NAS, from the fullest to the barest: some refuse an attribute that others need. */
export type IdentifyingSet = 'session+user+address' | 'session+user' | 'session' | 'user+device'

export type ControlOutcome =
  | { readonly type: 'ack' }
  /** The NAS has no such session. */
  | { readonly type: 'not-found' }
  | { readonly type: 'nak'; readonly cause: string; readonly code: number }
  | { readonly type: 'timeout' }
  | { readonly type: 'unreachable'; readonly cause: string }

/** Down the connection that the NAS holds open to the box, which also reaches one behind NAT, or to its CoA port. */
export type ControlWay = 'RadSec' | 'UDP'

export type ControlAttempt = { readonly way: ControlWay; readonly outcome: ControlOutcome }

/** The last way that was tried, and the one before it when that brought no answer to go by. */
export type ControlAnswer = ControlAttempt & { readonly before?: ControlAttempt }

/** Attributes by dictionary name, as the NAS's vendor spells the change. */
export type NamedChanges = Readonly<Record<string, string | number | readonly string[]>>

/**
 * What a NAS can be told about a live session. An answer is only what the NAS says: whether the session really ended
 * or changed is read from accounting. Never rejects; `signal` ends the wait.
 */
export interface NasControl {
  disconnect(session: NasSession, by: IdentifyingSet, signal: AbortSignal): Promise<ControlAnswer>
  change(session: NasSession, by: IdentifyingSet, changes: NamedChanges, signal: AbortSignal): Promise<ControlAnswer>
}
