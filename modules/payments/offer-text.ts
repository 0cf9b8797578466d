/** What an offer says, in words of the reader. Pure. */
import { fill, formatPrice, type Locale } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { Discount, WeekTime } from '../offers/index.ts'
import type { listOffers } from './offer-queries.ts'
import { offerWords, type OfferWords } from './words-offers.ts'

export type Offer = ResultOf<typeof listOffers>[number]

export const offerWordsOf = ({ locale }: { readonly locale: Pick<Locale, 'lang'> }): OfferWords =>
  offerWords[locale.lang]

export const offerHref = (number: number, more = ''): string => `/offers/${number}${more}`

type Takes = { readonly discount: Discount; readonly currency: string }

export const takesText = ({ discount, currency }: Takes, words: OfferWords): string => {
  if (discount.kind === 'percent') return fill(words.percentOff, { percent: String(discount.bp / 100) })
  if (discount.kind === 'price' && discount.minor === 0) return words.isFree
  const price = formatPrice(discount.minor, currency)
  return fill(discount.kind === 'amount' ? words.amountOff : words.forPrice, { price })
}

/** From Monday on, as weeks are read. */
export const weekdays = [1, 2, 3, 4, 5, 6, 0] as const
const dayWords = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
export const dayText = (day: number, words: OfferWords): string => words[dayWords[day]!]

export const hoursText = ({ days, from, to }: WeekTime, words: OfferWords): string => {
  const named = weekdays.filter((day) => days.includes(day)).map((day) => dayText(day, words))
  return `${days.length === 7 ? words.everyDay : named.join(', ')} ${from}–${to}`
}

export const usesText = ({ uses, usesMax }: Pick<Offer, 'uses' | 'usesMax'>, words: OfferWords): string =>
  usesMax === null ? String(uses) : fill(words.usesOf, { n: uses, max: usesMax })

type Sums = Offer['given'][number]

/** In each currency, where there are several. */
export const sumsText = ({ given, currency }: Pick<Offer, 'given' | 'currency'>, of: (sums: Sums) => number): string =>
  given.length === 0 ? formatPrice(0, currency) : given.map((sums) => formatPrice(of(sums), sums.currency)).join(', ')
