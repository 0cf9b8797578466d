/** Turns what was typed into the form of an offer into its terms, or into what to say beside each field. Pure. */
import type { z } from 'zod'
import { err, ok, parseMoney, type Result } from '@lango/kernel'
import { FormReader, type Fields, type Problems } from '@lango/kernel/ui'
import { offerLimits, readOfferCode, type addOffer, type Discount, type WeekTime } from '../offers/index.ts'
import { parsePercentBp } from '../people/index.ts'
import type { OfferWords } from './words-offers.ts'

export type OfferInput = z.input<(typeof addOffer)['input']>
export const discountKinds = ['percent', 'amount', 'price'] as const

type Place = { readonly words: OfferWords; readonly currency: string; readonly timeZone: string }
type Reading = Place & { readonly form: FormReader }

const CLOCK = /^(?:[01]\d|2[0-3]):[0-5]\d$/

/** A date and time of the site, as browsers send it: 2026-11-21T18:30. */
const instantOf =
  (timeZone: string) =>
  (text: string): Result<number> => {
    try {
      return ok(Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone).epochMilliseconds)
    } catch {
      return err({ type: 'InputInvalid' })
    }
  }

const discountOf = ({ form, words, currency }: Reading): Discount => {
  const kind = form.choice('kind', discountKinds)
  form.needed('value', words.valueMissing)
  if (kind === 'percent') {
    const bp = form.read('value', parsePercentBp, words.percentUnreadable) ?? 0
    if (bp === 0) form.refuse('value', words.percentUnreadable)
    return { kind, bp }
  }
  const { minor } = form.read('value', (text) => parseMoney(text, currency), words.moneyUnreadable) ?? { minor: -1 }
  if (minor < 0 || (minor === 0 && kind === 'amount')) form.refuse('value', words.moneyUnreadable)
  return { kind, minor }
}

const windowsOf = ({ form, words }: Reading): WeekTime[] => {
  const windows: WeekTime[] = []
  for (let at = 0; at < offerLimits.windowsMax; at++) {
    const days = form
      .all(`days${at}`)
      .filter((day) => /^[0-6]$/.test(day))
      .map(Number)
    const [from, to] = [form.text(`begins${at}`) ?? '', form.text(`ends${at}`) ?? '']
    if (days.length === 0 && from === '' && to === '') continue
    if (days.length === 0) form.refuse(`days${at}`, words.daysMissing)
    if (!CLOCK.test(from)) form.refuse(`begins${at}`, words.clockUnreadable)
    if (!CLOCK.test(to)) form.refuse(`ends${at}`, words.clockUnreadable)
    windows.push({ days, from, to })
  }
  return windows
}

export const readOfferForm = (
  fields: Fields,
  place: Place,
): { readonly input: OfferInput } | { readonly problems: Problems } => {
  const form = new FormReader(fields)
  const { words, currency, timeZone } = place
  const reading: Reading = { ...place, form }
  const name = form.needed('name', words.nameMissing)
  if (name.length > offerLimits.nameLengthMax) form.refuse('name', words.nameLong)
  const code = form.text('code')
  if (code !== undefined && readOfferCode(code) === undefined) form.refuse('code', words.codeUnreadable)
  const uses: readonly [number, number] = [1, offerLimits.usesMax]
  const input: OfferInput = {
    name,
    code,
    discount: discountOf(reading),
    currency,
    plans: [...form.all('plans')],
    fromAt: form.read('from', instantOf(timeZone), words.timeUnreadable),
    untilAt: form.read('until', instantOf(timeZone), words.timeUnreadable),
    windows: windowsOf(reading).map((window) => ({ ...window, days: [...window.days] })),
    timeZone,
    usesMax: form.whole('usesMax', uses, words.usesUnreadable),
    usesPerPhoneMax: form.whole('usesPerPhone', uses, words.usesUnreadable),
  }
  return form.isGood ? { input } : { problems: form.problems }
}
