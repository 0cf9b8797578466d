/** The box watches itself: its counters, what needs attention, and the figures for Prometheus. */
import type { Clock, Log } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import type { SharedState } from './aaa/shared-state.ts'
import { createAttention, type Attention } from './attention.ts'
import { BenchService } from './bench-self/service.ts'
import type { DataFolder } from './data-folder.ts'
import type { Check, BoxStatus } from './doctor/check.ts'
import { checkJobs, checkMessages, checkRouters, checkWebhooks } from './doctor/databases.ts'
import { checkSteadyHardware } from './doctor/hardware.ts'
import { checkClock, checkDisk, checkInodes, checkWal } from './doctor/machine.ts'
import { checkBackup, checkCertificates } from './doctor/secrets.ts'
import { checkScheduledBackup } from './doctor/scheduled-backup.ts'
import { checkRollouts } from './doctor/rollouts.ts'
import { checkShelves } from './doctor/shelves.ts'
import { checkUpdates } from './doctor/updates.ts'
import { checkPayments } from './doctor/payments.ts'
import { createDoctor, type Doctor } from './doctor/service.ts'
import { checkServing } from './doctor/serving.ts'
import { createMachineState } from './machine-state.ts'
import { DayHistory, MINUTE_MS } from './machine/day-history.ts'
import { oomKillsIn } from './machine/kernel-files.ts'
import { createMetrics, type MetricsSources } from './metrics/collect.ts'
import { METER_LOOK_MS, Meter } from './metrics/meter.ts'
import { watchTurns } from './metrics/turns.ts'
import { RELEASED_AT } from './site.ts'
import type { SupportDeps } from './support/service.ts'
import { certificateEnds } from './tls/index.ts'

const ATTENTION_LOOK_MS = 10_000
/** A certificate is parsed, and its key held against it, this often. */
const CERTIFICATES_LOOK_MS = 600_000

export type WatchDeps = {
  readonly folder: DataFolder
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  readonly state: SharedState
  readonly ports: MetricsSources['ports']
  readonly clock: Clock
  readonly every: (ms: number, run: () => void) => () => void
  /** Logins that take longer than this need attention, when one in twenty does. */
  readonly loginP95MsMax: number
  /** How the provider of payments answers. */
  readonly provider: MetricsSources['provider']
  /** How the standby does. */
  readonly pair: MetricsSources['pair']
  /** What others have looked at by themselves. */
  readonly more: () => readonly Check[]
  readonly onRaised: (raised: Attention) => void
  readonly log: Log
}

export type Watch = {
  readonly attention: () => readonly Attention[]
  /** What the doctor asks of a running box. */
  readonly serving: () => Required<Pick<BoxStatus, 'storeFailing' | 'logins'>>
  /** What the desk and the box's own socket ask for. */
  readonly selfKnowledge: { readonly doctor: Doctor; readonly support: SupportDeps; readonly bench: BenchService }
  /** In the text format of Prometheus. */
  readonly metrics: () => string
  readonly stop: () => Promise<void>
}

/** What the databases tell, and what lies beside them. */
const checkSite = ({ folder, reader }: Pick<WatchDeps, 'folder' | 'reader'>, now: number): Check[] => [
  ...checkRouters(reader, now),
  ...checkPayments(reader, now),
  checkJobs(reader),
  checkWebhooks(reader),
  checkMessages(reader, now),
  checkBackup(folder, now),
  ...checkScheduledBackup(reader, now),
  ...checkShelves(reader, now),
  ...checkUpdates(reader, now),
  ...checkRollouts(reader),
]

export const startWatch = (deps: WatchDeps): Watch => {
  const { folder, reader, state, ports, clock, every, loginP95MsMax } = deps
  const meter = new Meter(state)
  const serving = (): ReturnType<Watch['serving']> => ({
    storeFailing: state.get('storeFailing') === 1,
    logins: { ...meter.recentLogins(), p95MsMax: loginP95MsMax },
  })
  const ends = keptFor(CERTIFICATES_LOOK_MS, clock, () => certificateEnds(folder))
  const certificates = keptFor(CERTIFICATES_LOOK_MS, clock, () => checkCertificates(folder, clock.now()))
  // What was ended before this start is the doctor's to tell: it would stand here until the machine is restarted.
  const killsBefore = oomKillsIn('/') ?? 0
  const checks = (): Check[] => {
    const now = clock.now()
    return [
      ...checkServing(serving()),
      checkClock({ clockSure: clock.sure() }, now, RELEASED_AT),
      checkDisk(folder),
      ...checkInodes(folder),
      ...checkSteadyHardware('/', folder, killsBefore),
      checkWal(folder),
      ...certificates(),
      ...checkSite(deps, now),
      ...deps.more(),
    ]
  }
  const attention = createAttention({ checks, now: clock.now, onRaised: deps.onRaised })
  const look = (): void => meter.look(clock.monotonicMs())
  look()
  attention.look()
  const turns = watchTurns()
  const day = startDay(deps, meter)
  const bench = new BenchService({ folder, clock, ...day })
  const doctor = createDoctor({ folder, clock, ...day, log: deps.log })
  const stops = [turns.stop, day.stop, every(METER_LOOK_MS, look), every(ATTENTION_LOOK_MS, attention.look)]
  const metrics = createMetrics({
    meter,
    state,
    reader,
    folder,
    ports,
    now: clock.now,
    clockSure: clock.sure,
    attention: attention.all,
    certificates: ends,
    turns,
    provider: deps.provider,
    pair: deps.pair,
  })
  const metricsNow = (): string => {
    look()
    return metrics()
  }
  return {
    attention: attention.all,
    serving,
    selfKnowledge: { doctor, bench, support: { folder, now: clock.now, metrics: metricsNow } },
    metrics: metricsNow,
    stop() {
      stops.forEach((stop) => stop())
      return bench.stop()
    },
  }
}

/** The machine and its load, a minute at a time. */
const startDay = ({ folder, clock, every }: WatchDeps, meter: Meter) => {
  const machine = createMachineState(folder.dir, clock)
  const counted = () => ({ logins: meter.count('accessRequests'), accounting: meter.count('accountingRequests') })
  const history = new DayHistory(counted())
  const stop = every(MINUTE_MS, () => history.add(clock.now(), machine(), counted()))
  return { machine, minutes: () => history.minutes(), stop }
}

/** Reads anew when what was read is older than this. */
const keptFor = <T>(ms: number, { monotonicMs }: Clock, read: () => T): (() => T) => {
  let kept: { readonly value: T; readonly atMs: number } | undefined
  return () => {
    const atMs = monotonicMs()
    if (!kept || atMs - kept.atMs >= ms) kept = { value: read(), atMs }
    return kept.value
  }
}
