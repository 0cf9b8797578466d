/** The rows without a peer: what the box promises about itself. */
import { join } from 'node:path'
import { costed, measureRound, quietRounds } from './bench.ts'
import type { Bench, Outcome, Row } from './bench.ts'
import { fillBox, importSubscribers, lango, startBox } from './lango.ts'
import type { Box } from './lango.ts'
import { SECRET, subscriber } from './policy.ts'
import { freePort } from './processes.ts'
import { median, whole } from './stats.ts'
import { load } from './tools.ts'
import type { FlowResult, LoadOptions } from './tools.ts'
import { processTree, residentBytes } from './usage.ts'

const MB = 1_000_000
const OPEN_SESSIONS = 50_000
const SESSION_ROWS = 1_000_000
const SLOW_SYNC_MS = 20
/** The offered rates of the slow disk, per second. */
const OFFERED = { auth: 5_000, acct: 10_000 }
/** A generator that offered less than this share of what it should has measured something else. */
const OFFERED_SHARE_MIN = 0.99
/** The client of the start row asks so often that its own pace does not show. */
const KNOCKS_PER_SECOND = 200

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

/** The flow that was asked for, all of it answered as it should be. */
function soundFlow(flow: FlowResult | undefined): FlowResult {
  if (!flow) throw new TypeError('the generator gave no result')
  if (flow.rejects + flow.bad > 0) throw new Error(`${flow.rejects} logins refused, ${flow.bad} answers not authentic`)
  return flow
}

/** The same of an offered rate; a generator that could not offer it has proved nothing. */
function offeredFlow(flow: FlowResult | undefined, rate: number): FlowResult {
  const sound = soundFlow(flow)
  if (sound.offered >= rate * OFFERED_SHARE_MIN) return sound
  throw new Error(`the generator offered ${whole(sound.offered)} of ${whole(rate)}/s`)
}

/** Starts a box for one piece of work and stops it again. */
async function withBox<T>(options: Parameters<typeof startBox>[0], work: (box: Box) => Promise<T>): Promise<T> {
  await using box = await startBox(options)
  return await work(box)
}

async function slowDisk(bench: Bench): Promise<Outcome> {
  const data = bench.newFolder('slow-disk')
  // Filled on the disk as it is: the import is not what this row is about.
  await withBox({ data }, () => fillBox(data, bench.users))
  const slow = { LD_PRELOAD: bench.tools.slowSync, SLOW_SYNC_MS: String(SLOW_SYNC_MS) }
  await using box = await startBox({ data, env: slow })
  async function once(round: number) {
    const result = await load(bench.tools, {
      secret: SECRET,
      users: bench.users,
      seconds: bench.seconds,
      authPort: box.ports.auth,
      authRate: OFFERED.auth,
      acctPort: box.ports.acct,
      acctRate: OFFERED.acct,
    })
    const auth = offeredFlow(result.auth, OFFERED.auth)
    const acct = offeredFlow(result.acct, OFFERED.acct)
    const lost = auth.lost + acct.lost
    bench.say(`  round ${round}: login p99 ${auth.p99Ms} ms, accounting p99 ${acct.p99Ms} ms, ${lost} lost`)
    return { auth: auth.p99Ms, acct: acct.p99Ms, lost }
  }
  const { rounds, notes } = await quietRounds(
    bench.rounds,
    (round) => costed([box.pid], () => once(round)),
    ({ others }) => others,
  )
  const p99 = median(rounds.map(({ auth }) => auth))
  const lost = rounds.reduce((sum, round) => sum + round.lost, 0)
  const worst = Math.max(...rounds.map(({ auth }) => auth))
  return {
    lango: `p99 ${p99.toFixed(1)} ms, ${lost} lost`,
    peer: '–',
    ratio: '–',
    required: 'p99 ≤ 10 ms, 0 lost',
    met: lost === 0 && p99 <= 10,
    notes: [
      `accounting p99 ${median(rounds.map(({ acct }) => acct)).toFixed(1)} ms; worst login p99 of a round ${worst.toFixed(1)} ms`,
      ...notes,
    ],
  }
}

