/** What somebody may still use, as facts beside the others. */
import type { ResultOf } from '@lango/kernel/db'
import type { Policy, Window } from '@lango/modules/access/rules'
import type { showAllowance } from '@lango/modules/sessions'
import type { Fault, Result } from '@lango/kernel'
import { zoneOf } from './zone.ts'
import { reasonWords, type Reason } from '../aaa/reasons.ts'
import type { CliContext } from './command.ts'
import { ago, duration, localTime, octets, rate, type Cell } from './format.ts'

export type Allowance = NonNullable<ResultOf<typeof showAllowance>>

export const allowanceOf = async (
  context: CliContext,
  who: { readonly login: string } | { readonly grantNo: number },
): Promise<Result<Allowance | undefined, Fault>> =>
  context.query('subscribers.allowance', { ...who, at: context.io.now(), timeZone: await zoneOf(context) })

export const allowanceFacts = (told: Allowance, now: number): readonly (readonly [string, Cell])[] => [
  ['may log in', told.isOpen ? 'yes' : `no: ${reasonWords[told.reason satisfies Reason].sentence}`],
  ['speed now', told.isOpen ? speedText(told.speed) : '–'],
  ['data', told.octets ? measureText(told.octets, octets) : 'no limit'],
  ['time', told.sec ? measureText(told.sec, duration) : 'no limit'],
  [
    'begins anew',
    told.nextResetAt === null ? 'never' : `${localTime(told.nextResetAt)} (${ago(told.nextResetAt, now)})`,
  ],
  ['fair use', told.fairUse?.tiers.map(tierText).join('; ')],
  ['hours', told.windows.map(windowText).join('; ')],
]

type Measure = NonNullable<Allowance['octets']>

/** `3.2 GB left, 6.8 GB used of 10 GB, 2 GB rolled over`; what was used beyond it when there is such. */
const measureText = (told: Measure, amount: (count: number) => string): string =>
  [
    `${amount(told.left)} left`,
    `${amount(told.used)} used of ${amount(told.quota ?? 0)}`,
    told.rolledOver > 0 ? `${amount(told.rolledOver)} rolled over` : '',
    told.toppedUp > 0 ? `${amount(told.toppedUp)} bought on top` : '',
    told.over > 0 ? `${amount(told.over)} too much` : '',
  ]
    .filter((part) => part !== '')
    .join(', ')

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** `mon,tue 22:00-06:00 at 20 Mbit/s down, 5 Mbit/s up`. */
const windowText = ({ days, from, to, downKbps, upKbps }: Window): string => {
  const when = `${days.length === DAYS.length ? 'daily' : days.map((day) => DAYS[day]).join(',')} ${from}-${to}`
  return downKbps === undefined || upKbps === undefined ? when : `${when} at ${speedText({ downKbps, upKbps })}`
}

const tierText = (tier: NonNullable<Policy['fairUse']>[number]): string =>
  `${speedText(tier)} after ${octets(tier.afterOctets)}`

const speedText = ({ downKbps, upKbps }: { readonly downKbps: number; readonly upKbps: number }): string =>
  `${rate(downKbps)} down, ${rate(upKbps)} up`
