/** What whoever holds a wallet does with it at the portal: no more than the holder of its code may. */
import { timingSafeEqual } from 'node:crypto'
import { and, eq, sql } from 'drizzle-orm'
import { z } from 'zod'
import { err, formatMoney, money, ok, type Result } from '@lango/kernel'
import { ascending, defineQuery, descending, sumOf } from '@lango/kernel/db'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { readCode } from '../access/index.ts'
import { phoneSchema } from '../customers/index.ts'
import { ledgerAccounts, ledgerPostings } from '../ledger/tables.ts'
import { messageSenders } from '../messages/tables.ts'
import { moveBetween, walletAt, type Wallet } from './books.ts'
import { ofWallet } from './commands.ts'
import { codeOf, codeText, openWallet, tellPhone, walletOfPhone } from './open.ts'
import { walletAccountIn } from './queries.ts'
import { walletLimits, type WalletFault } from './rules.ts'
import { walletMoves, wallets } from './tables.ts'

const internal = { permission: 'system', isInternal: true } as const

const isSame = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

/**
 * Whether a code opens the wallet of a phone. A wrong one, a phone without a wallet and a blocked one are answered alike,
 * and a wallet is tried at most so often within an hour, from however many devices.
 */
export const enterWallet = defineCommand({
  ...internal,
  name: 'wallets.enter',
  isRoutine: true,
  input: z.object({ phone: phoneSchema, code: z.string().max(64) }),
  audit: () => ({}),
  handle(ctx, { phone, code }) {
    const shut = ok({ opened: null })
    const wallet = walletOfPhone(ctx, phone)
    const typed = readCode(code)
    if (!wallet || typed === undefined) return shut
    const isLate = wallet.missesSince === null || ctx.now - wallet.missesSince >= walletLimits.missesWithinMs
    const misses = isLate ? 0 : wallet.misses
    if (misses >= walletLimits.missesMax) return shut
    const isRight = isSame(codeOf(ctx, wallet) ?? '', typed)
    const counted = { misses: isRight ? 0 : misses + 1, missesSince: isLate ? ctx.now : wallet.missesSince }
    ctx.db.update(wallets.site).set(counted).where(eq(wallets.site.id, wallet.id)).run()
    if (!isRight || wallet.status === 'blocked') return shut
    return ok({ opened: { number: wallet.number, codeNo: wallet.codeNo } })
  },
})

/** The code, sent to the phone once more. Whether there is such a wallet, and whether it was sent, is told to nobody. */
export const sendWalletCode = defineCommand({
  ...internal,
  name: 'wallets.sendCode',
  input: z.object({ phone: phoneSchema }),
  audit: () => ({}),
  handle(ctx, { phone }) {
    const wallet = walletOfPhone(ctx, phone)
    const isSoon = wallet !== undefined && ctx.now - (wallet.codeSentAt ?? 0) < walletLimits.codeAgainMs
    if (!wallet || isSoon || wallet.status === 'blocked') return ok()
    ctx.db.update(wallets.site).set({ codeSentAt: ctx.now }).where(eq(wallets.site.id, wallet.id)).run()
    tellPhone(ctx, wallet, codeText(ctx, wallet).trim())
    return ok()
  },
})

/** The code of a wallet that this purchase has opened, for as long as whoever paid stands before the page. */
export const tellFirstCode = defineCommand({
  ...internal,
  name: 'wallets.tellFirstCode',
  isRoutine: true,
  valueIsSecret: true,
  input: z.object({ purchaseId: z.string().max(64) }),
  handle(ctx, { purchaseId }) {
    const wallet = ctx.db.select().from(wallets.site).where(eq(wallets.site.openedBy, purchaseId)).get()
    const isFresh = wallet?.codeNo === 1 && ctx.now - wallet.createdAt < walletLimits.codeToldMs
    return ok({ code: isFresh ? codeOf(ctx, wallet) : undefined })
  },
})

type SendFault = WalletFault | { readonly type: 'WalletSelf' }

