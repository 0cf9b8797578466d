/**
 * From what should be and what is to what must be done: pure. Ours are the rows whose comment bears our mark and the area
 * of whoever asks; every other row is the operator's, or another area's, and is neither changed nor moved.
 */
import type { Row, Values } from './request.ts'
import { revealed } from './request.ts'
import { canonical } from './values.ts'

export type TableSpec = {
  readonly menu: string
  /** Of whose rows these are, such as `static`: several may keep rows in one table without knowing of each other. */
  readonly area: string
  /** Properties that no two rows may share, taken together, such as the name. */
  readonly identity?: readonly string[]
  /** Of a menu without comments: the one row of ours is known by this name, which is its key too. */
  readonly named?: string | undefined
  /** No other row in use may have the same value of it, such as the interface of a server. */
  readonly alone?: string | undefined
  /** A row of the operator's that is as desired serves as well as one of ours. */
  readonly sharesTheirs?: boolean | undefined
  /** Where order counts, ours stand in the desired order before, or after, all rows of the operator's. */
  readonly place?: 'first' | 'last'
}

export type DesiredRow = {
  /** Of this row for ever, such as the id of a service; it goes into the comment. */
  readonly key: string
  readonly values: Values
}

/** Refers to a row by its id, or to one that the plan adds by its key. */
export type Place = { readonly id: string } | { readonly key: string } | undefined

export type Operation =
  | { readonly type: 'remove'; readonly id: string; readonly key: string }
  /** `values` are those that differ. */
  | { readonly type: 'set'; readonly id: string; readonly key: string; readonly values: Values }
  | { readonly type: 'add'; readonly key: string; readonly values: Values; readonly before: Place }
  | { readonly type: 'move'; readonly id: string; readonly key: string; readonly before: Place }

/** A row that cannot be had, since another has its identity: the operator's, one of ours, or an earlier desired one. */
export type Conflict = { readonly key: string; readonly with: 'operator' | 'ours' | 'desired' }

export type Plan = { readonly operations: readonly Operation[]; readonly conflicts: readonly Conflict[] }

/** `lango:static:svc_1` is the comment of a row of ours. */
const MARK = /^lango:([a-z0-9-]{1,32}):([A-Za-z0-9._:-]{1,120})$/

/** The comment of the row with this key in this area. */
export const markOf = (area: string, key: string): string => {
  const mark = `lango:${area}:${key}`
  if (!MARK.test(mark)) throw new RangeError(`no area and key of a row: ${JSON.stringify(mark)}`)
  return mark
}

/** What the router makes by itself can be neither changed nor moved, whatever its comment says. */
const isDynamic = (row: Row): boolean => row['dynamic'] === 'true'

/** Area and key of a row of ours; undefined for the operator's. */
const ownerOf = (spec: TableSpec, row: Row): { readonly area: string; readonly key: string } | undefined => {
  if (spec.named !== undefined)
    return row['name'] === spec.named && !isDynamic(row) ? { area: spec.area, key: spec.named } : undefined
  const [, area, key] = MARK.exec(row['comment'] ?? '') ?? []
  return area === undefined || isDynamic(row) ? undefined : { area, key: key! }
}

const keyOf = (spec: TableSpec, row: Row): string => ownerOf(spec, row)?.key ?? ''

const idOf = (row: Row): string => row['.id'] ?? ''

/** The values that differ from the row's. */
export const difference = (desired: Values, row: Row): Values =>
  Object.fromEntries(
    Object.entries(desired).filter(([name, value]) => {
      const text = revealed(value)
      return text !== row[name] && canonical(name, text) !== canonical(name, row[name])
    }),
  )

const identityOf = ({ identity }: TableSpec, values: Values): string | undefined =>
  identity?.map((name) => canonical(name, revealed(values[name] ?? ''))).join('\u0000')

export type PlanInput = {
  readonly desired: readonly DesiredRow[]
  /** In the order of the table. */
  readonly observed: readonly Row[]
  /** Only this row is looked after; all others, ours too, are left as they are. */
  readonly onlyKey?: string | undefined
}

