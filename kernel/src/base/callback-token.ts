/**
 * The last part of an address that a provider calls: what it is about, and a keyed hash of that, so that nobody can
 * call for anything whom the box has not told. In hexadecimal: providers refuse some words in addresses.
 */
import { timingSafeEqual } from 'node:crypto'
import type { Vault } from './vault.ts'

const LOCATOR_DIGITS = 12
/** 160 bits. */
const HASH_DIGITS = 40

export type CallbackAbout = {
  /** Two digits: what kind of thing it is about. */
  readonly kind: string
  /** Finds the thing, where there are many. */
  readonly number?: number
  /** What is hashed: all that makes it this one and no other. */
  readonly of: readonly (string | number)[]
  readonly purpose: string
}

export const callbackToken = (
  vault: Pick<Vault, 'keyedHash'>,
  { kind, number, of, purpose }: CallbackAbout,
): string => {
  const locator = number === undefined ? '' : number.toString(16).padStart(LOCATOR_DIGITS, '0')
  return `${kind}${locator}${vault.keyedHash(of.join('\0'), purpose).slice(0, HASH_DIGITS)}`
}

/** The number that a token of this kind speaks of; it is not looked at yet whether it may. */
export const numberInToken = (kind: string, token: string): number | undefined => {
  const isOne = token.length === kind.length + LOCATOR_DIGITS + HASH_DIGITS && /^[0-9a-f]+$/.test(token)
  return isOne && token.startsWith(kind) ? Number.parseInt(token.slice(kind.length, -HASH_DIGITS), 16) : undefined
}

export const isSameToken = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

/** The whole address, below the one that was set. */
export const callbackUrl = (base: string, token: string): string => `${base.replace(/\/+$/, '')}/callbacks/${token}`
