/** Days of the site's calendar as an address or a command says them. Pure. */

export type DayPeriod = {
  /** In [fromAt, toAt), epoch ms. */
  readonly fromAt: number
  readonly toAt: number
  /** First and last day, 2026-11-01, as they stand in the fields of a form. */
  readonly from: string
  readonly to: string
}

type Asked = { readonly from?: string | undefined; readonly to?: string | undefined }
type Clock = { readonly now: number; readonly timeZone: string }

const startOf = (day: Temporal.PlainDate, timeZone: string): number => day.toZonedDateTime(timeZone).epochMilliseconds

const dayOf = (text: string): Temporal.PlainDate | undefined => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  try {
    return Temporal.PlainDate.from(text)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const periodOf = (first: Temporal.PlainDate, last: Temporal.PlainDate, timeZone: string): DayPeriod => ({
  fromAt: startOf(first, timeZone),
  toAt: startOf(last.add({ days: 1 }), timeZone),
  from: first.toString(),
  to: last.toString(),
})

const todayAt = ({ now, timeZone }: Clock): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone).toPlainDate()

export const todayOf = (clock: Clock): DayPeriod => periodOf(todayAt(clock), todayAt(clock), clock.timeZone)

/**
 * From the first of these days to the last, both included. Without a first one from the beginning of the month that the
 * last one is in, without a last one up to today. `fault` is the one that cannot be read or comes too early; then it is
 * this month.
 */
export const daysOf = (
  asked: Asked,
  clock: Clock,
): { readonly period: DayPeriod; readonly fault: 'from' | 'to' | undefined } => {
  const today = todayAt(clock)
  const last = asked.to === undefined || asked.to === '' ? today : dayOf(asked.to)
  const usual = periodOf(today.with({ day: 1 }), today, clock.timeZone)
  const typed = { ...usual, from: asked.from ?? '', to: asked.to ?? '' }
  if (last === undefined) return { period: typed, fault: 'to' }
  const first = asked.from === undefined || asked.from === '' ? last.with({ day: 1 }) : dayOf(asked.from)
  if (first === undefined) return { period: typed, fault: 'from' }
  if (Temporal.PlainDate.compare(first, last) > 0) return { period: typed, fault: 'to' }
  return { period: periodOf(first, last, clock.timeZone), fault: undefined }
}
