/** `topup` of a subscriber and of a voucher. */
import type { Fault, Result } from '@lango/kernel'
import { secondsOf, shown, UsageError, type CliContext, type OptionSpec, type Shown } from './command.ts'
import { duration, localTime, octets } from './format.ts'
import { octetsOf } from './plan-quota.ts'

export const topUpOptions: Readonly<Record<string, OptionSpec>> = {
  quota: { value: '5GB', help: 'so much data' },
  'quota-time': { value: '2h', help: 'so much time online' },
  'good-for': { value: '7d', help: 'the rest lapses after this (until the period of the quota ends)' },
}

export const topUp = async (
  { args, command, io }: CliContext,
  who: { readonly login: string } | { readonly grantNo: number },
): Promise<Result<Shown, Fault>> => {
  const data = await octetsOf(args, 'quota')
  if (!data.ok) return data
  const time = await secondsOf(args, 'quota-time')
  if (!time.ok) return time
  const goodFor = await secondsOf(args, 'good-for')
  if (!goodFor.ok) return goodFor
  const amounts = [data.value && octets(data.value), time.value && duration(time.value)].filter(Boolean)
  if (amounts.length === 0) throw new UsageError('Say how much: --quota 5GB or --quota-time 2h.')
  const untilAt = goodFor.value === undefined ? undefined : io.now() + goodFor.value * 1000
  const added = await command('subscribers.topUp', { ...who, octets: data.value, sec: time.value, untilAt })
  const until = untilAt === undefined ? 'until the period ends' : `until ${localTime(untilAt)}`
  return added.ok ? shown(added.value, () => `${amounts.join(' and ')} more, good ${until}.`) : added
}
