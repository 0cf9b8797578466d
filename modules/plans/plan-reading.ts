/** Turns what was typed into the form of a plan into its terms, or into what to say beside each field. Pure. */
import type { z } from 'zod'
import {
  durationText,
  err,
  ok,
  parseDurationMs,
  parseMoney,
  parseRateKbps,
  parseSizeBytes,
  parseSpeed,
  type Result,
  type SpeedPair,
} from '@lango/kernel'
import { FormReader, type Fields, type Problems } from '@lango/kernel/ui'
import {
  HOTSPOT_IDLE_SEC,
  INTERIM_SEC_DEFAULT,
  openPolicy,
  serviceKinds,
  type Policy,
  type ServiceKind,
} from '../access/index.ts'
import type { addPlan } from './commands.ts'
import { selfRegistrations } from './rules.ts'
import type { PlanWords } from './words.ts'

export type PlanInput = z.input<(typeof addPlan)['input']>
export const TIERS_MAX = 5
export const WINDOWS_MAX = 10
export const quotaPeriods = ['none', 'day', 'week', 'month', 'subscription'] as const
export const clocks = ['wall', 'used', 'fixed'] as const
export const expiries = ['reject', 'pool', 'redirect'] as const

const NAME_LENGTH_MAX = 64
const TEXT_LENGTH_MAX = 200
const URL_LENGTH_MAX = 240
const SECONDS_MAX = 0xffff_ffff
const KBPS_MAX = 400_000_000
const DEVICES_MAX = 1000
const BURST_SEC = 16
const EXPIRED_KBPS = 256
const HOUR_SEC = 3600
const DAY_SEC = 86_400
const CLOCK = /^(?:[01]\d|2[0-3]):[0-5]\d$/

type Reading = { readonly form: FormReader; readonly words: PlanWords }

const seconds = (
  { form }: Reading,
  name: string,
  [min, max]: readonly [number, number],
  sentence: string,
): number | undefined => {
  const ms = form.read(name, parseDurationMs, sentence)
  if (ms === undefined) return undefined
  const sec = ms / 1000
  if (Number.isInteger(sec) && sec >= min && sec <= max) return sec
  form.refuse(name, sentence)
  return undefined
}

const speedOf = ({ form, words }: Reading, name: string): SpeedPair | undefined => {
  const speed = form.read(name, parseSpeed, words.speedUnreadable)
  if (speed && Math.max(speed.downKbps, speed.upKbps) > KBPS_MAX) form.refuse(name, words.speedUnreadable)
  return speed
}

const octetsOf = ({ form, words }: Reading, name: string): number | undefined => {
  const octets = form.read(name, parseSizeBytes, words.dataUnreadable)
  if (octets === 0) form.refuse(name, words.dataUnreadable)
  return octets
}

const shortText = ({ form, words }: Reading, name: string): string | undefined => {
  const text = form.text(name)
  if (text !== undefined && text.length > TEXT_LENGTH_MAX) form.refuse(name, words.textLong)
  return text
}

const parseUrl = (text: string): Result<string> => {
  const url = URL.parse(text)
  const isPage = url !== null && /^https?:$/.test(url.protocol) && text.length <= URL_LENGTH_MAX
  return isPage ? ok(text) : err({ type: 'InputInvalid' })
}

const tiersOf = (reading: Reading): Policy['fairUse'] => {
  const { form, words } = reading
  const tiers: NonNullable<Policy['fairUse']> = []
  for (let at = 0; at < TIERS_MAX; at++) {
    const [after, fast] = [`tierAfter${at}`, `tierSpeed${at}`]
    const [afterOctets, speed] = [octetsOf(reading, after), speedOf(reading, fast)]
    if (form.text(after) === undefined && form.text(fast) === undefined) continue
    if (form.text(after) === undefined) form.refuse(after, words.tierHalf)
    if (form.text(fast) === undefined) form.refuse(fast, words.tierHalf)
    if (afterOctets === undefined || speed === undefined) continue
    if (afterOctets <= (tiers.at(-1)?.afterOctets ?? 0)) form.refuse(after, words.tierOrder)
    tiers.push({ afterOctets, ...speed })
  }
  return tiers.length === 0 ? undefined : tiers
}

