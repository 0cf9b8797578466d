import type { z } from 'zod'
import type { AnyCommand, CommandContext, ValueOf } from './command.ts'

/** What else is done in a command's transaction, by a module that the command knows nothing of. */
export interface Follower {
  readonly command: string
  follow(context: CommandContext, input: unknown, value: unknown): void
}

/**
 * Runs after a command was done, inside its transaction: what it writes and enqueues is kept with the command, or not
 * at all. A throw takes back what the follower wrote and is logged; the command stands.
 *
 *     follow(addPlan, (ctx, input, { name }) => tell(ctx, 'plan.added', { name }))
 */
export const follow = <C extends AnyCommand>(
  command: C,
  run: (context: CommandContext, input: z.output<C['input']>, value: ValueOf<C>) => void,
): Follower => ({
  command: command.name,
  follow: (context, input, value) => run(context, input as z.output<C['input']>, value as ValueOf<C>),
})
