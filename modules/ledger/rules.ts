/** Double entry, without a database. */
import { formatMoney, money, type Money } from '@lango/kernel'

/** An asset or an expense grows by a debit, the others by a credit. */
export const accountKinds = ['asset', 'liability', 'income', 'expense'] as const
export type AccountKind = (typeof accountKinds)[number]

/** Names an account; it is opened by its first posting. */
export type Account = { readonly kind: AccountKind; readonly code: string }

export const entryKinds = [
  /** Money came in, and nobody has had anything for it yet. */
  'received',
  /** It was found to be for a sale. */
  'sold',
  /** It was paid back. */
  'refunded',
  /** It went out to a phone. */
  'paid-out',
  /** The provider took it back. */
  'withdrawn',
  /** It was moved by hand, from one claim to another. */
  'moved',
  'reversal',
] as const
export type EntryKind = (typeof entryKinds)[number]

/** Above zero a debit, below zero a credit. */
export type Line = { readonly account: Account; readonly amount: Money }

export const debit = (account: Account, amount: Money): Line => ({ account, amount })
export const credit = (account: Account, amount: Money): Line => ({
  account,
  amount: money(-amount.minor, amount.currency),
})

export const accountKey = ({ kind, code }: Account, currency: string): string => `${kind} ${code} ${currency}`

/** Lines of one account made one; those that come to nothing are left out. */
export const netLines = (lines: readonly Line[]): readonly Line[] => {
  const byAccount = new Map<string, Line>()
  for (const line of lines) {
    const key = accountKey(line.account, line.amount.currency)
    const minor = (byAccount.get(key)?.amount.minor ?? 0) + line.amount.minor
    byAccount.set(key, { account: line.account, amount: money(minor, line.amount.currency) })
  }
  return [...byAccount.values()].filter(({ amount }) => amount.minor !== 0)
}

/** Throws unless the lines come to nothing in each currency, and move something. */
export const assertBalanced = (lines: readonly Line[]): void => {
  const sums = new Map<string, number>()
  for (const { amount } of lines) sums.set(amount.currency, (sums.get(amount.currency) ?? 0) + amount.minor)
  for (const [currency, minor] of sums)
    if (minor !== 0) throw new RangeError(`an entry is out of balance by ${formatMoney(money(minor, currency))}`)
  if (netLines(lines).length === 0) throw new RangeError('an entry moves nothing')
}

/** What an account shows: an asset its debits less its credits, a liability the other way round. */
export const balanceOf = (kind: AccountKind, minor: number): number =>
  kind === 'asset' || kind === 'expense' ? minor : -minor + 0