const windowsOf = (reading: Reading): Policy['windows'] => {
  const { form, words } = reading
  const windows: NonNullable<Policy['windows']> = []
  for (let at = 0; at < WINDOWS_MAX; at++) {
    const days = form
      .all(`windowDays${at}`)
      .filter((day) => /^[0-6]$/.test(day))
      .map(Number)
    const [from, to] = [form.text(`windowFrom${at}`) ?? '', form.text(`windowTo${at}`) ?? '']
    const speed = speedOf(reading, `windowSpeed${at}`)
    if (days.length === 0 && from === '' && to === '' && form.text(`windowSpeed${at}`) === undefined) continue
    if (days.length === 0) form.refuse(`windowDays${at}`, words.daysMissing)
    if (!CLOCK.test(from)) form.refuse(`windowFrom${at}`, words.clockUnreadable)
    if (!CLOCK.test(to)) form.refuse(`windowTo${at}`, words.clockUnreadable)
    windows.push({ days, from, to, ...speed })
  }
  return windows.length === 0 ? undefined : windows
}

const burstOf = (reading: Reading, plain: SpeedPair): Policy['burst'] => {
  const { form, words } = reading
  const burst = speedOf(reading, 'burst')
  const under = speedOf(reading, 'burstUnder')
  const timeSec = seconds(reading, 'burstTime', [1, HOUR_SEC], words.secondsUnreadable)
  if (burst === undefined) {
    if (under !== undefined || timeSec !== undefined) form.refuse('burst', words.burstMissing)
    return undefined
  }
  const { downKbps, upKbps } = under ?? plain
  return { ...burst, thresholdDownKbps: downKbps, thresholdUpKbps: upKbps, timeSec: timeSec ?? BURST_SEC }
}

const onExpiryOf = (reading: Reading): Policy['onExpiry'] => {
  const { form, words } = reading
  const kind = form.choice('expired', expiries)
  const kbps = form.read('expiredSpeed', parseRateKbps, words.rateUnreadable) ?? EXPIRED_KBPS
  const pool = shortText(reading, 'expiredPool')
  const url = form.read('expiredUrl', parseUrl, words.urlUnreadable)
  if (kbps > KBPS_MAX) form.refuse('expiredSpeed', words.rateUnreadable)
  if (kind === 'reject') return { kind }
  if (kind === 'pool') {
    if (pool === undefined) form.refuse('expiredPool', words.expiredPoolMissing)
    return { kind, pool: pool ?? '', kbps }
  }
  if (url === undefined) form.refuse('expiredUrl', words.expiredUrlMissing)
  return { kind, url: url ?? '', kbps }
}

/** Devices at a hotspot go away without a word: their places are freed. */
export const idleSecOf = (kind: ServiceKind): number => (kind === 'hotspot' ? HOTSPOT_IDLE_SEC : 0)

const routerTerms = (reading: Reading, plain: SpeedPair, kind: ServiceKind): Partial<Policy> => {
  const { form, words } = reading
  const endless: readonly [number, number] = [1, SECONDS_MAX]
  return {
    burst: burstOf(reading, plain),
    priority: form.whole('priority', [1, 8], words.priorityUnreadable),
    sessionTimeoutSec: seconds(reading, 'sessionTime', endless, words.sessionUnreadable) ?? 0,
    idleTimeoutSec: seconds(reading, 'idleTime', [0, SECONDS_MAX], words.sessionUnreadable) ?? idleSecOf(kind),
    interimSec: seconds(reading, 'interim', [60, DAY_SEC], words.interimUnreadable) ?? INTERIM_SEC_DEFAULT,
    pool: shortText(reading, 'pool'),
    ipv6Pool: shortText(reading, 'ipv6Pool'),
    delegatedIpv6Pool: shortText(reading, 'delegatedPool'),
    vlan: form.whole('vlan', [1, 4094], words.vlanUnreadable),
    group: shortText(reading, 'group'),
    addressList: shortText(reading, 'addressList'),
    redirectUrl: form.read('redirectUrl', parseUrl, words.urlUnreadable),
    onExpiry: onExpiryOf(reading),
  }
}

