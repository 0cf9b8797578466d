/** What the staff does about money that goes out: asks for it, releases it, turns it down, says how it ended. */
import { and, eq, sql } from 'drizzle-orm'
import { z } from 'zod'
import { err, money, ok, type Result } from '@lango/kernel'
import { defineCommand, personalIn, type CommandContext } from '@lango/kernel/verbs'
import { ledgerAccounts, ledgerPostings } from '../ledger/tables.ts'
import type { Account } from '../ledger/index.ts'
import { maySpend, walletAccount, walletOfPhone, type WalletFault } from '../wallets/index.ts'
import { apiTokens } from '../people/tables.ts'
import { bookPayoutBack, UNMATCHED } from './books.ts'
import { phoneSchema } from '../customers/index.ts'
import { payoutJob } from './jobs-asked-for.ts'
import { CURRENCY } from './mpesa-rules.ts'
import { endPayment, endPayout, mayPayOut, putPayout, setPayout, type Payout, type PayoutFault } from './payout.ts'
import { payoutLimits } from './payout-rules.ts'
import { payments, payouts, purchases } from './tables.ts'

const { site } = payouts

/** What a payout is for: each has its place in the ledger. */
const purpose = z.discriminatedUnion('as', [
  /** Money that waits, whole, to the phone that it came from. */
  z.object({ as: z.literal('payment'), receipt: z.string().max(64), phone: phoneSchema.optional() }),
  /** What a seller of vouchers has earned. */
  z.object({ as: z.literal('commission'), who: z.string().min(1).max(64), phone: phoneSchema, amountMinor: amount() }),
  /** To a customer who was wronged. */
  z.object({ as: z.literal('compensation'), phone: phoneSchema, amountMinor: amount() }),
  z.object({ as: z.literal('expense'), phone: phoneSchema, amountMinor: amount() }),
  /** What somebody has in their wallet, to the phone that it is known by. */
  z.object({ as: z.literal('wallet'), phone: phoneSchema, amountMinor: amount() }),
])
type Purpose = z.output<typeof purpose>

function amount() {
  return z.number().int().positive()
}

export const requestPayout = defineCommand({
  name: 'payouts.request',
  summary:
    'Has M-Pesa pay out to a phone: money that waits, a seller’s commission, what is in a wallet, a compensation or an expense. Above a sum somebody else releases it.',
  permission: 'payouts.request',
  input: z.object({ for: purpose, reason: z.string().trim().min(1).max(payoutLimits.reasonMax) }),
  output: z.object({ number: z.number().int(), state: z.enum(['waiting', 'asked']) }),
  audit: (input) => personalIn(undefined, input),
  handle(ctx, { for: told, reason }) {
    const wish = told.as === 'payment' ? ofPayment(ctx, told) : ofSum(ctx, told)
    if (!wish.ok) return wish
    const put = putPayout(ctx, { ...wish.value, reason })
    if (!put.ok) return put
    const { paymentId } = wish.value
    if (paymentId !== undefined) {
      const said = { resolvedAt: ctx.now, resolvedBy: ctx.actor.id, note: reason }
      const values = { state: 'refunding', purchaseId: null, ...said } as const
      ctx.db.update(payments.site).set(values).where(eq(payments.site.id, paymentId)).run()
    }
    return ok({ number: put.value.number, state: put.value.state })
  },
})

type Wish = {
  readonly phone: string
  readonly amountMinor: number
  readonly currency: string
  readonly from: Account
  readonly paymentId?: string
}
type WishFault =
  | { readonly type: 'PaymentUnknown'; readonly receipt: string }
  /** It is for something, or on its way back. */
  | { readonly type: 'PaymentSettled'; readonly receipt: string }
  /** It was not paid by this phone as far as anybody knows, or nobody knows by which. */
  | { readonly type: 'PayeeUnknown'; readonly receipt: string; readonly phones: readonly string[] }
  | { readonly type: 'CommissionShort'; readonly owedMinor: number; readonly currency: string }
  | WalletFault

const ofPayment = (
  { db }: CommandContext,
  { receipt, phone }: Extract<Purpose, { as: 'payment' }>,
): Result<Wish, WishFault> => {
  const found = db
    .select({ payment: payments.site, asked: purchases.site.phone })
    .from(payments.site)
    .leftJoin(purchases.site, eq(purchases.site.id, payments.site.purchaseId))
    .where(eq(payments.site.receipt, receipt))
    .get()
  if (!found) return err({ type: 'PaymentUnknown', receipt })
  const { payment, asked } = found
  if (payment.state !== 'unmatched') return err({ type: 'PaymentSettled', receipt })
  const phones =
    payment.phone === null ? [...new Set([...payment.phones, ...(asked === null ? [] : [asked])])] : [payment.phone]
  const payee = phone ?? (phones.length === 1 ? phones[0] : undefined)
  if (payee === undefined || !phones.includes(payee)) return err({ type: 'PayeeUnknown', receipt, phones })
  const { id, amountMinor, currency } = payment
  return ok({ phone: payee, amountMinor, currency, from: UNMATCHED, paymentId: id })
}

