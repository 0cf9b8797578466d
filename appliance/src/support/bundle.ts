/** What somebody who helps from afar needs to know of a box, in one file: no secret is in it, and nobody's name. */
import { readdirSync, statSync } from 'node:fs'
import { arch, cpus, networkInterfaces, release, totalmem, uptime } from 'node:os'
import { join } from 'node:path'
import { ok, zip, type Fault, type Result } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { createSettings } from '@lango/modules/settings'
import { readChunk } from '../aaa/decision-log.ts'
import { readCeiling } from '../bench-self/ceiling.ts'
import type { Check } from '../doctor/check.ts'
import { englishFindings } from '../doctor/english-findings.ts'
import { tell, type Finding, type Say } from '../doctor/findings.ts'
import { examineAll, type Examination } from '../doctor/index.ts'
import { duration, localTime, octets } from '../cli/format.ts'
import type { DataFolder } from '../data-folder.ts'
import { textIn } from '../machine/kernel-files.ts'
import { createQueryRunner } from '../run-named.ts'
import { RELEASED_AT, SCHEMA } from '../site.ts'
import { journalLines } from './journal.ts'
import { createMask, type Mask } from './mask.ts'

export type BundleRequest = Examination & {
  /** What the box tells Prometheus; undefined when none runs. */
  readonly metrics: string | undefined
  readonly lines?: () => readonly string[] | undefined
}

const DECISION_CHUNKS = 50
const KEY_OCTETS = 32
const MINUTE_MS = 60_000

export const makeBundle = async (request: BundleRequest): Promise<Result<Uint8Array<ArrayBuffer>, Fault>> => {
  const { folder, random, now, status, metrics, root = '/', lines = journalLines } = request
  const mask = createMask(random.bytes(KEY_OCTETS))
  const examined = await examineAll(request)
  if (!examined.ok) return examined
  const opened = createQueryRunner(folder)
  if (!opened.ok) return opened
  const { site, sessions, close } = opened.value
  try {
    return ok(
      zip([
        { name: 'README.txt', content: README },
        json('version', versionOf(root, now, status?.startedAt)),
        json(
          'doctor',
          examined.value.map((check) => checkTold(check, mask)),
        ),
        json('settings', settingsTold(site.raw, mask)),
        json('databases', { site: databaseTold(site.raw), sessions: databaseTold(sessions.raw) }),
        json('files', filesTold(folder)),
        json('decisions', decisionsTold(sessions.raw)),
        json('routers', routersTold(sessions.raw, now, mask)),
        json('network', networkTold()),
        json('machine', machineTold(root)),
        json('ceiling', readCeiling(folder) ?? null),
        { name: 'log.jsonl', content: logTold(lines(), mask) },
        { name: 'metrics.txt', content: metrics ?? 'No box runs.\n' },
      ]),
    )
  } finally {
    close()
  }
}

const json = (name: string, value: unknown) => ({
  name: `${name}.json`,
  content: `${JSON.stringify(value, undefined, 2)}\n`,
})

const README = `A support bundle of a Lango box.

No password, key, code or token is in it, and no name, phone number, login, mail or hardware address of anybody.
What stands in marks like \u20393fa9c1d2\u203a is a text of the box that was taken out. The same marks stand for the same text
within this file; another bundle has others. Addresses of routers and of the box itself are in it, as numbers.

version    what runs here           doctor     what the box found of itself
settings   what is set              databases  tables, how many rows each has
files      sizes in the data folder decisions  how the last logins were answered, counted
routers    routers and how they do  network    interfaces of this machine
machine    memory, load, pressure   log        the last lines of the log
metrics    figures since the start  ceiling   what the box has measured of itself
`

const versionOf = (root: string, now: number, startedAt: number | undefined) => ({
  released: new Date(RELEASED_AT).toISOString(),
  schema: SCHEMA,
  madeAt: new Date(now).toISOString(),
  boxUpSec: startedAt === undefined ? null : Math.round((now - startedAt) / 1000),
  node: process.version,
  kernel: release(),
  architecture: arch(),
  system: /^PRETTY_NAME="?([^"\n]+)/m.exec(textIn(root, 'etc/os-release') ?? '')?.[1] ?? null,
  processors: cpus().length,
  processor: cpus()[0]?.model ?? null,
  memoryOctets: totalmem(),
  machineUpSec: Math.round(uptime()),
})

const sayIn = ({ name }: Mask): Say => ({
  octets,
  ms: (ms) => `${Math.round(ms)} ms`,
  hoursAgo: (hours) => `${duration(hours * 3600)} ago`,
  secAgo: (seconds) => `${duration(seconds)} ago`,
  time: localTime,
  name: (text) => text,
  fault: (fault) => `(${/^[A-Za-z]+$/.test(fault.type) ? fault.type : name(fault.type)}).`,
})

