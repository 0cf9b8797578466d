/** What payments write in the ledger. Called by commands, in their transaction. */
import { money, orThrow, type Money, type Result } from '@lango/kernel'
import type { CommandContext } from '@lango/kernel/verbs'
import { credit, debit, post, reverse, type Account } from '../ledger/index.ts'
import {
  creditWallet,
  debitWallet,
  takeByDesk,
  takeFromWallet,
  walletOfAccount,
  type Wallet,
  type WalletFault,
} from '../wallets/index.ts'

/** What customers have paid to the ISP by mobile money. */
const MOBILE_MONEY: Account = { kind: 'asset', code: 'mobile-money' }
/** Paid, and nobody knows what for. */
export const UNMATCHED: Account = { kind: 'liability', code: 'unmatched' }
/** Paid for a purchase that is not given yet. */
const PURCHASES: Account = { kind: 'liability', code: 'purchases' }
/** The provider is to pay it back, and has not said that it did. */
const REFUNDS: Account = { kind: 'liability', code: 'refunds' }
/** It is to go out to a phone, and the provider has not said that it did. */
const PAYOUTS: Account = { kind: 'liability', code: 'payouts' }
/** What the provider takes for it. */
const FEES: Account = { kind: 'expense', code: 'mobile-money-fees' }
/** What went back by M-Pesa of a top-up, and had been spent from the wallet. */
const WALLET_REFUNDS: Account = { kind: 'expense', code: 'wallet-refunds' }
const INCOME: Account = { kind: 'income', code: 'plans' }

type Amount = { readonly amountMinor: number; readonly currency: string }
const amountOf = ({ amountMinor, currency }: Amount): Money => money(amountMinor, currency)

/**
 * For a purchase: told by its prompt, before anybody has told a receipt, or by a receipt. Of a discount the books know
 * nothing: what was never owed was never earned, and the purchase says what it was.
 */
export const bookPaid = (ctx: CommandContext, purchase: Amount & { readonly id: string }): void => {
  const amount = amountOf(purchase)
  const lines = [debit(MOBILE_MONEY, amount), credit(PURCHASES, amount)]
  orThrow(post(ctx, { kind: 'received', cause: `purchase:${purchase.id}:paid`, lines }))
}

/** For nobody yet. */
export const bookUnmatched = (ctx: CommandContext, payment: Amount & { readonly id: string }): void => {
  const amount = amountOf(payment)
  const lines = [debit(MOBILE_MONEY, amount), credit(UNMATCHED, amount)]
  orThrow(post(ctx, { kind: 'received', cause: `payment:${payment.id}:received`, lines }))
}

/** Somebody has said which purchase it is for; another one before it may have been paid back in vain. */
export const bookMoved = (ctx: CommandContext, payment: Amount & { readonly id: string }, purchaseId: string): void => {
  const amount = amountOf(payment)
  const lines = [debit(UNMATCHED, amount), credit(PURCHASES, amount)]
  orThrow(post(ctx, { kind: 'moved', cause: `payment:${payment.id}:moved:${purchaseId}`, lines }))
}

/** Answers the entry. */
export const bookGranted = (ctx: CommandContext, purchase: Amount & { readonly id: string }): string => {
  const amount = amountOf(purchase)
  const lines = [debit(PURCHASES, amount), credit(INCOME, amount)]
  return orThrow(post(ctx, { kind: 'sold', cause: `purchase:${purchase.id}:granted`, lines }))
}

type Numbered = Amount & { readonly id: string; readonly number: number }

/** A top-up that is paid for: the wallet has it. */
export const bookTopUp = (ctx: CommandContext, purchase: Numbered, wallet: Wallet): void =>
  void creditWallet(ctx, wallet, {
    amount: amountOf(purchase),
    other: PURCHASES,
    kind: 'sold',
    cause: `purchase:${purchase.id}:granted`,
    move: { kind: 'mpesa', about: purchase.number },
  })

/** A purchase paid from a wallet, as far below nothing as may be; `cause` where it may be paid for once of several. */
export const bookFromWallet = (
  ctx: CommandContext,
  purchase: Numbered,
  wallet: Wallet,
  { floorMinor, kind, cause = `purchase:${purchase.id}:paid` }: Spending,
): Result<number, WalletFault> =>
  debitWallet(ctx, wallet, {
    amount: amountOf(purchase),
    other: PURCHASES,
    floorMinor,
    kind: 'moved',
    cause,
    move: { kind, about: purchase.number },
  })
