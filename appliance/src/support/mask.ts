/**
 * What may leave the box in a support bundle. The rule is the other way round from hiding secrets: a text goes out only
 * where it is known to be a word of the program's own; any other is replaced by a name that stands for it in this one
 * bundle, so that two places can be seen to speak of the same, and nobody can tell of what. Pure, but for its key.
 */
import { createHmac } from 'node:crypto'

export type Mask = {
  /** `‹3fa9c1d2›`, the same for the same text within a bundle. */
  readonly name: (text: string) => string
  /** Any value as it may go out: numbers and switches as they are. */
  readonly value: (value: unknown) => unknown
  /** One line of the box's log; undefined for what is none. */
  readonly logLine: (line: string) => unknown
}

/** Fields whose value is one of a closed set, or a part of the program or the machine. */
const OWN_FIELDS: ReadonlySet<string> = new Set(
  'certificate channel currency disk kind level method mode outcome phase reason signal state status thread transport type'.split(
    ' ',
  ),
)
/** Words of closed sets in fields that hold names elsewhere: ports, and what is amiss with routers and names. */
const OWN_WORDS: ReadonlySet<string> = new Set(
  `auth acct radsec web portal portalTls unreachable certificate login refused silent password no-address taken page
   unready box self-signed unnamed port ca own server`.split(/\s+/),
)
/** Of the system: EADDRINUSE. A `code` may also be a voucher’s. */
const ERRNO = /^E[A-Z]{3,12}$/
const WORD = /^[A-Za-z][A-Za-z0-9._-]{0,40}$/
const FIELD = /^[A-Za-z][A-Za-z0-9_]{0,40}$/
const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/
/** A message is a fixed text of the program; one that may quote a number, an address or mail is not believed. */
const FIXED_TEXT = /^[A-Za-z][A-Za-z ,.;:’'()/-]{0,300}$/
const FRAME = /^\s+at (?:async )?([\w.<>#$ [\]]+)? ?\(?.*?([\w.-]+):(\d+):\d+\)?$/
const FRAMES_MAX = 12
const DEPTH_MAX = 8
const ENTRIES_MAX = 200
const SHOWN_OCTETS = 4

export const createMask = (key: Uint8Array): Mask => {
  const name = (text: string): string =>
    text === '' ? '' : `‹${createHmac('sha256', key).update(text).digest().subarray(0, SHOWN_OCTETS).toString('hex')}›`

  const text = (field: string, value: string): string => {
    if (INSTANT.test(value)) return value
    if (field === 'stack') return frames(value)
    const isOwn = ERRNO.test(value) || OWN_WORDS.has(value) || (OWN_FIELDS.has(field) && WORD.test(value))
    return isOwn ? value : name(value)
  }

  const masked = (field: string, value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return text(field, value)
    if (typeof value !== 'object' || value === null) return value
    if (depth > DEPTH_MAX) return '…'
    if (Array.isArray(value)) return value.slice(0, ENTRIES_MAX).map((each) => masked('', each, depth + 1))
    return Object.fromEntries(
      Object.entries(value)
        .slice(0, ENTRIES_MAX)
        .map(([key, each]) => [FIELD.test(key) ? key : name(key), masked(key, each, depth + 1)]),
    )
  }

  return {
    name,
    value: (value) => masked('', value, 0),
    logLine(line) {
      const fields = parsed(line)
      if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return undefined
      const { msg, ...others } = fields as Record<string, unknown>
      const said = typeof msg === 'string' ? (FIXED_TEXT.test(msg) ? msg : name(msg)) : undefined
      return { ...(masked('', others, 0) as object), ...(said !== undefined && { msg: said }) }
    },
  }
}

/** Where in the program it was: functions and lines of its files, nothing of what was said. */
const frames = (stack: string): string =>
  stack
    .split('\n')
    .flatMap((line) => {
      const [, fn = '', file, at] = FRAME.exec(line) ?? []
      return file === undefined ? [] : [`${fn.trim()} ${file}:${at}`.trim()]
    })
    .slice(0, FRAMES_MAX)
    .join('\n')

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
