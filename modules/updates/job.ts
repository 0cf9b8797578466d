/** The next step of an update, once a minute: look, fetch, wait for a quiet hour, hand over, and tell what became of it. */
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { Clock, Fault } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import { defineJob, type AnyJob, type JobContext } from '@lango/kernel/verbs'
import { recordMachine, recordUpdateCheck, recordUpdateFile, recordUpdateRun } from './commands.ts'
import type { Release, SlotsStatus, UpdatePort } from './port.ts'
import { listUpdateRuns, showUpdates } from './queries.ts'
import { bestOf, isQuiet, quietHour, rateNow, runningOf, unfitFor, type BoxFacts } from './rules.ts'

export type UpdateJobDeps = { readonly clock: Clock; readonly port: UpdatePort }
type Shown = ResultOf<typeof showUpdates>

const LOOK_EVERY_MS = 60_000
const CHECK_EVERY_MS = 6 * 3_600_000
const RUN_MS_MAX = 24 * 3_600_000
const BUSY: ReadonlySet<SlotsStatus['phase']> = new Set(['verifying', 'writing', 'rebooting', 'trial'])
const OVER: ReadonlySet<SlotsStatus['phase']> = new Set(['good', 'rolled-back', 'refused'])

export const createUpdateJob = (deps: UpdateJobDeps): AnyJob =>
  defineJob({
    name: 'updates.step',
    input: z.object({}),
    everyMs: LOOK_EVERY_MS,
    limits: { attemptsMax: 1, timeoutMs: RUN_MS_MAX, atOnce: 1 },
    run: (context) => step(context, deps),
  })

const step = async (context: JobContext, { clock, port }: UpdateJobDeps): Promise<void> => {
  const status = port.status()
  if (!status) return
  noteMachine(context, port, status)
  noteOutcome(context, port, status)
  if (status.phase === 'installed') restart(context, port, status, clock.now())
  // A clock that nobody vouches for can judge neither what has expired nor which hour is quiet.
  if (BUSY.has(status.phase) || status.phase === 'installed' || !clock.sure()) return
  const { version } = runningOf(status)
  if (version === undefined) return
  await look(context, port, status, clock.now())
  const shown = context.query(showUpdates, {})
  const { offered } = shown
  if (offered === null || !mayGoOn(shown, clock.now())) return
  // What is signed may have been called back, or another be running since it was found.
  if (unfitFor(offered, factsOf(port, status, shown, clock.now()), shown.installAsked ?? undefined)) return
  if (shown.file === null && !(await fetchIt(context, port, clock, shown, offered))) return
  handOver(context, port, clock.now())
}

const noteMachine = (context: JobContext, port: UpdatePort, status: SlotsStatus): void => {
  const machine = { ...status, quietHour: quietHour(port.busyHours()) }
  const { machine: before } = context.query(showUpdates, {})
  if (!isDeepStrictEqual(machine, before)) context.dispatch(recordMachine, { machine })
}

/** Each end once: the root service goes on telling the last one. */
const noteOutcome = (context: JobContext, port: UpdatePort, { phase, version, why, at }: SlotsStatus): void => {
  if (!OVER.has(phase) || version === null) return
  if (!isHandedOver(context, version)) return
  const outcome = phase as 'good' | 'rolled-back' | 'refused'
  context.dispatch(recordUpdateRun, { version, outcome, why: why.slice(0, 500), at }, outcome)
  port.clean()
}

const isHandedOver = (context: JobContext, version: string | null): boolean => {
  const [last] = context.query(listUpdateRuns, { limit: 1 })
  return last?.outcome === 'handed-over' && last.version === version
}

export const factsOf = (port: UpdatePort, status: SlotsStatus, shown: Shown, now: number): BoxFacts => {
  const { version, previous } = runningOf(status)
  const { ring, denied } = shown.settings
  return {
    arch: port.arch,
    version: version!,
    previous,
    highest: shown.highest ?? undefined,
    ...port.data(),
    ring,
    denied,
    now,
  }
}

const look = async (context: JobContext, port: UpdatePort, status: SlotsStatus, now: number): Promise<void> => {
  const shown = context.query(showUpdates, {})
  const { settings, checkedAt, checkAsked, checkPlace } = shown
  const place = checkPlace === '' ? settings.place : checkPlace
  const isDue = settings.mode !== 'off' && (checkedAt === null || now - checkedAt >= CHECK_EVERY_MS)
  if (place === '' || !(isDue || checkAsked)) return
  const found = await port.check(place)
  if (!found.ok) {
    context.log.warn('the feed of releases could not be read', { place, fault: found.error })
    context.dispatch(recordUpdateCheck, { offered: null, place, fault: JSON.stringify(found.error) })
    return
  }
  const facts = factsOf(port, status, shown, now)
  const asked = found.value.find(({ version }) => version === shown.installAsked)
  const isAsked = asked && unfitFor(asked, facts, asked.version) === undefined
  context.dispatch(recordUpdateCheck, { offered: (isAsked ? asked : bestOf(found.value, facts)) ?? null, place })
}

const isAskedFor = ({ installAsked, offered }: Shown): boolean =>
  installAsked !== null && installAsked === offered?.version

const mayGoOn = (shown: Shown, now: number): boolean => {
  const { mode, pausedUntil } = shown.settings
  if (isAskedFor(shown)) return true
  return mode !== 'off' && (pausedUntil === null || pausedUntil <= now)
}

const fetchIt = async (
  context: JobContext,
  port: UpdatePort,
  clock: Clock,
  shown: Shown,
  offered: Release,
): Promise<boolean> => {
  const { rateKbps } = shown.settings
  const busy = port.busyHours()
  const rate = (): number => (isAskedFor(shown) ? rateKbps : rateNow(rateKbps, port.hourOfWeek(clock.now()), busy))
  const got = await port.download(offered, shown.place, rate, context.signal)
  context.signal.throwIfAborted()
  if (got.ok) context.dispatch(recordUpdateFile, { file: got.value })
  else {
    context.log.warn('a release could not be downloaded', { version: offered.version, fault: got.error })
    context.dispatch(recordUpdateFile, { file: null, fault: JSON.stringify(got.error satisfies Fault) })
  }
  return got.ok
}

/** By itself only in a quiet hour; never while a backup is made or somebody waits for what they pay. */
const mayNow = (port: UpdatePort, shown: Shown, now: number): boolean => {
  if (port.hindrance() !== undefined) return false
  if (isAskedFor(shown)) return true
  return shown.settings.mode === 'auto' && isQuiet(shown.settings, port.hourOfWeek(now), port.busyHours())
}

const handOver = (context: JobContext, port: UpdatePort, now: number): void => {
  // It may have been paused, denied or asked for while it came.
  const shown = context.query(showUpdates, {})
  const { offered, file } = shown
  if (offered === null || file === null || !mayGoOn(shown, now) || !mayNow(port, shown, now)) return
  // First what is remembered, then the wish: a box that is cut off between the two has only to be asked again.
  const why = isAskedFor(shown) ? 'asked' : 'quiet'
  const run = { version: offered.version, outcome: 'handed-over', why, at: now } as const
  const noted = context.dispatch(recordUpdateRun, run, run.outcome)
  if (!noted.ok) throw new Error(`what is handed over could not be noted: ${JSON.stringify(noted.error)}`)
  port.install(offered, file, now)
}

/** Whoever asked for it, or lets it happen by itself, has said so before it was handed over. */
const restart = (context: JobContext, port: UpdatePort, { version }: SlotsStatus, now: number): void => {
  if (isHandedOver(context, version) && port.hindrance() === undefined) port.reboot(now)
}
