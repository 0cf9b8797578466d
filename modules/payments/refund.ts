/** Money goes back to whoever paid it, whole, by the provider: once, and nobody is given it twice. */
import { and, eq, inArray } from 'drizzle-orm'
import { z } from 'zod'
import { callbackUrl, err, ok, type Result } from '@lango/kernel'
import { defineCommand, personalIn, type CommandContext } from '@lango/kernel/verbs'
import { walletAt } from '../wallets/index.ts'
import { bookRefundAsked, bookRefundDone, bookRefundFailed, bookTopUpBack } from './books.ts'
import { refundToken } from './callback-tokens.ts'
import { inquireJob, refundJob } from './jobs-asked-for.ts'
import { mpesaConfig } from './mpesa.ts'
import { MPESA } from './mpesa-rules.ts'
import { failures, type Failure } from './port.ts'
import { askStatusAfterMs } from './question-rules.ts'
import { nextOfRefund, type RefundClaim, type RefundNext } from './refund-rules.ts'
import { unusedReward } from './referral.ts'
import { purchaseAt, takeBack, type Purchase } from './settle.ts'
import { paymentAccounts, payments, purchases, refunds } from './tables.ts'

type Payment = typeof payments.site.$inferSelect
export type Refund = typeof refunds.site.$inferSelect

const note = z.string().trim().min(1).max(500)

/** Has the provider pay a receipt back. Of what was bought with it nothing is left from then on. */
export const refundPayment = defineCommand({
  name: 'payments.refund',
  summary:
    'Has M-Pesa pay a receipt back, whole: money that waits, or what was paid for a purchase, which ends it at once.',
  permission: 'payments.resolve',
  input: z.object({ receipt: z.string().max(64), note: note.optional() }),
  output: z.object({ receipt: z.string(), state: z.literal('asked') }),
  audit: ({ receipt, note }) => personalIn(undefined, { receipt, note }),
  handle(ctx, { receipt, note = null }) {
    const payment = ctx.db.select().from(payments.site).where(eq(payments.site.receipt, receipt)).get()
    if (!payment) return err({ type: 'PaymentUnknown', receipt })
    if (payment.state === 'refunding') return err({ type: 'RefundOpen', receipt })
    if (payment.state === 'refunded') return err({ type: 'PaymentSettled', receipt })
    const missing = missingToPayBack(ctx)
    if (missing.length > 0) return err({ type: 'InitiatorUnready', missing })
    const purchase = payment.state === 'unmatched' ? undefined : purchaseAt(ctx, payment.purchaseId!)
    const { id: paymentId, amountMinor, currency } = payment
    const id = ctx.ids.next('ref')
    const row = {
      id,
      number: ctx.counter('refund'),
      paymentId,
      purchaseId: purchase?.id ?? null,
      amountMinor,
      currency,
    }
    const asked = { state: 'asked' as const, note, askedAt: ctx.now, askedBy: ctx.actor.id, unheard: 0, claims: [] }
    ctx.db
      .insert(refunds.site)
      .values({ ...row, ...asked })
      .run()
    if (purchase) endPurchase(ctx, purchase)
    bookAsked(ctx, row, purchase)
    const said = { resolvedAt: ctx.now, resolvedBy: ctx.actor.id, note }
    setPayment(ctx, paymentId, { state: 'refunding', purchaseId: row.purchaseId, ...said })
    ctx.enqueue(refundJob, { refundId: id })
    ctx.changed({ state: payment.state }, { state: 'refunding' })
    return ok({ receipt, state: 'asked' as const })
  },
})

const missingToPayBack = ({ db }: CommandContext): readonly string[] => {
  const { site } = paymentAccounts
  const account = db.select().from(site).where(eq(site.id, MPESA)).get()
  return account ? [...account.missing, ...account.missingToPayBack] : ['shortcode']
}

const bookAsked = (
  ctx: CommandContext,
  row: Parameters<typeof bookTopUpBack>[1],
  purchase: Purchase | undefined,
): void => {
  const isGiven = purchase?.purpose === 'wallet' && purchase.grantedAt !== null
  const wallet = isGiven ? walletAt(ctx, purchase.walletId!) : undefined
  if (wallet) bookTopUpBack(ctx, row, wallet)
  else bookRefundAsked(ctx, row, purchase)
}

