import type { z } from 'zod'
import type { Clock } from '../base/clock.ts'
import type { Ids } from '../base/ids.ts'
import { defineLimits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { err, type Err, type Result } from '../base/result.ts'
import { Secret } from '../base/secret.ts'
import type { Vault } from '../base/vault.ts'
import { runSite } from '../db/query.ts'
import { databaseFault, type Database, type DatabaseFault, type RawDatabase } from '../db/sqlite.ts'
import { createWalSync } from '../db/wal-sync.ts'
import type { Actor, May } from './actor.ts'
import { createAuditLog, type AuditEntry } from './audit.ts'
import type { AnyCommand, CommandContext, OutcomeOf } from './command.ts'
import { createCommandStore, type CommandStore } from './command-store.ts'
import { defineEvent, type Events } from './events.ts'
import type { Follower } from './follower.ts'
import { createPersonalSealer } from './personal.ts'

/** Why a command was not carried out, beside the faults of its own. */
export type DispatchFault =
  | { readonly type: 'InputInvalid'; readonly problems: readonly { path: string; message: string }[] }
  | { readonly type: 'Forbidden'; readonly permission: string }
  /** This id was used before with another input or command. */
  | { readonly type: 'CommandIdReused'; readonly id: string }
  /** The handler threw on every try; kept under the id, so that an ordered log moves on. */
  | { readonly type: 'CommandFailed'; readonly id: string }
  /** It was done under this id, and its answer, which is secret, was told then. */
  | { readonly type: 'ToldOnce'; readonly id: string }
  | DatabaseFault

export type DispatchOptions = {
  /** Made by whoever wants it done, once for all its tries: a repeat is answered with the stored result. */
  readonly id: string
  readonly actor: Actor
  /** The address it came from, for the audit log. */
  readonly origin?: string | undefined
  /** Committed with the outcome, whatever it is: the watermark of an ordered log. */
  readonly alongside?: (raw: RawDatabase) => void
  /** The commit does not wait for the disk: nobody is told of it before `synced` has answered. */
  readonly syncsLater?: boolean
}

export interface Dispatcher {
  /** Carries a command out, at most once per id. */
  dispatch<C extends AnyCommand>(
    command: C,
    input: z.input<C['input']>,
    options: DispatchOptions,
  ): OutcomeOf<C> | Err<DispatchFault>
  /** All that was committed is on disk: a power cut takes none of it any more. */
  synced(): Promise<Result<void, DatabaseFault>>
}

export type DispatcherDeps = {
  readonly database: Database
  readonly clock: Clock
  readonly ids: Ids
  readonly random: Random
  readonly vault: Vault
  readonly log: Log
  readonly may: May
  readonly events: Events
  readonly followers?: readonly Follower[]
  /** Told the instant of each commit: the clock's floor. */
  readonly committed?: (atMs: number) => void
  /** What is done to an audit record before it is kept; by default personal values go under their person's key. */
  readonly protect?: (record: unknown) => unknown
}

/** Something a person must look at. */
export const alarmRaised = defineEvent<{
  kind: 'CommandFailed' | 'JobFailed'
  name: string
  id: string
  message: string
}>('alarm.raised')
/** A commit has left work for the job runner. */
export const jobsEnqueued = defineEvent<null>('jobs.enqueued')

export const dispatchLimits = defineLimits({
  /** Tries of a handler that throws. */
  triesMax: 3,
  idLengthMax: 128,
  /** Nested `call`s. */
  depthMax: 8,
  problemsMax: 50,
})

export const createDispatcher = (deps: DispatcherDeps): Dispatcher => new SiteDispatcher(deps)

class SiteDispatcher implements Dispatcher {
  readonly #deps: DispatcherDeps
  readonly #raw: RawDatabase
  readonly #store: CommandStore
  readonly #audit: (entry: AuditEntry) => void
  readonly #followers: ReadonlyMap<string, readonly Follower[]>
  readonly synced: Dispatcher['synced']

  constructor(deps: DispatcherDeps) {
    this.#deps = deps
    this.#raw = deps.database.raw
    this.synced = createWalSync(deps.database.file)
    this.#store = createCommandStore(this.#raw, deps.ids)
    this.#followers = Map.groupBy(deps.followers ?? [], ({ command }) => command)
    const append = createAuditLog(this.#raw)
    const { protect = createPersonalSealer(this.#raw, deps) } = deps
    this.#audit = (entry) => append({ ...entry, record: protect(entry.record) })
  }

  dispatch<C extends AnyCommand>(
    command: C,
    input: z.input<C['input']>,
    { id, actor, origin, alongside, syncsLater = false }: DispatchOptions,
  ): OutcomeOf<C> | Err<DispatchFault> {
    if (this.#raw.inTransaction) throw new Error(`${command.name} was dispatched inside a transaction: use call`)
    if (id === '' || id.length > dispatchLimits.idLengthMax)
      throw new RangeError('a command id has 1 to 128 characters')
    const { clock, log, may, database } = this.#deps
    const order = {
      id,
      actor,
      origin,
      alongside,
      now: clock.now(),
      log: log.child({ command: command.name, commandId: id }),
    }
    if (syncsLater) this.#raw.pragma('synchronous = NORMAL')
    try {
      if (!may(actor, command.permission)) {
        return this.#refuse(command, order, { type: 'Forbidden', permission: command.permission })
      }
      const parsed = command.input.safeParse(input)
      if (!parsed.success) return this.#refuse(command, order, inputInvalid(parsed.error))
      return this.#carryOut(command, order, parsed.data) as OutcomeOf<C>
    } catch (error) {
      // Out of tries or while refusing: the file itself did not let the outcome be kept.
      const fault = databaseFault(error, database.file)
      if (fault === undefined) throw error
      return err(fault)
    } finally {
      if (syncsLater) this.#raw.pragma('synchronous = FULL')
    }
  }

  #refuse(command: AnyCommand, order: Order, fault: DispatchFault): Err<DispatchFault> {
    // Input that does not parse is kept only where a log must move on: strangers could fill the disk with it.
    if (fault.type === 'InputInvalid' && order.alongside === undefined) return err(fault)
    this.#commit(() => {
      this.#note(command, order, 'forbidden', fault)
      order.alongside?.(this.#raw)
    })
    this.#deps.committed?.(order.now)
    return err(fault)
  }

  #carryOut(command: AnyCommand, order: Order, input: unknown): Result<unknown> {
    const inputHash = this.#deps.vault.keyedHash(canonicalJson(input), `commands.input:${command.name}`)
    for (let tries = 1; ; tries++) {
      const told: Told[] = []
      try {
        const result = this.#commit(() => this.#once(command, order, input, inputHash, told))
        this.#deps.committed?.(order.now)
        for (const tell of told) tell()
        return result
      } catch (error) {
        // A disk that is full or gone is no fault of the command: nothing is kept, and the same id may try again.
        if (databaseFault(error, '') !== undefined) throw error
        if (tries === dispatchLimits.triesMax) return this.#giveUp(command, order, input, inputHash, error)
      }
    }
  }

  /** What one transaction does: the stored answer, or the work with its result and audit. */
  #once(command: AnyCommand, order: Order, input: unknown, inputHash: string, told: Told[]): Result<unknown> {
    const seen = this.#store.find(order.id)
    if (seen !== undefined) {
      order.alongside?.(this.#raw)
      return this.#store.answer(seen, command.name, inputHash)
    }
    const result = this.#perform(command, order, input, told, 0)
    const outcome = result.ok ? 'done' : 'refused'
    const kept = command.valueIsSecret && result.ok ? err({ type: 'ToldOnce', id: order.id }) : result
    this.#store.keep({ id: order.id, name: command.name, inputHash, at: order.now, outcome }, kept)
    order.alongside?.(this.#raw)
    return result
  }

  /**
   * Runs a handler: its fault takes back its rows, its jobs and its events. The outermost one has the transaction itself
   * for that: inside a savepoint the end of every statement goes through all that was touched since, which doubles the
   * time of a command of a hundred rows.
   */
  #perform(command: AnyCommand, order: Order, input: unknown, told: Told[], depth: number): Result<unknown> {
    if (depth > dispatchLimits.depthMax) throw new RangeError(`${command.name} calls too deep`)
    const toldBefore = told.length
    const changes: Change[] = []
    if (depth > 0) this.#store.savepoint()
    const context = this.#context(order, told, depth, changes)
    const result: Result<unknown> = command.handle(context, input)
    if (result.ok) this.#follow(command, context, told, { input, value: result.value })
    else {
      this.#takeBack(depth)
      told.length = toldBefore
    }
    if (depth > 0) this.#store.releaseSavepoint()
    // Whoever else did it by hand stands in the log.
    const isSilent = result.ok && command.isRoutine === true && order.actor.kind === 'system'
    if (!isSilent)
      this.#note(
        command,
        order,
        result.ok ? 'done' : 'refused',
        withChanges(this.#recordOf(command, input, result), result, changes),
      )
    return result
  }

  #takeBack(depth: number): void {
    if (depth > 0) return this.#store.rollbackToSavepoint()
    // What is kept of a refusal stands in a transaction of its own.
    this.#raw.exec('ROLLBACK')
    this.#raw.exec('BEGIN IMMEDIATE')
  }

  /** Each in a savepoint of its own: what fails there is no fault of the command. */
  #follow(command: AnyCommand, context: CommandContext, told: Told[], { input, value }: Followed): void {
    for (const follower of this.#followers.get(command.name) ?? []) {
      const toldBefore = told.length
      this.#store.savepoint()
      try {
        follower.follow(context, input, value)
      } catch (error) {
        if (databaseFault(error, '') !== undefined) throw error
        this.#store.rollbackToSavepoint()
        told.length = toldBefore
        context.log.error('what follows a command failed', { error })
      }
      this.#store.releaseSavepoint()
    }
  }

  #giveUp(command: AnyCommand, order: Order, input: unknown, inputHash: string, error: unknown): Err<DispatchFault> {
    const { id, now: at, log } = order
    const failed = err({ type: 'CommandFailed', id } as const)
    log.error('a command failed on every try', { error })
    this.#commit(() => {
      this.#store.keep({ id, name: command.name, inputHash, at, outcome: 'failed' }, failed)
      this.#note(command, order, 'failed', this.#recordOf(command, input))
      order.alongside?.(this.#raw)
    })
    this.#deps.committed?.(at)
    const message = error instanceof Error ? error.message : String(error)
    this.#deps.events.emit(alarmRaised, { kind: 'CommandFailed', name: command.name, id, message })
    return failed
  }

  #recordOf(command: AnyCommand, input: unknown, result?: Result<unknown>): unknown {
    if (command.audit === undefined) return input
    return command.audit(input, { raw: this.#raw, value: result?.ok === true ? result.value : undefined })
  }

  #note(command: AnyCommand, { id, actor, origin, now }: Order, outcome: AuditEntry['outcome'], record: unknown): void {
    this.#audit({ at: now, actor, command: command.name, commandId: id, outcome, record, origin })
  }

  #commit<T>(work: () => T): T {
    this.#raw.exec('BEGIN IMMEDIATE')
    try {
      const done = work()
      this.#raw.exec('COMMIT')
      return done
    } catch (error) {
      // After some errors (disk full, I/O) SQLite has rolled back by itself.
      if (this.#raw.inTransaction) this.#raw.exec('ROLLBACK')
      throw error
    }
  }

  #context({ id, now, actor, log, origin }: Order, told: Told[], depth: number, changes: Change[]): CommandContext {
    const { clock, database, ids, random, vault, events } = this.#deps
    const order = { id, now, actor, log, origin }
    return {
      id,
      now,
      actor,
      log,
      sure: clock.sure(),
      db: database.orm,
      raw: database.raw,
      ids,
      random,
      vault,
      query: (query, input) => runSite(query, database, query.input.parse(input)) as never,
      emit: (event, data) => void told.push(() => events.emit(event, data)),
      enqueue: (job, input, options) => {
        const isNew = this.#store.enqueue(job, input, { runAt: now, ...options })
        if (isNew) told.push(() => events.emit(jobsEnqueued, null))
      },
      counter: this.#store.nextNumber,
      changed: (before, after) => void changes.push({ before, after }),
      call: (command, input) => {
        if (command.parts !== undefined)
          throw new Error(`${command.name} is done in parts, and not inside another command`)
        return this.#perform(command, order, command.input.parse(input), told, depth + 1) as never
      },
    }
  }
}

