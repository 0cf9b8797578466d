import { desc, eq, inArray } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Fault, type Result } from '@lango/kernel'
import { defineCommand, defineEvent, type CommandContext } from '@lango/kernel/verbs'
import { routerControls, routers } from '../network/tables.ts'
import { tallyOf, UNDER_WAY } from './progress.ts'
import { channels } from './routeros-facts.ts'
import { sources } from './rules.ts'
import { rolloutDevices, rollouts, routerPackages } from './tables.ts'
import { readPackageName, ROUTEROS_VERSION } from './versions.ts'

/** Something is to be begun, stopped or looked at anew. */
export const rolloutChanged = defineEvent<object>('rollouts.changed')

export const ROLLOUT_DEFAULTS = { batchPercents: [10, 50], failPercent: 20, waitDays: 14 } as const
const BATCHES_MAX = 10
const WAIT_DAYS_MAX = 365
const ROUTERS_MAX = 2000
const PACKAGES_MAX = 200
const PACKAGE_BYTES_MAX = 512 * 1_048_576
const DAY_MS = 86_400_000

type Rollout = typeof rollouts.site.$inferSelect

const version = z.string().regex(ROUTEROS_VERSION, 'A version of RouterOS is such as 7.20.1.')
const routerName = z.string().trim().min(1).max(64)
const percent = z.number().int().min(1).max(100)
const hour = z.number().int().min(0).max(23)
const packageName = z.string().max(128)

/** The one that is not over. */
const current = (ctx: Pick<CommandContext, 'db'>): Rollout | undefined => {
  const { site } = rollouts
  const latest = ctx.db.select().from(site).orderBy(desc(site.number)).limit(1).get()
  return latest && latest.state !== 'done' && latest.state !== 'cancelled' ? latest : undefined
}

/** One that was ended, of which a router was on its way down or up. */
const stillRestarting = (ctx: Pick<CommandContext, 'db'>): Rollout | undefined => {
  const { rolloutId, state } = rolloutDevices.site
  const found = ctx.db
    .select()
    .from(rollouts.site)
    .innerJoin(rolloutDevices.site, eq(rolloutId, rollouts.site.id))
    .where(inArray(state, [...UNDER_WAY]))
    .get()
  return found?.rollouts
}

type NoRollout = Fault<'RolloutNone'>
const inProgress = (ctx: CommandContext): Result<Rollout, NoRollout> => {
  const found = current(ctx)
  return found ? ok(found) : err({ type: 'RolloutNone' })
}

type RouterFault =
  | (Fault<'RouterUnknown'> & { readonly name: string })
  | (Fault<'ControlUnknown'> & { readonly name: string })
  | Fault<'RolloutNoRouters'>

type Chosen = { readonly id: string; readonly name: string }

/** All that the box logs in to, or those that are named. */
const chosenRouters = (ctx: CommandContext, names: readonly string[] | undefined): Result<Chosen[], RouterFault> => {
  const { site } = routers
  const all = ctx.db.select({ id: site.id, name: site.name }).from(site).all()
  const controlled = new Set(
    ctx.db
      .select({ id: routerControls.site.id })
      .from(routerControls.site)
      .all()
      .map(({ id }) => id),
  )
  if (names === undefined) {
    const found = all.filter(({ id }) => controlled.has(id))
    return found.length === 0 ? err({ type: 'RolloutNoRouters' }) : ok(found)
  }
  const chosen: Chosen[] = []
  for (const name of new Set(names)) {
    const router = all.find((one) => one.name === name)
    if (!router) return err({ type: 'RouterUnknown', name })
    if (!controlled.has(router.id)) return err({ type: 'ControlUnknown', name })
    chosen.push(router)
  }
  return ok(chosen)
}

const isInBox = (ctx: CommandContext, wanted: string): boolean =>
  ctx.db
    .select({ name: routerPackages.site.name })
    .from(routerPackages.site)
    .all()
    .some(({ name }) => {
      const read = readPackageName(name)
      return read?.package === 'routeros' && read.version === wanted
    })

