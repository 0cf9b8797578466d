/** Hours of usage as a report shows them: by day, and by hour of the day. Pure. */
import type { Moved } from '../sessions/index.ts'
import { dayOf, daysIn, hourOfDay } from './time-range.ts'

export type Hour = Moved & { readonly hourAt: number }
export type Period = Moved & { readonly key: string }

const HOUR_MS = 3_600_000
const HOUR_SEC = 3600
const HOURS_A_DAY = 24

const NOTHING: Moved = { inputOctets: 0, outputOctets: 0, sessionTimeSec: 0 }

export const plus = (a: Moved, b: Moved): Moved => ({
  inputOctets: a.inputOctets + b.inputOctets,
  outputOctets: a.outputOctets + b.outputOctets,
  sessionTimeSec: a.sessionTimeSec + b.sessionTimeSec,
})

export const totalOf = (hours: readonly Moved[]): Moved => hours.reduce(plus, NOTHING)

type Range = { readonly fromAt: number; readonly toAt: number }

const summed = (hours: readonly Hour[], keys: readonly string[], keyOf: (at: number) => string): readonly Period[] => {
  const byKey = new Map<string, Moved>(keys.map((key) => [key, NOTHING]))
  for (const hour of hours) byKey.set(keyOf(hour.hourAt), plus(byKey.get(keyOf(hour.hourAt)) ?? NOTHING, hour))
  return [...byKey].map(([key, moved]) => ({ key, ...moved }))
}

/** Every day of the range, those without usage too. */
export const byDay = (hours: readonly Hour[], range: Range, timeZone: string): readonly Period[] =>
  summed(hours, daysIn(range, timeZone), (at) => dayOf(at, timeZone))

/** Every hour of the range, named by when it begins. */
export const byHour = (hours: readonly Hour[], { fromAt, toAt }: Range): readonly Period[] => {
  const keys: string[] = []
  for (let at = Math.floor(fromAt / HOUR_MS) * HOUR_MS; at < toAt; at += HOUR_MS) keys.push(String(at))
  return summed(hours, keys, String)
}

export type PeakHour = {
  readonly hour: number
  /** Sessions open at once, on average. */
  readonly online: number
  readonly downKbps: number
  readonly upKbps: number
}

/**
 * The averages of each hour of the day, over the days of the range that have had it. What a session counts stands in
 * the hour it was reported in.
 */
export const peakHours = (hours: readonly Hour[], { fromAt, toAt }: Range, timeZone: string): readonly PeakHour[] => {
  const sums = Array.from({ length: HOURS_A_DAY }, () => ({ ...NOTHING, times: 0 }))
  for (let at = Math.ceil(fromAt / HOUR_MS) * HOUR_MS; at < toAt; at += HOUR_MS)
    sums[hourOfDay(at, timeZone)]!.times += 1
  for (const hour of hours) {
    const at = hourOfDay(hour.hourAt, timeZone)
    sums[at] = { ...plus(sums[at]!, hour), times: sums[at]!.times }
  }
  return sums.map(({ times, inputOctets, outputOctets, sessionTimeSec }, hour) => {
    const seconds = Math.max(times, 1) * HOUR_SEC
    const kbps = (octets: number) => (octets * 8) / 1000 / seconds
    return { hour, online: sessionTimeSec / seconds, downKbps: kbps(outputOctets), upKbps: kbps(inputOctets) }
  })
}
