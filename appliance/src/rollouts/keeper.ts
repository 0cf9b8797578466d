/** Carries rollouts out: who is next, when it stops, and when it is done. What each router meets is in `device-step.ts`. */
import type { Log } from '@lango/kernel'
import { mayBegin, mustHalt, OVER, tallyOf, UNDER_WAY } from '@lango/modules/rollouts'
import { workedBy } from '@lango/modules/rollouts/port'
import { readSoftware, type RouterosClient } from './drivers.ts'
import { DeviceStep, type Change, type Device, type Next, type Rollout, type StepDeps } from './device-step.ts'

/** Routers that are away, or wait for their hour. */
export const LATER_MS = 60_000
/** What a router runs is asked this often, so that the list of them is right when somebody looks at it. */
const SOFTWARE_EVERY_MS = 6 * 3_600_000
const SOFTWARE_AGAIN_MS = 30 * 60_000
/** A step that never comes to an end is a mistake in the program. */
const STEPS_IN_A_ROW_MAX = 8

export type KeeperDeps = Omit<StepDeps, 'rollout'> & {
  /** The latest; undefined where there is none. */
  readonly latest: () => Rollout | undefined
  readonly devices: (rolloutId: string) => readonly Device[]
  readonly end: (rolloutId: string, state: 'halted' | 'done') => void
  readonly log: Log
}

export class RolloutKeeper {
  readonly #deps: KeeperDeps
  readonly #working = new Map<string, Promise<void>>()
  /** On the monotonic clock. */
  readonly #notBefore = new Map<string, number>()
  readonly #clients = new Set<RouterosClient>()
  #isClosed = false

  constructor(deps: KeeperDeps) {
    this.#deps = deps
  }

  /** Begins what is due. */
  look(): void {
    const { clock, latest, devices } = this.#deps
    // A clock that nobody vouches for can judge neither hours nor what came before what.
    if (this.#isClosed || !clock.sure()) return
    const rollout = latest()
    if (rollout && workedBy[rollout.kind] === 'box') {
      for (const device of devices(rollout.id)) if (UNDER_WAY.has(device.state)) this.#work(rollout, device)
      if (rollout.state === 'running') this.#advance(rollout)
    }
    this.#lookAtSoftware()
  }

  /** Somebody does not want to wait. */
  hurry(): void {
    this.#notBefore.clear()
    this.look()
  }

  /** Waits for what is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#working.values())
  }

  /** What is under way is left as it is on record: the next start goes on from there. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const client of this.#clients) client.close()
    await this.settled()
  }

  async #with<T>(client: RouterosClient, use: () => Promise<T>): Promise<T> {
    this.#clients.add(client)
    try {
      return await use()
    } finally {
      client.close()
      this.#clients.delete(client)
    }
  }

  #record(deviceId: string, change: Change): void {
    if (!this.#isClosed) this.#deps.record(deviceId, change)
  }

  #advance(rollout: Rollout): void {
    const { clock, devices, record, end } = this.#deps
    const isLate = clock.now() >= rollout.waitUntil
    const all = devices(rollout.id)
    if (isLate) for (const { id, state } of all) if (state === 'waiting') record(id, { state: 'skipped', why: 'late' })
    const now = isLate ? devices(rollout.id) : all
    const tally = tallyOf(now)
    if (mustHalt(tally, rollout)) return end(rollout.id, 'halted')
    if (now.every(({ state }) => OVER.has(state))) return end(rollout.id, 'done')
    const waiting = now.filter(({ state }) => state === 'waiting')
    const trying = waiting.filter(({ id }) => this.#working.has(id)).length
    const due = waiting.filter(({ id }) => !this.#working.has(id) && this.#isDue(id))
    for (const device of due.slice(0, Math.max(0, mayBegin(tally, rollout) - trying))) this.#work(rollout, device)
  }

  #isDue(key: string): boolean {
    return this.#deps.clock.monotonicMs() >= (this.#notBefore.get(key) ?? 0)
  }

  #work(rollout: Rollout, { id }: Device): void {
    if (!this.#isDue(id)) return
    this.#do(id, async () => {
      let next: Next = 'go on'
      for (let steps = 0; next === 'go on' && steps < STEPS_IN_A_ROW_MAX; steps += 1)
        next = await this.#step(rollout, id)
      return next === 'soon' ? 0 : LATER_MS
    })
  }

  /** One piece of work of a key at a time; `work` tells when there may be more. */
  #do(key: string, work: () => Promise<number>): void {
    if (this.#working.has(key)) return
    const { clock, log } = this.#deps
    const done = work()
      .catch((error: unknown) => {
        log.error('a step of a rollout failed', { about: key, error })
        return LATER_MS
      })
      .then((waitMs) => {
        this.#notBefore.set(key, clock.monotonicMs() + waitMs)
        this.#working.delete(key)
      })
    this.#working.set(key, done)
  }

  async #step(rollout: Rollout, deviceId: string): Promise<Next> {
    const { devices, latest, routers } = this.#deps
    const device = devices(rollout.id).find(({ id }) => id === deviceId)
    if (!device || this.#isClosed) return 'later'
    const client = routers.client(device.deviceId)
    if (!client) {
      this.#record(deviceId, { state: UNDER_WAY.has(device.state) ? 'failed' : 'skipped', why: 'no-control' })
      return 'later'
    }
    const record: StepDeps['record'] = (id, change) => this.#record(id, change)
    const deps = { ...this.#deps, rollout: () => latest() ?? rollout, record }
    return this.#with(client, () => new DeviceStep(deps, device, client).run())
  }

  /** One at a time: nobody waits for it. */
  #lookAtSoftware(): void {
    const { clock, routers, recordSoftware } = this.#deps
    const key = (id: string): string => `software ${id}`
    const next = routers.unseenSince(clock.now() - SOFTWARE_EVERY_MS).find((id) => this.#isDue(key(id)))
    if (next === undefined || [...this.#working.keys()].some((one) => one.startsWith(key('')))) return
    this.#do(key(next), async () => {
      const client = routers.client(next)
      const read = client && (await this.#with(client, () => readSoftware(client)))
      if (read?.ok === true && !this.#isClosed) recordSoftware(next, read.value)
      return SOFTWARE_AGAIN_MS
    })
  }
}
