/** Money goes out to a phone by the provider: asked for under one name, so that it leaves once whatever happens. */
import { and, count, eq, gt, inArray, or, sum } from 'drizzle-orm'
import { z } from 'zod'
import { callbackUrl, err, money, ok, type Result } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import type { Account } from '../ledger/index.ts'
import { bookPayoutAsked, bookPayoutBack, bookPayoutDone, bookPayoutFee } from './books.ts'
import { payoutToken, type ResultCallback } from './callback-tokens.ts'
import { inquireJob, payoutJob } from './jobs-asked-for.ts'
import { mpesaConfig } from './mpesa.ts'
import { MPESA } from './mpesa-rules.ts'
import {
  countedStates,
  needsRelease,
  nextOfPayout,
  payoutLimits,
  whyNotPayout,
  type PaidOutClaim,
  type PayoutNext,
} from './payout-rules.ts'
import { failures, type Failure } from './port.ts'
import { askStatusAfterMs } from './question-rules.ts'
import { paymentAccounts, payments, payouts } from './tables.ts'

export type Payout = typeof payouts.site.$inferSelect
const { site } = payouts

export type PayoutWish = {
  /** E.164. */
  readonly phone: string
  readonly amountMinor: number
  readonly currency: string
  readonly reason: string
  /** Whose money it is: it goes back there when it does not leave. */
  readonly from: Account
  /** That is paid back by it. */
  readonly paymentId?: string
}

export type PayoutFault =
  | { readonly type: 'InitiatorUnready'; readonly missing: readonly string[] }
  /** The provider moves whole units alone, and of one currency. */
  | { readonly type: 'PayoutCents' }
  | { readonly type: 'PayoutsWaiting'; readonly max: number }
  | NonNullable<ReturnType<typeof whyNotPayout>>

const missing = ({ db }: CommandContext): readonly string[] => {
  const account = db.select().from(paymentAccounts.site).where(eq(paymentAccounts.site.id, MPESA)).get()
  return account ? [...account.missing, ...account.missingToPayBack] : ['shortcode']
}

/** What went out within the last day, or waits to; without one of them, which is looked at. */
const paidWithinDay = ({ db, now }: CommandContext, butId?: string): number => {
  const within = or(eq(site.state, 'waiting'), gt(site.releasedAt, now - payoutLimits.dayMs))
  const counted = and(inArray(site.state, [...countedStates]), within)
  const rows = db
    .select({ id: site.id, minor: sum(site.amountMinor) })
    .from(site)
    .where(counted)
    .groupBy(site.id)
    .all()
  return rows.filter(({ id }) => id !== butId).reduce((all, { minor }) => all + Number(minor), 0)
}

/** Whether so much may be paid out now. */
export const mayPayOut = (ctx: CommandContext, amountMinor: number, butId?: string): Result<void, PayoutFault> => {
  const lacking = missing(ctx)
  if (lacking.length > 0) return err({ type: 'InitiatorUnready', missing: lacking })
  if (amountMinor % MINOR !== 0) return err({ type: 'PayoutCents' })
  const why = whyNotPayout(mpesaConfig(ctx), amountMinor, paidWithinDay(ctx, butId))
  return why === undefined ? ok() : err(why)
}
const MINOR = 100

/**
 * Takes the money from where it stands and has it paid out, or waits for a second person. A function for commands: what
 * takes it from a wallet does so in the same transaction.
 */
export const putPayout = (
  ctx: CommandContext,
  { from, paymentId, ...wish }: PayoutWish,
): Result<{ readonly id: string; readonly number: number; readonly state: 'waiting' | 'asked' }, PayoutFault> => {
  const may = mayPayOut(ctx, wish.amountMinor)
  if (!may.ok) return may
  const isWaiting = needsRelease(mpesaConfig(ctx), wish.amountMinor)
  const { rows } = ctx.db.select({ rows: count() }).from(site).where(eq(site.state, 'waiting')).get()!
  if (isWaiting && rows >= payoutLimits.waitingMax) return err({ type: 'PayoutsWaiting', max: payoutLimits.waitingMax })
  const [id, number] = [ctx.ids.next('out'), ctx.counter('payout')]
  const state = isWaiting ? ('waiting' as const) : ('asked' as const)
  const released = isWaiting ? {} : { releasedAt: ctx.now, releasedBy: ctx.actor.id }
  const asked = { requestedAt: ctx.now, requestedBy: ctx.actor.id, ...released }
  const row = { id, number, ...wish, fromKind: from.kind, fromCode: from.code, paymentId: paymentId ?? null }
  ctx.db
    .insert(site)
    .values({ ...row, ...asked, state, tries: 0, mayBeHeard: false, claims: [] })
    .run()
  bookPayoutAsked(ctx, row)
  if (!isWaiting) ctx.enqueue(payoutJob, { payoutId: id })
  return ok({ id, number, state })
}

export const setPayout = (ctx: CommandContext, { id }: Payout, values: Partial<Payout>): void => {
  ctx.db.update(site).set(values).where(eq(site.id, id)).run()
}

export const payoutAt = (ctx: CommandContext, id: string): Payout | undefined =>
  ctx.db.select().from(site).where(eq(site.id, id)).get()

type End = {
  readonly failure: Failure | null
  readonly receipt?: string | undefined
  readonly name?: string | undefined
}

/** It is over: the money is with whoever it was for, or back where it was taken from. */
export const endPayout = (ctx: CommandContext, payout: Payout, { failure, receipt, name }: End, saidBy?: string) => {
  const state = failure === null ? ('done' as const) : ('failed' as const)
  const told = { receipt: receipt ?? null, payeeName: name ?? null, saidBy: saidBy ?? null }
  setPayout(ctx, payout, { state, failure, endedAt: ctx.now, ...told })
  if (failure === null) bookPayoutDone(ctx, payout)
  else bookPayoutBack(ctx, payout)
  endPayment(ctx, payout, failure === null)
}

