/**
 * Makes a router as it should be, and reads back that it is: a router that says `!done` has not always done it. Safe to
 * repeat at any time; what has not changed is not written.
 */
import { defineLimits, err, ok, type Result } from '@lango/kernel'
import type { RouterosClient } from './client.ts'
import type { RouterosFault } from './fault.ts'
import {
  difference,
  planTable,
  type Conflict,
  type DesiredRow,
  type Operation,
  type Place,
  type Plan,
  type PlanInput,
  type TableSpec,
} from './plan.ts'
import type { CallOptions, RouterosRequest, Session, Values } from './request.ts'

export const reconcileLimits = defineLimits({
  /** Of one pass; what is left is done by the next. */
  operationsMax: 5000,
  /** Sent without waiting for each other, where order does not count. */
  togetherMax: 8,
  /** Told of one by one. */
  notTakenMax: 100,
})

/** What the router was told and did not take. No values: they may be secret. */
export type NotTaken = {
  readonly key: string
  readonly fields: readonly string[]
  /** In the router's words, where it said so. */
  readonly message: string | undefined
}

export type ReconcileOutcome =
  | { readonly type: 'unchanged'; readonly conflicts: readonly Conflict[] }
  /** Written, and read back as it should be. */
  | { readonly type: 'applied'; readonly operations: number; readonly conflicts: readonly Conflict[] }
  /** Written, and not so when read back. */
  | { readonly type: 'not-taken'; readonly notTaken: readonly NotTaken[]; readonly conflicts: readonly Conflict[] }
  /** There is more to do than one pass does. */
  | { readonly type: 'unfinished'; readonly operations: number; readonly conflicts: readonly Conflict[] }

export type Reconciled = Result<ReconcileOutcome, RouterosFault>

/** All rows of ours in a table, and no others. Drift is repaired whatever its cause. */
export const reconcile = (
  client: RouterosClient,
  spec: TableSpec,
  desired: readonly DesiredRow[],
  call: CallOptions = {},
): Promise<Reconciled> => converge(client, spec, { desired }, call)

/** One row of a table without an order: there with these values, or gone when there are none. */
export const ensure = (
  client: RouterosClient,
  spec: Omit<TableSpec, 'place'>,
  key: string,
  values: Values | undefined,
  call: CallOptions = {},
): Promise<Reconciled> =>
  converge(client, spec, { desired: values === undefined ? [] : [{ key, values }], onlyKey: key }, call)

/** A menu that is one set of settings, such as `/radius/incoming`: these properties of it, the others as they are. */
export const ensureSettings = (
  client: RouterosClient,
  menu: string,
  values: Values,
  call: CallOptions = {},
): Promise<Reconciled> =>
  client.lease(async (session): Promise<Reconciled> => {
    const before = await session.perform({ kind: 'print', menu }, call)
    if (!before.ok) return before
    const differing = difference(values, before.value.rows[0] ?? {})
    if (Object.keys(differing).length === 0) return ok({ type: 'unchanged', conflicts: [] })
    const written = await session.perform({ kind: 'set', menu, values: differing }, call)
    if (!written.ok && written.error.type !== 'Refused') return written
    const after = await session.perform({ kind: 'print', menu }, call)
    if (!after.ok) return after
    const fields = Object.keys(difference(values, after.value.rows[0] ?? {}))
    if (fields.length === 0) return ok({ type: 'applied', operations: 1, conflicts: [] })
    const message = written.ok ? undefined : messageOf(written.error)
    return ok({ type: 'not-taken', notTaken: [{ key: menu, fields, message }], conflicts: [] })
  }, call)

type Wanted = Pick<PlanInput, 'desired' | 'onlyKey'>

