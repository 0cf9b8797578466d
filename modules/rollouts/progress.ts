/** How far a rollout has come, who may begin, and when it stops. Pure. */
import { HOURS_A_WEEK } from '../updates/index.ts'

/**
 * `waiting`: nothing was done to it yet. `bringing`: the files are on their way to it. `restarting`: it was told to
 * restart into them. `checking`: it is back, and has to show that it serves. `firmware`: RouterBOOT follows.
 */
export const deviceStates = [
  'waiting',
  'bringing',
  'restarting',
  'checking',
  'firmware',
  'good',
  'failed',
  'skipped',
] as const
export type DeviceState = (typeof deviceStates)[number]

/** Why a device waits, was left out or has failed, beside the reasons of the rules. */
export const reasons = [
  'offline',
  'quiet',
  'portal',
  'altered',
  'not-brought',
  'not-offered',
  'not-restarting',
  'gone',
  'old-version',
  'interfaces',
  'radius',
  'firmware',
  'no-control',
  'late',
  'cancelled',
] as const
export type Reason = (typeof reasons)[number]

export const rolloutStates = ['running', 'paused', 'halted', 'done', 'cancelled'] as const
export const UNDER_WAY: ReadonlySet<DeviceState> = new Set(['bringing', 'restarting', 'checking', 'firmware'])
export const OVER: ReadonlySet<DeviceState> = new Set(['good', 'failed', 'skipped'])

/** Of one rollout at once, however large a batch is. */
export const AT_ONCE_MAX = 10

export type Plan = {
  /** How many of all, in per cent, may have begun in each batch after the first, which is one device. Rising. */
  readonly batchPercents: readonly number[]
  /** It stops when so many of those that began have failed, in per cent. */
  readonly failPercent: number
  /** Of an earlier stop, when somebody said to go on: these are not counted again. */
  readonly forgivenFailed: number
  readonly forgivenBegun: number
}

type Standing = { readonly state: DeviceState }

const count = (devices: readonly Standing[], isCounted: (state: DeviceState) => boolean): number =>
  devices.filter(({ state }) => isCounted(state)).length

export type Tally = { readonly all: number; readonly begun: number; readonly over: number; readonly failed: number }

/** Those that were left out are no part of it. */
export const tallyOf = (devices: readonly Standing[]): Tally => {
  const over = count(devices, (state) => state === 'good' || state === 'failed')
  return {
    all: count(devices, (state) => state !== 'skipped'),
    begun: over + count(devices, (state) => UNDER_WAY.has(state)),
    over,
    failed: count(devices, (state) => state === 'failed'),
  }
}

/** How many may have begun once each batch is open: 1, and then as the plan says; the last is all. */
export const batchEnds = (all: number, { batchPercents }: Pick<Plan, 'batchPercents'>): readonly number[] => {
  const ends = [1, ...batchPercents.map((percent) => Math.ceil((all * percent) / 100)), all]
  // Of few devices several batches are the same.
  return [...new Set(ends.map((end) => Math.min(Math.max(end, 1), all)))].toSorted((a, b) => a - b)
}

/** Which batch is open, from 0: the next opens when all of the one before are over. */
export const batchOf = ({ all, over }: Tally, plan: Pick<Plan, 'batchPercents'>): number => {
  const ends = batchEnds(all, plan)
  return Math.min(
    ends.findLastIndex((_, at) => at === 0 || over >= ends[at - 1]!),
    ends.length - 1,
  )
}

/** Failures reached the rate. A first device that fails always stops it. */
export const mustHalt = ({ begun, failed }: Tally, { failPercent, forgivenFailed, forgivenBegun }: Plan): boolean => {
  const newFailed = failed - forgivenFailed
  return newFailed > 0 && newFailed * 100 >= failPercent * Math.max(begun - forgivenBegun, 1)
}

/** How many more may begin now. Those that are away keep nobody waiting: whoever is there takes their place. */
export const mayBegin = (tally: Tally, plan: Plan): number => {
  if (mustHalt(tally, plan) || tally.all === 0) return 0
  const end = batchEnds(tally.all, plan)[batchOf(tally, plan)]!
  return Math.max(0, Math.min(end - tally.begun, AT_ONCE_MAX - (tally.begun - tally.over)))
}

export type Stay = {
  /** Epoch ms. */
  readonly startedAt: number
  readonly endedAt: number
}

const HOUR_MS = 3_600_000
const HOURS_A_DAY = 24
/** Longer ones are as good as always there. */
const STAY_HOURS_MAX = 28 * HOURS_A_DAY

/** Seconds that people were online by hour of the day, repeated for each day of a week. */
export const busyHoursOf = (stays: readonly Stay[], hourOfDay: (at: number) => number): readonly number[] => {
  const day = Array.from({ length: HOURS_A_DAY }, () => 0)
  for (const { startedAt, endedAt } of stays) {
    const first = Math.max(startedAt, endedAt - STAY_HOURS_MAX * HOUR_MS)
    for (let from = first; from < endedAt; from = Math.floor(from / HOUR_MS + 1) * HOUR_MS) {
      const to = Math.min(endedAt, Math.floor(from / HOUR_MS + 1) * HOUR_MS)
      day[hourOfDay(from)]! += (to - from) / 1000
    }
  }
  return Array.from({ length: HOURS_A_WEEK }, (_, hour) => day[hour % HOURS_A_DAY]!)
}
