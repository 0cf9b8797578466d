/** What a plan says, in words of the reader. Pure. */
import { fill, formatDuration, formatPrice, formatQuota, formatSpeed, type Locale, type Plural } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { Policy } from '../access/index.ts'
import type { listPlans } from './queries.ts'
import type { PlanWords } from './words.ts'

export type Plan = ResultOf<typeof listPlans>[number]
type Reader = { readonly words: PlanWords; readonly locale: Locale }
type Window = NonNullable<Policy['windows']>[number]
type TextWord = { [K in keyof PlanWords]: PlanWords[K] extends Plural ? never : K }[keyof PlanWords]

export const priceText = ({ priceMinor, currency }: Plan, words: PlanWords): string =>
  priceMinor === 0 ? words.free : formatPrice(priceMinor, currency)

export const validityText = ({ validitySec, validFrom, policy }: Plan, { words, locale }: Reader): string =>
  validitySec === null
    ? policy.clock === 'fixed'
      ? words.atSale
      : words.untilEnded
    : fill(validFrom === 'first-use' ? words.validFirst : words.validSale, {
        time: formatDuration(validitySec * 1000, locale),
      })

/** An amount in each period of a policy. */
export const perPeriod = (amount: string, { quotaPeriod = 'none' }: Policy, words: PlanWords): string => {
  const forms = {
    none: '{amount}',
    day: words.perDay,
    week: words.perWeek,
    month: words.perMonth,
    subscription: words.perMonth,
  }
  return fill(forms[quotaPeriod], { amount })
}

export const dataText = ({ quotaOctets, policy }: Plan, { words }: Reader): string =>
  quotaOctets === null ? words.noLimit : perPeriod(formatQuota(quotaOctets), policy, words)

export const timeText = ({ quotaSec, policy }: Plan, { words, locale }: Reader): string =>
  quotaSec === null ? words.noLimit : perPeriod(formatDuration(quotaSec * 1000, locale), policy, words)

export const devicesText = ({ deviceLimit, bindDevices }: Policy, words: PlanWords): string => {
  const limit = deviceLimit === 0 ? words.anyNumber : String(deviceLimit)
  return bindDevices === 'first' ? `${limit}, ${words.bound}` : limit
}

export const periodWord = (period: NonNullable<Policy['quotaPeriod']>): Extract<TextWord, `period${string}`> =>
  (
    {
      none: 'periodNone',
      day: 'periodDay',
      week: 'periodWeek',
      month: 'periodMonth',
      subscription: 'periodSubscription',
    } as const
  )[period]

export const clockWords = { wall: 'clockWall', used: 'clockUsed', fixed: 'clockFixed' } as const

export const selfWords = { off: 'selfOff', phone: 'selfPhone', email: 'selfEmail' } as const

/** From Monday on, as weeks are read. */
export const weekdays = [1, 2, 3, 4, 5, 6, 0] as const
const dayWords = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
export const dayText = (day: number, words: PlanWords): string => words[dayWords[day]!]

/** Mon–Fri, Sun: runs of three and more are written as one. */
export const daysText = (days: readonly number[], words: PlanWords): string => {
  if (days.length === 7) return words.everyDay
  const places = weekdays.flatMap((day, place) => (days.includes(day) ? [place] : []))
  const runs: number[][] = []
  for (const place of places) {
    const last = runs.at(-1)
    if (last !== undefined && last.at(-1) === place - 1) last.push(place)
    else runs.push([place])
  }
  const name = (place: number): string => dayText(weekdays[place]!, words)
  return runs
    .map((run) => (run.length > 2 ? `${name(run[0]!)}–${name(run.at(-1)!)}` : run.map(name).join(', ')))
    .join(', ')
}

export const windowText = ({ days, from, to, downKbps, upKbps }: Window, words: PlanWords): string => {
  const when = { days: daysText(days, words), from, to }
  if (downKbps === undefined || upKbps === undefined) return fill(words.windowOpen, when)
  return fill(words.windowFast, { ...when, speed: formatSpeed({ downKbps, upKbps }, words.noLimit) })
}

export const tierText = (tier: NonNullable<Policy['fairUse']>[number], words: PlanWords): string =>
  fill(words.tierText, { amount: formatQuota(tier.afterOctets), speed: formatSpeed(tier, words.noLimit) })
