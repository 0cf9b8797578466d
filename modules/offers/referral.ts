/** A code of somebody's own, for their friends. It belongs to a phone number and says nothing of it. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { drawReferralCode, type OfferTerms } from './rules.ts'
import { offers, referralCodes } from './tables.ts'

const DRAWS_MAX = 100

/** The code of a phone, made when it is first asked for. */
export const ownReferralCode = defineCommand({
  name: 'referrals.own',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({ phone: z.string().max(32) }),
  audit: () => ({}),
  handle(ctx, { phone }) {
    const { site } = referralCodes
    const known = ctx.db.select({ code: site.code }).from(site).where(eq(site.phone, phone)).get()
    if (known) return ok({ code: known.code })
    const code = freeCode(ctx)
    ctx.db
      .insert(site)
      .values({ id: ctx.ids.next('rfc'), phone, code, madeAt: ctx.now })
      .run()
    return ok({ code })
  },
})

/** Neither another's nor that of an offer. */
const freeCode = (ctx: CommandContext): string => {
  const [own, made] = [referralCodes.site, offers.site]
  for (let draws = 0; draws < DRAWS_MAX; draws++) {
    const code = drawReferralCode(ctx.random.below)
    const isTaken =
      ctx.db.select({ id: own.id }).from(own).where(eq(own.code, code)).get() ??
      ctx.db.select({ id: made.id }).from(made).where(eq(made.code, code)).get()
    if (!isTaken) return code
  }
  throw new Error(`no free code in ${DRAWS_MAX} draws`)
}

/** What a friend's code takes off, as an offer says it. */
export const friendTerms = (friendBp: number): OfferTerms => ({
  discount: { kind: 'percent', bp: friendBp },
  currency: '',
  planIds: [],
  fromAt: null,
  untilAt: null,
  windows: [],
  timeZone: 'UTC',
  usesMax: null,
  usesPerPhoneMax: null,
  status: 'active',
})
