import type { z } from 'zod'
import type { Ids } from '../base/ids.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Fault, Result } from '../base/result.ts'
import type { Vault } from '../base/vault.ts'
import type { AnyQuery, ResultOf } from '../db/query.ts'
import type { RawDatabase, SiteOrm } from '../db/sqlite.ts'
import type { Actor } from './actor.ts'
import type { EventType } from './events.ts'
import type { Enqueue, JobKind } from './job.ts'
import type { Parts } from './parts.ts'

/** What a handler may use. Everything it writes is in one transaction, which its faults and throws roll back. */
export interface CommandContext {
  /** The command's id: the same for every try. */
  readonly id: string
  /** Epoch ms, read once. */
  readonly now: number
  /** False while the wall clock may be wrong: number, bill and expire nothing then. */
  readonly sure: boolean
  readonly actor: Actor
  readonly db: SiteOrm
  readonly raw: RawDatabase
  readonly ids: Ids
  readonly random: Random
  readonly vault: Vault
  readonly log: Log
  /** Runs a query inside the transaction: it sees what the command has written. */
  readonly query: <Q extends AnyQuery>(query: Q, input: z.input<Q['input']>) => ResultOf<Q>
  /** Told to listeners after the commit. Wakes and refreshes only: nothing may depend on its arrival. */
  readonly emit: <T>(event: EventType<T>, data: T) => void
  /** Stored with the transaction, run after it. */
  readonly enqueue: <J extends JobKind>(job: J, input: z.input<J['input']>, options?: Enqueue) => void
  /** The next number of a named series: 1, 2, 3… without gaps, since a rollback takes it back. */
  readonly counter: (series: string) => number
  /** What was, and what is now: kept in the audit log beside the input. */
  readonly changed: (before: unknown, after: unknown) => void
  /** Another command inside the same transaction, without its permission: the outer one was granted. */
  readonly call: <C extends AnyCommand>(command: C, input: z.input<C['input']>) => OutcomeOf<C>
}

/** What tells whose values a record holds. */
export type AuditContext = {
  /** For looking up ids by what the input names. */
  readonly raw: RawDatabase
  /** What the handler answered; undefined when it refused. */
  readonly value: unknown
}

type Awaitable = PromiseLike<unknown>
/** A handler runs inside one SQLite transaction: neither it nor its value may be a promise. */
type Settled<R> = R extends Awaitable
  ? never
  : R extends { readonly value: infer V }
    ? V extends Awaitable
      ? never
      : R
    : R

export interface Command<
  N extends string = string,
  I extends z.ZodType = z.ZodType,
  R extends Result<unknown> = Result<unknown>,
> {
  readonly name: N
  /** What it does, in a sentence for whoever writes a program against it. */
  readonly summary?: string
  readonly permission: string
  readonly input: I
  /** Of the value it answers, what a program may count on. */
  readonly output?: z.ZodType
  /**
   * What the audit log keeps of the input; by default all of it, with secrets as `‹secret›`. Values of a person are
   * marked as theirs: `personalIn(customerId, input)`.
   */
  audit?(input: z.output<I>, about: AuditContext): unknown
  /** What it answers is told once and kept nowhere: a repeat of its id is refused as `ToldOnce`, and changes nothing. */
  readonly valueIsSecret?: true
  /** The box's own book-keeping, thousands of times a day: the audit log has its failures, not that it was done. */
  readonly isRoutine?: true
  /**
   * The box's own: what it puts on record itself, or what only a part of it may say. Whoever asks by name is told that
   * there is no such command.
   */
  readonly isInternal?: true
  /**
   * It does no more than a part at once, so that its transaction stays short: whoever wants all of it done goes by
   * `dispatchWhole`, as the desk, programs and the command line do.
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- as its handler's input and value: checked where it is defined
  readonly parts?: Parts<any, any>
  handle(context: CommandContext, input: z.output<I>): R
}
// oxlint-disable-next-line typescript/no-explicit-any -- a list of commands of every type needs the top of the family
export type AnyCommand = Command<string, any, any>
export type OutcomeOf<C> = C extends Command<infer _N, infer _I, infer R> ? R : never
export type ValueOf<C> = OutcomeOf<C> extends infer R ? (R extends { ok: true; value: infer V } ? V : never) : never
export type FaultOf<C> =
  OutcomeOf<C> extends infer R ? (R extends { ok: false; error: infer E extends Fault } ? E : never) : never

/** What the box alone asks for needs no words for others. */
export type Described<P extends string> = P extends 'system'
  ? { readonly permission: P; readonly summary?: string }
  : { readonly permission: P; readonly summary: string }

type Internal<P extends string> = { readonly permission: P; readonly summary?: string; readonly isInternal: true }

/** `never` where a value is not all that the schema of the output says. */
export type Promised<V, O extends z.ZodType> = [V] extends [z.output<O>] ? unknown : never

type ValueIn<R> = R extends { readonly ok: true; readonly value: infer V } ? V : never

/**
 * Defines a writing verb: synchronous, one transaction, idempotent by id, audited. Its value is plain JSON.
 *
 *     defineCommand({ name: 'plans.add', summary: 'Puts a plan on sale.', permission: 'plans.write', input: z.object({ name: z.string() }),
 *       handle({ db, ids }, { name }) { … return ok({ id }) } })
 */
export const defineCommand = <
  const N extends string,
  const P extends string,
  I extends z.ZodType,
  R extends Result<unknown>,
  O extends z.ZodType = z.ZodType,
>(
  command: Omit<Command<N, I, R>, 'handle' | 'permission' | 'summary' | 'output' | 'parts'> &
    (Described<P> | Internal<P>) & {
      readonly output?: O
      handle(context: CommandContext, input: z.output<I>): R & Settled<R> & Promised<ValueIn<R>, O>
    },
): Command<N, I, R> => command
