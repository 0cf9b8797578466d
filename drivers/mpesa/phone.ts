import { createHash } from 'node:crypto'

const KENYAN = /^(?:\+?254|0)?([17]\d{8})$/

/**
 * What people write as a Kenyan mobile number (07…, 01…, +254…, 254…, 7…, with spaces, dashes, dots or brackets) as
 * M-Pesa writes it, `2547XXXXXXXX`; undefined for any other number.
 */
export const msisdnOf = (typed: string): string | undefined => {
  const [, subscriber] = KENYAN.exec(typed.slice(0, 40).replaceAll(/[\s().-]/g, '')) ?? []
  return subscriber === undefined ? undefined : `254${subscriber}`
}

export const e164Of = (msisdn: string): string => `+${msisdn}`

const HASH = /^[\da-f]{64}$/i
const MASKED = /^(\d*)(\*+)(\d*)$/
/** A mask that shows less says of nobody that it is him. */
const SHOWN_DIGITS_MIN = 4

/**
 * Whether a callback's MSISDN can be of a number that is known: in clear, its SHA-256 (C2B v1) or masked, as
 * `2547 ***** 126` (C2B v2). A mask fits many numbers: what else is known of the payment has to decide.
 */
export const isHintOf = (hint: string, phone: string): boolean => {
  const msisdn = msisdnOf(phone)
  if (msisdn === undefined) return false
  const bare = hint.slice(0, 80).replaceAll(/\s/g, '')
  if (HASH.test(bare)) return createHash('sha256').update(msisdn).digest('hex') === bare.toLowerCase()
  const [, start = '', stars = '', end = ''] = MASKED.exec(bare.replace(/^\+/, '')) ?? []
  if (stars === '') return msisdnOf(bare) === msisdn
  const shown = start.length + end.length
  return shown >= SHOWN_DIGITS_MIN && shown < msisdn.length && msisdn.startsWith(start) && msisdn.endsWith(end)
}

/** What a payload says of who paid, as the port has it. */
export const payerOf = (
  told: string,
): { readonly phone: string | undefined; readonly phoneHint: string | undefined } => {
  const msisdn = msisdnOf(told)
  if (msisdn !== undefined) return { phone: e164Of(msisdn), phoneHint: undefined }
  const hint = told.trim().slice(0, 80)
  return { phone: undefined, phoneHint: hint === '' ? undefined : hint }
}
