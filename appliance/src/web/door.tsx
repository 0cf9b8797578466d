/** How people come to the desk: what their forms ask, what it takes, and what is refused without telling why. */
import { secret, totpStep, type Fault } from '@lango/kernel'
import { fill, type Problems } from '@lango/kernel/ui'
import {
  PASSWORD_LENGTH_MAX,
  PASSWORD_LENGTH_MIN,
  passwordFault,
  readTotp,
  type Credential,
} from '@lango/modules/people'
import { Hono, type Context } from 'hono'
import { CodePage, FirstPage, WelcomePage } from './door-pages.tsx'
import { door, Entry, fieldsOf, tooMany, type DoorDeps } from './entry.tsx'
import { localPath } from './guard.ts'
import { webLimits } from './limits.ts'
import { createPasskeyDoor } from './passkey-door.ts'
import { addressOf } from './request-facts.ts'
import { createRestoreDoor } from './restore-door.tsx'
import { createSetupDoor } from './setup-door.tsx'
import type { Attempt, SignInGuard } from './sign-in-guard.ts'

/** Between the password and the code of the app. */
type SecondStep = { readonly staffId: string; readonly attempt: Attempt; readonly since: number; tries: number }

export const createDoor = (deps: DoorDeps): Hono => new Door(deps).routes()

class Door {
  readonly #deps: DoorDeps
  readonly #guard: SignInGuard
  readonly #entry: Entry
  readonly #steps = new Map<string, SecondStep>()

  constructor(deps: DoorDeps) {
    this.#deps = deps
    this.#guard = deps.signIns
    this.#entry = new Entry(deps)
  }

