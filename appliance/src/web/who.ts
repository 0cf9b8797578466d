/** Whose browser asks: a person of the staff, or whoever opened the box's one-time address. */
import type { Clock, Random, Vault } from '@lango/kernel'
import type { Actor } from '@lango/kernel/verbs'
import type { PeopleGuard } from '@lango/modules/people'
import type { Context } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import type { DeskSessions } from './desk-sessions.ts'
import { webLimits } from './limits.ts'

export type Who = {
  readonly actor: Actor
  /** Undefined for whoever holds the box's console. */
  readonly staff?: { readonly id: string; readonly login: string; readonly name: string; readonly sessionId: string }
}

/** What of a request the desk goes by. */
export type DeskEnv = { Variables: { who: Who } }

const CONSOLE: Who = { actor: { kind: 'console', id: 'web' } }

// Cookies know no ports: two boxes on one machine would sign each other's people out.
const portOf = (c: Context): string => new URL(c.req.url).port || '80'
const cookieNames = {
  console: (c: Context) => `lango-desk-${portOf(c)}`,
  staff: (c: Context) => `lango-staff-${portOf(c)}`,
  browser: (c: Context) => `lango-browser-${portOf(c)}`,
  ceremony: (c: Context) => `lango-passkey-${portOf(c)}`,
}

const kept = (c: Context) =>
  ({ path: '/', httpOnly: true, sameSite: 'Strict', secure: new URL(c.req.url).protocol === 'https:' }) as const

export type WhoDeps = {
  readonly people: Pick<PeopleGuard, 'sessionOf'>
  readonly console: DeskSessions
  readonly vault: Pick<Vault, 'keyedHash'>
  readonly clock: Clock
  readonly random: Random
}

export type Doorkeeper = ReturnType<typeof createDoorkeeper>

const BROWSER_PURPOSE = 'web.browser'
const BROWSER_SHAPE = /^([\w-]{22})\.([0-9a-f]{64})$/
const YEAR_SEC = 365 * 86_400

/** Reads and writes the cookies by which the desk knows its people. */
export const createDoorkeeper = ({ people, console, vault, clock, random }: WhoDeps) => {
  /** When each session was last used, on the monotonic clock; one from before a restart counts from it. */
  const usedAt = new Map<string, number>()

  const isIdle = (sessionId: string): boolean => {
    const now = clock.monotonicMs()
    const last = usedAt.get(sessionId)
    if (last !== undefined && now - last > webLimits.deskSessionIdleMs) return true
    if (last === undefined && usedAt.size >= webLimits.deskSessionsMax) usedAt.delete(usedAt.keys().next().value!)
    usedAt.set(sessionId, now)
    return false
  }

  return {
    /** Looked up anew at each request: whoever was signed out, or lost a right, has lost it now. */
    who(c: Context): Who | undefined {
      const secret = getCookie(c, cookieNames.staff(c))
      const holder = secret === undefined ? undefined : people.sessionOf(secret)
      if (holder && !isIdle(holder.sessionId)) {
        const { staffId: id, login, name, sessionId } = holder
        return { actor: { kind: 'staff', id }, staff: { id, login, name, sessionId } }
      }
      return console.isSignedIn(getCookie(c, cookieNames.console(c))) ? CONSOLE : undefined
    },

    keepConsole(c: Context, secret: string): void {
      setCookie(c, cookieNames.console(c), secret, { ...kept(c), maxAge: webLimits.deskSessionLifeMs / 1000 })
    },

    /** A person is in: no cookie from before is worth anything any more. */
    keepStaff(c: Context, secret: string, login: string): void {
      setCookie(c, cookieNames.staff(c), secret, { ...kept(c), maxAge: webLimits.deskSessionLifeMs / 1000 })
      setCookie(c, cookieNames.console(c), '', { ...kept(c), maxAge: 0 })
      const mark = random.bytes(16).toString('base64url')
      const proof = vault.keyedHash(`${login}/${mark}`, BROWSER_PURPOSE)
      setCookie(c, cookieNames.browser(c), `${mark}.${proof}`, { ...kept(c), maxAge: YEAR_SEC })
    },

    forget(c: Context): void {
      console.end(getCookie(c, cookieNames.console(c)))
      for (const name of [cookieNames.staff(c), cookieNames.console(c)])
        setCookie(c, name, '', { ...kept(c), maxAge: 0 })
    },

    /** Whoever signs in with a passkey does so in the browser that asked what to sign. */
    keepCeremony(c: Context, secret: string): void {
      setCookie(c, cookieNames.ceremony(c), secret, { ...kept(c), maxAge: webLimits.challengeMs / 1000 })
    },

    ceremonyOf(c: Context): string | undefined {
      return getCookie(c, cookieNames.ceremony(c))
    },

    /** The mark of a browser that this person has signed in from before. */
    knownBrowser(c: Context, login: string): string | undefined {
      const [, mark = '', proof] = BROWSER_SHAPE.exec(getCookie(c, cookieNames.browser(c)) ?? '') ?? []
      return proof === vault.keyedHash(`${login}/${mark}`, BROWSER_PURPOSE) ? mark : undefined
    },
  }
}
