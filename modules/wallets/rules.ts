/** What a wallet is, without a database. */
import { defineLimits, type Money } from '@lango/kernel'
import type { Account } from '../ledger/index.ts'

/** `erased`: nobody holds it any more, and nothing is left in it but its movements. */
export const walletStatuses = ['active', 'blocked', 'erased'] as const

/** Why there is more or less in a wallet than before. */
export const moveKinds = [
  /** Paid in by M-Pesa. */
  'mpesa',
  /** Paid in at the desk. */
  'cash',
  /** Paid in by somebody else's wallet, or paid out to one. */
  'received',
  'sent',
  /** A bundle was bought, or made to last longer. */
  'bundle',
  'renewal',
  /** What was paid in by M-Pesa went back there. */
  'refund',
  /** What was left was paid out: in cash by the desk, or by M-Pesa, which may have sent it back. */
  'cash-out',
  'payout',
  'payout-back',
  /** Somebody has said that what was left is nobody's, or that what was owed is lost. */
  'written-off',
] as const
export type MoveKind = (typeof moveKinds)[number]

export const walletLimits = defineLimits({
  /** Wrong codes of one wallet within an hour, from wherever. */
  missesMax: 10,
  missesWithinMs: 3_600_000,
  /** A forgotten code is sent no more often than that: each SMS costs money. */
  codeAgainMs: 15 * 60_000,
  /** A message about a wallet is worth sending for so long. */
  messageLifeMs: 86_400_000,
  /** Whoever paid in first sees the code for so long. */
  codeToldMs: 3_600_000,
  /** Minor units: what somebody mistypes is rarely more. */
  amountMax: 100_000_000,
  reasonMax: 200,
})

/** What people have put in is owed to them. */
export const walletAccount = (walletId: string): Account => ({
  kind: 'liability',
  code: `${WALLET_ACCOUNT}${walletId}`,
})
export const WALLET_ACCOUNT = 'wallet:'

/** The letters of a code behind its prefix are 35 bits. */
export const WALLET_CODE = { prefix: 'W', length: 8, numeric: false } as const

export const walletCodePurpose = (walletId: string): string => `wallets.code:${walletId}`

export type WalletFault =
  | { readonly type: 'WalletUnknown'; readonly wallet: string }
  | { readonly type: 'WalletBlocked'; readonly wallet: number }
  | { readonly type: 'WalletCurrency'; readonly wallet: number; readonly currency: string }
  /** There is nothing to take out, or to pay. */
  | { readonly type: 'WalletEmpty'; readonly wallet: number }
  /** There is nothing to pay out: its holder owes. */
  | { readonly type: 'WalletOwes'; readonly wallet: number; readonly owedMinor: number; readonly currency: string }
  /** Nobody is forgotten together with their money. */
  | {
      readonly type: 'WalletNotEmpty'
      readonly wallet: number
      readonly balanceMinor: number
      readonly currency: string
    }
  /** There is not so much in it. */
  | {
      readonly type: 'WalletShort'
      readonly wallet: number
      readonly balanceMinor: number
      readonly wantedMinor: number
      readonly currency: string
    }

/** Whether so much may be taken out: `floorMinor` is how far below nothing it may go. */
export const covers = (balanceMinor: number, wanted: Money, floorMinor: number): boolean =>
  balanceMinor - wanted.minor >= -floorMinor
