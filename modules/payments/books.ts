/** What payments write in the ledger. Called by commands, in their transaction. */
import { money, orThrow, type Money } from '@lango/kernel'
import type { CommandContext } from '@lango/kernel/verbs'
import { credit, debit, post, type Account } from '../ledger/index.ts'

/** What customers have paid to the ISP by mobile money. */
const MOBILE_MONEY: Account = { kind: 'asset', code: 'mobile-money' }
/** Paid, and nobody knows what for. */
const UNMATCHED: Account = { kind: 'liability', code: 'unmatched' }
/** Paid for a purchase that is not given yet. */
const PURCHASES: Account = { kind: 'liability', code: 'purchases' }
const INCOME: Account = { kind: 'income', code: 'plans' }

type Amount = { readonly amountMinor: number; readonly currency: string }
const amountOf = ({ amountMinor, currency }: Amount): Money => money(amountMinor, currency)

/** For a purchase: told by its prompt, before anybody has told a receipt, or by a receipt. */
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

/** Somebody has said which purchase it is for. */
export const bookMoved = (ctx: CommandContext, payment: Amount & { readonly id: string }): void => {
  const amount = amountOf(payment)
  const lines = [debit(UNMATCHED, amount), credit(PURCHASES, amount)]
  orThrow(post(ctx, { kind: 'moved', cause: `payment:${payment.id}:moved`, lines }))
}

export const bookGranted = (ctx: CommandContext, purchase: Amount & { readonly id: string }): void => {
  const amount = amountOf(purchase)
  const lines = [debit(PURCHASES, amount), credit(INCOME, amount)]
  orThrow(post(ctx, { kind: 'sold', cause: `purchase:${purchase.id}:granted`, lines }))
}

/** It was paid back, as somebody of the staff says. */
export const bookRefunded = (ctx: CommandContext, payment: Amount & { readonly id: string }): void => {
  const amount = amountOf(payment)
  const lines = [debit(UNMATCHED, amount), credit(MOBILE_MONEY, amount)]
  orThrow(post(ctx, { kind: 'refunded', cause: `payment:${payment.id}:refunded`, lines }))
}
