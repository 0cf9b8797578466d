/** Counts tries by key within a window of time: what bounds guessing, and what strangers can ask for. */
type Count = { readonly since: number; tries: number }

export type TryWindowLimits = {
  readonly triesMax: number
  readonly windowMs: number
  /** Keys remembered; one more puts the oldest out. */
  readonly keysMax: number
}

export class TryWindow {
  readonly #counts = new Map<string, Count>()
  readonly #limits: TryWindowLimits

  constructor(limits: TryWindowLimits) {
    this.#limits = limits
  }

  /** `now` is monotonic, in ms. */
  isFull(key: string, now: number): boolean {
    const count = this.#counts.get(key)
    if (!count) return false
    if (now - count.since < this.#limits.windowMs) return count.tries >= this.#limits.triesMax
    this.#counts.delete(key)
    return false
  }

  add(key: string, now: number): void {
    const count = this.#counts.get(key)
    if (count && now - count.since < this.#limits.windowMs) {
      count.tries += 1
      return
    }
    this.#counts.delete(key)
    if (this.#counts.size >= this.#limits.keysMax) this.#counts.delete(this.#counts.keys().next().value!)
    this.#counts.set(key, { since: now, tries: 1 })
  }

  forget(key: string): void {
    this.#counts.delete(key)
  }
}
