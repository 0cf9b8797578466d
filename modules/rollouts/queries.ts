import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, defineQuery, descending } from '@lango/kernel/db'
import { routers } from '../network/tables.ts'
import { rolloutDevices, rollouts, routerPackages, routerSoftware } from './tables.ts'

/** The latest first. */
export const listRollouts = defineQuery({
  name: 'rollouts.list',
  summary: 'Lists rollouts of RouterOS to routers, the latest first.',
  permission: 'routers.read',
  input: z.object({ limit: z.number().int().min(1).max(100).default(20) }),
  tables: { rollouts },
  examples: [{}, { limit: 1 }],
  select: ({ db, rollouts, byKey }, { limit }) =>
    db
      .select()
      .from(rollouts)
      .orderBy(descending(rollouts.number), ...byKey(rollouts))
      .limit(limit),
  shape: (rows) => rows,
})

/** How each device of a rollout does. */
export const listRolloutDevices = defineQuery({
  name: 'rollouts.devices',
  summary: 'Lists the routers of a rollout: what each is brought to, how far it is, and why it waits or has failed.',
  permission: 'routers.read',
  input: z.object({ rolloutId: z.string() }),
  tables: { rolloutDevices },
  examples: [{ rolloutId: 'rollouts_1' }, { rolloutId: 'a' }],
  select: ({ db, rolloutDevices: devices, byKey }, { rolloutId }) =>
    db
      .select()
      .from(devices)
      .where(eq(devices.rolloutId, rolloutId))
      .orderBy(ascending(devices.name), ...byKey(devices)),
  shape: (rows) => rows,
})

/** What routers run, as far as the box logs in to them. */
export const listRouterSoftware = defineQuery({
  name: 'rollouts.software',
  summary: 'Lists what each router that the box logs in to runs: RouterOS and RouterBOOT, and when that was seen.',
  permission: 'routers.read',
  input: z.object({}),
  tables: { routers, routerSoftware },
  select: ({ db, routers, routerSoftware: software, ref, byKey }) =>
    db
      .select({
        name: routers.name,
        version: software.version,
        architecture: software.architecture,
        board: software.board,
        firmware: software.firmware,
        firmwareOffered: software.firmwareOffered,
        freeDiskBytes: software.freeDiskBytes,
        seenAt: software.seenAt,
      })
      .from(software)
      .innerJoin(routers, ref(software.id, routers.id))
      .orderBy(ascending(routers.name), ...byKey(software)),
  shape: (rows) => rows,
})

/** Files for routers to fetch. */
export const listRouterPackages = defineQuery({
  name: 'rollouts.packages',
  summary: 'Lists the package files that were put into the box for routers to fetch.',
  permission: 'routers.read',
  input: z.object({}),
  tables: { routerPackages },
  select: ({ db, routerPackages: packages, byKey }) =>
    db
      .select()
      .from(packages)
      .orderBy(ascending(packages.name), ...byKey(packages)),
  shape: (rows) => rows,
})