/** Before the money goes: nobody has both. */
const endPurchase = (ctx: CommandContext, purchase: Purchase): void => {
  takeBack(ctx, purchase)
  const reward = unusedReward(ctx, purchase)
  if (reward) endPurchase(ctx, reward)
  ctx.db.update(purchases.site).set({ state: 'refunded' }).where(eq(purchases.site.id, purchase.id)).run()
}

const setPayment = (ctx: CommandContext, id: string, values: Partial<Payment>): void => {
  ctx.db.update(payments.site).set(values).where(eq(payments.site.id, id)).run()
}
const set = (ctx: CommandContext, { id }: Refund, values: Partial<Refund>): void => {
  ctx.db.update(refunds.site).set(values).where(eq(refunds.site.id, id)).run()
}

export const refundAt = (ctx: CommandContext, id: string): (Refund & { readonly receipt: string }) | undefined => {
  const found = ctx.db
    .select({ refund: refunds.site, receipt: payments.site.receipt })
    .from(refunds.site)
    .innerJoin(payments.site, eq(payments.site.id, refunds.site.paymentId))
    .where(eq(refunds.site.id, id))
    .get()
  return found && { ...found.refund, receipt: found.receipt }
}

/** It is over: paid back, or the money waits for somebody once more. */
export const endRefund = (ctx: CommandContext, refund: Refund, failure: Failure | null, saidBy?: string): void => {
  const { paymentId } = refund
  const state = failure === null ? 'done' : 'failed'
  set(ctx, refund, { state, failure, endedAt: ctx.now, saidBy: saidBy ?? null })
  if (failure === null) {
    bookRefundDone(ctx, refund)
    return setPayment(ctx, paymentId, { state: 'refunded' })
  }
  bookRefundFailed(ctx, refund)
  const undone = { resolvedAt: null, resolvedBy: null, note: null }
  setPayment(ctx, paymentId, { state: 'unmatched', doubt: 'refund-failed', ...undone })
}

const internal = { permission: 'system', isInternal: true } as const

/**
 * Before the provider is asked. Said once: whoever comes here again, after a crash, does not know whether it was asked,
 * and must not ask a second time.
 */
export const beginRefund = defineCommand({
  ...internal,
  name: 'refunds.begin',
  // Where it may be told how it ended is for the provider alone.
  valueIsSecret: true,
  input: z.object({ refundId: z.string() }),
  handle(ctx, { refundId }) {
    const refund = refundAt(ctx, refundId)
    if (refund?.state !== 'asked') return ok({ request: undefined, isWaitedFor: false })
    if (refund.begunAt !== null) return ok({ request: undefined, isWaitedFor: true })
    set(ctx, refund, { begunAt: ctx.now })
    const { receipt, amountMinor, currency, note } = refund
    const urls = { resultUrl: tellAt(ctx, refund, 'result'), timeoutUrl: tellAt(ctx, refund, 'timeout') }
    return ok({ request: { receipt, amountMinor, currency, note, ...urls }, isWaitedFor: true })
  },
})

/** Undefined where nobody reaches the box. */
const tellAt = (ctx: CommandContext, { number, id }: Refund, kind: 'result' | 'timeout'): string | undefined => {
  const { callbackUrl: base, shortcode } = mpesaConfig(ctx)
  return base === '' ? undefined : callbackUrl(base, refundToken(ctx.vault, kind, { number, id, shortcode }))
}

const told = z.discriminatedUnion('type', [
  z.object({ type: z.literal('taken'), ref: z.string().min(1).max(128), originatorId: z.string().max(128).optional() }),
  z.object({ type: z.literal('unheard') }),
  z.object({ type: z.literal('silent') }),
  z.object({ type: z.literal('refused'), failure: z.enum(failures) }),
])

