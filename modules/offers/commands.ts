import { eq, inArray } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result, isTimeZone } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { weekTimeSchema } from '../access/index.ts'
import { plans } from '../plans/tables.ts'
import { isAlwaysFree, offerLimits, readOfferCode, WHOLE_BP } from './rules.ts'
import { offers, referralCodes } from './tables.ts'

const minor = z.number().int().min(1)

const discount = z.discriminatedUnion('kind', [
  /** Hundredths of a percent off. */
  z.object({ kind: z.literal('percent'), bp: z.number().int().min(1).max(WHOLE_BP) }),
  /** So much off. */
  z.object({ kind: z.literal('amount'), minor }),
  /** So much in all; 0 is free. */
  z.object({ kind: z.literal('price'), minor: z.number().int().min(0) }),
])

const code = z
  .string()
  .max(64)
  .transform((typed, issues) => {
    const read = readOfferCode(typed)
    if (read !== undefined) return read
    issues.addIssue({ code: 'custom', message: 'A code is 3 to 20 letters and digits, such as KARIBU20.' })
    return z.NEVER
  })

const instant = z.number().int().min(0)
const uses = z.number().int().min(1).max(offerLimits.usesMax)

const terms = z.object({
  name: z.string().trim().min(1).max(offerLimits.nameLengthMax),
  /** Typed by whoever wants it; without one it applies by itself. */
  code: code.optional(),
  discount,
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'A currency is three letters, such as KES.')
    .default('KES'),
  /** Names of plans; all where there are none. */
  plans: z.array(z.string().max(64)).max(offerLimits.plansMax).default([]),
  fromAt: instant.optional(),
  untilAt: instant.optional(),
  windows: z.array(weekTimeSchema).max(offerLimits.windowsMax).default([]),
  timeZone: z.string().refine(isTimeZone, 'A time zone is named as Africa/Nairobi.'),
  usesMax: uses.optional(),
  usesPerPhoneMax: uses.optional(),
})
type Terms = z.output<typeof terms>

export type OfferFault =
  | { readonly type: 'OfferUnknown'; readonly number: number }
  | { readonly type: 'OfferCodeTaken'; readonly code: string }
  | { readonly type: 'OffersMany'; readonly max: number }
  /** It gives something for nothing, and does not say how often. */
  | { readonly type: 'OfferEndless' }
  | { readonly type: 'OfferTimesUnfit' }
  | { readonly type: 'PlanUnknown'; readonly plan: string }

type Row = typeof offers.site.$inferSelect

/** What cannot be meant by the terms that were given. */
const faultOf = (ctx: CommandContext, given: Terms, own: Row | undefined): OfferFault | undefined => {
  const { code: typed, discount: taken, usesMax, fromAt, untilAt } = given
  if (typed !== undefined && isTaken(ctx, typed, own?.id)) return { type: 'OfferCodeTaken', code: typed }
  if (isAlwaysFree(taken) && usesMax === undefined) return { type: 'OfferEndless' }
  return fromAt !== undefined && untilAt !== undefined && untilAt <= fromAt ? { type: 'OfferTimesUnfit' } : undefined
}

/** What its row holds of the terms that were given. */
const rowOf = (
  ctx: CommandContext,
  { plans: names, ...given }: Terms,
): Result<Omit<Row, 'id' | 'number' | 'status' | 'stoppedAt' | 'createdAt' | 'createdBy'>, OfferFault> => {
  const planIds = planIdsOf(ctx, names)
  if (!planIds.ok) return planIds
  const { code: typed, fromAt, untilAt, usesMax, usesPerPhoneMax, ...rest } = given
  return ok({
    ...rest,
    code: typed ?? null,
    planIds: planIds.value,
    fromAt: fromAt ?? null,
    untilAt: untilAt ?? null,
    usesMax: usesMax ?? null,
    usesPerPhoneMax: usesPerPhoneMax ?? null,
  })
}

