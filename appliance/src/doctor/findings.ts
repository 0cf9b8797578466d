/**
 * What is not as it should be, as data. Pages say it in their reader's language; the doctor, the log and webhooks in
 * English.
 */
import type { Fault } from '@lango/kernel'
import type { ControlFault, HotspotTrouble } from '@lango/modules/network'
import type { Reason, Unfit } from '@lango/modules/rollouts'
import type { NoPublicName } from '../tls/index.ts'
import type { MachineFacts } from './machine-facts.ts'
import type { Named } from './named.ts'

type None = object
export type CertificateName = 'ca' | 'own' | 'server'
type CertificateDate = { readonly certificate: CertificateName; readonly notAfter: number }

type Facts = MachineFacts & {
  readonly 'accounting-unstored': None
  readonly 'logins-slow': { readonly logins: number; readonly p95Ms: number; readonly p95MsMax: number }
  readonly 'clock-unsure': None
  readonly 'certificates-none': None
  readonly 'certificate-unfit': { readonly fault: Fault }
  readonly 'certificate-ending': CertificateDate
  readonly 'certificate-ended': CertificateDate
  readonly 'acme-failing': {
    readonly names: string
    readonly fault: Fault
    readonly failures: number
    readonly nextAt: number
  }
  readonly 'portal-nameless': { readonly why: NoPublicName | 'port'; readonly port: number }
  readonly 'routers-none': None
  readonly 'routers-never': Named<string>
  readonly 'routers-silent': Named<{ readonly name: string; readonly silentHours: number }>
  readonly 'routers-uncontrolled': Named<{
    readonly name: string
    readonly why: ControlFault['why']
    readonly detail: string
  }>
  readonly 'routers-troubled': Named<{ readonly name: string; readonly customers: number }>
  readonly 'hotspots-troubled': Named<{
    readonly name: string
    readonly what: HotspotTrouble['what']
    readonly said: string
  }>
  readonly 'rollout-halted': Named<{ readonly name: string; readonly why: Reason | Unfit; readonly said: string }> & {
    readonly version: string
  }
  readonly 'rollout-portal': { readonly version: string }
  readonly 'payments-unread': { readonly minutes: number }
  readonly 'payments-unmatched': { readonly payments: number }
  readonly 'payouts-troubled': {
    readonly unknown: number
    readonly unanswered: number
    readonly failed: number
    readonly waiting: number
  }
  readonly 'payouts-unfunded': { readonly hasMinor: number; readonly needsMinor: number; readonly currency: string }
  readonly 'payments-disputed': { readonly movements: number }
  readonly 'refunds-troubled': { readonly unknown: number; readonly unanswered: number; readonly failed: number }
  readonly 'payments-forged': { readonly denied: number; readonly mismatched: number }
  readonly 'routers-unknown': Named<{ readonly address: string; readonly packets: number; readonly agoSec: number }>
  readonly lockouts: Named<string>
  readonly 'messages-untaken': Named<{ readonly channel: string; readonly reason: string }> & { readonly inRow: number }
  readonly 'jobs-failed': Named<{ readonly name: string; readonly error: string | null }>
  readonly 'webhooks-troubled': Named<{ readonly number: number; readonly isGone: boolean; readonly events: number }>
  readonly 'backup-none': None
  readonly 'backup-old': { readonly ageHours: number; readonly file: string; readonly octets: number }
  readonly 'backup-failed': { readonly place: string; readonly error: string | null }
  readonly 'backup-late': { readonly place: string }
  readonly 'shelves-silent': Named<{ readonly name: string; readonly silentHours: number }>
  readonly 'update-waits': { readonly version: string }
  readonly 'updates-unread': { readonly fault: Fault }
  /** Since then, epoch ms. */
  readonly 'standby-away': { readonly name: string; readonly isCatchingUp: boolean; readonly since: number }
  /** Epoch ms; `missingSince` is 0 where nobody knows. */
  readonly 'took-over': { readonly name: string; readonly at: number; readonly missingSince: number }
  readonly 'set-aside': { readonly at: number; readonly dir: string }
  readonly 'audit-broken': { readonly fault: Fault }
  readonly 'audit-unsigned': None
}

export type Finding = { readonly [T in keyof Facts]: { readonly type: T } & Facts[T] }[keyof Facts]
/** What to do: '' when there is nothing to do. */
export type Told = { readonly sentence: string; readonly remedy: string }

/** How values are written where the sentence is read. */
export type Say = {
  readonly octets: (count: number) => string
  readonly ms: (ms: number) => string
  /** So long ago. */
  readonly hoursAgo: (hours: number) => string
  readonly secAgo: (seconds: number) => string
  /** Epoch ms. */
  readonly time: (at: number) => string
  /** A name from outside. */
  readonly name: (text: string) => string
  readonly fault: (fault: Fault) => string
}

/** One of each, or it does not compile. */
export type FindingWords = { readonly [T in keyof Facts]: (facts: Facts[T], say: Say) => Told }

export const tell = (words: FindingWords, finding: Finding, say: Say): Told => {
  // Each takes its own facts only: what they have in common is that they take no other.
  const told: (facts: never, say: Say) => Told = words[finding.type]
  return told(finding as never, say)
}
