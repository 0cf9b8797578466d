import { pino } from 'pino'

export type LogFields = Readonly<Record<string, unknown>>
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** One line of JSON per call. The message is a fixed text; what varies goes into the fields. */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A log that adds these fields to each line. */
  child(fields: LogFields): Log
}

/** Receives whole lines. `process.stdout` fits. */
export type LogSink = { write(line: string): unknown }

const REDACTED = '‹secret›'
const SECRET_NAME = /passw|secret|token|authorization|cookie|private|credential|^(pin|otp|psk)$/i
const DEPTH_MAX = 6
const ENTRIES_MAX = 100
const TEXT_LENGTH_MAX = 4000

/** JSON lines through pino. Secrets print as `‹secret›` by type; this also catches them by the name of their field. */
export const createLog = (options: { level: LogLevel; sink: LogSink }): Log => {
  const root = pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, options.sink)
  const wrap = (inner: typeof root): Log => ({
    debug: (message, fields) => inner.isLevelEnabled('debug') && inner.debug(redact(fields), message),
    info: (message, fields) => inner.info(redact(fields), message),
    warn: (message, fields) => inner.warn(redact(fields), message),
    error: (message, fields) => inner.error(redact(fields), message),
    child: (fields) => wrap(inner.child(redact(fields))),
  })
  return wrap(root)
}

/** The fields as they may be printed: secrets hidden, errors opened, depth and length bounded. */
export const redact = (fields: LogFields = {}): Record<string, unknown> => redactObject(fields, 0)

const redactObject = (fields: object, depth: number): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields)
      .slice(0, ENTRIES_MAX)
      .map(([name, value]) => [name, hidden(name, value) ? REDACTED : redactValue(value, depth + 1)]),
  )

// A count or a flag named after a secret (`tokensLeft: 3`) gives nothing away.
const hidden = (name: string, value: unknown): boolean =>
  SECRET_NAME.test(name) && value != null && typeof value !== 'number' && typeof value !== 'boolean'

const redactValue = (value: unknown, depth: number): unknown => {
  if (typeof value === 'string') return value.length > TEXT_LENGTH_MAX ? `${value.slice(0, TEXT_LENGTH_MAX)}…` : value
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return { type: value.name, message: value.message, stack: value.stack }
  if (value instanceof Uint8Array) return `‹${value.length} octets›`
  if (depth > DEPTH_MAX) return '…'
  if (Array.isArray(value)) return value.slice(0, ENTRIES_MAX).map((entry) => redactValue(entry, depth + 1))
  return 'toJSON' in value && typeof value.toJSON === 'function' ? value.toJSON() : redactObject(value, depth)
}
