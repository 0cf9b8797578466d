import type { Clock } from '../base/clock.ts'
import type { Timers } from '../base/timers.ts'

/** A clock and its timers that move by hand. Starts sure. */
export interface FakeClock extends Clock, Timers {
  /** Moves time on, calling what falls due in order of its time. */
  advance(ms: number): void
  /** As `advance`, letting promises settle between two timers. */
  advanceAsync(ms: number): Promise<void>
  setSure(sure: boolean): void
  /** Timers that wait. */
  pending(): number
}

export const fakeClock = (startMs = Date.UTC(2026, 10, 21, 6)): FakeClock => {
  let elapsedMs = 0
  let sure = true
  let serial = 0
  const waiting = new Map<number, { at: number; run: () => void }>()

  const nextDue = (untilMs: number) => {
    let due: [number, { at: number; run: () => void }] | undefined
    for (const entry of waiting)
      if (entry[1].at <= untilMs && (due === undefined || entry[1].at < due[1].at)) due = entry
    return due
  }
  const fire = ([key, { at, run }]: NonNullable<ReturnType<typeof nextDue>>) => {
    waiting.delete(key)
    elapsedMs = Math.max(elapsedMs, at)
    run()
  }

  return {
    now: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    sure: () => sure,
    setSure: (value) => void (sure = value),
    pending: () => waiting.size,
    after(delayMs, run) {
      const key = serial++
      waiting.set(key, { at: elapsedMs + delayMs, run })
      return () => waiting.delete(key)
    },
    advance(ms) {
      const untilMs = elapsedMs + ms
      for (let due = nextDue(untilMs); due !== undefined; due = nextDue(untilMs)) fire(due)
      elapsedMs = untilMs
    },
    async advanceAsync(ms) {
      const untilMs = elapsedMs + ms
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve))
        const due = nextDue(untilMs)
        if (due === undefined) break
        fire(due)
      }
      elapsedMs = untilMs
    },
  }
}
