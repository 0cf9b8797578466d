/** M-Pesa is asked to have somebody agree to a standing order; it is watched, and ended on record. */
import { and, count, eq, inArray, lt, or } from 'drizzle-orm'
import { z } from 'zod'
import { callbackUrl, currencyDecimals, err, ok, type Result } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import type { Wallet, WalletFault } from '../wallets/index.ts'
import { wallets } from '../wallets/tables.ts'
import { standingOrderToken } from './callback-tokens.ts'
import { standingOrderJob } from './jobs-asked-for.ts'
import { mpesaConfig } from './mpesa.ts'
import { CURRENCY, MPESA, TRUST_MAX } from './mpesa-rules.ts'
import { failures, frequencies } from './port.ts'
import { promptRefused, type PromptFault } from './prompts.ts'
import {
  dayOf,
  isDay,
  nextOfOrder,
  openStates,
  standingOrderLimits,
  whyNotSpan,
  type OrderClaim,
  type Span,
} from './standing-rules.ts'
import { standingOrders } from './standing-table.ts'
import { paymentAccounts } from './tables.ts'

export type StandingOrder = typeof standingOrders.site.$inferSelect
const { site } = standingOrders

export const setOrder = (ctx: CommandContext, { id }: StandingOrder, values: Partial<StandingOrder>): void => {
  ctx.db.update(site).set(values).where(eq(site.id, id)).run()
}

export const orderAt = (ctx: CommandContext, id: string): StandingOrder | undefined =>
  ctx.db.select().from(site).where(eq(site.id, id)).get()

const MINOR = 10 ** currencyDecimals(CURRENCY)
const day = z.string().refine(isDay, 'A day is written as 2026-12-31.')

type RequestFault =
  | { readonly type: 'StandingOrdersOff' }
  | { readonly type: 'MpesaUnready'; readonly missing: readonly string[] }
  /** A till has no accounts: nobody would know whose the money is. */
  | { readonly type: 'StandingOrdersForPaybill' }
  | Extract<WalletFault, { readonly type: 'WalletUnknown' | 'WalletBlocked' | 'WalletCurrency' }>
  | { readonly type: 'AmountUnfit'; readonly currency: string }
  | { readonly type: 'StandingOrderDays'; readonly why: NonNullable<ReturnType<typeof whyNotSpan>> }
  /** One for as much stands: money of the one could not be told from that of the other. */
  | { readonly type: 'StandingOrderSame'; readonly number: number }
  | { readonly type: 'StandingOrdersMany'; readonly max: number }
  | PromptFault
type Requested = { readonly id: string; readonly number: number; readonly state: 'asked' }

export const requestStandingOrder = defineCommand({
  name: 'standingOrders.request',
  summary:
    'Asks whoever holds a wallet to let M-Pesa pay so much into it, so often: they agree on the handset, with their PIN.',
  permission: 'payments.request',
  input: z.object({
    wallet: z.number().int().min(1),
    amountMinor: z.number().int().min(1),
    frequency: z.enum(frequencies),
    /** The first and the last day, as days are in East Africa. */
    startsOn: day,
    endsOn: day,
  }),
  output: z.object({ id: z.string(), number: z.number().int(), state: z.literal('asked') }),
  handle(ctx, { wallet: no, ...wish }): Result<Requested, RequestFault> {
    const may = mayRequest(ctx, no)
    if (!may.ok) return may
    const wallet = may.value
    const refused = whyNotOrder(ctx, wallet, wish)
    if (refused) return err(refused)
    const [id, number] = [ctx.ids.next('sto'), ctx.counter('standing-order')]
    const asked = { askedAt: ctx.now, askedBy: ctx.actor.id, state: 'asked' as const, unheard: 0, claims: [] }
    ctx.db
      .insert(site)
      .values({ id, number, walletId: wallet.id, phone: wallet.phone, currency: wallet.currency, ...wish, ...asked })
      .run()
    ctx.enqueue(standingOrderJob, { standingOrderId: id })
    return ok({ id, number, state: 'asked' })
  },
})

