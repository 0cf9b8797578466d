/** Whether what a plan says holds together. Pure. */
import { HOTSPOT_IDLE_SEC, openPolicy, policySchema, type Policy, type ServiceKind } from '../access/index.ts'

/** How people who take a plan by themselves are confirmed. */
export const selfRegistrations = ['off', 'phone', 'email'] as const
export type SelfRegistration = (typeof selfRegistrations)[number]

type Chosen = { readonly [K in keyof Policy]?: Policy[K] | undefined }

/** A whole policy of what was chosen. Devices at a hotspot go away without a word: their places are freed. */
export const wholePolicy = (kind: ServiceKind, chosen: Chosen): Policy =>
  policySchema.parse({ ...openPolicy, ...(kind === 'hotspot' && { idleTimeoutSec: HOTSPOT_IDLE_SEC }), ...chosen })

export type PlanTerms = {
  readonly kind: ServiceKind
  readonly policy: Policy
  readonly validitySec?: number | null | undefined
  readonly quotaOctets?: number | null | undefined
  readonly quotaSec?: number | null | undefined
  readonly priceMinor?: number | undefined
  readonly selfRegistration?: SelfRegistration | undefined
}

/** What a plan says that cannot be meant, in a sentence; undefined when all is well. */
export const planFault = (terms: PlanTerms): string | undefined =>
  clockFault(terms) ?? quotaFault(terms) ?? selfFault(terms)

const clockFault = ({ policy, validitySec, quotaSec }: PlanTerms): string | undefined => {
  if (policy.clock === 'fixed' && validitySec != null)
    return 'A plan for a fixed time has no length of its own: it begins and ends as each sale says.'
  const pauses = quotaSec != null && (policy.quotaPeriod ?? 'none') === 'none'
  if (policy.clock === 'used' && !pauses) return 'Time that pauses is an amount of time online, for the whole life.'
  return undefined
}

const quotaFault = ({ policy, quotaOctets, quotaSec }: PlanTerms): string | undefined => {
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

/** What is given away without anybody at the desk. */
const selfFault = ({ selfRegistration = 'off', priceMinor = 0, kind, policy }: PlanTerms): string | undefined => {
  if (selfRegistration === 'off') return undefined
  if (priceMinor > 0) return 'Nobody pays who registers by themselves: only a plan without a price can be taken so.'
  if (policy.clock === 'fixed') return 'Who registers by themselves says no times: a plan for a fixed time is sold.'
  return kind === 'static' || kind === 'mac'
    ? 'Who registers by themselves gets a login and a password: choose a plan that connects by them.'
    : undefined
}

export type SaleTimes = { readonly beginsAt?: number | undefined; readonly endsAt?: number | undefined }

/** What is wrong with the instants that are chosen at a sale, in a sentence. */
export const saleTimesFault = ({ clock }: Policy, { beginsAt, endsAt }: SaleTimes, now: number): string | undefined => {
  if (clock !== 'fixed')
    return beginsAt === undefined && endsAt === undefined
      ? undefined
      : 'Only a plan for a fixed time begins and ends when a sale says.'
  if (beginsAt === undefined || endsAt === undefined)
    return 'This plan is sold for a fixed time: say when it begins and when it ends.'
  return endsAt <= beginsAt || endsAt <= now ? 'What is sold ends after it begins, and not in the past.' : undefined
}