export const startRollout = defineCommand({
  name: 'rollouts.start',
  summary:
    'Brings a version of RouterOS to routers that the box logs in to: one first, then in batches, each in its quiet hour, until too many fail.',
  output: z.object({ id: z.string(), number: z.number().int(), routers: z.number().int() }),
  permission: 'routers.write',
  input: z
    .object({
      version,
      /** `box`: from the files that were put into the box; `mikrotik`: from MikroTik's own servers. */
      source: z.enum(sources).default('box'),
      /** Of MikroTik's servers. The router is left as it is when that offers another version. */
      channel: z.enum(channels).default('stable'),
      /** All that the box logs in to where none are named. */
      routers: z.array(routerName).min(1).max(ROUTERS_MAX).optional(),
      allowsDowngrade: z.boolean().default(false),
      /** From 6 to 7, through the versions that have to come between. */
      allowsMajor: z.boolean().default(false),
      /** RouterBOOT follows RouterOS, with a restart of its own. */
      withFirmware: z.boolean().default(true),
      /** How many of all may have begun in each batch after the first router, in per cent; all come last. */
      batchPercents: z
        .array(percent)
        .max(BATCHES_MAX)
        .default([...ROLLOUT_DEFAULTS.batchPercents]),
      failPercent: percent.default(ROLLOUT_DEFAULTS.failPercent),
      waitDays: z.number().int().min(1).max(WAIT_DAYS_MAX).default(ROLLOUT_DEFAULTS.waitDays),
      isAtOnce: z.boolean().default(false),
      windowFromHour: hour.optional(),
      windowToHour: hour.optional(),
    })
    .refine(
      ({ windowFromHour: from, windowToHour: to }) =>
        (from === undefined) === (to === undefined) && (from === undefined || from !== to),
      'A window has a beginning and another end, or neither.',
    ),
  handle(ctx, { routers: names, waitDays, windowFromHour, windowToHour, ...plan }) {
    const running = current(ctx) ?? stillRestarting(ctx)
    if (running) return err({ type: 'RolloutRunning', version: running.version })
    if (plan.source === 'box' && !isInBox(ctx, plan.version))
      return err({ type: 'RouterPackageMissing', version: plan.version })
    const chosen = chosenRouters(ctx, names)
    if (!chosen.ok) return chosen
    const id = ctx.ids.next('rol')
    const number = ctx.counter('rollout')
    ctx.db
      .insert(rollouts.site)
      .values({
        id,
        number,
        kind: 'routeros',
        ...plan,
        batchPercents: plan.batchPercents.toSorted((a, b) => a - b),
        windowFromHour: windowFromHour ?? null,
        windowToHour: windowToHour ?? null,
        forgivenFailed: 0,
        forgivenBegun: 0,
        waitUntil: ctx.now + waitDays * DAY_MS,
        state: 'running',
        startedAt: ctx.now,
        endedAt: null,
      })
      .run()
    const fresh = { rolloutId: id, state: 'waiting', why: '', said: '', fromVersion: '', version: '' } as const
    const none = { nextVersion: '', before: null, since: ctx.now, orderedAt: null, tries: 0, endedAt: null }
    for (const { id: deviceId, name } of chosen.value)
      ctx.db
        .insert(rolloutDevices.site)
        .values({ id: ctx.ids.next('rod'), deviceId, name, ...fresh, ...none })
        .run()
    ctx.emit(rolloutChanged, {})
    return ok({ id, number, routers: chosen.value.length })
  },
})

const setState = (ctx: CommandContext, { id, state: before }: Rollout, change: Partial<Rollout>): void => {
  ctx.db.update(rollouts.site).set(change).where(eq(rollouts.site.id, id)).run()
  ctx.changed({ state: before }, change)
  ctx.emit(rolloutChanged, {})
}

