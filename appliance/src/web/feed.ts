import type { Finding } from '../doctor/findings.ts'

/** What the live page shows, as the appliance tells it. Instants are epoch ms, counters octets, rates kbit/s. */
export interface LiveFeed {
  /** A consistent picture of now; called at most once a second while somebody looks. */
  snapshot(): LiveSnapshot
  /** Tells which part has changed; never carries data. Returns how to stop. */
  subscribe(listener: (kind: LiveChange) => void): () => void
}

export type LiveChange = 'sessions' | 'decisions' | 'health'

export type LiveSnapshot = {
  readonly health: Health
  readonly totals: Totals
  /** Newest first, at most `webLimits.sessionRowsMax`; `totals.openSessions` counts them all. */
  readonly sessions: readonly SessionRow[]
  /** Newest first, at most `webLimits.decisionRowsMax`. */
  readonly decisions: readonly DecisionRow[]
  readonly routers: readonly RouterRow[]
  /** What somebody should look at, the worst first. */
  readonly attention?: readonly AttentionRow[]
  /** The machine under the box. */
  readonly machine?: Machine
}

export type AttentionRow = {
  readonly id: string
  readonly severity: 'attention' | 'stopped'
  readonly sentence: string
  /** What to do about it; text between backticks is a command. */
  readonly remedy: string
  /** The same as data, for the reader's language. */
  readonly finding?: Finding
  readonly since: number
}

/** Shares are of one; what a machine does not tell is absent. */
export type Machine = {
  readonly cpuShare?: number
  readonly memoryUsedShare: number
  readonly diskUsedShare?: number
  readonly temperatureC?: number
  readonly clockSure: boolean
  readonly upSec: number
}

/** Serving means: a login would succeed. */
export type Health = {
  readonly serving: boolean
  /** A sentence, when it does not serve. */
  readonly reason?: string
  /** What to do about it; text between backticks is a command. */
  readonly remedy?: string
  readonly since: number
}

export type Totals = {
  readonly openSessions: number
  readonly authPerSec: number
  readonly acctPerSec: number
  readonly acceptsToday?: number
  readonly rejectsToday?: number
}

export type SessionRow = {
  /** Identity of the row: the session's number. */
  readonly no: number
  readonly login: string
  readonly customerName?: string
  readonly plan?: string
  /** The router's name, else the NAS as it calls itself. */
  readonly nas: string
  readonly acctSessionId: string
  readonly mac?: string
  readonly ip?: string
  readonly startedAt: number
  readonly updatedAt: number
  /** As the NAS counts: input is what the subscriber sent (upload), output what it received (RFC 2866 §5.3, §5.4). */
  readonly inputOctets: number
  readonly outputOctets: number
  readonly inRateKbps?: number
  readonly outRateKbps?: number
  /** `stale`: no interim when one was due; it will be reaped unless it is heard again. */
  readonly state: 'start' | 'interim' | 'stale' | 'stop'
}

export type DecisionRow = {
  /** Identity of the row; never used again for another decision. */
  readonly no: number
  readonly at: number
  readonly login: string
  readonly outcome: 'accept' | 'reject' | 'challenge'
  /** The stored code, `wrong-password`. */
  readonly reason: string
  readonly sentence: string
  /** What to do about it; text between backticks is a command. */
  readonly remedy?: string
  readonly nas: string
  readonly mac?: string
  readonly method: string
  readonly latencyMs?: number
}

/** Name and address together are the identity of the row. */
export type RouterRow = {
  readonly name: string
  /** An address, or a range in CIDR form. */
  readonly address: string
  readonly vendor: string
  readonly lastPacketAt?: number
  /** `unknown`: it speaks to the box but is not one of its routers. */
  readonly state: 'up' | 'silent' | 'never' | 'unknown'
}
