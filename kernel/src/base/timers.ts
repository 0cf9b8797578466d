/** Delayed calls as an argument, so that tests move time by hand. */
export interface Timers {
  /** Calls once after `delayMs`; the answer cancels. */
  after(delayMs: number, run: () => void): () => void
}

export const systemTimers = (): Timers => ({
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
})

/** Calls `run` each `ms` until the answer is called. */
export const every = (ms: number, run: () => void): (() => void) => {
  const timer = setInterval(run, ms)
  return () => clearInterval(timer)
}
