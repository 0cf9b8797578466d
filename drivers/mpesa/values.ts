/** Times, amounts and fields as Daraja writes them. Everything here takes any input and never throws. */
import { money, type Money } from '@lango/kernel'
import { EAT_OFFSET_MS } from './facts.ts'

export const CURRENCY = 'KES'
const MINOR = 100

/** `YYYYMMDDHHmmss` in East Africa Time. */
export const eatStamp = (at: number): string => eatDateTime(at).replaceAll(/\D/g, '')

/** `YYYY-MM-DD HH:mm:ss` in East Africa Time, the second that it is in. */
export const eatDateTime = (at: number): string =>
  new Date(at + EAT_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ')

const STAMP = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/
const DOTTED = /^(\d\d)\.(\d\d)\.(\d{4}) (\d\d):(\d\d):(\d\d)$/

/** Epoch ms of `YYYYMMDDHHmmss` or `DD.MM.YYYY HH:mm:ss` in East Africa Time; undefined for what is neither. */
export const readEat = (text: string): number | undefined => {
  const dotted = DOTTED.exec(text)
  const stamp = dotted === null ? text : [3, 2, 1, 4, 5, 6].map((group) => dotted[group]).join('')
  const [, year, month, day, hour, minute, second] = STAMP.exec(stamp) ?? []
  if (year === undefined) return undefined
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  // 31 February is read as March by some: what is not written back the same is none.
  if (Number.isNaN(at) || new Date(at).toISOString().replaceAll(/\D/g, '').slice(0, 14) !== stamp) return undefined
  return at - EAT_OFFSET_MS
}

const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/

/** Epoch ms of an ISO instant; without a zone, or with `Z`, it stands `offsetMs` before UTC. */
export const readIso = (text: string, offsetMs: number): number | undefined => {
  const [, date, time, zone = 'Z'] = ISO.exec(text) ?? []
  const at = Date.parse(`${date}T${time}${zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone}`)
  if (Number.isNaN(at)) return undefined
  return zone === 'Z' ? at - offsetMs : at
}

const AMOUNT = /^(\d{1,12})(?:\.(\d{1,2})0*)?$/

/** `5`, `5.0`, `"5.00"`, `"1,500.00"` in shillings; undefined for what is none, or is negative. */
export const readAmount = (value: unknown): Money | undefined => {
  const [, whole, cents = ''] =
    AMOUNT.exec(
      textOf(value)
        .trim()
        .replaceAll(/,(?=\d{3}\b)/g, ''),
    ) ?? []
  return whole === undefined ? undefined : money(Number(whole) * MINOR + Number(cents.padEnd(2, '0')), CURRENCY)
}

/** Whole shillings; undefined for another currency, for cents, and for what is not above nothing. */
export const shillingsOf = ({ minor, currency }: Money): number | undefined =>
  currency === CURRENCY && minor > 0 && minor % MINOR === 0 ? minor / MINOR : undefined

const TEXT_LENGTH_MAX = 500

/** A text or a number as text; '' for anything else. */
export const textOf = (value: unknown): string =>
  (typeof value === 'number' ? plain(value) : typeof value === 'string' ? value : '').slice(0, TEXT_LENGTH_MAX)

const plain = (value: number): string => (Number.isFinite(value) ? String(value) : '')

/** An own field of what may be anything: nothing is inherited, `__proto__` and `constructor` are names like others. */
export const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined

/** An array as it is, a single thing as an array of one, nothing as none: Daraja writes lists of one without brackets. */
export const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? (value as readonly unknown[]) : value === undefined || value === null ? [] : [value]

/** The first of these fields that holds a text or number. */
export const textField = (value: unknown, ...names: readonly string[]): string =>
  names.map((name) => textOf(fieldOf(value, name))).find((text) => text !== '') ?? ''
