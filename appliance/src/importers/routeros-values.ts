/** Speeds, times and amounts as RouterOS spells them. Pure. */

const UNITS: Readonly<Record<string, number>> = { '': 1, B: 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9 }
const KBPS_MAX = 400_000_000

/** `2M`, `512k`, `256000`, `3000000B` (of User Manager, which means bits) in kbit/s; undefined for anything else. */
export const kbpsOf = (text: string): number | undefined => {
  const [, amount, unit] = /^(\d{1,12})([BkKMG]?)$/.exec(text.trim()) ?? []
  if (amount === undefined) return undefined
  const kbps = Math.round((Number(amount) * UNITS[unit!]!) / 1000)
  return kbps <= KBPS_MAX ? kbps : undefined
}

type Pair = readonly [rx: number, tx: number]
const pairOf = (text: string | undefined, read: (one: string) => number | undefined): Pair | undefined => {
  if (text === undefined) return undefined
  const [first = '', second = first] = text.split('/')
  const [rx, tx] = [read(first), read(second)]
  return rx === undefined || tx === undefined ? undefined : [rx, tx]
}

/**
 * `rx/tx [burst-rx/tx [threshold-rx/tx [time-rx/tx [priority [minimum-rx/tx]]]]]` as the cells of a plan; undefined when
 * it is none. The router receives what the subscriber sends: rx is up.
 */
export const rateLimitCells = (text: string): Readonly<Record<string, string>> | undefined => {
  const [rate, burstRate, burstThreshold, burstTime, priority] = text.trim().split(/\s+/)
  const limit = pairOf(rate, kbpsOf)
  if (limit === undefined) return undefined
  const burst = pairOf(burstRate, kbpsOf)
  const threshold = pairOf(burstThreshold, kbpsOf) ?? limit
  const time = pairOf(burstTime, secondsOf) ?? [16, 16]
  return {
    upKbps: String(limit[0]),
    downKbps: String(limit[1]),
    ...burstCell(burst, threshold, Math.max(...time)),
    ...(/^[1-8]$/.test(priority ?? '') && { priority: priority! }),
  }
}

/** A burst of nothing is none. */
export const burstCell = (burst: Pair | undefined, threshold: Pair, timeSec: number): { readonly burst?: string } => {
  if (burst === undefined || (burst[0] === 0 && burst[1] === 0) || timeSec < 1) return {}
  const value = {
    downKbps: burst[1],
    upKbps: burst[0],
    thresholdDownKbps: threshold[1],
    thresholdUpKbps: threshold[0],
    timeSec: Math.min(timeSec, 3600),
  }
  return { burst: JSON.stringify(value) }
}

const UNIT_SEC: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 }

/** `1w2d03:04:05`, `1h30m`, `01:30:00`, `90` in seconds; undefined for anything else. */
export const secondsOf = (text: string): number | undefined => {
  const trimmed = text.trim()
  if (/^\d{1,10}$/.test(trimmed)) return Number(trimmed)
  const [, units = '', clock] = /^((?:\d{1,9}[wdhms])*)(\d{1,3}:\d\d:\d\d)?$/.exec(trimmed) ?? []
  if (units === '' && clock === undefined) return undefined
  const parts = [...units.matchAll(/(\d+)([wdhms])/g)].map(([, count, unit]) => Number(count) * UNIT_SEC[unit!]!)
  const [hours = 0, minutes = 0, seconds = 0] = (clock ?? '').split(':').map(Number)
  const sum = parts.reduce((a, b) => a + b, 0) + hours * 3600 + minutes * 60 + seconds
  return Number.isSafeInteger(sum) ? sum : undefined
}

/** A cell with an amount, or nothing where it is less than counts. */
export const amountCell = (column: string, amount: number | undefined, min: number): Readonly<Record<string, string>> =>
  amount !== undefined && amount >= min ? { [column]: String(amount) } : {}

const OCTET_UNITS: Readonly<Record<string, number>> = { '': 1, B: 1, k: 1024, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }

/** `1073741824`, `500M`, `1G` in octets. RouterOS counts data in powers of 1024. */
export const octetsOf = (text: string): number | undefined => {
  const [, amount, unit] = /^(\d{1,15})([BkKMG]?)(?:i?B)?$/.exec(text.trim()) ?? []
  if (amount === undefined) return undefined
  const octets = Number(amount) * OCTET_UNITS[unit!]!
  return Number.isSafeInteger(octets) ? octets : undefined
}
