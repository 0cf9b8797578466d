/** When a bundle that is renewed by itself is due, and what it is then. Pure. */
import { defineLimits } from '@lango/kernel'
import type { Policy } from '../access/index.ts'

export const renewalStates = ['on', 'short', 'stopped'] as const

/** Why it is not renewed any more. */
export type RenewalStop =
  /** Nobody sells it any more, or not so. */
  | 'plan-gone'
  | 'price-risen'
  /** No money came for so long after it was over. */
  | 'waited'

export const renewalLimits = defineLimits({
  lookEveryMs: 15_000,
  /** It is paid for so long before it ends: the session goes on, and nothing of the time is lost. */
  aheadMs: 60_000,
  /** What is over waits for money no longer than that: whoever comes back later chooses anew. */
  waitsMs: 7 * 86_400_000,
  /** Looked at in one command. */
  rowsAtOnce: 100,
})

type Terms = {
  readonly policy: Pick<Policy, 'fairUse' | 'quotaPeriod'>
  readonly validitySec: number | null
  readonly quotaOctets: number | null
  readonly quotaSec: number | null
}

const isUsedUpForGood = ({ policy, quotaOctets, quotaSec }: Terms): boolean =>
  (policy.quotaPeriod ?? 'none') === 'none' && (quotaOctets !== null || quotaSec !== null)

/**
 * Whether it can be renewed: it ends by itself, by time or by use. What slows down by use over all its life would be as
 * slow as before.
 */
export const isRenewable = (terms: Terms): boolean => {
  const slowsForGood = terms.policy.fairUse !== undefined && (terms.policy.quotaPeriod ?? 'none') === 'none'
  return !slowsForGood && (terms.validitySec !== null || isUsedUpForGood(terms))
}

type Grant = {
  readonly expiresAt: number | null
  readonly quotaOctets: number | null
  readonly quotaSec: number | null
}

/** What the grant is once it is renewed: what was left comes on top. */
export const extended = (grant: Grant, plan: Terms, now: number): Grant => {
  const { validitySec } = plan
  const isCounted = isUsedUpForGood(plan)
  const more = (had: number | null, brings: number | null): number | null =>
    had === null || brings === null || !isCounted ? had : had + brings
  return {
    expiresAt:
      grant.expiresAt === null || validitySec === null
        ? grant.expiresAt
        : Math.max(grant.expiresAt, now) + validitySec * 1000,
    quotaOctets: more(grant.quotaOctets, plan.quotaOctets),
    quotaSec: more(grant.quotaSec, plan.quotaSec),
  }
}

/** Names what ends, once: with each renewal it is another. */
export const periodOf = (purchaseId: string, { expiresAt, quotaOctets, quotaSec }: Grant): string =>
  `renewal:${purchaseId}:${expiresAt ?? ''}:${quotaOctets ?? ''}:${quotaSec ?? ''}`
