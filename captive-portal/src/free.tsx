/**
 * Free access: a trial or a guest pass, once for each phone number or e-mail address, which is confirmed by a code, and
 * once for each device that the router tells. Addresses of devices are made up by the thousand: the code is what counts.
 */
import { Button, Check, Field, fill, visible } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { registrationOffer, startRegistration } from '@lango/modules/registration'
import { showAllowance } from '@lango/modules/sessions'
import type { Context } from 'hono'
import { openCode, takeCode } from './code.tsx'
import { addressOf, type Field as Sent, type Gate, type Status } from './gate.tsx'
import { agreedTo, offersText } from './news.tsx'
import { Alert, GateForm, href, Page, tooMany, type View } from './page.tsx'
import { termsText } from './terms.ts'

type Offer = ResultOf<typeof registrationOffer>
export type FreePlan = Offer['plans'][number]

/** Those that a hotspot serves, and whether people are asked if they want messages. */
export const freeNow = async (gate: Pick<Gate, 'ask'>) => {
  const { plans, offers } = await gate.ask(registrationOffer, {})
  return { plans: plans.filter(({ kind }) => kind === 'hotspot'), offers }
}

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

type Typed = {
  readonly name: string
  readonly contact: string
  readonly accept: boolean
  readonly offers: boolean
}
type AskProps = {
  view: View
  plan: FreePlan
  offers: Offer['offers']
  once: string
  typed: Typed
  problems?: Readonly<Record<string, string>>
  refused?: string
}

/** What it takes to give them an account. */
const serviceText = ({ words, look }: View): string => fill(words.freeAccept, { site: look.siteName })

const AskPage = ({ view, plan, offers, once, typed, problems = {}, refused }: AskProps) => {
  const { words, locale } = view
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
          label={visible(serviceText(view))}
          name="accept"
          checked={typed.accept}
          {...(problems['accept'] !== undefined && { help: problems['accept'] })}
        />
        {offers.isAsked ? (
          <Check
            label={visible(offersText(view, offers))}
            name="offers"
            checked={typed.offers}
            help={words.offersFree}
          />
        ) : null}
        <Button kind="main">{words.freeSend}</Button>
      </GateForm>
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
    const { plans, offers } = await freeNow(gate)
    const plan = chosen(plans, c.req.query('plan') ?? '')
    const typed = { name: '', contact: '', accept: false, offers: false }
    return plan
      ? gate.page(c, <AskPage {...{ view, plan, offers, typed }} once={gate.once()} />)
      : gate.page(c, <ChoosePage {...{ view, plans }} />, plans.length === 0 ? 404 : 200)
  }

  async send(c: Context): Promise<Response> {
    const gate = this.#gate
    const field = await gate.fields(c)
    const place = gate.placeIn(field)
    const view = gate.view(c, place)
    const { words } = view
    const { plans, offers } = await freeNow(gate)
    const plan = plans.find(({ id }) => id === field('plan'))
    if (!plan) return gate.page(c, <ChoosePage {...{ view, plans }} />, 422)
    const typed = {
      name: field('name').trim(),
      contact: field('contact').trim(),
      accept: field('accept') !== '',
      offers: field('offers') !== '',
    }
    const again = (said: Pick<AskProps, 'problems' | 'refused'>, status: Status = 422) =>
      gate.page(c, <AskPage {...{ view, plan, offers, typed, ...said }} once={gate.once()} />, status)
    const problems = {
      ...(typed.name === '' && { name: words.nameMissing }),
      ...(typed.contact === '' && { contact: words.freeContactMissing }),
      ...(!typed.accept && { accept: words.freeAcceptMissing }),
    }
    if (Object.keys(problems).length > 0) return again({ problems })
    if (!gate.tries(c, 'codes', place)) return again({ refused: tooMany(view) }, 429)
    const asked = this.#start(c, field, { plan, offers, typed })
    if (asked.ok) return c.redirect(href(view, '/free/code', { r: asked.value.token }), 303)
    const { type, prefixes = [] } = asked.error as { type: string; prefixes?: readonly string[] }
    if (type === 'ContactUnfit')
      return again({
        problems: {
          contact:
            plan.by === 'phone' ? fill(words.freePhoneUnfit, { prefixes: prefixes.join(', ') }) : words.freeEmailUnfit,
        },
      })
    if (type === 'DeviceKnown') return again({ refused: words.freeDeviceKnown })
    if (type === 'InputInvalid') return again({ problems: { name: words.nameUnfit } })
    return again({ refused: type === 'RegistrationTooMany' ? tooMany(view) : words.freeNone }, 429)
  }

  codePage(c: Context): Response | Promise<Response> {
    return openCode(this.#gate, c, '/free')
  }

  async confirm(c: Context): Promise<Response> {
    const gate = this.#gate
    const field = await gate.fields(c)
    return takeCode(gate, c, {
      of: '/free',
      field,
      brings: async (taken, view) => {
        const { timeZone } = gate.deps
        const allowance =
          taken.state === 'done'
            ? await gate.ask(showAllowance, { login: taken.login, at: gate.now, timeZone })
            : undefined
        if (!allowance) return c.redirect(href(view, '/'), 303)
        const ticket = gate.tickets.write({ kind: 'grant', grantNo: allowance.grantNo })
        gate.keepTicket(c, ticket)
        return c.redirect(href(view, `/connect/${ticket}`), 303)
      },
    })
  }

  /** Where all phones of a place come from one address, codes are counted by device, and by the portal's own limits. */
  #start(c: Context, field: Sent, { plan, offers, typed }: { plan: FreePlan; offers: Offer['offers']; typed: Typed }) {
    const gate = this.#gate
    const place = gate.placeIn(field)
    const view = gate.view(c, place)
    const { name, contact } = typed
    const wants = offers.isAsked && typed.offers
    const input = {
      plan: plan.id,
      name,
      contact,
      language: view.locale.lang,
      address: place.mac || addressOf(c),
      agreed: [
        agreedTo(view, 'service', serviceText(view)),
        ...(wants ? [agreedTo(view, 'offers', offersText(view, offers))] : []),
      ],
      place: place.router || undefined,
      device: place.mac || undefined,
    }
    return gate.tell(
      c,
      startRegistration,
      input,
      gate.commandId(field('once'), plan.id, name, contact, wants ? 'offers' : ''),
    )
  }
}

const chosen = (plans: readonly FreePlan[], id: string): FreePlan | undefined =>
  plans.find((plan) => plan.id === id) ?? (plans.length === 1 ? plans[0] : undefined)
