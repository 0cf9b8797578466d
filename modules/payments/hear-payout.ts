/** What was posted to the addresses of a payout: how it ended, or that the provider waited too long. */
import { count, eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { arrival, isWritten, keep, mayCount } from './inbox.ts'
import { endPayout, lookAtPayout, notePayoutClaim, payoutAt, type Payout } from './payout.ts'
import { payoutLimits, payoutOutcome } from './payout-rules.ts'
import { failures } from './port.ts'
import { paymentInbox } from './tables.ts'

const claim = z.object({
  ref: z.string().max(500),
  failure: z.enum(failures).nullable(),
  receipt: z.string().max(500).optional(),
  name: z.string().max(500).optional(),
  amountMinor: z.number().int().optional(),
  currency: z.string().max(3).optional(),
})

/** The same again changes nothing. */
export const hearPayout = defineCommand({
  name: 'payouts.result',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({
    ...arrival,
    payoutId: z.string(),
    /** It came to the address for those that waited too long: that it may yet be paid is all that it says. */
    isTimeout: z.boolean(),
    /** Undefined where it cannot be read. */
    claim: claim.optional(),
  }),
  audit: ({ payoutId, origin, digest }) => ({ payoutId, origin, digest }),
  handle(ctx, { claim: told, isTimeout, ...arrived }) {
    const payout = payoutAt(ctx, arrived.payoutId)
    if (!payout) return err({ type: 'PayoutUnknown', number: 0 })
    if (isWritten(ctx, arrived.digest) || rowsOf(ctx, payout) >= payoutLimits.rowsOfPayoutMax)
      return ok({ outcome: undefined })
    const isLate = payout.state === 'sent' ? 'waited' : 'settled'
    const counted = isTimeout ? isLate : payoutOutcome(payout, told)
    const outcome = mayCount(ctx, arrived) ? counted : 'unknown-source'
    keep(ctx, { ...arrived, outcome })
    if (outcome === 'waited') lookAtPayout(ctx, payout)
    if (outcome === 'believed') endPayout(ctx, payout, told!)
    if (!isTimeout && (outcome === 'early' || outcome === 'noted')) notePayoutClaim(ctx, payout, told!)
    return ok({ outcome })
  },
})

const rowsOf = ({ db }: CommandContext, { id }: Payout): number => {
  const { site } = paymentInbox
  return db.select({ rows: count() }).from(site).where(eq(site.payoutId, id)).get()!.rows
}
