/**
 * A hotspot on a router: rows in many menus, settings, and the pages that lead to the portal. Each pass makes it as it
 * should be. Where none of ours stands yet, nothing is written while a row of the operator's is in the way, and the first
 * thing that is not taken stops the rest: half a hotspot asks nobody for a login. One that stands is mended as far as can be.
 */
import { err, ok, type Result } from '@lango/kernel'
import type { RouterosClient } from './client.ts'
import type { RouterosFault } from './fault.ts'
import { ensurePages, flashFolder, removePages, type DesiredPages, type PagesMemory } from './pages.ts'
import { markOf, planTable, type DesiredRow, type TableSpec } from './plan.ts'
import { ensureSettings, printOf, reconcile, type Reconciled, type ReconcileOutcome } from './reconcile.ts'
import type { CallOptions, Values } from './request.ts'
import { knowsProperty } from './versions.ts'

type RowsStep = Omit<TableSpec, 'area' | 'place'> & { readonly part: string; readonly rows: readonly DesiredRow[] }
type PagesStep = DesiredPages & { readonly part: 'pages' }
type SettingsStep = { readonly part: string; readonly menu: string; readonly values: Values }

/** In the order in which it is set up; taken off in the other. */
export type DesiredHotspot = readonly (RowsStep | PagesStep | SettingsStep)[]

export type HotspotTrouble = {
  /** Of the step. */
  readonly part: string
  /** `taken`: a row of the operator's is in the way; `refused`: not taken; `page`: one that was not brought there. */
  readonly what: 'taken' | 'refused' | 'page'
  readonly menu: string
  /** Of the row, or the page. */
  readonly name: string
  /** In the router's words; '' where it said nothing. */
  readonly said: string
}

export type HotspotOutcome = {
  readonly isChanged: boolean
  readonly isUnfinished: boolean
  readonly troubles: readonly HotspotTrouble[]
}

const AREA = 'hotspot'
const PROFILES = '/ip/hotspot/profile'
const SERVERS = '/ip/hotspot'
const FOLDER = 'html-directory'

type Enforced = Result<HotspotOutcome, RouterosFault>
type Told = Omit<HotspotOutcome, 'isUnfinished'> & { readonly isUnfinished?: boolean }

const specOf = ({ menu, named, identity, alone, sharesTheirs }: RowsStep): TableSpec => ({
  area: AREA,
  menu,
  named,
  ...(identity && { identity }),
  alone,
  sharesTheirs,
})

export const enforceHotspot = async (
  client: RouterosClient,
  desired: DesiredHotspot,
  memory: PagesMemory,
  call: CallOptions = {},
): Promise<Enforced> => {
  const steps = desired.map((step) => ('rows' in step ? inVersion(client, step) : step))
  const stands = await standsAlready(client, steps, call)
  if (!stands.ok) return stands
  if (!stands.value) {
    const inTheWay = await conflictsOf(client, steps, call)
    if (!inTheWay.ok) return inTheWay
    if (inTheWay.value.length > 0) return ok({ isChanged: false, isUnfinished: false, troubles: inTheWay.value })
  }
  // What is to be there in its order, then in the other what is to be there no more: whatever refers to it goes first.
  const isEmpty = (step: DesiredHotspot[number]): boolean => 'rows' in step && step.rows.length === 0
  const order = [...steps.filter((step) => !isEmpty(step)), ...steps.filter(isEmpty).toReversed()]
  const pass = new Pass(client, memory, call)
  for (const step of order) {
    const fault = await pass.take(step)
    if (fault) return err(fault)
    if (!stands.value && pass.troubles.length > 0) break
  }
  return ok(pass.outcome)
}

/** Takes off what is ours, and nothing else. */
export const removeHotspot = async (
  client: RouterosClient,
  desired: DesiredHotspot,
  call: CallOptions = {},
): Promise<Enforced> => {
  const stands = await anyOfOurs(client, desired, call)
  if (!stands.ok) return stands
  if (!stands.value) return ok({ isChanged: false, isUnfinished: false, troubles: [] })
  let isChanged = false
  const troubles: HotspotTrouble[] = []
  let isUnfinished = false
  // The first step last: by its mark names are known to be ours.
  for (const step of desired.toReversed()) {
    if ('files' in step) {
      const gone = await removePages(client, { folder: step.folder, files: step.files.keys() }, call)
      if (!gone.ok) return gone
      isChanged ||= gone.value > 0
    } else if ('rows' in step) {
      const gone = await reconcile(client, specOf(step), [], call)
      if (!gone.ok) return gone
      const told = toldOf(step, gone.value)
      isChanged ||= told.isChanged
      isUnfinished ||= told.isUnfinished === true
      troubles.push(...told.troubles)
      if (told.troubles.length > 0) break
    }
  }
  return ok({ isChanged, isUnfinished, troubles })
}

/** What this version does not know is left out. */
const inVersion = (client: RouterosClient, step: RowsStep): RowsStep => ({
  ...step,
  rows: step.rows.map(({ key, values }) => ({
    key,
    values: Object.fromEntries(
      Object.entries(values).filter(([name]) => knowsProperty(client.facts?.version, step.menu, name)),
    ),
  })),
})

