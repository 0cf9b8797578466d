/** What is forgotten, and when. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { defineCommand, defineJob, follow, type CommandContext, type Follower } from '@lango/kernel/verbs'
import { forgetMessages } from '../messages/index.ts'
import { eraseCustomer } from '../services/index.ts'
import { aboutOf } from './commands.ts'
import { registrationLimits } from './rules.ts'
import { registrations } from './tables.ts'

/** Forgets what came to nothing after a day, and what became an account after a month, a bounded number at a time. */
const tidyRegistrations = defineCommand({
  name: 'registration.tidy',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({}),
  handle(ctx) {
    const { abandonedKeptMs, doneKeptMs, pruneRows } = registrationLimits
    const old = ctx.raw
      .prepare<[number, number, number], number>(
        `SELECT no FROM registrations WHERE created_at <= ? AND (state <> 'done' OR created_at <= ?)
         ORDER BY created_at LIMIT ?`,
      )
      .pluck()
      .all(ctx.now - abandonedKeptMs, ctx.now - doneKeptMs, pruneRows)
    for (const no of old) forget(ctx, no)
    return ok({ removed: old.length })
  },
})

const forget = (ctx: CommandContext, no: number): void => {
  ctx.db.delete(registrations.site).where(eq(registrations.site.no, no)).run()
  forgetMessages(ctx, aboutOf(no))
}

export const tidyJob = defineJob({
  name: 'registration.tidying',
  input: z.object({}),
  everyMs: registrationLimits.tidyEveryMs,
  run(context) {
    context.dispatch(tidyRegistrations, {})
    return Promise.resolve()
  },
})

export const followers: readonly Follower[] = [
  follow(eraseCustomer, (ctx, _input, { customerId }) => {
    const { site } = registrations
    for (const { no } of ctx.db.select({ no: site.no }).from(site).where(eq(site.customerId, customerId)).all())
      forget(ctx, no)
  }),
]

export const workCommands = [tidyRegistrations]
