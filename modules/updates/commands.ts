import { desc, eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, compareVersions, VERSION } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { rings, type Machine, type Release } from './port.ts'
import { defaultUpdates, isDeltaFault, isPlace, modes, UPDATES_ID, type UpdateSettings } from './rules.ts'
import { noProgress, updateProgress, updateRuns, updateSettings, type Progress } from './tables.ts'

const PLACE_LENGTH_MAX = 1024
const RATE_KBPS_MAX = 10_000_000
const PAUSE_DAYS_MAX = 90
const DENIED_MAX = 50
const FAULT_LENGTH_MAX = 1000
const RUNS_KEPT = 100
const DAY_MS = 86_400_000

const settingsOf = (ctx: Pick<CommandContext, 'db'>): UpdateSettings => {
  const { site } = updateSettings
  return ctx.db.select().from(site).where(eq(site.id, UPDATES_ID)).get() ?? defaultUpdates
}

const changeSettings = (ctx: CommandContext, change: Partial<UpdateSettings>): void => {
  const before = settingsOf(ctx)
  const row = { ...before, ...change, id: UPDATES_ID }
  ctx.db.insert(updateSettings.site).values(row).onConflictDoUpdate({ target: updateSettings.site.id, set: row }).run()
  ctx.changed(before, { ...before, ...change })
}

const progressOf = (ctx: CommandContext): Progress => {
  const { site } = updateProgress
  return ctx.db.select().from(site).where(eq(site.id, UPDATES_ID)).get() ?? noProgress
}

const changeProgress = (ctx: CommandContext, change: Partial<Progress>): void => {
  const row = { ...progressOf(ctx), ...change, id: UPDATES_ID }
  ctx.db.insert(updateProgress.site).values(row).onConflictDoUpdate({ target: updateProgress.site.id, set: row }).run()
}

const version = z.string().regex(VERSION, 'A version is three numbers, such as 1.4.0.')
const place = z
  .string()
  .max(PLACE_LENGTH_MAX)
  .refine((text) => text === '' || isPlace(text), 'A place is https://… or a folder from /.')
const hour = z.number().int().min(0).max(23).nullable()

/** An owner's alone: where a box's software comes from is who the box belongs to. */
export const setUpdates = defineCommand({
  name: 'updates.set',
  summary: 'Sets where releases come from, whether they are installed by themselves, in which ring, hours and rate.',
  permission: 'settings.write',
  input: z
    .object({
      mode: z.enum(modes).optional(),
      ring: z.enum(rings).optional(),
      place: place.optional(),
      rateKbps: z.number().int().min(0).max(RATE_KBPS_MAX).optional(),
      windowFromHour: hour.optional(),
      windowToHour: hour.optional(),
    })
    .refine(
      ({ windowFromHour: from = null, windowToHour: to = null }) =>
        (from === null) === (to === null) && (from === null || from !== to),
      'A window has a beginning and another end, or neither.',
    ),
  handle(ctx, { windowFromHour, windowToHour, ...input }) {
    const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
    const isWindow = windowFromHour !== undefined && windowToHour !== undefined
    changeSettings(ctx, { ...(given as Partial<UpdateSettings>), ...(isWindow && { windowFromHour, windowToHour }) })
    // Another place, another offer.
    if (input.place !== undefined) changeProgress(ctx, { checkedAt: null, offered: null, file: null, fault: null })
    return ok()
  },
})

export const pauseUpdates = defineCommand({
  name: 'updates.pause',
  summary: 'Installs and downloads nothing by itself for some days.',
  output: z.object({ pausedUntil: z.number().int() }),
  permission: 'settings.write',
  input: z.object({ days: z.number().int().min(1).max(PAUSE_DAYS_MAX) }),
  handle(ctx, { days }) {
    const pausedUntil = ctx.now + days * DAY_MS
    changeSettings(ctx, { pausedUntil })
    return ok({ pausedUntil })
  },
})

export const resumeUpdates = defineCommand({
  name: 'updates.resume',
  summary: 'Goes on with updates that were paused; with a version, takes back that it was denied.',
  permission: 'settings.write',
  input: z.object({ version: version.optional() }),
  handle(ctx, { version: allowed }) {
    if (allowed === undefined) changeSettings(ctx, { pausedUntil: null })
    else {
      changeSettings(ctx, { denied: settingsOf(ctx).denied.filter((one) => one !== allowed) })
      changeProgress(ctx, { checkAsked: true })
    }
    return ok()
  },
})

export const denyUpdate = defineCommand({
  name: 'updates.deny',
  summary: 'Never installs this version on this box; the next one is offered again.',
  permission: 'settings.write',
  input: z.object({ version }),
  handle(ctx, { version: denied }) {
    const before = settingsOf(ctx).denied.filter((one) => one !== denied)
    changeSettings(ctx, { denied: [...before, denied].slice(-DENIED_MAX) })
    const { offered } = progressOf(ctx)
    if (offered?.version === denied)
      changeProgress(ctx, { offered: null, file: null, installAsked: null, checkAsked: true })
    return ok()
  },
})

