/** Keeps one router as it should be: writes what has changed at once, and looks now and then that all is there still. */
import { createHash } from 'node:crypto'
import type { Clock, Log } from '@lango/kernel'
import type { ControlFault, ControlStatus, ControlTrouble } from '@lango/modules/network'
import { HotspotKeeper, type HotspotPass } from './hotspot-keeper.ts'
import type { WantedHotspot } from './hotspots.ts'
import {
  enforceStatic,
  type RouterosClient,
  type RouterosFault,
  type StaticCustomer,
  type StaticOutcome,
} from './drivers.ts'

/** Nothing has changed here: somebody may have changed it there. */
export const CHECK_EVERY_MS = 300_000
/** What the router did not take is tried again. */
export const TROUBLED_EVERY_MS = 60_000
/** Told of one by one. */
const TROUBLES_TOLD_MAX = 20
/** The client itself waits longer and longer before it connects again. */
export const FAILING_EVERY_MS = 5000

export type KeptCustomer = StaticCustomer & { readonly login: string }
export type KeptCustomers = ReadonlyMap<string, KeptCustomer>

export type KeeperDeps = {
  readonly routerId: string
  readonly client: RouterosClient
  readonly clock: Clock
  readonly log: Log
  readonly onStatus: (status: ControlStatus) => void
  /** These services may pass from now on. */
  readonly letIn: (keys: ReadonlySet<string>) => void
  /** What was to be taken off the router is off it. */
  readonly onHotspotGone: () => void
}

export class Keeper {
  readonly #deps: KeeperDeps
  readonly #hotspot: HotspotKeeper
  #wanted: KeptCustomers | undefined
  #wantedHash = ''
  #isChanged = false
  #nextAtMs = 0
  #passing: Promise<void> | undefined
  #isClosed = false
  #status: ControlStatus

  constructor(deps: KeeperDeps) {
    this.#deps = deps
    this.#hotspot = new HotspotKeeper(deps.client, deps.clock)
    this.#status = { routerId: deps.routerId, customers: 0, active: 0, troubles: [], troubleCount: 0 }
  }

