import { z } from 'zod'
import { ascending, defineQuery } from '@lango/kernel/db'
import { remoteServers, routerControls, routerHotspots, routers } from './tables.ts'

export const listRouters = defineQuery({
  name: 'routers.list',
  summary: 'Lists all routers with their settings, without their secrets.',
  permission: 'routers.read',
  input: z.object({}),
  tables: { routers },
  select: ({ db, routers, byKey }) =>
    db
      .select()
      .from(routers)
      .orderBy(ascending(routers.name), ...byKey(routers)),
  shape: (rows) => rows,
})

/** Home servers of a realm in the order they are asked in. */
export const listRemoteServers = defineQuery({
  name: 'remoteServers.list',
  summary: 'Lists the other RADIUS servers, those of a realm in the order in which they are asked.',
  permission: 'routers.read',
  input: z.object({}),
  tables: { remoteServers },
  select: ({ db, remoteServers: servers, byKey }) =>
    db
      .select()
      .from(servers)
      .orderBy(
        ascending(servers.role),
        ascending(servers.realm),
        ascending(servers.priority),
        ascending(servers.name),
        ...byKey(servers),
      ),
  shape: (rows) => rows,
})

/** How the box logs in to routers, without the passwords. */
export const listControls = defineQuery({
  name: 'routers.controls',
  summary:
    'Lists how the box logs in to routers, and the networks whose customers it holds there; without the passwords.',
  permission: 'routers.read',
  input: z.object({}),
  tables: { routerControls },
  select: ({ db, routerControls: controls, byKey }) =>
    db
      .select()
      .from(controls)
      .orderBy(...byKey(controls)),
  shape: (rows) => rows,
})

/** Hotspots that the box keeps on routers. */
export const listHotspots = defineQuery({
  name: 'routers.hotspots',
  summary: 'Lists the hotspots that the box keeps on routers that it logs in to.',
  permission: 'routers.read',
  input: z.object({}),
  tables: { routerHotspots },
  select: ({ db, routerHotspots: hotspots, byKey }) =>
    db
      .select()
      .from(hotspots)
      .orderBy(...byKey(hotspots)),
  shape: (rows) => rows,
})
