/**
 * Devices that a router asks for by their address alone, and that nobody has entered: at a hotspot that is every phone
 * that joins. They are refused at once, are nobody's guess, and of each the decision is kept once an hour. Each thread
 * keeps its own.
 */
import { dropOldest, RouterRates } from './rates.ts'

const AGAIN_AFTER_MS = 3_600_000
const DEVICES_MAX = 10_000
/** Addresses are cheap: whoever invents them fills no log. */
const RATES = { router: { perSecond: 1, burst: 60 }, all: { perSecond: 5, burst: 200 } }

export class Strangers {
  readonly #monotonicMs: () => number
  readonly #seen = new Map<string, number>()
  readonly #rates: RouterRates

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
    this.#rates = new RouterRates(monotonicMs, RATES)
  }

  /** Whether it is worth a line in the decisions that this device is unknown. */
  isNews(device: string, router: number): boolean {
    const now = this.#monotonicMs()
    const key = `${router} ${device}`
    const last = this.#seen.get(key)
    if (last !== undefined && now - last < AGAIN_AFTER_MS) return false
    if (!this.#rates.mayTry(router)) return false
    this.#seen.delete(key)
    dropOldest(this.#seen, DEVICES_MAX)
    this.#seen.set(key, now)
    return true
  }
}
