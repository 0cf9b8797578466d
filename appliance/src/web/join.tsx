/** How people register by themselves: what their forms ask, and what becomes of it. Nobody is signed in here. */
import type { Clock, Fault, Random, Result, Vault } from '@lango/kernel'
import { counted, fill, type Problems } from '@lango/kernel/ui'
import { system, type Actor } from '@lango/kernel/verbs'
import { networkOf, registrationLimits, type Confirmed } from '@lango/modules/registration'
import { Hono, type Context } from 'hono'
import type { VNode } from 'preact'
import type { DoorView } from './door-pages.tsx'
import { problemsIn } from './door.tsx'
import { renderPage } from './html.ts'
import {
  ChoosePage,
  JoinClosedPage,
  JoinCodePage,
  JoinDonePage,
  JoinEndPage,
  JoinPage,
  offersText,
  serviceText,
  type JoinForm,
  type JoinTyped,
  type Offer,
  type OfferedPlan,
} from './join-pages.tsx'
import { joinWords, type JoinWords } from './join-words.ts'
import { webLimits } from './limits.ts'
import { addressOf } from './request-facts.ts'
import { windowOf } from './sign-in-guard.ts'

/** Whoever registers acts for themselves, and may ask for nothing else. */
const self: Actor = system('self')

export type JoinDeps = {
  readonly command: (
    name: string,
    input: unknown,
    by: { id?: string; actor: Actor; origin: string },
  ) => Result<unknown, Fault>
  readonly query: (name: string, input: unknown) => Promise<Result<unknown, Fault>>
  readonly vault: Pick<Vault, 'keyedHash'>
  readonly clock: Clock
  readonly random: Random
  readonly viewOf: (c: Context) => DoorView
}

const ONCE_SHAPE = /^[\w-]{16,64}$/
const EVERYBODY = 'all'
const TOKEN_LENGTH_MAX = 64

type Status = 200 | 404 | 422 | 429 | 503
type Typed = JoinTyped

const NOTHING_TYPED: Typed = { name: '', contact: '', accept: false, offers: false }

export const createJoin = (deps: JoinDeps): Hono => {
  const join = new Join(deps)
  const app = new Hono()
  app.get('/', (c) => join.open(c))
  app.post('/', (c) => join.ask(c))
  app.get('/code', (c) => join.codePage(c, (c.req.query('r') ?? '').slice(0, TOKEN_LENGTH_MAX)))
  app.post('/code', (c) => join.confirm(c))
  return app
}

class Join {
  readonly #deps: JoinDeps
  /** Forms that are looked at: each may leave a line in the audit log, and strangers could fill the disk with them. */
  readonly #byAddress = windowOf(webLimits.joinsPerAddressMax)
  readonly #byEverybody = windowOf(webLimits.joinsMax)

  constructor(deps: JoinDeps) {
    this.#deps = deps
  }

  async open(c: Context): Promise<Response> {
    const offer = await this.#offer()
    if (!offer) return this.#page(c, <JoinEndPage view={this.#view(c)} sentence={this.#words(c).busy} />, 503)
    const plan = chosen(offer, c.req.query('plan'))
    if (plan) return this.#form(c, { offer, plan, typed: NOTHING_TYPED }, {})
    return offer.plans.length === 0
      ? this.#page(c, <JoinClosedPage view={this.#view(c)} />, 404)
      : this.#page(c, <ChoosePage view={this.#view(c)} plans={offer.plans} />)
  }