  /** Who is to be held there from now on. */
  want(customers: KeptCustomers): void {
    const hash = createHash('sha256')
      .update(JSON.stringify([...customers.values()]))
      .digest('base64')
    if (hash === this.#wantedHash) return
    this.#wantedHash = hash
    this.#wanted = customers
    this.#isChanged = true
  }

  wantHotspot(wanted: WantedHotspot | undefined): void {
    if (this.#hotspot.want(wanted)) this.#isChanged = true
  }

  /** Somebody does not want to wait. */
  push(): void {
    this.#hotspot.forget()
    this.#nextAtMs = 0
  }

  /** Begins a pass when one is due. */
  look(): void {
    if (this.#passing || !this.#wanted || this.#isClosed) return
    const isDue = this.#deps.clock.monotonicMs() >= this.#nextAtMs
    // While a router does not answer, what changes waits like the rest.
    if (!isDue && (!this.#isChanged || this.#status.fault)) return
    this.#isChanged = false
    this.#passing = this.#pass(this.#wanted)
      .catch((error: unknown) => {
        this.#deps.log.error('a router could not be held to its customers', { router: this.#deps.routerId, error })
        this.#nextAtMs = this.#deps.clock.monotonicMs() + TROUBLED_EVERY_MS
      })
      .finally(() => {
        this.#passing = undefined
        this.look()
      })
  }

  close(): void {
    this.#isClosed = true
    this.#deps.client.close()
  }

  async #pass(wanted: KeptCustomers): Promise<void> {
    const { client, clock } = this.#deps
    const probed = await client.probe()
    const kept = probed.ok ? await enforceStatic(client, [...wanted.values()]) : probed
    const hotspot = kept.ok ? await this.#hotspot.pass() : kept
    if (this.#isClosed) return
    if (kept.ok && hotspot.ok) return this.#passed(wanted, readOutcome(kept.value, wanted), hotspot.value)
    const fault = faultOf((kept.ok ? hotspot : kept) as { readonly error: RouterosFault })
    this.#nextAtMs = clock.monotonicMs() + FAILING_EVERY_MS
    this.#tell(wanted, { fault, failingSince: this.#status.failingSince ?? clock.now() })
  }

  #passed(wanted: KeptCustomers, read: ReturnType<typeof readOutcome>, hotspot: HotspotPass): void {
    const { clock, letIn, log, routerId, onHotspotGone } = this.#deps
    const now = clock.now()
    const { isUnfinished, isChanged, troubles } = read
    const isTroubled = troubles.length > 0 || hotspot.isTroubled
    const isMore = isUnfinished || hotspot.isUnfinished
    this.#nextAtMs = clock.monotonicMs() + (isMore ? 0 : isTroubled ? TROUBLED_EVERY_MS : CHECK_EVERY_MS)
    if (isChanged)
      log.info('a router holds its customers as they should be', { router: routerId, customers: wanted.size })
    if (hotspot.isChanged) log.info('the hotspot of a router was changed', { router: routerId })
    if (hotspot.isGone) onHotspotGone()
    const without = new Set(troubles.map(({ key }) => key))
    letIn(new Set([...wanted.values()].flatMap(({ key, isActive }) => (isActive && !without.has(key) ? [key] : []))))
    const { changedAt } = this.#status
    this.#tell(wanted, {
      ...(isUnfinished ? {} : { keptAt: now }),
      ...(isChanged ? { changedAt: now } : changedAt === undefined ? {} : { changedAt }),
      troubles: troubles.slice(0, TROUBLES_TOLD_MAX).map(({ key: _key, ...told }) => told),
      troubleCount: troubles.length,
    })
  }

  #tell(wanted: KeptCustomers, news: Partial<ControlStatus>): void {
    const { facts } = this.#deps.client
    const { keptAt, changedAt, troubles, troubleCount } = this.#status
    const before = news.fault === undefined ? {} : { keptAt, changedAt, troubles, troubleCount }
    this.#status = {
      routerId: this.#deps.routerId,
      troubles: [],
      troubleCount: 0,
      ...before,
      ...news,
      customers: wanted.size,
      active: [...wanted.values()].filter(({ isActive }) => isActive).length,
      ...(this.#hotspot.status && { hotspot: this.#hotspot.status }),
      ...(facts && { router: { identity: facts.identity, version: facts.versionText, board: facts.boardName } }),
    }
    this.#deps.onStatus(this.#status)
  }
}

type Trouble = ControlTrouble & { readonly key: string }

const readOutcome = (
  { tables, unreadable }: StaticOutcome,
  wanted: KeptCustomers,
): { readonly isUnfinished: boolean; readonly isChanged: boolean; readonly troubles: readonly Trouble[] } => {
  const trouble = (key: string, what: ControlTrouble['what'], menu = '', said = ''): Trouble => ({
    key,
    // Of a row that should go, nobody is the customer any more.
    login: wanted.get(key)?.login ?? '',
    what,
    menu,
    said,
  })
  const troubles = [
    ...unreadable.map((key) => trouble(key, 'unreadable')),
    ...tables.flatMap(({ menu, outcome }) => [
      ...outcome.conflicts.map((one) => trouble(one.key, one.with === 'desired' ? 'twice' : 'taken', menu)),
      ...(outcome.type === 'not-taken'
        ? outcome.notTaken.map(({ key, message = '' }) => trouble(key, 'refused', menu, message))
        : []),
    ]),
  ]
  return {
    isUnfinished: tables.some(({ outcome }) => outcome.type === 'unfinished'),
    isChanged: tables.some(({ outcome }) => outcome.type !== 'unchanged'),
    // One each: what is amiss first is mended first.
    troubles: [...new Map(troubles.toReversed().map((one) => [one.key, one])).values()].toReversed(),
  }
}

const faultOf = ({ error: fault }: { readonly error: RouterosFault }): ControlFault => {
  switch (fault.type) {
    case 'Unreachable':
      return { why: 'unreachable', detail: fault.cause }
    case 'CertificateRefused':
      return { why: 'certificate', detail: fault.cause, certificateSha256: fault.sha256 }
    case 'LoginRefused':
      return { why: 'login', detail: fault.message }
    case 'Refused':
      return { why: 'refused', detail: fault.message }
    case 'ConnectionLost':
      return { why: 'silent', detail: fault.cause }
    case 'TimedOut':
      return { why: fault.sent ? 'silent' : 'unreachable', detail: `${fault.afterMs} ms` }
    default:
      return { why: 'silent', detail: fault.type }
  }
}