/** What the provider said when it was asked to pay back. */
export const refundTold = defineCommand({
  ...internal,
  name: 'refunds.told',
  input: z.object({ refundId: z.string(), told }),
  handle(ctx, { refundId, told }) {
    const refund = refundAt(ctx, refundId)
    if (!refund) return err({ type: 'RefundUnknown', receipt: refundId })
    const next = nextOfRefund(refund, told)
    if (next.type === 'send') sent(ctx, refund, next)
    if (next.type === 'fail') endRefund(ctx, refund, next.failure)
    if (next.type === 'look') waitedTooLong(ctx, refund)
    if (next.type === 'ask-again') {
      set(ctx, refund, { begunAt: null, unheard: refund.unheard + 1 })
      ctx.enqueue(refundJob, { refundId }, { runAt: ctx.now + next.afterMs })
    }
    return ok({ refundId })
  },
})

/** Its result may have come before the answer that says what it is called. */
const sent = (ctx: CommandContext, refund: Refund, { ref, originatorId }: Extract<RefundNext, { type: 'send' }>) => {
  set(ctx, refund, { state: 'sent', sentAt: ctx.now, providerRef: ref, originatorRef: originatorId ?? null })
  const result = refund.claims.find((claim) => claim.ref === ref)
  if (result) endRefund(ctx, refund, result.failure)
  else inquireLater(ctx, refund)
}

/** Where it is not told how it ended it is asked, once that would have been told. */
const inquireLater = (ctx: CommandContext, { id }: Refund): void =>
  ctx.enqueue(inquireJob, { refundId: id }, { runAt: ctx.now + askStatusAfterMs(0)!, key: id })

/** Kept for when it is known what the provider calls it, or for whoever decides. */
export const noteClaim = (ctx: CommandContext, refund: Refund, claim: RefundClaim): void =>
  set(ctx, refund, { claims: [...refund.claims, claim] })

export const waitedTooLong = (ctx: CommandContext, refund: Refund): void => {
  set(ctx, refund, { state: 'unknown', unknownAt: ctx.now })
  inquireLater(ctx, refund)
}

/** What the provider says of it when it is asked. That it ended otherwise than it stands here is told and changes nothing. */
export const refundFoundAs = (ctx: CommandContext, refund: Refund, end: 'done' | 'failed'): void => {
  if (refund.state === 'sent' || refund.state === 'unknown')
    return endRefund(ctx, refund, end === 'done' ? null : 'system')
  if (refund.state !== end) set(ctx, refund, { disputedAt: ctx.now, disputedAs: end })
}

/** Of what the provider does not tell, somebody who has looked at its own list does. */
export const sayRefund = defineCommand({
  name: 'payments.sayRefund',
  summary: 'Says how a refund ended that M-Pesa told nothing of, as its own list has it: paid back, or not.',
  permission: 'payments.resolve',
  input: z.object({ receipt: z.string().max(64), isDone: z.boolean() }),
  output: z.object({ receipt: z.string(), state: z.enum(['done', 'failed']) }),
  handle(ctx, { receipt, isDone }) {
    const refund = openRefund(ctx, receipt)
    if (!refund.ok) return refund
    const { state } = refund.value
    endRefund(ctx, refund.value, isDone ? null : 'system', ctx.actor.id)
    const after = isDone ? 'done' : 'failed'
    ctx.changed({ state }, { state: after })
    return ok({ receipt, state: after })
  },
})

type OpenFault =
  | { readonly type: 'RefundUnknown'; readonly receipt: string }
  /** The provider has not been asked, or is being asked this moment. */
  | { readonly type: 'RefundEarly'; readonly receipt: string }

const openRefund = (ctx: CommandContext, receipt: string): Result<Refund, OpenFault> => {
  const open = inArray(refunds.site.state, ['asked', 'sent', 'unknown'])
  const found = ctx.db
    .select({ refund: refunds.site })
    .from(refunds.site)
    .innerJoin(payments.site, eq(payments.site.id, refunds.site.paymentId))
    .where(and(eq(payments.site.receipt, receipt), open))
    .get()
  if (!found) return err({ type: 'RefundUnknown', receipt })
  return found.refund.state === 'asked' ? err({ type: 'RefundEarly', receipt }) : ok(found.refund)
}