async function busy(bench: Bench): Promise<Outcome> {
  const data = bench.newFolder('busy')
  await using box = await startBox({ data })
  await fillBox(data, bench.users)
  await storeHistory(bench, box)
  const logins: LoadOptions = { secret: SECRET, users: bench.users, authPort: box.ports.auth, seconds: bench.seconds }
  const { rounds: peaks } = await quietRounds(
    1,
    () =>
      measureRound(bench, [box.pid], async () => {
        const result = await load(bench.tools, logins)
        return { flow: soundFlow(result.auth), cpuShare: result.cpuShare }
      }),
    ({ others }) => others,
  )
  const authRate = Math.round(median(peaks.map(({ rate }) => rate)) / 2)
  const offered = async (): Promise<FlowResult> =>
    offeredFlow((await load(bench.tools, { ...logins, authRate })).auth, authRate)
  async function once(round: number) {
    const alone = await offered()
    const beside = await besideWork(offered(), data, (round + 1) * bench.users, bench.users)
    const lost = alone.lost + beside.flow.lost
    bench.say(
      `  round ${round}: p99 ${alone.p99Ms} ms alone, ${beside.flow.p99Ms} ms beside ${beside.done}, ${lost} lost`,
    )
    return { alone: alone.p99Ms, beside: beside.flow.p99Ms, lost }
  }
  const { rounds, notes } = await quietRounds(
    bench.rounds,
    (round) => costed([box.pid], () => once(round)),
    ({ others }) => others,
  )
  const alone = median(rounds.map((round) => round.alone))
  const beside = median(rounds.map((round) => round.beside))
  const lost = rounds.reduce((sum, round) => sum + round.lost, 0)
  const limit = Math.max(3 * alone, 10)
  return {
    lango: `p99 ${beside.toFixed(2)} ms`,
    peer: `p99 ${alone.toFixed(2)} ms`,
    ratio: `${(beside / alone).toFixed(2)}×`,
    required: `≤ ${limit.toFixed(1)} ms`,
    met: beside <= limit && lost === 0,
    notes: [`${whole(authRate)} logins a second were offered, half of the peak; ${lost} lost`, ...notes],
  }
}

/** A million sessions that have ended: a Stop alone makes a row. */
async function storeHistory(bench: Bench, box: Box): Promise<void> {
  bench.say(`  storing ${whole(SESSION_ROWS)} sessions ...`)
  const stored = await load(bench.tools, {
    secret: SECRET,
    users: bench.users,
    acctPort: box.ports.acct,
    sessions: SESSION_ROWS,
    records: ['stop'],
    window: 512,
    warmup: 0,
    seconds: 600,
  })
  if (stored.acct?.responses !== SESSION_ROWS) throw new Error(`only ${stored.acct?.responses} sessions were stored`)
}

/** The load, with one import and reports without a pause beside it; says how much of them was done meanwhile. */
async function besideWork(
  loading: Promise<FlowResult>,
  data: string,
  firstNew: number,
  count: number,
): Promise<{ readonly flow: FlowResult; readonly done: string }> {
  const over = new AbortController()
  const ended = loading.finally(() => over.abort())
  let reports = 0
  async function report(): Promise<void> {
    while (!over.signal.aborted) {
      // One sums what everybody used, the other exports every stored session.
      await lango(data, 'usage', '--json')
      await lango(data, 'session', 'ids')
      reports += 2
    }
  }
  const started = performance.now()
  const numbers = Array.from({ length: count }, (_, i) => firstNew + i)
  const newcomers = numbers.map((number) => ({ ...subscriber(number), login: `new${number}` }))
  async function importAll(): Promise<number> {
    await importSubscribers(data, join(data, 'bench-newcomers.csv'), newcomers)
    return (performance.now() - started) / 1000
  }
  const [flow, importSeconds] = await Promise.all([ended, importAll(), report()])
  return { flow, done: `${reports} reports and an import of ${importSeconds.toFixed(1)} s` }
}

/** The database of the rows on memory and on starting: subscribers, and sessions left open. */
async function fillWithSessions(bench: Bench, data: string, box: Box): Promise<void> {
  await fillBox(data, bench.users)
  const opened = await load(bench.tools, {
    secret: SECRET,
    users: bench.users,
    acctPort: box.ports.acct,
    sessions: OPEN_SESSIONS,
    records: ['start'],
    warmup: 0,
    seconds: 120,
  })
  if (opened.acct?.responses !== OPEN_SESSIONS) throw new Error(`only ${opened.acct?.responses} sessions were opened`)
}

/** Logins and accounting for a while, then what the box holds: right after the import, and after a start. */
async function memory(bench: Bench): Promise<Outcome> {
  const data = bench.newFolder('memory')
  const figures: number[] = []
  async function exercise(box: Box): Promise<void> {
    const { auth: authPort, acct: acctPort } = box.ports
    const both = { secret: SECRET, users: bench.users, authPort, acctPort, seconds: bench.seconds, warmup: 0 }
    const { auth, acct } = await load(bench.tools, both)
    soundFlow(auth)
    soundFlow(acct)
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
  async function once(round: number) {
    const authPort = await freePort()
    const knocking = {
      secret: SECRET,
      users: bench.users,
      authPort,
      authRate: KNOCKS_PER_SECOND,
      seconds: 60,
      warmup: 0,
    }
    const answered = load(bench.tools, { ...knocking, untilAccept: true })
    const from = Date.now()
    const { acceptedAtMs } = await withBox({ data, authPort }, () => answered)
    const seconds = (acceptedAtMs - from) / 1000
    bench.say(`  round ${round}: ${seconds.toFixed(2)} s`)
    return { seconds }
  }
  const { rounds, notes } = await quietRounds(
    bench.rounds,
    (round) => costed([], () => once(round)),
    ({ others }) => others,
  )
  const seconds = rounds.map((round) => round.seconds)
  return {
    lango: `${median(seconds).toFixed(2)} s`,
    peer: '–',
    ratio: '–',
    required: '≤ 2 s',
    met: median(seconds) <= 2,
    notes: [`slowest ${Math.max(...seconds).toFixed(2)} s; ${whole(OPEN_SESSIONS)} sessions were open`, ...notes],
  }
}
