/** Offers with what came of them, for the desk. */
import { and, eq, gt, gte, isNotNull, lt, ne } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, countRows, defineQuery, descending, sumOf } from '@lango/kernel/db'
import { offerStanding } from '../offers/index.ts'
import { offers } from '../offers/tables.ts'
import { plans } from '../plans/tables.ts'
import { holdsUse } from './offer-uses.ts'
import { purchases } from './tables.ts'

const ROWS_MAX = 200
/** Above it, whoever has so many looks for one by its number. */
const OFFERS_MAX = 500

/** Offers with how they stand, how often they were used and what they cost; those that are stopped last. */
export const listOffers = defineQuery({
  name: 'offers.list',
  summary: 'Lists offers with how they stand, how often each was used and what it took off in all.',
  permission: 'offers.read',
  input: z.object({ at: z.number().int(), number: z.number().int().optional() }),
  tables: { offers, purchases, plans },
  examples: [{ at: 1_795_240_000_000 }, { at: 1_795_240_000_000, number: 2 }],
  select: ({ db, offers, purchases, plans, ref, byKey }, { at, number }) => {
    const one = number === undefined ? undefined : eq(offers.number, number)
    return {
      rows: db
        .select()
        .from(offers)
        .where(one)
        .orderBy(ascending(offers.status), descending(offers.number), ...byKey(offers))
        .limit(OFFERS_MAX),
      uses: db
        .select({ offerId: purchases.offerId, uses: countRows() })
        .from(purchases)
        .innerJoin(offers, ref(purchases.offerId, offers.id))
        .where(and(one, holdsUse(purchases, at)))
        .groupBy(purchases.offerId)
        .orderBy(ascending(purchases.offerId)),
      given: db
        .select({
          offerId: purchases.offerId,
          currency: purchases.currency,
          purchases: countRows(),
          discountMinor: sumOf(purchases.discountMinor),
          paidMinor: sumOf(purchases.amountMinor),
        })
        .from(purchases)
        .innerJoin(offers, ref(purchases.offerId, offers.id))
        .where(and(one, isNotNull(purchases.confirmedAt), ne(purchases.state, 'refunded')))
        .groupBy(purchases.offerId, purchases.currency)
        .orderBy(ascending(purchases.offerId), ascending(purchases.currency)),
      plans: db
        .select({ id: plans.id, name: plans.name })
        .from(plans)
        .orderBy(ascending(plans.name), ...byKey(plans)),
    }
  },
  shape: ({ rows, uses, given, plans: named }, { at }) => {
    const used = new Map(uses.map((one) => [one.offerId, one.uses]))
    const byOffer = Map.groupBy(given, ({ offerId }) => offerId)
    return rows.map(({ planIds, ...offer }) => {
      const count = used.get(offer.id) ?? 0
      const { state, untilAt } = offerStanding({ ...offer, planIds }, count, at)
      return {
        ...offer,
        plans: named.filter(({ id }) => planIds.includes(id)),
        state,
        openUntilAt: untilAt ?? null,
        uses: count,
        given: (byOffer.get(offer.id) ?? []).map(({ offerId: _offerId, ...sums }) => sums),
      }
    })
  },
})

/** What was bought with an offer, the latest first. */
export const purchasesOfOffer = defineQuery({
  name: 'offers.purchases',
  summary: 'Lists what was bought with an offer, by its number, the latest first.',
  permission: 'payments.read',
  input: z.object({
    number: z.number().int(),
    /** The number of the last one of the page before. */
    before: z.number().int().optional(),
    limit: z.number().int().min(1).max(ROWS_MAX).default(ROWS_MAX),
  }),
  tables: { offers, purchases, plans },
  examples: [{ number: 1 }, { number: 2, before: 30, limit: 2 }],
  select: ({ db, offers, purchases, plans, ref, byKey }, { number, before, limit }) =>
    db
      .select({
        number: purchases.number,
        plan: plans.name,
        phone: purchases.phone,
        amountMinor: purchases.amountMinor,
        discountMinor: purchases.discountMinor,
        currency: purchases.currency,
        state: purchases.state,
        requestedAt: purchases.requestedAt,
      })
      .from(purchases)
      .innerJoin(offers, ref(purchases.offerId, offers.id))
      .innerJoin(plans, ref(purchases.planId, plans.id))
      .where(and(eq(offers.number, number), before === undefined ? undefined : lt(purchases.number, before)))
      .orderBy(descending(purchases.number), ...byKey(purchases))
      .limit(limit),
  shape: (rows) => rows,
})

/** What was taken off in a time, by offers and codes of friends, of what was paid for; rewards that cost nothing too. */
export const discountsGiven = defineQuery({
  name: 'offers.discounts',
  summary: 'Sums what offers and codes of friends took off the price of what was bought since an instant.',
  permission: 'offers.read',
  input: z.object({ fromAt: z.number().int(), toAt: z.number().int().optional() }),
  tables: { purchases },
  examples: [{ fromAt: 0 }, { fromAt: 0, toAt: 4_000_000_000_000 }],
  select: ({ db, purchases }, { fromAt, toAt }) =>
    db
      .select({
        currency: purchases.currency,
        purchases: countRows(),
        discountMinor: sumOf(purchases.discountMinor),
        paidMinor: sumOf(purchases.amountMinor),
      })
      .from(purchases)
      .where(
        and(
          gt(purchases.discountMinor, 0),
          isNotNull(purchases.confirmedAt),
          ne(purchases.state, 'refunded'),
          gte(purchases.requestedAt, fromAt),
          toAt === undefined ? undefined : lt(purchases.requestedAt, toAt),
        ),
      )
      .groupBy(purchases.currency)
      .orderBy(ascending(purchases.currency)),
  shape: (rows) => rows,
})
