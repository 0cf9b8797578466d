/**
 * What a grant may still use, by what it has used: pure arithmetic over usage in whole hours. Data lies in pockets, each
 * good for a time: the plan's own of each period, what the last period left over, and what was bought on top. Usage is
 * charged to the pocket that ends first; what no pocket covers is owed to the next one of the same period, and
 * forgiven with it.
 */
import { METER_HOUR_MS, type Calendar, type Span } from './calendar.ts'
import type { Policy } from './policy.ts'

/** Data or time bought beside the plan's: good until an instant, else until the period that it was bought in ends. */
export type TopUp = {
  readonly at: number
  readonly octets?: number | undefined
  readonly sec?: number | undefined
  readonly untilAt?: number | undefined
}

export type Usage = { readonly octets: number; readonly sec: number }
/** A grant's usage in the hours of a span, which begins and ends with a whole hour. */
export type UsageIn = (span: Span) => Usage

/** Of a grant, what its allowance follows from. */
export type QuotaTerms = {
  readonly quotaOctets: number | null
  readonly quotaSec: number | null
  readonly topUps: readonly TopUp[]
  /** When the subscription began; until it has, the present instant. */
  readonly beganAt: number
}

/** Octets or seconds of a period. */
export type Measure = {
  readonly used: number
  readonly left: number
  /** Used beyond all there was. */
  readonly over: number
  readonly rolledOver: number
  /** Bought on top, usable in the period: what is left of it and what was charged to it in the period. */
  readonly toppedUp: number
}

export type Allowance = {
  readonly period: Span
  readonly used: Usage
  /** Undefined where there is no limit. */
  readonly octets: Measure | undefined
  readonly sec: Measure | undefined
  readonly fairUse: FairUse | undefined
}

export type FairUse = {
  /** Octets that count towards the tiers: what was bought on top does not. */
  readonly octets: number
  /** 0 while the plan's own speed holds, else the number of the tier. */
  readonly tier: number
  /** Octets from here to the next tier. */
  readonly toNextTier: number | undefined
}

/** Whether a grant is metered against anything at all. */
export const isMetered = (terms: Pick<QuotaTerms, 'quotaOctets' | 'quotaSec'>, { fairUse }: Policy): boolean =>
  terms.quotaOctets !== null || terms.quotaSec !== null || fairUse !== undefined

/** Data rolls over from at most this many periods back. */
const ROLLOVER_PERIODS_MAX = 12
/** Top-ups that outlive periods are followed through at most this many. */
const PERIODS_MAX = 100

export const allowanceAt = (
  terms: QuotaTerms,
  policy: Policy,
  calendar: Calendar,
  usageIn: UsageIn,
  at: number,
): Allowance => {
  const kind = policy.quotaPeriod ?? 'none'
  const periodOf = (instant: number): Span => calendar.periodAt(kind, terms.beganAt, instant)
  const periods = periodsTo(periodOf(at), terms, policy, periodOf)
  const usage = remembered(usageIn)
  const measure = (quota: number, of: keyof Usage, cap: number): Measure =>
    settle({
      quota,
      cap,
      at,
      periods,
      topUps: terms.topUps.flatMap((topUp) => topUpPocket(topUp, topUp[of], periodOf)),
      usedIn: (span) => usage(span)[of],
    })
  const period = periods.at(-1)!
  const { quotaOctets, quotaSec } = terms
  const { rolloverOctets = 0, fairUse } = policy
  const octets = quotaOctets === null ? undefined : measure(quotaOctets, 'octets', rolloverOctets)
  return {
    period,
    used: usage(period),
    octets,
    sec: quotaSec === null ? undefined : measure(quotaSec, 'sec', 0),
    fairUse: fairUse && tiersOf(fairUse, octets ?? measure(Infinity, 'octets', 0)),
  }
}

const tiersOf = (tiers: NonNullable<Policy['fairUse']>, { used, toppedUp }: Measure): FairUse => {
  const octets = Math.max(0, used - toppedUp)
  const tier = tiers.filter(({ afterOctets }) => afterOctets <= octets).length
  const next = tiers[tier]
  return { octets, tier, toNextTier: next && next.afterOctets - octets }
}

/** The periods that the present one depends on, and itself, oldest first. */
const periodsTo = (
  present: Span,
  { topUps, beganAt }: QuotaTerms,
  { rolloverOctets }: Policy,
  periodOf: (at: number) => Span,
): readonly Span[] => {
  const lasting = topUps.filter(({ untilAt }) => untilAt !== undefined && untilAt > present.fromAt)
  const boughtAt = Math.min(...lasting.map((topUp) => topUp.at), present.fromAt)
  const periods = [present]
  const isWanted = (fromAt: number): boolean =>
    fromAt > boughtAt || (rolloverOctets !== undefined && periods.length <= ROLLOVER_PERIODS_MAX && fromAt > beganAt)
  while (periods.length < PERIODS_MAX && isWanted(periods[0]!.fromAt)) periods.unshift(periodOf(periods[0]!.fromAt - 1))
  return periods
}