export const checkUpdates = defineCommand({
  name: 'updates.check',
  summary: 'Looks for a release now: at the place that is set, or in a folder such as a USB stick.',
  permission: 'settings.write',
  input: z.object({ place: place.optional() }),
  handle(ctx, { place: once = '' }) {
    if (once === '' && settingsOf(ctx).place === '') return err({ type: 'UpdatePlaceUnset' })
    changeProgress(ctx, { checkAsked: true, checkPlace: once })
    return ok()
  },
})

/** With the release that is offered, or the one before, which is in the other slot. */
export const installUpdate = defineCommand({
  name: 'updates.install',
  summary: 'Installs a release as soon as nothing hinders it, whatever the hour, and restarts the box into it.',
  output: z.object({ version: z.string() }),
  permission: 'settings.write',
  input: z.object({ version: version.optional() }),
  handle(ctx, { version: asked }) {
    const { offered } = progressOf(ctx)
    const wanted = asked ?? offered?.version
    if (wanted === undefined) return err({ type: 'UpdateNoneOffered' })
    changeProgress(ctx, { installAsked: wanted, ...(wanted !== offered?.version && { checkAsked: true }) })
    return ok({ version: wanted })
  },
})

const release = z.custom<Release>((value) => typeof value === 'object' && value !== null)

/** What a look has found. */
export const recordUpdateCheck = defineCommand({
  name: 'updates.recordCheck',
  permission: 'system',
  isInternal: true,
  input: z.object({ offered: release.nullable(), place: z.string(), fault: z.string().optional() }),
  audit: () => ({}),
  handle(ctx, { offered, place: from, fault }) {
    const before = progressOf(ctx)
    const asked = { checkAsked: false, checkPlace: '', checkedAt: ctx.now }
    // A place that cannot be asked takes nothing away that was signed and found.
    if (fault !== undefined) changeProgress(ctx, { ...asked, fault: fault.slice(0, FAULT_LENGTH_MAX) })
    else {
      const isSame = before.offered?.sha256 === offered?.sha256
      changeProgress(ctx, { ...asked, fault: null, offered, place: from, ...(!isSame && { file: null }) })
    }
    return ok()
  },
})

export const recordUpdateFile = defineCommand({
  name: 'updates.recordFile',
  permission: 'system',
  isInternal: true,
  input: z.object({ file: z.string().nullable(), fault: z.string().optional() }),
  audit: () => ({}),
  handle(ctx, { file, fault }) {
    changeProgress(ctx, { file, fault: fault?.slice(0, FAULT_LENGTH_MAX) ?? null })
    return ok()
  },
})

const machine = z.custom<Machine>((value) => typeof value === 'object' && value !== null)

/** What the root service tells, when it is something else than before. */
export const recordMachine = defineCommand({
  name: 'updates.recordMachine',
  permission: 'system',
  isInternal: true,
  input: z.object({ machine }),
  audit: () => ({}),
  handle(ctx, input) {
    changeProgress(ctx, input)
    return ok()
  },
})

/** Whether what was handed over last had been asked for, by somebody who waits for it. */
const wasAsked = (ctx: CommandContext): boolean => {
  const { site } = updateRuns
  const last = ctx.db.select().from(site).where(eq(site.outcome, 'handed-over')).orderBy(desc(site.no)).limit(1).get()
  return last?.why === 'asked'
}

/** What became of one: handed to the installer, and how that ended. */
export const recordUpdateRun = defineCommand({
  name: 'updates.recordRun',
  permission: 'system',
  isInternal: true,
  input: z.object({
    version,
    outcome: z.enum(['handed-over', 'good', 'rolled-back', 'refused']),
    why: z.string().max(500),
    at: z.number().int(),
  }),
  handle(ctx, run) {
    const { highest, offered } = progressOf(ctx)
    ctx.db.insert(updateRuns.site).values(run).run()
    ctx.raw.prepare('DELETE FROM update_runs WHERE no <= (SELECT max(no) FROM update_runs) - ?').run(RUNS_KEPT)
    if (run.outcome === 'handed-over') {
      const isHigher = highest === null || compareVersions(run.version, highest) > 0
      changeProgress(ctx, { installAsked: null, ...(isHigher && { highest: run.version }) })
      return ok()
    }
    if (isDeltaFault(run.outcome, run.why)) {
      if (offered?.version === run.version)
        changeProgress(ctx, {
          offered: { ...offered, deltas: [] },
          file: null,
          ...(wasAsked(ctx) && { installAsked: run.version }),
        })
      return ok()
    }
    // What did not serve here is not tried again by itself.
    if (run.outcome !== 'good') {
      const denied = settingsOf(ctx).denied.filter((one) => one !== run.version)
      changeSettings(ctx, { denied: [...denied, run.version].slice(-DENIED_MAX) })
    }
    if (offered?.version === run.version) changeProgress(ctx, { offered: null, file: null, checkAsked: true })
    return ok()
  },
})