const ofSum = (ctx: CommandContext, told: Exclude<Purpose, { as: 'payment' }>): Result<Wish, WishFault> => {
  const { phone, amountMinor } = told
  const of = { phone, amountMinor, currency: CURRENCY }
  if (told.as === 'compensation') return ok({ ...of, from: { kind: 'expense', code: 'compensation' } })
  if (told.as === 'expense') return ok({ ...of, from: { kind: 'expense', code: 'paid-out' } })
  if (told.as === 'wallet') {
    const wallet = walletOfPhone(ctx, phone)
    if (!wallet) return err({ type: 'WalletUnknown', wallet: phone })
    const may = maySpend(ctx, wallet, money(amountMinor, CURRENCY), 0)
    return may.ok ? ok({ ...of, from: walletAccount(wallet.id) }) : may
  }
  const from: Account = { kind: 'liability', code: `commission:${told.who}` }
  const owedMinor = owed(ctx, from)
  if (owedMinor < amountMinor) return err({ type: 'CommissionShort', owedMinor, currency: CURRENCY })
  return ok({ ...of, from })
}

/** What the box owes by this account. */
const owed = ({ db }: CommandContext, { kind, code }: Account): number => {
  const of = and(
    eq(ledgerAccounts.site.kind, kind),
    eq(ledgerAccounts.site.code, code),
    eq(ledgerAccounts.site.currency, CURRENCY),
  )
  const row = db
    .select({ minor: sql<number>`coalesce(sum(${ledgerPostings.site.minor}), 0)` })
    .from(ledgerPostings.site)
    .innerJoin(ledgerAccounts.site, eq(ledgerAccounts.site.id, ledgerPostings.site.accountId))
    .where(of)
    .get()!
  return 0 - row.minor
}

type OpenFault =
  | { readonly type: 'PayoutUnknown'; readonly number: number }
  /** It is not one that this can be said of. */
  | { readonly type: 'PayoutSettled'; readonly number: number }

const payoutIn = (
  { db }: CommandContext,
  number: number,
  states: readonly Payout['state'][],
): Result<Payout, OpenFault> => {
  const payout = db.select().from(site).where(eq(site.number, number)).get()
  if (!payout) return err({ type: 'PayoutUnknown', number })
  return states.includes(payout.state) ? ok(payout) : err({ type: 'PayoutSettled', number })
}

const CHAIN_MAX = 5
const CONSOLE = 'console'

/** Who is behind it: of a token whoever made it, and all who hold the box's own console are one. */
const personBehind = ({ db }: CommandContext, id: string, kind: string | undefined): string => {
  let person = id
  for (let step = 0; step < CHAIN_MAX; step++) {
    const token = db
      .select({ by: apiTokens.site.createdBy })
      .from(apiTokens.site)
      .where(eq(apiTokens.site.id, person))
      .get()
    if (!token) break
    person = token.by
  }
  // What is no person of the staff was done at the console.
  return kind === CONSOLE || !person.startsWith('stf_') ? CONSOLE : person
}

/** By somebody else than whoever asked for it. */
export const releasePayout = defineCommand({
  name: 'payouts.release',
  summary: 'Releases a payout that somebody else has asked for: M-Pesa is asked at once.',
  permission: 'payouts.release',
  input: z.object({ number: z.number().int() }),
  output: z.object({ number: z.number().int(), state: z.literal('asked') }),
  handle(ctx, { number }) {
    const payout = payoutIn(ctx, number, ['waiting'])
    if (!payout.ok) return payout
    const { id, amountMinor, requestedBy } = payout.value
    if (personBehind(ctx, requestedBy, undefined) === personBehind(ctx, ctx.actor.id, ctx.actor.kind))
      return err({ type: 'PayoutOwn', number })
    const may: Result<void, PayoutFault> = mayPayOut(ctx, amountMinor, id)
    if (!may.ok) return may
    setPayout(ctx, payout.value, { state: 'asked', releasedAt: ctx.now, releasedBy: ctx.actor.id })
    ctx.enqueue(payoutJob, { payoutId: id })
    ctx.changed({ state: 'waiting' }, { state: 'asked' })
    return ok({ number, state: 'asked' as const })
  },
})

/** Whoever asked for it may take it back too. */
export const turnDownPayout = defineCommand({
  name: 'payouts.turnDown',
  summary: 'Turns down a payout that waits to be released: the money stays where it was.',
  permission: 'payouts.request',
  input: z.object({ number: z.number().int() }),
  output: z.object({ number: z.number().int(), state: z.literal('turned-down') }),
  handle(ctx, { number }) {
    const payout = payoutIn(ctx, number, ['waiting'])
    if (!payout.ok) return payout
    setPayout(ctx, payout.value, { state: 'turned-down', endedAt: ctx.now, saidBy: ctx.actor.id })
    bookPayoutBack(ctx, payout.value)
    endPayment(ctx, payout.value, false)
    ctx.changed({ state: 'waiting' }, { state: 'turned-down' })
    return ok({ number, state: 'turned-down' as const })
  },
})

/** Of what the provider does not tell, somebody who has looked at its own list does. */
export const sayPayout = defineCommand({
  name: 'payouts.say',
  summary: 'Says how a payout ended that M-Pesa told nothing of, as its own list has it: paid, or not.',
  permission: 'payouts.release',
  input: z.object({ number: z.number().int(), isDone: z.boolean() }),
  output: z.object({ number: z.number().int(), state: z.enum(['done', 'failed']) }),
  handle(ctx, { number, isDone }) {
    const payout = payoutIn(ctx, number, ['sent', 'unknown'])
    if (!payout.ok) return payout
    endPayout(ctx, payout.value, { failure: isDone ? null : 'system' }, ctx.actor.id)
    const state = isDone ? ('done' as const) : ('failed' as const)
    ctx.changed({ state: payout.value.state }, { state })
    return ok({ number, state })
  },
})
