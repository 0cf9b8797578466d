/**
 * Guessing staff passwords is hopeless, and nobody can shut a person out by guessing at their name: strangers are
 * counted by address and by name, a browser that has signed in before by itself.
 */
import type { Clock } from '@lango/kernel'
import { webLimits } from './limits.ts'

type Count = { readonly since: number; tries: number }

/** Counts by key within `signInWindowMs`. */
export class Window {
  readonly #counts = new Map<string, Count>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  isFull(key: string, now: number): boolean {
    const count = this.#counts.get(key)
    if (!count) return false
    if (now - count.since < webLimits.signInWindowMs) return count.tries >= this.#max
    this.#counts.delete(key)
    return false
  }

  add(key: string, now: number): void {
    const count = this.#counts.get(key)
    if (count) {
      count.tries += 1
      return
    }
    if (this.#counts.size >= webLimits.signInCountsMax) this.#counts.delete(this.#counts.keys().next().value!)
    this.#counts.set(key, { since: now, tries: 1 })
  }

  forget(key: string): void {
    this.#counts.delete(key)
  }
}

export type Attempt = {
  readonly login: string
  readonly address: string
  /** A browser that this person has signed in from before, by its own mark. */
  readonly knownBrowser: string | undefined
}

export type SignInGuard = ReturnType<typeof createSignInGuard>

export const createSignInGuard = (clock: Clock) => {
  const byAddress = new Window(webLimits.signInsPerAddressMax)
  const byLogin = new Window(webLimits.signInsPerLoginMax)
  const byBrowser = new Window(webLimits.signInsPerBrowserMax)
  return {
    mayTry({ login, address, knownBrowser }: Attempt): boolean {
      const now = clock.monotonicMs()
      if (knownBrowser !== undefined) return !byBrowser.isFull(knownBrowser, now)
      return !byAddress.isFull(address, now) && !byLogin.isFull(login, now)
    },
    failed({ login, address, knownBrowser }: Attempt): void {
      const now = clock.monotonicMs()
      if (knownBrowser !== undefined) return byBrowser.add(knownBrowser, now)
      byAddress.add(address, now)
      byLogin.add(login, now)
    },
    succeeded({ login, address, knownBrowser }: Attempt): void {
      if (knownBrowser !== undefined) byBrowser.forget(knownBrowser)
      else byAddress.forget(address)
      byLogin.forget(login)
    },
  }
}