/** To the wallet of another phone, which is opened where there is none; whoever has that phone is told by SMS. */
export const sendMoney = defineCommand({
  ...internal,
  name: 'wallets.send',
  input: z.object({
    walletId: z.string(),
    phone: phoneSchema,
    amountMinor: z.number().int().min(1).max(walletLimits.amountMax),
  }),
  audit: (input) => ofWallet(input, { value: { id: input.walletId } }),
  handle(ctx, { walletId, phone, amountMinor }): Result<{ id: string; receipt: number }, SendFault> {
    const from = walletAt(ctx, walletId)
    if (!from) return err({ type: 'WalletUnknown', wallet: walletId })
    if (from.phone === phone) return err({ type: 'WalletSelf' })
    const { wallet: to, isNew } = openWallet(ctx, phone)
    if (to.currency !== from.currency)
      return err({ type: 'WalletCurrency', wallet: to.number, currency: from.currency })
    const amount = money(amountMinor, from.currency)
    const sent = moveBetween(ctx, [from, to], amount, `wallet-sent:${ctx.id}`)
    if (!sent.ok) return sent
    tellPhone(ctx, to, sentText(ctx, from, to, formatMoney(amount), isNew))
    return ok({ id: walletId, receipt: sent.value })
  },
})

const sentText = (ctx: CommandContext, from: Wallet, to: Wallet, amount: string, isNew: boolean): string =>
  `${from.phone} amekutumia / has sent you ${amount}.${isNew ? codeText(ctx, to) : ''}`

const MOVES_AT_GATE = 10

/** An open wallet, with what is in it; undefined where its code is another by now. */
export const walletAtGate = defineQuery({
  name: 'wallets.atGate',
  permission: 'system',
  input: z.object({ number: z.number().int(), codeNo: z.number().int() }),
  tables: { wallets, walletMoves, ledgerAccounts, ledgerPostings },
  examples: [
    { number: 1, codeNo: 1 },
    { number: 2, codeNo: 1 },
  ],
  select: (read, { number }) => {
    const { db, wallets, walletMoves: moves, ledgerAccounts: accounts, ledgerPostings: postings, ref, byKey } = read
    return {
      wallet: db
        .select({
          id: wallets.id,
          number: wallets.number,
          reference: wallets.reference,
          phone: wallets.phone,
          currency: wallets.currency,
          codeNo: wallets.codeNo,
          status: wallets.status,
        })
        .from(wallets)
        .where(eq(wallets.number, number))
        .orderBy(...byKey(wallets)),
      sum: db
        .select({ minor: sumOf(postings.minor) })
        .from(wallets)
        .innerJoin(accounts, walletAccountIn(read))
        .innerJoin(postings, ref(postings.accountId, accounts.id))
        .where(eq(wallets.number, number)),
      moves: db
        .select({
          id: moves.id,
          kind: moves.kind,
          at: moves.at,
          minor: sql<number>`-${postings.minor}`.mapWith(Number),
        })
        .from(moves)
        .innerJoin(wallets, ref(moves.walletId, wallets.id))
        .innerJoin(accounts, walletAccountIn(read))
        .innerJoin(postings, and(ref(postings.entryId, moves.entryId), ref(postings.accountId, accounts.id)))
        .where(eq(wallets.number, number))
        .orderBy(descending(moves.at), descending(moves.number), ...byKey(moves), ascending(postings.id))
        .limit(MOVES_AT_GATE),
    }
  },
  shape: ({ wallet: [wallet], sum, moves }, { codeNo }) =>
    wallet?.status === 'active' && wallet.codeNo === codeNo
      ? { ...wallet, balanceMinor: -(sum[0]?.minor ?? 0) + 0, moves }
      : undefined,
})

/** Whether a forgotten code can be sent by SMS. */
export const canSendCode = defineQuery({
  name: 'wallets.canSendCode',
  permission: 'system',
  input: z.object({ channel: z.string().max(32).default('sms') }),
  tables: { messageSenders },
  examples: [{ channel: 'message_senders_1' }, {}],
  select: ({ db, messageSenders: senders, byKey }, { channel }) =>
    db
      .select({ id: senders.id })
      .from(senders)
      .where(eq(senders.id, channel))
      .orderBy(...byKey(senders)),
  shape: (rows) => rows.length > 0,
})
