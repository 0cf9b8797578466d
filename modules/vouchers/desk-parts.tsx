/** What the desk's pages of vouchers have in common. */
import { fill, formatDuration, formatExact, Status, type Desk, type Locale, type Meaning } from '@lango/kernel/ui'
import { spellCode } from '../access/index.ts'
import { type VoucherState } from './rules.ts'
import { voucherWords, type VoucherWords } from './words.ts'

export const wordsOf = (desk: Pick<Desk, 'locale'>): VoucherWords => voucherWords[desk.locale.lang]

const stateWords = {
  made: 'oneMade',
  given: 'oneGiven',
  sold: 'oneSold',
  used: 'oneUsed',
  expired: 'oneExpired',
  revoked: 'oneRevoked',
  away: 'oneAway',
} as const satisfies Record<VoucherState, keyof VoucherWords>

const stateMeanings = {
  made: 'plain',
  given: 'info',
  sold: 'info',
  used: 'good',
  expired: 'attention',
  revoked: 'stopped',
  away: 'info',
} as const satisfies Record<VoucherState, Meaning>

export const stateWord = (state: VoucherState, words: VoucherWords): string => words[stateWords[state]]

export const stateMark = (state: VoucherState, words: VoucherWords) => (
  <Status meaning={stateMeanings[state]}>{stateWord(state, words)}</Status>
)

/** Who did something: by name where it is known; the box's console has none. */
export const whoText = (id: string, name: string | null, words: VoucherWords): string => {
  if (name !== null) return name
  return id === 'web' || id === 'socket' ? words.console : id
}

/** As it is printed beside the code. */
export const placeText = (batch: number, serial: number): string => `${batch}-${serial}`

type Shape = { readonly prefix: string; readonly codeLength: number; readonly numeric: boolean }

/** What the codes of a batch look like: KSM-XXXX-XXXX. */
export const patternText = ({ prefix, codeLength, numeric }: Shape): string =>
  spellCode(prefix + (numeric ? '0' : 'X').repeat(codeLength), prefix)

type Ending = {
  readonly validitySec: number | null
  readonly firstUsedAt: number | null
  readonly expiresAt: number | null
}

export const untilText = (
  { validitySec, firstUsedAt, expiresAt }: Ending,
  words: VoucherWords,
  locale: Locale,
): string => {
  const until = expiresAt === null ? undefined : formatExact(expiresAt, locale)
  if (validitySec === null || firstUsedAt !== null) return until ?? words.untilRevoked
  const time = formatDuration(validitySec * 1000, locale)
  return until === undefined ? fill(words.fromFirst, { time }) : fill(words.fromFirstBefore, { time, until })
}

/** Lets everything else that waits have its turn: long deeds go in short steps. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
