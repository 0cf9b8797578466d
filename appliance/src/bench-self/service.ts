/** A running box measures what it could do, on request, and never while it has much to do. */
import { err, ok, type Clock, type Fault, type Result } from '@lango/kernel'
import type { DataFolder } from '../data-folder.ts'
import type { Minute } from '../machine/day-history.ts'
import type { Machine } from '../web/feed.ts'
import { clearScratch, readCeiling, shareOf, type Ceiling } from './ceiling.ts'
import { startBench, type Bench, type BenchFault } from './run.ts'

export type BenchState = {
  readonly ceiling?: Ceiling
  /** Of the ceiling, what the busiest minute since `from` took. */
  readonly busiest?: { readonly share: number; readonly from: number }
  /** Since when, epoch ms. */
  readonly running?: number
  /** How the last try ended, where it measured nothing. */
  readonly fault?: Fault
}

export type BenchServiceFault = BenchFault | { readonly type: 'BenchBusy'; readonly perSec: number }

export type BenchDeps = {
  readonly folder: DataFolder
  readonly clock: Clock
  readonly machine: () => Machine
  readonly minutes: () => readonly Minute[]
}

/** A box with more to do than this in a second is left alone: its people come first. */
const BUSY_PER_SEC = 20
const SECONDS = 60

export class BenchService {
  readonly #deps: BenchDeps
  #running: { readonly bench: Bench; readonly since: number } | undefined
  #fault: Fault | undefined

  constructor(deps: BenchDeps) {
    this.#deps = deps
    // Left by one that a power cut ended.
    clearScratch(deps.folder)
  }

  show(): BenchState {
    const { folder, minutes } = this.#deps
    const ceiling = readCeiling(folder)
    const [first] = minutes()
    return {
      ...(ceiling && { ceiling }),
      ...(ceiling && first && { busiest: { share: shareOf(ceiling, minutes()), from: first.at } }),
      ...(this.#running && { running: this.#running.since }),
      ...(this.#fault && { fault: this.#fault }),
    }
  }

  start(): Result<BenchState, BenchServiceFault> {
    if (this.#running) return ok(this.show())
    const { folder, clock, machine, minutes } = this.#deps
    const last = minutes().at(-1)
    const perSec = last ? (last.logins + last.accounting) / SECONDS : 0
    if (perSec > BUSY_PER_SEC) return err({ type: 'BenchBusy', perSec: Math.round(perSec) })
    const started = startBench(folder, clock.now, machine().cpuShare)
    if (!started.ok) return started
    this.#fault = undefined
    this.#running = { bench: started.value, since: clock.now() }
    void started.value.done.then((result) => {
      this.#running = undefined
      this.#fault = result.ok ? undefined : result.error
    })
    return ok(this.show())
  }

  /** Resolves when the process has gone and its folder with it. */
  async stop(): Promise<void> {
    const { bench } = this.#running ?? {}
    bench?.stop()
    await bench?.done
  }
}

/** By name, as the desk and the box's own socket ask for them. */
export const benchActions = (bench: BenchService) => ({
  'bench.show': (): Result<BenchState, Fault> => ok(bench.show()),
  'bench.start': (): Result<BenchState, Fault> => bench.start(),
  'bench.stop': async (): Promise<Result<BenchState, Fault>> => {
    await bench.stop()
    return ok(bench.show())
  },
})
