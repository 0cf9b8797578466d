/** What browsers are asked to sign: each good once, for a while, for one browser and one purpose. */
import type { Clock, Random } from '@lango/kernel'
import { webLimits } from './limits.ts'

/** To come in, to prove anew who one is, to add a passkey. */
export type Purpose = 'enter' | 'confirm' | 'add'

type Challenge = { readonly text: string; readonly since: number; readonly address: string }

/** WebAuthn section 13.4.3 asks for 16 at least. */
const CHALLENGE_OCTETS = 32

export type Challenges = ReturnType<typeof createChallenges>

/** `holder` is a secret of the browser, or the id of its session; times run on the monotonic clock. */
export const createChallenges = (clock: Pick<Clock, 'monotonicMs'>, random: Random) => {
  const pending = new Map<string, Challenge>()
  const keyOf = (purpose: Purpose, holder: string): string => `${purpose} ${holder}`

  /** Whoever asks without end takes room from themselves first. */
  const makeRoom = (address: string): void => {
    const own = [...pending].filter(([, each]) => each.address === address)
    if (own.length >= webLimits.challengesPerAddressMax) pending.delete(own[0]![0])
    else if (pending.size >= webLimits.challengesMax) pending.delete(pending.keys().next().value!)
  }

  return {
    /** A fresh one, base64url; the one before it, of this browser for this purpose, is void. */
    issue(purpose: Purpose, holder: string, address: string): string {
      const key = keyOf(purpose, holder)
      pending.delete(key)
      makeRoom(address)
      const text = random.bytes(CHALLENGE_OCTETS).toString('base64url')
      pending.set(key, { text, since: clock.monotonicMs(), address })
      return text
    },
    /** The one that is pending, which is used up by it; undefined when there is none, or it is too old. */
    take(purpose: Purpose, holder: string): string | undefined {
      const key = keyOf(purpose, holder)
      const found = pending.get(key)
      pending.delete(key)
      const isFresh = found !== undefined && clock.monotonicMs() - found.since <= webLimits.challengeMs
      return isFresh ? found.text : undefined
    },
  }
}
