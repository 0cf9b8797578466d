/** Everything that is told to Prometheus. Labels are closed sets: never a name, a number or a secret of anybody. */
import { readdirSync, statSync } from 'node:fs'
import type { RawDatabase } from '@lango/kernel/db'
import type { CounterName, HistogramName, SharedState } from '../aaa/shared-state.ts'
import { histogramBoundsMicros } from '../aaa/shared-state.ts'
import type { Attention } from '../attention.ts'
import type { DataFolder } from '../data-folder.ts'
import { diskSpace } from '../doctor/machine.ts'
import { RELEASED_AT, SCHEMA } from '../site.ts'
import type { PairStatus } from '../standby/pair-state.ts'
import type { CertificateEnd } from '../tls/index.ts'
import { loadIn, memoryIn, oomKillsIn, warmthIn } from '../machine/kernel-files.ts'
import { kernelQueue } from './kernel-udp.ts'
import { exposition, type Histogram, type Labels, type Metric, type Sample } from './exposition.ts'
import type { Meter } from './meter.ts'
import { createPaymentMetrics } from './payments.ts'
import type { ProviderTally } from './provider-tally.ts'
import type { Turns } from './turns.ts'

export type MetricsSources = {
  readonly meter: Meter
  readonly state: SharedState
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  readonly folder: DataFolder
  /** UDP. */
  readonly ports: { readonly auth: number; readonly acct: number }
  readonly now: () => number
  readonly clockSure: () => boolean
  readonly attention: () => readonly Attention[]
  readonly certificates: () => readonly CertificateEnd[]
  readonly turns: Pick<Turns, 'quantiles'>
  /** How the provider of payments answers. */
  readonly provider: () => ProviderTally
  readonly pair: () => Pick<PairStatus, 'role' | 'link'>
}

const MICROS_PER_SEC = 1e6

export const createMetrics = (sources: MetricsSources): (() => string) => {
  const jobs = sources.reader.prepare<[], { state: string; n: number }>(
    'SELECT state, count(*) n FROM jobs GROUP BY state',
  )
  const payments = createPaymentMetrics(sources.reader, sources.provider, sources.now)
  return () =>
    exposition([
      ...radiusMetrics(sources.meter),
      ...kernelMetrics(sources.ports),
      ...storeMetrics(sources),
      ...workMetrics(sources, new Map(jobs.all().map(({ state, n }) => [state, n]))),
      ...payments(),
      ...machineMetrics(sources),
      ...hardwareMetrics('/'),
      ...processMetrics(sources.now()),
    ])
}

const counter = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  help,
  type: 'counter',
  samples,
})
const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  help,
  type: 'gauge',
  samples,
})

const radiusMetrics = (meter: Meter): Metric[] => {
  const counted = (name: CounterName, labels: Labels = {}): Sample => ({ value: meter.count(name), labels })
  return [
    counter('lango_radius_requests_total', 'Requests of known routers, by kind.', [
      counted('accessRequests', { kind: 'access' }),
      counted('accountingRequests', { kind: 'accounting' }),
      counted('statusRequests', { kind: 'status' }),
    ]),
    counter('lango_radius_answers_total', 'Answers to access and accounting requests, by outcome.', [
      counted('accepts', { outcome: 'accept' }),
      counted('rejects', { outcome: 'reject' }),
      counted('challenges', { outcome: 'challenge' }),
      counted('accountingAnswers', { outcome: 'accounting' }),
    ]),
    counter(
      'lango_radius_dropped_packets_total',
      'Packets that came over UDP and were dropped without an answer; the log counts the causes.',
      [counted('dropped')],
    ),
    counter('lango_radsec_refused_total', 'Of RadSec: connections, and packets in them, that came to nothing.', [
      counted('radsecUnknown', { cause: 'unknown-router' }),
      counted('radsecHandshakes', { cause: 'handshake' }),
      counted('radsecDropped', { cause: 'dropped' }),
    ]),
    counter('lango_decisions_lost_total', 'Answers whose reason could not be written to the log of decisions.', [
      counted('decisionsLost'),
    ]),
    {
      name: 'lango_login_latency_seconds',
      help: 'From reading a login to its Accept or Reject, by who decided it.',
      type: 'histogram',
      samples: [timed(meter, 'login', { by: 'box' }), timed(meter, 'proxied', { by: 'home-server' })],
    },
  ]
}

const kernelMetrics = (ports: MetricsSources['ports']): Metric[] => {
  const queues = (['auth', 'acct'] as const).map((name) => ({
    labels: { port: name },
    queue: kernelQueue(ports[name]),
  }))
  const told = (figure: 'waitingBytes' | 'drops'): Sample[] =>
    queues.flatMap(({ labels, queue }) => (queue === undefined ? [] : [{ labels, value: queue[figure] }]))
  return [
    gauge(
      'lango_radius_receive_queue_bytes',
      'What the kernel holds for the box: time in here is in no latency.',
      told('waitingBytes'),
    ),
    counter(
      'lango_radius_receive_drops_total',
      'Packets that the kernel dropped since the receive buffer was full.',
      told('drops'),
    ),
  ]
}

const timed = (meter: Meter, name: HistogramName, labels: Labels = {}): Histogram => {
  const { counts, sumMicros } = meter.tally(name)
  const bounds = histogramBoundsMicros[name].map((micros) => micros / MICROS_PER_SEC)
  return { bounds, counts, sum: sumMicros / MICROS_PER_SEC, labels }
}

