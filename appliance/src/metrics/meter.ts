/**
 * The box's counters as numbers that do not wrap, and how long logins took lately. Shared memory counts to 2^32, the
 * sums of microseconds among it: somebody has to look before it comes round twice.
 */
import {
  counterNames,
  histogramBoundsMicros,
  histogramNames,
  type CounterName,
  type HistogramName,
  type SharedState,
} from '../aaa/shared-state.ts'

/** A sum comes round after 4295 s of waiting: in one second only if 4295 logins had waited for all of it. */
export const METER_LOOK_MS = 1000
/** The window that "lately" means, in slices. */
const WINDOW_MS = 300_000
const SLICE_MS = 10_000
/** Fewer logins than this say nothing of the box. */
export const LATENCY_LOGINS_MIN = 20

export type Tally = { readonly counts: readonly number[]; readonly sumMicros: number }
export type RecentLogins = {
  readonly logins: number
  /** Undefined while there are too few to tell. */
  readonly p95Ms: number | undefined
}

/** A counter that wraps, followed. */
class Followed {
  #last = 0
  total = 0

  look(now: number): void {
    this.total += (now - this.#last) >>> 0
    this.#last = now
  }
}

export class Meter {
  readonly #state: SharedState
  readonly #counters = new Map<CounterName, Followed>(counterNames.map((name) => [name, new Followed()]))
  readonly #histograms = new Map<HistogramName, Followed[]>(
    histogramNames.map((name) => [name, histogramBoundsMicros[name].map(() => new Followed())]),
  )
  /** What the buckets of logins held at the end of each slice, the newest last. */
  readonly #slices: { readonly atMs: number; readonly counts: readonly number[] }[] = []

  constructor(state: SharedState) {
    this.#state = state
    for (const cells of this.#histograms.values()) cells.push(new Followed(), new Followed())
  }

  /** Called at least every `METER_LOOK_MS`, and before anything is read. */
  look(monotonicMs: number): void {
    for (const [name, counter] of this.#counters) counter.look(this.#state.read(name))
    for (const [name, cells] of this.#histograms)
      this.#state.readHistogram(name).forEach((value, at) => cells[at]!.look(value))
    const newest = this.#slices.at(-1)
    if (newest && monotonicMs - newest.atMs < SLICE_MS) return
    this.#slices.push({ atMs: monotonicMs, counts: this.tally('login').counts })
    while (this.#slices.length > 1 && monotonicMs - this.#slices[1]!.atMs >= WINDOW_MS) this.#slices.shift()
  }

  count(name: CounterName): number {
    return this.#counters.get(name)!.total
  }

  tally(name: HistogramName): Tally {
    const totals = this.#histograms.get(name)!.map(({ total }) => total)
    return { counts: totals.slice(0, -1), sumMicros: totals.at(-1)! }
  }

  /** Of the last five minutes, or since the start. */
  recentLogins(): RecentLogins {
    const before = this.#slices[0]?.counts ?? []
    const counts = this.tally('login').counts.map((count, at) => count - (before[at] ?? 0))
    const logins = counts.reduce((sum, count) => sum + count, 0)
    const p95Ms =
      logins < LATENCY_LOGINS_MIN ? undefined : quantileMicros(histogramBoundsMicros.login, counts, 0.95) / 1000
    return { logins, p95Ms }
  }
}

/** As Prometheus does it: a straight line within the bucket; what is above the last bound counts as that bound. */
export const quantileMicros = (bounds: readonly number[], counts: readonly number[], share: number): number => {
  const rank = share * counts.reduce((sum, count) => sum + count, 0)
  let below = 0
  for (const [at, bound] of bounds.entries()) {
    const count = counts[at]!
    const from = bounds[at - 1] ?? 0
    if (below + count >= rank) return from + ((bound - from) * (rank - below)) / (count || 1)
    below += count
  }
  return bounds.at(-1)!
}
