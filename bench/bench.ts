/** What the rows of the bench share: settings, the tools, one measured round, and the box that most rows load. */
import { mkdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { fillBox, startBox } from './lango.ts'
import type { Box, PlanKind } from './lango.ts'
import { cpuTimes } from './usage.ts'
import type { Tools } from './tools.ts'
import { median, whole } from './stats.ts'

export const USERS = 100_000

export type Settings = {
  readonly rounds: number
  /** Measured seconds of one round; a second of warming up comes on top. */
  readonly seconds: number
  readonly users: number
}

export type Bench = Settings & {
  readonly tools: Tools
  /** A folder on the disk that is measured. */
  readonly folder: string
  readonly say: (line: string) => void
  /** A box with all subscribers on one plan of this kind, started when first asked for and kept for later rows. */
  readonly box: (kind: PlanKind) => Promise<Box>
  /** A new folder under `folder`. */
  readonly newFolder: (name: string) => string
}

/** One line of the report. */
export type Outcome = {
  readonly lango: string
  readonly peer: string
  readonly ratio: string
  readonly required: string
  readonly met: boolean
  readonly notes: readonly string[]
}

export type Row = {
  readonly id: string
  readonly work: string
  readonly beside: string
  readonly run: (bench: Bench) => Promise<Outcome>
}

/** What one round came to. Shares are of one core. */
export type Round = {
  readonly rate: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly lost: number
  readonly generator: number
  readonly server: number
  /** What neither the server nor the generator used: other work on this machine. */
  readonly others: number
}

type Flow = {
  readonly rate: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly lost: number
  readonly rejects: number
  readonly bad: number
  readonly maxMs: number
}

/** A lost packet in ten thousand spoils no rate; refused logins or forged answers mean that something else was measured. */
const LOST_SHARE_MAX = 0.01

/** Runs one load against the server of these processes and adds what it cost. Throws when the answers are not what was asked for. */
export async function measureRound(
  pids: readonly number[],
  work: () => Promise<{ readonly flow: Flow; readonly cpuShare: number; readonly seconds: number }>,
): Promise<Round> {
  const before = cpuTimes(pids)
  const { flow, cpuShare, seconds } = await work()
  const after = cpuTimes(pids)
  if (flow.rejects > 0 || flow.bad > 0)
    throw new Error(`${flow.rejects} logins were refused and ${flow.bad} answers were not authentic`)
  if (flow.lost > LOST_SHARE_MAX * flow.rate * seconds) throw new Error(`${flow.lost} packets were lost`)
  const wall = after.at - before.at
  const server = (after.server - before.server) / wall
  const machine = (after.machine - before.machine) / wall
  // The generator's share is of its measured part; warming up and winding down cost it less, never more.
  return { ...flow, generator: cpuShare, server, others: Math.max(0, machine - server - cpuShare) }
}

/** Above this share of a core, other work on the machine makes a round worth little: it is measured once more. */
const OTHERS_SHARE_MAX = 0.15
/** Pairs of rounds tried at most, as a multiple of those asked for. */
const TRIES_FACTOR = 3

type Pair = { readonly lango: Round; readonly peer: Round }

/**
 * Both sides in turn, so that what else happens on the machine meets both alike. The result is the asked-for number
 * of pairs: the quiet ones, or, when the machine never was quiet, those that were disturbed least.
 */
export async function alternate(
  bench: Bench,
  sides: { readonly lango: () => Promise<Round>; readonly peer: () => Promise<Round> },
): Promise<{ readonly lango: Round[]; readonly peer: Round[]; readonly notes: readonly string[] }> {
  const pairs: Pair[] = []
  const disturbance = ({ lango, peer }: Pair): number => Math.max(lango.others, peer.others)
  const quiet = (): Pair[] => pairs.filter((pair) => disturbance(pair) <= OTHERS_SHARE_MAX)
  while (quiet().length < bench.rounds && pairs.length < bench.rounds * TRIES_FACTOR) {
    const peer = await sides.peer()
    const lango = await sides.lango()
    pairs.push({ lango, peer })
    bench.say(`  round ${pairs.length}: Lango ${describe(lango)} | peer ${describe(peer)}`)
  }
  const best = pairs.toSorted((a, b) => disturbance(a) - disturbance(b)).slice(0, bench.rounds)
  const lango = best.map((pair) => pair.lango)
  const peer = best.map((pair) => pair.peer)
  const noisy = best.length - Math.min(quiet().length, best.length)
  const notes = [costNote('Lango', lango), costNote('FreeRADIUS', peer)]
  if (noisy > 0) notes.push(`in ${noisy} of ${best.length} rounds other work took over ${OTHERS_SHARE_MAX} of a core`)
  return { lango, peer, notes }
}

function describe(round: Round): string {
  const core = (share: number): string => `${(share * 100).toFixed(0)} %`
  const lost = round.lost > 0 ? `, ${round.lost} lost` : ''
  return `${whole(round.rate)}/s (p99 ${round.p99Ms.toFixed(1)} ms${lost}; cpu: server ${core(round.server)}, generator ${core(round.generator)}, others ${core(round.others)})`
}

export const rateOf = (rounds: readonly Round[]): number => median(rounds.map(({ rate }) => rate))

/** A sentence on what the rounds cost, and on how far they lie apart. */
function costNote(name: string, rounds: readonly Round[]): string {
  const rates = rounds.map(({ rate }) => rate)
  const share = (of: (round: Round) => number): string => median(rounds.map(of)).toFixed(2)
  return (
    `${name}: ${whole(Math.min(...rates))} to ${whole(Math.max(...rates))}/s, ` +
    `cores: server ${share(({ server }) => server)}, generator ${share(({ generator }) => generator)}, ` +
    `other work ${share(({ others }) => others)}`
  )
}

/** Boxes are started once for each kind of plan, filled, and stopped with the stack. */
export function boxShelf(folder: string, users: number, stack: AsyncDisposableStack, say: (line: string) => void) {
  const boxes = new Map<PlanKind, Promise<Box>>()
  async function open(kind: PlanKind): Promise<Box> {
    const data = join(folder, `box-${kind}`)
    mkdirSync(data)
    const box = stack.use(await startBox({ data }))
    say(`  importing ${whole(users)} subscribers (${kind}) ...`)
    await fillBox(data, users, kind)
    return box
  }
  return (kind: PlanKind): Promise<Box> => {
    const box = boxes.get(kind) ?? open(kind)
    boxes.set(kind, box)
    return box
  }
}

const TMPFS_MAGIC = 0x01021994

/** A sync to memory costs nothing: the figures of accounting would be of no disk. */
export function isInMemory(folder: string): boolean {
  return statfsSync(folder).type === TMPFS_MAGIC
}
