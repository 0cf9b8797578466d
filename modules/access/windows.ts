/**
 * Times of the week that a plan treats otherwise: pure. A window without a speed is a time of access: where a plan has
 * such, it is open in them only. A window with a speed is open like any other time, at that speed.
 */

export type Window = {
  /** The days it begins on: 0 is Sunday, 6 Saturday. */
  readonly days: readonly number[]
  /** Local time, `22:00`. */
  readonly from: string
  /** Local time; not after `from` means on the day after. */
  readonly to: string
  readonly downKbps?: number | undefined
  readonly upKbps?: number | undefined
}

export type Speed = { readonly downKbps: number; readonly upKbps: number }

/** How a plan's windows stand at an instant. */
export type WindowState = {
  readonly isOpen: boolean
  /** When access ends, where it does. */
  readonly openUntilAt: number | undefined
  /** The window whose speed holds. */
  readonly fast: Window | undefined
  /** The next instant at which any window begins or ends. */
  readonly nextAt: number | undefined
}

type Opening = { readonly window: Window; readonly fromAt: number; readonly toAt: number }
/** All that windows do around one day, worked out once a day. */
export type Horizon = {
  readonly fromAt: number
  readonly toAt: number
  readonly openings: readonly Opening[]
  /** Times of access, those that touch made one; undefined where there is access at any time. */
  readonly access: readonly { readonly fromAt: number; readonly toAt: number }[] | undefined
}

/** A week from any instant of the day holds each window at least once; the day before has those that cross midnight. */
const DAYS_BEFORE = 1
const DAYS_AFTER = 8

export const isFast = ({ downKbps, upKbps }: Window): boolean => downKbps !== undefined || upKbps !== undefined

export const horizonOf = (windows: readonly Window[], zone: string, today: Temporal.PlainDate): Horizon => {
  const openings: Opening[] = []
  for (let day = -DAYS_BEFORE; day <= DAYS_AFTER; day++) {
    const date = today.add({ days: day })
    for (const window of windows)
      if (window.days.includes(date.dayOfWeek % 7)) openings.push({ window, ...spanOn(date, window, zone) })
  }
  openings.sort((a, b) => a.fromAt - b.fromAt)
  const midnight = (date: Temporal.PlainDate): number => date.toZonedDateTime(zone).epochMilliseconds
  const limiting = openings.filter(({ window }) => !isFast(window))
  return {
    fromAt: midnight(today),
    toAt: midnight(today.add({ days: 1 })),
    openings,
    access: windows.every(isFast) ? undefined : merged(limiting),
  }
}

export const windowsIn = ({ openings, access }: Horizon, windows: readonly Window[], at: number): WindowState => {
  const holds = (span: { fromAt: number; toAt: number }): boolean => span.fromAt <= at && at < span.toAt
  const inForce = new Set(openings.filter(holds).map(({ window }) => window))
  const open = access?.find(holds)
  const changes = openings.flatMap(({ fromAt, toAt }) => [fromAt, toAt]).filter((instant) => instant > at)
  // Access without a gap in a whole week has none at all.
  const isEndless = open !== undefined && open === access?.at(-1) && open.toAt - at > WEEK_MS
  return {
    isOpen: access === undefined || open !== undefined,
    openUntilAt: isEndless ? undefined : open?.toAt,
    fast: windows.find((window) => isFast(window) && inForce.has(window)),
    nextAt: changes.length === 0 ? undefined : Math.min(...changes),
  }
}

const WEEK_MS = 7 * 86_400_000

/** A time that the clock skips is that much later; of a time that it shows twice the first counts. */
const spanOn = (date: Temporal.PlainDate, { from, to }: Window, zone: string): { fromAt: number; toAt: number } => {
  const at = (day: Temporal.PlainDate, time: string): number =>
    day.toZonedDateTime({ timeZone: zone, plainTime: time }).epochMilliseconds
  return { fromAt: at(date, from), toAt: at(to > from ? date : date.add({ days: 1 }), to) }
}

const merged = (sorted: readonly Opening[]): { fromAt: number; toAt: number }[] => {
  const spans: { fromAt: number; toAt: number }[] = []
  for (const { fromAt, toAt } of sorted) {
    const last = spans.at(-1)
    if (last && fromAt <= last.toAt) last.toAt = Math.max(last.toAt, toAt)
    else spans.push({ fromAt, toAt })
  }
  return spans
}
