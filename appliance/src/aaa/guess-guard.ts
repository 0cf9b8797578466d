/**
 * Makes guessing of voucher codes hopeless without locking out the street: a device that misses too often waits, and at
 * each router, and in all, only so many codes a second are tried that are not known to be their device's own. Each
 * thread keeps its own counts.
 */

const DEVICE_MISSES_MAX = 10
const DEVICE_WINDOW_MS = 10 * 60_000
/** Devices remembered; with random addresses there is no end of them, and the buckets below hold. */
const DEVICES_MAX = 10_000
/** A hotspot of a thousand people that opens its doors is a burst of some hundred new codes. */
const ROUTER = { perSecond: 5, burst: 300 }
const ALL = { perSecond: 20, burst: 1000 }
const ROUTERS_MAX = 10_000

type Rate = { readonly perSecond: number; readonly burst: number }

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

export class GuessGuard {
  readonly #monotonicMs: () => number
  readonly #devices = new Map<string, { misses: number; readonly since: number }>()
  readonly #routers = new Map<number, Bucket>()
  readonly #all: Bucket

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
    this.#all = new Bucket(ALL, monotonicMs())
  }

  /** Whether this device has missed too often lately. One without an address is not told apart. */
  isBlocked(device: string): boolean {
    const seen = this.#devices.get(device)
    if (seen === undefined) return false
    if (this.#monotonicMs() - seen.since < DEVICE_WINDOW_MS) return seen.misses >= DEVICE_MISSES_MAX
    this.#devices.delete(device)
    return false
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

  missed(device: string): void {
    if (device === '') return
    const seen = this.#devices.get(device)
    if (seen) {
      seen.misses += 1
      return
    }
    dropOldest(this.#devices, DEVICES_MAX)
    this.#devices.set(device, { misses: 1, since: this.#monotonicMs() })
  }

  #bucketOf(router: number, now: number): Bucket {
    const known = this.#routers.get(router)
    if (known) return known
    dropOldest(this.#routers, ROUTERS_MAX)
    const bucket = new Bucket(ROUTER, now)
    this.#routers.set(router, bucket)
    return bucket
  }
}

const dropOldest = (map: Map<unknown, unknown>, sizeMax: number): void => {
  if (map.size >= sizeMax) map.delete(map.keys().next().value)
}