/** Whether anybody may be asked for that wallet. */
const mayRequest = (ctx: CommandContext, no: number): Result<Wallet, RequestFault> => {
  const { standingOrders: page, kind } = mpesaConfig(ctx)
  if (page === 'off') return err({ type: 'StandingOrdersOff' })
  const account = ctx.db.select().from(paymentAccounts.site).where(eq(paymentAccounts.site.id, MPESA)).get()
  const missing = account?.missing ?? []
  if (missing.length > 0) return err({ type: 'MpesaUnready', missing })
  if (kind === 'till') return err({ type: 'StandingOrdersForPaybill' })
  const wallet = ctx.db.select().from(wallets.site).where(eq(wallets.site.number, no)).get()
  if (!wallet || wallet.status === 'erased') return err({ type: 'WalletUnknown', wallet: String(no) })
  if (wallet.status === 'blocked') return err({ type: 'WalletBlocked', wallet: no })
  return wallet.currency === CURRENCY ? ok(wallet) : err({ type: 'WalletCurrency', wallet: no, currency: CURRENCY })
}

const whyNotOrder = (
  ctx: CommandContext,
  wallet: Wallet,
  { amountMinor, ...span }: Span & { readonly amountMinor: number },
): RequestFault | undefined => {
  if (amountMinor % MINOR !== 0 || amountMinor > TRUST_MAX * MINOR) return { type: 'AmountUnfit', currency: CURRENCY }
  const why = whyNotSpan(span, ctx.now)
  if (why) return { type: 'StandingOrderDays', why }
  const ofWallet = eq(site.walletId, wallet.id)
  const same = and(ofWallet, eq(site.state, 'active'), eq(site.amountMinor, amountMinor))
  const standing = ctx.db.select({ number: site.number }).from(site).where(same).get()
  if (standing) return { type: 'StandingOrderSame', number: standing.number }
  const open = and(ofWallet, inArray(site.state, [...openStates]))
  const { rows } = ctx.db.select({ rows: count() }).from(site).where(open).get()!
  const { openMax: max } = standingOrderLimits
  return rows >= max ? { type: 'StandingOrdersMany', max } : promptRefused(ctx, wallet.phone)
}

/** It is stopped on the handset, which nobody tells: whoever has heard it says so. */
export const endStandingOrder = defineCommand({
  name: 'standingOrders.end',
  summary:
    'Says that a standing order was stopped. That stops nothing: whoever holds the handset does; money that still comes is theirs.',
  permission: 'wallets.write',
  input: z.object({ number: z.number().int() }),
  output: z.object({ number: z.number().int(), state: z.literal('ended') }),
  handle(ctx, { number }) {
    const order = ctx.db.select().from(site).where(eq(site.number, number)).get()
    if (!order) return err({ type: 'StandingOrderUnknown', number })
    if (order.state === 'ended' || order.state === 'refused') return err({ type: 'StandingOrderOver', number })
    setOrder(ctx, order, { state: 'ended', endedAt: ctx.now, endedBy: ctx.actor.id })
    ctx.changed({ state: order.state }, { state: 'ended' })
    return ok({ number, state: 'ended' as const })
  },
})

const internal = { permission: 'system', isInternal: true } as const

/** What it is called on the handset: its number is in no other. */
const nameOf = ({ number }: StandingOrder, { reference }: Wallet): string => `Internet ${reference} ${number}`

/**
 * Before the provider is asked. Said once: whoever comes here again, after a crash, does not know whether it was asked, and
 * must not ask a second time.
 */
export const beginStandingOrder = defineCommand({
  ...internal,
  name: 'standingOrders.begin',
  // Where it may be told what became of it is for the provider alone.
  valueIsSecret: true,
  input: z.object({ standingOrderId: z.string() }),
  handle(ctx, { standingOrderId }) {
    const order = orderAt(ctx, standingOrderId)
    if (order?.state !== 'asked' || order.sentAt !== null) return ok({ request: undefined, isWaitedFor: false })
    if (order.begunAt !== null) return ok({ request: undefined, isWaitedFor: true })
    setOrder(ctx, order, { begunAt: ctx.now })
    const wallet = ctx.db.select().from(wallets.site).where(eq(wallets.site.id, order.walletId)).get()!
    const { id, phone, amountMinor, currency, frequency, startsOn, endsOn } = order
    const about = { id, phone, amountMinor, currency, frequency, startsOn, endsOn }
    const named = { name: nameOf(order, wallet), reference: wallet.reference }
    return ok({ request: { ...about, ...named, tellAt: tellAt(ctx, order) }, isWaitedFor: true })
  },
})

