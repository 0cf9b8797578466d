/** Why a subscriber gets in, or does not: the causes in the order in which the gate looks at them, in words. */
import { counted, fill, formatBytes, formatExact, formatMac, type Desk } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { deskSubscriber } from './queries.ts'
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
  readonly subscriber: NonNullable<ResultOf<typeof deskSubscriber>>
  readonly usedOctets: number
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
    ...quotaSteps(facts, words),
    deviceStep(facts, words),
    lastStep(facts, words),
  ]
}

const quotaSteps = ({ subscriber: { grant }, usedOctets, desk }: WhyFacts, words: DeskWords): readonly WhyStep[] => {
  const { locale } = desk
  const steps: WhyStep[] = []
  if (grant.quotaOctets !== null)
    steps.push(
      measured('quota', usedOctets, grant.quotaOctets, (octets) => formatBytes(octets, locale), {
        within: words.whyQuota,
        over: words.whyQuotaOver,
      }),
    )
  return steps
}

const measured = (
  id: string,
  used: number,
  quota: number,
  format: (value: number) => string,
  { within, over }: { within: string; over: string },
): WhyStep =>
  used < quota
    ? open(id, fill(within, { used: format(used), quota: format(quota) }))
    : shut(id, fill(over, { quota: format(quota) }))