const isTaken = ({ db }: CommandContext, typed: string, ownId: string | undefined): boolean => {
  const holder = db.select({ id: offers.site.id }).from(offers.site).where(eq(offers.site.code, typed)).get()
  if (holder) return holder.id !== ownId
  const friends = referralCodes.site
  return db.select({ id: friends.id }).from(friends).where(eq(friends.code, typed)).get() !== undefined
}

const planIdsOf = ({ db }: CommandContext, names: readonly string[]): Result<string[], OfferFault> => {
  const { site } = plans
  const found =
    names.length === 0
      ? []
      : db
          .select()
          .from(site)
          .where(inArray(site.name, [...names]))
          .all()
  const missing = names.find((name) => !found.some((plan) => plan.name === name))
  return missing === undefined ? ok(found.map(({ id }) => id)) : err({ type: 'PlanUnknown', plan: missing })
}

const offerAt = ({ db }: CommandContext, number: number): Row | undefined =>
  db.select().from(offers.site).where(eq(offers.site.number, number)).get()

const isFull = ({ db }: CommandContext): boolean =>
  db.select({ id: offers.site.id }).from(offers.site).where(eq(offers.site.status, 'active')).all().length >=
  offerLimits.activeMax

const output = z.object({ number: z.number().int(), code: z.string().nullable() })

/** Makes one, which holds from then on as its dates and times say. */
export const addOffer = defineCommand({
  name: 'offers.add',
  summary: 'Makes an offer: a code that takes something off the price, or less to pay for everybody at some times.',
  output,
  permission: 'offers.write',
  input: terms,
  handle(ctx, given) {
    if (isFull(ctx)) return err({ type: 'OffersMany', max: offerLimits.activeMax })
    const fault = faultOf(ctx, given, undefined)
    if (fault) return err(fault)
    const row = rowOf(ctx, given)
    if (!row.ok) return row
    const number = ctx.counter('offer')
    const made = { status: 'active' as const, createdAt: ctx.now, createdBy: ctx.actor.id }
    ctx.db
      .insert(offers.site)
      .values({ id: ctx.ids.next('off'), number, ...row.value, ...made })
      .run()
    return ok({ number, code: row.value.code })
  },
})

/** Other terms for what is bought from now on. What was bought keeps its price. */
export const setOffer = defineCommand({
  name: 'offers.set',
  summary: 'Sets the terms of an offer for what is bought from now on; what was bought keeps its price.',
  output,
  permission: 'offers.write',
  input: terms.extend({ number: z.number().int() }),
  handle(ctx, { number, ...given }) {
    const before = offerAt(ctx, number)
    if (!before) return err({ type: 'OfferUnknown', number })
    const fault = faultOf(ctx, given, before)
    if (fault) return err(fault)
    const row = rowOf(ctx, given)
    if (!row.ok) return row
    ctx.db.update(offers.site).set(row.value).where(eq(offers.site.id, before.id)).run()
    ctx.changed(before, { ...before, ...row.value })
    return ok({ number, code: row.value.code })
  },
})

/** An offer is never deleted: what was bought with it still refers to it. */
export const setOfferStatus = defineCommand({
  name: 'offers.setStatus',
  summary: 'Stops an offer, or lets it go on.',
  output: z.object({ number: z.number().int(), status: z.enum(['active', 'stopped']) }),
  permission: 'offers.write',
  input: z.object({ number: z.number().int(), status: z.enum(['active', 'stopped']) }),
  handle(ctx, { number, status }) {
    const before = offerAt(ctx, number)
    if (!before) return err({ type: 'OfferUnknown', number })
    if (status === 'active' && before.status === 'stopped' && isFull(ctx))
      return err({ type: 'OffersMany', max: offerLimits.activeMax })
    const stoppedAt = status === 'active' ? null : before.status === 'stopped' ? before.stoppedAt : ctx.now
    ctx.db.update(offers.site).set({ status, stoppedAt }).where(eq(offers.site.id, before.id)).run()
    ctx.changed({ status: before.status }, { status })
    return ok({ number, status })
  },
})
