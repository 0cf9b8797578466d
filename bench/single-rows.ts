/** The rows without a peer: what the box promises about itself. */
import { join } from 'node:path'
import { measureRound } from './bench.ts'
import type { Bench, Outcome, Row } from './bench.ts'
import { fillBox, importSubscribers, lango, startBox } from './lango.ts'
import type { Box } from './lango.ts'
import { SECRET, subscriber } from './policy.ts'
import { freePort } from './processes.ts'
import { median, whole } from './stats.ts'
import { load } from './tools.ts'
import type { FlowResult, LoadOptions, LoadResult } from './tools.ts'
import { processTree, residentBytes } from './usage.ts'

const MB = 1_000_000
const OPEN_SESSIONS = 50_000
const SESSION_ROWS = 1_000_000
const SLOW_SYNC_MS = 20
/** The offered rates of the slow disk, per second. */
const OFFERED = { auth: 5_000, acct: 10_000 }
/** A generator that offered less than this share of what it should has measured something else. */
const OFFERED_SHARE_MIN = 0.99

export const slowDiskRow: Row = {
  id: 'slow-disk',
  work: `${SLOW_SYNC_MS} ms added to every sync: ${whole(OFFERED.acct)}/s accounting beside ${whole(OFFERED.auth)}/s logins`,
  beside: '–',
  run: slowDisk,
}

export const busyRow: Row = {
  id: 'busy',
  work: `p99 of logins at half of peak, report over ${whole(SESSION_ROWS)} sessions + import of 100,000`,
  beside: 'its own p99 without them',
  run: busy,
}

export const memoryRow: Row = {
  id: 'memory',
  work: `resident memory, ${whole(OPEN_SESSIONS)} open sessions`,
  beside: '–',
  run: memory,
}

export const startRow: Row = { id: 'start', work: 'start to first Accept, that database', beside: '–', run: startTime }

function flowOf(flow: FlowResult | undefined): FlowResult {
  if (!flow) throw new TypeError('the generator gave no result')
  return flow
}

async function slowDisk(bench: Bench): Promise<Outcome> {
  const data = bench.newFolder('slow-disk')
  const { slowSync } = bench.tools
  // Filled on the disk as it is: the import is not what this row is about.
  await withBox({ data }, () => fillBox(data, bench.users))
  await using box = await startBox({ data, env: { LD_PRELOAD: slowSync, SLOW_SYNC_MS: String(SLOW_SYNC_MS) } })
  const p99: number[] = []
  const acct99: number[] = []
  let lost = 0
  for (let round = 1; round <= bench.rounds; round++) {
    const result = await load(bench.tools, {
      secret: SECRET,
      users: bench.users,
      seconds: bench.seconds,
      authPort: box.ports.auth,
      authRate: OFFERED.auth,
      acctPort: box.ports.acct,
      acctRate: OFFERED.acct,
    })
    const [auth, acct] = [flowOf(result.auth), flowOf(result.acct)]
    if (auth.rejects + auth.bad + acct.bad > 0) throw new Error('logins were refused or answers not authentic')
    if (auth.offered < OFFERED.auth * OFFERED_SHARE_MIN || acct.offered < OFFERED.acct * OFFERED_SHARE_MIN)
      throw new Error(`the generator offered only ${whole(auth.offered)} + ${whole(acct.offered)}/s`)
    lost += auth.lost + acct.lost
    p99.push(auth.p99Ms)
    acct99.push(acct.p99Ms)
    bench.say(
      `  round ${round}: login p99 ${auth.p99Ms} ms, max ${auth.maxMs} ms; accounting p99 ${acct.p99Ms} ms; lost ${auth.lost + acct.lost}`,
    )
  }
  return {
    lango: `p99 ${median(p99).toFixed(1)} ms, ${lost} lost`,
    peer: '–',
    ratio: '–',
    required: 'p99 ≤ 10 ms, 0 lost',
    met: lost === 0 && median(p99) <= 10,
    notes: [
      `accounting p99 ${median(acct99).toFixed(1)} ms; worst login p99 of a round ${Math.max(...p99).toFixed(1)} ms`,
    ],
  }
}

/** Starts a box for one piece of work and stops it again. */
async function withBox<T>(options: Parameters<typeof startBox>[0], work: (box: Box) => Promise<T>): Promise<T> {
  await using box = await startBox(options)
  return await work(box)
}

