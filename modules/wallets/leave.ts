/** The end of a wallet: what is in it leaves, then whoever held it is forgotten. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, money, ok, orThrow, Secret, type Result } from '@lango/kernel'
import { defineCommand, destroyPersonKeys, follow, type CommandContext, type Follower } from '@lango/kernel/verbs'
import { forgetPhone } from '../customers/index.ts'
import type { Account } from '../ledger/index.ts'
import { forgetMessages } from '../messages/index.ts'
import { creditWallet, takeByDesk, walletAt, walletBalance, walletNumbered, type Wallet } from './books.ts'
import { walletOfPhone } from './open.ts'
import { walletCodePurpose, walletLimits, type WalletFault } from './rules.ts'
import { wallets } from './tables.ts'

/** What holders have given up is the operator's; what they owe and never pay is the operator's loss. */
const GIVEN_UP: Account = { kind: 'income', code: 'wallets-given-up' }
const UNPAID: Account = { kind: 'expense', code: 'wallets-unpaid' }

const number = z.number().int().min(1)

/** Also of a blocked one, and of one whose holder is forgotten already: what came back to it later. */
export const emptyWallet = defineCommand({
  name: 'wallets.empty',
  summary: 'Takes all that is in a wallet out of it: paid out in cash, or written off, as what its holder owes is too.',
  output: z.object({
    id: z.string(),
    wallet: z.number().int(),
    receipt: z.number().int(),
    amountMinor: z.number().int(),
  }),
  permission: 'wallets.write',
  input: z.object({
    wallet: number,
    how: z.enum(['cash', 'written-off']),
    /** For the audit log, which keeps it: no names. */
    reason: z.string().trim().min(1, 'Say why.').max(walletLimits.reasonMax),
  }),
  handle(ctx, { wallet: no, how }): Result<Emptied, WalletFault> {
    const wallet = walletNumbered(ctx, no)
    if (!wallet) return err({ type: 'WalletUnknown', wallet: String(no) })
    const { id, currency } = wallet
    const balanceMinor = walletBalance(ctx, wallet)
    if (balanceMinor === 0) return err({ type: 'WalletEmpty', wallet: no })
    if (how === 'cash' && balanceMinor < 0)
      return err({ type: 'WalletOwes', wallet: no, owedMinor: -balanceMinor, currency })
    const out = { kind: 'paid-out', cause: `wallet-emptied:${ctx.id}` } as const
    const amount = money(Math.abs(balanceMinor), currency)
    const receipt =
      balanceMinor < 0
        ? creditWallet(ctx, wallet, { ...out, amount, other: UNPAID, move: { kind: 'written-off' } })
        : takeByDesk(ctx, wallet, {
            ...out,
            amount,
            // Out of the hands of whoever does it.
            other: how === 'cash' ? { kind: 'asset', code: `cash:${ctx.actor.id}` } : GIVEN_UP,
            move: { kind: how === 'cash' ? 'cash-out' : 'written-off' },
          })
    ctx.changed({ balanceMinor }, { balanceMinor: 0 })
    return ok({ id, wallet: no, receipt, amountMinor: balanceMinor })
  },
})
type Emptied = {
  readonly id: string
  readonly wallet: number
  readonly receipt: number
  /** What was in it, in minor units; below zero what was owed. */
  readonly amountMinor: number
}

/** Whether its holder may be forgotten: never together with their money, nor with what they owe. */
export const mayForget = (ctx: CommandContext, wallet: Wallet): Result<void, WalletFault> => {
  const balanceMinor = walletBalance(ctx, wallet)
  const { number: no, currency } = wallet
  return balanceMinor === 0 ? ok() : err({ type: 'WalletNotEmpty', wallet: no, balanceMinor, currency })
}

/** The row stays, since the books and other wallets’ movements lead to it. */
export const forgetWallet = defineCommand({
  name: 'wallets.forget',
  permission: 'system',
  isInternal: true,
  input: z.object({ walletId: z.string() }),
  handle(ctx, { walletId: id }): Result<{ readonly walletId: string }, WalletFault> {
    const wallet = walletAt(ctx, id)
    if (!wallet) return err({ type: 'WalletUnknown', wallet: id })
    const may = mayForget(ctx, wallet)
    if (!may.ok) return may
    const code = ctx.vault.seal(new Secret(''), walletCodePurpose(id))
    const shut = { status: 'erased', code, codeNo: wallet.codeNo + 1, codeSentAt: null, openedBy: null } as const
    ctx.db
      .update(wallets.site)
      .set({ phone: `erased-${id}`, ...shut })
      .where(eq(wallets.site.id, id))
      .run()
    forgetMessages(ctx, `wallet:${id}`)
    destroyPersonKeys(ctx.raw, [id])
    return ok({ walletId: id })
  },
})

/** Whoever holds it need not be a customer of the desk. */
export const eraseWallet = defineCommand({
  name: 'wallets.erase',
  summary:
    'Erases the holder of an empty wallet for good: its phone number is forgotten wherever it stands, its movements stay in the books.',
  output: z.object({ id: z.string(), wallet: z.number().int() }),
  permission: 'customers.erase',
  input: z.object({ wallet: number }),
  handle(ctx, { wallet: no }): Result<{ id: string; wallet: number }, WalletFault> {
    const wallet = walletNumbered(ctx, no)
    if (!wallet || wallet.status === 'erased') return err({ type: 'WalletUnknown', wallet: String(no) })
    const may = mayForget(ctx, wallet)
    if (!may.ok) return may
    ctx.call(forgetPhone, { phone: wallet.phone })
    return ok({ id: wallet.id, wallet: no })
  },
})

export const followers: readonly Follower[] = [
  follow(forgetPhone, (ctx, { phone }) => {
    const wallet = walletOfPhone(ctx, phone)
    if (wallet) orThrow(ctx.call(forgetWallet, { walletId: wallet.id }))
  }),
]
