/** What is forgotten, and when. */
import { eq, inArray, lte } from 'drizzle-orm'
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { defineCommand, defineJob, follow, type Follower } from '@lango/kernel/verbs'
import { forgetPhone } from '../customers/index.ts'
import { eraseCustomer } from '../services/index.ts'
import { eraseConsentsOf, eraseConsentsOfPhone } from './consents.ts'
import { forgetRegistration } from './forget.ts'
import { registrationLimits } from './rules.ts'
import { consents, registrations } from './tables.ts'

/**
 * Forgets what came to nothing after a day, what became an account after a month, and the proof of what somebody agrees
 * to no more after some years: a bounded number at a time.
 */
const tidyRegistrations = defineCommand({
  name: 'registration.tidy',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({}),
  handle(ctx) {
    const { abandonedKeptMs, doneKeptMs, withdrawnKeptMs, pruneRows } = registrationLimits
    const old = ctx.raw
      .prepare<[number, number, number], number>(
        `SELECT no FROM registrations WHERE created_at <= ? AND (state <> 'done' OR created_at <= ?)
         ORDER BY created_at LIMIT ?`,
      )
      .pluck()
      .all(ctx.now - abandonedKeptMs, ctx.now - doneKeptMs, pruneRows)
    for (const no of old) forgetRegistration(ctx, no)
    const { site } = consents
    const past = ctx.db
      .select({ id: site.id })
      .from(site)
      .where(lte(site.withdrawnAt, ctx.now - withdrawnKeptMs))
      .limit(pruneRows)
    ctx.db.delete(site).where(inArray(site.id, past)).run()
    return ok({ removed: old.length })
  },
})

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
      forgetRegistration(ctx, no)
    eraseConsentsOf(ctx, customerId)
  }),
  follow(forgetPhone, (ctx, { phone }) => eraseConsentsOfPhone(ctx, phone)),
]

export const workCommands = [tidyRegistrations]
