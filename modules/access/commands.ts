import { createHash } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Secret } from '@lango/kernel'
import { insertSql } from '@lango/kernel/db'
import { defineCommand, defineEvent, type CommandContext } from '@lango/kernel/verbs'
import { policySchema } from './policy-schema.ts'
import type { Policy, ServiceKind } from './policy.ts'
import { credentialPurpose } from './purpose.ts'
import { beginsWithUse } from './standing.ts'
import { grants, policies } from './tables.ts'

/** The row of a policy's content, made when it is new. */
export const policyRow = (ctx: CommandContext, policy: Policy): string => {
  // The schema puts the keys in one order, so that equal policies have equal texts.
  const hash = createHash('sha256')
    .update(JSON.stringify(policySchema.parse(policy)))
    .digest('hex')
  const known = ctx.db.select({ id: policies.site.id }).from(policies.site).where(eq(policies.site.hash, hash)).get()
  if (known) return known.id
  const id = ctx.ids.next('pol')
  ctx.db.insert(policies.site).values({ id, hash, policy }).run()
  return id
}

/** A grant's status, validity or quota is another now: look whether its sessions may go on. */
export const accessChanged = defineEvent<{ grantNo: number }>('access.changed')

export type NewGrant = {
  readonly serviceId: string
  readonly login: string
  readonly kind: ServiceKind
  readonly password: Secret | undefined
  readonly policyId: string
  readonly expiresAt: number | undefined
  readonly validitySec: number | undefined
  readonly macLogin: string | undefined
  readonly devices: readonly string[]
  readonly serial?: string | undefined
  readonly serialLogin?: boolean
  readonly framedIp: string | undefined
  readonly framedIpv6Prefix: string | undefined
  readonly delegatedIpv6Prefix: string | undefined
  readonly vlan: number | undefined
  readonly quotaOctets: number | undefined
  readonly quotaSec: number | undefined
  readonly beginsAt: number | undefined
}

/**
 * Lets somebody in; called by the command that sells the service, in its transaction. Its statement is prepared once
 * for all the grants of one command: an import makes hundreds.
 */
export const createGrantWriter = (
  ctx: CommandContext,
  nextNo = (): number => ctx.counter('grant'),
): ((grant: NewGrant) => { id: string; no: number }) => {
  const insert = ctx.raw.prepare(insertSql(grants))
  return (grant) => {
    const id = ctx.ids.next('grt')
    const no = nextNo()
    insert.run({
      id,
      no,
      serviceId: grant.serviceId,
      login: grant.login,
      kind: grant.kind,
      status: 'active',
      credential: grant.password === undefined ? null : ctx.vault.seal(grant.password, credentialPurpose(id)),
      macLogin: grant.macLogin ?? null,
      policyId: grant.policyId,
      expiresAt: grant.expiresAt ?? null,
      validitySec: grant.validitySec ?? null,
      firstUsedAt: null,
      serial: grant.serial ?? null,
      serialLogin: grant.serialLogin === true ? 1 : 0,
      framedIp: grant.framedIp ?? null,
      framedIpv6Prefix: grant.framedIpv6Prefix ?? null,
      delegatedIpv6Prefix: grant.delegatedIpv6Prefix ?? null,
      vlan: grant.vlan ?? null,
      devices: JSON.stringify(grant.devices),
      quotaOctets: grant.quotaOctets ?? null,
      quotaSec: grant.quotaSec ?? null,
      beginsAt: grant.beginsAt ?? null,
      topUps: null,
    })
    return { id, no }
  }
}

/** Of two ONTs that come at once one is bound; the other is another. */
const isAnother = (bound: string | null, serial: string | undefined): boolean =>
  bound !== null && serial !== undefined && bound !== serial

/**
 * The first login of a grant whose validity runs from it, or the first from a device that is then bound. Sent by a
 * front before it accepts; a repeat changes nothing.
 */
export const firstUse = defineCommand({
  name: 'grants.firstUse',
  permission: 'system',
  isInternal: true,
  input: z.object({
    grantId: z.string(),
    device: z.string().max(253),
    bind: z.boolean(),
    deviceLimit: z.number().int(),
    /** The ONT or CPE to bind. */
    serial: z.string().min(1).max(253).optional(),
  }),
  // The device stands with the grant, where it is erased with its owner.
  audit: ({ grantId, bind, deviceLimit }) => ({ grantId, bind, deviceLimit }),
  handle(ctx, { grantId, device, bind, deviceLimit, serial }) {
    const grant = ctx.db.select().from(grants.site).where(eq(grants.site.id, grantId)).get()
    if (!grant) return err({ type: 'GrantUnknown', grantId })
    // Revoked or suspended after the front had looked: nothing begins any more.
    if (grant.status !== 'active') return err({ type: 'GrantNotActive', grantId })
    if (isAnother(grant.serial, serial)) return err({ type: 'DevicesBound', grantId })
    const isBound = grant.devices.includes(device)
    if (bind && !isBound && grant.devices.length >= Math.max(deviceLimit, 1))
      return err({ type: 'DevicesBound', grantId })
    const policy = ctx.db.select().from(policies.site).where(eq(policies.site.id, grant.policyId)).get()!
    const begins = ctx.sure && beginsWithUse(grant, policy.policy)
    ctx.db
      .update(grants.site)
      .set({
        ...(bind && !isBound ? { devices: [...grant.devices, device] } : {}),
        ...(serial === undefined ? {} : { serial }),
        ...(begins ? { firstUsedAt: ctx.now } : {}),
        ...(begins && grant.validitySec !== null ? { expiresAt: ctx.now + grant.validitySec * 1000 } : {}),
      })
      .where(eq(grants.site.id, grantId))
      .run()
    return ok({ grantId })
  },
})
