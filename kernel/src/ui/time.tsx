import { formatAgo, formatExact } from './format.ts'
import type { Locale } from './locale.ts'

/** `3 min ago`, the exact time on hover. Both instants are epoch ms. */
export const Ago = ({ at, now, locale }: { at: number; now: number; locale: Locale }) => (
  <time dateTime={new Date(at).toISOString()} title={formatExact(at, locale)}>
    {formatAgo(at, now, locale)}
  </time>
)