const storeMetrics = ({ meter, state, folder }: MetricsSources): Metric[] => {
  const files = { site: folder.siteFile, sessions: folder.sessionsFile }
  const sizes = (suffix: string): Sample[] =>
    Object.entries(files).map(([database, file]) => ({
      labels: { database },
      value: statSync(`${file}${suffix}`, { throwIfNoEntry: false })?.size ?? 0,
    }))
  const { free, size, inodes } = diskSpace(folder.dir)
  return [
    {
      name: 'lango_store_commit_seconds',
      help: 'How long commits of sessions and decisions took; accounting is answered after its own.',
      type: 'histogram',
      samples: [timed(meter, 'commit')],
    },
    gauge('lango_store_failing', '1 while accounting cannot be stored, and so is not answered.', [
      { value: state.get('storeFailing') },
    ]),
    gauge('lango_database_size_bytes', 'Size of each database file.', sizes('')),
    gauge('lango_database_wal_size_bytes', 'Size of its write-ahead log.', sizes('-wal')),
    gauge('lango_disk_free_bytes', 'What is left where the data folder lies.', [{ value: free }]),
    gauge('lango_disk_size_bytes', 'The size of that file system.', [{ value: size }]),
    ...(inodes === undefined
      ? []
      : [gauge('lango_disk_free_files', 'How many more files can be made there.', [{ value: inodes }])]),
  ]
}

const workMetrics = ({ state, attention, turns }: MetricsSources, jobs: ReadonlyMap<string, number>): Metric[] => {
  const severities = ['attention', 'stopped'] as const
  const open = attention()
  return [
    gauge('lango_sessions_open', 'Sessions that have begun and not ended.', [{ value: state.get('openSessions') }]),
    gauge(
      'lango_event_loop_delay_seconds',
      'How long commands, jobs and pages kept others waiting, by the share of turns; since it was asked last.',
      [...turns.quantiles()].map(([quantile, value]) => ({ labels: { quantile: String(quantile) }, value })),
    ),
    gauge('lango_lockouts', 'Devices and logins that may not try a password for now.', [
      { value: state.get('lockouts') },
    ]),
    gauge(
      'lango_jobs',
      'Work outside the box: waiting, running, or given up until somebody retries it.',
      ['ready', 'running', 'failed'].map((label) => ({ labels: { state: label }, value: jobs.get(label) ?? 0 })),
    ),
    gauge(
      'lango_attention',
      'Things that somebody should look at: lango doctor tells them.',
      severities.map((severity) => ({
        labels: { severity },
        value: open.filter((item) => item.severity === severity).length,
      })),
    ),
  ]
}

const machineMetrics = ({ clockSure, certificates, pair }: MetricsSources): Metric[] => [
  ...pairMetrics(pair()),
  gauge('lango_clock_sure', '1 while somebody vouches for the clock: nothing expires before.', [
    { value: clockSure() ? 1 : 0 },
  ]),
  gauge(
    'lango_certificate_not_after_timestamp_seconds',
    'When each certificate ends.',
    certificates().map(({ name, notAfter }) => ({ labels: { certificate: name }, value: notAfter / 1000 })),
  ),
  gauge('lango_build_info', 'Always 1; its labels say what runs.', [
    {
      labels: {
        released: new Date(RELEASED_AT).toISOString().slice(0, 10),
        schema: String(SCHEMA),
        node: process.version,
      },
      value: 1,
    },
  ]),
]

/** What the machine under the box tells of itself; what it does not tell is absent. */
const hardwareMetrics = (root: string): Metric[] => {
  const told = (value: number | undefined): Sample[] => (value === undefined ? [] : [{ value }])
  const memory = memoryIn(root)
  const metrics = [
    gauge('lango_machine_memory_size_bytes', 'Memory of the machine.', told(memory?.totalOctets)),
    gauge(
      'lango_machine_memory_available_bytes',
      'What programs could still get of it.',
      told(memory?.availableOctets),
    ),
    counter(
      'lango_machine_oom_kills_total',
      'Programs that Linux has ended since memory ran out, from the start of the machine.',
      told(oomKillsIn(root)),
    ),
    gauge('lango_machine_temperature_celsius', 'The warmest of its thermometers.', told(warmthIn(root)?.celsius)),
    gauge(
      'lango_machine_load_per_processor',
      'Programs that run or wait for the disk, on average of five minutes.',
      told(loadIn(root)?.perProcessor),
    ),
  ]
  return metrics.filter(({ samples }) => samples.length > 0)
}

/** Nothing of a box that has no standby. */
const pairMetrics = ({ role, link }: Pick<PairStatus, 'role' | 'link'>): Metric[] =>
  role === 'alone'
    ? []
    : [
        gauge('lango_standby_in_sync', '1 while accounting is answered when the standby has it too.', [
          { value: link === 'in-sync' ? 1 : 0 },
        ]),
      ]

/** Under the names that every client library uses. */
const processMetrics = (now: number): Metric[] => {
  const { user, system } = process.cpuUsage()
  return [
    counter('process_cpu_seconds_total', 'Processor time of all threads.', [
      { value: (user + system) / MICROS_PER_SEC },
    ]),
    gauge('process_resident_memory_bytes', 'Resident memory.', [{ value: process.memoryUsage.rss() }]),
    gauge('process_start_time_seconds', 'When the process started.', [{ value: now / 1000 - process.uptime() }]),
    ...openFiles(),
  ]
}

const openFiles = (): Metric[] => {
  try {
    return [gauge('process_open_fds', 'Open files and sockets.', [{ value: readdirSync('/proc/self/fd').length }])]
  } catch {
    return []
  }
}
