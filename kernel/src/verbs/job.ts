import type { z } from 'zod'
import { defineLimits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { AnyQuery, ResultOf } from '../db/query.ts'
import type { AnyCommand, OutcomeOf } from './command.ts'
import type { DispatchFault } from './dispatcher.ts'
import type { Err } from '../base/result.ts'

export type JobLimits = {
  /** Tries, the first included; after them the job stays visible and waits for `retry`. */
  readonly attemptsMax: number
  /** How long one try may take before its signal aborts. */
  readonly timeoutMs: number
  /** The wait after the first failure; it doubles with each, up to the maximum, with jitter. */
  readonly backoffMs: number
  readonly backoffMsMax: number
  /** How many of this job may run at once. */
  readonly atOnce: number
}

export const jobDefaults = defineLimits({
  attemptsMax: 8,
  timeoutMs: 60_000,
  backoffMs: 1000,
  backoffMsMax: 3_600_000,
  atOnce: 4,
})

export interface JobContext {
  /** Aborts when the time is over or the box stops. */
  readonly signal: AbortSignal
  /** 1 for the first try. */
  readonly attempt: number
  readonly log: Log
  /** How a job ends. The command's id is the job's own, plus `part` where it ends in several: a retry repeats nothing. */
  readonly dispatch: <C extends AnyCommand>(
    command: C,
    input: z.input<C['input']>,
    part?: string,
  ) => OutcomeOf<C> | Err<DispatchFault>
  readonly query: <Q extends AnyQuery>(query: Q, input: z.input<Q['input']>) => ResultOf<Q>
}

export interface Job<N extends string = string, I extends z.ZodType = z.ZodType> {
  readonly name: N
  readonly input: I
  readonly limits?: Partial<JobLimits>
  /** Runs by itself this long after each end, with `{}` as its input. */
  readonly everyMs?: number
  /** Throws to be tried again. */
  run(context: JobContext, input: z.output<I>): Promise<void>
}
// oxlint-disable-next-line typescript/no-explicit-any -- a list of jobs of every type needs the top of the family
export type AnyJob = Job<string, any>

/** A job as a command names it. Whoever runs it may be made later, out of what it needs of the outside world. */
export type JobKind<I extends z.ZodType = z.ZodType> = { readonly name: string; readonly input: I }

export type Enqueue = {
  /** Epoch ms; at once when left out. */
  readonly runAt?: number
  /** At most one waiting job of this name has this key: a second one only brings the first forward. */
  readonly key?: string
}

/** Defines a verb that talks to the outside world: async, retried with backoff, abortable; it ends in a command. */
export const defineJob = <const N extends string, I extends z.ZodType>(job: Job<N, I>): Job<N, I> => job
