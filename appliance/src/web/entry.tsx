/** What every way to the desk shares: who may try, what is told and noted, and the session at the end. */
import { secret, type Clock, type Fault, type Passwords, type Random, type Result } from '@lango/kernel'
import { fill } from '@lango/kernel/ui'
import { system, type Actor } from '@lango/kernel/verbs'
import type { Credential, Credentials } from '@lango/modules/people'
import type { Context } from 'hono'
import type { VNode } from 'preact'
import type { Restoring } from '../restore/restoring.ts'
import type { SetupCode } from '../setup/setup-code.ts'
import type { DeskSessions } from './desk-sessions.ts'
import { NoOwnerPage, SignInPage, type DoorView } from './door-pages.tsx'
import { doorWords, type DoorWords } from './door-words.ts'
import { localPath } from './guard.ts'
import { renderPage } from './html.ts'
import { webLimits } from './limits.ts'
import type { NoPasskeyPlace, PasskeyPlace } from './passkey-place.ts'
import type { RecentProofs } from './recent-proofs.ts'
import { addressOf, agentOf } from './request-facts.ts'
import type { Attempt, SignInGuard } from './sign-in-guard.ts'
import type { Doorkeeper } from './who.ts'

export const door: Actor = system('door')

/** Where passkeys are in a request, if they are. */
export type PasskeysAt = (c: Context) => Result<PasskeyPlace, NoPasskeyPlace>

export type DoorDeps = {
  readonly credentials: Credentials
  readonly passwords: Passwords
  readonly signIns: SignInGuard
  readonly clock: Clock
  readonly random: Random
  readonly keeper: Doorkeeper
  readonly proofs: RecentProofs
  readonly command: (name: string, input: unknown, by: { actor: Actor; origin: string }) => Result<unknown, Fault>
  /** Of a box that asks for one; a demonstration does not. */
  readonly setupCode?: SetupCode | undefined
  readonly restoring?: Restoring | undefined
  /** Who came in by what the box's console shows. */
  readonly console: Pick<DeskSessions, 'begin' | 'endAll'>
  readonly viewOf: (c: Context) => DoorView
  readonly passkeysAt: PasskeysAt
  readonly sentenceOf: (fault: Fault, c: Context) => string | Promise<string>
}

type Fields = (name: string) => string

export const fieldsOf = async (c: Context): Promise<Fields> => {
  const body = await c.req.parseBody()
  return (name) => {
    const value = body[name]
    return typeof value === 'string' ? value : ''
  }
}

export const tooMany = (words: DoorWords): string => fill(words.tooMany, { minutes: webLimits.signInWindowMs / 60_000 })

type Shown = { readonly refused?: string; readonly login?: string; readonly next?: string }

export class Entry {
  readonly #deps: DoorDeps

  constructor(deps: DoorDeps) {
    this.#deps = deps
  }

  words(c: Context): DoorWords {
    return doorWords[this.#deps.viewOf(c).preferences.lang]
  }

  page(c: Context, page: VNode, status: 200 | 401 | 409 | 422 | 429 = 200): Response | Promise<Response> {
    return c.html(renderPage(page), status)
  }

  signInPage(c: Context, { refused, login = '', next = '/' }: Shown): Response | Promise<Response> {
    const view = this.#deps.viewOf(c)
    if (!this.#deps.credentials.anyone())
      return this.#deps.setupCode ? c.redirect('/setup', 303) : this.page(c, <NoOwnerPage view={view} />)
    const words = this.words(c)
    const told = c.req.query('said') ?? ''
    const said = told === 'signedOut' || told === 'ready' ? words[told] : undefined
    const passkeys = this.#deps.passkeysAt(c).ok
    const page = <SignInPage {...{ view, login, next: localPath(next), refused, said, passkeys }} />
    return this.page(c, page, refused === undefined ? 200 : 401)
  }

  /** Somebody's try to come in, or to prove anew who they are. */
  attemptOf(c: Context, login: string): Attempt {
    return { login, address: addressOf(c), knownBrowser: this.#deps.keeper.knownBrowser(c, login) }
  }

  /** Noted in the audit log. */
  refuse(c: Context, { login, address }: Attempt, why: string): void {
    const input = { login, why, address, agent: agentOf(c) }
    this.#deps.command('staff.refused', input, { actor: door, origin: address })
  }

  /** The secret of a new session; a fault where the box would not have it (disabled meanwhile, code used). */
  enter(c: Context, id: string, proof: object): Result<string, Fault> {
    const input = { id, ...proof, address: addressOf(c), agent: agentOf(c) }
    const entered = this.#deps.command('staff.signedIn', input, { actor: door, origin: addressOf(c) })
    return entered.ok ? { ok: true, value: (entered.value as { secret: string }).secret } : entered
  }

  welcome(c: Context, { login }: Pick<Credential, 'login'>, attempt: Attempt, next: string, secretOfSession: string) {
    this.#deps.signIns.succeeded(attempt)
    this.#deps.keeper.forget(c)
    this.#deps.keeper.keepStaff(c, secretOfSession, login)
    return c.redirect(next, 303)
  }

  /** Whether whoever is signed in shows their password again; a wrong one counts as a try to sign in. */
  async showsPassword(c: Context, staffId: string, password: string): Promise<boolean> {
    const { credentials, passwords, signIns } = this.#deps
    const person = credentials.byId(staffId)
    if (!person) return false
    const attempt = this.attemptOf(c, person.login)
    if (!signIns.mayTry(attempt)) return false
    const matched = await passwords.matches(secret(password.slice(0, 1024)), person.passwordHash)
    if (matched.ok && matched.value) return true
    signIns.failed(attempt)
    return false
  }
}
