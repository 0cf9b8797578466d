/** Money that goes out to phones, or was to. */
import { and, eq, inArray, lt } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, countRows, defineQuery, descending, sumOf } from '@lango/kernel/db'
import { staff } from '../people/tables.ts'
import { payoutStates } from './payout-rules.ts'
import { MPESA, newMpesa } from './mpesa-rules.ts'
import { paymentAccounts, payments, payouts } from './tables.ts'

const ROWS_MAX = 200

export const listPayouts = defineQuery({
  name: 'payouts.list',
  summary: 'Lists money that goes out to phones by M-Pesa, with its state, who asked for it and who released it.',
  permission: 'payments.read',
  input: z.object({
    state: z.enum(payoutStates).optional(),
    number: z.number().int().optional(),
    /** Of money that is paid back so, by its receipt. */
    receipt: z.string().max(64).optional(),
    /** Older than this one. */
    before: z.number().int().optional(),
    limit: z.number().int().min(1).max(ROWS_MAX).default(ROWS_MAX),
  }),
  tables: { payouts, payments, staff },
  examples: [{}, { state: 'waiting' }, { number: 1 }, { receipt: 'a' }, { before: 3, limit: 2 }],
  select: ({ db, payouts, payments, staff, ref, byKey }, { state, number, receipt, before, limit }) => ({
    rows: db
      .select({ payout: payouts, paysBack: payments.receipt })
      .from(payouts)
      .leftJoin(payments, ref(payouts.paymentId, payments.id))
      .where(
        and(
          state === undefined ? undefined : eq(payouts.state, state),
          number === undefined ? undefined : eq(payouts.number, number),
          receipt === undefined ? undefined : eq(payments.receipt, receipt),
          before === undefined ? undefined : lt(payouts.number, before),
        ),
      )
      .orderBy(descending(payouts.number), ...byKey(payouts))
      .limit(limit),
    open: db
      .select({ rows: countRows(), minor: sumOf(payouts.amountMinor) })
      .from(payouts)
      .where(inArray(payouts.state, ['waiting', 'asked'])),
    names: db
      .select({ id: staff.id, name: staff.name })
      .from(staff)
      .orderBy(...byKey(staff)),
  }),
  shape({ rows, open: [open], names }) {
    const nameOf = new Map(names.map(({ id, name }) => [id, name]))
    const named = (id: string | null) => (id === null ? null : (nameOf.get(id) ?? null))
    return {
      payouts: rows.map(({ payout, paysBack }) => ({
        ...payout,
        paysBack,
        requester: named(payout.requestedBy),
        releaser: named(payout.releasedBy),
        sayer: named(payout.saidBy),
      })),
      /** What has not been asked of M-Pesa yet. */
      open: { payouts: open?.rows ?? 0, amountMinor: open?.minor ?? 0 },
    }
  },
})

/** What it takes to ask for a payout: how much may be paid out, and who may have earned a commission. */
export const payoutsAsked = defineQuery({
  name: 'payouts.terms',
  summary: 'Shows how much may be paid out by M-Pesa, at once, within a day and by one person alone, and the sellers.',
  permission: 'payouts.request',
  input: z.object({}),
  tables: { paymentAccounts, staff },
  select: ({ db, paymentAccounts: accounts, staff, byKey }) => ({
    accounts: db
      .select({ id: accounts.id, config: accounts.config })
      .from(accounts)
      .orderBy(...byKey(accounts)),
    sellers: db
      .select({ id: staff.id, name: staff.name })
      .from(staff)
      .orderBy(ascending(staff.name), ...byKey(staff))
      .limit(ROWS_MAX),
  }),
  shape({ accounts, sellers }) {
    const config = { ...newMpesa, ...accounts.find(({ id }) => id === MPESA)?.config }
    const { payoutUpTo, payoutDayUpTo, payoutAloneUpTo } = config
    return { settings: { payoutUpTo, payoutDayUpTo, payoutAloneUpTo }, sellers }
  },
})
