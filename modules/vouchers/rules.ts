/** Whether codes can be guessed, what state a voucher is in, and what its sale earns. Pure. */
import { scaleMoney, type Money } from '@lango/kernel'
import { codesOf, type CodeShape } from '../access/index.ts'

/**
 * Codes there must be for each one that is good: fewer are refused. The gate looks up some twenty unknown codes a second
 * in all, so that with this many a guesser from ever new devices finds one within minutes: enough for a handful of short
 * codes that are gone by the evening, no more.
 */
export const CODES_PER_VOUCHER_MIN = 1000
/** Under this, a day of guessing for one code, the seller is told that longer ones are better; eight letters take years. */
export const CODES_PER_VOUCHER_GOOD = 1_000_000

/** Guesses that one hit costs on average, when `live` vouchers of a shape are good. */
export const guessesPerHit = (shape: CodeShape, live: number): number => codesOf(shape) / Math.max(live, 1)

export const voucherStates = ['made', 'given', 'sold', 'used', 'expired', 'revoked', 'away'] as const
export type VoucherState = (typeof voucherStates)[number]

/** Used and expired follow from the first login; the rest is what the desk has done with it. */
export const voucherState = (
  voucher: { readonly state: 'made' | 'given' | 'sold' | 'revoked' | 'away' },
  grant: { readonly firstUsedAt: number | null; readonly expiresAt: number | null },
  now: number,
): VoucherState => {
  if (voucher.state === 'revoked') return 'revoked'
  if (grant.expiresAt !== null && grant.expiresAt <= now) return 'expired'
  return grant.firstUsedAt === null ? voucher.state : 'used'
}

/** Most boxes lend nothing: what is at another one is shown where there is any. */
export const statesShown = (...counts: readonly Readonly<Record<VoucherState, number>>[]): readonly VoucherState[] =>
  voucherStates.filter((state) => state !== 'away' || counts.some(({ away }) => away > 0))

/** Good for a first login here. */
export const isUnused = (state: VoucherState): boolean => state === 'made' || state === 'given' || state === 'sold'

const WHOLE_BP = 10_000

/** Of one voucher, to the nearest cent and half a cent up: what many earn is the sum of what each does. */
export const commissionOf = (price: Money, bp: number): Money => scaleMoney(price, bp, WHOLE_BP, 'half-up')

/** Parts of a command that ends a few at once and says whether there are more: what is ended is found no more. */
export const whileMore = {
  next: <I>(input: I, { more }: Revoked): I | undefined => (more ? input : undefined),
  join: (before: Revoked, after: Revoked): Revoked => ({ ...after, revoked: before.revoked + after.revoked }),
}

type Revoked = { readonly revoked: number; readonly more: boolean }
