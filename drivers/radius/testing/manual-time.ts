import type { RadiusTimers } from '../request.ts'

type Alarm = { readonly callback: () => void; readonly at: number }

/** A clock that stands until it is advanced, and the timers that hang on it. */
export class ManualTime {
  readonly #alarms = new Set<Alarm>()
  nowMs = 0

  readonly monotonicMs = (): number => this.nowMs

  readonly timers: RadiusTimers = {
    set: (callback, delayMs) => {
      const alarm: Alarm = { callback, at: this.nowMs + delayMs }
      this.#alarms.add(alarm)
      return alarm
    },
    clear: (alarm) => void this.#alarms.delete(alarm as Alarm),
  }

  get pending(): number {
    return this.#alarms.size
  }

  /** Goes to the next alarm and rings it; false when there is none. */
  ring(): boolean {
    const [next] = [...this.#alarms].sort((one, other) => one.at - other.at)
    if (next === undefined) return false
    this.#alarms.delete(next)
    this.nowMs = next.at
    next.callback()
    return true
  }

  /** Rings all that is due until `byMs` from now. */
  advance(byMs: number): void {
    const until = this.nowMs + byMs
    while ([...this.#alarms].some(({ at }) => at <= until)) this.ring()
    this.nowMs = until
  }
}
