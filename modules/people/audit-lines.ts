/** A record of the audit log as lines to read: what was given, and what became of each field that is another now. */

export type RecordLine = {
  /** `policy.downKbps` */
  readonly field: string
  /** Undefined where nothing was changed: it was only given. */
  readonly from?: string | undefined
  readonly to: string
}

/** Deeper down values stand as JSON. */
const DEPTH_MAX = 3

export const recordLines = (record: unknown): readonly RecordLine[] => {
  if (!isObject(record)) return record === null ? [] : [{ field: '', to: textOf(record) }]
  const { input, before, after, changes } = record
  if ('changes' in record && Array.isArray(changes)) {
    const each = changes.filter(isObject).flatMap((change) => changedLines(change['before'], change['after']))
    return [...givenLines(input, each), ...each]
  }
  if (!('before' in record && 'after' in record)) return givenLines(record, [])
  const changed = changedLines(before, after)
  return [...givenLines(input, changed), ...changed]
}

/** What was asked for, without what the lines of the change tell already. */
const givenLines = (input: unknown, changed: readonly RecordLine[]): RecordLine[] => {
  const told = new Set(changed.map(({ field }) => field))
  return [...flat(input)].filter(([field]) => !told.has(field)).map(([field, to]) => ({ field, to }))
}

const changedLines = (before: unknown, after: unknown): RecordLine[] => {
  const [old, now] = [flat(before), flat(after)]
  const fields = new Set([...old.keys(), ...now.keys()])
  return [...fields]
    .map((field) => ({ field, from: old.get(field) ?? '', to: now.get(field) ?? '' }))
    .filter(({ from, to }) => from !== to)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const flat = (value: unknown, path = '', depth = 0): Map<string, string> => {
  if (value === undefined || value === null) return new Map()
  if (!isObject(value) || depth === DEPTH_MAX) return new Map([[path, textOf(value)]])
  return new Map(
    Object.entries(value).flatMap(([key, held]) => [...flat(held, path === '' ? key : `${path}.${key}`, depth + 1)]),
  )
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
