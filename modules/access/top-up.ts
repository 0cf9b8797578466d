import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { defineCommand, personalIn, type AuditContext, type CommandContext } from '@lango/kernel/verbs'
import type { TopUp } from './allowance.ts'
import { accessChanged } from './commands.ts'
import type { Policy } from './policy.ts'
import { grants, policies } from './tables.ts'

const DAY_MS = 86_400_000
/** What lasts longer would be followed through too many periods at each login. */
const TOP_UP_DAYS_MAX = 92
/** A period-long top-up is over after this, whatever the period. */
const PERIOD_MS_MAX = 31 * DAY_MS
const TOP_UPS_MAX = 100

type Grant = typeof grants.site.$inferSelect
type GrantFault =
  | { readonly type: 'SubscriberUnknown'; readonly login: string }
  | { readonly type: 'GrantUnknown'; readonly grantId: string }

/** A subscriber by login; a voucher, whose login nobody knows, by the number of its grant. */
export const whoseGrant = z.union([
  z.object({ login: z.string().min(1).max(253) }),
  z.object({ grantNo: z.number().int().min(1) }),
])

export const grantOf = (ctx: CommandContext, who: z.output<typeof whoseGrant>): Result<Grant, GrantFault> => {
  const isThem = 'login' in who ? eq(grants.site.login, who.login) : eq(grants.site.no, who.grantNo)
  const grant = ctx.db.select().from(grants.site).where(isThem).get()
  if (grant) return ok(grant)
  return err(
    'login' in who
      ? { type: 'SubscriberUnknown', login: who.login }
      : { type: 'GrantUnknown', grantId: String(who.grantNo) },
  )
}

/** What is kept of an order about a grant: its values are those of whose service it is. */
export const recordOfGrant = (who: z.output<typeof whoseGrant>, { raw }: AuditContext): unknown => {
  const [column, value] = 'login' in who ? (['login', who.login] as const) : (['no', who.grantNo] as const)
  const owner = raw.prepare<[string | number], { id: string }>(`SELECT service_id id FROM grants WHERE ${column} = ?`)
  return personalIn(owner.get(value)?.id, who)
}

/** Sells data or time beside the plan's: good until an instant, else until the period ends. */
export const topUp = defineCommand({
  name: 'subscribers.topUp',
  summary:
    'Adds data or time to a subscriber or voucher on top of the plan, good until an instant or else until the period ends.',
  output: z.object({
    grantNo: z.number().int(),
    octets: z.number().optional(),
    sec: z.number().optional(),
    untilAt: z.number().optional(),
  }),
  permission: 'subscribers.write',
  input: whoseGrant.and(
    z
      .object({
        octets: z.number().int().min(1).optional(),
        sec: z.number().int().min(60).optional(),
        untilAt: z.number().int().optional(),
      })
      .refine(({ octets, sec }) => octets !== undefined || sec !== undefined, 'Say how much data or time.'),
  ),
  audit: recordOfGrant,
  handle(ctx, input) {
    const found = grantOf(ctx, input)
    if (!found.ok) return found
    const grant = found.value
    const { octets, sec, untilAt } = input
    if (grant.status === 'ended') return err({ type: 'ServiceEnded', login: grant.login })
    if (!ctx.sure) return err({ type: 'ClockUnsure' })
    if (untilAt !== undefined && (untilAt <= ctx.now || untilAt > ctx.now + TOP_UP_DAYS_MAX * DAY_MS))
      return err({ type: 'TopUpEndUnfit', untilAt, daysMax: TOP_UP_DAYS_MAX })
    const { policy } = ctx.db.select().from(policies.site).where(eq(policies.site.id, grant.policyId)).get()!
    const isDataLimited = grant.quotaOctets !== null || policy.fairUse !== undefined
    if ((octets !== undefined && !isDataLimited) || (sec !== undefined && grant.quotaSec === null))
      return err({ type: 'NothingToTopUp', login: grant.login })
    const kept = (grant.topUps ?? []).filter((one) => mayCount(one, policy, ctx.now))
    if (kept.length >= TOP_UPS_MAX) return err({ type: 'TopUpsFull', login: grant.login, max: TOP_UPS_MAX })
    const topUps = [...kept, { at: ctx.now, octets, sec, untilAt }]
    ctx.db.update(grants.site).set({ topUps }).where(eq(grants.site.id, grant.id)).run()
    ctx.emit(accessChanged, { grantNo: grant.no })
    return ok({ grantNo: grant.no, octets, sec, untilAt })
  },
})

/**
 * Whether a top-up may still matter. In a quota without periods what has lapsed still does: it has paid for what was
 * used while it was good.
 */
const mayCount = ({ at, untilAt }: TopUp, { quotaPeriod = 'none' }: Policy, now: number): boolean =>
  quotaPeriod === 'none' || (untilAt ?? at + PERIOD_MS_MAX) > now - PERIOD_MS_MAX
