/** What was given on a claim alone, before the provider confirmed it: how often, to whom, and what came of it. */
import { and, gte, isNotNull, isNull } from 'drizzle-orm'
import { z } from 'zod'
import { countRows, countWhere, defineQuery, descending } from '@lango/kernel/db'
import { plans } from '../plans/tables.ts'
import { purchases } from './tables.ts'

const ROWS_MAX = 200

export const listAhead = defineQuery({
  name: 'purchases.ahead',
  summary:
    'Lists what was given before M-Pesa confirmed it, since an instant: to which phones, for how long, and what was taken back.',
  permission: 'payments.read',
  input: z.object({ fromAt: z.number().int(), limit: z.number().int().min(1).max(ROWS_MAX).default(ROWS_MAX) }),
  tables: { purchases, plans },
  examples: [{ fromAt: 0 }, { fromAt: 0, limit: 2 }],
  select: ({ db, purchases, plans, ref, byKey }, { fromAt, limit }) => ({
    counts: db
      .select({
        given: countRows(),
        confirmed: countWhere(isNotNull(purchases.confirmedAt)),
        takenBack: countWhere(and(isNull(purchases.confirmedAt), isNotNull(purchases.deniedAt))!),
      })
      .from(purchases)
      .where(gte(purchases.aheadAt, fromAt)),
    rows: db
      .select({
        number: purchases.number,
        phone: purchases.phone,
        plan: plans.name,
        amountMinor: purchases.amountMinor,
        currency: purchases.currency,
        aheadAt: purchases.aheadAt,
        confirmedAt: purchases.confirmedAt,
        deniedAt: purchases.deniedAt,
        id: purchases.id,
      })
      .from(purchases)
      .leftJoin(plans, ref(purchases.planId, plans.id))
      .where(gte(purchases.aheadAt, fromAt))
      .orderBy(descending(purchases.aheadAt), ...byKey(purchases))
      .limit(limit),
  }),
  shape: ({ counts: [counts], rows }) => ({
    ...(counts ?? { given: 0, confirmed: 0, takenBack: 0 }),
    rows: rows.map(({ aheadAt, confirmedAt, deniedAt, plan, id: _id, ...row }) => {
      const endedAt = confirmedAt ?? deniedAt
      const unpaid = deniedAt === null ? ('open' as const) : ('taken-back' as const)
      const state = confirmedAt === null ? unpaid : ('confirmed' as const)
      return {
        ...row,
        plan: plan ?? '',
        aheadAt: aheadAt ?? 0,
        state,
        /** How long it was theirs unpaid; null while it still is. */
        unpaidMs: endedAt === null ? null : Math.max(0, endedAt - (aheadAt ?? endedAt)),
      }
    }),
  }),
})
