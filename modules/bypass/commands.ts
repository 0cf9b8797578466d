import { eq, inArray } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Fault, type Result } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import {
  accessChanged,
  createGrantWriter,
  isCodeLogin,
  isMac,
  normaliseDevice,
  openPolicy,
  policyRow,
} from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { routers } from '../network/tables.ts'
import { plans } from '../plans/tables.ts'
import { bypasses } from './tables.ts'

/** Of one command. */
export const DEVICES_MAX = 100
const ROUTERS_MAX = 64

const name = z
  .string()
  .trim()
  .min(1, 'A name is needed, such as Lobby TV.')
  .max(64)
  .regex(/^[^\p{Cc}]+$/u, 'A name has no control characters.')
  .refine((text) => !isCodeLogin(text), 'Names that begin with voucher: belong to vouchers.')
const mac = z
  .string()
  .trim()
  .refine((text) => isMac(normaliseDevice(text)), 'A MAC address looks like AA:BB:CC:DD:EE:FF.')
  .transform(normaliseDevice)

const terms = {
  /** By name; null for no limits. */
  plan: z.string().min(1).nullable().optional(),
  /** Epoch ms; null for ever. */
  untilAt: z.number().int().min(0).nullable().optional(),
  /** By name; none for all. */
  routers: z.array(z.string().min(1).max(64)).max(ROUTERS_MAX).optional(),
}

type TermsFault =
  | (Fault<'PlanUnknown'> & { readonly plan: string })
  | (Fault<'RouterUnknown'> & { readonly name: string })
type DeviceFault =
  | (Fault<'BypassNameTaken'> & { readonly name: string })
  | (Fault<'MacTaken'> & { readonly mac: string })

type Row = typeof bypasses.site.$inferSelect
type Plan = typeof plans.site.$inferSelect
type Terms = { readonly plan: Plan | undefined; readonly untilAt: number | null; readonly routerIds: readonly string[] }

/** What a device may is a policy as everybody's, with the routers that it is good at. */
const createWriter = (ctx: CommandContext, { plan, untilAt, routerIds }: Terms) => {
  const write = createGrantWriter(ctx)
  const numbers = ctx.db
    .select()
    .from(routers.site)
    .where(inArray(routers.site.id, [...routerIds]))
    .all()
  const policy = plan?.policy ?? openPolicy
  const policyId = policyRow(
    ctx,
    routerIds.length === 0 ? policy : { ...policy, routers: numbers.map(({ no }) => no).toSorted((a, b) => a - b) },
  )
  return (id: string, login: string, device: string): number =>
    write({
      serviceId: id,
      login,
      kind: 'mac',
      password: undefined,
      policyId,
      expiresAt: untilAt ?? undefined,
      validitySec: undefined,
      macLogin: device,
      devices: [],
      framedIp: undefined,
      framedIpv6Prefix: undefined,
      delegatedIpv6Prefix: undefined,
      vlan: undefined,
      quotaOctets: plan?.quotaOctets ?? undefined,
      quotaSec: plan?.quotaSec ?? undefined,
      beginsAt: undefined,
    }).no
}

const termsOf = (
  ctx: CommandContext,
  given: { plan?: string | null | undefined; untilAt?: number | null | undefined; routers?: string[] | undefined },
): Result<Terms, TermsFault> => {
  const all = ctx.db
    .select()
    .from(plans.site)
    .where(eq(plans.site.name, given.plan ?? ''))
    .all()
  const plan = all.find(({ status }) => status === 'active')
  if (typeof given.plan === 'string' && !plan) return err({ type: 'PlanUnknown', plan: given.plan })
  const known = new Map(
    ctx.db
      .select()
      .from(routers.site)
      .all()
      .map((router) => [router.name, router.id]),
  )
  const unknown = (given.routers ?? []).find((one) => !known.has(one))
  if (unknown !== undefined) return err({ type: 'RouterUnknown', name: unknown })
  return ok({ plan, untilAt: given.untilAt ?? null, routerIds: (given.routers ?? []).map((one) => known.get(one)!) })
}

/** Another's name or address: no two logins are the same. */
const deviceFault = (ctx: CommandContext, device: { name: string; mac: string }): DeviceFault | undefined => {
  const taken = ctx.raw.prepare<[string], 1>('SELECT 1 FROM grants WHERE login = ?').pluck()
  if (taken.get(device.name) === 1) return { type: 'BypassNameTaken', name: device.name }
  const byMac = ctx.raw.prepare<[string], 1>('SELECT 1 FROM grants WHERE mac_login = ?').pluck()
  return byMac.get(device.mac) === 1 ? { type: 'MacTaken', mac: device.mac } : undefined
}

