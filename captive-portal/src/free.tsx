/**
 * Free access: a trial or a guest pass, once for each phone number or e-mail address, which is confirmed by a code. The
 * device only counts how often codes are asked for: addresses of devices are made up by the thousand.
 */
import { Button, Check, counted, Field, fill, visible } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { confirmRegistration, registrationOffer, startRegistration, type Confirmed } from '@lango/modules/registration'
import { showAllowance } from '@lango/modules/sessions'
import type { Context } from 'hono'
import { addressOf, type Gate, type Status } from './gate.tsx'
import type { Place } from './hand-off.ts'
import { Alert, GateForm, href, Page, tooMany, type View } from './page.tsx'
import { termsText } from './terms.ts'

type Offer = ResultOf<typeof registrationOffer>
export type FreePlan = Offer['plans'][number]

const TOKEN_CHARACTERS_MAX = 64

/** Those that a hotspot serves. */
export const freePlans = async (gate: Pick<Gate, 'ask'>): Promise<readonly FreePlan[]> =>
  (await gate.ask(registrationOffer, {})).plans.filter(({ kind }) => kind === 'hotspot')

const termsOf = ({ policy, ...plan }: FreePlan, view: View): string => termsText({ ...plan, ...policy }, view)

const ChoosePage = ({ view, plans }: { view: View; plans: readonly FreePlan[] }) => (
  <Page view={view} title={view.words.freeTitle} path="/free">
    {plans.length === 0 ? <p>{view.words.freeNone}</p> : null}
    <ul class="offer">
      {plans.map((plan) => (
        <li key={plan.id}>
          <a class="button" href={href(view, '/free', { plan: plan.id })}>
            {visible(plan.name)}
            <span>{termsOf(plan, view)}</span>
          </a>
        </li>
      ))}
    </ul>
  </Page>
)

type Typed = { readonly name: string; readonly contact: string; readonly accept: boolean }
type AskProps = {
  view: View
  plan: FreePlan
  once: string
  typed: Typed
  problems?: Readonly<Record<string, string>>
  refused?: string
}

const AskPage = ({ view, plan, once, typed, problems = {}, refused }: AskProps) => {
  const { words, locale, look } = view
  const errorOf = (name: string) => (problems[name] === undefined ? {} : { error: problems[name] })
  const isPhone = plan.by === 'phone'
  return (
    <Page view={view} title={words.freeTitle}>
      <p>
        <b>{visible(plan.name)}</b> <span class="muted">{termsOf(plan, view)}</span>
      </p>
      <Alert text={refused} />
      <GateForm view={view} action="/free" once={once}>
        <input type="hidden" name="plan" value={plan.id} />
        <Field
          locale={locale}
          label={words.name}
          name="name"
          value={typed.name}
          autoComplete="name"
          required
          {...errorOf('name')}
        />
        <Field
          locale={locale}
          label={isPhone ? words.freePhone : words.freeEmail}
          name="contact"
          value={typed.contact}
          help={isPhone ? words.freePhoneHelp : words.freeEmailHelp}
          type={isPhone ? 'tel' : 'email'}
          autoComplete={isPhone ? 'tel' : 'email'}
          required
          {...errorOf('contact')}
        />
        <Check
          label={fill(words.freeAccept, { site: visible(look.siteName) })}
          name="accept"
          checked={typed.accept}
          {...(problems['accept'] !== undefined && { help: problems['accept'] })}
        />
        <Button kind="main">{words.freeSend}</Button>
      </GateForm>
    </Page>
  )
}

const CodePage = ({ view, token, refused }: { view: View; token: string; refused?: string | undefined }) => {
  const { words, locale } = view
  return (
    <Page view={view} title={words.freeCodeTitle}>
      <p>{words.freeCodeSent}</p>
      <Alert text={refused} />
      <GateForm view={view} action="/free/code">
        <input type="hidden" name="r" value={token} />
        <Field
          locale={locale}
          label={words.freeCode}
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          required
        />
        <Button kind="main">{words.connect}</Button>
      </GateForm>
      <a class="button" href={href(view, '/free')}>
        {words.freeAnother}
      </a>
    </Page>
  )
}

export class Free {
  readonly #gate: Gate

  constructor(gate: Gate) {
    this.#gate = gate
  }

  async open(c: Context): Promise<Response> {
    const gate = this.#gate
    const view = gate.view(c)
    const plans = await freePlans(gate)
    const plan = chosen(plans, c.req.query('plan') ?? '')
    const typed = { name: '', contact: '', accept: false }
    return plan
      ? gate.page(c, <AskPage {...{ view, plan, typed }} once={gate.once()} />)
      : gate.page(c, <ChoosePage {...{ view, plans }} />, plans.length === 0 ? 404 : 200)
  }

