/** How often something may be tried: a bucket of tries for each router, and one for all. Each thread keeps its own. */

export type Rate = { readonly perSecond: number; readonly burst: number }

const ROUTERS_MAX = 10_000

class Bucket {
  readonly #rate: Rate
  #tokens: number
  #at: number

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate
    this.#tokens = rate.burst
    this.#at = nowMs
  }

  has(nowMs: number): boolean {
    const { burst, perSecond } = this.#rate
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#at) / 1000) * perSecond)
    this.#at = nowMs
    return this.#tokens >= 1
  }

  take(): void {
    this.#tokens -= 1
  }
}

export class RouterRates {
  readonly #monotonicMs: () => number
  readonly #rate: Rate
  readonly #routers = new Map<number, Bucket>()
  readonly #all: Bucket

  constructor(monotonicMs: () => number, rates: { readonly router: Rate; readonly all: Rate }) {
    this.#monotonicMs = monotonicMs
    this.#rate = rates.router
    this.#all = new Bucket(rates.all, monotonicMs())
  }

  /** Takes one try at this router; false when there is none left now. */
  mayTry(router: number): boolean {
    const now = this.#monotonicMs()
    const bucket = this.#bucketOf(router, now)
    if (!bucket.has(now) || !this.#all.has(now)) return false
    bucket.take()
    this.#all.take()
    return true
  }

  #bucketOf(router: number, now: number): Bucket {
    const known = this.#routers.get(router)
    if (known) return known
    dropOldest(this.#routers, ROUTERS_MAX)
    const bucket = new Bucket(this.#rate, now)
    this.#routers.set(router, bucket)
    return bucket
  }
}

export const dropOldest = (map: Map<unknown, unknown>, sizeMax: number): void => {
  if (map.size >= sizeMax) map.delete(map.keys().next().value)
}
