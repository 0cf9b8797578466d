import { and, eq, gte, isNotNull, lt } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, countRows, defineQuery, descending, type Reader } from '@lango/kernel/db'
import { offers } from '../offers/tables.ts'
import { staff } from '../people/tables.ts'
import { plans } from '../plans/tables.ts'
import { isForSale, paymentStates } from './rules.ts'
import { paymentMarks, payments, purchases } from './tables.ts'

const ROWS_MAX = 200

/** What its jobs need of a purchase; undefined when there is none. */
export const promptOf = defineQuery({
  name: 'purchases.prompt',
  permission: 'system',
  input: z.object({ purchaseId: z.string() }),
  tables: { purchases },
  examples: [{ purchaseId: 'purchases_1' }],
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
      .leftJoin(plans, ref(purchases.planId, plans.id))
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

/** One purchase with what came in for it; undefined when there is none. */
export const showPurchase = defineQuery({
  name: 'purchases.show',
  summary: 'Shows one purchase by its number, with the money that came in for it; null when there is none.',
  permission: 'payments.read',
  input: z.object({ number: z.number().int() }),
  tables: { purchases, payments, plans, offers },
  examples: [{ number: 1 }, { number: 3 }],
  select: ({ db, purchases, payments, plans, offers, ref, byKey }, { number }) => ({
    purchase: db
      .select({ purchase: purchases, plan: plans.name, offer: offers.number, offerName: offers.name })
      .from(purchases)
      .leftJoin(plans, ref(purchases.planId, plans.id))
      .leftJoin(offers, ref(purchases.offerId, offers.id))
      .where(eq(purchases.number, number))
      .orderBy(...byKey(purchases)),
    receipts: db
      .select({
        receipt: payments.receipt,
        amountMinor: payments.amountMinor,
        currency: payments.currency,
        paidAt: payments.paidAt,
        name: payments.name,
        phone: payments.phone,
        phoneHint: payments.phoneHint,
        state: payments.state,
      })
      .from(payments)
      .innerJoin(purchases, ref(payments.purchaseId, purchases.id))
      .where(eq(purchases.number, number))
      .orderBy(ascending(payments.paidAt), ...byKey(payments))
      .limit(ROWS_MAX),
  }),
  shape: ({ purchase: [found], receipts }) => {
    if (!found) return undefined
    const { purchase, plan, offer, offerName } = found
    return { ...purchase, plan, offer: offer === null ? null : { number: offer, name: offerName! }, receipts }
  },
})

/** Plans that people buy by themselves, the cheapest first. */
export const plansForSale = defineQuery({
  name: 'purchases.plans',
  summary: 'Lists the plans that people buy by themselves, with their prices.',
  permission: 'payments.read',
  input: z.object({}),
  tables: { plans },
  select: ({ db, plans, byKey }) =>
    db
      .select({
        id: plans.id,
        name: plans.name,
        kind: plans.kind,
        policy: plans.policy,
        priceMinor: plans.priceMinor,
        currency: plans.currency,
        validitySec: plans.validitySec,
        quotaOctets: plans.quotaOctets,
        quotaSec: plans.quotaSec,
      })
      .from(plans)
      .where(eq(plans.status, 'active'))
      .orderBy(ascending(plans.priceMinor), ascending(plans.name), ...byKey(plans)),
  shape: (rows) =>
    rows.filter(isForSale).map(({ kind: _kind, policy: { downKbps, upKbps, deviceLimit }, ...sold }) => ({
      ...sold,
      downKbps,
      upKbps,
      deviceLimit,
    })),
})

/** Money that came in, the latest first; of one state, or of all. */
export const listPayments = defineQuery({
  name: 'payments.list',
  summary:
    'Lists money that came in with what it was for, the latest first; state: unmatched lists what nobody had anything for.',
  permission: 'payments.read',
  input: z.object({
    state: z.enum(paymentStates).optional(),
    receipt: z.string().max(64).optional(),
    phone: z.string().max(32).optional(),
    /** The id of the last one of the page before. */
    before: z.string().max(64).optional(),
    limit: z.number().int().min(1).max(ROWS_MAX).default(ROWS_MAX),
  }),
  tables: { payments, purchases },
  examples: [
    {},
    { state: 'unmatched' },
    { receipt: 'a' },
    { before: 'payments_3', limit: 2 },
    { phone: 'a', limit: 1 },
  ],
  select: ({ db, payments, purchases, ref, byKey }, { state, receipt, phone, before, limit }) => ({
    rows: db
      .select({ payment: payments, purchase: purchases.number })
      .from(payments)
      .leftJoin(purchases, ref(payments.purchaseId, purchases.id))
      .where(
        and(
          state === undefined ? undefined : eq(payments.state, state),
          receipt === undefined ? undefined : eq(payments.receipt, receipt),
          phone === undefined ? undefined : eq(payments.phone, phone),
          before === undefined ? undefined : lt(payments.id, before),
        ),
      )
      // An id is as old as its payment.
      .orderBy(descending(payments.id), ...byKey(payments))
      .limit(limit),
    unmatched: db.select({ unmatched: countRows() }).from(payments).where(eq(payments.state, 'unmatched')),
  }),
  shape: ({ rows, unmatched }) => ({
    payments: rows.map(({ payment, purchase }) => ({ ...payment, purchase })),
    unmatched: unmatched[0]?.unmatched ?? 0,
  }),
})

type SaidTables = {
  readonly payments: typeof payments
  readonly purchases: typeof purchases
  readonly staff: typeof staff
}

/** Payments with who said what they were for. */
const withResolver = ({ db, payments, purchases, staff, ref }: Reader<SaidTables>) =>
  db
    .select({ payment: payments, purchase: purchases.number, resolver: staff.name })
    .from(payments)
    .leftJoin(purchases, ref(payments.purchaseId, purchases.id))
    .leftJoin(staff, ref(payments.resolvedBy, staff.id))

/** One payment by its receipt; undefined when there is none. */
export const showPayment = defineQuery({
  name: 'payments.show',
  summary: 'Shows the payment of a receipt, with what it was for and who said so; null when there is none.',
  permission: 'payments.read',
  input: z.object({ receipt: z.string().max(64) }),
  tables: { payments, purchases, staff },
  examples: [{ receipt: 'a' }, { receipt: 'b' }],
  select: (read, { receipt }) =>
    withResolver(read)
      .where(eq(read.payments.receipt, receipt))
      .orderBy(...read.byKey(read.payments)),
  shape: ([found]) => found && { ...found.payment, purchase: found.purchase, resolver: found.resolver },
})

/** Money of which somebody of the staff said what it was for, the latest first. */
export const settledByHand = defineQuery({
  name: 'payments.settled',
  summary: 'Lists money of which somebody of the staff said what it was for, the latest first.',
  permission: 'payments.read',
  input: z.object({
    /** The id of the last one of the page before. */
    before: z.string().max(64).optional(),
    limit: z.number().int().min(1).max(ROWS_MAX).default(ROWS_MAX),
  }),
  tables: { payments, purchases, staff },
  examples: [{}, { before: 'payments_3', limit: 2 }],
  select: (read, { before, limit }) =>
    withResolver(read)
      .where(and(isNotNull(read.payments.resolvedAt), before === undefined ? undefined : lt(read.payments.id, before)))
      .orderBy(descending(read.payments.id), ...read.byKey(read.payments))
      .limit(limit),
  shape: (rows) => rows.map(({ payment, purchase, resolver }) => ({ ...payment, purchase, resolver })),
})
