/** Values as people read them. Text from outside is cleaned: a user name must not move somebody's cursor. */
const KILO = 1000
const MINUTE_SEC = 60
const HOUR_SEC = 3600
const DAY_SEC = 86_400

/** Decimal units, as data is sold: 12.4 GB. */
export const octets = (count: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let value = count
  let step = 0
  while (value >= 999.5 && step < units.length - 1) {
    value /= KILO
    step += 1
  }
  return `${step === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[step]}`
}

/** A speed in kbit/s: 10 Mbit/s; 0 is no limit. */
export const rate = (kbps: number): string => {
  if (kbps === 0) return 'no limit'
  if (kbps < KILO) return `${kbps} kbit/s`
  const [value, unit] = kbps < KILO * KILO ? [kbps / KILO, 'Mbit/s'] : [kbps / KILO / KILO, 'Gbit/s']
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${unit}`
}

/** The two largest units: 45 s, 12 min, 2 h 14 min, 3 d 4 h. */
export const duration = (seconds: number): string => {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < MINUTE_SEC) return `${whole} s`
  if (whole < HOUR_SEC) return `${Math.floor(whole / MINUTE_SEC)} min`
  const [large, unit, small, next] =
    whole < DAY_SEC ? [HOUR_SEC, 'h', MINUTE_SEC, 'min'] : [DAY_SEC, 'd', HOUR_SEC, 'h']
  const rest = Math.floor((whole % large) / small)
  return `${Math.floor(whole / large)} ${unit}${rest === 0 ? '' : ` ${rest} ${next}`}`
}

/** `3 min ago`, `in 2 d`; – for never. */
export const ago = (at: number | null | undefined, now: number): string => {
  if (at == null) return '–'
  const seconds = (now - at) / KILO
  return seconds >= 0 ? `${duration(seconds)} ago` : `in ${duration(-seconds)}`
}

/** Local time, 2026-11-21 06:30. */
export const localTime = (at: number | null | undefined): string => {
  if (at == null) return '–'
  const date = new Date(at)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${localDay(at)} ${two(date.getHours())}:${two(date.getMinutes())}`
}

/** The day an instant falls on, in local time. */
export const localDay = (at: number): string => {
  const date = new Date(at)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** Control, format and line-separator characters as visible escapes. */
export const clean = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)

export type Cell = string | number | null | undefined
/** A column's heading; `>` before it sets its cells to the right. */
export type Heading = string

/** Aligned columns, two spaces apart; `none` when there are no rows. */
export const table = (headings: readonly Heading[], rows: readonly (readonly Cell[])[], none: string): string => {
  if (rows.length === 0) return none
  const isRight = headings.map((heading) => heading.startsWith('>'))
  const titles = headings.map((heading) => heading.replace(/^>/, ''))
  const cells = [
    titles,
    ...rows.map((row) => row.map((cell) => (cell == null || cell === '' ? '–' : clean(String(cell))))),
  ]
  const widths = titles.map((_, column) => Math.max(...cells.map((row) => width(row[column] ?? ''))))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const pad = ' '.repeat(widths[column]! - width(cell))
        return isRight[column] ? pad + cell : cell + pad
      })
      .join('  ')
      .trimEnd()
  return cells.map(line).join('\n')
}

const width = (text: string): number => Array.from(text).length

/** `name: value` lines, values aligned. */
export const facts = (pairs: readonly (readonly [string, Cell])[]): string => {
  const names = pairs.map(([name]) => width(name))
  const widest = Math.max(0, ...names)
  return pairs
    .map(
      ([name, value]) =>
        `${name}${' '.repeat(widest - width(name))}  ${value == null || value === '' ? '–' : clean(String(value))}`,
    )
    .join('\n')
}
