/** How fast who pays is online: of a time, how many bought, and how long it took from the money to the first session. */
import { and, eq, gte, isNotNull } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, countRows, countWhere, defineQuery, descending } from '@lango/kernel/db'
import { payments, purchases } from './tables.ts'

const ROWS_MAX = 2000
/** Who goes online later than that had gone away, or kept it for tomorrow: it says nothing of how fast the box is. */
const AT_ONCE_MS = 10 * 60_000

/** The value that `share` of them do not exceed; undefined of none. */
const quantile = (sorted: readonly number[], share: number): number | undefined =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]

export const purchasePace = defineQuery({
  name: 'purchases.pace',
  summary:
    'Tells how many bought since an instant, and how long it took from the money to being online: half of them, and 95 of 100.',
  permission: 'payments.read',
  input: z.object({ fromAt: z.number().int() }),
  tables: { purchases, payments },
  examples: [{ fromAt: 0 }],
  select: ({ db, purchases, payments, ref, byKey }, { fromAt }) => ({
    counts: db
      .select({
        asked: countRows(),
        paid: countWhere(isNotNull(purchases.confirmedAt)),
        online: countWhere(isNotNull(purchases.onlineAt)),
        failed: countWhere(eq(purchases.state, 'failed')),
      })
      .from(purchases)
      .where(and(eq(purchases.paidBy, 'mpesa'), eq(purchases.purpose, 'plan'), gte(purchases.requestedAt, fromAt))),
    times: db
      .select({
        id: purchases.id,
        confirmedAt: purchases.confirmedAt,
        claimedAt: purchases.claimedAt,
        onlineAt: purchases.onlineAt,
        paidAt: payments.paidAt,
      })
      .from(purchases)
      .leftJoin(payments, ref(purchases.id, payments.purchaseId))
      .where(
        and(
          eq(purchases.paidBy, 'mpesa'),
          gte(purchases.requestedAt, fromAt),
          isNotNull(purchases.onlineAt),
          isNotNull(purchases.confirmedAt),
        ),
      )
      .orderBy(descending(purchases.requestedAt), ascending(payments.paidAt), ...byKey(purchases))
      .limit(ROWS_MAX),
  }),
  shape: ({ counts: [counts], times }) => {
    const byPurchase = new Map<string, number>()
    for (const { id, confirmedAt, claimedAt, onlineAt, paidAt } of times) {
      // The provider's own time of the payment where it is told, else when the box heard of it.
      const took = onlineAt! - Math.min(confirmedAt!, claimedAt ?? Infinity, paidAt ?? Infinity)
      if (!byPurchase.has(id) && took >= 0 && took <= AT_ONCE_MS) byPurchase.set(id, took)
    }
    const sorted = [...byPurchase.values()].toSorted((a, b) => a - b)
    return {
      ...(counts ?? { asked: 0, paid: 0, online: 0, failed: 0 }),
      paidToOnlineP50Ms: quantile(sorted, 0.5),
      paidToOnlineP95Ms: quantile(sorted, 0.95),
    }
  },
})
