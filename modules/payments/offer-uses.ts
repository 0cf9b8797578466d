/** How offers stand by what was bought with them. A use is a purchase that is paid for, or may be yet. */
import { and, eq, gt, inArray, isNotNull, isNull, ne, not, or, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, countRows, defineQuery, startsWith, type Reader } from '@lango/kernel/db'
import type { CommandContext } from '@lango/kernel/verbs'
import { friendTerms, offerStanding, type OfferState, type OfferTerms } from '../offers/index.ts'
import { offers, referralCodes } from '../offers/tables.ts'
import { defaultSettings, type Settings } from '../settings/index.ts'
import { settings } from '../settings/tables.ts'
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

/** Of an offer, or of a friend's code, what a price and a page follow from. */
export type Standing = OfferTerms & {
  readonly id: string
  readonly code: string | null
  readonly state: OfferState
  readonly openUntilAt: number | null
  /** It is somebody's own, for their friends. */
  readonly isFriends: boolean
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
  tables: { offers, purchases, referralCodes, settings },
  examples: [{ at: 1_795_240_000_000 }, { at: 1_795_240_000_000, code: 'a' }],
  select: ({ db, offers, purchases, referralCodes: friends, settings, byKey }, { at, code = '' }) => {
    const byThemselves = and(isNull(offers.code), ne(offers.status, 'stopped'))
    return {
      rows: db
        .select()
        .from(offers)
        .where(code === '' ? byThemselves : or(byThemselves, eq(offers.code, code)))
        .orderBy(ascending(offers.number), ...byKey(offers)),
      codes: db
        .select({ codes: countRows() })
        .from(offers)
        .where(and(isNotNull(offers.code), ne(offers.status, 'stopped'))),
      friends: db
        .select({ id: friends.id, code: friends.code })
        .from(friends)
        .where(eq(friends.code, code))
        .orderBy(...byKey(friends)),
      set: db
        .select({ id: settings.id, value: settings.value })
        .from(settings)
        .where(startsWith(settings.id, 'referral'))
        .orderBy(...byKey(settings)),
      uses: db
        .select({ offerId: purchases.offerId, uses: countRows() })
        .from(purchases)
        .where(and(isNotNull(purchases.offerId), holdsUse(purchases, at)))
        .groupBy(purchases.offerId)
        .orderBy(ascending(purchases.offerId)),
    }
  },
  shape: ({ rows, codes: [counted], friends: [friend], set, uses }, { at }) => {
    const used = new Map(uses.map((one) => [one.offerId, one.uses]))
    const standing = rows.map((offer) => standingOf(offer, used.get(offer.id) ?? 0, at))
    const { referralPlan, referralFriendBp } = {
      ...defaultSettings,
      ...Object.fromEntries(set.map(({ id, value }) => [id, value])),
    } as Settings
    const hasFriends = referralPlan !== ''
    const coded =
      standing.find((offer) => offer.code !== null) ??
      (friend && hasFriends ? friendOf(friend, referralFriendBp) : undefined)
    const byThemselves = standing.filter((offer) => offer.code === null && offer.state === 'open')
    return {
      open: coded?.state === 'open' ? [...byThemselves, coded] : byThemselves,
      coded,
      hasCodes: hasFriends || (counted?.codes ?? 0) > 0,
    }
  },
})

/** When it ends now takes the place of when it ends for good. */
const standingOf = (offer: typeof offers.site.$inferSelect, uses: number, at: number): Standing => {
  const { state, untilAt } = offerStanding(offer, uses, at)
  return { ...offer, state, openUntilAt: untilAt ?? null, isFriends: false }
}

const friendOf = (friend: { readonly id: string; readonly code: string }, bp: number): Standing => ({
  ...friendTerms(bp),
  ...friend,
  state: 'open',
  openUntilAt: null,
  isFriends: true,
})