/** Whether the router has any row with our mark: without one a name that is like ours is the operator's. */
const anyOfOurs = async (
  client: RouterosClient,
  steps: DesiredHotspot,
  call: CallOptions,
): Promise<Result<boolean, RouterosFault>> => {
  const prefix = markOf(AREA, '-').slice(0, -1)
  for (const step of steps) {
    if (!('rows' in step) || step.named !== undefined) continue
    const read = await client.perform({ kind: 'print', menu: step.menu, properties: ['comment', 'dynamic'] }, call)
    if (!read.ok) return read
    if (read.value.rows.some(({ comment = '' }) => comment.startsWith(prefix))) return ok(true)
  }
  return ok(false)
}

/** Whether a hotspot of ours is at work there: then it is mended, and not set up. */
const standsAlready = async (
  client: RouterosClient,
  steps: DesiredHotspot,
  call: CallOptions,
): Promise<Result<boolean, RouterosFault>> => {
  const server = steps.find((step): step is RowsStep => 'rows' in step && step.menu === SERVERS)
  const marked = await anyOfOurs(client, steps, call)
  if (!marked.ok || !marked.value || server?.named === undefined) return marked
  const where = { name: server.named }
  const read = await client.perform({ kind: 'print', menu: SERVERS, where, properties: ['name'] }, call)
  return read.ok ? ok(read.value.rows.length > 0) : read
}

/** Before the first row is written: what of the operator's is in the way. */
const conflictsOf = async (
  client: RouterosClient,
  steps: DesiredHotspot,
  call: CallOptions,
): Promise<Result<readonly HotspotTrouble[], RouterosFault>> => {
  const marked = await anyOfOurs(client, steps, call)
  if (!marked.ok) return marked
  const troubles: HotspotTrouble[] = []
  for (const step of steps) {
    if (!('rows' in step) || step.rows.length === 0) continue
    const spec = specOf(step)
    const read = await client.perform(printOf(spec, { desired: step.rows }), call)
    if (!read.ok) return read
    const isTheirs =
      step.named !== undefined && !marked.value && read.value.rows.some((row) => row['name'] === step.named)
    const { conflicts } = planTable(spec, { desired: step.rows, observed: read.value.rows })
    const names = isTheirs ? [step.named] : conflicts.map(({ key }) => key)
    troubles.push(...names.map((name) => trouble(step, 'taken', name)))
  }
  return ok(troubles)
}

const trouble = (
  { part, menu }: Pick<RowsStep, 'part' | 'menu'>,
  what: HotspotTrouble['what'],
  name: string,
  said = '',
): HotspotTrouble => ({ part, what, menu, name, said })

const toldOf = (step: Pick<RowsStep, 'part' | 'menu'>, outcome: ReconcileOutcome): Told => ({
  isChanged: outcome.type !== 'unchanged',
  isUnfinished: outcome.type === 'unfinished',
  troubles: [
    ...outcome.conflicts.map(({ key }) => trouble(step, 'taken', key)),
    ...(outcome.type === 'not-taken'
      ? outcome.notTaken.map(({ key, message }) => trouble(step, 'refused', key, message))
      : []),
  ],
})

/** One walk through the steps. */
class Pass {
  readonly #client: RouterosClient
  readonly #memory: PagesMemory
  readonly #call: CallOptions
  readonly troubles: HotspotTrouble[] = []
  #isChanged = false
  #isUnfinished = false
  #hasPages = false

  constructor(client: RouterosClient, memory: PagesMemory, call: CallOptions) {
    this.#client = client
    this.#memory = memory
    this.#call = call
  }

  get outcome(): HotspotOutcome {
    return { isChanged: this.#isChanged, isUnfinished: this.#isUnfinished, troubles: this.troubles }
  }

  async take(step: DesiredHotspot[number]): Promise<RouterosFault | undefined> {
    if ('files' in step) return this.#pages(step)
    const done = 'rows' in step ? await this.#rows(step) : await this.#settings(step)
    if (!done.ok) return done.error
    const told = toldOf(step, done.value)
    this.#isChanged ||= told.isChanged
    this.#isUnfinished ||= told.isUnfinished === true
    this.troubles.push(...told.troubles)
    return undefined
  }

  #settings({ menu, values }: SettingsStep): Promise<Reconciled> {
    return ensureSettings(this.#client, menu, values, this.#call)
  }

  async #pages(step: PagesStep): Promise<RouterosFault | undefined> {
    const done = await ensurePages(this.#client, step, this.#memory, this.#call)
    if (!done.ok) return done.error
    this.#hasPages = done.value.troubles.length === 0
    this.#isChanged ||= done.value.fetched > 0
    const told = done.value.troubles.map(({ name, said }) =>
      trouble({ part: 'pages', menu: '/file' }, 'page', name, said),
    )
    this.troubles.push(...told)
    return undefined
  }

  /** The profile leads to the pages where they are, and is left with what it has until they all are there. */
  async #rows(step: RowsStep): Promise<Reconciled> {
    const enforce = (rows: readonly DesiredRow[]) => reconcile(this.#client, specOf(step), rows, this.#call)
    if (step.menu !== PROFILES || !step.rows.some(({ values }) => FOLDER in values)) return enforce(step.rows)
    const flash = await flashFolder(this.#client, this.#call)
    if (!flash.ok) return flash
    return enforce(
      step.rows.map(({ key, values: { [FOLDER]: folder = '', ...values } }) => ({
        key,
        values: this.#hasPages ? { ...values, [FOLDER]: `${flash.value}${String(folder)}` } : values,
      })),
    )
  }
}
