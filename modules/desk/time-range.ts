/** A stretch of time as a page's address says it: `?range=7d`, or `?from=2026-11-01&to=2026-11-05`. Pure. */

export const presets = ['today', '7d', '30d'] as const
export type Preset = (typeof presets)[number]

export type TimeRange = {
  /** In [fromAt, toAt), epoch ms. */
  readonly fromAt: number
  readonly toAt: number
  /** Undefined where people chose days or hours of their own. */
  readonly preset: Preset | undefined
  /** As they stand in the form's fields. */
  readonly from: string
  readonly to: string
}

const DAYS: Readonly<Record<Preset, number>> = { today: 0, '7d': 6, '30d': 29 }

const isPreset = (text: string | null): text is Preset => (presets as readonly (string | null)[]).includes(text)

/** The instant of `2026-11-01` or `2026-11-01T06:30` in a time zone; undefined when it is none. */
export const instantOf = (text: string, timeZone: string, end: 'first' | 'last' = 'first'): number | undefined => {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text)
  if (!isDay && !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text)) return undefined
  try {
    if (!isDay) return Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone).epochMilliseconds
    const day = Temporal.PlainDate.from(text)
    return (end === 'last' ? day.add({ days: 1 }) : day).toZonedDateTime(timeZone).epochMilliseconds
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const dayAt = (at: number, timeZone: string): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate()

/** Whole days of the site's calendar, today the last of them. */
const presetRange = (preset: Preset, now: number, timeZone: string): TimeRange => {
  const today = dayAt(now, timeZone)
  const first = today.subtract({ days: DAYS[preset] })
  return {
    fromAt: first.toZonedDateTime(timeZone).epochMilliseconds,
    toAt: today.add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds,
    preset,
    from: first.toString(),
    to: today.toString(),
  }
}

/** What the address asks for; `fault` when it cannot be read, and then the range that the page has by itself. */
export const timeRangeOf = (
  search: URLSearchParams,
  { now, timeZone, otherwise }: { readonly now: number; readonly timeZone: string; readonly otherwise: Preset },
): { readonly range: TimeRange; readonly fault: 'from' | 'to' | undefined } => {
  const [from, to, named] = [search.get('from') ?? '', search.get('to') ?? '', search.get('range')]
  const preset = isPreset(named) ? named : otherwise
  const usual = presetRange(preset, now, timeZone)
  if (from === '' && to === '') return { range: usual, fault: undefined }
  const fromAt = from === '' ? 0 : instantOf(from, timeZone)
  const toAt = to === '' ? usual.toAt : instantOf(to, timeZone, 'last')
  const typed = { ...usual, preset: undefined, from, to }
  if (fromAt === undefined) return { range: typed, fault: 'from' }
  if (toAt === undefined || toAt <= fromAt) return { range: typed, fault: 'to' }
  return { range: { fromAt, toAt, preset: undefined, from, to }, fault: undefined }
}

export const dayOf = (at: number, timeZone: string): string => dayAt(at, timeZone).toString()

export const hourOfDay = (at: number, timeZone: string): number =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).hour

/** Every day that a range touches, in order. */
export const daysIn = ({ fromAt, toAt }: Pick<TimeRange, 'fromAt' | 'toAt'>, timeZone: string): readonly string[] => {
  const days: string[] = []
  const last = dayAt(toAt - 1, timeZone)
  for (let day = dayAt(fromAt, timeZone); Temporal.PlainDate.compare(day, last) <= 0; day = day.add({ days: 1 }))
    days.push(day.toString())
  return days
}
