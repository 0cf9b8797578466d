import type { z } from 'zod'
import { createIds, type Ids } from '../base/ids.ts'
import { seededRandom, type Random } from '../base/random.ts'
import { orThrow, type Err, type Fault } from '../base/result.ts'
import { memoryVault, type Vault } from '../base/vault.ts'
import { migrate } from '../db/migrate.ts'
import { runSite, type AnyQuery, type ResultOf } from '../db/query.ts'
import { openDatabase, type Database } from '../db/sqlite.ts'
import type { AnyTable } from '../db/table.ts'
import { system, type Actor, type May } from '../verbs/actor.ts'
import type { AnyCommand, OutcomeOf, ValueOf } from '../verbs/command.ts'
import { createDispatcher, type Dispatcher, type DispatchFault } from '../verbs/dispatcher.ts'
import { createEvents, type Events } from '../verbs/events.ts'
import type { AnyJob } from '../verbs/job.ts'
import { createJobRunner, type JobRunner } from '../verbs/job-runner.ts'
import { kernelModule, partsOf, type Module } from '../verbs/module.ts'
import { dispatchAtOnce } from '../verbs/parts.ts'
import { collectingLog } from './collecting-log.ts'
import { fakeClock, type FakeClock } from './fake-clock.ts'

export interface MemorySite {
  readonly database: Database
  readonly clock: FakeClock
  readonly random: Random
  readonly ids: Ids
  readonly vault: Vault
  readonly log: ReturnType<typeof collectingLog>
  readonly events: Events
  /** Every event told, in order. */
  readonly told: { readonly name: string; readonly data: unknown }[]
  readonly dispatcher: Dispatcher
  readonly jobs: JobRunner
  /** Dispatches under a fresh id, as the system; all parts of it. */
  readonly dispatch: <C extends AnyCommand>(
    command: C,
    input: z.input<C['input']>,
    options?: { id?: string; actor?: Actor },
  ) => OutcomeOf<C> | Err<DispatchFault>
  /** As `dispatch`, for a test's own preparations: the value, or a throw. */
  readonly must: <C extends AnyCommand>(command: C, input: z.input<C['input']>) => ValueOf<C>
  readonly query: <Q extends AnyQuery>(query: Q, input: z.input<Q['input']>) => ResultOf<Q>
  /** Rows of a table, to show that nothing happened. */
  readonly count: (table: { readonly name: string }) => number
  /** Runs what is due, and what that leads to, until nothing is. */
  readonly runJobs: () => Promise<void>
}

export type MemorySiteOptions = {
  readonly seed?: number
  readonly may?: May
  /** A path, where a test is about what outlives the process. */
  readonly file?: string
  readonly protect?: (record: unknown) => unknown
  /** Jobs that need something of the outside world. */
  readonly jobs?: readonly AnyJob[]
}

/** Making the tables of all modules takes longer than most tests do: of each list of modules once, then copied. */
const images: { readonly tables: readonly AnyTable[]; readonly image: Buffer }[] = []

/** Those of the test file that runs: a garbage collector that knows nothing of SQLite's memory lets gigabytes pile up. */
const open = new Set<Database>()

export const closeMemorySites = (): void => {
  for (const database of open) database.close()
  open.clear()
}

const emptySite = (file: string, tables: readonly AnyTable[]): Database => {
  const made = (): Database => {
    const database = orThrow(openDatabase({ file }))
    orThrow(migrate(database, { version: 1, tables, changeLog: true }))
    return database
  }
  if (file !== ':memory:') return made()
  const isSame = (others: readonly AnyTable[]) =>
    others.length === tables.length && others.every((table, at) => table === tables[at])
  const known = images.find((one) => isSame(one.tables))
  if (known !== undefined) return orThrow(openDatabase({ file, image: known.image }))
  const database = made()
  images.push({ tables, image: database.raw.serialize() })
  return database
}

/** A whole site in memory: real SQLite, real dispatcher, job runner and vault; time and randomness by hand. */
export const memorySite = (modules: readonly Module[], options: MemorySiteOptions = {}): MemorySite => {
  const { seed = 1, may = () => true, file = ':memory:', protect, jobs: more = [] } = options
  const parts = partsOf([kernelModule, ...modules])
  const clock = fakeClock()
  const random = seededRandom(seed)
  const log = collectingLog()
  const made = emptySite(file, parts.tables)
  const database: Database = {
    ...made,
    close() {
      // Whoever lives many days in one file closes each: nothing of it is held any more.
      open.delete(database)
      made.close()
    },
  }
  open.add(database)
  const ids = createIds({ now: clock.now, random })
  const vault = memoryVault(random)
  const events = createEvents({ log })
  const told: { name: string; data: unknown }[] = []
  events.onAny((name, data) => told.push({ name, data }))
  const dispatcher = createDispatcher({
    database,
    clock,
    ids,
    random,
    vault,
    log,
    may,
    events,
    followers: parts.followers,
    ...(protect && { protect }),
  })
  const jobs = createJobRunner({
    database,
    clock,
    timers: clock,
    random,
    log,
    events,
    dispatcher,
    jobs: [...parts.jobs, ...more],
  })

  const dispatch: MemorySite['dispatch'] = (command, input, { id = ids.next('cmd'), actor = system('test') } = {}) =>
    dispatchAtOnce(dispatcher, command, input, { id, actor })
  return {
    database,
    clock,
    random,
    ids,
    vault,
    log,
    events,
    told,
    dispatcher,
    jobs,
    dispatch,
    must: (command, input) => orThrow<unknown, Fault>(dispatch(command, input)) as never,
    query: (query, input) => runSite(query, database, query.input.parse(input)) as never,
    count: (table) => database.raw.prepare<[], { n: number }>(`SELECT count(*) AS n FROM "${table.name}"`).get()!.n,
    async runJobs() {
      jobs.tick()
      await jobs.settled()
    },
  }
}