  routes(): Hono {
    const app = new Hono()
    const { setupCode, restoring } = this.#deps
    if (restoring) app.route('/', createRestoreDoor({ ...this.#deps, restoring }, this.#entry))
    if (setupCode) app.route('/', createSetupDoor({ ...this.#deps, setupCode }, this.#entry))
    app.get('/sign-in', (c) => this.#entry.signInPage(c, { next: c.req.query('next') ?? '/' }))
    app.post('/sign-in', (c) => this.#signIn(c))
    app.post('/sign-in/code', (c) => this.#secondStep(c))
    app.get('/first-run', (c) => this.#firstPage(c))
    app.post('/first-run', (c) => this.#first(c))
    app.get('/welcome', (c) => this.#welcomePage(c, c.req.query('code') ?? ''))
    app.post('/welcome', (c) => this.#welcome(c))
    app.post('/sign-out', (c) => this.#signOut(c))
    app.post('/me/password', (c) => this.#ownPassword(c))
    app.post('/me/app-off', (c) => this.#appOff(c))
    app.post('/me/confirm', (c) => this.#confirm(c))
    app.route('/', createPasskeyDoor(this.#deps, this.#entry))
    return app
  }

  async #signIn(c: Context): Promise<Response> {
    const { credentials, passwords } = this.#deps
    const words = this.#entry.words(c)
    const field = await fieldsOf(c)
    const login = field('login').trim().toLowerCase().slice(0, 64)
    const next = localPath(field('next'))
    const attempt = this.#entry.attemptOf(c, login)
    if (!this.#guard.mayTry(attempt)) {
      this.#entry.refuse(c, attempt, 'too-many')
      return this.#entry.signInPage(c, { refused: tooMany(words), login, next })
    }
    const person = credentials.byLogin(login)
    const matched = await passwords.matches(secret(field('password').slice(0, 1024)), person?.passwordHash)
    if (!matched.ok) return this.#entry.signInPage(c, { refused: words.busy, login, next })
    if (!person || !matched.value || person.status !== 'active') {
      this.#guard.failed(attempt)
      this.#entry.refuse(c, attempt, whyNot(person, matched.value))
      return this.#entry.signInPage(c, { refused: words.wrong, login, next })
    }
    if (person.totp === undefined) return this.#enter(c, person, attempt, next)
    return this.#codePage(c, this.#newStep(person.id, attempt), next)
  }

  #newStep(staffId: string, attempt: Attempt): string {
    const step = this.#deps.random.bytes(24).toString('base64url')
    if (this.#steps.size >= webLimits.secondStepsMax) this.#steps.delete(this.#steps.keys().next().value!)
    this.#steps.set(step, { staffId, attempt, since: this.#deps.clock.monotonicMs(), tries: 0 })
    return step
  }

  #codePage(c: Context, step: string, next: string, refused?: string): Response | Promise<Response> {
    const clockSure = this.#deps.clock.sure()
    const page = <CodePage {...{ view: this.#deps.viewOf(c), step, next, refused, clockSure }} />
    return this.#entry.page(c, page, refused === undefined ? 200 : 401)
  }

  async #secondStep(c: Context): Promise<Response> {
    const { credentials, clock } = this.#deps
    const words = this.#entry.words(c)
    const field = await fieldsOf(c)
    const next = localPath(field('next'))
    const name = field('step')
    const step = this.#steps.get(name)
    const isOver = step === undefined || clock.monotonicMs() - step.since > webLimits.secondStepMs
    const person = isOver ? undefined : credentials.byId(step.staffId)
    if (isOver || person?.totp === undefined) return this.#entry.signInPage(c, { refused: words.startAgain, next })
    step.tries += 1
    if (step.tries > webLimits.secondStepTriesMax || !this.#guard.mayTry(step.attempt)) {
      this.#steps.delete(name)
      this.#entry.refuse(c, step.attempt, 'too-many')
      return this.#entry.signInPage(c, { refused: tooMany(words), login: person.login, next })
    }
    const typed = field('code').slice(0, 64)
    const used = totpStep(person.totp, readTotp(typed), clock.now(), person.totpStep)
    const proof = used === undefined ? { recoveryCode: typed } : { totpStep: used }
    const entered = typed === '' ? undefined : this.#entry.enter(c, person.id, proof)
    if (entered?.ok !== true) {
      this.#guard.failed(step.attempt)
      this.#entry.refuse(c, step.attempt, 'wrong-code')
      return this.#codePage(c, name, next, words.wrongCode)
    }
    this.#steps.delete(name)
    return this.#entry.welcome(c, person, step.attempt, next, entered.value)
  }

  #enter(c: Context, person: Credential, attempt: Attempt, next: string): Response | Promise<Response> {
    const entered = this.#entry.enter(c, person.id, {})
    if (entered.ok) return this.#entry.welcome(c, person, attempt, next, entered.value)
    return this.#entry.signInPage(c, { refused: this.#entry.words(c).wrong, login: person.login, next })
  }

  /** Only whoever holds the box's console may become its first owner. */
  #mayBeFirst(c: Context): boolean {
    return this.#deps.keeper.who(c)?.actor.kind === 'console' && !this.#deps.credentials.anyone()
  }

  #firstPage(
    c: Context,
    typed: { login: string; name: string; problems: Problems; refused?: string } = {
      login: '',
      name: '',
      problems: {},
    },
  ): Response | Promise<Response> {
    if (!this.#mayBeFirst(c)) return c.redirect('/', 303)
    const { login, name, problems, refused } = typed
    const mayRestore = this.#deps.restoring !== undefined
    const page = <FirstPage {...{ view: this.#deps.viewOf(c), login, name, problems, refused, mayRestore }} />
    return this.#entry.page(c, page, refused === undefined && Object.keys(problems).length === 0 ? 200 : 422)
  }

  async #first(c: Context): Promise<Response> {
    if (!this.#mayBeFirst(c)) return c.redirect('/', 303)
    const { command, passwords, sentenceOf } = this.#deps
    const field = await fieldsOf(c)
    const [login, name, password] = [field('login').trim().toLowerCase(), field('name').trim(), field('password')]
    const typed = { login, name }
    const problem = this.#passwordProblem(c, password, field('again'), login)
    if (problem !== undefined) return this.#firstPage(c, { ...typed, problems: { password: problem } })
    const hashed = await passwords.hash(secret(password))
    if (!hashed.ok) return this.#firstPage(c, { ...typed, problems: {}, refused: this.#entry.words(c).busy })
    const made = command(
      'staff.first',
      { login, name, passwordHash: hashed.value },
      { actor: door, origin: addressOf(c) },
    )
    if (!made.ok) {
      const problems = problemsIn(made.error)
      if (problems) return this.#firstPage(c, { ...typed, problems })
      return this.#firstPage(c, { ...typed, problems: {}, refused: await sentenceOf(made.error, c) })
    }
    this.#deps.setupCode?.end()
    this.#deps.console.endAll()
    const person = this.#deps.credentials.byLogin(login)!
    const next = this.#deps.setupCode ? '/setup/place' : '/'
    return this.#enter(c, person, { login, address: addressOf(c), knownBrowser: undefined }, next)
  }

  #welcomePage(c: Context, code: string, problems: Problems = {}, refused?: string): Response | Promise<Response> {
    const page = <WelcomePage {...{ view: this.#deps.viewOf(c), code, problems, refused }} />
    return this.#entry.page(c, page, refused === undefined && Object.keys(problems).length === 0 ? 200 : 422)
  }

  async #welcome(c: Context): Promise<Response> {
    const { command, passwords, sentenceOf } = this.#deps
    const words = this.#entry.words(c)
    const field = await fieldsOf(c)
    const [code, password] = [field('code').slice(0, 128), field('password')]
    // Codes cannot be guessed; hashing for strangers without end would only keep the others waiting.
    const attempt: Attempt = { login: '', address: addressOf(c), knownBrowser: undefined }
    if (!this.#guard.mayTry(attempt)) return this.#welcomePage(c, code, {}, tooMany(words))
    const problem = this.#passwordProblem(c, password, field('again'), '\0')
    if (problem !== undefined) return this.#welcomePage(c, code, { password: problem })
    const hashed = await passwords.hash(secret(password))
    if (!hashed.ok) return this.#welcomePage(c, code, {}, words.busy)
    const input = { code: code === '' ? '-' : code, passwordHash: hashed.value }
    const entered = command('staff.enter', input, { actor: door, origin: addressOf(c) })
    if (entered.ok) return c.redirect('/sign-in?said=ready', 303)
    this.#guard.failed(attempt)
    return this.#welcomePage(c, code, {}, await sentenceOf(entered.error, c))
  }

  #passwordProblem(c: Context, password: string, again: string, login: string): string | undefined {
    const words = this.#entry.words(c)
    const fault = passwordFault(password, login)
    if (fault !== undefined) return fill(words[fault], { n: PASSWORD_LENGTH_MIN, most: PASSWORD_LENGTH_MAX })
    return password === again ? undefined : words.different
  }

  async #ownPassword(c: Context): Promise<Response> {
    const { keeper, passwords, command } = this.#deps
    const who = keeper.who(c)
    if (!who?.staff) return c.redirect('/sign-in', 303)
    const field = await fieldsOf(c)
    const password = field('password')
    const fault = passwordFault(password, who.staff.login) ?? (password === field('again') ? undefined : 'different')
    if (fault !== undefined) return c.redirect(`/me?password=${fault}`, 303)
    if (!(await this.#entry.showsPassword(c, who.staff.id, field('present'))))
      return c.redirect('/me?password=wrong', 303)
    const hashed = await passwords.hash(secret(password))
    if (!hashed.ok) return c.redirect('/me?password=busy', 303)
    const input = { passwordHash: hashed.value, sessionId: who.staff.sessionId }
    const done = command('me.setPassword', input, { actor: who.actor, origin: addressOf(c) })
    return c.redirect(done.ok ? '/me?said=password' : '/me?password=busy', 303)
  }

  async #appOff(c: Context): Promise<Response> {
    const { keeper, command } = this.#deps
    const who = keeper.who(c)
    if (!who?.staff) return c.redirect('/sign-in', 303)
    const field = await fieldsOf(c)
    if (!(await this.#entry.showsPassword(c, who.staff.id, field('present')))) return c.redirect('/me?app=wrong', 303)
    command('me.dropTotp', {}, { actor: who.actor, origin: addressOf(c) })
    return c.redirect('/me?said=appOff', 303)
  }

  /** What is changed next needs no password: it was just shown. */
  async #confirm(c: Context): Promise<Response> {
    const who = this.#deps.keeper.who(c)
    if (!who?.staff) return c.redirect('/sign-in', 303)
    const field = await fieldsOf(c)
    if (!(await this.#entry.showsPassword(c, who.staff.id, field('shown'))))
      return c.redirect('/me?confirm=wrong#passkeys', 303)
    this.#deps.proofs.add(who.staff.sessionId)
    return c.redirect('/me?said=confirmed#passkeys', 303)
  }

  #signOut(c: Context): Response {
    const { keeper, command } = this.#deps
    const who = keeper.who(c)
    if (who?.staff)
      command('me.signOut', { sessionId: who.staff.sessionId }, { actor: who.actor, origin: addressOf(c) })
    keeper.forget(c)
    return c.redirect('/sign-in?said=signedOut', 303)
  }
}

const whyNot = (person: Credential | undefined, isRight: boolean): string => {
  if (!person) return 'unknown'
  return isRight ? 'disabled' : 'wrong-password'
}

/** The problems of an input by field, where the fault is one. */
export const problemsIn = (fault: Fault): Problems | undefined => {
  if (fault.type !== 'InputInvalid') return undefined
  const { problems } = fault as unknown as { problems: readonly { path: string; message: string }[] }
  // The first problem of a field is what to do first.
  return Object.fromEntries(problems.toReversed().map(({ path, message }) => [path.split('.').at(-1) ?? '', message]))
}