type Spending = { readonly floorMinor: number; readonly kind: 'bundle' | 'renewal'; readonly cause?: string }

/** It was paid back, as somebody of the staff says. */
export const bookRefunded = (ctx: CommandContext, payment: Amount & { readonly id: string }): void => {
  const amount = amountOf(payment)
  const lines = [debit(UNMATCHED, amount), credit(MOBILE_MONEY, amount)]
  orThrow(post(ctx, { kind: 'refunded', cause: `payment:${payment.id}:refunded`, lines }))
}

type Refund = Amount & { readonly id: string }

/** Of a purchase: what was earned with it is no longer. */
export const bookRefundAsked = (
  ctx: CommandContext,
  refund: Refund,
  purchase: (Amount & { readonly id: string; readonly grantedAt: number | null }) | undefined,
): void => {
  const amount = amountOf(refund)
  if (purchase && purchase.grantedAt !== null)
    // It stands already: posted again it is answered as it is.
    orThrow(reverse(ctx, bookGranted(ctx, purchase), `refund:${refund.id}:taken-back`))
  const lines = [debit(purchase ? PURCHASES : UNMATCHED, amount), credit(REFUNDS, amount)]
  orThrow(post(ctx, { kind: 'moved', cause: `refund:${refund.id}:asked`, lines }))
}

export const bookRefundDone = (ctx: CommandContext, refund: Refund): void => {
  const amount = amountOf(refund)
  const lines = [debit(REFUNDS, amount), credit(MOBILE_MONEY, amount)]
  orThrow(post(ctx, { kind: 'refunded', cause: `refund:${refund.id}:done`, lines }))
}

/** Of a top-up: from the wallet what is left there. */
export const bookTopUpBack = (ctx: CommandContext, refund: Refund, wallet: Wallet): void =>
  takeFromWallet(ctx, wallet, {
    amount: amountOf(refund),
    other: REFUNDS,
    lost: WALLET_REFUNDS,
    kind: 'moved',
    cause: `refund:${refund.id}:asked`,
  })

/** The money is still here, and for nobody. */
export const bookRefundFailed = (ctx: CommandContext, refund: Refund): void => {
  const amount = amountOf(refund)
  const lines = [debit(REFUNDS, amount), credit(UNMATCHED, amount)]
  orThrow(post(ctx, { kind: 'moved', cause: `refund:${refund.id}:failed`, lines }))
}

type Payout = Numbered & { readonly fromKind: Account['kind']; readonly fromCode: string }
const fromOf = ({ fromKind, fromCode }: Payout): Account => ({ kind: fromKind, code: fromCode })

export const bookPayoutAsked = (ctx: CommandContext, payout: Payout): void => {
  const [amount, from] = [amountOf(payout), fromOf(payout)]
  const entry = { kind: 'moved', cause: `payout:${payout.id}:asked` } as const
  const wallet = walletOfAccount(ctx, from)
  // Whoever asks for it has seen that so much is there.
  if (wallet)
    return void takeByDesk(ctx, wallet, {
      ...entry,
      amount,
      other: PAYOUTS,
      move: { kind: 'payout', about: payout.number },
    })
  orThrow(post(ctx, { ...entry, lines: [debit(from, amount), credit(PAYOUTS, amount)] }))
}

export const bookPayoutDone = (ctx: CommandContext, payout: Payout): void => {
  const amount = amountOf(payout)
  const lines = [debit(PAYOUTS, amount), credit(MOBILE_MONEY, amount)]
  orThrow(post(ctx, { kind: 'paid-out', cause: `payout:${payout.id}:done`, lines }))
}

/** It has not left: it is back where it was taken from. */
export const bookPayoutBack = (ctx: CommandContext, payout: Payout): void => {
  const [amount, from] = [amountOf(payout), fromOf(payout)]
  const entry = { kind: 'moved', cause: `payout:${payout.id}:back` } as const
  const wallet = walletOfAccount(ctx, from)
  if (wallet)
    return void creditWallet(ctx, wallet, {
      ...entry,
      amount,
      other: PAYOUTS,
      move: { kind: 'payout-back', about: payout.number },
    })
  orThrow(post(ctx, { ...entry, lines: [debit(PAYOUTS, amount), credit(from, amount)] }))
}

export const bookPayoutFee = (ctx: CommandContext, payoutId: string, fee: Money): void => {
  const lines = [debit(FEES, fee), credit(MOBILE_MONEY, fee)]
  orThrow(post(ctx, { kind: 'paid-out', cause: `payout:${payoutId}:fee`, lines }))
}
