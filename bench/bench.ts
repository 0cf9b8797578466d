/** What the rows of the bench share: settings, the tools, one measured round, and the box that most rows load. */
import { mkdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { fillBox, startBox } from './lango.ts'
import type { Box, PlanKind } from './lango.ts'
import { cpuTimes } from './usage.ts'
import type { FlowResult, Tools } from './tools.ts'
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

/** Shares of one core over a piece of work: of the server, and of all that the bench did not start. */
export type Cost = { readonly server: number; readonly others: number }

/** Does one piece of work and adds what it cost the server of these processes. */
export async function costed<T extends object>(pids: readonly number[], work: () => Promise<T>): Promise<T & Cost> {
  const before = cpuTimes(pids)
  const result = await work()
  const after = cpuTimes(pids)
  const wall = after.at - before.at
  const others = after.machine - before.machine - (after.ours - before.ours)
  return { ...result, server: (after.server - before.server) / wall, others: Math.max(0, others / wall) }
}

/** Above this share of a core, other work on the machine makes a round worth little: it is measured once more. */
const OTHERS_SHARE_MAX = 0.15
/** Rounds tried at most, as a multiple of those asked for. */
const TRIES_FACTOR = 3

/**
 * The asked-for number of rounds: the quiet ones, or, when the machine never was quiet, those that were disturbed
 * least, and then a note that says so.
 */
export async function quietRounds<T>(
  count: number,
  once: (round: number) => Promise<T>,
  disturbance: (result: T) => number,
): Promise<{ readonly rounds: readonly T[]; readonly notes: readonly string[] }> {
  const results: T[] = []
  const quiet = (): number => results.filter((result) => disturbance(result) <= OTHERS_SHARE_MAX).length
  while (quiet() < count && results.length < count * TRIES_FACTOR) results.push(await once(results.length + 1))
  const rounds = results.toSorted((a, b) => disturbance(a) - disturbance(b)).slice(0, count)
  const noisy = count - Math.min(quiet(), count)
  const note = `in ${noisy} of ${count} rounds other work took over ${OTHERS_SHARE_MAX} of a core`
  return { rounds, notes: noisy > 0 ? [note] : [] }
}

/** What one round of a rate came to. The generator's share is of one core, too. */
export type Round = Cost & {
  readonly rate: number
  readonly p99Ms: number
  readonly lost: number
  readonly generator: number
}

type Load = {
  readonly flow: Pick<FlowResult, 'rate' | 'p99Ms' | 'lost' | 'rejects' | 'bad'>
  readonly cpuShare: number
}

/** A lost packet in ten thousand spoils no rate; refused logins or forged answers mean that something else was measured. */
const LOST_SHARE_MAX = 0.01

/** One load against the server of these processes. Throws when the answers are not what was asked for. */
export async function measureRound(
  bench: Settings,
  pids: readonly number[],
  work: () => Promise<Load>,
): Promise<Round> {
  const { flow, cpuShare, server, others } = await costed(pids, work)
  if (flow.rejects > 0 || flow.bad > 0)
    throw new Error(`${flow.rejects} logins were refused and ${flow.bad} answers were not authentic`)
  if (flow.lost > LOST_SHARE_MAX * flow.rate * bench.seconds) throw new Error(`${flow.lost} packets were lost`)
  return { rate: flow.rate, p99Ms: flow.p99Ms, lost: flow.lost, generator: cpuShare, server, others }
}

/** Both sides in turn, so that what else happens on the machine meets both alike. */
export async function alternate(
  bench: Bench,
  sides: { readonly lango: () => Promise<Round>; readonly peer: () => Promise<Round> },
): Promise<{ readonly lango: Round[]; readonly peer: Round[]; readonly notes: readonly string[] }> {
  const { rounds, notes } = await quietRounds(
    bench.rounds,
    async (round) => {
      const peer = await sides.peer()
      const lango = await sides.lango()
      bench.say(`  round ${round}: Lango ${describe(lango)} | peer ${describe(peer)}`)
      return { lango, peer }
    },
    ({ lango, peer }) => Math.max(lango.others, peer.others),
  )
  const lango = rounds.map((pair) => pair.lango)
  const peer = rounds.map((pair) => pair.peer)
  return { lango, peer, notes: [costNote('Lango', lango), costNote('FreeRADIUS', peer), ...notes] }
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
