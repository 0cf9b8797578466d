import { lt } from 'drizzle-orm'
import { z } from 'zod'
import { defineQuery, descending } from '@lango/kernel/db'
import { paymentInbox, purchases } from './tables.ts'

const ROWS_MAX = 200

/** What was posted to addresses of this box, the latest first. */
export const listCallbacks = defineQuery({
  name: 'payments.callbacks',
  summary: 'Lists what the provider, or whoever, has posted to addresses of purchases, the latest first.',
  permission: 'payments.read',
  input: z.object({
    /** The number of the last one of the page before. */
    before: z.number().int().optional(),
    limit: z.number().int().min(1).max(ROWS_MAX).default(ROWS_MAX),
  }),
  tables: { paymentInbox, purchases },
  examples: [{}, { before: 3, limit: 2 }],
  select: ({ db, paymentInbox: inbox, purchases, ref, byKey }, { before, limit }) =>
    db
      .select({
        no: inbox.no,
        arrivedAt: inbox.arrivedAt,
        origin: inbox.origin,
        isKnownSource: inbox.isKnownSource,
        purchase: purchases.number,
        outcome: inbox.outcome,
        body: inbox.body,
      })
      .from(inbox)
      .leftJoin(purchases, ref(inbox.purchaseId, purchases.id))
      .where(before === undefined ? undefined : lt(inbox.no, before))
      .orderBy(descending(inbox.no), ...byKey(inbox))
      .limit(limit),
  shape: (rows) => rows,
})
