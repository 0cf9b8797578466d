/** What can be set at the desk, and what holds where nothing was. Pure. */
import { isTimeZone } from '@lango/kernel'
import { z } from 'zod'

/** Sessions that are over are kept so long; shorter, and last month's complaint cannot be looked into. */
export const SESSION_DAYS_MIN = 30
/** What a licence asks for at most: five years, and as much again. */
export const SESSION_DAYS_MAX = 3650
export const SESSION_DAYS_DEFAULT = 400
export const DECISION_DAYS_MIN = 7
export const DECISION_DAYS_MAX = 400

export const REFERRAL_FRIEND_BP_MAX = 9000

/** Where nothing was set. `siteName` is then the machine's; `language` is what a browser asks for. */
export const defaultSettings = {
  siteName: '',
  country: '',
  timeZone: '',
  setUpIsOver: false,
  currency: 'KES',
  brandColour: '',
  registrationSendsPassword: false,
  consentOffers: false,
  consentWordsEn: '',
  consentWordsSw: '',
  language: '',
  walletAmounts: '50, 100, 200, 500',
  payLaterUpTo: 0,
  payLaterAfter: 5,
  referralPlan: '',
  referralFriendBp: 0,
  referralMonthlyMax: 5,
  sessionDays: SESSION_DAYS_DEFAULT,
  decisionDays: DECISION_DAYS_MAX,
} as const

const days = (min: number, max: number) =>
  z
    .number(`A number of days from ${min} to ${max}.`)
    .int(`A number of days from ${min} to ${max}.`)
    .min(min, `At least ${min} days.`)
    .max(max, `At most ${max} days.`)

/** Whole units of the currency; nobody's hotspot takes more at once. */
export const WALLET_AMOUNT_MAX = 100_000
export const PAY_LATER_AFTER_MAX = 1000
const AMOUNTS = /^(?:[1-9]\d{0,5}(?:\s*,\s*[1-9]\d{0,5}){0,5})?$/

/** What is to be pressed for, smallest first. */
export const walletAmountsOf = ({ walletAmounts }: Pick<Settings, 'walletAmounts'>): readonly number[] =>
  [...new Set(walletAmounts.split(',').map(Number))].filter((amount) => amount > 0).toSorted((a, b) => a - b)

/** One line beside a box to tick. */
const consentWords = z
  .string()
  .trim()
  .max(300, 'At most 300 characters.')
  .regex(/^[^\p{Cc}]*$/u, 'It is one line.')

export const settingsSchema = z.object({
  /** What the POP is called on pages, vouchers and in apps. */
  siteName: z.string().trim().max(64, 'At most 64 characters.'),
  /** ISO 3166-1; '' while nobody has said where the POP is, XX for a country without customs of its own here. */
  country: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^([A-Z]{2})?$/, 'A country is two letters, such as KE.'),
  /** By which days, months and windows begin: an IANA name; '' for that of the machine. The environment overrides it. */
  timeZone: z
    .string()
    .trim()
    .max(64)
    .refine((name) => name === '' || isTimeZone(name), 'A time zone is named as Africa/Nairobi.'),
  /** Nobody is told any more what is left of setting the box up. */
  setUpIsOver: z.boolean(),
  currency: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{3}$/, 'A currency is three letters, such as KES.'),
  /** Whether whoever registers by themselves gets their password by message too. */
  registrationSendsPassword: z.boolean(),
  /** Whether people are asked if they want messages about what is sold. */
  consentOffers: z.boolean(),
  /** What they agree to then; '' for Lango's own words. */
  consentWordsEn: consentWords,
  consentWordsSw: consentWords,
  /** `#0f766e`, '' for Lango's own. */
  brandColour: z
    .string()
    .trim()
    .toLowerCase()
    .regex(/^(#[0-9a-f]{6})?$/, 'A colour is written #0f766e.'),
  /** Of the desk, for people who have chosen none; '' for what their browser asks for. */
  language: z.enum(['', 'en', 'sw'], 'The language is en or sw, or empty for what each browser asks for.'),
  /** What may be put into a wallet with one press, in whole units of the currency. */
  walletAmounts: z.string().trim().regex(AMOUNTS, 'Amounts are whole numbers with commas between them, six at most.'),
  /** How far below nothing a wallet may go for a bundle, in whole units; 0 for never. */
  payLaterUpTo: z.number().int('It is a whole number.').min(0).max(WALLET_AMOUNT_MAX, `At most ${WALLET_AMOUNT_MAX}.`),
  /** How often somebody must have bought before that. */
  payLaterAfter: z
    .number()
    .int('It is a whole number.')
    .min(0)
    .max(PAY_LATER_AFTER_MAX, `At most ${PAY_LATER_AFTER_MAX}.`),
  /** The plan, by its name, that somebody has whose friend buys for the first time; '' for none: codes of friends do nothing. */
  referralPlan: z.string().trim().max(64, 'At most 64 characters.'),
  /** What the friend pays less, in hundredths of a percent. */
  referralFriendBp: z
    .number()
    .int()
    .min(0)
    .max(REFERRAL_FRIEND_BP_MAX, 'At most 90 percent: a friend who pays nothing is worth no reward.'),
  /** Rewards of one phone within thirty days. */
  referralMonthlyMax: z.number().int().min(1, 'At least 1.').max(100, 'At most 100.'),
})

/** How long things are kept, in days. The audit log is kept longer than anything here could say. */
export const retentionSchema = z.object({
  sessionDays: days(SESSION_DAYS_MIN, SESSION_DAYS_MAX),
  decisionDays: days(DECISION_DAYS_MIN, DECISION_DAYS_MAX),
})
export type Retention = z.infer<typeof retentionSchema>
export type Settings = z.infer<typeof settingsSchema> & Retention
