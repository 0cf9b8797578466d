import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { policySchema, serviceKinds, type ServiceKind } from '../access/index.ts'
import { planFault, selfRegistrations, wholePolicy } from './rules.ts'
import { plans } from './tables.ts'

/** ISO 4217. */
const currency = z.string().regex(/^[A-Z]{3}$/, 'A currency is three letters, such as KES.')

const planNamed = (ctx: CommandContext, name: string) =>
  ctx.db.select({ id: plans.site.id }).from(plans.site).where(eq(plans.site.name, name)).get()

const planWith = (ctx: CommandContext, id: string) =>
  ctx.db.select().from(plans.site).where(eq(plans.site.id, id)).get()

/** What is sold on paper may be used much later. */
const validFromOf = (kind: ServiceKind): 'first-use' | 'creation' => (kind === 'hotspot' ? 'first-use' : 'creation')

export const addPlan = defineCommand({
  name: 'plans.add',
  summary: 'Puts a plan on sale: its kind, speed, limits, validity and price.',
  output: z.object({ id: z.string(), name: z.string() }),
  permission: 'plans.write',
  input: z.object({
    name: z.string().trim().min(1).max(64),
    kind: z.enum(serviceKinds),
    policy: policySchema.partial(),
    validitySec: z.number().int().min(60).optional(),
    quotaOctets: z.number().int().min(1).optional(),
    quotaSec: z.number().int().min(60).optional(),
    priceMinor: z.number().int().min(0).default(0),
    currency: currency.default('KES'),
    selfRegistration: z.enum(selfRegistrations).default('off'),
  }),
  handle(ctx, input) {
    if (planNamed(ctx, input.name)) return err({ type: 'PlanNameTaken', name: input.name })
    const policy = wholePolicy(input.kind, input.policy)
    const why = planFault({ ...input, policy })
    if (why !== undefined) return err({ type: 'PlanUnfit', why })
    const id = ctx.ids.next('pln')
    ctx.db
      .insert(plans.site)
      .values({
        id,
        name: input.name,
        kind: input.kind,
        policy,
        validitySec: input.validitySec ?? null,
        validFrom: validFromOf(input.kind),
        quotaOctets: input.quotaOctets ?? null,
        quotaSec: input.quotaSec ?? null,
        priceMinor: input.priceMinor,
        currency: input.currency,
        status: 'active',
        selfRegistration: input.selfRegistration,
      })
      .run()
    return ok({ id, name: input.name })
  },
})

/** Other terms for what is sold from now on. What was sold keeps what it was sold with. */
export const setPlan = defineCommand({
  name: 'plans.set',
  summary: 'Sets the terms of a plan for what is sold from now on; what was sold keeps its own.',
  output: z.object({ id: z.string(), name: z.string() }),
  permission: 'plans.write',
  input: addPlan.input.extend({ id: z.string().min(1).max(64) }),
  handle(ctx, { id, ...input }) {
    const before = planWith(ctx, id)
    if (!before) return err({ type: 'PlanUnknown', plan: id })
    const namesake = planNamed(ctx, input.name)
    if (namesake && namesake.id !== id) return err({ type: 'PlanNameTaken', name: input.name })
    const policy = wholePolicy(input.kind, input.policy)
    const why = planFault({ ...input, policy })
    if (why !== undefined) return err({ type: 'PlanUnfit', why })
    const after = {
      ...before,
      ...input,
      policy,
      validitySec: input.validitySec ?? null,
      validFrom: input.kind === before.kind ? before.validFrom : validFromOf(input.kind),
      quotaOctets: input.quotaOctets ?? null,
      quotaSec: input.quotaSec ?? null,
    }
    ctx.db.update(plans.site).set(after).where(eq(plans.site.id, id)).run()
    ctx.changed(before, after)
    return ok({ id, name: input.name })
  },
})

/** Whether it can be sold. A plan is never deleted: what was sold of it still refers to it. */
export const setPlanStatus = defineCommand({
  name: 'plans.setStatus',
  summary: 'Withdraws a plan from sale, or puts it on sale again.',
  output: z.object({ id: z.string(), status: z.enum(['active', 'withdrawn']) }),
  permission: 'plans.write',
  input: z.object({ id: z.string().min(1).max(64), status: z.enum(['active', 'withdrawn']) }),
  handle(ctx, { id, status }) {
    const before = planWith(ctx, id)
    if (!before) return err({ type: 'PlanUnknown', plan: id })
    ctx.db.update(plans.site).set({ status }).where(eq(plans.site.id, id)).run()
    ctx.changed({ status: before.status }, { status })
    return ok({ id, status })
  },
})