/** What is in order is told by its name: its sentence may name files and addresses. */
const checkTold = ({ name, state, finding }: Check, mask: Mask) => {
  if (finding === undefined) return { name, state }
  const masked = mask.value(finding) as Finding
  return { name, state, finding: masked, sentence: tell(englishFindings, masked, sayIn(mask)).sentence }
}

/** Words that people typed are told by their length. */
const settingsTold = (site: RawDatabase, mask: Mask) =>
  Object.fromEntries(
    Object.entries(createSettings(site)()).map(([key, value]) => {
      const isWord = typeof value === 'string' && value.length > 3
      return [key, isWord ? `${mask.name(value)}, ${value.length} characters` : value]
    }),
  )

type Table = { readonly name: string }

const databaseTold = (raw: RawDatabase) => {
  const tables = raw
    .prepare<[], Table>(
      "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .all()
  const state = Object.fromEntries(
    ['page_count', 'page_size', 'freelist_count', 'journal_mode'].map((of) => [
      of,
      raw.pragma(`main.${of}`, { simple: true }),
    ]),
  )
  const rows = tables.map(({ name }) => [
    name,
    raw.prepare<[], number>(`SELECT count(*) FROM main."${name}"`).pluck().get(),
  ])
  return { ...state, rows: Object.fromEntries(rows) as Record<string, number> }
}

/** Of what the box itself made; what somebody else put there has a name of its own. */
const filesTold = ({ dir }: DataFolder) =>
  Object.fromEntries(
    readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.isFile() && /^(site|sessions)\.db(-wal|-shm)?$|^[a-z-]+\.json$/.test(entry.name))
      .map(({ name }) => [name, statSync(join(dir, name), { throwIfNoEntry: false })?.size ?? 0]),
  )

const decisionsTold = (sessions: RawDatabase) => {
  const chunks = sessions
    .prepare<[number], Buffer>('SELECT body FROM decision_chunks ORDER BY no DESC LIMIT ?')
    .pluck()
    .all(DECISION_CHUNKS)
  const decisions = chunks.flatMap((body) => readChunk(body))
  const counted = (of: (decision: (typeof decisions)[number]) => string) =>
    Object.fromEntries([...Map.groupBy(decisions, of)].map(([key, all]) => [key, all.length]))
  const micros = decisions.map(({ latencyMicros }) => latencyMicros).toSorted((a, b) => a - b)
  return {
    decisions: decisions.length,
    from: decisions.length === 0 ? null : new Date(Math.min(...chunksEnds(decisions))).toISOString(),
    outcomes: counted(({ outcome }) => outcome),
    reasons: counted(({ reason }) => reason),
    methods: counted(({ method }) => method),
    p95Micros: micros[Math.floor(micros.length * 0.95)] ?? null,
  }
}

/** One of many is enough to bound: they are kept in their order. */
const chunksEnds = (decisions: readonly { readonly at: number }[]): number[] => [decisions[0]!.at, decisions.at(-1)!.at]

type RouterRow = {
  readonly no: number
  readonly name: string
  readonly address: string
  readonly vendor: string
  readonly status: string
  readonly lastAt: number | null
  readonly requests: number | null
}

const routersTold = (sessions: RawDatabase, now: number, mask: Mask) =>
  sessions
    .prepare<[], RouterRow>(
      `SELECT r.no, r.name, r.address, r.vendor, r.status, h.last_packet_at lastAt, h.requests
       FROM routers r LEFT JOIN router_health h ON h.router_no = r.no ORDER BY r.no`,
    )
    .all()
    .map(({ name, address, lastAt, ...row }) => ({
      ...row,
      name: mask.name(name),
      address: /^[\d.:a-fA-F/]+$/.test(address) ? address : mask.name(address),
      heardMinutesAgo: lastAt === null ? null : Math.round((now - lastAt) / MINUTE_MS),
    }))

/** Without hardware addresses, and of IPv6 only that there is one: it may hold the hardware address. */
const networkTold = () =>
  Object.fromEntries(
    Object.entries(networkInterfaces()).map(([name, addresses = []]) => [
      name,
      addresses.map(({ family, cidr }) => (family === 'IPv4' ? cidr : 'IPv6')),
    ]),
  )

const MACHINE_FILES = ['proc/meminfo', 'proc/loadavg', 'proc/pressure/memory', 'proc/pressure/io', 'proc/pressure/cpu']

const machineTold = (root: string) =>
  Object.fromEntries(MACHINE_FILES.map((path) => [path, textIn(root, path)?.split('\n').slice(0, 60) ?? null]))

const logTold = (lines: readonly string[] | undefined, mask: Mask): string => {
  if (lines === undefined) return '{"msg":"no journal of systemd could be read here"}\n'
  const told = lines.map(mask.logLine).filter((line) => line !== undefined)
  const left = lines.length - told.length
  return [...told, { linesLeftOut: left }].map((line) => `${JSON.stringify(line)}\n`).join('')
}
