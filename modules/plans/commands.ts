import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'
import { openPolicy, policySchema, serviceKinds } from '../access/index.ts'
import { planFault } from './rules.ts'
import { plans } from './tables.ts'

/** ISO 4217. */
const currency = z.string().regex(/^[A-Z]{3}$/, 'A currency is three letters, such as KES.')

export const addPlan = defineCommand({
  name: 'plans.add',
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
  }),
  handle(ctx, input) {
    const taken = ctx.db.select({ id: plans.site.id }).from(plans.site).where(eq(plans.site.name, input.name)).get()
    if (taken) return err({ type: 'PlanNameTaken', name: input.name })
    const policy = policySchema.parse({ ...openPolicy, ...input.policy })
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
        validFrom: input.kind === 'hotspot' ? 'first-use' : 'creation',
        quotaOctets: input.quotaOctets ?? null,
        quotaSec: input.quotaSec ?? null,
        priceMinor: input.priceMinor,
        currency: input.currency,
        status: 'active',
      })
      .run()
    return ok({ id, name: input.name })
  },
})
