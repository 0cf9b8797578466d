/**
 * Days, weeks and months as the people of a site live them. A calendar belongs to one time zone and keeps what it has
 * worked out, since a login asks for the same period again and again. Pure but for that memory.
 */
import { horizonOf, windowsIn, type Horizon, type Window, type WindowState } from './windows.ts'

export const quotaPeriods = ['none', 'day', 'week', 'month', 'subscription'] as const
export type QuotaPeriod = (typeof quotaPeriods)[number]

/** From an instant up to another, which is not in it; without an end it never ends. */
export type Span = { readonly fromAt: number; readonly toAt: number | undefined }

/** Usage is metered in whole hours of UTC, so a period begins with one, also where midnight is at half past. */
export const METER_HOUR_MS = 3_600_000

/** Periods kept of each kind: the present one and those that data may roll over from. */
const PERIODS_KEPT = 16

const WHOLE_LIFE: Span = { fromAt: 0, toAt: undefined }

export class Calendar {
  readonly zone: string
  readonly #periods = new Map<string, Span[]>()
  readonly #horizons = new WeakMap<readonly Window[], Horizon>()

  /** `zone` is an IANA name, such as Africa/Nairobi; one that does not exist throws. */
  constructor(zone: string) {
    this.zone = zone
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone)
  }

  /** The period that an instant lies in. `anchorAt`: when the subscription began; only its day of the month counts. */
  periodAt(period: QuotaPeriod, anchorAt: number, at: number): Span {
    if (period === 'none') return WHOLE_LIFE
    const anchorDay = period === 'subscription' ? this.dateAt(anchorAt).day : 1
    const key = `${period} ${anchorDay}`
    const known = this.#periods.get(key) ?? []
    const hit = known.find(({ fromAt, toAt }) => fromAt <= at && at < toAt!)
    if (hit) return hit
    const found = this.#periodOf(period, anchorDay, at)
    this.#periods.set(key, [found, ...known.slice(0, PERIODS_KEPT - 1)])
    return found
  }

  /** How windows stand at an instant. They are told apart as objects: those of one policy are worked out once a day. */
  windowsAt(windows: readonly Window[], at: number): WindowState {
    const known = this.#horizons.get(windows)
    if (known && known.fromAt <= at && at < known.toAt) return windowsIn(known, windows, at)
    const horizon = horizonOf(windows, this.zone, this.dateAt(at))
    this.#horizons.set(windows, horizon)
    return windowsIn(horizon, windows, at)
  }

  dateAt(at: number): Temporal.PlainDate {
    return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(this.zone).toPlainDate()
  }

  #periodOf(period: Exclude<QuotaPeriod, 'none'>, anchorDay: number, at: number): Span {
    const first = firstDay(period, this.dateAt(at), anchorDay)
    const fromAt = this.#midnight(first)
    // Where midnight is no whole hour, what is left of that hour belongs to the day before.
    if (at < fromAt) return this.#periodOf(period, anchorDay, fromAt - METER_HOUR_MS)
    return { fromAt, toAt: this.#midnight(dayAfter(period, first, anchorDay)) }
  }

  #midnight(date: Temporal.PlainDate): number {
    return Math.ceil(date.toZonedDateTime(this.zone).epochMilliseconds / METER_HOUR_MS) * METER_HOUR_MS
  }
}

const firstDay = (
  period: Exclude<QuotaPeriod, 'none'>,
  date: Temporal.PlainDate,
  anchorDay: number,
): Temporal.PlainDate => {
  if (period === 'day') return date
  if (period === 'week') return date.subtract({ days: date.dayOfWeek - 1 })
  const thisMonth = dayOfMonth(date, anchorDay)
  return Temporal.PlainDate.compare(thisMonth, date) <= 0
    ? thisMonth
    : dayOfMonth(date.subtract({ months: 1 }), anchorDay)
}

const dayAfter = (
  period: Exclude<QuotaPeriod, 'none'>,
  first: Temporal.PlainDate,
  anchorDay: number,
): Temporal.PlainDate => {
  if (period === 'day') return first.add({ days: 1 })
  if (period === 'week') return first.add({ weeks: 1 })
  return dayOfMonth(first.add({ months: 1 }), anchorDay)
}

/** A day that a month lacks is its last day. */
const dayOfMonth = (month: Temporal.PlainDate, day: number): Temporal.PlainDate =>
  month.with({ day: Math.min(day, month.daysInMonth) })
