import { lt } from 'drizzle-orm'
import { z } from 'zod'
import { defineQuery, descending } from '@lango/kernel/db'
import { paymentInbox, payments, purchases, refunds } from './tables.ts'

const ROWS_MAX = 200

/** What was posted to addresses of this box, the latest first. */
export const listCallbacks = defineQuery({
  name: 'payments.callbacks',
  summary: 'Lists what the provider, or whoever, has posted to addresses of purchases and refunds, the latest first.',
  permission: 'payments.read',
  input: z.object({
    /** The number of the last one of the page before. */
    before: z.number().int().optional(),
    limit: z.number().int().min(1).max(ROWS_MAX).default(ROWS_MAX),
  }),
  tables: { paymentInbox, purchases, refunds, payments },
  examples: [{}, { before: 3, limit: 2 }],
  select: ({ db, paymentInbox: inbox, purchases, refunds, payments, ref, byKey }, { before, limit }) =>
    db
      .select({
        no: inbox.no,
        arrivedAt: inbox.arrivedAt,
        origin: inbox.origin,
        isKnownSource: inbox.isKnownSource,
        purchase: purchases.number,
        /** That was to go back. */
        receipt: payments.receipt,
        outcome: inbox.outcome,
        body: inbox.body,
      })
      .from(inbox)
      .leftJoin(purchases, ref(inbox.purchaseId, purchases.id))
      .leftJoin(refunds, ref(inbox.refundId, refunds.id))
      .leftJoin(payments, ref(refunds.paymentId, payments.id))
      .where(before === undefined ? undefined : lt(inbox.no, before))
      .orderBy(descending(inbox.no), ...byKey(inbox))
      .limit(limit),
  shape: (rows) => rows,
})
