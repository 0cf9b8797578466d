/** What a bundle is, in a few words. */
import { counted, fill, formatDuration, formatQuota, formatSpeed } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { plansForSale } from '@lango/modules/payments'
import type { View } from './page.tsx'

export type Bundle = ResultOf<typeof plansForSale>[number]

export const termsText = (bundle: Bundle, { words, locale }: View): string => {
  const { validitySec, quotaSec, quotaOctets, deviceLimit } = bundle
  const time = (sec: number): string => formatDuration(sec * 1000, locale)
  return (
    [
      validitySec === null ? '' : fill(words.for, { time: time(validitySec) }),
      quotaSec === null ? '' : fill(words.used, { time: time(quotaSec) }),
      quotaOctets === null ? '' : fill(words.data, { amount: formatQuota(quotaOctets) }),
      formatSpeed(bundle, words.anySpeed),
      deviceLimit > 1 ? counted(words.devices, deviceLimit, locale) : '',
    ]
      .filter((term) => term !== '')
      // A line ends between two of them, not within one.
      .map((term) => term.replaceAll(' ', '\u00a0'))
      .join(' · ')
  )
}
