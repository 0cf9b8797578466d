/**
 * Codes that are sold on paper and typed on a phone: how they are spelt, checked and found. Pure. A code is known to the
 * databases by its keyed hash only; `CODE_PURPOSE` is what the vault hashes it for.
 */

/** Without 0 and O, 1, I and L. The number of letters is a prime, which the check letter needs. */
const LETTERS = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
const DIGITS = '0123456789'
export const CODE_PURPOSE = 'vouchers.code'
/** Before the hash in a grant's login; nobody else's login begins so. */
const LOGIN_PREFIX = 'voucher:'
/** 128 bits of it: two codes never meet there. */
const HASH_CHARACTERS = 32

export const CODE_LENGTH = { min: 6, max: 16 } as const
const PREFIX_LENGTH_MAX = 8
const SPELLING = new RegExp(`^[0-9A-Z]{${CODE_LENGTH.min},${CODE_LENGTH.max + PREFIX_LENGTH_MAX}}$`)
export const PREFIX_SPELLING = new RegExp(`^[0-9A-Z]{0,${PREFIX_LENGTH_MAX}}$`)

export type CodeShape = {
  /** What every code begins with: digits and capitals, not counted in `length`. */
  readonly prefix: string
  /** Characters behind the prefix, the check digit among them. */
  readonly length: number
  readonly numeric: boolean
}

/** How many codes of this shape there are. */
export const codesOf = ({ length, numeric }: CodeShape): number => (numeric ? DIGITS : LETTERS).length ** (length - 1)

/** The characters at its end that the desk shows of a code, and its lists know it by. */
export const CODE_TAIL = 4

/** How many codes of this shape have the same end: of its characters all but the check digit were drawn. */
export const codesEndingAlike = (shape: CodeShape): number => codesOf({ ...shape, length: shape.length - CODE_TAIL })

/** A code of this shape; `below` draws an integer from 0 to what it is given, without it. */
export const drawCode = (shape: CodeShape, below: (limit: number) => number): string => {
  const alphabet = shape.numeric ? DIGITS : LETTERS
  const body = Array.from({ length: shape.length - 1 }, () => alphabet[below(alphabet.length)]).join('')
  const open = shape.prefix + body
  return open + (shape.numeric ? checkDigit(open) : checkLetter(open))
}

/** The code that was meant: in capitals, without the dashes and blanks that help the eye; undefined when it is none. */
export const readCode = (typed: string): string | undefined => {
  const code = typed.replaceAll(/[\s-]/g, '').toUpperCase()
  if (!SPELLING.test(code)) return undefined
  const [open, check] = [code.slice(0, -1), code.at(-1)!]
  return check === checkLetter(open) || check === checkDigit(open) ? code : undefined
}

/** As it is printed: in groups of four from the end of the prefix on. */
export const spellCode = (code: string, prefix: string): string => {
  const groups = code.slice(prefix.length).match(/.{1,4}/g) ?? []
  return [...(prefix === '' ? [] : [prefix]), ...groups].join('-')
}

/** The login that a code's grant has. */
export const codeLogin = (keyedHash: string): string => LOGIN_PREFIX + keyedHash.slice(0, HASH_CHARACTERS)
export const isCodeLogin = (login: string): boolean => login.startsWith(LOGIN_PREFIX)

/** ISO/IEC 7064, MOD 11,10: finds one wrong digit, and nearly every two that changed places. */
const checkDigit = (open: string): string => {
  let product = 10
  for (const character of open) {
    const value = DIGITS.indexOf(character)
    if (value === -1) continue
    product = (((product + value) % 10 || 10) * 2) % 11
  }
  return DIGITS[(11 - product) % 10]!
}

/** A weighted sum modulo the prime number of letters: finds one wrong letter, and any two that changed places. */
const checkLetter = (open: string): string => {
  let sum = 0
  let weight = 1
  for (const character of open) {
    const value = LETTERS.indexOf(character)
    if (value === -1) continue
    weight += 1
    sum += weight * value
  }
  return LETTERS[(LETTERS.length - (sum % LETTERS.length)) % LETTERS.length]!
}
