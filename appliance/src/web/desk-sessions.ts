import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock, Random } from '@lango/kernel'
import { webLimits } from './limits.ts'

/** For whoever holds the box's console: a one-time token in a printed address becomes a browser's session. */
export interface DeskSessions {
  /** A fresh one-time token; the one before it no longer works. */
  newToken(): string
  /** A session's secret for the cookie, or undefined: the token is wrong, used, replaced or too old. */
  exchange(token: string): string | undefined
  /** The same for a browser that has shown the setup code; it is signed in as long as this holds. */
  begin(holds: () => boolean): string
  isSignedIn(secret: string | undefined): boolean
  end(secret: string | undefined): void
  /** The box has an owner: whoever else came in before is out, and the printed address opens nothing. */
  endAll(): void
}

type DeskSession = { readonly since: number; readonly holds: () => boolean; usedAt: number }

const SECRET_BYTES = 32
/** Shorter than this cannot have come from a random source fit for it. */
const TOKEN_LENGTH_MIN = 22

// Only digests are kept and compared: neither memory nor timing tells a secret.
const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/** `firstToken` is the one in the address that the box prints when it starts. Lives run on the monotonic clock. */
export const createDeskSessions = (firstToken: string, clock: Clock, random: Random): DeskSessions => {
  if (firstToken.length < TOKEN_LENGTH_MIN) throw new RangeError('the one-time token is too short to be a secret')
  const newSecret = (): string => random.bytes(SECRET_BYTES).toString('base64url')
  const sessions = new Map<string, DeskSession>()
  let token: { digest: Buffer; issuedAt: number } | undefined

  const issue = (secret: string): void => {
    token = { digest: digestOf(secret), issuedAt: clock.monotonicMs() }
  }
  issue(firstToken)

  const makeRoom = (): void => {
    if (sessions.size < webLimits.deskSessionsMax) return
    const idlest = [...sessions].reduce((a, b) => (b[1].usedAt < a[1].usedAt ? b : a))
    sessions.delete(idlest[0])
  }

  const begin = (holds: () => boolean): string => {
    makeRoom()
    const secret = newSecret()
    const now = clock.monotonicMs()
    sessions.set(digestOf(secret).toString('base64'), { since: now, usedAt: now, holds })
    return secret
  }

  return {
    begin,
    newToken() {
      const secret = newSecret()
      issue(secret)
      return secret
    },
    exchange(offered) {
      const isRight = token !== undefined && timingSafeEqual(digestOf(offered), token.digest)
      if (!isRight || token === undefined) return undefined
      const isFresh = clock.monotonicMs() - token.issuedAt < webLimits.tokenLifeMs
      token = undefined
      return isFresh ? begin(() => true) : undefined
    },
    isSignedIn(secret) {
      if (secret === undefined) return false
      const key = digestOf(secret).toString('base64')
      const session = sessions.get(key)
      if (!session) return false
      const now = clock.monotonicMs()
      const isOver =
        !session.holds() ||
        now - session.usedAt > webLimits.deskSessionIdleMs ||
        now - session.since > webLimits.deskSessionLifeMs
      if (isOver) sessions.delete(key)
      else session.usedAt = now
      return !isOver
    },
    end(secret) {
      if (secret !== undefined) sessions.delete(digestOf(secret).toString('base64'))
    },
    endAll() {
      sessions.clear()
      token = undefined
    },
  }
}
