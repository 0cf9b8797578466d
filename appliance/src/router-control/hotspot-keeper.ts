/** Keeps the hotspot of one router as it should be, and knows how that goes. */
import { ok, type Clock, type Result } from '@lango/kernel'
import type { HotspotStatus } from '@lango/modules/network'
import {
  enforceHotspot,
  newPagesMemory,
  removeHotspot,
  type HotspotOutcome,
  type RouterosClient,
  type RouterosFault,
} from './drivers.ts'
import type { WantedHotspot } from './hotspots.ts'

/** Told of one by one. */
const TROUBLES_TOLD_MAX = 20

export type HotspotPass = {
  readonly isChanged: boolean
  readonly isUnfinished: boolean
  readonly isTroubled: boolean
  /** It was to go, and is gone. */
  readonly isGone: boolean
}

const nothing: HotspotPass = { isChanged: false, isUnfinished: false, isTroubled: false, isGone: false }

export class HotspotKeeper {
  readonly #client: RouterosClient
  readonly #clock: Clock
  #wanted: WantedHotspot | undefined
  #memory = newPagesMemory()
  #status: HotspotStatus | undefined

  constructor(client: RouterosClient, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  get status(): HotspotStatus | undefined {
    return this.#status
  }

  /** True when it is another than before. */
  want(wanted: WantedHotspot | undefined): boolean {
    if (wanted?.version === this.#wanted?.version) return false
    this.#wanted = wanted
    if (!wanted) this.#status = undefined
    return true
  }

  /** What seemed to be in vain is tried again. */
  forget(): void {
    this.#memory = newPagesMemory()
  }

  async pass(): Promise<Result<HotspotPass, RouterosFault>> {
    const wanted = this.#wanted
    if (!wanted) return ok(nothing)
    const { isLeaving, steps } = wanted
    if (!steps) {
      this.#tell(isLeaving, { isChanged: false, isUnfinished: false, troubles: [] }, true)
      return ok({ ...nothing, isTroubled: true })
    }
    const done = isLeaving
      ? await removeHotspot(this.#client, steps)
      : await enforceHotspot(this.#client, steps, this.#memory)
    // Another is wanted meanwhile: what was done is none of its business.
    if (!done.ok || wanted !== this.#wanted) return done.ok ? ok({ ...nothing, isUnfinished: true }) : done
    const { isChanged, isUnfinished, troubles } = done.value
    this.#tell(isLeaving, done.value, false)
    const isTroubled = troubles.length > 0
    return ok({ isChanged, isUnfinished, isTroubled, isGone: isLeaving && !isTroubled && !isUnfinished })
  }

  #tell(isLeaving: boolean, { isChanged, isUnfinished, troubles }: HotspotOutcome, isUnready: boolean): void {
    const now = this.#clock.now()
    const { keptAt, changedAt } = this.#status ?? {}
    const isKept = !isUnfinished && !isUnready && troubles.length === 0
    this.#status = {
      isLeaving,
      troubles: isUnready
        ? [{ what: 'unready', menu: '', name: '', said: '' }]
        : troubles.slice(0, TROUBLES_TOLD_MAX).map(({ part: _part, ...told }) => told),
      keptAt: isKept ? now : keptAt,
      changedAt: isChanged ? now : changedAt,
    }
  }
}
