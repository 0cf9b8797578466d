import type { Clock } from '../base/clock.ts'
import { defineLimits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Timers } from '../base/timers.ts'
import { runSite } from '../db/query.ts'
import { selectSql } from '../db/sql.ts'
import type { Database } from '../db/sqlite.ts'
import type { RowOf } from '../db/table.ts'
import { system } from './actor.ts'
import { alarmRaised, jobsEnqueued, type Dispatcher } from './dispatcher.ts'
import type { Events } from './events.ts'
import { jobDefaults, type AnyJob, type JobContext, type JobLimits } from './job.ts'
import { byName } from './module.ts'
import type { Service } from './supervisor.ts'
import { jobs } from './tables.ts'

export type JobRunnerDeps = {
  readonly database: Database
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  readonly events: Events
  readonly dispatcher: Dispatcher
  readonly jobs: readonly AnyJob[]
}

/** A job as it is shown: waiting, running, or given up and waiting for a person. */
export type JobRow = RowOf<typeof jobs>

export interface JobRunner extends Service {
  /** Starts what is due and free to start. Called on every wake-up; harmless at any time. */
  tick(): void
  /** Resolves when nothing is running any more. */
  settled(): Promise<void>
  /** A person's button: the job gets all its tries again, at once. False when no failed job has this id. */
  retry(id: string): boolean
  /** Jobs that were given up, the latest first. */
  failed(): JobRow[]
}

export const jobRunnerLimits = defineLimits({
  /** Jobs of all kinds that run at once. */
  runningMax: 16,
  /** The longest sleep between two looks at the table. */
  sleepMsMax: 60_000,
  failedShownMax: 200,
  errorLengthMax: 1000,
})

type StoredJob = Omit<JobRow, 'input'> & { readonly input: string }

export const createJobRunner = (deps: JobRunnerDeps): JobRunner => new SiteJobRunner(deps)

class SiteJobRunner implements JobRunner {
  readonly name = 'jobs'
  readonly #deps: JobRunnerDeps
  readonly #known: ReadonlyMap<string, AnyJob>
  readonly #statements: ReturnType<typeof prepare>
  readonly #running = new Map<string, { name: string; done: Promise<void> }>()
  #stopping: AbortSignal | undefined
  #cancelSleep = () => {}

  constructor(deps: JobRunnerDeps) {
    this.#deps = deps
    this.#known = byName(deps.jobs)
    this.#statements = prepare(deps.database)
  }

