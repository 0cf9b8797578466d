/**
 * Makes guessing of voucher codes hopeless without locking out the street: a device that misses too often waits, and at
 * each router, and in all, only so many codes a second are tried that are not known to be their device's own. Beyond
 * that a code still counts as read from paper where guessers have hardly tried its like. Each thread keeps its own
 * counts.
 */
import { CODE_TAIL } from '@lango/modules/access/rules'
import { dropOldest, RouterRates } from './rates.ts'
import { deviceHash } from './slots.ts'

const DEVICE_MISSES_MAX = 10
const DEVICE_WINDOW_MS = 10 * 60_000
/** Devices remembered; with random addresses there is no end of them, and the rates below hold. */
const DEVICES_MAX = 10_000
/** A hotspot of a thousand people that opens its doors is a burst of some hundred new codes. */
const RATES = { router: { perSecond: 5, burst: 300 }, all: { perSecond: 20, burst: 1000 } }

/**
 * Misses are counted by how their codes end, for a day. Whoever reads the desk's lists knows the ends of codes, so what
 * was tried is held against the codes that end alike, not against all.
 */
const ENDS_COUNTED = 2 ** 17
const ENDS_WINDOW_MS = 86_400_000
/** The chance at which a right code may have been found by guessing. */
const GUESSED_SHARE_MAX = 1 / 1000

export class GuessGuard {
  readonly #monotonicMs: () => number
  readonly #devices = new Map<string, { misses: number; readonly since: number }>()
  readonly #rates: RouterRates
  /** Ends that meet in a cell are counted as one: never too few. */
  readonly #ends = new Uint16Array(ENDS_COUNTED)
  #endsSince: number

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
    this.#endsSince = monotonicMs()
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

  /** Whether so few of the `alike` codes that end like this one were tried, this one among them, that nobody guessed it. */
  isUnguessed(code: string, alike: number): boolean {
    return this.#ends[this.#endOf(code)]! + 1 <= alike * GUESSED_SHARE_MAX
  }

  missed(device: string, code: string): void {
    const end = this.#endOf(code)
    if (this.#ends[end]! < 0xffff) this.#ends[end]! += 1
    if (device === '') return
    const seen = this.#devices.get(device)
    if (seen) {
      seen.misses += 1
      return
    }
    dropOldest(this.#devices, DEVICES_MAX)
    this.#devices.set(device, { misses: 1, since: this.#monotonicMs() })
  }

  #endOf(code: string): number {
    const now = this.#monotonicMs()
    if (now - this.#endsSince >= ENDS_WINDOW_MS) {
      this.#ends.fill(0)
      this.#endsSince = now
    }
    return (deviceHash(code.slice(-CODE_TAIL)) >>> 0) % ENDS_COUNTED
  }
}
