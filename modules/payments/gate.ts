/** What the portal asks for whoever buys there: no more than the holder of a ticket, or of what was paid, may know. */
import { and, eq, gt, gte, isNotNull } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, defineQuery, descending } from '@lango/kernel/db'
import { grants } from '../access/tables.ts'
import { plans } from '../plans/tables.ts'
import { paymentAccounts, payments, purchases } from './tables.ts'

const ROWS_MAX = 20

type Granted = { readonly grantNo: number | null; readonly grantStatus: string | null }

/** A grant that was taken back, since the money did not come, is none. */
const usable = <R extends Granted>({ grantStatus, ...row }: R): Omit<R, 'grantStatus'> => ({
  ...row,
  grantNo: grantStatus === 'ended' ? null : row.grantNo,
})

/** How a purchase stands, and the grant that it brought; undefined when there is none. */
export const purchaseAtGate = defineQuery({
  name: 'purchases.atGate',
  permission: 'system',
  input: z.object({ purchaseId: z.string().max(64) }),
  tables: { purchases, plans, grants },
  examples: [{ purchaseId: 'purchases_1' }, { purchaseId: 'a' }],
  select: ({ db, purchases, plans, grants, ref, byKey }, { purchaseId }) =>
    db
      .select({
        id: purchases.id,
        state: purchases.state,
        failure: purchases.failure,
        mayStillBePaid: purchases.mayStillBePaid,
        purpose: purchases.purpose,
        plan: plans.name,
        planId: purchases.planId,
        amountMinor: purchases.amountMinor,
        discountMinor: purchases.discountMinor,
        currency: purchases.currency,
        phone: purchases.phone,
        requestedAt: purchases.requestedAt,
        grantNo: grants.no,
        grantStatus: grants.status,
      })
      .from(purchases)
      .leftJoin(plans, ref(purchases.planId, plans.id))
      .leftJoin(grants, ref(purchases.id, grants.serviceId))
      .where(eq(purchases.id, purchaseId))
      .orderBy(...byKey(purchases)),
  shape: ([found]) => found && usable(found),
})

/** What a phone has paid for since, or is to pay for, the latest first: a number alone opens nothing that was given to it. */
export const purchasesOfPhone = defineQuery({
  name: 'purchases.ofPhone',
  permission: 'system',
  input: z.object({ phone: z.string().max(32), fromAt: z.number().int() }),
  tables: { purchases, grants },
  examples: [{ phone: 'a', fromAt: 0 }],
  select: ({ db, purchases, grants, ref, byKey }, { phone, fromAt }) =>
    db
      .select({
        id: purchases.id,
        state: purchases.state,
        mayStillBePaid: purchases.mayStillBePaid,
        firstUsedAt: purchases.firstUsedAt,
        grantNo: grants.no,
        grantStatus: grants.status,
      })
      .from(purchases)
      .leftJoin(grants, ref(purchases.id, grants.serviceId))
      .where(
        and(
          eq(purchases.phone, phone),
          eq(purchases.purpose, 'plan'),
          gt(purchases.amountMinor, 0),
          gte(purchases.requestedAt, fromAt),
        ),
      )
      .orderBy(descending(purchases.requestedAt), ...byKey(purchases))
      .limit(ROWS_MAX),
  shape: (rows) => rows.map(usable),
})

/** What became of the money of a receipt; undefined when nobody has told of it. */
export const receiptAtGate = defineQuery({
  name: 'payments.atGate',
  permission: 'system',
  input: z.object({ receipt: z.string().max(64) }),
  tables: { payments, purchases, grants },
  examples: [{ receipt: 'a' }, { receipt: 'b' }],
  select: ({ db, payments, purchases, grants, ref, byKey }, { receipt }) =>
    db
      .select({
        state: payments.state,
        amountMinor: payments.amountMinor,
        currency: payments.currency,
        phone: payments.phone,
        doubt: payments.doubt,
        purchaseId: payments.purchaseId,
        purpose: purchases.purpose,
        grantNo: grants.no,
      })
      .from(payments)
      .leftJoin(purchases, ref(payments.purchaseId, purchases.id))
      .leftJoin(grants, ref(payments.purchaseId, grants.serviceId))
      .where(eq(payments.receipt, receipt))
      .orderBy(...byKey(payments)),
  shape: ([found]) => found,
})

/** What was paid for a grant, and its receipt where that is known; undefined for one that nobody paid for by phone. */
export const receiptOfGrant = defineQuery({
  name: 'purchases.receipt',
  permission: 'system',
  input: z.object({ grantNo: z.number().int() }),
  tables: { grants, purchases, payments, plans },
  examples: Array.from({ length: 40 }, (_, at) => ({ grantNo: at })),
  select: ({ db, grants, purchases, payments, plans, ref, byKey }, { grantNo }) =>
    db
      .select({
        number: purchases.number,
        reference: purchases.reference,
        plan: plans.name,
        amountMinor: purchases.amountMinor,
        discountMinor: purchases.discountMinor,
        currency: purchases.currency,
        phone: purchases.phone,
        confirmedAt: purchases.confirmedAt,
        receipt: payments.receipt,
        paidAt: payments.paidAt,
      })
      .from(grants)
      .innerJoin(purchases, ref(grants.serviceId, purchases.id))
      .innerJoin(plans, ref(purchases.planId, plans.id))
      .leftJoin(payments, ref(purchases.id, payments.purchaseId))
      .where(and(eq(grants.no, grantNo), isNotNull(purchases.confirmedAt)))
      .orderBy(ascending(payments.paidAt), ...byKey(purchases)),
  shape: ([found]) => found && { ...found, confirmedAt: found.confirmedAt! },
})

/** Asked so lately, what became of it says whether the provider is reached now. */
const LATELY_ROWS = 5

/** Whether anybody can pay by phone: it is set up, and the last who tried since an instant reached the provider. */
export const payableAtGate = defineQuery({
  name: 'payments.payable',
  permission: 'system',
  input: z.object({ fromAt: z.number().int() }),
  tables: { paymentAccounts, purchases },
  examples: [{ fromAt: 0 }],
  select: ({ db, paymentAccounts: accounts, purchases, byKey }, { fromAt }) => ({
    accounts: db
      .select({ missing: accounts.missing })
      .from(accounts)
      .orderBy(...byKey(accounts)),
    lately: db
      .select({
        acceptedAt: purchases.acceptedAt,
        confirmedAt: purchases.confirmedAt,
        providerRef: purchases.providerRef,
        unheard: purchases.unheard,
        failure: purchases.failure,
      })
      .from(purchases)
      .where(and(eq(purchases.paidBy, 'mpesa'), gte(purchases.requestedAt, fromAt)))
      .orderBy(descending(purchases.requestedAt), ...byKey(purchases))
      .limit(LATELY_ROWS),
  }),
  shape: ({ accounts, lately }) => {
    const last = lately.find(
      ({ acceptedAt, unheard, failure }) => acceptedAt !== null || unheard > 0 || failure !== null,
    )
    return {
      isSetUp: accounts.some(({ missing }) => missing.length === 0),
      // One that was sent and never answered was asked on a line that is cut as well.
      isReached:
        last === undefined ||
        last.providerRef !== null ||
        last.confirmedAt !== null ||
        (last.acceptedAt === null && last.unheard === 0),
    }
  },
})
