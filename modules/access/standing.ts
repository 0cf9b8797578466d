/**
 * Where a grant stands at an instant: refused, or let in with a policy, for so long and so much. The one source of it:
 * the gate decides by it, live sessions are ended and changed by it, and the desk is shown it. Pure.
 */
import { isMetered, type Allowance, type QuotaTerms, type TopUp } from './allowance.ts'
import type { Calendar } from './calendar.ts'
import { isCodeLogin } from './code.ts'
import { atSpeed, expiredPolicy, type Policy } from './policy.ts'
import type { Speed, Window } from './windows.ts'

/** Of a grant's row, what its standing follows from. Instants are epoch ms. */
export type GrantTerms = {
  readonly login: string
  readonly status: string
  readonly expiresAt: number | null
  readonly validitySec: number | null
  readonly firstUsedAt: number | null
  readonly beginsAt: number | null
  readonly quotaOctets: number | null
  readonly quotaSec: number | null
  /** JSON, as it is stored. */
  readonly topUps: string | null
}

/** What is refused, in the words of the decision log. */
export type Refusal =
  | 'suspended'
  | 'away'
  | 'ended'
  | 'not-begun'
  | 'expired'
  | 'outside-hours'
  | 'quota-used'
  | 'time-used'

export type Standing =
  | { readonly kind: 'refused'; readonly reason: Refusal }
  | {
      readonly kind: 'open'
      readonly reason: 'accepted' | 'accepted-expired'
      readonly policy: Policy
      /** Set where it is not the plan's own: a tier's or a window's. */
      readonly speed: Speed | undefined
      /** The window whose speed holds. */
      readonly window: Window | undefined
      /** It cannot stay open longer. */
      readonly untilAt: number | undefined
      readonly octetsLeft: number | undefined
      readonly secLeft: number | undefined
    }

export type StandingFacts = {
  readonly grant: GrantTerms
  readonly policy: Policy
  /** Undefined for a grant that is not metered. */
  readonly allowance: Allowance | undefined
  readonly calendar: Calendar
  readonly now: number
  /** With an unsure clock nobody knows what time of the day it is: windows are as if there were none. */
  readonly clockSure: boolean
}

const refused = (reason: Refusal): Standing => ({ kind: 'refused', reason })

export const standingAt = (facts: StandingFacts): Standing => {
  const { grant, policy, allowance, now } = facts
  const over = refusalOf(grant, now)
  if (over) return refused(over)
  const validUntil = validityEnd(grant, now)
  if (validUntil !== undefined && validUntil <= now) return expired(policy)
  const windows = policy.windows && facts.clockSure ? facts.calendar.windowsAt(policy.windows, now) : ALWAYS
  if (!windows.isOpen) return refused('outside-hours')
  const octetsLeft = allowance?.octets?.left
  const secLeft = allowance?.sec?.left
  if (octetsLeft === 0) return refused('quota-used')
  if (secLeft === 0) return refused('time-used')
  const speed = speedOf(policy, windows.fast, allowance)
  return {
    kind: 'open',
    reason: 'accepted',
    policy: speed ? atSpeed(policy, speed) : policy,
    speed,
    window: windows.fast,
    untilAt: soonest(validUntil, windows.openUntilAt),
    octetsLeft,
    secLeft,
  }
}

const ALWAYS = { isOpen: true, openUntilAt: undefined, fast: undefined }

const soonest = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)

/** A window's speed holds whatever was used: it is what was promised for that time. */
const speedOf = (policy: Policy, window: Window | undefined, allowance: Allowance | undefined): Speed | undefined => {
  const tier = allowance?.fairUse?.tier ?? 0
  const fast = window ?? (tier > 0 ? policy.fairUse?.[tier - 1] : undefined)
  const speed = fast && { downKbps: fast.downKbps ?? policy.downKbps, upKbps: fast.upKbps ?? policy.upKbps }
  return speed && (speed.downKbps !== policy.downKbps || speed.upKbps !== policy.upKbps) ? speed : undefined
}

/** Whether sessions on a policy may have another speed than its own, now or later. */
export const isShaped = ({ fairUse, windows }: Policy): boolean => fairUse !== undefined || windows !== undefined

/** The next instant at which the clock alone changes what a policy gives; undefined when it never does. */
export const nextTurn = (policy: Policy, calendar: Calendar, at: number): number | undefined => {
  const { quotaPeriod = 'none', fairUse, windows } = policy
  // A subscription's day is its own: sessions are looked at on every one.
  const period = quotaPeriod === 'subscription' ? 'day' : quotaPeriod
  const resetAt = fairUse && calendar.periodAt(period, at, at).toAt
  return soonest(resetAt, windows && calendar.windowsAt(windows, at).nextAt)
}

const refusalOf = ({ status, beginsAt }: GrantTerms, now: number): Refusal | undefined => {
  if (status === 'suspended' || status === 'away') return status
  if (status !== 'active') return 'ended'
  return beginsAt !== null && beginsAt > now ? 'not-begun' : undefined
}

/**
 * The end of validity. While the clock is unsure nothing expires that has not expired already by the last committed
 * instant: `now` stands on that floor, so the comparison holds either way.
 */
const validityEnd = ({ expiresAt, validitySec, firstUsedAt }: GrantTerms, now: number): number | undefined => {
  if (validitySec === null || firstUsedAt !== null) return expiresAt ?? undefined
  // Not used yet: an end that stands there already is the last day to begin.
  return expiresAt !== null && expiresAt <= now ? expiresAt : now + validitySec * 1000
}

const expired = (policy: Policy): Standing => {
  const walled = expiredPolicy(policy)
  if (!walled) return refused('expired')
  return {
    kind: 'open',
    reason: 'accepted-expired',
    policy: walled,
    speed: undefined,
    window: undefined,
    untilAt: undefined,
    octetsLeft: undefined,
    secLeft: undefined,
  }
}

/**
 * Whether its first login is still to come, and matters: validity runs from it, periods are counted from it, or a
 * voucher is known as used by it.
 */
export const beginsWithUse = (
  grant: Pick<GrantTerms, 'login' | 'firstUsedAt' | 'validitySec' | 'beginsAt'>,
  policy: Policy,
): boolean =>
  grant.firstUsedAt === null &&
  (grant.validitySec !== null || isCodeLogin(grant.login) || (grant.beginsAt === null && countsFromBegin(policy)))

/** Whether it matters when a subscription began. */
export const countsFromBegin = ({ quotaPeriod, rolloverOctets }: Policy): boolean =>
  quotaPeriod === 'subscription' || rolloverOctets !== undefined

/** What an allowance is worked out from; undefined when nothing is metered, so that nothing needs to be read. */
export const quotaTermsOf = (grant: GrantTerms, policy: Policy, now: number): QuotaTerms | undefined =>
  isMetered(grant, policy)
    ? {
        quotaOctets: grant.quotaOctets,
        quotaSec: grant.quotaSec,
        topUps: grant.topUps === null ? [] : (JSON.parse(grant.topUps) as TopUp[]),
        beganAt: grant.beginsAt ?? grant.firstUsedAt ?? now,
      }
    : undefined
