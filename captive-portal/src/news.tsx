/** Offers and news by message, for whoever wants them: agreed to in so many words, confirmed by a code, and stopped again. */
import { Button, Check, Field, fill, visible } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { registrationOffer, startRegistration, withdrawOwnConsent, type Agreed } from '@lango/modules/registration'
import type { Context } from 'hono'
import { openCode, takeCode } from './code.tsx'
import { addressOf, type Gate, type Status } from './gate.tsx'
import { Alert, GateForm, href, Page, textIn, tooMany, type View } from './page.tsx'

type Offers = ResultOf<typeof registrationOffer>['offers']

export const NEWS_PATH = '/news'
const STOP_PATH = `${NEWS_PATH}/stop`
const CONTACT_CHARACTERS_MAX = 254

/** What somebody agrees to who wants messages, as they read it. */
export const offersText = (view: View, offers: Offers): string =>
  textIn(view, offers.words) || fill(view.words.offersAccept, { site: view.look.siteName })

export const agreedTo = (view: View, purpose: Agreed['purpose'], text: string): Agreed => ({
  purpose,
  language: view.language.tag,
  text,
})

/** Below what is to be read before anybody agrees. */
const StopLink = ({ view }: { view: View }) => (
  <a class="button" href={href(view, STOP_PATH)}>
    {view.words.newsStop}
  </a>
)

type Typed = { readonly contact: string; readonly accept: boolean }
type AskProps = {
  view: View
  offers: Offers
  once: string
  typed: Typed
  problems?: Readonly<Record<string, string>>
  refused?: string | undefined
}

const AskPage = ({ view, offers, once, typed, problems = {}, refused }: AskProps) => {
  const { words, locale } = view
  const { contact, accept } = problems
  return (
    <Page view={view} title={words.newsTitle} path={NEWS_PATH}>
      <p>{words.newsBody}</p>
      <Alert text={refused} />
      <GateForm view={view} action={NEWS_PATH} once={once}>
        <Field
          locale={locale}
          {...reachedBy(view, offers)}
          name="contact"
          value={typed.contact}
          required
          {...(contact !== undefined && { error: contact })}
        />
        <Check
          label={visible(offersText(view, offers))}
          name="offers"
          checked={typed.accept}
          {...(accept !== undefined && { help: accept })}
        />
        <Button kind="main">{words.freeSend}</Button>
      </GateForm>
      <StopLink view={view} />
    </Page>
  )
}

/** The field says what may be typed into it. */
const reachedBy = ({ words }: View, { by }: Offers) => {
  if (by.length > 1) return { label: words.newsContact, help: words.newsContactHelp }
  const isPhone = by[0] !== 'email'
  return isPhone
    ? { label: words.freePhone, help: words.freePhoneHelp, type: 'tel' as const, autoComplete: 'tel' }
    : { label: words.freeEmail, help: words.freeEmailHelp, type: 'email' as const, autoComplete: 'email' }
}

/** What was typed, where either may be; else what there is. */
const meant = ({ by }: Offers, contact: string): Offers['by'][number] | undefined => {
  if (by.length === 1) return by[0]
  return contact.includes('@') ? 'email' : 'phone'
}

const StopPage = ({ view, typed = '', problem }: { view: View; typed?: string; problem?: string }) => {
  const { words, locale } = view
  return (
    <Page view={view} title={words.newsStop} path={STOP_PATH}>
      <p>{words.newsStopBody}</p>
      <GateForm view={view} action={STOP_PATH}>
        <Field
          locale={locale}
          label={words.newsContact}
          name="contact"
          value={typed}
          required
          {...(problem !== undefined && { error: problem })}
        />
        <Button kind="main">{words.newsStop}</Button>
      </GateForm>
    </Page>
  )
}

const SaidPage = ({ view, title, body, stop }: { view: View; title: string; body: string; stop: boolean }) => (
  <Page view={view} title={title}>
    <p role="status">{body}</p>
    {stop ? <StopLink view={view} /> : null}
  </Page>
)

export class News {
  readonly #gate: Gate

  constructor(gate: Gate) {
    this.#gate = gate
  }

