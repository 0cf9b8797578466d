/** How the machine and its load were in each minute of the last day: kept in memory, so from the box's start at most. */
import type { Machine } from '../web/feed.ts'

export const MINUTE_MS = 60_000
const MINUTES_MAX = 1440

/** Of one minute; shares are of one. */
export type Minute = {
  /** Its end, epoch ms. */
  readonly at: number
  readonly machine: Machine
  /** Requests that came. */
  readonly logins: number
  readonly accounting: number
}

export type Requests = Pick<Minute, 'logins' | 'accounting'>

export class DayHistory {
  readonly #minutes: Minute[] = []
  #last: Requests

  /** `total`: counted from the start until now. */
  constructor(total: Requests) {
    this.#last = total
  }

  /** A minute is over. */
  add(at: number, machine: Machine, total: Requests): void {
    const logins = total.logins - this.#last.logins
    const accounting = total.accounting - this.#last.accounting
    this.#last = total
    this.#minutes.push({ at, machine, logins, accounting })
    if (this.#minutes.length > MINUTES_MAX) this.#minutes.shift()
  }

  /** The oldest first. */
  minutes(): readonly Minute[] {
    return this.#minutes
  }
}

/** The highest that an hour saw of each. */
export type Hour = {
  /** Its beginning, epoch ms. */
  readonly at: number
  readonly cpuShare: number | undefined
  readonly memoryUsedShare: number
  readonly temperatureC: number | undefined
  readonly loginsPerSec: number
  readonly accountingPerSec: number
}

const HOUR_MS = 3_600_000
const SECONDS = 60

const highest = (values: readonly (number | undefined)[]): number | undefined => {
  const told = values.filter((value) => value !== undefined)
  return told.length === 0 ? undefined : Math.max(...told)
}

/** The oldest first; hours without a minute are not there. */
export const hoursOf = (minutes: readonly Minute[]): readonly Hour[] => {
  const byHour = Map.groupBy(minutes, ({ at }) => Math.floor((at - 1) / HOUR_MS) * HOUR_MS)
  return [...byHour].map(([at, of]) => ({
    at,
    cpuShare: highest(of.map(({ machine }) => machine.cpuShare)),
    memoryUsedShare: highest(of.map(({ machine }) => machine.memoryUsedShare))!,
    temperatureC: highest(of.map(({ machine }) => machine.temperatureC)),
    ...busiestOf(of),
  }))
}

/** Requests a second of the busiest minute, each kind by itself. */
export const busiestOf = (
  minutes: readonly Requests[],
): { readonly loginsPerSec: number; readonly accountingPerSec: number } => ({
  loginsPerSec: (highest(minutes.map(({ logins }) => logins)) ?? 0) / SECONDS,
  accountingPerSec: (highest(minutes.map(({ accounting }) => accounting)) ?? 0) / SECONDS,
})
