/**
 * Where a grant stands at an instant: refused, or let in with a policy, for so long and so much. The one source of it:
 * the gate decides by it, live sessions are ended and changed by it, and the desk is shown it. Pure.
 */
import { isMetered, type Allowance, type QuotaTerms, type TopUp } from './allowance.ts'
import { isCodeLogin } from './code.ts'
import { expiredPolicy, type Policy } from './policy.ts'

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
export type Refusal = 'suspended' | 'ended' | 'not-begun' | 'expired' | 'quota-used' | 'time-used'

export type Standing =
  | { readonly kind: 'refused'; readonly reason: Refusal }
  | {
      readonly kind: 'open'
      readonly reason: 'accepted' | 'accepted-expired'
      readonly policy: Policy
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
  readonly now: number
}

const refused = (reason: Refusal): Standing => ({ kind: 'refused', reason })

export const standingAt = ({ grant, policy, allowance, now }: StandingFacts): Standing => {
  const over = refusalOf(grant, now)
  if (over) return refused(over)
  const untilAt = validityEnd(grant, now)
  if (untilAt !== undefined && untilAt <= now) return expired(policy)
  const octetsLeft = allowance?.octets?.left
  const secLeft = allowance?.sec?.left
  if (octetsLeft === 0) return refused('quota-used')
  if (secLeft === 0) return refused('time-used')
  return { kind: 'open', reason: 'accepted', policy, untilAt, octetsLeft, secLeft }
}

const refusalOf = ({ status, beginsAt }: GrantTerms, now: number): Refusal | undefined => {
  if (status === 'suspended') return 'suspended'
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
export const quotaTermsOf = (grant: GrantTerms, now: number): QuotaTerms | undefined =>
  isMetered(grant)
    ? {
        quotaOctets: grant.quotaOctets,
        quotaSec: grant.quotaSec,
        topUps: grant.topUps === null ? [] : (JSON.parse(grant.topUps) as TopUp[]),
        beganAt: grant.beginsAt ?? grant.firstUsedAt ?? now,
      }
    : undefined
