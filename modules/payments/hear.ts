/** Money that came in: found to be for a purchase, or put where somebody looks at it. */
import { and, between, eq, inArray, or } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { defineCommand, personalIn, type CommandContext } from '@lango/kernel/verbs'
import { phoneSchema, readPhone } from '../customers/index.ts'
import { readReference } from '../ledger/index.ts'
import { walletOfPhone, walletReferred, type Wallet, type WalletFault } from '../wallets/index.ts'
import { bookMoved, bookRefunded, bookUnmatched } from './books.ts'
import { matchOf, paymentLimits, type Candidate, type Match } from './rules.ts'
import { priceThen, type OfferThenFault } from './offers-then.ts'
import { purchaseAt, settle } from './settle.ts'
import { orderPaid } from './standing-heard.ts'
import { paymentMarks, payments, purchases } from './tables.ts'
import { putTopUp } from './wallet-wish.ts'
import { fullPrice, planForSale, putPurchase, type SaleFault } from './wish.ts'

const received = z.object({
  receipt: z.string().min(1).max(64),
  amountMinor: z.number().int().positive(),
  currency: z.string().length(3),
  shortcode: z.string().max(32),
  paidAt: z.number().int(),
  account: z.string().max(64),
  phone: z.string().max(32).optional(),
  phoneHint: z.string().max(80).optional(),
  name: z.string().max(128).optional(),
  /** Phones of purchases that the hint can be of: only the provider's driver can tell. */
  phones: z.array(z.string().max(32)).max(100),
})
type Received = z.output<typeof received>
type Payment = typeof payments.site.$inferSelect

const PULLED = 'pulled'

/** What the provider has, of some time. A receipt that is known is passed over. */
export const hearPayments = defineCommand({
  name: 'payments.hear',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({
    payments: z.array(received).max(paymentLimits.pullRowsAtOnce),
    /** All up to then was told with this. */
    pulledUntil: z.number().int().optional(),
  }),
  audit: ({ payments: heard }) => ({ receipts: heard.map(({ receipt }) => receipt) }),
  handle(ctx, { payments: heard, pulledUntil }) {
    let [matched, unmatched] = [0, 0]
    for (const one of heard) {
      const state = hear(ctx, one)
      if (state === 'matched') matched += 1
      if (state === 'unmatched') unmatched += 1
    }
    if (pulledUntil !== undefined)
      ctx.db
        .insert(paymentMarks.site)
        .values({ id: PULLED, at: pulledUntil })
        .onConflictDoUpdate({ target: paymentMarks.site.id, set: { at: pulledUntil } })
        .run()
    return ok({ matched, unmatched })
  },
})

const hear = (ctx: CommandContext, { phones, ...told }: Received): 'known' | 'matched' | 'unmatched' => {
  const { site } = payments
  if (ctx.db.select({ id: site.id }).from(site).where(eq(site.receipt, told.receipt)).get()) return 'known'
  const known = new Set(told.phone === undefined ? phones : [told.phone])
  const match = matchOf({ ...told, phones: known }, candidatesFor(ctx, told, known))
  const id = ctx.ids.next('pay')
  const wallet = walletMeant(ctx, told, match)
  const purchaseId = wallet ? putTopUp(ctx, wallet.phone, told, wallet).id : match.purchaseId
  const isFor = wallet !== undefined || match.type === 'for'
  ctx.db
    .insert(site)
    .values({
      id,
      ...told,
      phones: [...known],
      phone: told.phone ?? null,
      phoneHint: told.phoneHint ?? null,
      name: told.name ?? null,
      heardAt: ctx.now,
      state: isFor ? 'matched' : 'unmatched',
      purchaseId: purchaseId ?? null,
      doubt: wallet !== undefined || match.type === 'for' ? null : match.doubt,
    })
    .run()
  if (!isFor) {
    bookUnmatched(ctx, { id, ...told })
    return 'unmatched'
  }
  const purchase = purchaseAt(ctx, purchaseId!)!
  // Its prompt may have said so before: then only the receipt was missing.
  if (purchase.confirmedAt === null) settle(ctx, purchase, false)
  orderPaid(ctx, wallet, told)
  return 'matched'
}

/**
 * The wallet that money is sent to: by its reference, or by the phone number where no purchase fits; undefined for
 * money that is for none.
 */
const walletMeant = (ctx: CommandContext, told: Omit<Received, 'phones'>, match: Match): Wallet | undefined => {
  const named = walletReferred(ctx, told.account)
  const phone = readPhone(told.account, told.currency)
  const isFree = match.type === 'doubtful' && match.doubt === 'nothing-fits'
  const wallet = named ?? (isFree && phone.ok ? walletOfPhone(ctx, phone.value) : undefined)
  return wallet?.currency === told.currency ? wallet : undefined
}