/** Of the payment that is paid back by it: it is with whoever paid, or waits for somebody again. */
export const endPayment = (ctx: CommandContext, { paymentId }: Payout, isPaidBack: boolean): void => {
  if (paymentId === null) return
  const undone = { doubt: 'refund-failed', resolvedAt: null, resolvedBy: null, note: null } as const
  const after = isPaidBack ? { state: 'refunded' as const } : { state: 'unmatched' as const, ...undone }
  ctx.db.update(payments.site).set(after).where(eq(payments.site.id, paymentId)).run()
}

const internal = { permission: 'system', isInternal: true } as const

/** Before the provider is asked. After a crash it is asked again under the same name, and may have heard it before. */
export const beginPayout = defineCommand({
  ...internal,
  name: 'payouts.begin',
  // Where it may be told how it ended is for the provider alone.
  valueIsSecret: true,
  input: z.object({ payoutId: z.string() }),
  handle(ctx, { payoutId }) {
    const payout = payoutAt(ctx, payoutId)
    if (payout?.state !== 'asked') return ok({ request: undefined, isOver: false })
    const mayBeHeard = payout.mayBeHeard || payout.begunAt !== null
    setPayout(ctx, payout, { begunAt: ctx.now, mayBeHeard, tries: payout.tries + 1 })
    // Whoever is pulled away each time it asks does not ask for ever.
    if (payout.tries >= payoutLimits.triesMax) return ok({ request: undefined, isOver: true })
    const { id, phone, amountMinor, currency, reason } = payout
    const urls = { resultUrl: tellAt(ctx, payout, 'result'), timeoutUrl: tellAt(ctx, payout, 'timeout') }
    return ok({ request: { id, phone, amountMinor, currency, reason, ...urls }, isOver: false })
  },
})

/** Undefined where nobody reaches the box. */
const tellAt = (ctx: CommandContext, { number, id }: Payout, kind: ResultCallback): string | undefined => {
  const { callbackUrl: base, shortcode } = mpesaConfig(ctx)
  return base === '' ? undefined : callbackUrl(base, payoutToken(ctx.vault, kind, { number, id, shortcode }))
}

const told = z.discriminatedUnion('type', [
  z.object({ type: z.literal('taken'), ref: z.string().min(1).max(128) }),
  z.object({ type: z.literal('asked-before') }),
  z.object({ type: z.literal('unheard') }),
  z.object({ type: z.literal('silent') }),
  z.object({ type: z.literal('refused'), failure: z.enum(failures) }),
])

/** What the provider said when it was asked to pay out. */
export const payoutTold = defineCommand({
  ...internal,
  name: 'payouts.told',
  input: z.object({ payoutId: z.string(), told }),
  handle(ctx, { payoutId, told }) {
    const payout = payoutAt(ctx, payoutId)
    if (payout) goOn(ctx, payout, nextOfPayout(payout, told))
    return ok({ payoutId })
  },
})

const goOn = (ctx: CommandContext, payout: Payout, next: PayoutNext): void => {
  if (next.type === 'send') sent(ctx, payout, next.ref)
  if (next.type === 'fail') endPayout(ctx, payout, { failure: next.failure })
  if (next.type === 'look') lookAtPayout(ctx, payout)
  if (next.type === 'ask-again') {
    setPayout(ctx, payout, { begunAt: null, mayBeHeard: next.mayBeHeard })
    ctx.enqueue(payoutJob, { payoutId: payout.id }, { runAt: ctx.now + next.afterMs })
  }
}

/** Its result may have come before the answer that says what it is called. */
const sent = (ctx: CommandContext, payout: Payout, ref: string | undefined): void => {
  setPayout(ctx, payout, { state: 'sent', sentAt: ctx.now, providerRef: ref ?? null })
  const result = ref === undefined ? undefined : payout.claims.find((claim) => claim.ref === ref)
  if (result) endPayout(ctx, payout, result)
  else inquireLater(ctx, payout)
}

const inquireLater = (ctx: CommandContext, { id }: Payout): void =>
  ctx.enqueue(inquireJob, { payoutId: id }, { runAt: ctx.now + askStatusAfterMs(0)!, key: id })

/** Nobody knows how it ended: the provider is asked, and somebody looks. */
export const lookAtPayout = (ctx: CommandContext, payout: Payout): void => {
  setPayout(ctx, payout, { state: 'unknown', unknownAt: ctx.now })
  inquireLater(ctx, payout)
}

export const notePayoutClaim = (ctx: CommandContext, payout: Payout, claim: PaidOutClaim): void =>
  setPayout(ctx, payout, { claims: [...payout.claims, claim] })

type Found = { readonly receipt?: string | undefined; readonly feeMinor?: number | undefined }

/** What the provider says of it when it is asked. That it ended otherwise than it stands here is told and changes nothing. */
export const payoutFoundAs = (ctx: CommandContext, payout: Payout, end: 'done' | 'failed', found: Found): void => {
  const { state, currency } = payout
  if (state === 'sent' || state === 'unknown')
    endPayout(ctx, payout, { failure: end === 'done' ? null : 'system', receipt: found.receipt })
  else if (state !== end) return setPayout(ctx, payout, { disputedAt: ctx.now, disputedAs: end })
  const { feeMinor } = found
  if (end !== 'done' || feeMinor === undefined || feeMinor <= 0 || payout.feeMinor !== null) return
  setPayout(ctx, payout, { feeMinor })
  bookPayoutFee(ctx, payout.id, money(feeMinor, currency))
}
