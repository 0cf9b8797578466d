import type { Clock } from '@lango/kernel'

/**
 * What all threads of the box look at without asking: counters, a few flags and how long things took, in shared
 * memory. Counters wrap at 2^32; whoever reads them keeps the last value and takes the difference.
 */
export const counterNames = [
  'accessRequests',
  'accepts',
  'rejects',
  'challenges',
  'accountingRequests',
  'accountingAnswers',
  'statusRequests',
  'dropped',
  'decisionsLost',
  'commits',
  'radsecUnknown',
  'radsecHandshakes',
  'radsecDropped',
] as const
export type CounterName = (typeof counterNames)[number]

const flagNames = ['clockSure', 'clockOffsetSec', 'openSessions', 'lockouts', 'storeFailing'] as const
export type FlagName = (typeof flagNames)[number]

/**
 * What is timed, with the upper ends of its buckets in microseconds: logins that the box answered itself, those that a
 * home server answered, and commits of the writer.
 */
export const histogramBoundsMicros = {
  login: [200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000],
  proxied: [1000, 5000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000],
  commit: [500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000],
} as const
export type HistogramName = keyof typeof histogramBoundsMicros
export const histogramNames = Object.keys(histogramBoundsMicros) as HistogramName[]

/** The buckets, one for what is above them all, and the sum. */
const histogramCells = (name: HistogramName): number => histogramBoundsMicros[name].length + 2

const histogramAt = {} as Record<HistogramName, number>
let cells = counterNames.length + flagNames.length
for (const name of histogramNames) {
  histogramAt[name] = cells
  cells += histogramCells(name)
}

export const sharedStateBytes = cells * 4

const counterAt = Object.fromEntries(counterNames.map((name, i) => [name, i])) as Record<CounterName, number>
const flagAt = Object.fromEntries(flagNames.map((name, i) => [name, counterNames.length + i])) as Record<
  FlagName,
  number
>

export class SharedState {
  /** For another thread to look at too. */
  readonly buffer: SharedArrayBuffer
  readonly #ints: Int32Array

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.#ints = new Int32Array(buffer)
  }

  count(name: CounterName, by = 1): void {
    Atomics.add(this.#ints, counterAt[name], by)
  }

  read(name: CounterName): number {
    return Atomics.load(this.#ints, counterAt[name]) >>> 0
  }

  /** Two additions: cheap enough for every login. */
  observe(name: HistogramName, micros: number): void {
    const bounds = histogramBoundsMicros[name]
    let bucket = 0
    while (bucket < bounds.length && micros > bounds[bucket]!) bucket += 1
    const at = histogramAt[name]
    Atomics.add(this.#ints, at + bucket, 1)
    Atomics.add(this.#ints, at + bounds.length + 1, micros)
  }

  /** How many fell into each bucket and above the last one, then the sum of all in microseconds; each wraps by itself. */
  readHistogram(name: HistogramName): number[] {
    const at = histogramAt[name]
    return Array.from({ length: histogramCells(name) }, (_, cell) => Atomics.load(this.#ints, at + cell) >>> 0)
  }

  set(name: FlagName, value: number): void {
    Atomics.store(this.#ints, flagAt[name], value)
  }

  get(name: FlagName): number {
    return Atomics.load(this.#ints, flagAt[name])
  }
}

/** The clock of a thread: the wall clock on the floor that control has set, as sure as control says. */
export const threadClock = (state: SharedState): Clock => ({
  now: () => Date.now() + state.get('clockOffsetSec') * 1000,
  monotonicMs: () => performance.now(),
  sure: () => state.get('clockSure') === 1,
})