/** Puts devices on the list: all of them, or none where one cannot be. */
export const addBypasses = defineCommand({
  name: 'bypass.add',
  summary: 'Puts devices that cannot open a portal on the bypass list: they are online by their address alone.',
  output: z.object({ added: z.number().int() }),
  permission: 'subscribers.write',
  input: z.object({ devices: z.array(z.object({ name, mac })).min(1).max(DEVICES_MAX), ...terms }),
  handle(ctx, { devices, ...given }) {
    const read = termsOf(ctx, given)
    if (!read.ok) return read
    const put = createWriter(ctx, read.value)
    for (const device of devices) {
      const fault = deviceFault(ctx, device)
      if (fault) return err(fault)
      const id = ctx.ids.next('byp')
      const grantNo = put(id, device.name, device.mac)
      const { plan, untilAt, routerIds } = read.value
      const row = { planId: plan?.id ?? null, untilAt, routers: [...routerIds] }
      ctx.db
        .insert(bypasses.site)
        .values({ id, ...device, ...row, grantNo, createdAt: ctx.now })
        .run()
    }
    return ok({ added: devices.length })
  },
})

/** From now on nobody is online by it, and its name and address are free again; what was used stays on record. */
const retire = (ctx: CommandContext, { grantNo, name: called }: Row): void => {
  ctx.db
    .update(grants.site)
    // A device has one grant: this is nobody's any more.
    .set({ status: 'ended', macLogin: null, login: `${called} #${grantNo}`, serviceId: grants.site.id })
    .where(eq(grants.site.no, grantNo))
    .run()
  ctx.emit(accessChanged, { grantNo })
}

/** Under other terms it is let in anew: its session ends, and it asks again at once. */
export const setBypass = defineCommand({
  name: 'bypass.set',
  summary: 'Changes a device of the bypass list; what is not given stays. Its session ends, and it asks again at once.',
  output: z.object({ name: z.string() }),
  permission: 'subscribers.write',
  input: z.object({ mac, name: name.optional(), ...terms }),
  handle(ctx, { mac: device, name: newName, ...given }) {
    const before = ctx.db.select().from(bypasses.site).where(eq(bypasses.site.mac, device)).get()
    if (!before) return err({ type: 'BypassUnknown', mac: device })
    const was = termsNow(ctx, before)
    const read = termsOf(ctx, {
      plan: given.plan === undefined ? was.plan : given.plan,
      untilAt: given.untilAt === undefined ? before.untilAt : given.untilAt,
      routers: given.routers ?? was.routers,
    })
    if (!read.ok) return read
    retire(ctx, before)
    const called = newName ?? before.name
    const fault = deviceFault(ctx, { name: called, mac: device })
    if (fault) return err(fault)
    const grantNo = createWriter(ctx, read.value)(before.id, called, device)
    const { plan, untilAt, routerIds } = read.value
    const after = { name: called, planId: plan?.id ?? null, untilAt, routers: [...routerIds], grantNo }
    ctx.db.update(bypasses.site).set(after).where(eq(bypasses.site.id, before.id)).run()
    ctx.changed(before, after)
    return ok({ name: called })
  },
})

/** By name, as they are given. A router that is gone is none any more. */
const termsNow = (ctx: CommandContext, { planId, routers: ids }: Row): { plan: string | null; routers: string[] } => ({
  plan:
    planId === null ? null : (ctx.db.select().from(plans.site).where(eq(plans.site.id, planId)).get()?.name ?? null),
  routers: ctx.db
    .select()
    .from(routers.site)
    .where(inArray(routers.site.id, ids))
    .all()
    .map((router) => router.name),
})

export const removeBypass = defineCommand({
  name: 'bypass.remove',
  summary: 'Takes a device off the bypass list: it is cut off, and asked for a login like any other.',
  output: z.object({ name: z.string() }),
  permission: 'subscribers.write',
  input: z.object({ mac }),
  handle(ctx, { mac: device }) {
    const row = ctx.db.select().from(bypasses.site).where(eq(bypasses.site.mac, device)).get()
    if (!row) return err({ type: 'BypassUnknown', mac: device })
    retire(ctx, row)
    ctx.db.delete(bypasses.site).where(eq(bypasses.site.id, row.id)).run()
    return ok({ name: row.name })
  },
})
