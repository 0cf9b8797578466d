/** What was posted to the addresses of a refund: how it ended, or that the provider waited too long. */
import { count, eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { arrival, isWritten, keep, mayCount } from './inbox.ts'
import { failures } from './port.ts'
import { endRefund, noteClaim, refundAt, waitedTooLong, type Refund } from './refund.ts'
import { refundLimits, resultOutcome } from './refund-rules.ts'
import { paymentInbox } from './tables.ts'

const claim = z.object({
  ref: z.string().max(500),
  failure: z.enum(failures).nullable(),
  receipt: z.string().max(500).optional(),
  amountMinor: z.number().int().optional(),
  currency: z.string().max(3).optional(),
})

/** The same again changes nothing. */
export const hearResult = defineCommand({
  name: 'payments.result',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({
    ...arrival,
    refundId: z.string(),
    /** It came to the address for those that waited too long: that it may yet be done is all that it says. */
    isTimeout: z.boolean(),
    /** Undefined where it cannot be read. */
    claim: claim.optional(),
  }),
  audit: ({ refundId, origin, digest }) => ({ refundId, origin, digest }),
  handle(ctx, { claim: told, isTimeout, ...arrived }) {
    const refund = refundAt(ctx, arrived.refundId)
    if (!refund) return err({ type: 'RefundUnknown', receipt: arrived.refundId })
    if (isWritten(ctx, arrived.digest) || rowsOf(ctx, refund) >= refundLimits.rowsOfRefundMax)
      return ok({ outcome: undefined })
    const isLate = refund.state === 'sent' ? 'waited' : 'settled'
    const counted = isTimeout ? isLate : resultOutcome(refund, told)
    const outcome = mayCount(ctx, arrived) ? counted : 'unknown-source'
    keep(ctx, { ...arrived, outcome })
    if (outcome === 'waited') waitedTooLong(ctx, refund)
    if (outcome === 'believed') endRefund(ctx, refund, told!.failure)
    if (!isTimeout && (outcome === 'early' || outcome === 'noted')) noteClaim(ctx, refund, told!)
    return ok({ outcome })
  },
})

const rowsOf = ({ db }: CommandContext, { id }: Refund): number => {
  const { site } = paymentInbox
  return db.select({ rows: count() }).from(site).where(eq(site.refundId, id)).get()!.rows
}