export const pauseRollout = defineCommand({
  name: 'rollouts.pause',
  summary: 'Begins no further router; those that were told to restart are followed until they are up again.',
  permission: 'routers.write',
  input: z.object({}),
  handle(ctx) {
    const found = inProgress(ctx)
    if (!found.ok) return found
    setState(ctx, found.value, { state: 'paused' })
    return ok()
  },
})

export const resumeRollout = defineCommand({
  name: 'rollouts.resume',
  summary:
    'Goes on with a rollout that was paused or has stopped, and forgives what failed; with `retries` those routers are tried again.',
  permission: 'routers.write',
  input: z.object({ retries: z.boolean().default(false) }),
  handle(ctx, { retries }) {
    const found = inProgress(ctx)
    if (!found.ok) return found
    const { id } = found.value
    const { site } = rolloutDevices
    if (retries)
      for (const device of ctx.db.select().from(site).where(eq(site.rolloutId, id)).all())
        if (device.state === 'failed')
          ctx.db
            .update(site)
            .set({
              state: 'waiting',
              why: '',
              said: '',
              nextVersion: '',
              before: null,
              orderedAt: null,
              tries: 0,
              endedAt: null,
              since: ctx.now,
            })
            .where(eq(site.id, device.id))
            .run()
    const { failed, over } = tallyOf(
      ctx.db.select({ state: site.state }).from(site).where(eq(site.rolloutId, id)).all(),
    )
    setState(ctx, found.value, { state: 'running', forgivenFailed: failed, forgivenBegun: over })
    return ok()
  },
})

export const cancelRollout = defineCommand({
  name: 'rollouts.cancel',
  summary: 'Ends a rollout: routers that were told to restart are followed until they are up again, no other is begun.',
  permission: 'routers.write',
  input: z.object({}),
  handle(ctx) {
    const found = inProgress(ctx)
    if (!found.ok) return found
    setState(ctx, found.value, { state: 'cancelled', endedAt: ctx.now })
    const { site } = rolloutDevices
    for (const device of ctx.db.select().from(site).where(eq(site.rolloutId, found.value.id)).all())
      if (device.state === 'waiting')
        ctx.db
          .update(site)
          .set({ state: 'skipped', why: 'cancelled', said: '', since: ctx.now, endedAt: ctx.now })
          .where(eq(site.id, device.id))
          .run()
    return ok()
  },
})

/** The file lies in the data folder already: whoever puts it there says what it holds. */
export const addRouterPackage = defineCommand({
  name: 'rollouts.addPackage',
  summary: 'Puts on record a package file of RouterOS that was put into the box (lango rollout add-package FILE).',
  output: z.object({ name: z.string(), version: z.string(), architecture: z.string() }),
  permission: 'routers.write',
  input: z.object({
    name: packageName,
    sha256: z.string().regex(/^[\da-f]{64}$/),
    sizeBytes: z.number().int().min(1).max(PACKAGE_BYTES_MAX),
  }),
  handle(ctx, file) {
    const read = readPackageName(file.name)
    if (!read) return err({ type: 'RouterPackageNameInvalid', name: file.name })
    const { site } = routerPackages
    const all = ctx.db.select().from(site).all()
    const same = all.find(({ name }) => name === file.name)
    if (!same && all.length >= PACKAGES_MAX) return err({ type: 'RouterPackagesFull', max: PACKAGES_MAX })
    const row = { id: same?.id ?? ctx.ids.next('rpk'), ...file, addedAt: ctx.now }
    ctx.db.insert(site).values(row).onConflictDoUpdate({ target: site.id, set: row }).run()
    ctx.emit(rolloutChanged, {})
    return ok({ name: file.name, version: read.version, architecture: read.architecture })
  },
})

export const removeRouterPackage = defineCommand({
  name: 'rollouts.removePackage',
  summary: 'Takes a package file off the list of those that routers may fetch.',
  permission: 'routers.write',
  input: z.object({ name: packageName }),
  handle(ctx, { name }) {
    const gone = ctx.db.delete(routerPackages.site).where(eq(routerPackages.site.name, name)).returning().get()
    return gone ? ok() : err({ type: 'RouterPackageUnknown', name })
  },
})
