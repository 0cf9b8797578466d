/**
 * What all threads of the box look at without asking: counters and a few flags in shared memory. Counters wrap at
 * 2^32; whoever reads them keeps the last value and takes the difference.
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

export const sharedStateBytes = (counterNames.length + flagNames.length) * 4

const counterAt = Object.fromEntries(counterNames.map((name, i) => [name, i])) as Record<CounterName, number>
const flagAt = Object.fromEntries(flagNames.map((name, i) => [name, counterNames.length + i])) as Record<
  FlagName,
  number
>

export class SharedState {
  readonly #ints: Int32Array

  constructor(buffer: SharedArrayBuffer) {
    this.#ints = new Int32Array(buffer)
  }

  count(name: CounterName, by = 1): void {
    Atomics.add(this.#ints, counterAt[name], by)
  }

  read(name: CounterName): number {
    return Atomics.load(this.#ints, counterAt[name]) >>> 0
  }

  set(name: FlagName, value: number): void {
    Atomics.store(this.#ints, flagAt[name], value)
  }

  get(name: FlagName): number {
    return Atomics.load(this.#ints, flagAt[name])
  }
}