/** Undefined where nobody reaches the box. */
const tellAt = (ctx: CommandContext, { number, id }: StandingOrder): string | undefined => {
  const { callbackUrl: base, shortcode } = mpesaConfig(ctx)
  return base === '' ? undefined : callbackUrl(base, standingOrderToken(ctx.vault, { number, id, shortcode }))
}

const told = z.discriminatedUnion('type', [
  z.object({ type: z.literal('taken'), ref: z.string().min(1).max(128) }),
  z.object({ type: z.literal('unheard') }),
  z.object({ type: z.literal('silent') }),
  z.object({ type: z.literal('refused'), failure: z.enum(failures) }),
])

/** What the provider said when it was asked. */
export const standingOrderTold = defineCommand({
  ...internal,
  name: 'standingOrders.told',
  input: z.object({ standingOrderId: z.string(), told }),
  handle(ctx, { standingOrderId, told: heard }) {
    const order = orderAt(ctx, standingOrderId)
    if (!order) return ok({ standingOrderId })
    const isTold = mpesaConfig(ctx).callbackUrl !== ''
    const next = nextOfOrder(order, heard, { now: ctx.now, isTold })
    if (next.type === 'refuse') setOrder(ctx, order, { state: 'refused', failure: next.failure, answeredAt: ctx.now })
    if (next.type === 'wait' || next.type === 'lose') sent(ctx, order, next)
    if (next.type === 'ask-again') {
      setOrder(ctx, order, { begunAt: null, unheard: order.unheard + 1 })
      ctx.enqueue(standingOrderJob, { standingOrderId }, { runAt: ctx.now + next.afterMs })
    }
    return ok({ standingOrderId })
  },
})

type Sent = { readonly type: 'wait' | 'lose'; readonly ref: string | undefined }

/** The answer of whoever was asked may have come before the one that says what the provider calls it. */
const sent = (ctx: CommandContext, order: StandingOrder, { type, ref }: Sent): void => {
  const state = type === 'wait' ? ('asked' as const) : ('unknown' as const)
  setOrder(ctx, order, { state, sentAt: ctx.now, providerRef: ref ?? null, claims: [] })
  const early = order.claims.find(({ refs }) => ref !== undefined && refs.includes(ref))
  if (early) answerOrder(ctx, order, early)
}

export const answerOrder = (ctx: CommandContext, order: StandingOrder, { failure }: OrderClaim): void => {
  const state = failure === null ? ('active' as const) : ('refused' as const)
  setOrder(ctx, order, { state, failure, answeredAt: ctx.now })
}

/** Who has not answered is not waited for for ever, and what is over its last day is over; not while nobody trusts the clock. */
export const watchStandingOrders = defineCommand({
  ...internal,
  name: 'standingOrders.watch',
  isRoutine: true,
  input: z.object({}),
  handle(ctx) {
    if (!ctx.sure) return ok({ changed: 0 })
    const today = dayOf(ctx.now)
    const isOver = and(inArray(site.state, [...openStates]), lt(site.endsOn, today))
    const isLate = and(eq(site.state, 'asked'), lt(site.sentAt, ctx.now - standingOrderLimits.answerWithinMs))
    const due = ctx.db.select().from(site).where(or(isOver, isLate)).limit(standingOrderLimits.rowsAtOnce).all()
    for (const order of due) {
      const over = { state: 'ended', endedAt: ctx.now } as const
      setOrder(ctx, order, order.endsOn < today ? over : { state: 'unknown' })
    }
    return ok({ changed: due.length })
  },
})