  async open(c: Context): Promise<Response> {
    const view = this.#gate.view(c)
    const { offers } = await this.#gate.ask(registrationOffer, {})
    const typed = { contact: '', accept: false }
    return offers.isAsked
      ? this.#gate.page(c, <AskPage {...{ view, offers, typed }} once={this.#gate.once()} />)
      : this.#none(c, view)
  }

  async send(c: Context): Promise<Response> {
    const gate = this.#gate
    const field = await gate.fields(c)
    const place = gate.placeIn(field)
    const view = gate.view(c, place)
    const { words } = view
    const { offers, prefixes } = await gate.ask(registrationOffer, {})
    if (!offers.isAsked) return this.#none(c, view)
    const typed = { contact: field('contact').trim(), accept: field('offers') !== '' }
    const again = (said: Pick<AskProps, 'problems' | 'refused'>, status: Status = 422) =>
      gate.page(c, <AskPage {...{ view, offers, typed, ...said }} once={gate.once()} />, status)
    const problems = {
      ...(typed.contact === '' && { contact: words.freeContactMissing }),
      ...(!typed.accept && { accept: words.newsAcceptMissing }),
    }
    if (Object.keys(problems).length > 0) return again({ problems })
    if (!gate.tries(c, 'codes', place)) return again({ refused: tooMany(view) }, 429)
    const contact = typed.contact.slice(0, CONTACT_CHARACTERS_MAX)
    const by = meant(offers, contact)
    const asked = gate.tell(
      c,
      startRegistration,
      {
        by,
        contact,
        language: view.locale.lang,
        address: place.mac || addressOf(c),
        agreed: [agreedTo(view, 'offers', offersText(view, offers))],
        place: place.router || undefined,
      },
      gate.commandId(field('once'), NEWS_PATH, contact),
    )
    if (asked.ok) return c.redirect(href(view, `${NEWS_PATH}/code`, { r: asked.value.token }), 303)
    if (asked.error.type === 'RegistrationTooMany') return again({ refused: tooMany(view) }, 429)
    if (asked.error.type !== 'ContactUnfit') return again({ refused: words.newsNone }, 503)
    const phoneUnfit = fill(words.freePhoneUnfit, { prefixes: prefixes.join(', ') })
    return again({ problems: { contact: by === 'phone' ? phoneUnfit : words.freeEmailUnfit } })
  }

  codePage(c: Context): Response | Promise<Response> {
    return openCode(this.#gate, c, NEWS_PATH)
  }

  async confirm(c: Context): Promise<Response> {
    const field = await this.#gate.fields(c)
    return takeCode(this.#gate, c, {
      of: NEWS_PATH,
      field,
      brings: async (_taken, view) => {
        const { newsDone: title, newsDoneBody: body } = view.words
        return this.#gate.page(c, <SaidPage {...{ view, title, body }} stop />)
      },
    })
  }

  stopPage(c: Context): Response | Promise<Response> {
    return this.#gate.page(c, <StopPage view={this.#gate.view(c)} />)
  }

  /** The same answer whether anything was ever agreed to: nobody learns who gets messages. */
  async stop(c: Context): Promise<Response> {
    const gate = this.#gate
    const field = await gate.fields(c)
    const place = gate.placeIn(field)
    const view = gate.view(c, place)
    const typed = field('contact').trim().slice(0, CONTACT_CHARACTERS_MAX)
    const again = (problem: string, status: Status = 422) =>
      gate.page(c, <StopPage {...{ view, typed, problem }} />, status)
    if (!gate.tries(c, 'claims', place)) return again(tooMany(view), 429)
    const done = gate.tell(c, withdrawOwnConsent, { contact: typed })
    if (!done.ok) return again(view.words.newsContactUnfit)
    const { newsStopped: title, newsStoppedBody: body } = view.words
    return gate.page(c, <SaidPage {...{ view, title, body }} stop={false} />)
  }

  #none(c: Context, view: View): Response | Promise<Response> {
    const { newsTitle: title, newsNone: body } = view.words
    return this.#gate.page(c, <SaidPage {...{ view, title, body }} stop />, 404)
  }
}