/** What only holds together with something else. */
const checkQuotas = ({ form, words }: Reading, input: PlanInput): void => {
  const { quotaPeriod, rolloverOctets, fairUse } = input.policy
  const hasAny = input.quotaOctets !== undefined || input.quotaSec !== undefined || fairUse !== undefined
  if (quotaPeriod !== undefined && !hasAny) form.refuse('period', words.periodEmpty)
  if (rolloverOctets !== undefined && (input.quotaOctets === undefined || quotaPeriod === undefined))
    form.refuse('rollover', words.rolloverAlone)
}

const checkClock = ({ form, words }: Reading, { policy, validitySec, quotaSec }: PlanInput): void => {
  if (policy.clock === 'fixed' && validitySec !== undefined) form.refuse('validity', words.fixedLength)
  const pauses = quotaSec !== undefined && policy.quotaPeriod === undefined
  if (policy.clock === 'used' && !pauses) form.refuse('clock', words.usedEmpty)
}

type Given = { readonly currency: string; readonly words: PlanWords; readonly policy?: Policy }

/** What cannot be taken without somebody at the desk. */
const checkSelf = (
  { form, words }: Reading,
  { selfRegistration, priceMinor = 0, kind, policy: { clock } }: PlanInput,
): void => {
  if (selfRegistration === 'off') return
  if (priceMinor > 0) form.refuse('selfRegistration', words.selfPriced)
  if (clock === 'fixed') form.refuse('selfRegistration', words.selfFixed)
  if (kind === 'static' || kind === 'mac') form.refuse('selfRegistration', words.selfKind)
}

/** `policy` is what the plan has now: what the form does not ask for stays as it is. */
export const readPlanForm = (
  fields: Fields,
  { currency, words, policy: before = openPolicy }: Given,
): { readonly input: PlanInput } | { readonly problems: Problems } => {
  const form = new FormReader(fields)
  const reading: Reading = { form, words }
  const name = form.needed('name', words.nameMissing)
  if (name.length > NAME_LENGTH_MAX) form.refuse('name', words.nameLong)
  const speed = speedOf(reading, 'speed') ?? { downKbps: 0, upKbps: 0 }
  const price = form.read('price', (text) => parseMoney(text, currency), words.priceUnreadable)
  if (price && price.minor < 0) form.refuse('price', words.priceUnreadable)
  const period = form.choice('period', quotaPeriods)
  const kind = form.choice('kind', ['hotspot', ...serviceKinds])
  const clock = form.choice('clock', clocks)
  const lasting: readonly [number, number] = [60, SECONDS_MAX]
  const input: PlanInput = {
    name,
    kind,
    policy: {
      ...before,
      ...speed,
      ...routerTerms(reading, speed, kind),
      clock: clock === 'wall' ? undefined : clock,
      deviceLimit: form.whole('devices', [1, DEVICES_MAX], words.devicesUnreadable) ?? 0,
      bindDevices: form.checked('bind') ? 'first' : 'no',
      bindSerial: form.checked('bindSerial') ? 'first' : undefined,
      quotaPeriod: period === 'none' ? undefined : period,
      rolloverOctets: octetsOf(reading, 'rollover'),
      fairUse: tiersOf(reading),
      windows: windowsOf(reading),
    },
    validitySec: seconds(reading, 'validity', lasting, words.validityUnreadable),
    quotaOctets: octetsOf(reading, 'data'),
    quotaSec: seconds(reading, 'time', lasting, words.timeUnreadable),
    priceMinor: price?.minor ?? 0,
    currency,
    selfRegistration: form.choice('selfRegistration', selfRegistrations),
  }
  checkQuotas(reading, input)
  checkClock(reading, input)
  checkSelf(reading, input)
  return form.isGood ? { input } : { problems: form.problems }
}

/** The field of a time that a plan may be without. */
export const secondsText = (sec: number | null): string => (sec === null || sec === 0 ? '' : durationText(sec))