/**
 * Carried out in their order the operations lead to what is desired, and then a second plan is empty. What makes room
 * goes first, then what changes, then what is new, and only then what is no longer wanted: access is not cut for a moment
 * while a row takes another's place.
 */
export const planTable = (spec: TableSpec, { desired, observed, onlyKey }: PlanInput): Plan => {
  const isLookedAfter = (row: Row): boolean => {
    const owner = ownerOf(spec, row)
    return owner?.area === spec.area && (onlyKey === undefined || owner.key === onlyKey)
  }
  const ours = observed.filter(isLookedAfter)
  const theirs = observed.filter((row) => !isLookedAfter(row))
  // The mark before all else: a row without it would be nobody's.
  const marked =
    spec.named === undefined
      ? desired.map(({ key, values }) => ({ key, values: { comment: markOf(spec.area, key), ...values } }))
      : desired
  const { wanted, conflicts } = withoutConflicts(spec, marked, theirs)
  const matched = match(spec, wanted, ours)
  const removal = (row: Row): Operation => ({ type: 'remove', id: idOf(row), key: keyOf(spec, row) })
  const operations = [
    ...matched.makesRoom.map(removal),
    ...matched.kept.flatMap(({ desired, row }) => change(desired, row)),
    ...(spec.place === undefined
      ? matched.added.map((desired) => addition(desired, undefined))
      : arrange(spec, wanted, matched.kept, observed)),
    ...matched.surplus.map(removal),
  ]
  return { operations, conflicts }
}

const addition = ({ key, values }: DesiredRow, before: Place): Operation => ({ type: 'add', key, values, before })

const change = ({ key, values }: DesiredRow, row: Row): readonly Operation[] => {
  const differing = difference(values, row)
  return Object.keys(differing).length === 0 ? [] : [{ type: 'set', id: idOf(row), key, values: differing }]
}

const withoutConflicts = (
  spec: TableSpec,
  desired: readonly DesiredRow[],
  theirs: readonly Row[],
): { readonly wanted: readonly DesiredRow[]; readonly conflicts: readonly Conflict[] } => {
  const holderOf = (row: Row): Conflict['with'] => (ownerOf(spec, row) === undefined ? 'operator' : 'ours')
  const { alone } = spec
  const inUse = theirs.filter((row) => canonical('disabled', row['disabled']) === 'false')
  const besideOf = ({ values }: DesiredRow): Row | undefined =>
    alone === undefined ? undefined : inUse.find((row) => row[alone] === revealed(values[alone] ?? ''))
  const isHad = ({ values: { comment: _mark, ...values } }: DesiredRow): boolean =>
    spec.sharesTheirs === true && theirs.some((row) => Object.keys(difference(values, row)).length === 0)
  const holders = new Map(theirs.map((row) => [identityOf(spec, row), holderOf(row)]))
  const keys = new Set<string>()
  const identities = new Set<string>()
  const conflicts: Conflict[] = []
  const wanted = desired.filter((row) => {
    if (isHad(row)) return false
    const identity = identityOf(spec, row.values)
    const isTaken = keys.has(row.key) || (identity !== undefined && identities.has(identity))
    const beside = besideOf(row)
    const held = (identity === undefined ? undefined : holders.get(identity)) ?? (beside && holderOf(beside))
    const against = isTaken ? 'desired' : held
    if (against !== undefined) {
      conflicts.push({ key: row.key, with: against })
      return false
    }
    keys.add(row.key)
    if (identity !== undefined) identities.add(identity)
    return true
  })
  return { wanted, conflicts }
}

type Kept = { readonly desired: DesiredRow; readonly row: Row }
type Matched = {
  readonly kept: readonly Kept[]
  readonly added: readonly DesiredRow[]
  /** Rows of ours that go: those whose identity another is to have, and the rest. */
  readonly makesRoom: readonly Row[]
  readonly surplus: readonly Row[]
}

