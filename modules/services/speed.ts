import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'
import { accessChanged, policyRow } from '../access/index.ts'
import { grants, policies } from '../access/tables.ts'
import { plans } from '../plans/tables.ts'
import { services } from './tables.ts'
import { recordOfLogin } from './whose.ts'

const kbps = z.number().int().min(8).max(400_000_000)

/**
 * Gives one subscriber a speed of their own until it is taken back (without a speed), or until they get another plan.
 * Everything else stays as it was sold. Live sessions take it up when they are told to (`sessions.order`, change).
 */
export const setSpeed = defineCommand({
  name: 'subscribers.setSpeed',
  summary: 'Gives a subscriber a speed of their own, or the plan’s again; live sessions take it up by sessions.order.',
  permission: 'subscribers.write',
  input: z.object({ login: z.string(), speed: z.object({ downKbps: kbps, upKbps: kbps }).optional() }),
  audit: recordOfLogin,
  handle(ctx, { login, speed }) {
    const found = ctx.db
      .select({
        grantId: grants.site.id,
        grantNo: grants.site.no,
        policy: policies.site.policy,
        plan: plans.site.policy,
      })
      .from(services.site)
      .innerJoin(grants.site, eq(grants.site.serviceId, services.site.id))
      .innerJoin(policies.site, eq(policies.site.id, grants.site.policyId))
      .innerJoin(plans.site, eq(plans.site.id, services.site.planId))
      .where(eq(services.site.login, login))
      .get()
    if (!found) return err({ type: 'SubscriberUnknown', login })
    const { policy, plan } = found
    const { burst, ...without } = policy
    const { downKbps, upKbps } = speed ?? plan
    // A burst above a speed that somebody set would undo it.
    const withBurst = speed === undefined && plan.burst !== undefined ? { burst: plan.burst } : {}
    const policyId = policyRow(ctx, { ...without, ...withBurst, downKbps, upKbps })
    ctx.db.update(grants.site).set({ policyId }).where(eq(grants.site.id, found.grantId)).run()
    ctx.changed(
      { downKbps: policy.downKbps, upKbps: policy.upKbps, hadBurst: burst !== undefined },
      { downKbps, upKbps },
    )
    ctx.emit(accessChanged, { grantNo: found.grantNo })
    return ok({ login, downKbps, upKbps, grantNo: found.grantNo })
  },
})
