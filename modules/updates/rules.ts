/** Which release a box may go to, and when. Pure. */
import { compareVersions } from '@lango/kernel'
import type { Release, Ring, SlotsStatus } from './port.ts'

export const UPDATES_ID = 'upd_settings'
export const HOURS_A_WEEK = 168

/** By itself in quiet hours; downloaded, and installed when somebody says so; not at all. */
export const modes = ['auto', 'ask', 'off'] as const
export type Mode = (typeof modes)[number]

export const defaultUpdates = {
  mode: 'ask' as Mode,
  ring: 'all' as Ring,
  place: '',
  rateKbps: 2000,
  windowFromHour: null as number | null,
  windowToHour: null as number | null,
  pausedUntil: null as number | null,
  denied: [] as readonly string[],
}
export type UpdateSettings = typeof defaultUpdates

export type BoxFacts = {
  readonly arch: Release['arch']
  /** What runs. */
  readonly version: string
  /** In the other slot, where it was good: the only older release that anybody may go back to. */
  readonly previous: string | undefined
  /** The highest that this box was ever told to install. */
  readonly highest: string | undefined
  /** The schema of the release that runs, and the oldest reader that the databases allow. */
  readonly schema: number
  readonly minReader: number
  readonly ring: Ring
  readonly denied: readonly string[]
  readonly now: number
}

export const unfits = [
  'arch',
  'withdrawn',
  'denied',
  'running',
  'older',
  'too-far',
  'cannot-read',
  'cannot-return',
  'ring',
] as const
export type Unfit = (typeof unfits)[number]

/** Whoever is in an earlier ring has what later ones have, too. */
const ringsOf: Readonly<Record<Ring, readonly Ring[]>> = {
  canary: ['canary', 'early', 'all'],
  early: ['early', 'all'],
  all: ['all'],
}

const isOpen = ({ rings }: Release, { ring, now }: BoxFacts): boolean =>
  ringsOf[ring].some((name) => {
    const from = rings[name]
    return from !== undefined && Date.parse(from) <= now
  })

/** Older than what runs, or than what this box has ever taken: an old signature is not a way back to an old fault. */
const isOlder = ({ version }: Release, { version: running, highest }: BoxFacts): boolean =>
  compareVersions(version, running) < 0 || (highest !== undefined && compareVersions(version, highest) < 0)

/** Both ways: it can read what is there, and the release that runs can read what it makes of that. */
const dataFault = (release: Release, { schema, minReader }: BoxFacts): Unfit | undefined => {
  if (minReader > release.schema) return 'cannot-read'
  return release.minReader > schema ? 'cannot-return' : undefined
}

/**
 * Why a box may not go to a release; undefined where it may. `asked`: somebody of the house asks for this very version,
 * which opens the way back to the previous one, and does not wait for a ring.
 */
export const unfitFor = (release: Release, facts: BoxFacts, asked?: string): Unfit | undefined => {
  const { version } = release
  if (release.arch !== facts.arch) return 'arch'
  if (release.withdrawn) return 'withdrawn'
  if (facts.denied.includes(version)) return 'denied'
  if (compareVersions(version, facts.version) === 0) return 'running'
  const isReturn = asked === version && version === facts.previous
  if (!isReturn && isOlder(release, facts)) return 'older'
  if (!isReturn && compareVersions(facts.version, release.minVersion) < 0) return 'too-far'
  const unreadable = dataFault(release, facts)
  if (unreadable) return unreadable
  return asked === version || isOpen(release, facts) ? undefined : 'ring'
}

/** The newest that fits. */
export const bestOf = (releases: readonly Release[], facts: BoxFacts): Release | undefined =>
  releases
    .filter((release) => unfitFor(release, facts) === undefined)
    .toSorted((a, b) => compareVersions(b.version, a.version))[0]

/** What a box is told by its slots. */
export const runningOf = (status: SlotsStatus): { version: string | undefined; previous: string | undefined } => {
  const other = status.slot === 'A' ? 'B' : 'A'
  return {
    version: status.versions[status.slot] ?? undefined,
    previous: status.states[other] === 'good' ? (status.versions[other] ?? undefined) : undefined,
  }
}

/** How the root service says that a delta was of no use, and the whole bundle may be. */
const DELTA_WHY = 'delta: '
export const isDeltaFault = (outcome: string, why: string): boolean =>
  outcome === 'refused' && why.startsWith(DELTA_WHY)

/** Where nobody has been online yet, and where hours are alike: the hour of the day nearest to this one. */
const USUAL_HOUR = 3
const farFromUsual = (hour: number): number => {
  const apart = Math.abs((hour % 24) - USUAL_HOUR)
  return Math.min(apart, 24 - apart)
}

/** The hour of the week in which, with the hour after it, the fewest were online. `busy` has 168 figures. */
export const quietHour = (busy: readonly number[]): number => {
  const load = (hour: number): number => (busy[hour] ?? 0) + (busy[(hour + 1) % HOURS_A_WEEK] ?? 0)
  return Array.from({ length: HOURS_A_WEEK }, (_, hour) => hour).toSorted(
    (a, b) => load(a) - load(b) || farFromUsual(a) - farFromUsual(b) || a - b,
  )[0]!
}

/** Whether an update may be installed by itself in this hour of the week. The window may go over midnight. */
export const isQuiet = (
  { windowFromHour: from, windowToHour: to }: Pick<UpdateSettings, 'windowFromHour' | 'windowToHour'>,
  hour: number,
  busy: readonly number[],
): boolean => {
  if (from === null || to === null) return hour === quietHour(busy)
  const ofDay = hour % 24
  return from < to ? ofDay >= from && ofDay < to : ofDay >= from || ofDay < to
}

/** Downloads leave the line to who pays for it: a quarter of the rate while more are online than at most times. */
export const rateNow = (rateKbps: number, hour: number, busy: readonly number[]): number => {
  const sorted = busy.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  return (busy[hour] ?? 0) > median ? Math.ceil(rateKbps / 4) : rateKbps
}

/** A web address, or a folder from /. Plain http only to this machine: for a simulator. */
export const isPlace = (text: string): boolean => {
  if (text.startsWith('/')) return !text.includes('\0')
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && url.hostname === '127.0.0.1')
}