  async send(c: Context): Promise<Response> {
    const gate = this.#gate
    const field = await gate.fields(c)
    const place = gate.placeIn(field)
    const view = gate.view(c, place)
    const { words } = view
    const plans = await freePlans(gate)
    const plan = plans.find(({ id }) => id === field('plan'))
    if (!plan) return gate.page(c, <ChoosePage {...{ view, plans }} />, 422)
    const typed = { name: field('name').trim(), contact: field('contact').trim(), accept: field('accept') !== '' }
    const again = (said: Pick<AskProps, 'problems' | 'refused'>, status: Status = 422) =>
      gate.page(c, <AskPage {...{ view, plan, typed, ...said }} once={gate.once()} />, status)
    const problems = {
      ...(typed.name === '' && { name: words.nameMissing }),
      ...(typed.contact === '' && { contact: words.freeContactMissing }),
      ...(!typed.accept && { accept: words.freeAcceptMissing }),
    }
    if (Object.keys(problems).length > 0) return again({ problems })
    if (!gate.tries(c, 'codes', place)) return again({ refused: tooMany(view) }, 429)
    const asked = this.#start(c, place, plan, typed, field('once'))
    if (asked.ok) return c.redirect(href(view, '/free/code', { r: asked.value.token }), 303)
    const { type, prefixes = [] } = asked.error as { type: string; prefixes?: readonly string[] }
    if (type === 'ContactUnfit')
      return again({
        problems: {
          contact:
            plan.by === 'phone' ? fill(words.freePhoneUnfit, { prefixes: prefixes.join(', ') }) : words.freeEmailUnfit,
        },
      })
    if (type === 'InputInvalid') return again({ problems: { name: words.nameUnfit } })
    return again({ refused: type === 'RegistrationTooMany' ? tooMany(view) : words.freeNone }, 429)
  }

  codePage(c: Context): Response | Promise<Response> {
    const token = (c.req.query('r') ?? '').slice(0, TOKEN_CHARACTERS_MAX)
    return this.#gate.page(c, <CodePage view={this.#gate.view(c)} token={token} />)
  }

  async confirm(c: Context): Promise<Response> {
    const gate = this.#gate
    const field = await gate.fields(c)
    const place = gate.placeIn(field)
    const view = gate.view(c, place)
    const token = field('r').slice(0, TOKEN_CHARACTERS_MAX)
    const again = (refused: string, status: Status = 422) =>
      gate.page(c, <CodePage {...{ view, token, refused }} />, status)
    // A registration dies of wrong codes by itself; this bounds what strangers write into the log.
    if (!gate.tries(c, 'claims', place)) return again(tooMany(view), 429)
    const code = field('code').trim().slice(0, 64)
    const done = gate.tell(c, confirmRegistration, { token, code })
    if (!done.ok) return again(view.words.freeOver)
    const { outcome } = done.value
    if (outcome.state !== 'done') return again(sayOf(outcome, view))
    const { timeZone } = gate.deps
    const allowance = await gate.ask(showAllowance, { login: outcome.login, at: gate.now, timeZone })
    if (!allowance) return again(view.words.freeOver)
    const ticket = gate.tickets.write({ kind: 'grant', grantNo: allowance.grantNo })
    gate.keepTicket(c, ticket)
    return c.redirect(href(view, `/connect/${ticket}`), 303)
  }

  /** Where all phones of a place come from one address, codes are counted by device, and by the portal's own limits. */
  #start(c: Context, { mac }: Place, plan: FreePlan, { name, contact }: Typed, once: string) {
    const { locale } = this.#gate.view(c)
    const input = { plan: plan.id, name, contact, language: locale.lang, address: mac || addressOf(c) }
    return this.#gate.tell(c, startRegistration, input, this.#gate.commandId(once, plan.id, name, contact))
  }
}

const chosen = (plans: readonly FreePlan[], id: string): FreePlan | undefined =>
  plans.find((plan) => plan.id === id) ?? (plans.length === 1 ? plans[0] : undefined)

const sayOf = (outcome: Exclude<Confirmed, { state: 'done' }>, { words, locale }: View): string => {
  switch (outcome.state) {
    case 'wrong':
      return counted(words.freeWrong, outcome.left, locale)
    case 'later':
      return words.freeLater
    case 'refused':
      return outcome.reason === 'known' ? words.freeKnown : words.freeOver
    default:
      return words.freeOver
  }
}
