import { formatMoney } from '../base/money.ts'
import { counted, fill, type Locale } from './locale.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** What stands where a value is not known. */
export const UNKNOWN = '–'

/** Three figures at most: 8.2, 12.4, 124. The next unit is taken before rounding would show 1,000. */
const scaled = (value: number, units: readonly string[], locale: Locale): string => {
  let rest = value
  let step = 0
  while (rest >= 999.5 && step < units.length - 1) {
    rest /= 1000
    step += 1
  }
  const format = step === 0 || rest >= 99.95 ? locale.whole : locale.tenths
  return `${format.format(rest)}\u00a0${units[step]}`
}

/** Octets in decimal units, as data is sold: 12.4 GB. */
export const formatBytes = (octets: number | undefined, locale: Locale): string =>
  octets === undefined ? UNKNOWN : scaled(octets, ['B', 'kB', 'MB', 'GB', 'TB', 'PB'], locale)

/** A speed given in kbit/s: 8.2 Mbit/s. */
export const formatRate = (rateKbps: number | undefined, locale: Locale): string =>
  rateKbps === undefined ? UNKNOWN : scaled(rateKbps, ['kbit/s', 'Mbit/s', 'Gbit/s'], locale)

/** What was agreed on, to the last figure that matters, in the largest unit: 10 GB, 1.5 GB. */
const agreed = (value: number, units: readonly string[]): readonly [figure: string, unit: string] => {
  const step = Math.min(Math.floor(Math.log10(Math.max(value, 1)) / 3), units.length - 1)
  return [String(Number((value / 1000 ** step).toFixed(3))), units[step]!]
}

/** Octets as a plan sells them: 10 GB, where what was used of them reads 9.8 GB. */
export const formatQuota = (octets: number): string =>
  agreed(octets, ['B', 'kB', 'MB', 'GB', 'TB', 'PB']).join('\u00a0')

/** A plan's speed, down before up: 10 / 5 Mbit/s; `none` stands for no limit. */
export const formatSpeed = (speed: { readonly downKbps: number; readonly upKbps: number }, none: string): string => {
  const parts = [speed.downKbps, speed.upKbps].map((kbps) => agreed(kbps, ['kbit/s', 'Mbit/s', 'Gbit/s']))
  const [[down, downUnit], [up, upUnit]] = parts as [readonly [string, string], readonly [string, string]]
  if (speed.downKbps === 0 && speed.upKbps === 0) return none
  const one = (figure: string, unit: string, kbps: number) => (kbps === 0 ? none : `${figure}\u00a0${unit}`)
  if (downUnit === upUnit && speed.downKbps > 0 && speed.upKbps > 0) return `${down} / ${up}\u00a0${upUnit}`
  return `${one(down, downUnit, speed.downKbps)} / ${one(up, upUnit, speed.upKbps)}`
}

/** How the region writes its own currencies; the others by their code. */
const signs: Readonly<Record<string, string>> = { KES: 'KSh', UGX: 'USh', TZS: 'TSh' }

/** The sign or code that stands beside amounts of a currency. */
export const currencySign = (currency: string): string => signs[currency] ?? currency

/** An amount in minor units: KSh 1,500.00. */
export const formatPrice = (minor: number, currency: string): string =>
  formatMoney({ minor, currency }).replace(currency, currencySign(currency)).replace(' ', '\u00a0')

/** A number with its thousands apart: 1,204. */
export const formatNumber = (value: number, locale: Locale): string => locale.whole.format(value)

/** Events a second: a quiet box shows 0.4, a busy one 1,204. */
export const formatPerSec = (value: number, locale: Locale): string =>
  (value > 0 && value < 9.95 ? locale.tenths : locale.whole).format(value)

/** Two units at most, the small one rounded down: 45 s, 12 min, 2 h 14 min, 3 d 4 h. Negative counts as nothing. */
export const formatDuration = (durationMs: number, locale: Locale): string => {
  const { words } = locale
  const units = [
    [DAY_MS, words.days],
    [HOUR_MS, words.hours],
    [MINUTE_MS, words.minutes],
    [SECOND_MS, words.seconds],
  ] as const
  const whole = Math.max(durationMs, 0)
  const first = Math.max(
    0,
    units.findIndex(([unitMs]) => whole >= unitMs),
  )
  const [largeMs, large] = whole >= SECOND_MS ? units[first]! : units[3]
  const part = (template: string, n: number) => fill(template, { n: locale.whole.format(n) }).replaceAll(' ', '\u00a0')
  const text = part(large, Math.floor(whole / largeMs))
  // Minutes say enough by themselves; seconds beside them only flicker.
  const next = largeMs > MINUTE_MS ? units[first + 1] : undefined
  if (!next) return text
  const rest = Math.floor((whole % largeMs) / next[0])
  return rest === 0 ? text : `${text} ${part(next[1], rest)}`
}

/** How long ago: just now, 20 s ago, 3 min ago, 5 h ago, 3 d ago. Seconds go by tens so that a list stays calm. */
export const formatAgo = (at: number, now: number, locale: Locale): string => {
  const { words } = locale
  const age = now - at
  if (age <= -MINUTE_MS) return fill(words.inTheFuture, { duration: formatDuration(-age, locale) })
  if (age < 10 * SECOND_MS) return words.justNow
  if (age < MINUTE_MS) return counted(words.secondsAgo, Math.floor(age / (10 * SECOND_MS)) * 10, locale)
  if (age < HOUR_MS) return counted(words.minutesAgo, Math.floor(age / MINUTE_MS), locale)
  if (age < 2 * DAY_MS) return counted(words.hoursAgo, Math.floor(age / HOUR_MS), locale)
  return counted(words.daysAgo, Math.floor(age / DAY_MS), locale)
}

/** 18:42:07, the site's time. */
export const formatTimeOfDay = (at: number, locale: Locale): string => locale.timeOfDay.format(at)

/** 21 Nov 2026, 18:42:07 EAT. */
export const formatDay = (at: number, locale: Locale): string => locale.day.format(at)

export const formatExact = (at: number, locale: Locale): string => locale.exact.format(at)

/** AA:BB:CC:DD:EE:FF, however it is written; what is no MAC address is shown as it came. */
export const formatMac = (text: string): string => {
  const digits = text.replace(/[:.\- ]/g, '')
  if (!/^[0-9a-f]{12}$/i.test(digits)) return visible(text)
  return digits.toUpperCase().replace(/(..)(?=.)/g, '$1:')
}

// Country codes of three digits with a nine-digit number behind: East Africa. (ITU-T E.164 assignments.)
const NINE_DIGIT_COUNTRIES = /^\+(25[0-9])(\d{3})(\d{3})(\d{3})$/

/** An E.164 number in groups: +254 712 345 678. Anything else is shown as it came. */
export const formatPhone = (text: string): string => {
  const number = text.replace(/[ ()-]/g, '')
  const [, country, a, b, c] = NINE_DIGIT_COUNTRIES.exec(number) ?? []
  if (country !== undefined) return `+${country}\u00a0${a}\u00a0${b}\u00a0${c}`
  return visible(text)
}

// Controls, what reorders or hides text (Unicode UAX #9 §2, UTS #39 §5.4), and space at an end.
const INVISIBLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]|^\s|\s$/gu

// The number rather than a control picture: few fonts have those.
const stand = (char: string): string => `‹${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}›`

/** A stranger's text with nothing hidden in it: `alice\0` shows as `alice‹0000›` and so does not pass for `alice`. */
export const visible = (text: string): string => text.toWellFormed().replace(INVISIBLE, stand)