/** Told after the commit. */
type Told = () => void
type Followed = { readonly input: unknown; readonly value: unknown }
type Change = { readonly before: unknown; readonly after: unknown }
type Order = Pick<CommandContext, 'id' | 'now' | 'actor' | 'log'> & {
  readonly origin?: string | undefined
  readonly alongside?: DispatchOptions['alongside']
}

/** What was done is told with what it changed; what was refused changed nothing. */
const withChanges = (record: unknown, result: Result<unknown>, changes: readonly Change[]): unknown => {
  if (!result.ok || changes.length === 0) return record
  return changes.length === 1 ? { input: record, ...changes[0] } : { input: record, changes }
}

/** A failed parse as faults to show beside a form's fields. Never repeats what was entered. */
export const inputInvalid = (error: z.ZodError): Extract<DispatchFault, { type: 'InputInvalid' }> => ({
  type: 'InputInvalid',
  problems: error.issues
    .slice(0, dispatchLimits.problemsMax)
    .map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
})

/** One text for equal inputs: keys in order, secrets revealed (it is only ever hashed, under a key). */
const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, function (this: Record<string, unknown>, key, printed: unknown) {
    const held = this[key]
    if (held instanceof Secret) return { secret: held.reveal() as unknown }
    if (typeof printed !== 'object' || printed === null || Array.isArray(printed)) return printed
    return Object.fromEntries(Object.entries(printed).sort(([a], [b]) => (a < b ? -1 : 1)))
  }) ?? 'null'