/** The same hours are asked for once for each measure. */
const remembered = (usageIn: UsageIn): UsageIn => {
  const known = new Map<string, Usage>()
  return (span) => {
    const key = `${span.fromAt} ${span.toAt}`
    const usage = known.get(key) ?? usageIn(span)
    known.set(key, usage)
    return usage
  }
}

type Pocket = {
  readonly kind: 'rolled' | 'plan' | 'top-up'
  /** The hours whose usage may be charged to it. */
  readonly hours: Span
  /** Nothing is left of it from here on. */
  readonly untilAt: number
  left: number
}

const topUpPocket = ({ at, untilAt }: TopUp, amount: number | undefined, periodOf: (at: number) => Span): Pocket[] => {
  if (amount === undefined) return []
  const period = periodOf(at)
  if (untilAt === undefined) return [{ kind: 'top-up', hours: period, untilAt: endOf(period), left: amount }]
  // Whole hours are what usage is known by: it may pay for what was used earlier in the hour that it was bought in.
  const hours = {
    fromAt: at - (at % METER_HOUR_MS),
    toAt: Math.ceil(untilAt / METER_HOUR_MS) * METER_HOUR_MS,
  }
  return [{ kind: 'top-up', hours, untilAt, left: amount }]
}

type Settlement = {
  readonly quota: number
  /** The most that rolls over into the next period. */
  readonly cap: number
  readonly at: number
  readonly periods: readonly Span[]
  readonly topUps: readonly Pocket[]
  readonly usedIn: (span: Span) => number
}

/** Goes through the periods, charging each hour's usage; what is told is of the last one. */
const settle = ({ quota, cap, at, periods, topUps, usedIn }: Settlement): Measure => {
  let rolled = 0
  let told: Measure | undefined
  for (const period of periods) {
    const untilAt = endOf(period)
    const own: Pocket = { kind: 'plan', hours: period, untilAt, left: quota }
    const pockets: Pocket[] = [
      { kind: 'rolled', hours: period, untilAt, left: rolled },
      own,
      ...topUps.filter(({ hours }) => overlaps(hours, period)),
    ]
    // The sort is stable: of those that end together the one that rolled over goes first, what was bought last.
    pockets.sort((a, b) => endOf(a.hours) - endOf(b.hours))
    const before = sumOf(pockets, 'top-up')
    let used = 0
    let owed = 0
    for (const span of spansBetween(period, pockets)) {
      if (span.fromAt > at) break
      const moved = usedIn(span)
      used += moved
      owed = charge(pockets, span, moved + owed)
    }
    const usable = pockets.filter((pocket) => pocket.hours.fromAt <= at && at < pocket.untilAt)
    const charged = before - sumOf(pockets, 'top-up')
    told = {
      used,
      left: usable.reduce((sum, pocket) => sum + pocket.left, 0),
      over: owed,
      rolledOver: rolled,
      toppedUp: charged + sumOf(usable, 'top-up'),
    }
    rolled = Math.min(own.left, cap)
  }
  return told!
}

const endOf = (span: Span): number => span.toAt ?? Infinity
const overlaps = (a: Span, b: Span): boolean => a.fromAt < endOf(b) && b.fromAt < endOf(a)

const sumOf = (pockets: readonly Pocket[], kind: Pocket['kind']): number =>
  pockets.reduce((sum, pocket) => sum + (pocket.kind === kind ? pocket.left : 0), 0)

/** Takes from the pockets that are open in the span, in their order; what is left over is owed. */
const charge = (pockets: readonly Pocket[], span: Span, amount: number): number => {
  let owed = amount
  for (const pocket of pockets) {
    if (!overlaps(pocket.hours, span)) continue
    const taken = Math.min(pocket.left, owed)
    pocket.left -= taken
    owed -= taken
  }
  return owed
}

/** A period cut where a pocket opens or ends within it. */
const spansBetween = (period: Span, pockets: readonly Pocket[]): readonly Span[] => {
  const inside = pockets
    .flatMap(({ hours }) => [hours.fromAt, endOf(hours)])
    .filter((at) => at > period.fromAt && at < endOf(period))
  const cuts = [period.fromAt, ...[...new Set(inside)].sort((a, b) => a - b)]
  return cuts.map((fromAt, index) => ({ fromAt, toAt: cuts[index + 1] ?? period.toAt }))
}