const converge = (client: RouterosClient, spec: TableSpec, wanted: Wanted, call: CallOptions): Promise<Reconciled> =>
  client.lease(async (session): Promise<Reconciled> => {
    const print = printOf(spec, wanted)
    const plan = async (): Promise<Result<Plan, RouterosFault>> => {
      const read = await session.perform(print, call)
      return read.ok ? ok(planTable(spec, { ...wanted, observed: read.value.rows })) : read
    }
    const first = await plan()
    if (!first.ok) return first
    const { conflicts } = first.value
    const operations = first.value.operations.slice(0, reconcileLimits.operationsMax)
    if (operations.length === 0) return ok({ type: 'unchanged', conflicts })
    const carried = await carryOut(session, spec, operations, call)
    if (!carried.ok) return carried
    const second = await plan()
    if (!second.ok) return second
    const left = second.value.operations
    if (left.length === 0) return ok({ type: 'applied', operations: operations.length, conflicts })
    const refusals = carried.value
    if (operations.length < first.value.operations.length && refusals.size === 0)
      return ok({ type: 'unfinished', operations: operations.length, conflicts })
    return ok({
      type: 'not-taken',
      notTaken: left.slice(0, reconcileLimits.notTakenMax).map(notTakenOf(refusals)),
      conflicts,
    })
  }, call)

/** Only what is needed of each row: a table may have thousands, and counters in each. */
export const printOf = ({ menu, identity = [], named, alone }: TableSpec, { desired }: Wanted): RouterosRequest => {
  const marks = named === undefined ? ['comment'] : ['name']
  const use = alone === undefined ? [] : [alone, 'disabled']
  const names = new Set(['.id', 'dynamic', ...marks, ...use, ...identity])
  for (const { values } of desired) for (const name of Object.keys(values)) names.add(name)
  return { kind: 'print', menu, properties: [...names] }
}

const notTakenOf =
  (refusals: ReadonlyMap<string, string>) =>
  (operation: Operation): NotTaken => ({
    key: operation.key,
    fields: 'values' in operation ? Object.keys(operation.values) : operation.type === 'move' ? ['place'] : [],
    message: refusals.get(operation.key),
  })

const messageOf = (fault: RouterosFault): string => (fault.type === 'Refused' ? fault.message : fault.type)

/**
 * What the router refused, by key. A refusal stops nothing: what is read back decides. Anything else that goes wrong stops
 * all, since nobody knows then what the ids mean.
 */
const carryOut = async (
  session: Session,
  spec: TableSpec,
  operations: readonly Operation[],
  call: CallOptions,
): Promise<Result<ReadonlyMap<string, string>, RouterosFault>> => {
  const added = new Map<string, string | undefined>()
  const refusals = new Map<string, string>()
  const idOf = (place: Place): string | undefined =>
    place === undefined ? undefined : 'id' in place ? place.id : added.get(place.key)
  const perform = async (operation: Operation): Promise<RouterosFault | undefined> => {
    const before = 'before' in operation ? idOf(operation.before) : undefined
    const done = await session.perform(requestOf(spec.menu, operation, before), call)
    // Whoever was to stand before a row that is not there stands before its neighbour.
    if (operation.type === 'add') added.set(operation.key, done.ok ? done.value.id : before)
    if (done.ok) return undefined
    if (done.error.type !== 'Refused') return done.error
    refusals.set(operation.key, done.error.message)
    return undefined
  }
  for (const batch of batchesOf(operations, spec.place === undefined ? reconcileLimits.togetherMax : 1)) {
    const faults = await Promise.all(batch.map(perform))
    const fault = faults.find((one) => one !== undefined)
    if (fault !== undefined) return err(fault)
  }
  return ok(refusals)
}

/** Operations of one kind do not wait for each other; those of the next kind wait for all of them. */
const batchesOf = (operations: readonly Operation[], sizeMax: number): readonly (readonly Operation[])[] => {
  const batches: Operation[][] = []
  for (const operation of operations) {
    const last = batches.at(-1)
    if (last !== undefined && last.length < sizeMax && last[0]!.type === operation.type) last.push(operation)
    else batches.push([operation])
  }
  return batches
}

const requestOf = (menu: string, operation: Operation, before: string | undefined): RouterosRequest => {
  const place = before === undefined ? {} : { before }
  switch (operation.type) {
    case 'remove':
      return { kind: 'remove', menu, id: operation.id }
    case 'set':
      return { kind: 'set', menu, id: operation.id, values: operation.values }
    case 'add':
      return { kind: 'add', menu, values: operation.values, ...place }
    default:
      return { kind: 'move', menu, id: operation.id, ...place }
  }
}
