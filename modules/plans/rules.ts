/** Whether what a plan says holds together. Pure. */
import type { Policy } from '../access/index.ts'

export type PlanTerms = {
  readonly policy: Policy
  readonly quotaOctets?: number | null | undefined
  readonly quotaSec?: number | null | undefined
}

/** What a plan says that cannot be meant, in a sentence; undefined when all is well. */
export const planFault = ({ policy, quotaOctets, quotaSec }: PlanTerms): string | undefined => {
  const { quotaPeriod = 'none', rolloverOctets, fairUse = [], windows = [] } = policy
  const hasPeriod = quotaPeriod !== 'none'
  if (hasPeriod && quotaOctets == null && quotaSec == null && fairUse.length === 0)
    return 'A period needs a quota, or fair use, that begins anew with it.'
  if (rolloverOctets !== undefined && (quotaOctets == null || !hasPeriod))
    return 'Only a quota of data with a period can roll over.'
  if (fairUse.some(({ afterOctets }, index) => afterOctets <= (fairUse[index - 1]?.afterOctets ?? 0)))
    return 'Each tier of fair use begins after more data than the one before it.'
  if (windows.some(({ downKbps, upKbps }) => (downKbps === undefined) !== (upKbps === undefined)))
    return 'A window has a speed in both directions, or in none.'
  return undefined
}
