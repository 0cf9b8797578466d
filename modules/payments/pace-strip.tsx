import { fill, formatDuration, formatNumber, StatStrip, UNKNOWN, type Locale } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { purchasePace } from './pace.ts'
import { paymentWords } from './words.ts'

const QUICK_MS = 9950

/** The last day: who was asked, who paid, who is online, and how long that took. Nothing where nobody was asked. */
export const PaceStrip = ({ pace, locale }: { pace: ResultOf<typeof purchasePace>; locale: Locale }) => {
  const words = paymentWords[locale.lang]
  const took = (ms: number | undefined): string => {
    if (ms === undefined) return UNKNOWN
    // What is so quick is told to the tenth.
    return ms < QUICK_MS
      ? fill(locale.words.seconds, { n: locale.tenths.format(ms / 1000) })
      : formatDuration(ms, locale)
  }
  if (pace.asked === 0) return null
  return (
    <StatStrip
      label={words.pace}
      stats={[
        { id: 'asked', label: words.paceAsked, value: formatNumber(pace.asked, locale) },
        { id: 'paid', label: words.pacePaid, value: formatNumber(pace.paid, locale) },
        { id: 'online', label: words.paceOnline, value: formatNumber(pace.online, locale) },
        { id: 'p50', label: words.paceHalf, value: took(pace.paidToOnlineP50Ms) },
        { id: 'p95', label: words.paceMost, value: took(pace.paidToOnlineP95Ms) },
      ]}
    />
  )
}