/** Purchases that money can be for: the one that it names, and those of the phones around that time. */
const candidatesFor = (
  ctx: CommandContext,
  told: Omit<Received, 'phones'>,
  phones: ReadonlySet<string>,
): Candidate[] => {
  const { site } = purchases
  const { fitsWithinMs } = paymentLimits
  const around = between(site.requestedAt, told.paidAt - fitsWithinMs, told.paidAt + fitsWithinMs)
  const ofPhones = phones.size === 0 ? undefined : and(inArray(site.phone, [...phones]), around)
  const named = eq(site.reference, readReference(told.account))
  const rows = ctx.db
    .select({ purchase: site, paymentId: payments.site.id })
    .from(site)
    .leftJoin(
      payments.site,
      and(eq(payments.site.purchaseId, site.id), inArray(payments.site.state, ['matched', 'resolved'])),
    )
    .where(ofPhones ? or(named, ofPhones) : named)
    .all()
  return rows.map(({ purchase, paymentId }) => ({
    ...purchase,
    hasReceipt: paymentId !== null || purchase.state === 'refunded' || purchase.paidBy === 'wallet',
  }))
}

const how = z.discriminatedUnion('as', [
  /** It is for this purchase, by its number. */
  z.object({ as: z.literal('purchase'), number: z.number().int() }),
  /** It is for this plan, at its price; whoever paid gets it. */
  z.object({ as: z.literal('plan'), plan: z.string(), phone: phoneSchema }),
  /** It is for this plan at its price with an offer, by its number, that held when it was paid. */
  z.object({ as: z.literal('offer'), plan: z.string(), offer: z.number().int(), phone: phoneSchema }),
  /** It is for the wallet of this phone, which is opened where there is none. */
  z.object({ as: z.literal('wallet'), phone: phoneSchema }),
  /** It was paid back. */
  z.object({ as: z.literal('refund') }),
])

/** Says what money was for that nobody could match. Once. */
export const resolvePayment = defineCommand({
  name: 'payments.resolve',
  summary:
    'Says what money was for that could not be matched: a purchase, a plan, a plan with an offer, a wallet, or that it was paid back.',
  permission: 'payments.resolve',
  output: z.object({ receipt: z.string(), state: z.enum(['resolved', 'refunded']) }),
  input: z.object({ receipt: z.string().max(64), how, note: z.string().trim().max(500).optional() }),
  audit: ({ receipt, how: told, note }) => personalIn(undefined, { receipt, how: told, note }),
  handle(ctx, { receipt, how: told, note }) {
    const { site } = payments
    const payment = ctx.db.select().from(site).where(eq(site.receipt, receipt)).get()
    if (!payment) return err({ type: 'PaymentUnknown', receipt })
    if (payment.state !== 'unmatched') return err({ type: 'PaymentSettled', receipt })
    const target = told.as === 'refund' ? ok(null) : purchaseFor(ctx, payment, told)
    if (!target.ok) return target
    const state = told.as === 'refund' ? 'refunded' : 'resolved'
    ctx.db
      .update(site)
      .set({ state, purchaseId: target.value, resolvedAt: ctx.now, resolvedBy: ctx.actor.id, note: note ?? null })
      .where(eq(site.id, payment.id))
      .run()
    if (target.value === null) bookRefunded(ctx, payment)
    else {
      bookMoved(ctx, payment, target.value)
      settle(ctx, purchaseAt(ctx, target.value)!, true)
    }
    ctx.changed({ state: payment.state }, { state })
    return ok({ receipt, state })
  },
})

type ResolveFault =
  | { readonly type: 'PurchaseUnknown'; readonly purchase: string }
  | { readonly type: 'PurchasePaid'; readonly number: number }
  | SaleFault
  | OfferThenFault
  | Extract<WalletFault, { readonly type: 'WalletCurrency' }>
  | {
      readonly type: 'AmountDiffers'
      readonly paidMinor: number
      readonly priceMinor: number
      readonly currency: string
    }

const purchaseFor = (
  ctx: CommandContext,
  payment: Payment,
  told: Exclude<z.output<typeof how>, { as: 'refund' }>,
): Result<string, ResolveFault> => {
  if (told.as === 'plan' || told.as === 'offer') {
    const plan = planForSale(ctx, told.plan)
    if (!plan.ok) return plan
    const price =
      told.as === 'plan' ? ok(fullPrice(plan.value)) : priceThen(ctx, plan.value, { ...told, paidAt: payment.paidAt })
    if (!price.ok) return price
    const differs = sameAmount(payment, { ...price.value, currency: plan.value.currency })
    return differs ?? ok(putPurchase(ctx, plan.value, { ...price.value, phone: told.phone }).id)
  }
  if (told.as === 'wallet') {
    const wallet = walletOfPhone(ctx, told.phone)
    const { amountMinor, currency } = payment
    if (wallet && wallet.currency !== currency) return err({ type: 'WalletCurrency', wallet: wallet.number, currency })
    return ok(putTopUp(ctx, told.phone, { amountMinor, currency }, wallet).id)
  }
  const { site } = purchases
  const purchase = ctx.db.select().from(site).where(eq(site.number, told.number)).get()
  if (!purchase) return err({ type: 'PurchaseUnknown', purchase: String(told.number) })
  if (purchase.confirmedAt !== null) return err({ type: 'PurchasePaid', number: told.number })
  return sameAmount(payment, purchase) ?? ok(purchase.id)
}

const sameAmount = (
  payment: Payment,
  { amountMinor, currency }: { readonly amountMinor: number; readonly currency: string },
): Result<never, ResolveFault> | undefined =>
  payment.amountMinor === amountMinor && payment.currency === currency
    ? undefined
    : err({ type: 'AmountDiffers', paidMinor: payment.amountMinor, priceMinor: amountMinor, currency })
