/** The door of the routers: staff log in to a router with the login, password and code of their own that the desk knows. */
import { secret, totpStep, type Clock, type Log } from '@lango/kernel'
import { system, type Actor } from '@lango/kernel/verbs'
import { refusedSignIn, routerLogin, type Credential } from '@lango/modules/people'
import type { AdminQuestion, AdminVerdict } from './aaa/control-link.ts'
import type { Reason } from './aaa/reasons.ts'
import type { Site } from './site.ts'
import type { StaffDoor } from './staff-door.ts'
import type { Attempt } from './web/index.ts'

const door: Actor = system('router-door')

/** Checked at once: the rest of the queue for passwords belongs to the desk. */
const CHECKED_AT_ONCE_MAX = 5
/** Places that somebody has logged in from before, so that nobody shuts them out there by guessing at their name. */
const PLACES_MAX = 1000

export type RouterDoorDeps = Omit<StaffDoor, 'setupCode'> & {
  readonly site: Pick<Site, 'dispatcher' | 'ids'> & { readonly clock: Pick<Clock, 'now'> }
  readonly log: Log
}

export const createRouterDoor = (deps: RouterDoorDeps): ((question: AdminQuestion) => Promise<AdminVerdict>) => {
  const routerDoor = new RouterDoor(deps)
  return (question) => routerDoor.enter(question)
}

const refusal = (reason: Reason): AdminVerdict => ({ kind: 'refused', reason })
const placeOf = ({ login, routerName, from }: AdminQuestion): string => `router ${login} ${routerName} ${from}`

type WhyNot = 'unknown' | 'wrong-password' | 'wrong-code' | 'disabled'
const reasonOf: Readonly<Record<WhyNot, Reason>> = {
  unknown: 'admin-unknown',
  'wrong-password': 'admin-wrong-password',
  'wrong-code': 'admin-wrong-code',
  disabled: 'admin-disabled',
}

class RouterDoor {
  readonly #deps: RouterDoorDeps
  readonly #knownPlaces = new Set<string>()
  #checking = 0

  constructor(deps: RouterDoorDeps) {
    this.#deps = deps
  }

  async enter(question: AdminQuestion): Promise<AdminVerdict> {
    const { login, routerName, from } = question
    const place = placeOf(question)
    const knownBrowser = this.#knownPlaces.has(place) ? place : undefined
    const attempt: Attempt = { login, address: from === '' ? `router ${routerName}` : from, knownBrowser }
    // Without a row in the audit log for each: the log of decisions has them.
    if (!this.#deps.signIns.mayTry(attempt)) return refusal('admin-too-many')
    if (this.#checking >= CHECKED_AT_ONCE_MAX) return refusal('busy')
    this.#checking += 1
    try {
      return await this.#check(question, attempt)
    } catch (error) {
      this.#deps.log.error('a login to a router could not be checked', { login, router: routerName, error })
      return refusal('busy')
    } finally {
      this.#checking -= 1
    }
  }

  async #check(question: AdminQuestion, attempt: Attempt): Promise<AdminVerdict> {
    const { credentials, passwords } = this.#deps
    const before = credentials.byLogin(question.login)
    const typed = typedBy(question.password, before?.totp !== undefined)
    const matched = await passwords.matches(secret(typed.password), before?.passwordHash)
    if (!matched.ok) return refusal('busy')
    // Anew: the password took its time, and meanwhile somebody may have been disabled or got another one.
    const person = credentials.byLogin(question.login)
    const isSame = person?.passwordHash === before?.passwordHash
    const why = whyNot(person, matched.value && isSame)
    if (person === undefined || why !== undefined) return this.#refuse(question, attempt, why ?? 'unknown')
    const { totp } = person
    const used = totp && totpStep(totp, typed.code, this.#deps.site.clock.now(), person.totpStep)
    if (totp !== undefined && used === undefined) return this.#refuse(question, attempt, 'wrong-code')
    return this.#admit(question, attempt, person.id, used)
  }

  #admit(question: AdminQuestion, attempt: Attempt, id: string, used: number | undefined): AdminVerdict {
    const { site, signIns } = this.#deps
    const { routerName: router, from } = question
    const entered = site.dispatcher.dispatch(
      routerLogin,
      { id, router, from, ...(used === undefined ? {} : { totpStep: used }) },
      { id: site.ids.next('cmd'), actor: door, ...originOf(question) },
    )
    if (!entered.ok) return refusal(entered.error.type === 'RouterForbidden' ? 'admin-forbidden' : 'busy')
    signIns.succeeded(attempt)
    this.#remember(placeOf(question))
    return { kind: 'admitted', rights: entered.value.rights }
  }

  /** Counts and is kept as a failure to sign in at the desk does. */
  #refuse(question: AdminQuestion, attempt: Attempt, why: WhyNot): AdminVerdict {
    const { site, signIns } = this.#deps
    signIns.failed(attempt)
    const { login, routerName, from: address } = question
    site.dispatcher.dispatch(
      refusedSignIn,
      { login, why, address, agent: `router ${routerName}` },
      { id: site.ids.next('cmd'), actor: door, ...originOf(question) },
    )
    return refusal(reasonOf[why])
  }

  #remember(place: string): void {
    if (this.#knownPlaces.size >= PLACES_MAX) this.#knownPlaces.delete(this.#knownPlaces.values().next().value!)
    this.#knownPlaces.add(place)
  }
}

const originOf = ({ from }: AdminQuestion): { origin?: string } => (from === '' ? {} : { origin: from })

const whyNot = (person: Credential | undefined, isRight: boolean): WhyNot | undefined => {
  if (!person) return 'unknown'
  if (!isRight) return 'wrong-password'
  return person.status === 'active' ? undefined : 'disabled'
}

/** Who has a code app types its six digits right behind the password: RADIUS has one field for both. */
const typedBy = (typed: string, hasApp: boolean): { readonly password: string; readonly code: string } => {
  const [, password, code] = (hasApp && /^(.*)(\d{6})$/su.exec(typed)) || []
  return password === undefined || code === undefined ? { password: typed, code: '' } : { password, code }
}
