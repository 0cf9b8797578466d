/**
 * Time as an argument. `now()` never runs behind the last committed instant: boxes without a battery boot in 1970,
 * and a row written then must not look older than the rows before it.
 */
export interface Clock {
  /** Epoch milliseconds, an integer, never behind the floor. */
  readonly now: () => number
  /** Milliseconds since some fixed moment; unaffected by anyone setting the clock. */
  readonly monotonicMs: () => number
  /** False while the wall clock may be wrong: then nothing expires, is billed, numbered or certified. */
  readonly sure: () => boolean
}

/** Who vouched for the wall clock. */
export type ClockWitness = 'ntp' | 'rtc' | 'owner'

export interface SystemClock extends Clock {
  /** Raises the floor to an instant that was committed. Lower values are ignored. */
  readonly raiseFloor: (committedMs: number) => void
  /** NTP, a battery-backed clock or the owner says that the wall clock is right. */
  readonly confirm: (witness: ClockWitness) => void
  /** The witness is gone (NTP lost for too long, a resume from suspend). */
  readonly doubt: () => void
}

export type SystemClockOptions = {
  /** The machine's wall clock, epoch ms: `Date.now` outside tests. */
  wallMs: () => number
  /** `performance.now` outside tests. */
  monotonicMs: () => number
  /** When this release was built: a wall clock before that is wrong whoever vouches for it. */
  releasedAt: number
  /** The last committed instant that the database knows, 0 when empty. */
  floorMs: number
}

export const systemClock = ({ wallMs, monotonicMs, releasedAt, floorMs }: SystemClockOptions): SystemClock => {
  let floor = floorMs
  let floorSetAt = monotonicMs()
  let confirmed = false
  // Behind the floor, time still passes: at the monotonic clock's pace.
  const carried = () => floor + (monotonicMs() - floorSetAt)

  return {
    now: () => Math.floor(Math.max(wallMs(), carried())),
    monotonicMs,
    sure: () => confirmed && wallMs() >= floor && wallMs() >= releasedAt,
    raiseFloor(committedMs) {
      if (committedMs <= floor) return
      floor = committedMs
      floorSetAt = monotonicMs()
    },
    confirm() {
      confirmed = true
    },
    doubt() {
      confirmed = false
    },
  }
}
