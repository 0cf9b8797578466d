/** How offers stand by what was bought with them. A use is a purchase that is paid for, or may be yet. */
import { and, eq, gt, inArray, isNotNull, isNull, ne, not, or, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, countRows, defineQuery, type Reader } from '@lango/kernel/db'
import type { CommandContext } from '@lango/kernel/verbs'
import { offerStanding } from '../offers/index.ts'
import { offers } from '../offers/tables.ts'
import { paymentLimits } from './rules.ts'
import { purchases } from './tables.ts'

type Columns = Reader<{ readonly purchases: typeof purchases }>['purchases']

/** What failed for good, and what was paid back, has given its use back. */
export const holdsUse = ({ state, mayStillBePaid, requestedAt }: Columns, at: number): SQL =>
  or(
    not(inArray(state, ['failed', 'refunded'])),
    and(eq(state, 'failed'), eq(mayStillBePaid, true), gt(requestedAt, at - paymentLimits.useHeldMs)),
  )!

/** Who asks. */
export type Buyer = { readonly phone: string; readonly device: string | undefined }

/** How often they have used it; by their device too where it gives something for nothing, since no phone is asked then. */
export const usesOf = (ctx: CommandContext, offerId: string, { phone, device }: Buyer, isFree: boolean): number => {
  const { site } = purchases
  const theirs =
    isFree && device !== undefined ? or(eq(site.phone, phone), eq(site.device, device)) : eq(site.phone, phone)
  return ctx.db
    .select({ id: site.id })
    .from(site)
    .where(and(eq(site.offerId, offerId), theirs, holdsUse(site, ctx.now)))
    .all().length
}

/**
 * What takes something off the prices at an instant: offers that apply by themselves first, then the one of a code. Of a
 * code that does not hold, how it stands; undefined for one that nobody has made.
 */
export const offersOpen = defineQuery({
  name: 'offers.open',
  permission: 'system',
  input: z.object({
    at: z.number().int(),
    /** As `readOfferCode` reads it. */
    code: z.string().max(64).optional(),
  }),
  tables: { offers, purchases },
  examples: [{ at: 1_795_240_000_000 }, { at: 1_795_240_000_000, code: 'a' }],
  select: ({ db, offers, purchases, byKey }, { at, code }) => ({
    rows: db
      .select()
      .from(offers)
      .where(
        code === undefined
          ? and(isNull(offers.code), ne(offers.status, 'stopped'))
          : or(and(isNull(offers.code), ne(offers.status, 'stopped')), eq(offers.code, code)),
      )
      .orderBy(ascending(offers.number), ...byKey(offers)),
    codes: db
      .select({ codes: countRows() })
      .from(offers)
      .where(and(isNotNull(offers.code), ne(offers.status, 'stopped'))),
    uses: db
      .select({ offerId: purchases.offerId, uses: countRows() })
      .from(purchases)
      .where(and(isNotNull(purchases.offerId), holdsUse(purchases, at)))
      .groupBy(purchases.offerId)
      .orderBy(ascending(purchases.offerId)),
  }),
  shape: ({ rows, codes: [counted], uses }, { at }) => {
    const used = new Map(uses.map((one) => [one.offerId, one.uses]))
    const standing = rows.map((offer) => ({ ...offer, ...standingOf(offer, used.get(offer.id) ?? 0, at) }))
    const coded = standing.find((offer) => offer.code !== null)
    const byThemselves = standing.filter((offer) => offer.code === null && offer.state === 'open')
    return {
      open: coded?.state === 'open' ? [...byThemselves, coded] : byThemselves,
      coded,
      hasCodes: (counted?.codes ?? 0) > 0,
    }
  },
})

/** When it ends now takes the place of when it ends for good. */
const standingOf = (offer: typeof offers.site.$inferSelect, uses: number, at: number) => {
  const { state, untilAt } = offerStanding(offer, uses, at)
  return { state, openUntilAt: untilAt ?? null }
}
