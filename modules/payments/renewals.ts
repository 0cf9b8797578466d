/** Bundles that are paid for anew from a wallet by themselves: the login and the devices stay, and the session goes on. */
import { and, asc, eq, inArray, lte, or, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { currencyDecimals, err, formatMoney, money, ok, orThrow, type Result } from '@lango/kernel'
import { defineCommand, defineJob, personalIn, type CommandContext } from '@lango/kernel/verbs'
import { accessChanged } from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { ledgerEntries } from '../ledger/tables.ts'
import { plans } from '../plans/tables.ts'
import { createSettings } from '../settings/index.ts'
import { maySpend, tellPhone, walletAt, type Wallet } from '../wallets/index.ts'
import { bookFromWallet, bookGranted } from './books.ts'
import { extended, isRenewable, periodOf, renewalLimits, type RenewalStop } from './renewal-rules.ts'
import { isForSale } from './rules.ts'
import { purchaseAt, type Purchase } from './settle.ts'
import { purchases, renewals } from './tables.ts'
import { lentTo, putFromWallet } from './wallet-wish.ts'

type Renewal = typeof renewals.site.$inferSelect
type Grant = typeof grants.site.$inferSelect
type Plan = typeof plans.site.$inferSelect

const planAt = (ctx: CommandContext, id: string): Plan =>
  ctx.db.select().from(plans.site).where(eq(plans.site.id, id)).get()!

const grantOf = (ctx: CommandContext, purchaseId: string): Grant | undefined =>
  ctx.db.select().from(grants.site).where(eq(grants.site.serviceId, purchaseId)).get()

const set = (ctx: CommandContext, { id }: Pick<Renewal, 'id'>, values: Partial<Renewal>): void => {
  ctx.db
    .update(renewals.site)
    .set({ ...values, changedAt: ctx.now, changedBy: ctx.actor.id })
    .where(eq(renewals.site.id, id))
    .run()
}

type SwitchFault =
  | { readonly type: 'PurchaseUnknown'; readonly purchase: string }
  | { readonly type: 'PurchaseNotGranted'; readonly number: number }
  /** It was not paid from a wallet, or never ends. */
  | { readonly type: 'PurchaseNotRenewable'; readonly number: number }

const switchRenewal = (
  ctx: CommandContext,
  purchase: Purchase | undefined,
  asked: string,
  isOn: boolean,
): Result<{ id: string; on: boolean }, SwitchFault> => {
  if (!purchase) return err({ type: 'PurchaseUnknown', purchase: asked })
  const { id, number, walletId, planId } = purchase
  if (!isOn) {
    ctx.db.delete(renewals.site).where(eq(renewals.site.id, id)).run()
    return ok({ id, on: false })
  }
  if (walletId === null || planId === null || purchase.renewsId !== null || purchase.paidBy !== 'wallet')
    return err({ type: 'PurchaseNotRenewable', number })
  if (grantOf(ctx, id)?.status !== 'active') return err({ type: 'PurchaseNotGranted', number })
  const plan = planAt(ctx, planId)
  if (!isRenewable(plan) || plan.status !== 'active') return err({ type: 'PurchaseNotRenewable', number })
  const { priceMinor, currency } = plan
  const row = { id, walletId, planId, priceMinor, currency, state: 'on' as const, why: null, dueAt: null }
  const said = { ...row, changedAt: ctx.now, changedBy: ctx.actor.id }
  ctx.db.insert(renewals.site).values(said).onConflictDoUpdate({ target: renewals.site.id, set: said }).run()
  return ok({ id, on: true })
}

export const setRenewal = defineCommand({
  name: 'purchases.setRenewal',
  summary: 'Has a bundle that was bought from a wallet paid for anew from there when it ends, by itself; or no longer.',
  output: z.object({ id: z.string(), on: z.boolean() }),
  permission: 'wallets.write',
  input: z.object({ number: z.number().int(), on: z.boolean() }),
  handle(ctx, { number, on }) {
    const purchase = ctx.db.select().from(purchases.site).where(eq(purchases.site.number, number)).get()
    return switchRenewal(ctx, purchase, String(number), on)
  },
})

/** The same, by whoever holds the wallet. */
export const setOwnRenewal = defineCommand({
  name: 'purchases.setOwnRenewal',
  permission: 'system',
  isInternal: true,
  input: z.object({ walletId: z.string(), purchaseId: z.string(), on: z.boolean() }),
  audit: (input) => personalIn(input.walletId, input),
  handle(ctx, { walletId, purchaseId, on }) {
    const purchase = purchaseAt(ctx, purchaseId)
    return switchRenewal(ctx, purchase?.walletId === walletId ? purchase : undefined, purchaseId, on)
  },
})

/** Everything that is over within the minute, or that waited for money which is there. Nothing is due while nobody trusts the clock. */
export const renewDue = defineCommand({
  name: 'purchases.renewDue',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({}),
  handle(ctx) {
    if (!ctx.sure) return ok({ renewed: 0 })
    const [renewal, grant] = [renewals.site, grants.site]
    const runningOut = and(eq(renewal.state, 'on'), lte(grant.expiresAt, ctx.now + renewalLimits.aheadMs))
    const due = (which: SQL | undefined) =>
      ctx.db
        .select({ renewal, grant })
        .from(renewal)
        .innerJoin(grant, eq(grant.serviceId, renewal.id))
        .where(and(eq(grant.status, 'active'), which))
        .orderBy(asc(renewal.dueAt), asc(grant.expiresAt), asc(renewal.id))
        .limit(renewalLimits.rowsAtOnce)
        .all()
    // What waits for money comes after what runs out; where there is too little for all, always the same is first.
    const found = [...due(runningOut), ...due(inArray(renewal.id, waitedEnough(ctx)))]
    const renewed = found.filter((one) => renew(ctx, one.renewal, one.grant))
    return ok({ renewed: renewed.length })
  },
})

/**
 * Of what waits for money that which need wait no longer: it can be paid for by now, or will not be. The others are not
 * looked at: they may be many, for a week, and whoever has money must not stand behind them.
 */
const waitedEnough = (ctx: CommandContext): string[] => {
  const { payLaterUpTo, payLaterAfter, currency } = createSettings(ctx.raw)()
  return ctx.raw
    .prepare<[Record<string, number>], string>(WAITED_ENOUGH)
    .pluck()
    .all({
      waitsSince: ctx.now - renewalLimits.waitsMs,
      lentMinor: payLaterUpTo * 10 ** currencyDecimals(currency),
      lentAfter: payLaterAfter,
      rows: renewalLimits.rowsAtOnce,
    })
}

/** As `lentTo` and `maySpend` have it for one wallet, here for all that wait. */
const WAITED_ENOUGH = `
  SELECT r.id FROM renewals r JOIN purchases first ON first.id = r.id JOIN wallets w ON w.id = r.wallet_id
    JOIN plans p ON p.id = r.plan_id JOIN grants g ON g.service_id = r.id AND g.status = 'active'
  WHERE r.state = 'short' AND (
    r.due_at < @waitsSince OR p.status <> 'active' OR p.price_minor > r.price_minor
    OR (w.status = 'active' AND p.price_minor <= (
      SELECT coalesce(-sum(l.minor), 0) FROM ledger_postings l WHERE l.account_id = (
        SELECT a.id FROM ledger_accounts a
        WHERE a.kind = 'liability' AND a.code = 'wallet:' || w.id AND a.currency = w.currency)
      ) + CASE WHEN @lentMinor > 0 AND first.phone = w.phone AND @lentAfter <= (
        SELECT count(*) FROM purchases b WHERE b.phone = w.phone AND b.purpose = 'plan' AND b.state = 'granted'
      ) THEN @lentMinor ELSE 0 END))
  ORDER BY r.due_at LIMIT @rows`

/** Its data or time is used up: said by whoever counts, with the quota that it was counted against. */
export const renewUsedUp = defineCommand({
  name: 'purchases.renewUsedUp',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({ grantNo: z.number().int(), quotaOctets: z.number().nullable(), quotaSec: z.number().nullable() }),
  handle(ctx, { grantNo, quotaOctets, quotaSec }) {
    const [renewal, grant] = [renewals.site, grants.site]
    const found = ctx.db
      .select({ renewal, grant })
      .from(renewal)
      .innerJoin(grant, eq(grant.serviceId, renewal.id))
      .where(and(eq(grant.no, grantNo), or(eq(renewal.state, 'on'), eq(renewal.state, 'short'))))
      .get()
    const isStill = found?.grant.quotaOctets === quotaOctets && found.grant.quotaSec === quotaSec
    if (!found || !isStill || found.grant.status !== 'active' || !ctx.sure) return ok({ renewed: false })
    // A quota that comes back with the next day is not paid for anew.
    const plan = planAt(ctx, found.renewal.planId)
    if ((plan.policy.quotaPeriod ?? 'none') !== 'none') return ok({ renewed: false })
    return ok({ renewed: renew(ctx, found.renewal, found.grant) })
  },
})

/** Once for each period. */
const renew = (ctx: CommandContext, renewal: Renewal, grant: Grant): boolean => {
  const [plan, wallet] = [planAt(ctx, renewal.planId), walletAt(ctx, renewal.walletId)!]
  const stop = stopOf(renewal, plan, ctx.now)
  if (stop) return stopped(ctx, renewal, wallet, plan, stop)
  const period = periodOf(renewal.id, grant)
  if (ctx.db.select().from(ledgerEntries.site).where(eq(ledgerEntries.site.cause, period)).get()) return false
  const first = purchaseAt(ctx, renewal.id)!
  const floorMinor = first.phone === wallet.phone ? lentTo(ctx, wallet) : 0
  if (!maySpend(ctx, wallet, money(plan.priceMinor, plan.currency), floorMinor).ok)
    return short(ctx, renewal, wallet, plan)
  const purchase = putFromWallet(ctx, wallet, plan, { phone: first.phone, renewsId: first.id })
  orThrow(bookFromWallet(ctx, purchase, wallet, { floorMinor, kind: 'renewal', cause: period }))
  bookGranted(ctx, purchase)
  const done = { state: 'granted' as const, confirmedAt: ctx.now, grantedAt: ctx.now }
  ctx.db.update(purchases.site).set(done).where(eq(purchases.site.id, purchase.id)).run()
  ctx.db
    .update(grants.site)
    .set(extended(grant, plan, ctx.now))
    .where(eq(grants.site.id, grant.id))
    .run()
  ctx.emit(accessChanged, { grantNo: grant.no })
  set(ctx, renewal, { state: 'on', dueAt: null })
  return true
}

const stopOf = ({ priceMinor, currency, dueAt }: Renewal, plan: Plan, now: number): RenewalStop | undefined => {
  if (plan.status !== 'active' || !isForSale(plan) || !isRenewable(plan)) return 'plan-gone'
  if (plan.priceMinor > priceMinor || plan.currency !== currency) return 'price-risen'
  return dueAt !== null && now - dueAt > renewalLimits.waitsMs ? 'waited' : undefined
}

/** Both languages: nobody has said which one this phone reads. */
const stopTexts = {
  'plan-gone': 'haiuzwi tena na haitajirudia / is no longer sold and is not renewed',
  'price-risen': 'bei imepanda na haitajirudia / costs more now and is not renewed',
  waited: 'haitajirudia: hakuna pesa / is not renewed any more: no money came',
} as const satisfies Record<RenewalStop, string>

const stopped = (ctx: CommandContext, renewal: Renewal, wallet: Wallet, { name }: Plan, why: RenewalStop): false => {
  set(ctx, renewal, { state: 'stopped', why, dueAt: null })
  tellPhone(ctx, wallet, `${name}: ${stopTexts[why]}.`)
  return false
}

/** Told once; it is tried again with every look, until there is money. */
const short = (ctx: CommandContext, renewal: Renewal, wallet: Wallet, { name, priceMinor, currency }: Plan): false => {
  if (renewal.state === 'short') return false
  set(ctx, renewal, { state: 'short', dueAt: ctx.now })
  const price = formatMoney(money(priceMinor, currency))
  tellPhone(ctx, wallet, `${name}: pesa hazitoshi kwenye pochi / not enough money in the wallet, ${price}.`)
  return false
}

export const renewalJob = defineJob({
  name: 'payments.renewing',
  input: z.object({}),
  everyMs: renewalLimits.lookEveryMs,
  run(context) {
    context.dispatch(renewDue, {})
    return Promise.resolve()
  },
})
