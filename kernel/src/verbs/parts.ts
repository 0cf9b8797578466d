/**
 * Work of many rows, a part at a time: each part is a command of its own, with its own transaction, id and audit entry,
 * and between two of them everything else of the box has its turn.
 */
import { setImmediate } from 'node:timers/promises'
import type { z } from 'zod'
import { err, ok, type Err, type Result } from '../base/result.ts'
import type { AnyCommand, OutcomeOf, ValueOf } from './command.ts'
import type { DispatchFault, DispatchOptions, Dispatcher } from './dispatcher.ts'

/** Of a command that does no more than a part of what it is asked at once. All are pure: a repeat asks for the same parts. */
export type Parts<I, V> = {
  /** What one part takes of it, where it does not see all. */
  take?(input: I): I
  /** What is left to be asked for; undefined when this part was the last. */
  next(input: I, value: V): I | undefined
  /** Two answers in a row as one. */
  join(before: V, after: V): V
}

/**
 * A command that is done in parts.
 *
 *     inParts(defineCommand({ name: 'bins.empty', … }), { next: (input, { more }) => (more ? input : undefined), … })
 */
export const inParts = <C extends AnyCommand>(command: C, parts: Parts<z.input<C['input']>, ValueOf<C>>): C => ({
  ...command,
  parts,
})

type Outcome<C extends AnyCommand> = OutcomeOf<C> | Err<DispatchFault>

/**
 * Yields between two parts. The second part's id is `id/2`, and so on: who repeats the whole under its id gets the
 * stored answers of what was done, and the rest is done now. A fault on the way carries as `soFar` what was done before.
 */
function* partsInTurn(
  dispatcher: Dispatcher,
  command: AnyCommand,
  first: unknown,
  options: DispatchOptions,
): Generator<undefined, Result<unknown>> {
  const { parts } = command
  // What is wrong with any of it is told before any of it is done.
  if (parts === undefined || !command.input.safeParse(first).success)
    return dispatcher.dispatch(command, first, options)
  const ask = (input: unknown, id: string): Result<unknown> =>
    dispatcher.dispatch(command, parts.take?.(input) ?? input, { ...options, id })
  let done = ask(first, options.id)
  let left: unknown = first
  let value: unknown = done.ok ? done.value : undefined
  for (let part = 2; done.ok; part++) {
    left = parts.next(left, done.value)
    if (left === undefined) return ok(value)
    yield
    done = ask(left, `${options.id}/${part}`)
    if (!done.ok) return err({ ...done.error, soFar: value })
    value = parts.join(value, done.value)
  }
  return done
}

/**
 * Carries a command out to its end, with a turn of the event loop for everybody else between two parts. The disk is waited
 * for once, at the end, and without keeping the thread: what a power cut takes before is parts that nobody was told of.
 */
export const dispatchWhole = async <C extends AnyCommand>(
  dispatcher: Dispatcher,
  command: C,
  input: z.input<C['input']>,
  options: DispatchOptions,
): Promise<Outcome<C>> => {
  const turns = partsInTurn(dispatcher, command, input, { ...options, syncsLater: true })
  let turn = turns.next()
  for (; turn.done !== true; turn = turns.next()) await setImmediate()
  const synced = await dispatcher.synced()
  return synced.ok ? (turn.value as Outcome<C>) : synced
}

/** As `dispatchWhole`, where nobody else waits for a turn: a test, a migration. */
export const dispatchAtOnce = <C extends AnyCommand>(
  dispatcher: Dispatcher,
  command: C,
  input: z.input<C['input']>,
  options: DispatchOptions,
): Outcome<C> => {
  const turns = partsInTurn(dispatcher, command, input, options)
  for (;;) {
    const turn = turns.next()
    if (turn.done === true) return turn.value as Outcome<C>
  }
}

type RowsAsked = { readonly rows: readonly unknown[] }
type RowsDone<K extends string> = { readonly [N in K]: number } & {
  readonly refused: readonly { readonly row: number }[]
}

/** Of a command over rows that counts those it has done and tells of the others by their place. */
export const rowParts = <const K extends string>(counted: K, rowsAtOnce: number) => ({
  take: <I extends RowsAsked>(input: I): I => withRows(input, input.rows.slice(0, rowsAtOnce)),
  next: <I extends RowsAsked>(input: I): I | undefined =>
    input.rows.length > rowsAtOnce ? withRows(input, input.rows.slice(rowsAtOnce)) : undefined,
  join<V extends RowsDone<K>>(before: V, after: V): V {
    const rowsBefore = before[counted] + before.refused.length
    const refused = after.refused.map((one) => ({ ...one, row: one.row + rowsBefore }))
    return { ...before, [counted]: before[counted] + after[counted], refused: [...before.refused, ...refused] }
  },
})

const withRows = <I extends RowsAsked>(input: I, rows: readonly unknown[]): I => ({ ...input, rows })
