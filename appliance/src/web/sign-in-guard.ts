/**
 * Guessing staff passwords is hopeless, and nobody can shut a person out by guessing at their name: strangers are
 * counted by address and by name, a browser that has signed in before by itself.
 */
import { TryWindow, type Clock } from '@lango/kernel'
import { webLimits } from './limits.ts'

/** Tries by key within the web's window. */
export const windowOf = (triesMax: number): TryWindow =>
  new TryWindow({ triesMax, windowMs: webLimits.signInWindowMs, keysMax: webLimits.signInCountsMax })

export type Attempt = {
  readonly login: string
  readonly address: string
  /** A browser that this person has signed in from before, by its own mark. */
  readonly knownBrowser: string | undefined
}

export type SignInGuard = ReturnType<typeof createSignInGuard>

export const createSignInGuard = (clock: Clock) => {
  const byAddress = windowOf(webLimits.signInsPerAddressMax)
  const byLogin = windowOf(webLimits.signInsPerLoginMax)
  const byBrowser = windowOf(webLimits.signInsPerBrowserMax)
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
