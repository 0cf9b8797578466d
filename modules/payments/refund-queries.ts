/** Money that went back by the provider, or was to. */
import { and, eq, inArray } from 'drizzle-orm'
import { z } from 'zod'
import { defineQuery, descending } from '@lango/kernel/db'
import { staff } from '../people/tables.ts'
import { payments, purchases, refunds } from './tables.ts'

const ROWS_MAX = 200

export const listRefunds = defineQuery({
  name: 'payments.refunds',
  summary: 'Lists money that goes back by M-Pesa, with its state and who asked for it, the latest first.',
  permission: 'payments.read',
  input: z.object({
    receipt: z.string().max(64).optional(),
    /** Of this purchase, by its number. */
    purchase: z.number().int().optional(),
    /** Those only that somebody has to look at. */
    isOpen: z.boolean().optional(),
    limit: z.number().int().min(1).max(ROWS_MAX).default(ROWS_MAX),
  }),
  tables: { refunds, payments, purchases, staff },
  examples: [{}, { receipt: 'a' }, { purchase: 1 }, { isOpen: true, limit: 2 }],
  select: ({ db, refunds, payments, purchases, staff, ref, byKey }, { receipt, purchase, isOpen, limit }) => ({
    rows: db
      .select({ refund: refunds, receipt: payments.receipt, purchase: purchases.number })
      .from(refunds)
      .innerJoin(payments, ref(refunds.paymentId, payments.id))
      .leftJoin(purchases, ref(refunds.purchaseId, purchases.id))
      .where(
        and(
          receipt === undefined ? undefined : eq(payments.receipt, receipt),
          purchase === undefined ? undefined : eq(purchases.number, purchase),
          isOpen === true ? inArray(refunds.state, ['asked', 'sent', 'unknown']) : undefined,
        ),
      )
      .orderBy(descending(refunds.askedAt), ...byKey(refunds))
      .limit(limit),
    names: db
      .select({ id: staff.id, name: staff.name })
      .from(staff)
      .orderBy(...byKey(staff)),
  }),
  shape({ rows, names }) {
    const nameOf = new Map(names.map(({ id, name }) => [id, name]))
    return rows.map(({ refund, receipt, purchase }) => ({
      ...refund,
      receipt,
      purchase,
      asker: nameOf.get(refund.askedBy) ?? null,
      sayer: refund.saidBy === null ? null : (nameOf.get(refund.saidBy) ?? null),
    }))
  },
})