const match = (spec: TableSpec, wanted: readonly DesiredRow[], ours: readonly Row[]): Matched => {
  const byKey = Map.groupBy(ours, (row) => keyOf(spec, row))
  const found = wanted.map((desired) => ({ desired, row: closest(desired, byKey.get(desired.key) ?? []) }))
  const holders = Map.groupBy(
    found.flatMap(({ row }) => (row === undefined ? [] : [row])),
    (row) => identityOf(spec, row),
  )
  const kept: Kept[] = []
  const added: DesiredRow[] = []
  for (const { desired, row } of found) {
    // To take over a name that another row of ours has now, it would have to wait for it, which may wait for it in turn.
    const identity = identityOf(spec, desired.values)
    const isBarred = identity !== undefined && holders.get(identity)?.some((holder) => holder !== row) === true
    if (row === undefined || isBarred) added.push(desired)
    else kept.push({ desired, row })
  }
  const staying = new Set(kept.map(({ row }) => row))
  const identities = new Set(wanted.map(({ values }) => identityOf(spec, values)))
  const gone = ours.filter((row) => !staying.has(row))
  const isInTheWay = (row: Row): boolean => spec.identity !== undefined && identities.has(identityOf(spec, row))
  return { kept, added, makesRoom: gone.filter(isInTheWay), surplus: gone.filter((row) => !isInTheWay(row)) }
}

/** Of rows with the same key, the one that needs least; the first among equals. The others go. */
const closest = (desired: DesiredRow, rows: readonly Row[]): Row | undefined => {
  const needs = (row: Row): number => Object.keys(difference(desired.values, row)).length
  return rows.reduce<Row | undefined>(
    (best, row) => (best === undefined || needs(row) < needs(best) ? row : best),
    undefined,
  )
}

/**
 * Puts ours in order, from the last to the first, each before the one that was put before. As many as can stay where they
 * are; the operator's all do.
 */
const arrange = (
  spec: TableSpec,
  wanted: readonly DesiredRow[],
  kept: readonly Kept[],
  observed: readonly Row[],
): readonly Operation[] => {
  const at = new Map(observed.map((row, index) => [row, index]))
  // Rows of other areas are no landmarks: two that both want to be first would move for ever.
  const foreign = observed.filter((row) => ownerOf(spec, row) === undefined && !isDynamic(row))
  const { place } = spec
  const firstForeign = at.get(foreign[0] ?? {}) ?? Infinity
  const lastForeign = at.get(foreign.at(-1) ?? {}) ?? -1
  const isOnItsSide = (index: number): boolean => (place === 'first' ? index < firstForeign : index > lastForeign)
  const rowOfKey = new Map(kept.map(({ desired, row }) => [desired.key, row]))
  const rows = wanted.map(({ key }) => rowOfKey.get(key))
  const candidates = rows.flatMap((row) => (row !== undefined && isOnItsSide(at.get(row)!) ? [row] : []))
  const staying = new Set(longestInOrder(candidates, (row) => at.get(row)!))
  let before: Place = place === 'first' && foreign[0] !== undefined ? { id: idOf(foreign[0]) } : undefined
  const operations: Operation[] = []
  for (const [index, desired] of [...wanted.entries()].toReversed()) {
    const row = rows[index]
    if (row === undefined) operations.push(addition(desired, before))
    else if (!staying.has(row)) operations.push({ type: 'move', id: idOf(row), key: desired.key, before })
    before = row === undefined ? { key: desired.key } : { id: idOf(row) }
  }
  return operations
}

/** The longest of the sequences that stand in this order already (patience sorting, O(n log n)). */
const longestInOrder = <T>(items: readonly T[], position: (item: T) => number): readonly T[] => {
  type Link = { readonly item: T; readonly previous: Link | undefined }
  const tails: Link[] = []
  for (const item of items) {
    let [low, high] = [0, tails.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (position(tails[middle]!.item) < position(item)) low = middle + 1
      else high = middle
    }
    tails[low] = { item, previous: tails[low - 1] }
  }
  const longest: T[] = []
  for (let link = tails.at(-1); link !== undefined; link = link.previous) longest.push(link.item)
  return longest.toReversed()
}
