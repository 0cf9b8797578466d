/** Who may take a plan by themselves, how often, and how they are called then. Pure. */
import { isIPv6 } from 'node:net'
import { defineLimits, type Random } from '@lango/kernel'
import { emailAddress, isWithin } from '../messages/index.ts'

export const registrationLimits = defineLimits({
  /** A phone or e-mail gets no more codes than that within an hour. */
  codesPerContactMax: 3,
  /** Nor does whoever asks from one address: IPv4, or a /64 of IPv6. */
  codesPerAddressMax: 3,
  /** Nor do all together: codes by SMS cost money. */
  codesPerHourMax: 60,
  codeLifeMs: 600_000,
  /** Wrong codes; then a registration is dead. */
  triesMax: 5,
  nameLengthMax: 64,
  contactLengthMax: 254,
  consentLengthMax: 1000,
  /** Proof that somebody had agreed, once they do no more. */
  withdrawnKeptMs: 3 * 365 * 86_400_000,
  /** Registrations that came to nothing. */
  abandonedKeptMs: 86_400_000,
  doneKeptMs: 30 * 86_400_000,
  /** Rows removed in one go. */
  pruneRows: 500,
  tidyEveryMs: 600_000,
  /** How long a message with the password is worth sending. */
  welcomeLifeMs: 3_600_000,
})

export const HOUR_MS = 3_600_000

/** How people are confirmed, and the channel that their code takes. */
export const confirmations = ['phone', 'email'] as const
export type Confirmation = (typeof confirmations)[number]
export const channelFor = { phone: 'sms', email: 'email' } as const

/** Why a registration was refused, for the owner: whoever registers is not told that a phone or e-mail is known. */
export type Refusal = 'known' | 'device' | 'tries' | 'closed' | 'failed'

/**
 * What somebody agrees to. `service`: that what it takes to give them an account is kept, without which there is none.
 * `offers`: messages about what is sold, which no account ever depends on.
 */
export const purposes = ['service', 'offers'] as const
export type Purpose = (typeof purposes)[number]

/** The words as they were shown, beside a box that nobody had ticked before. */
export type Agreed = { readonly purpose: Purpose; readonly language: string; readonly text: string }

export const codePurpose = 'registrations.code'
export const contactPurpose = 'registrations.contact'
export const addressPurpose = 'registrations.address'
export const devicePurpose = 'registrations.device'

const CODE_DIGITS = 6

export const newCode = (random: Random): string => String(random.below(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0')

/** As people type it: with blanks, or a dash in the middle. */
export const readCode = (typed: string): string => typed.replaceAll(/[\s-]/g, '').slice(0, 32)

/**
 * A number as people write it at home or abroad (0712 345 678, +254 712 345678, 00254…), in E.164. Where numbers may get
 * messages says which country "at home" is. Undefined when it is none, or of another country.
 */
export const readPhone = (typed: string, prefixes: readonly string[]): string | undefined => {
  const text = typed.replaceAll(/[\s().-]/g, '')
  const home = prefixes[0]
  const international = text.startsWith('00') ? `+${text.slice(2)}` : text
  const full = home !== undefined && /^0[1-9]/.test(international) ? home + international.slice(1) : international
  // +254 0712…: the 0 belongs to the number at home.
  const country = prefixes.find((prefix) => full.startsWith(`${prefix}0`))
  const number = country === undefined ? full : country + full.slice(country.length + 1)
  return /^\+[1-9]\d{7,14}$/.test(number) && isWithin(number, prefixes) ? number : undefined
}

/** In lower case: few mailboxes tell case apart, and one trial each is the rule. */
export const readEmail = (typed: string): string | undefined => {
  const read = emailAddress.safeParse(typed.trim())
  return read.success ? read.data : undefined
}

export const readContact = (by: Confirmation, typed: string, prefixes: readonly string[]): string | undefined =>
  by === 'phone' ? readPhone(typed, prefixes) : readEmail(typed)

/** What they log in with: the digits of the number, or the e-mail address. */
export const loginOf = (contact: string): string => contact.replace(/^\+/, '')

/**
 * What counts as one address: a subscriber of IPv6 has 2^64 of them. Text that is none counts as it is.
 */
export const networkOf = (address: string): string => {
  const [bare] = address.split('%') as [string]
  if (!isIPv6(bare)) return bare
  const [head = '', tail] = bare.toLowerCase().split('::')
  const groups = (part: string | undefined): string[] => (part === undefined || part === '' ? [] : part.split(':'))
  const [front, back] = [groups(head), groups(tail)]
  const missing = Math.max(0, 8 - front.length - back.length)
  const whole = [...front, ...Array.from({ length: missing }, () => '0'), ...back]
  const first = whole.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${first.join(':')}::/64`
}