  tick(): void {
    if (this.#stopping?.aborted === true) return
    const { clock, timers } = this.#deps
    for (;;) {
      const row = this.#statements.claim.get({ now: clock.now(), names: this.#withRoom() })
      if (row === undefined) break
      this.#start(row)
    }
    this.#cancelSleep()
    // What waits for room is looked for when a job ends, and not by the clock.
    const next = this.#statements.next.get({ names: this.#withRoom() })
    const waitMs = next === undefined ? jobRunnerLimits.sleepMsMax : Math.max(1, next.at - clock.now())
    this.#cancelSleep = timers.after(Math.min(waitMs, jobRunnerLimits.sleepMsMax), () => this.tick())
  }

  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map((one) => one.done))
  }

  retry(id: string): boolean {
    return this.#statements.retry.run(this.#deps.clock.now(), id).changes === 1
  }

  failed(): JobRow[] {
    const rows = this.#statements.failed.all(jobRunnerLimits.failedShownMax)
    return rows.map((row) => ({ ...row, input: JSON.parse(row.input) as unknown }))
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#stopping = signal
    // This process is the file's only writer: what is marked running was cut off by the last stop.
    this.#statements.cutOff.run()
    for (const { name, everyMs } of this.#known.values()) {
      if (everyMs !== undefined)
        this.#statements.ensure.run({ id: `job_every_${name}`, name, now: this.#deps.clock.now() })
    }
    const silence = this.#deps.events.on(jobsEnqueued, () => this.tick())
    this.tick()
    await aborted(signal).catch(() => {})
    silence()
    this.#cancelSleep()
    await this.settled()
  }

  #limitsOf(job: AnyJob): JobLimits {
    return { ...jobDefaults, ...job.limits }
  }

  /** Names of the jobs of which one more may be started, as JSON. */
  #withRoom(): string {
    if (this.#running.size >= jobRunnerLimits.runningMax) return '[]'
    const runningOf = (name: string) => [...this.#running.values()].filter((one) => one.name === name).length
    const jobs = [...this.#known.values()]
    const free = jobs.filter((job) => runningOf(job.name) < this.#limitsOf(job).atOnce)
    return JSON.stringify(free.map(({ name }) => name))
  }

  #start(row: StoredJob): void {
    // The entry must stand before the job runs: it may end at once.
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#running.set(row.id, { name: row.name, done: promise })
    void this.#carryOut(this.#known.get(row.name)!, row)
      .catch((error: unknown) =>
        this.#deps.log.error('a job could not be settled', { job: row.name, id: row.id, error }),
      )
      .finally(resolve)
  }

  async #carryOut(job: AnyJob, row: StoredJob): Promise<void> {
    const limit = new AbortController()
    const { signal } = limit
    const { timeoutMs } = this.#limitsOf(job)
    const stopping = this.#stopping
    // Not `AbortSignal.any`: what is heard on it is kept for as long as each signal that it is made of, and one of these
    // lives as long as the box.
    const stop = () => limit.abort(stopping?.reason)
    stopping?.addEventListener('abort', stop, { once: true })
    const cancel = this.#deps.timers.after(timeoutMs, () => limit.abort(new Error(`no end after ${timeoutMs} ms`)))
    try {
      const input: unknown = job.input.parse(JSON.parse(row.input))
      await Promise.race([job.run(this.#context(job, row, signal), input), aborted(signal)])
      this.#succeeded(job, row)
    } catch (error) {
      // A box that stops does not count the try: the row is found running at the next start.
      if (this.#stopping?.aborted !== true) this.#fell(job, row, error)
    } finally {
      cancel()
      stopping?.removeEventListener('abort', stop)
      this.#running.delete(row.id)
      this.tick()
    }
  }

  #context(job: AnyJob, row: StoredJob, signal: AbortSignal): JobContext {
    const { dispatcher, database, log } = this.#deps
    // A run of a recurring job is a work of its own: its commands have ids of their own.
    const run = job.everyMs === undefined ? row.id : `${row.id}/${row.runAt}`
    return {
      signal,
      attempt: row.attempts,
      log: log.child({ job: job.name, jobId: row.id }),
      dispatch: (command, input, part = '') =>
        dispatcher.dispatch(command, input, { id: `${run}/${command.name}${part}`, actor: system(job.name) }),
      query: (query, input) => runSite(query, database, query.input.parse(input)) as never,
    }
  }

  #succeeded(job: AnyJob, row: StoredJob): void {
    if (job.everyMs === undefined) this.#statements.remove.run(row.id)
    else this.#again(row.id, { waitMs: job.everyMs, attempts: 0, error: null })
  }

  #fell(job: AnyJob, row: StoredJob, error: unknown): void {
    const limits = this.#limitsOf(job)
    const message = (error instanceof Error ? error.message : String(error)).slice(0, jobRunnerLimits.errorLengthMax)
    this.#deps.log.warn('a job failed', { job: job.name, id: row.id, attempt: row.attempts, error })
    if (row.attempts < limits.attemptsMax) {
      const waitMs = backoffMs(limits, row.attempts, this.#deps.random.unit())
      this.#again(row.id, { waitMs, attempts: row.attempts, error: message })
      return
    }
    this.#deps.events.emit(alarmRaised, { kind: 'JobFailed', name: job.name, id: row.id, message })
    // What runs for ever is never given up: it takes up its rhythm again.
    if (job.everyMs === undefined) this.#statements.giveUp.run({ id: row.id, error: message })
    else this.#again(row.id, { waitMs: job.everyMs, attempts: 0, error: message })
  }

  #again(id: string, { waitMs, ...rest }: { waitMs: number; attempts: number; error: string | null }): void {
    this.#statements.again.run({ id, runAt: this.#deps.clock.now() + waitMs, ...rest })
  }
}

/** Doubles with each failure up to its maximum; jitter between a half and the whole keeps retries apart. */
export const backoffMs = (limits: JobLimits, attempt: number, unit: number): number =>
  Math.round(Math.min(limits.backoffMsMax, limits.backoffMs * 2 ** (attempt - 1)) * (0.5 + unit / 2))

/** Rejects when the signal aborts. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const fail = () => reject(signal.reason as Error)
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })

const prepare = ({ raw }: Database) => ({
  claim: raw.prepare<[{ now: number; names: string }], StoredJob>(
    `UPDATE jobs SET state = 'running', attempts = attempts + 1
     WHERE id = (SELECT id FROM jobs WHERE state = 'ready' AND run_at <= @now
                   AND name IN (SELECT value FROM json_each(@names)) ORDER BY run_at, id LIMIT 1)
     RETURNING id, name, input, state, run_at AS runAt, attempts, error, unique_key AS uniqueKey`,
  ),
  next: raw.prepare<[{ names: string }], { at: number }>(
    `SELECT run_at AS at FROM jobs WHERE state = 'ready' AND name IN (SELECT value FROM json_each(@names))
     ORDER BY run_at LIMIT 1`,
  ),
  remove: raw.prepare<[string]>('DELETE FROM jobs WHERE id = ?'),
  again: raw.prepare(
    "UPDATE jobs SET state = 'ready', run_at = @runAt, attempts = @attempts, error = @error WHERE id = @id",
  ),
  giveUp: raw.prepare("UPDATE jobs SET state = 'failed', error = @error WHERE id = @id"),
  retry: raw.prepare<[number, string]>(
    "UPDATE jobs SET state = 'ready', attempts = 0, run_at = ? WHERE id = ? AND state = 'failed'",
  ),
  failed: raw.prepare<[number], StoredJob>(`${selectSql(jobs)} WHERE state = 'failed' ORDER BY run_at DESC LIMIT ?`),
  cutOff: raw.prepare("UPDATE jobs SET state = 'ready', attempts = attempts - 1 WHERE state = 'running'"),
  ensure: raw.prepare(
    `INSERT INTO jobs (id, name, input, state, run_at, attempts) VALUES (@id, @name, '{}', 'ready', @now, 0)
     ON CONFLICT (id) DO UPDATE SET run_at = min(run_at, @now)`,
  ),
})
