/**
 * Makes guessing of voucher codes hopeless without locking out the street: a device that misses too often waits, and at
 * each router, and in all, only so many codes a second are tried that are not known to be their device's own. Each
 * thread keeps its own counts.
 */
import { dropOldest, RouterRates } from './rates.ts'

const DEVICE_MISSES_MAX = 10
const DEVICE_WINDOW_MS = 10 * 60_000
/** Devices remembered; with random addresses there is no end of them, and the rates below hold. */
const DEVICES_MAX = 10_000
/** A hotspot of a thousand people that opens its doors is a burst of some hundred new codes. */
const RATES = { router: { perSecond: 5, burst: 300 }, all: { perSecond: 20, burst: 1000 } }

export class GuessGuard {
  readonly #monotonicMs: () => number
  readonly #devices = new Map<string, { misses: number; readonly since: number }>()
  readonly #rates: RouterRates

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
    this.#rates = new RouterRates(monotonicMs, RATES)
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
    return this.#rates.mayTry(router)
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
}
