/** Whether what a plan says holds together. Pure. */
import type { Policy } from '../access/index.ts'

export type PlanTerms = {
  readonly policy: Policy
  readonly quotaOctets?: number | null | undefined
  readonly quotaSec?: number | null | undefined
}

/** What a plan says that cannot be meant, in a sentence; undefined when all is well. */
export const planFault = ({ policy, quotaOctets, quotaSec }: PlanTerms): string | undefined => {
  const hasQuota = quotaOctets != null || quotaSec != null
  const hasPeriod = policy.quotaPeriod !== undefined && policy.quotaPeriod !== 'none'
  if (hasPeriod && !hasQuota) return 'A period needs a quota that begins anew with it.'
  if (policy.rolloverOctets !== undefined && (quotaOctets == null || !hasPeriod))
    return 'Only a quota of data with a period can roll over.'
  return undefined
}
