/** Cells of a file as values, and values as cells. An empty cell counts as absent. Pure. */
import { z } from 'zod'
import { secretText } from '@lango/kernel/verbs'

/** `+012345-…` is how a year past 9999 is written (ECMA-262); plain digits are epoch ms past what a date can say. */
const INSTANT = /^(?:(?:\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)|\d{16})$/
const INSTANT_WRONG = 'An instant looks like 2026-12-24T18:00:00Z.'
const DATE_MS_MAX = 8.64e15

export const instantOf = (text: string): number => {
  if (!INSTANT.test(text)) return Number.NaN
  return /^\d+$/.test(text) ? Number(text) : Date.parse(text)
}

export const optionalCell = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' || value === null ? undefined : value), schema.optional())

export const isInstant = (text: string): boolean => Number.isSafeInteger(instantOf(text))

export const instantCell = optionalCell(z.string().refine(isInstant, INSTANT_WRONG).transform(instantOf))

export const wholeCell = (min: number) => optionalCell(z.coerce.number().int().min(min))

/** A network password. */
export const passwordCell = optionalCell(
  secretText(
    z
      .string()
      .min(1)
      .max(128)
      .regex(/^[^\0]*$/, 'A password has no NUL.'),
  ),
)

/** An epoch ms that `instantCell` reads back; '' for none. */
export const instantText = (at: number | null): string => {
  if (at === null) return ''
  return Math.abs(at) <= DATE_MS_MAX ? new Date(at).toISOString() : String(at)
}

/** Nothing is null in the database. */
export const orNull = <T>(value: T | undefined): T | null => value ?? null

export const textOf = (value: string | number | null): string => (value === null ? '' : String(value))
