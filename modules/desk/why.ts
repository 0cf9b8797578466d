/** Why a subscriber gets in, or does not: the causes in the order in which the gate looks at them, in words. */
import { counted, fill, formatBytes, formatDuration, formatExact, formatMac, type Desk } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { showAllowance } from '../sessions/index.ts'
import type { showSubscriber } from '../services/index.ts'
import { deskWords, type DeskWords } from './words.ts'

export type WhyStep = {
  readonly id: string
  readonly sentence: string
  /** False where this cause refuses a login. */
  readonly isOpen: boolean
  readonly href?: string
  readonly remedy?: string
}

export type WhyFacts = {
  readonly subscriber: NonNullable<ResultOf<typeof showSubscriber>>
  readonly allowance: ResultOf<typeof showAllowance>
  readonly openSessions: number
  readonly last: { readonly outcome: string; readonly sentence: string; readonly ago: string } | undefined
  readonly desk: Pick<Desk, 'locale' | 'now'>
}

const open = (id: string, sentence: string): WhyStep => ({ id, sentence, isOpen: true })
const shut = (id: string, sentence: string, remedy?: string): WhyStep => ({
  id,
  sentence,
  isOpen: false,
  ...(remedy === undefined ? {} : { remedy }),
})

const statusStep = ({ subscriber }: WhyFacts, words: DeskWords): WhyStep => {
  if (subscriber.status === 'active') return open('status', words.whyStatusActive)
  if (subscriber.status === 'ended') return shut('status', words.whyStatusEnded)
  return shut('status', words.whyStatusSuspended, words.whyResume)
}

const validityStep = ({ subscriber: { grant }, desk }: WhyFacts, words: DeskWords): WhyStep => {
  const time = (at: number) => ({ time: formatExact(at, desk.locale) })
  if (grant.beginsAt !== null && grant.beginsAt > desk.now)
    return shut('validity', fill(words.whyNotBegun, time(grant.beginsAt)))
  if (grant.validitySec !== null && grant.firstUsedAt === null) return open('validity', words.whyFirstUse)
  if (grant.expiresAt === null) return open('validity', words.whyNoEnd)
  return grant.expiresAt > desk.now
    ? open('validity', fill(words.whyEnd, time(grant.expiresAt)))
    : shut('validity', fill(words.whyExpired, time(grant.expiresAt)))
}

const deviceStep = ({ subscriber: { policy, grant }, openSessions, desk }: WhyFacts, words: DeskWords): WhyStep => {
  const { deviceLimit } = policy
  if (grant.devices.length > 0)
    return open('devices', fill(words.whyBound, { devices: grant.devices.map(formatMac).join(', ') }))
  if (deviceLimit === 0) return open('devices', words.whyDevicesAny)
  const sentence = fill(counted(words.whyDevices, deviceLimit, desk.locale), { open: openSessions })
  return { id: 'devices', sentence, isOpen: true }
}

/** The ONT or CPE that logins have to come from, or that the first login binds. */
const serialSteps = ({ subscriber: { policy, grant } }: WhyFacts, words: DeskWords): readonly WhyStep[] => {
  if (grant.serial !== null) return [open('serial', fill(words.whySerial, { serial: grant.serial }))]
  return policy.bindSerial === 'first' ? [open('serial', words.whySerialFirst)] : []
}

const lastStep = ({ last }: WhyFacts, words: DeskWords): WhyStep => {
  if (!last) return open('last', words.whyNoLast)
  const outcomes: Readonly<Record<string, string>> = { accept: words.accepted, reject: words.rejected }
  const outcome = outcomes[last.outcome] ?? words.challenged
  return open('last', fill(words.whyLast, { outcome, ago: last.ago, sentence: last.sentence }))
}

export const whyChain = (facts: WhyFacts): readonly WhyStep[] => {
  const words = deskWords[facts.desk.locale.lang]
  const { plan } = facts.subscriber
  return [
    { ...open('plan', `${words.plan}: ${plan.name}`), href: `/plans/${plan.id}` },
    statusStep(facts, words),
    validityStep(facts, words),
    ...allowanceSteps(facts, words),
    deviceStep(facts, words),
    ...serialSteps(facts, words),
    lastStep(facts, words),
  ]
}

/** Data, time, fair use and hours, as far as the plan limits them. */
const allowanceSteps = ({ allowance, desk }: WhyFacts, words: DeskWords): readonly WhyStep[] => {
  if (!allowance) return []
  const { locale } = desk
  const at = (instant: number): string => formatExact(instant, locale)
  const { octets, sec, fairUse, windows, window, openUntilAt, nextWindowAt, nextResetAt, reason } = allowance
  const again = nextResetAt === null ? undefined : fill(words.whyResets, { time: at(nextResetAt) })
  const bytes = (value: number): string => formatBytes(value, locale)
  const time = (value: number): string => formatDuration(value * 1000, locale)
  const hours = (): WhyStep => {
    if (reason !== 'outside-hours') {
      const sentence = openUntilAt === null ? words.whyHours : fill(words.whyHoursUntil, { time: at(openUntilAt) })
      return open('hours', window === null ? sentence : `${sentence} ${words.whyWindowSpeed}`)
    }
    const next = nextWindowAt === null ? undefined : fill(words.whyHoursNext, { time: at(nextWindowAt) })
    return shut('hours', words.whyHoursShut, next)
  }
  return [
    ...(octets ? [measured('quota', octets, bytes, words.whyQuota, words.whyQuotaOver, again)] : []),
    ...(sec ? [measured('time', sec, time, words.whyTime, words.whyTimeOver, again)] : []),
    ...(fairUse && fairUse.tier > 0 ? [open('fair-use', fill(words.whyFairUse, { tier: fairUse.tier }))] : []),
    ...(windows.length > 0 ? [hours()] : []),
  ]
}

type Measured = { readonly used: number; readonly left: number; readonly over: number }

const measured = (
  id: string,
  { used, left, over: beyond }: Measured,
  format: (value: number) => string,
  within: string,
  over: string,
  again: string | undefined,
): WhyStep => {
  const values = { used: format(used), quota: format(used - beyond + left) }
  if (left <= 0) return shut(id, fill(over, values), again)
  return { ...open(id, fill(within, values)), ...(again === undefined ? {} : { remedy: again }) }
}
