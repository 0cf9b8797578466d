/** What a plan allows, as people type it: `--quota 10GB --quota-period month --rollover 5GB`. */
import type { Fault, Result } from '@lango/kernel'
import type { Policy } from '@lango/modules/access/rules'
import type { Args, OptionSpec } from './command.ts'

const PERIODS = ['none', 'day', 'week', 'month', 'subscription'] as const

export const quotaOptions: Readonly<Record<string, OptionSpec>> = {
  quota: { value: '10GB', help: 'data both ways; then it stops' },
  'quota-time': { value: '20h', help: 'time online, of all devices together; then it stops' },
  'quota-period': {
    value: PERIODS.join('|'),
    help: 'when quotas begin anew: at midnight, on Monday, on the 1st, or on the day of the month the subscription began (none)',
  },
  rollover: { value: '5GB', help: 'what a period leaves over is good in the next one, up to this much' },
}

/** An amount of data as people write it, in octets; undefined when the option was not given. */
export const octetsOf = async (args: Args, name: string): Promise<Result<number | undefined, Fault>> => {
  const text = args.text(name)
  if (text === undefined) return { ok: true, value: undefined }
  const { parseSizeBytes } = await import('@lango/kernel')
  return parseSizeBytes(text)
}

/** The part of a policy that these options say. */
export const quotaPolicyOf = async (args: Args): Promise<Result<Partial<Policy>, Fault>> => {
  const rollover = await octetsOf(args, 'rollover')
  if (!rollover.ok) return rollover
  const quotaPeriod = args.choice('quota-period', PERIODS)
  return {
    ok: true,
    value: {
      ...(quotaPeriod === undefined ? {} : { quotaPeriod }),
      ...(rollover.value === undefined ? {} : { rolloverOctets: rollover.value }),
    },
  }
}

const PERIOD_TEXTS: Readonly<Record<(typeof PERIODS)[number], string>> = {
  none: '',
  day: ' a day',
  week: ' a week',
  month: ' a month',
  subscription: ' a month from its own day',
}

export const periodText = (period: Policy['quotaPeriod']): string => PERIOD_TEXTS[period ?? 'none']
