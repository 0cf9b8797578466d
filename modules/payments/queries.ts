import { and, eq, gte, lt } from 'drizzle-orm'
import { z } from 'zod'
import { countRows, defineQuery, descending } from '@lango/kernel/db'
import { plans } from '../plans/tables.ts'
import { paymentMarks, payments, purchases } from './tables.ts'

const ROWS_MAX = 200

/** What its jobs need of a purchase; undefined when there is none. */
export const promptOf = defineQuery({
  name: 'purchases.prompt',
  permission: 'system',
  input: z.object({ purchaseId: z.string() }),
  tables: { purchases },
  examples: [{ purchaseId: 'a' }],
  select: ({ db, purchases, byKey }, { purchaseId }) =>
    db
      .select({
        state: purchases.state,
        mayStillBePaid: purchases.mayStillBePaid,
        providerRef: purchases.providerRef,
        reference: purchases.reference,
        phone: purchases.phone,
        amountMinor: purchases.amountMinor,
        currency: purchases.currency,
      })
      .from(purchases)
      .where(eq(purchases.id, purchaseId))
      .orderBy(...byKey(purchases)),
  shape: ([purchase]) => purchase,
})

/** Phones that were asked to pay within a time: whose money a masked number may be. */
export const askedPhones = defineQuery({
  name: 'purchases.askedPhones',
  permission: 'system',
  input: z.object({ fromAt: z.number().int(), toAt: z.number().int() }),
  tables: { purchases },
  examples: [{ fromAt: 0, toAt: 4_000_000_000_000 }],
  select: ({ db, purchases, byKey }, { fromAt, toAt }) =>
    db
      .select({ phone: purchases.phone })
      .from(purchases)
      .where(and(gte(purchases.requestedAt, fromAt), lt(purchases.requestedAt, toAt)))
      .orderBy(...byKey(purchases)),
  shape: (rows) => [...new Set(rows.map(({ phone }) => phone))],
})

/** Up to when the provider's list was read; undefined when it never was. */
export const pulledUntil = defineQuery({
  name: 'payments.pulledUntil',
  summary: 'Tells up to when the provider’s own list was read.',
  permission: 'settings.read',
  input: z.object({}),
  tables: { paymentMarks },
  select: ({ db, paymentMarks: marks, byKey }) =>
    db
      .select({ at: marks.at })
      .from(marks)
      .orderBy(...byKey(marks)),
  shape: ([mark]) => mark?.at,
})

/** Purchases of a phone, or all, the latest first. */
export const listPurchases = defineQuery({
  name: 'purchases.list',
  summary: 'Lists purchases with their state and when each step was, the latest first.',
  permission: 'payments.read',
  input: z.object({
    phone: z.string().max(32).optional(),
    /** The number of the last one of the page before. */
    before: z.number().int().optional(),
    limit: z.number().int().min(1).max(ROWS_MAX).default(ROWS_MAX),
  }),
  tables: { purchases, plans },
  examples: [{}, { phone: 'a' }, { before: 3, limit: 2 }],
  select: ({ db, purchases, plans, ref, byKey }, { phone, before, limit }) =>
    db
      .select({ purchase: purchases, plan: plans.name })
      .from(purchases)
      .innerJoin(plans, ref(purchases.planId, plans.id))
      .where(
        and(
          phone === undefined ? undefined : eq(purchases.phone, phone),
          before === undefined ? undefined : lt(purchases.number, before),
        ),
      )
      .orderBy(descending(purchases.number), ...byKey(purchases))
      .limit(limit),
  shape: (rows) => rows.map(({ purchase, plan }) => ({ ...purchase, plan })),
})

/** Money that came in, the latest first; of one state, or of all. */
export const listPayments = defineQuery({
  name: 'payments.list',
  summary:
    'Lists money that came in with what it was for, the latest first; state: unmatched lists what nobody had anything for.',
  permission: 'payments.read',
  input: z.object({
    state: z.enum(['matched', 'unmatched', 'resolved', 'refunded']).optional(),
    receipt: z.string().max(64).optional(),
    phone: z.string().max(32).optional(),
    limit: z.number().int().min(1).max(ROWS_MAX).default(ROWS_MAX),
  }),
  tables: { payments },
  examples: [{}, { state: 'unmatched' }, { receipt: 'a' }, { phone: 'a', limit: 1 }],
  select: ({ db, payments, byKey }, { state, receipt, phone, limit }) => ({
    rows: db
      .select()
      .from(payments)
      .where(
        and(
          state === undefined ? undefined : eq(payments.state, state),
          receipt === undefined ? undefined : eq(payments.receipt, receipt),
          phone === undefined ? undefined : eq(payments.phone, phone),
        ),
      )
      .orderBy(descending(payments.heardAt), ...byKey(payments))
      .limit(limit),
    unmatched: db.select({ unmatched: countRows() }).from(payments).where(eq(payments.state, 'unmatched')),
  }),
  shape: ({ rows, unmatched }) => ({ payments: rows, unmatched: unmatched[0]?.unmatched ?? 0 }),
})
