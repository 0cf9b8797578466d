/** Purchases and money that somebody looks for by whatever they have: a number, a phone, a reference, a receipt. */
import { eq, inArray, or } from 'drizzle-orm'
import { z } from 'zod'
import { defineQuery, descending } from '@lango/kernel/db'
import { plans } from '../plans/tables.ts'
import { readReference } from '../ledger/index.ts'
import { payments, purchases } from './tables.ts'

const ROWS_MAX = 10
/** No purchase has it. */
const NO_NUMBER = -1

export const findPurchases = defineQuery({
  name: 'purchases.find',
  summary: 'Finds purchases by their number, phone (E.164), reference or receipt, and the payment of a receipt.',
  permission: 'payments.read',
  input: z.object({
    q: z.string().max(100),
    /** What is looked for as a phone, where it can be one. */
    phone: z.string().max(32).optional(),
  }),
  tables: { purchases, payments, plans },
  examples: [{ q: '1' }, { q: 'a' }, { q: '', phone: 'a' }],
  select: ({ db, purchases, payments, plans, ref, byKey }, { q, phone }) => {
    const receipt = q.trim().toUpperCase()
    const number = /^\d{1,9}$/.test(q.trim()) ? Number(q.trim()) : NO_NUMBER
    const paidFor = db.select({ id: payments.purchaseId }).from(payments).where(eq(payments.receipt, receipt))
    return {
      purchases: db
        .select({
          number: purchases.number,
          phone: purchases.phone,
          state: purchases.state,
          amountMinor: purchases.amountMinor,
          currency: purchases.currency,
          requestedAt: purchases.requestedAt,
          plan: plans.name,
        })
        .from(purchases)
        .leftJoin(plans, ref(purchases.planId, plans.id))
        .where(
          or(
            eq(purchases.number, number),
            eq(purchases.reference, readReference(q)),
            phone === undefined ? undefined : eq(purchases.phone, phone),
            inArray(purchases.id, paidFor),
          ),
        )
        .orderBy(descending(purchases.requestedAt), ...byKey(purchases))
        .limit(ROWS_MAX),
      payments: db
        .select({ receipt: payments.receipt })
        .from(payments)
        .where(eq(payments.receipt, receipt))
        .orderBy(...byKey(payments)),
    }
  },
  shape: ({ purchases: found, payments: [payment] }) => ({ purchases: found, receipt: payment?.receipt }),
})
