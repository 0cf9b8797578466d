/** How long the turns of this thread's event loop take: whoever comes while one runs waits for its end. */
import { monitorEventLoopDelay } from 'node:perf_hooks'

const NANOS_PER_SEC = 1e9

export type Turns = {
  /** Seconds that the longest of these shares of the turns took at most, since it was asked last. */
  readonly quantiles: () => ReadonlyMap<number, number>
  readonly stop: () => void
}

const SHARES = [0.5, 0.99, 0.999]

export const watchTurns = (): Turns => {
  // A turn at a time: it needs no timer that would wake an idle box.
  const delays = monitorEventLoopDelay({ samplePerIteration: true })
  delays.enable()
  return {
    quantiles() {
      const told = SHARES.map((share) => [share, delays.percentile(share * 100) / NANOS_PER_SEC] as const)
      const longest = delays.count === 0 ? 0 : delays.max / NANOS_PER_SEC
      delays.reset()
      return new Map([...told, [1, longest]])
    },
    stop: () => void delays.disable(),
  }
}
