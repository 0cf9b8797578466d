/**
 * The code that makes two boxes a pair: typed at the standby, it says by which certificate the primary is known, and
 * shows the primary that its owner is there. Half of it is the certificate's fingerprint, half is secret.
 */
import { timingSafeEqual } from 'node:crypto'
import type { Random } from '@lango/kernel'

/** No letter that is read as another (Crockford). */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const HALF = 12
const CODE = new RegExp(`^[${ALPHABET}]{${2 * HALF}}$`)
const GROUP = 4
export const CODE_GOOD_FOR_MS = 10 * 60_000
/** Wrong ones, after which it is good no longer. */
const WRONG_MAX = 5

const lettersOf = (octets: Uint8Array): string =>
  Array.from(octets.subarray(0, HALF), (octet) => ALPHABET[octet % ALPHABET.length]).join('')

const fingerprintHalf = (fingerprint: string): string => lettersOf(Buffer.from(fingerprint.replaceAll(':', ''), 'hex'))

export type PairCode = { readonly fingerprintHalf: string; readonly secretHalf: string }

/** As somebody types it, in upper or lower case, with or without what parts it; undefined where it is none. */
export const readPairCode = (typed: string): PairCode | undefined => {
  const letters = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  if (!CODE.test(letters)) return undefined
  return { fingerprintHalf: letters.slice(0, HALF), secretHalf: letters.slice(HALF) }
}

/** Whether the code was made by whoever has this certificate. */
export const isCodeOf = (code: PairCode, fingerprint: string): boolean =>
  code.fingerprintHalf === fingerprintHalf(fingerprint)

/** The code of a primary: one at a time, good once, and not for long. */
export class PairDoor {
  readonly #fingerprint: string
  readonly #random: Random
  #open: { readonly secret: string; readonly untilMs: number; wrong: number } | undefined

  constructor(fingerprint: string, random: Random) {
    this.#fingerprint = fingerprint
    this.#random = random
  }

  /** `nowMs` is monotonic. */
  make(nowMs: number): string {
    const secret = lettersOf(this.#random.bytes(HALF))
    this.#open = { secret, untilMs: nowMs + CODE_GOOD_FOR_MS, wrong: 0 }
    const letters = `${fingerprintHalf(this.#fingerprint)}${secret}`
    return letters.match(new RegExp(`.{${GROUP}}`, 'g'))!.join('-')
  }

  /** True once. */
  isRight(secretHalf: string, nowMs: number): boolean {
    const open = this.#open
    if (!open) return false
    const isOver = nowMs >= open.untilMs
    const isSame = timingSafeEqual(Buffer.from(open.secret.padEnd(HALF)), Buffer.from(secretHalf.padEnd(HALF)))
    if (!isSame) open.wrong += 1
    if (isOver || isSame || open.wrong >= WRONG_MAX) this.#open = undefined
    return isSame && !isOver
  }
}
