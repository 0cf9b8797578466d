import type { ControlStatus } from '@lango/modules/network'
import { clean, duration, localTime, octets } from '../cli/format.ts'
import { faultSentence } from '../cli/faults.ts'
import type { PairStatus } from '../standby/pair-state.ts'
import { englishFindings } from './english-findings.ts'
import { tell, type Finding, type Say } from './findings.ts'
import type { Named } from './named.ts'

/** One thing looked at: `attention` can wait until tomorrow, `stopped` means that somebody is not served now. */
export type Check = {
  readonly name: string
  readonly state: 'ok' | 'attention' | 'stopped'
  readonly sentence: string
  /** What to do; '' when there is nothing to do. */
  readonly remedy: string
  /** The same as data, of what a running box sees by itself: its pages say it in two languages. */
  readonly finding?: Finding
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

export const milliseconds = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`

const say: Say = {
  octets,
  ms: milliseconds,
  hoursAgo: (hours) => `${duration(hours * 3600)} ago`,
  secAgo: (seconds) => `${duration(seconds)} ago`,
  time: localTime,
  name: clean,
  fault: faultSentence,
}

export const found = (name: string, state: 'attention' | 'stopped', finding: Finding): Check => ({
  name,
  state,
  ...tell(englishFindings, finding, say),
  finding,
})

/** Names listed in one sentence. */
export const NAMES_MAX = 5

export const firstOf = <T>(all: readonly T[]): Named<T> => ({
  first: all.slice(0, NAMES_MAX),
  more: Math.max(0, all.length - NAMES_MAX),
})

/** What a running box says of itself (`box.status`). */
export type BoxStatus = {
  readonly pid: number
  readonly listen: string
  readonly webListen: string
  readonly ports: {
    readonly auth: number
    readonly acct: number
    readonly radsec: number
    readonly web: number
    readonly portal?: number
    readonly portalTls?: number
  }
  readonly startedAt: number
  readonly now: number
  readonly clockSure: boolean
  /** Accounting is not on disk, so it is not answered. */
  readonly storeFailing?: boolean
  readonly logins?: RecentLogins
  /** Routers that it logs in to. */
  readonly controlled?: readonly ControlStatus[]
  /** What it knows of its standby. */
  readonly pair?: PairStatus
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

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
