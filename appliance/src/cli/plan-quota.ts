/** What a plan allows and when, as people type it: `--quota 10GB --quota-period month --window 'mon-fri 22:00-06:00'`. */
import type { Fault, Result } from '@lango/kernel'
import type { Policy, Window } from '@lango/modules/access/rules'
import { UsageError, type Args, type OptionSpec } from './command.ts'

const PERIODS = ['none', 'day', 'week', 'month', 'subscription'] as const

export const quotaOptions: Readonly<Record<string, OptionSpec>> = {
  quota: { value: '10GB', help: 'data both ways; then it stops' },
  'quota-time': { value: '20h', help: 'time online, of all devices together; then it stops' },
  'quota-period': {
    value: PERIODS.join('|'),
    help: 'when quotas begin anew: at midnight, on Monday, on the 1st, or on the day of the month the subscription began (none)',
  },
  clock: {
    value: 'wall|used|fixed',
    help: 'what prepaid time runs by: the wall, time online (--quota-time), or two instants of each sale (wall)',
  },
  rollover: { value: '5GB', help: 'what a period leaves over is good in the next one, up to this much' },
  'fair-use': {
    value: 'DATA:DOWN/UP',
    help: 'slower from so much data of a period on: 100GB:5M/2M, or several with commas',
  },
  window: {
    value: 'DAYS FROM-TO [DOWN/UP]',
    help: 'good in these hours only; with a speed: at any time, and at that speed in these hours; several with ;',
  },
}

type Part<T> = Result<T | undefined, Fault>

/** An amount of data as people write it, in octets; undefined when the option was not given. */
export const octetsOf = async (args: Pick<Args, 'text'>, name: string): Promise<Part<number>> => {
  const text = args.text(name)
  if (text === undefined) return { ok: true, value: undefined }
  const { parseSizeBytes } = await import('@lango/kernel')
  return parseSizeBytes(text)
}

/** The part of a policy that these options say. */
export const quotaPolicyOf = async (args: Pick<Args, 'text' | 'choice'>): Promise<Result<Partial<Policy>, Fault>> => {
  const rolloverOctets = await octetsOf(args, 'rollover')
  if (!rolloverOctets.ok) return rolloverOctets
  const fairUse = await fairUseOf(args.text('fair-use'))
  if (!fairUse.ok) return fairUse
  const windows = await windowsOf(args.text('window'))
  if (!windows.ok) return windows
  const given = {
    clock: args.choice('clock', ['wall', 'used', 'fixed']),
    quotaPeriod: args.choice('quota-period', PERIODS),
    rolloverOctets: rolloverOctets.value,
    fairUse: fairUse.value,
    windows: windows.value,
  }
  return { ok: true, value: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) }
}

/** `5M/2M`: down and up. */
const speedOf = async (text: string): Promise<Result<{ downKbps: number; upKbps: number }, Fault>> => {
  const { parseRateKbps } = await import('@lango/kernel')
  const [down, up] = text.split('/').map(parseRateKbps)
  if (!down || !up) throw new UsageError(`A speed is DOWN/UP, such as 5M/2M, not '${text}'.`)
  if (!down.ok) return down
  return up.ok ? { ok: true, value: { downKbps: down.value, upKbps: up.value } } : up
}

const fairUseOf = async (text: string | undefined): Promise<Part<NonNullable<Policy['fairUse']>>> => {
  if (text === undefined) return { ok: true, value: undefined }
  const { parseSizeBytes } = await import('@lango/kernel')
  const tiers = []
  for (const tier of text.split(',')) {
    const [data = '', fast = ''] = tier.split(':')
    const after = parseSizeBytes(data)
    if (!after.ok) return after
    const speed = await speedOf(fast)
    if (!speed.ok) return speed
    tiers.push({ afterOctets: after.value, ...speed.value })
  }
  return { ok: true, value: tiers }
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
const WINDOW = /^(\S+)\s+(\d\d:\d\d)-(\d\d:\d\d)(?:\s+(\S+))?$/

/** `mon-fri 22:00-06:00 50M/10M; sat 08:00-13:00`; undefined when nothing is given. */
export const windowsOf = async (text: string | undefined): Promise<Part<Window[]>> => {
  if (text === undefined) return { ok: true, value: undefined }
  const windows: Window[] = []
  for (const one of text.split(';')) {
    const [, days = '', from = '', to = '', fast] = WINDOW.exec(one.trim()) ?? []
    if (to === '') throw new UsageError(`A window is DAYS FROM-TO, such as mon-fri 22:00-06:00, not '${one.trim()}'.`)
    const speed = fast === undefined ? undefined : await speedOf(fast)
    if (speed?.ok === false) return speed
    windows.push({ days: daysOf(days), from, to, ...speed?.value })
  }
  return { ok: true, value: windows }
}

/** `mon-fri`, `sat,sun`, `fri-mon`, `daily`. */
const daysOf = (text: string): number[] => {
  if (text === 'daily') return DAYS.map((_, day) => day)
  const named = (name: string): number => {
    const day = DAYS.findIndex((one) => one === name.toLowerCase())
    if (day === -1) throw new UsageError(`Days are ${DAYS.join(', ')}, mon-fri or daily, not '${text}'.`)
    return day
  }
  const days = text.split(',').flatMap((part) => {
    const [first = '', last = first] = part.split('-')
    const [from, to] = [named(first), named(last)]
    return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, step) => (from + step) % 7)
  })
  return [...new Set(days)].sort((a, b) => a - b)
}

const PERIOD_TEXTS: Readonly<Record<(typeof PERIODS)[number], string>> = {
  none: '',
  day: ' a day',
  week: ' a week',
  month: ' a month',
  subscription: ' a month from its own day',
}

export const periodText = (period: Policy['quotaPeriod']): string => PERIOD_TEXTS[period ?? 'none']
