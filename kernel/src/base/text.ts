import { err, ok, type Result } from './result.ts'

/** What somebody wrote is no duration, size or rate; `expected` is an example to show them. */
export type QuantityFault = { readonly type: 'QuantityUnreadable'; readonly text: string; readonly expected: string }

const SHAPE = /^(\d{1,15}(?:\.\d{1,3})?)\s*([a-z/]*)$/i

const durationUnits = { ms: 1, s: 1e3, m: 60e3, min: 60e3, h: 3600e3, d: 86_400e3, w: 604_800e3 }
// Decimal, as the field counts data: a megabyte is 10^6 octets.
const sizeUnits = { '': 1, b: 1, k: 1e3, kb: 1e3, m: 1e6, mb: 1e6, g: 1e9, gb: 1e9, t: 1e12, tb: 1e12 }
const rateUnits = {
  '': 1,
  k: 1,
  kbps: 1,
  'kbit/s': 1,
  m: 1e3,
  mbps: 1e3,
  'mbit/s': 1e3,
  g: 1e6,
  gbps: 1e6,
  'gbit/s': 1e6,
}

const quantity = (text: string, units: Record<string, number>, expected: string): Result<number, QuantityFault> => {
  const [, amount, unit = ''] = SHAPE.exec(text.trim()) ?? []
  const factor = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()] : undefined
  const value = Math.round(Number(amount) * (factor ?? Number.NaN))
  return Number.isSafeInteger(value) ? ok(value) : err({ type: 'QuantityUnreadable', text, expected })
}

/** `30d`, `12h`, `90 min`, `1.5h` in milliseconds; a unit is required. */
export const parseDurationMs = (text: string): Result<number, QuantityFault> => quantity(text, durationUnits, '30d')

/** `500MB`, `1.5 GB`, `1024` in octets; decimal units. */
export const parseSizeBytes = (text: string): Result<number, QuantityFault> => quantity(text, sizeUnits, '500MB')

/** `10M`, `512k`, `1.5 Gbps` in kbit/s; a bare number is kbit/s. */
export const parseRateKbps = (text: string): Result<number, QuantityFault> => quantity(text, rateUnits, '10M')

/** Both directions of a line in kbit/s, the subscriber's first. */
export type SpeedPair = { readonly downKbps: number; readonly upKbps: number }

/** `10M/5M`, down before up; one speed alone is that of both. */
export const parseSpeed = (text: string): Result<SpeedPair, QuantityFault> => {
  const [down = '', up = down, ...rest] = text.replaceAll(RATE_SLASHES, '$1ps').split('/')
  const [downKbps, upKbps] = [parseRateKbps(down), parseRateKbps(up)]
  if (!downKbps.ok || !upKbps.ok || rest.length > 0)
    return err({ type: 'QuantityUnreadable', text, expected: '10M/5M' })
  return ok({ downKbps: downKbps.value, upKbps: upKbps.value })
}

// The slash of Mbit/s parts no speeds.
const RATE_SLASHES = /(b)it\/s/gi

type Unit = readonly [name: string, factor: number]

/** In the largest unit that the parsers read back to the same number. */
const written = (value: number, units: readonly Unit[], decimals: number): string => {
  const isExact = ([, factor]: Unit): boolean => value >= factor && value % (factor / 10 ** decimals) === 0
  const [name, factor] = units.find(isExact) ?? units.at(-1)!
  return `${value / factor}${name}`
}

const DECIMALS = 3

/** Whole seconds as `parseDurationMs` reads them: 30d, 12h, 90m. */
export const durationText = (seconds: number): string => {
  const units: readonly Unit[] = [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ]
  return written(seconds, units, 0)
}

/** Octets as `parseSizeBytes` reads them: 10GB, 1.5GB, 500MB. */
export const sizeText = (octets: number): string => {
  const units: readonly Unit[] = [
    ['TB', 1e12],
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
    ['B', 1],
  ]
  return written(octets, units, DECIMALS)
}

/** A speed in kbit/s as `parseRateKbps` reads it: 10M, 1.5M, 512k. */
export const rateText = (kbps: number): string => {
  const units: readonly Unit[] = [
    ['G', 1e6],
    ['M', 1e3],
    ['k', 1],
  ]
  return kbps === 0 ? '0' : written(kbps, units, DECIMALS)
}

/** Both directions as `parseSpeed` reads them: 10M/5M. */
export const speedText = ({ downKbps, upKbps }: SpeedPair): string => `${rateText(downKbps)}/${rateText(upKbps)}`
