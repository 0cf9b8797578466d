import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'
import { isInterfaceName, readNetwork } from './ipv4-network.ts'
import { routerControls, routerHotspots, routers } from './tables.ts'

export const HOTSPOT_DEFAULTS = { interface: 'bridge-hotspot', network: '10.30.0.0/16' } as const
const NEW = { ...HOTSPOT_DEFAULTS, box: null, openNames: [], status: 'kept' } as const satisfies object
const OPEN_NAMES_MAX = 32

/**
 * What phones ask for to see whether they are online: reached without a login they believe that they are, and open no
 * portal.
 */
const PROBES: ReadonlySet<string> = new Set([
  'captive.apple.com',
  'connectivitycheck.gstatic.com',
  'connectivitycheck.android.com',
  'clients3.google.com',
  'www.msftconnecttest.com',
  'www.msftncsi.com',
  'detectportal.firefox.com',
  'nmcheck.gnome.org',
])

const routerName = z.string().trim().min(1).max(64)
const hostName = z
  .string()
  .trim()
  .toLowerCase()
  .max(110)
  .regex(
    /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]*$/,
    'A name looks like pay.bank.example, without https or a star.',
  )

type Row = typeof routerHotspots.site.$inferSelect
type Settings = Omit<Row, 'id' | 'routerId' | 'status'>

/** What is given, else what was, else what fits most. */
const settingsOf = (
  given: { readonly [S in keyof Settings]?: Settings[S] | undefined },
  before: Row | undefined,
): Omit<Row, 'id' | 'routerId'> => {
  const told = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<Settings>
  const { id: _id, routerId: _routerId, ...was } = before ?? { ...NEW, id: '', routerId: '' }
  const settings = { ...was, ...told }
  return { ...settings, openNames: [...new Set(settings.openNames)], status: 'kept' }
}

/** Has the box keep a router's hotspot; what is not given stays. */
export const setHotspot = defineCommand({
  name: 'routers.setHotspot',
  summary:
    'Has the box keep the hotspot of a MikroTik router that it logs in to: login, addresses, pages that lead to the portal, and what is reached without a login.',
  output: z.object({ id: z.string(), name: z.string() }),
  permission: 'routers.write',
  input: z.object({
    name: routerName,
    interface: z
      .string()
      .trim()
      .refine(isInterfaceName, 'An interface is named as the router has it: bridge-hotspot.')
      .optional(),
    /** IPv4, CIDR form. */
    network: z.string().trim().max(32).optional(),
    /** Null: worked out. */
    box: z.ipv4().nullable().optional(),
    openNames: z.array(hostName).max(OPEN_NAMES_MAX).optional(),
  }),
  handle(ctx, { name, network: given, ...changes }) {
    const router = ctx.db.select().from(routers.site).where(eq(routers.site.name, name)).get()
    if (!router) return err({ type: 'RouterUnknown', name })
    const { id } = router
    const control = ctx.db.select().from(routerControls.site).where(eq(routerControls.site.id, id)).get()
    if (!control) return err({ type: 'ControlUnknown', name })
    const before = ctx.db.select().from(routerHotspots.site).where(eq(routerHotspots.site.id, id)).get()
    const after = settingsOf({ network: given, ...changes }, before)
    const network = readNetwork(after.network)
    if (!network) return err({ type: 'HotspotNetworkInvalid', network: after.network })
    const probe = after.openNames.find((one) => PROBES.has(one))
    if (probe !== undefined) return err({ type: 'ProbeOpened', host: probe })
    const values = { id, routerId: id, ...after, network: network.text }
    ctx.db
      .insert(routerHotspots.site)
      .values(values)
      .onConflictDoUpdate({ target: routerHotspots.site.id, set: values })
      .run()
    ctx.changed(before ?? null, after)
    return ok({ id, name })
  },
})

export const removeHotspot = defineCommand({
  name: 'routers.removeHotspot',
  summary:
    'The box keeps the hotspot of a router no more: it takes what is its own off the router, or leaves it there as it is.',
  output: z.object({ id: z.string(), name: z.string() }),
  permission: 'routers.write',
  input: z.object({
    name: routerName,
    /** What stands on the router stays there, and goes on as it is. */
    leavesIt: z.boolean().optional(),
  }),
  handle(ctx, { name, leavesIt }) {
    const router = ctx.db.select().from(routers.site).where(eq(routers.site.name, name)).get()
    if (!router) return err({ type: 'RouterUnknown', name })
    const isOf = eq(routerHotspots.site.id, router.id)
    const before = ctx.db.select().from(routerHotspots.site).where(isOf).get()
    if (!before) return err({ type: 'HotspotUnknown', name })
    if (leavesIt === true) ctx.db.delete(routerHotspots.site).where(isOf).run()
    else ctx.db.update(routerHotspots.site).set({ status: 'leaving' }).where(isOf).run()
    ctx.changed(before, { status: leavesIt === true ? 'left' : 'leaving' })
    return ok({ id: router.id, name })
  },
})

/** It is off the router. */
export const hotspotGone = defineCommand({
  name: 'routers.hotspotGone',
  permission: 'system',
  isInternal: true,
  input: z.object({ routerId: z.string() }),
  handle(ctx, { routerId }) {
    const found = ctx.db.select().from(routerHotspots.site).where(eq(routerHotspots.site.id, routerId)).get()
    // Taken up again meanwhile, it is set up anew.
    if (found?.status === 'leaving')
      ctx.db.delete(routerHotspots.site).where(eq(routerHotspots.site.id, routerId)).run()
    return ok({ routerId })
  },
})
