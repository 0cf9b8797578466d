/** What is sold or given, in a few words. */
import { counted, fill, formatDuration, formatPrice, formatQuota, formatSpeed } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { plansForSale } from '@lango/modules/payments'
import type { View } from './page.tsx'

export type Bundle = ResultOf<typeof plansForSale>[number]

type Terms = Pick<Bundle, 'validitySec' | 'quotaSec' | 'quotaOctets' | 'deviceLimit' | 'downKbps' | 'upKbps'>

export const termsText = (terms: Terms, { words, locale }: Pick<View, 'words' | 'locale'>): string => {
  const { validitySec, quotaSec, quotaOctets, deviceLimit } = terms
  const time = (sec: number): string => formatDuration(sec * 1000, locale)
  return (
    [
      validitySec === null ? '' : time(validitySec),
      quotaSec === null ? '' : fill(words.used, { time: time(quotaSec) }),
      quotaOctets === null ? '' : formatQuota(quotaOctets),
      formatSpeed(terms, words.anySpeed),
      deviceLimit > 1 ? counted(words.devices, deviceLimit, locale) : '',
    ]
      .filter((term) => term !== '')
      // A line ends between two of them, not within one.
      .map((term) => term.replaceAll(' ', '\u00a0'))
      .join(' · ')
  )
}

/** As people say it: the cents only where there are some. */
export const priceText = ({ amountMinor, currency }: { readonly amountMinor: number; readonly currency: string }) =>
  formatPrice(amountMinor, currency).replace(/\.00$/, '')

/** The clock's hands, without seconds: nobody needs them here. The day too where it is not today. */
export const timeText = (at: number, { locale, now }: Pick<View, 'locale' | 'now'>): string => {
  const time = locale.timeOfDay.format(at).slice(0, 5)
  return locale.day.format(at) === locale.day.format(now) ? time : `${locale.day.format(at)}, ${time}`
}
