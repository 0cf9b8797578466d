/**
 * The last part of an address that the provider calls: what it is about, and a keyed hash of that, so that nobody can
 * call for anything whom the box has not told. In hexadecimal: the provider refuses some words in addresses.
 */
import { timingSafeEqual } from 'node:crypto'
import type { Vault } from '@lango/kernel'

const PURPOSE = 'payments.callback'
const LOCATOR_DIGITS = 12
/** 160 bits. */
const HASH_DIGITS = 40

type Hasher = Pick<Vault, 'keyedHash'>

/** Of a prompt: one purchase's, at one shortcode. The number finds it, the id is never given again. */
export type PromptPath = { readonly number: number; readonly id: string; readonly shortcode: string }

/** Of all payments to a shortcode: that one came in, or whether one may. */
export type ShortcodeCallback = 'confirmation' | 'validation'

export const shortcodeToken = (vault: Hasher, kind: ShortcodeCallback, shortcode: string): string =>
  `${kind === 'confirmation' ? '02' : '03'}${vault.keyedHash(`${kind}\0${shortcode}`, PURPOSE).slice(0, HASH_DIGITS)}`

const prefixOf = (number: number): string => `01${number.toString(16).padStart(LOCATOR_DIGITS, '0')}`

export const promptToken = (vault: Hasher, { number, id, shortcode }: PromptPath): string =>
  `${prefixOf(number)}${vault.keyedHash(`prompt\0${id}\0${shortcode}`, PURPOSE).slice(0, HASH_DIGITS)}`

/** The number of the purchase that a token speaks of; it is not looked at yet whether it may. */
export const numberInToken = (token: string): number | undefined => {
  const [, digits] = /^01([0-9a-f]{12})[0-9a-f]{40}$/.exec(token) ?? []
  return digits === undefined ? undefined : Number.parseInt(digits, 16)
}

export const isSameToken = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

/** The whole address, below the one that was set. */
export const callbackUrl = (base: string, token: string): string => `${base.replace(/\/+$/, '')}/callbacks/${token}`
