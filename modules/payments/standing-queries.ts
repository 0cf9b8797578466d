/** Standing orders, for the desk and for whoever holds the wallet. */
import { and, eq, lt, ne } from 'drizzle-orm'
import { z } from 'zod'
import { defineQuery, descending } from '@lango/kernel/db'
import { wallets } from '../wallets/tables.ts'
import { MPESA, newMpesa, type MpesaSettings } from './mpesa-rules.ts'
import { standingOrderStates } from './standing-rules.ts'
import { standingOrders } from './standing-table.ts'
import { paymentAccounts } from './tables.ts'

const ROWS_MAX = 200
const AT_GATE_MAX = 20

type Account = { readonly id: string; readonly config: MpesaSettings; readonly missing: readonly string[] }

/** Whether anybody can be asked for one. */
const isOn = (accounts: readonly Account[]): boolean => {
  const account = accounts.find(({ id }) => id === MPESA)
  const { standingOrders: page, kind } = { ...newMpesa, ...account?.config }
  return page !== 'off' && kind === 'paybill' && account?.missing.length === 0
}

export const listStandingOrders = defineQuery({
  name: 'standingOrders.list',
  summary:
    'Lists standing orders, by which M-Pesa pays into wallets regularly, with their state, the latest first; and whether they are on.',
  permission: 'wallets.read',
  input: z.object({
    /** Of this wallet, by its number. */
    wallet: z.number().int().optional(),
    state: z.enum(standingOrderStates).optional(),
    /** Older than this one. */
    before: z.number().int().optional(),
    limit: z.number().int().min(1).max(ROWS_MAX).default(ROWS_MAX),
  }),
  tables: { standingOrders, wallets, paymentAccounts },
  examples: [{}, { wallet: 1 }, { state: 'active' }, { before: 5, limit: 2 }],
  select: (read, { wallet, state, before, limit }) => {
    const { db, standingOrders: orders, wallets, paymentAccounts: accounts, ref, byKey } = read
    return {
      rows: db
        .select({ order: orders, wallet: wallets.number, reference: wallets.reference })
        .from(orders)
        .innerJoin(wallets, ref(orders.walletId, wallets.id))
        .where(
          and(
            wallet === undefined ? undefined : eq(wallets.number, wallet),
            state === undefined ? undefined : eq(orders.state, state),
            before === undefined ? undefined : lt(orders.number, before),
          ),
        )
        .orderBy(descending(orders.number), ...byKey(orders))
        .limit(limit),
      accounts: db
        .select({ id: accounts.id, config: accounts.config, missing: accounts.missing })
        .from(accounts)
        .orderBy(...byKey(accounts)),
    }
  },
  shape: ({ rows, accounts }) => ({
    isOn: isOn(accounts),
    orders: rows.map(({ order: { claims: _claims, ...order }, ...of }) => ({ ...order, ...of })),
  }),
})

/** Of an open wallet: those that stand or are asked for, and whether another can be asked for. */
export const standingOrdersAtGate = defineQuery({
  name: 'standingOrders.atGate',
  permission: 'system',
  input: z.object({ walletId: z.string().max(64) }),
  tables: { standingOrders, paymentAccounts },
  examples: Array.from({ length: 20 }, (_, at) => ({ walletId: `wallets_${at + 1}` })),
  select: ({ db, standingOrders: orders, paymentAccounts: accounts, byKey }, { walletId }) => ({
    rows: db
      .select({
        id: orders.id,
        state: orders.state,
        amountMinor: orders.amountMinor,
        currency: orders.currency,
        frequency: orders.frequency,
        startsOn: orders.startsOn,
        endsOn: orders.endsOn,
        askedAt: orders.askedAt,
        sentAt: orders.sentAt,
        failure: orders.failure,
        lastPaidAt: orders.lastPaidAt,
      })
      .from(orders)
      .where(and(eq(orders.walletId, walletId), ne(orders.state, 'ended')))
      .orderBy(descending(orders.number), ...byKey(orders))
      .limit(AT_GATE_MAX),
    accounts: db
      .select({ id: accounts.id, config: accounts.config, missing: accounts.missing })
      .from(accounts)
      .orderBy(...byKey(accounts)),
  }),
  shape: ({ rows, accounts }) => ({
    isOn: isOn(accounts),
    orders: rows.flatMap(({ state, ...row }) => (state === 'ended' ? [] : [{ ...row, state }])),
  }),
})
