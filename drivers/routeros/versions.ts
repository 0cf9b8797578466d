/** What differs between versions of RouterOS, as data. Whatever is marked unconfirmed was not seen at its source. */

export type RouterosVersion = {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** `rc1`, `beta4`; a release has none. */
  readonly preview: string
}

/** `7.16.2 (stable)`, `6.49.10 (long-term)`, `7.20rc1`, `7.1beta4`; undefined for anything else. */
export const parseVersion = (text: string): RouterosVersion | undefined => {
  const shape = /^(\d{1,3})\.(\d{1,3})(?:\.(\d{1,4}))?((?:alpha|beta|rc)\d{1,3})?(?:$|[\s+_-])/
  const [, major, minor, patch, preview] = shape.exec(text.trim()) ?? []
  if (major === undefined) return undefined
  return { major: Number(major), minor: Number(minor), patch: Number(patch ?? 0), preview: preview ?? '' }
}

/** Whether a version is `since` (such as `7.10`) or later. A preview counts as the release that it leads to. */
const isAtLeast = ({ major, minor, patch }: RouterosVersion, since: string): boolean => {
  const [a = 0, b = 0, c = 0] = since.split('.').map(Number)
  return major !== a ? major > a : minor !== b ? minor > b : patch >= c
}

/** Each difference by the first version that has it. */
const SINCE = {
  /** `/login` takes the password itself; before, a challenge had to be answered. */
  plainLogin: '6.43',
  rest: '7.1',
  restOverHttp: '7.9',
  /** `1970-01-02` in place of `jan/02/1970`. */
  isoDates: '7.10',
  /** A `print` without rows answers `!empty` before `!done`. */
  emptyReply: '7.18',
} as const

export type RouterosAbility = keyof typeof SINCE

export const has = (version: RouterosVersion, ability: RouterosAbility): boolean => isAtLeast(version, SINCE[ability])

/**
 * Menus and properties that have another name in older versions: the newest first, the name from that version on.
 * Unconfirmed: the versions at which the wireless menus changed.
 */
const MENUS: Readonly<Record<string, readonly (readonly [since: string, name: string])[]>> = {
  '/interface/wifi': [
    ['7.13', '/interface/wifi'],
    ['7.1', '/interface/wifiwave2'],
    ['0', '/interface/wireless'],
  ],
}
const PROPERTIES: Readonly<Record<string, Readonly<Record<string, readonly (readonly [string, string])[]>>>> = {
  '/queue/simple': {
    target: [
      ['6.0', 'target'],
      ['0', 'target-addresses'],
    ],
  },
}

/**
 * Properties that older versions refuse, each by its menu and the first version that has it. Unconfirmed: which release
 * brought them; where ours is later than that, the default does the same.
 */
const PROPERTY_SINCE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // The answer to CVE-2024-3596, whose default is what we ask for.
  '/radius': { 'require-message-auth': '7.16' },
  '/ip/hotspot/profile': { 'https-redirect': '6.45' },
  '/ip/dhcp-server/option': { force: '7.1' },
}

/** Whether this version knows the property; one that cannot be read is taken for a new one. */
export const knowsProperty = (version: RouterosVersion | undefined, menu: string, property: string): boolean => {
  const since = PROPERTY_SINCE[menu]?.[property]
  return since === undefined || version === undefined || isAtLeast(version, since)
}

const nameIn = (
  version: RouterosVersion,
  names: readonly (readonly [since: string, name: string])[] | undefined,
  newest: string,
): string => names?.find(([since]) => isAtLeast(version, since))?.[1] ?? newest

/** What a menu of the newest RouterOS is called in this version. */
export const menuIn = (version: RouterosVersion, menu: string): string => nameIn(version, MENUS[menu], menu)

/** What a property of the newest RouterOS is called in this version. */
export const propertyIn = (version: RouterosVersion, menu: string, property: string): string =>
  nameIn(version, PROPERTIES[menu]?.[property], property)

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

type CalendarDay = readonly [year: number, month: number, day: number]

const dayOf = (text: string): CalendarDay | undefined => {
  const [, month, dayBefore, yearAfter] = /^([a-z]{3})\/(\d{2})\/(\d{4})$/i.exec(text) ?? []
  if (month !== undefined) return [Number(yearAfter), MONTHS.indexOf(month.toLowerCase()) + 1, Number(dayBefore)]
  const [, year, number, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? []
  return year === undefined ? undefined : [Number(year), Number(number), Number(day)]
}

/** `+03:00`, `-03:30` in minutes. */
const offsetMinutes = (text: string): number | undefined => {
  const [, sign, hours, minutes] = /^([+-]?)(\d{2}):(\d{2})$/.exec(text) ?? []
  if (hours === undefined) return undefined
  return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
}

/**
 * Epoch milliseconds of a moment as any version writes it: `jan/02/1970 03:04:05` or `1970-01-02 03:04:05`, a day alone
 * being its midnight, in the router's zone (`gmt-offset` of `/system/clock`). Undefined for anything else, a day that the
 * month does not have included.
 */
export const momentMs = (text: string, gmtOffset = '+00:00'): number | undefined => {
  const [date = '', time = '00:00:00', ...rest] = text.trim().split(/\s+/)
  const day = dayOf(date)
  const offset = offsetMinutes(gmtOffset)
  const [, hours, minutes, seconds] = /^(\d{2}):(\d{2}):(\d{2})$/.exec(time) ?? []
  if (day === undefined || offset === undefined || hours === undefined || rest.length > 0) return undefined
  const [year, month, dayOfMonth] = day
  const midnight = new Date(Date.UTC(year, month - 1, dayOfMonth))
  const isThatDay = midnight.getUTCMonth() === month - 1 && midnight.getUTCDate() === dayOfMonth
  if (!isThatDay || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined
  const seconds1970 = midnight.getTime() / 1000 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  return (seconds1970 - offset * 60) * 1000
}
