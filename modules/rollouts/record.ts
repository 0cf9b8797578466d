/** What the box itself puts on record of a rollout. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'
import { deviceStates, OVER, reasons } from './progress.ts'
import { unfits } from './rules.ts'
import { rolloutDevices, rollouts, routerSoftware, type Before } from './tables.ts'

const SAID_LENGTH_MAX = 300
const said = z.string().transform((text) => text.slice(0, SAID_LENGTH_MAX))

/** The next state of a device, before anything is done in it: a box that is cut off goes on from there. */
export const recordRolloutDevice = defineCommand({
  name: 'rollouts.recordDevice',
  permission: 'system',
  isInternal: true,
  input: z.object({
    id: z.string(),
    state: z.enum(deviceStates),
    why: z.enum([...reasons, ...unfits, '']).default(''),
    said: said.default(''),
    fromVersion: z.string().max(64).optional(),
    version: z.string().max(64).optional(),
    nextVersion: z.string().max(64).optional(),
    before: z.custom<Before>((value) => typeof value === 'object').optional(),
    orderedAt: z.number().int().nullable().optional(),
    tries: z.number().int().default(0),
  }),
  audit: ({ id, state, why, said: words }) => ({ id, state, why, said: words }),
  handle(ctx, { id, ...given }) {
    const { site } = rolloutDevices
    const before = ctx.db.select().from(site).where(eq(site.id, id)).get()
    if (!before) return ok()
    const change = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    const since = before.state === given.state ? before.since : ctx.now
    const endedAt = OVER.has(given.state) ? ctx.now : null
    ctx.db
      .update(site)
      .set({ ...change, since, endedAt })
      .where(eq(site.id, id))
      .run()
    return ok()
  },
})

/** It has stopped by itself, or is done. */
export const recordRollout = defineCommand({
  name: 'rollouts.record',
  permission: 'system',
  isInternal: true,
  input: z.object({ id: z.string(), state: z.enum(['halted', 'done']) }),
  handle(ctx, { id, state }) {
    const endedAt = state === 'done' ? ctx.now : null
    ctx.db.update(rollouts.site).set({ state, endedAt }).where(eq(rollouts.site.id, id)).run()
    return ok()
  },
})

/** What a router says of its software. */
export const recordRouterSoftware = defineCommand({
  name: 'rollouts.recordSoftware',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({
    id: z.string(),
    version: z.string().max(64),
    architecture: z.string().max(64),
    board: z.string().max(128),
    firmware: z.string().max(64).nullable(),
    firmwareOffered: z.string().max(64).nullable(),
    freeDiskBytes: z.number().int(),
  }),
  handle(ctx, software) {
    const row = { ...software, seenAt: ctx.now }
    const { site } = routerSoftware
    ctx.db.insert(site).values(row).onConflictDoUpdate({ target: site.id, set: row }).run()
    // Of routers that are gone nobody asks any more.
    ctx.raw.exec('DELETE FROM router_software WHERE id NOT IN (SELECT id FROM routers)')
    return ok()
  },
})