async function busy(bench: Bench): Promise<Outcome> {
  const data = bench.newFolder('busy')
  await using box = await startBox({ data })
  await fillBox(data, bench.users)
  bench.say(`  storing ${whole(SESSION_ROWS)} sessions ...`)
  const history = { secret: SECRET, users: bench.users, window: 512, warmup: 0, seconds: 600 } as const
  await load(bench.tools, { ...history, acctPort: box.ports.acct, sessions: SESSION_ROWS, records: ['stop'] })
  const logins: LoadOptions = { secret: SECRET, users: bench.users, authPort: box.ports.auth, seconds: bench.seconds }
  const peak = await measureRound([box.pid], async () => {
    const result = await load(bench.tools, logins)
    return { flow: flowOf(result.auth), cpuShare: result.cpuShare, seconds: bench.seconds }
  })
  const authRate = Math.round(peak.rate / 2)
  const offered = (): Promise<LoadResult> => load(bench.tools, { ...logins, authRate })
  const alone: number[] = []
  const beside: number[] = []
  let lost = 0
  for (let round = 1; round <= bench.rounds; round++) {
    const quiet = flowOf((await offered()).auth)
    const loaded = await besideWork(offered(), data, (round + 1) * bench.users, bench.users)
    alone.push(quiet.p99Ms)
    beside.push(loaded.flow.p99Ms)
    lost += quiet.lost + loaded.flow.lost
    bench.say(
      `  round ${round}: at ${whole(authRate)}/s p99 ${quiet.p99Ms} ms alone, ${loaded.flow.p99Ms} ms beside ${loaded.done}`,
    )
  }
  const limit = Math.max(3 * median(alone), 10)
  return {
    lango: `p99 ${median(beside).toFixed(2)} ms`,
    peer: `p99 ${median(alone).toFixed(2)} ms`,
    ratio: `${(median(beside) / median(alone)).toFixed(2)}×`,
    required: `≤ ${limit.toFixed(1)} ms`,
    met: median(beside) <= limit && lost === 0,
    notes: [`offered ${whole(authRate)}/s, half of a peak of ${whole(peak.rate)}/s; lost ${lost}`],
  }
}

/** The load, with one import and reports without a pause beside it; says how much of them was done meanwhile. */
async function besideWork(
  loading: Promise<LoadResult>,
  data: string,
  firstNew: number,
  count: number,
): Promise<{ readonly flow: FlowResult; readonly done: string }> {
  const over = new AbortController()
  const ended = loading.finally(() => over.abort())
  let reports = 0
  async function report(): Promise<void> {
    while (!over.signal.aborted) {
      await lango(data, 'usage', '--json')
      reports += 1
    }
  }
  const started = performance.now()
  const newcomers = Array.from({ length: count }, (_, i) => ({
    ...subscriber(firstNew + i),
    login: `new${firstNew + i}`,
  }))
  async function importAll(): Promise<number> {
    await importSubscribers(data, join(data, 'bench-newcomers.csv'), newcomers)
    return (performance.now() - started) / 1000
  }
  const [result, importSeconds] = await Promise.all([ended, importAll(), report()])
  return { flow: flowOf(result.auth), done: `${reports} reports and an import of ${importSeconds.toFixed(1)} s` }
}

/** The database of the rows on memory and on starting: subscribers, and sessions left open. */
async function fillWithSessions(bench: Bench, data: string, box: Box): Promise<void> {
  await fillBox(data, bench.users)
  const starts = { secret: SECRET, users: bench.users, warmup: 0, seconds: 120, records: ['start'] } as const
  const opened = await load(bench.tools, { ...starts, acctPort: box.ports.acct, sessions: OPEN_SESSIONS })
  if (opened.acct?.responses !== OPEN_SESSIONS) throw new Error(`only ${opened.acct?.responses} sessions were opened`)
}

/** Logins and accounting for a while, then what the box holds; it must be as small after the import as after a start. */
async function memory(bench: Bench): Promise<Outcome> {
  const data = bench.newFolder('memory')
  const figures: number[] = []
  async function exercise(box: Box): Promise<void> {
    const { auth: authPort, acct: acctPort } = box.ports
    await load(bench.tools, {
      secret: SECRET,
      users: bench.users,
      authPort,
      acctPort,
      seconds: bench.seconds,
      warmup: 0,
    })
    figures.push(residentBytes(processTree([box.pid])) / MB)
    bench.say(`  round ${figures.length}: ${figures.at(-1)?.toFixed(0)} MB`)
  }
  await withBox({ data }, async (box) => {
    await fillWithSessions(bench, data, box)
    await exercise(box)
  })
  for (let round = 2; round <= bench.rounds; round++) await withBox({ data }, exercise)
  const worst = Math.max(...figures)
  return {
    lango: `${worst.toFixed(0)} MB`,
    peer: '–',
    ratio: '–',
    required: '≤ 250 MB',
    met: worst <= 250,
    notes: [
      `worst of ${figures.length}; right after the import ${figures[0]?.toFixed(0)} MB, median ${median(figures).toFixed(0)} MB`,
    ],
  }
}

async function startTime(bench: Bench): Promise<Outcome> {
  const data = bench.newFolder('start')
  await withBox({ data }, (box) => fillWithSessions(bench, data, box))
  const seconds: number[] = []
  for (let round = 1; round <= bench.rounds; round++) {
    const authPort = await freePort()
    // The client asks 200 times a second from before the start on; what nobody hears is not sent again.
    const knocking = { secret: SECRET, users: bench.users, authPort, authRate: 200, seconds: 30, warmup: 0 }
    const answered = load(bench.tools, { ...knocking, untilAccept: true })
    const from = Date.now()
    const accepted = await withBox({ data, authPort }, () => answered)
    seconds.push((accepted.acceptedAtMs - from) / 1000)
    bench.say(`  round ${round}: ${seconds.at(-1)?.toFixed(2)} s`)
  }
  return {
    lango: `${median(seconds).toFixed(2)} s`,
    peer: '–',
    ratio: '–',
    required: '≤ 2 s',
    met: median(seconds) <= 2,
    notes: [`slowest ${Math.max(...seconds).toFixed(2)} s; ${whole(OPEN_SESSIONS)} sessions were open`],
  }
}
