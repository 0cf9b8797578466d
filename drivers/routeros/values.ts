/** Values as RouterOS spells them: it keeps `10M` and prints `10000000`, takes `yes` and prints `true`. Pure. */

const UNIT_MS: Readonly<Record<string, number>> = {
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
}

/** `1w2d3h4m5s`, `1d02:03:04`, `00:05:00`, `1s100ms`, `1100ms`, `90` (seconds) in milliseconds; undefined for anything else. */
export const parseDurationMs = (text: string): number | undefined => {
  const [, units = '', clock, bare] =
    /^((?:\d{1,10}(?:ms|[wdhms]))*)(?:(\d{1,3}:\d{2}:\d{2})|(\d{1,10}))?$/.exec(text) ?? []
  if (text === '' || (units === '' && clock === undefined && bare === undefined)) return undefined
  if (bare !== undefined && units !== '') return undefined
  const parts = [...units.matchAll(/(\d+)(ms|[wdhms])/g)].map(([, count, unit]) => Number(count) * UNIT_MS[unit!]!)
  const [hours = 0, minutes = 0, seconds = 0] = (clock ?? '').split(':').map(Number)
  return parts.reduce((a, b) => a + b, 0) + (hours * 3600 + minutes * 60 + seconds + Number(bare ?? 0)) * 1000
}

/** Milliseconds as RouterOS writes them: `1w2d3h4m5s`, `1s100ms`, `0s`. */
export const durationText = (ms: number): string => {
  let left = ms
  let text = ''
  for (const [unit, size] of Object.entries(UNIT_MS)) {
    const count = Math.floor(left / size)
    left -= count * size
    if (count > 0) text += `${count}${unit}`
  }
  return text === '' ? '0s' : text
}

const RATE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9 }

/** `10M`, `512k`, `256000` in bit/s; undefined for anything else. */
export const parseRateBps = (text: string): number | undefined => {
  const [, amount, unit] = /^(\d{1,13})([kKMG]?)$/.exec(text) ?? []
  return amount === undefined ? undefined : Number(amount) * RATE_UNITS[unit!]!
}

/** In which respects two spellings of a value are the same to the router. `text` is compared octet by octet. */
type Kind = 'text' | 'flag' | 'duration' | 'durations' | 'rates' | 'addresses' | 'mac' | 'set'

/** By the name of the property; whatever is not here is text. */
const KINDS: Readonly<Record<string, Kind>> = {
  disabled: 'flag',
  accept: 'flag',
  accounting: 'flag',
  'radius-accounting': 'flag',
  'https-redirect': 'flag',
  'one-session-per-host': 'flag',
  'add-mac-cookie': 'flag',
  'split-user-domain': 'flag',
  'accounting-backup': 'flag',
  'use-radius': 'flag',
  'always-broadcast': 'flag',
  published: 'flag',
  log: 'flag',
  force: 'flag',
  'max-limit': 'rates',
  'limit-at': 'rates',
  'burst-limit': 'rates',
  'burst-threshold': 'rates',
  'burst-time': 'durations',
  timeout: 'duration',
  'interim-update': 'duration',
  'radius-interim-update': 'duration',
  'session-timeout': 'duration',
  'idle-timeout': 'duration',
  'keepalive-timeout': 'duration',
  'login-timeout': 'duration',
  'mac-cookie-timeout': 'duration',
  'http-cookie-lifetime': 'duration',
  'limit-uptime': 'duration',
  'lease-time': 'duration',
  ttl: 'duration',
  address: 'addresses',
  target: 'addresses',
  'src-address': 'addresses',
  'dst-address': 'addresses',
  'to-address': 'addresses',
  'remote-address': 'addresses',
  'local-address': 'addresses',
  'mac-address': 'mac',
  'active-mac-address': 'mac',
  'login-by': 'set',
  service: 'set',
}

/** A word such as `none` or `received` stands where a number may; it is kept. */
const numberOr = (read: (text: string) => number | undefined) => (text: string) => String(read(text) ?? text)

/** Both sides of `a/b`; one alone is that of both. */
const pairOf = (text: string, read: (one: string) => string): string => {
  const [first = '', second = first] = text.split('/')
  return `${read(first)}/${read(second)}`
}

const FLAGS: Readonly<Record<string, string>> = { yes: 'true', no: 'false', '': 'false' }

const CANONICAL: Readonly<Record<Kind, (text: string) => string>> = {
  text: (text) => text,
  flag: (text) => (Object.hasOwn(FLAGS, text) ? FLAGS[text]! : text),
  duration: numberOr(parseDurationMs),
  durations: (text) => pairOf(text, numberOr(parseDurationMs)),
  rates: (text) => pairOf(text, numberOr(parseRateBps)),
  // A host is printed with or without its prefix, depending on the menu.
  addresses: (text) =>
    text
      .toLowerCase()
      .split(',')
      .map((one) => one.replace(/^([\d.]+)\/32$|^([\da-f:]+)\/128$/, '$1$2'))
      .join(','),
  mac: (text) => text.toUpperCase().replaceAll('-', ':'),
  // Printed in an order of the router's own.
  set: (text) => text.split(',').toSorted().join(','),
}

/** One spelling for all that mean the same to the router. A property that is not there counts as empty. */
export const canonical = (property: string, value: string | undefined): string => {
  const kind = Object.hasOwn(KINDS, property) ? KINDS[property]! : 'text'
  return value === undefined || value === '' ? (kind === 'flag' ? 'false' : '') : CANONICAL[kind](value)
}
