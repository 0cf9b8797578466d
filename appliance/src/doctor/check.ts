/** One thing looked at: `attention` can wait until tomorrow, `stopped` means that somebody is not served now. */
export type Check = {
  readonly name: string
  readonly state: 'ok' | 'attention' | 'stopped'
  readonly sentence: string
  /** What to do; '' when there is nothing to do. */
  readonly remedy: string
}

export const fine = (name: string, sentence: string): Check => ({ name, state: 'ok', sentence, remedy: '' })
export const attention = (name: string, sentence: string, remedy: string): Check => ({
  name,
  state: 'attention',
  sentence,
  remedy,
})
export const stopped = (name: string, sentence: string, remedy: string): Check => ({
  name,
  state: 'stopped',
  sentence,
  remedy,
})

/** What a running box says of itself (`box.status`). */
export type BoxStatus = {
  readonly pid: number
  readonly listen: string
  readonly ports: { readonly auth: number; readonly acct: number; readonly radsec: number; readonly web: number }
  readonly startedAt: number
  readonly now: number
  readonly clockSure: boolean
  /** Accounting is not on disk, so it is not answered. */
  readonly storeFailing?: boolean
  readonly logins?: RecentLogins
  /** Since the start. */
  readonly counts?: BoxCounts
}

/** How long the box took for the logins of the last five minutes, and how long is too long. */
export type RecentLogins = {
  readonly logins: number
  /** Undefined, `null` where it came over the socket: too few logins to tell. */
  readonly p95Ms?: number | null | undefined
  readonly p95MsMax: number
}

export type BoxCounts = {
  /** Packets that were dropped without an answer: over UDP, and accounting that came faster than it is stored. */
  readonly dropped: number
  /** RadSec connections of routers whose certificate is good, and that the box does not know. */
  readonly radsecUnknown: number
  /** RadSec connections that came to nothing. */
  readonly radsecHandshakes: number
  /** What else was dropped of RadSec. */
  readonly radsecDropped: number
  /** Decisions that could not be written. */
  readonly decisionsLost: number
  readonly statusRequests: number
}

export const DAY_MS = 86_400_000
