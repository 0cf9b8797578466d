/** What a session is and when something is due: pure. Times are milliseconds of the boot's own clock. */

/** What the box grants in an Access-Accept, or changes by a CoA. 0 kbit/s: no limit. */
export type Grant = {
  readonly downKbps: number
  readonly upKbps: number
  readonly sessionSec: number | undefined
  readonly quotaBytes: number | undefined
  readonly idleSec: number
  readonly interimSec: number
  /** Hexadecimal, given back in accounting as it came. */
  readonly className: string
}

export type Session = Omit<Grant, 'sessionSec'> & {
  /** Acct-Session-Id, and the name of its counters. */
  readonly id: string
  readonly ip: string
  /** Of IPv6, in the order they were first seen: phones make several, and new ones as they go. */
  readonly addresses6: readonly string[]
  readonly mac: string
  readonly userName: string
  /** Of its classes in HTB. */
  readonly minor: number
  readonly startedMs: number
  readonly endsMs: number | undefined
  readonly upBytes: number
  readonly downBytes: number
  readonly activeMs: number
  readonly isStartReported: boolean
  readonly reportedMs: number
}

/** Acct-Terminate-Cause (RFC 2866 §5.10). */
export const causes = { userRequest: 1, lostService: 3, idleTimeout: 4, sessionTimeout: 5, adminReset: 6 } as const
export type Cause = (typeof causes)[keyof typeof causes]

/** A Stop that the box has not answered yet. `endedAt` is epoch ms: it may have to outlive a boot. */
export type Ended = {
  readonly session: Session
  readonly cause: Cause
  readonly sessionSec: number
  readonly endedAt: number
}

export type Counted = { readonly upBytes: number; readonly downBytes: number; readonly quotaUsedBytes: number }

const endOf = (startedMs: number, sessionSec: number | undefined): number | undefined =>
  sessionSec === undefined ? undefined : startedMs + sessionSec * 1000

export const begun = (
  { sessionSec, ...grant }: Grant,
  who: Pick<Session, 'id' | 'ip' | 'mac' | 'userName' | 'minor'>,
  nowMs: number,
): Session => ({
  ...grant,
  ...who,
  addresses6: [],
  startedMs: nowMs,
  endsMs: endOf(nowMs, sessionSec),
  upBytes: 0,
  downBytes: 0,
  activeMs: nowMs,
  isStartReported: false,
  reportedMs: nowMs,
})

/** A phone that has gone still receives what strangers send: only what comes from it shows that it is there. */
export const counted = (session: Session, { upBytes, downBytes }: Counted, nowMs: number): Session =>
  upBytes === session.upBytes && downBytes === session.downBytes
    ? session
    : { ...session, upBytes, downBytes, activeMs: upBytes === session.upBytes ? session.activeMs : nowMs }

/** Why it ends now; undefined when it does not. A quota that is used up is a Session-Timeout by what it counts. */
export const dueEnd = (session: Session, quotaUsedBytes: number, nowMs: number): Cause | undefined => {
  const { endsMs, quotaBytes, idleSec, activeMs } = session
  if (endsMs !== undefined && nowMs >= endsMs) return causes.sessionTimeout
  if (quotaBytes !== undefined && quotaUsedBytes >= quotaBytes) return causes.sessionTimeout
  if (idleSec > 0 && nowMs - activeMs >= idleSec * 1000) return causes.idleTimeout
  return undefined
}

export const dueReport = (session: Session, nowMs: number): 'start' | 'interim' | undefined => {
  if (!session.isStartReported) return 'start'
  const { interimSec, reportedMs } = session
  return interimSec > 0 && nowMs - reportedMs >= interimSec * 1000 ? 'interim' : undefined
}

/** It cannot have lasted longer than the kernel let it, however late that is noticed. */
export const ended = (session: Session, cause: Cause, nowMs: number, now: number): Ended => {
  const lateMs = session.endsMs === undefined ? 0 : Math.max(0, nowMs - session.endsMs)
  const sessionSec = Math.floor((nowMs - lateMs - session.startedMs) / 1000)
  return { session, cause, sessionSec, endedAt: now - lateMs }
}

/** What a CoA may change; Session-Timeout counts from the session's start, as in the Accept. */
export type Change = Partial<Pick<Grant, 'downKbps' | 'upKbps' | 'sessionSec' | 'quotaBytes' | 'idleSec'>>

export const changed = (session: Session, { sessionSec, ...change }: Change): Session => ({
  ...session,
  ...change,
  ...(sessionSec === undefined ? {} : { endsMs: endOf(session.startedMs, sessionSec) }),
})

export const addressesOf = ({ ip, addresses6 }: Session): readonly string[] => [ip, ...addresses6]

type Heard = { readonly ip: string; readonly mac: string }

/** Which addresses are whose from now on: the first who is heard by one has it, and what is somebody's stays theirs. */
export const unclaimed = (
  heard: readonly Heard[],
  sessions: readonly Session[],
): readonly { readonly id: string; readonly address: string }[] => {
  const idByMac = new Map(sessions.map(({ mac, id }) => [mac, id]))
  const taken = new Set(sessions.flatMap(({ addresses6 }) => addresses6))
  return heard.flatMap(({ ip, mac }) => {
    const id = idByMac.get(mac)
    if (id === undefined || taken.has(ip)) return []
    taken.add(ip)
    return [{ id, address: ip }]
  })
}

/** Of one client: a stable one, and some days of private ones. */
const ADDRESSES6_MAX = 16

/** With one more address; which of the old ones makes room for it. */
export const joined = (session: Session, address: string): { session: Session; left: readonly string[] } => {
  const all = [...session.addresses6, address]
  return { session: { ...session, addresses6: all.slice(-ADDRESSES6_MAX) }, left: all.slice(0, -ADDRESSES6_MAX) }
}

const MINOR_FIRST = 0x10
const MINOR_LAST = 0x7fff

/** A class of its own for each; undefined when there are no more. */
export const freeMinor = (used: ReadonlySet<number>): number | undefined => {
  for (let minor = MINOR_FIRST; minor <= MINOR_LAST; minor++) if (!used.has(minor)) return minor
  return undefined
}