  async ask(c: Context): Promise<Response> {
    const words = this.#words(c)
    const field = await fieldsOf(c)
    const offer = await this.#offer()
    const plan = offer && chosen(offer, field('plan'))
    if (!offer || !plan) return this.open(c)
    const typed: Typed = {
      name: field('name').trim(),
      contact: field('contact').trim(),
      accept: field('accept') !== '',
      offers: field('offers') !== '' && offer.offers.isAsked,
    }
    const problems = problemsOf(typed, words)
    if (Object.keys(problems).length > 0) return this.#form(c, { offer, plan, typed }, problems)
    if (!this.#mayTry(c)) return this.#tooMany(c, webLimits.signInWindowMs / 60_000)
    const asked = this.#start(c, field('once'), { offer, plan, typed })
    if (asked.ok) {
      const { token } = asked.value as { token: string }
      return c.redirect(`/join/code?r=${encodeURIComponent(token)}`, 303)
    }
    return this.#refused(c, asked.error, { offer, plan, typed })
  }

  codePage(c: Context, token: string, refused?: string): Promise<Response> {
    const page = <JoinCodePage view={this.#view(c)} token={token} refused={refused} />
    return this.#page(c, page, refused === undefined ? 200 : 422)
  }

  async confirm(c: Context): Promise<Response> {
    const field = await fieldsOf(c)
    const [token, code] = [field('r').slice(0, TOKEN_LENGTH_MAX), field('code').trim().slice(0, 64)]
    if (code === '') return this.codePage(c, token, this.#words(c).codeHelp)
    if (!this.#mayTry(c)) return this.#tooMany(c, webLimits.signInWindowMs / 60_000)
    // The command counts and remembers by itself: each time the form is sent is a try.
    const done = this.#deps.command('registration.confirm', { token, code }, { actor: self, origin: addressOf(c) })
    if (!done.ok) return this.#end(c, this.#words(c).busy, 503)
    return this.#confirmed(c, token, (done.value as { outcome: Confirmed }).outcome)
  }

  #confirmed(c: Context, token: string, confirmed: Confirmed): Promise<Response> {
    const words = this.#words(c)
    const view = this.#view(c)
    const site = { site: view.look.siteName }
    if (confirmed.state === 'done') {
      const { login, password } = confirmed
      return this.#page(c, <JoinDonePage {...{ view, login, password }} />)
    }
    if (confirmed.state === 'wrong') return this.codePage(c, token, counted(words.wrong, confirmed.left, view.locale))
    if (confirmed.state === 'later') return this.codePage(c, token, words.later)
    // Nobody agrees to messages alone here.
    if (confirmed.state === 'over' || confirmed.state === 'noted') return this.#end(c, words.over)
    return this.#end(c, fill(confirmed.reason === 'known' ? words.known : words.failed, site))
  }

  /** The same form sent twice asks for one code; one that was changed and sent again for another. */
  #start(c: Context, once: string, { offer, plan, typed }: JoinForm): Result<unknown, Fault> {
    const { command, vault, random, viewOf } = this.#deps
    const origin = addressOf(c)
    const view = viewOf(c)
    const language = view.preferences.lang
    const { name, contact, offers } = typed
    const agreed = [
      { purpose: 'service', language, text: serviceText(view) },
      ...(offers ? [{ purpose: 'offers', language, text: offersText(view, offer) }] : []),
    ]
    const input = { plan: plan.id, name, contact, language, address: origin, agreed }
    const form = ONCE_SHAPE.test(once) ? once : random.bytes(16).toString('base64url')
    const id = `join/${form}/${vault.keyedHash(JSON.stringify(input), 'join.form').slice(0, 32)}`
    return command('registration.start', input, { id, actor: self, origin })
  }

  #refused(c: Context, fault: Fault, form: JoinForm) {
    const { plan, offer } = form
    const { prefixes } = offer
    const words = this.#words(c)
    const known = fault as Fault & { minutes?: number }
    if (fault.type === 'RegistrationTooMany') return this.#tooMany(c, known.minutes ?? 1)
    if (fault.type === 'RegistrationClosed') return this.#page(c, <JoinClosedPage view={this.#view(c)} />, 404)
    if (fault.type === 'ContactUnfit') {
      const contact = plan.by === 'phone' ? fill(words.phoneUnfit, { prefixes: prefixes.join(', ') }) : words.emailUnfit
      return this.#form(c, form, { contact })
    }
    const problems = problemsIn(fault)
    if (problems?.['name'] !== undefined) return this.#form(c, form, { name: words.nameUnfit })
    return this.#form(c, form, {}, words.busy)
  }

  #form(c: Context, form: JoinForm, problems: Problems, refused?: string): Promise<Response> {
    const once = this.#deps.random.bytes(16).toString('base64url')
    const page = <JoinPage {...{ view: this.#view(c), ...form, once, problems, refused }} />
    return this.#page(c, page, refused === undefined && Object.keys(problems).length === 0 ? 200 : 422)
  }

  #tooMany(c: Context, minutes: number): Promise<Response> {
    return this.#end(c, fill(this.#words(c).tooMany, { minutes }), 429)
  }

  #end(c: Context, sentence: string, status: Status = 422): Promise<Response> {
    return this.#page(c, <JoinEndPage view={this.#view(c)} sentence={sentence} />, status)
  }

  #mayTry(c: Context): boolean {
    const now = this.#deps.clock.monotonicMs()
    const address = networkOf(addressOf(c))
    if (this.#byAddress.isFull(address, now) || this.#byEverybody.isFull(EVERYBODY, now)) return false
    this.#byAddress.add(address, now)
    this.#byEverybody.add(EVERYBODY, now)
    return true
  }

  async #offer(): Promise<Offer | undefined> {
    const asked = await this.#deps.query('registration.offer', {})
    return asked.ok ? (asked.value as Offer) : undefined
  }

  #view(c: Context): DoorView {
    return this.#deps.viewOf(c)
  }

  #words(c: Context): JoinWords {
    return joinWords[this.#view(c).preferences.lang]
  }

  async #page(c: Context, page: VNode, status: Status = 200): Promise<Response> {
    return c.html(renderPage(page), status)
  }
}

/** The one that was asked for, or the only one there is. */
const chosen = ({ plans }: Offer, id: string | undefined): OfferedPlan | undefined =>
  plans.find((plan) => plan.id === id) ?? (plans.length === 1 ? plans[0] : undefined)

const problemsOf = ({ name, contact, accept }: Typed, words: JoinWords): Problems => ({
  ...(name === '' && { name: words.nameMissing }),
  ...(name.length > registrationLimits.nameLengthMax && { name: words.nameUnfit }),
  ...(contact === '' && { contact: words.contactMissing }),
  ...(contact.length > registrationLimits.contactLengthMax && { contact: words.contactMissing }),
  ...(!accept && { accept: words.acceptMissing }),
})

const fieldsOf = async (c: Context): Promise<(name: string) => string> => {
  const body = await c.req.parseBody()
  return (name) => {
    const value = Object.hasOwn(body, name) ? body[name] : undefined
    return typeof value === 'string' ? value : ''
  }
}
