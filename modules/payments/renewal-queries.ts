/** What is renewed by itself, and what could be. */
import { and, eq } from 'drizzle-orm'
import { z } from 'zod'
import { defineQuery, descending, sumOf } from '@lango/kernel/db'
import { grants } from '../access/tables.ts'
import { ledgerAccounts, ledgerPostings } from '../ledger/tables.ts'
import { plans } from '../plans/tables.ts'
import { walletAccountIn } from '../wallets/index.ts'
import { wallets } from '../wallets/tables.ts'
import { isRenewable } from './renewal-rules.ts'
import { purchases, renewals } from './tables.ts'

const ROWS_MAX = 5

/** Whether a purchase is paid for anew by itself; undefined where nobody has asked for that. */
export const renewalOf = defineQuery({
  name: 'purchases.renewal',
  summary:
    'Tells whether a purchase is paid for anew from its wallet when it ends; null where nobody has asked for that.',
  permission: 'payments.read',
  input: z.object({ purchaseId: z.string().max(64) }),
  tables: { renewals },
  examples: [{ purchaseId: 'renewals_1' }, { purchaseId: 'a' }],
  select: ({ db, renewals, byKey }, { purchaseId }) =>
    db
      .select()
      .from(renewals)
      .where(eq(renewals.id, purchaseId))
      .orderBy(...byKey(renewals)),
  shape: ([found]) => found,
})

/** What is paid for anew from a wallet by itself, or was, the latest change first. */
export const renewalsOfWallet = defineQuery({
  name: 'purchases.renewals',
  summary:
    'Lists what is paid for anew from a wallet by itself, or was: the plan, the first purchase, and how it stands.',
  permission: 'wallets.read',
  input: z.object({ walletId: z.string().max(64) }),
  tables: { renewals, purchases, plans },
  examples: Array.from({ length: 50 }, (_, at) => ({ walletId: `wallets_${at + 1}` })),
  select: ({ db, renewals, purchases, plans, ref, byKey }, { walletId }) =>
    db
      .select({
        id: renewals.id,
        number: purchases.number,
        plan: plans.name,
        state: renewals.state,
        why: renewals.why,
        priceMinor: renewals.priceMinor,
        currency: renewals.currency,
      })
      .from(renewals)
      .leftJoin(purchases, ref(renewals.id, purchases.id))
      .innerJoin(plans, ref(renewals.planId, plans.id))
      .where(eq(renewals.walletId, walletId))
      .orderBy(descending(renewals.changedAt), ...byKey(renewals))
      .limit(ROWS_MAX),
  shape: (rows) => rows,
})

/** What was bought from a wallet, with what could renew it, the latest first: what only renews has no grant of its own. */
export const walletBought = defineQuery({
  name: 'purchases.ofWallet',
  permission: 'system',
  input: z.object({ walletId: z.string().max(64) }),
  tables: { purchases, plans, grants, renewals },
  examples: Array.from({ length: 50 }, (_, at) => ({ walletId: `wallets_${at + 1}` })),
  select: ({ db, purchases, plans, grants, renewals, ref, byKey }, { walletId }) =>
    db
      .select({
        id: purchases.id,
        plan: plans.name,
        phone: purchases.phone,
        grantNo: grants.no,
        policy: plans.policy,
        validitySec: plans.validitySec,
        quotaOctets: plans.quotaOctets,
        quotaSec: plans.quotaSec,
        renewal: renewals.state,
        why: renewals.why,
      })
      .from(purchases)
      .innerJoin(plans, ref(purchases.planId, plans.id))
      .innerJoin(grants, ref(purchases.id, grants.serviceId))
      .leftJoin(renewals, ref(purchases.id, renewals.id))
      .where(and(eq(purchases.walletId, walletId), eq(purchases.paidBy, 'wallet'), eq(grants.status, 'active')))
      .orderBy(descending(purchases.requestedAt), ...byKey(purchases))
      .limit(ROWS_MAX),
  shape: (rows) =>
    rows.map(({ policy, validitySec, quotaOctets, quotaSec, ...row }) => ({
      ...row,
      canRenew: isRenewable({ policy, validitySec, quotaOctets, quotaSec }),
    })),
})

/**
 * How much is in the wallet that a bundle of its holder's own was paid from, and whether that pays for it anew: for
 * whoever holds the ticket of the bundle, who is told no more of the wallet than that.
 */
export const walletOfGrant = defineQuery({
  name: 'purchases.walletOfGrant',
  permission: 'system',
  input: z.object({ grantNo: z.number().int() }),
  tables: { grants, purchases, renewals, wallets, ledgerAccounts, ledgerPostings },
  examples: Array.from({ length: 40 }, (_, at) => ({ grantNo: at })),
  select: (read, { grantNo }) => {
    const { db, grants, purchases, renewals, wallets, ledgerAccounts: accounts, ledgerPostings: postings } = read
    const { ref, byKey } = read
    const isPaidFrom = and(eq(grants.no, grantNo), eq(purchases.paidBy, 'wallet'), eq(wallets.status, 'active'))
    return {
      found: db
        .select({
          phone: purchases.phone,
          holder: wallets.phone,
          currency: wallets.currency,
          renewal: renewals.state,
        })
        .from(grants)
        .innerJoin(purchases, ref(grants.serviceId, purchases.id))
        .innerJoin(wallets, ref(purchases.walletId, wallets.id))
        .leftJoin(renewals, ref(purchases.id, renewals.id))
        .where(isPaidFrom)
        .orderBy(...byKey(purchases)),
      sum: db
        .select({ minor: sumOf(postings.minor) })
        .from(grants)
        .innerJoin(purchases, ref(grants.serviceId, purchases.id))
        .innerJoin(wallets, ref(purchases.walletId, wallets.id))
        .innerJoin(accounts, walletAccountIn(read))
        .innerJoin(postings, ref(postings.accountId, accounts.id))
        .where(isPaidFrom),
    }
  },
  shape: ({ found: [found], sum }) =>
    found && found.phone === found.holder
      ? { balanceMinor: -(sum[0]?.minor ?? 0) + 0, currency: found.currency, renewal: found.renewal }
      : undefined,
})
