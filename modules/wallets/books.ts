/** Money into a wallet and out of it, in the ledger: called by commands of this module and of others, in their transaction. */
import { eq } from 'drizzle-orm'
import { err, money, ok, orThrow, type Money, type Result } from '@lango/kernel'
import type { CommandContext } from '@lango/kernel/verbs'
import { credit, debit, post, type Account, type Line, type Posting } from '../ledger/index.ts'
import { covers, WALLET_ACCOUNT, walletAccount, type MoveKind, type WalletFault } from './rules.ts'
import { walletMoves, wallets } from './tables.ts'

export type Wallet = typeof wallets.site.$inferSelect

export const walletAt = (ctx: CommandContext, id: string): Wallet | undefined =>
  ctx.db.select().from(wallets.site).where(eq(wallets.site.id, id)).get()

export const walletNumbered = (ctx: CommandContext, number: number): Wallet | undefined =>
  ctx.db.select().from(wallets.site).where(eq(wallets.site.number, number)).get()

/** From the ledger's own index, in the transaction: what another command has just taken is gone. */
export const walletBalance = ({ raw }: Pick<CommandContext, 'raw'>, { id, currency }: Wallet): number => {
  const { kind, code } = walletAccount(id)
  return raw
    .prepare<[string, string, string], number>(
      `SELECT coalesce(-sum(minor), 0) + 0 FROM ledger_postings WHERE account_id =
         (SELECT id FROM ledger_accounts WHERE kind = ? AND code = ? AND currency = ?)`,
    )
    .pluck()
    .get(kind, code, currency)!
}

export type WalletMove = {
  readonly kind: MoveKind
  readonly about?: number
}

type Booking = Pick<Posting, 'kind' | 'cause'> & {
  readonly amount: Money
  /** Where the money comes from, or goes to. */
  readonly other: Account
  readonly move: WalletMove
}

/** Answers the number of the movement. What the cause stands for already is not done again. */
const book = (ctx: CommandContext, { id: walletId }: Wallet, entry: Posting, { kind, about }: WalletMove) => {
  const entryId = orThrow(post(ctx, entry))
  const { site } = walletMoves
  const standing = ctx.db.select().from(site).where(eq(site.entryId, entryId)).all()
  const own = standing.find((move) => move.walletId === walletId)
  if (own) return own.number
  const number = ctx.counter('wallet-move')
  ctx.db
    .insert(site)
    .values({ id: ctx.ids.next('wmv'), number, walletId, entryId, kind, about: about ?? null, at: ctx.now })
    .run()
  return number
}

/** Into a wallet, also into a blocked one: it stays theirs. */
export const creditWallet = (ctx: CommandContext, wallet: Wallet, { amount, other, move, ...entry }: Booking): number =>
  book(ctx, wallet, { ...entry, lines: [debit(other, amount), credit(walletAccount(wallet.id), amount)] }, move)

/** Whose money an account of the ledger is; undefined where it is no wallet's. */
export const walletOfAccount = (ctx: CommandContext, { kind, code }: Account): Wallet | undefined =>
  kind === 'liability' && code.startsWith(WALLET_ACCOUNT) ? walletAt(ctx, code.slice(WALLET_ACCOUNT.length)) : undefined

/** Out of a wallet, also out of a blocked one: whoever calls has seen how much there is. */
export const takeByDesk = (ctx: CommandContext, wallet: Wallet, { amount, other, move, ...entry }: Booking): number =>
  book(ctx, wallet, { ...entry, lines: [debit(walletAccount(wallet.id), amount), credit(other, amount)] }, move)

/** Out of a wallet, of what is there; `floorMinor`: as far below nothing. */
export const debitWallet = (
  ctx: CommandContext,
  wallet: Wallet,
  { floorMinor = 0, ...booking }: Booking & { readonly floorMinor?: number },
): Result<number, WalletFault> => {
  const may = maySpend(ctx, wallet, booking.amount, floorMinor)
  return may.ok ? ok(takeByDesk(ctx, wallet, booking)) : may
}

export const maySpend = (
  ctx: CommandContext,
  wallet: Wallet,
  amount: Money,
  floorMinor: number,
): Result<void, WalletFault> => {
  const { number, currency } = wallet
  if (wallet.status !== 'active') return err({ type: 'WalletBlocked', wallet: number })
  if (amount.currency !== currency) return err({ type: 'WalletCurrency', wallet: number, currency: amount.currency })
  const balanceMinor = walletBalance(ctx, wallet)
  if (!covers(balanceMinor, amount, floorMinor))
    return err({ type: 'WalletShort', wallet: number, balanceMinor, wantedMinor: amount.minor, currency })
  return ok()
}

/** From one wallet into another: one entry, and a movement of each. */
export const moveBetween = (
  ctx: CommandContext,
  [from, to]: readonly [Wallet, Wallet],
  amount: Money,
  cause: string,
): Result<number, WalletFault> => {
  const may = maySpend(ctx, from, amount, 0)
  if (!may.ok) return may
  const entry = {
    kind: 'moved',
    cause,
    lines: [debit(walletAccount(from.id), amount), credit(walletAccount(to.id), amount)],
  } as const
  book(ctx, to, entry, { kind: 'received', about: from.number })
  return ok(book(ctx, from, entry, { kind: 'sent', about: to.number }))
}

/** What went back to M-Pesa of a top-up: from the wallet what is left there, and the rest is the operator's loss. */
export const takeFromWallet = (
  ctx: CommandContext,
  wallet: Wallet,
  { amount, other, lost, ...entry }: Omit<Booking, 'move'> & { readonly lost: Account },
): void => {
  const taken = Math.min(Math.max(walletBalance(ctx, wallet), 0), amount.minor)
  const part = (account: Account, minor: number): readonly Line[] =>
    minor === 0 ? [] : [debit(account, money(minor, amount.currency))]
  const lines = [...part(walletAccount(wallet.id), taken), ...part(lost, amount.minor - taken), credit(other, amount)]
  if (taken > 0) book(ctx, wallet, { ...entry, lines }, { kind: 'refund' })
  else orThrow(post(ctx, { ...entry, lines }))
}
