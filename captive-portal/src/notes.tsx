/** Pages that only say something: help, terms, and what went wrong. */
import { fill, formatPhone } from '@lango/kernel/ui'
import { registrationOffer } from '@lango/modules/registration'
import type { Context } from 'hono'
import type { Gate } from './gate.tsx'
import { NEWS_PATH } from './news.tsx'
import { href, Page, Paragraphs, textIn, type View } from './page.tsx'

const HELP = ['helpPay', 'helpPin', 'helpPaid', 'helpVoucher', 'helpReturn'] as const

/** Who helps: a touch calls or writes. */
const Support = ({ view: { look, words } }: { view: View }) => {
  const { phone, whatsapp } = look.portal.support
  return (
    <>
      {phone === '' ? null : (
        <a class="button" href={`tel:${phone}`}>
          {fill(words.helpCall, { phone: formatPhone(phone) })}
        </a>
      )}
      {whatsapp === '' ? null : (
        <a class="button" href={`https://wa.me/${whatsapp.slice(1)}`}>
          {fill(words.helpWrite, { phone: formatPhone(whatsapp) })}
        </a>
      )}
    </>
  )
}

export class Notes {
  readonly #gate: Gate

  constructor(gate: Gate) {
    this.#gate = gate
  }

  help(c: Context): Response | Promise<Response> {
    const view = this.#gate.view(c)
    return this.#gate.page(
      c,
      <Page view={view} title={view.words.helpTitle} path="/help">
        {HELP.map((word) => (
          <p key={word}>{view.words[word]}</p>
        ))}
        <Support view={view} />
      </Page>,
    )
  }

  async terms(c: Context): Promise<Response> {
    const view = this.#gate.view(c)
    const { offers } = await this.#gate.ask(registrationOffer, {})
    return this.#gate.page(
      c,
      <Page view={view} title={view.words.termsTitle} path="/terms">
        <Paragraphs text={textIn(view, view.look.portal.terms) || view.words.termsNone} />
        {offers.mayStop ? (
          <a class="button" href={href(view, `${NEWS_PATH}/stop`)}>
            {view.words.newsStop}
          </a>
        ) : null}
      </Page>,
    )
  }

  notFound(c: Context): Response | Promise<Response> {
    const view = this.#gate.view(c)
    const page = (
      <Page view={view} title={view.words.notFound}>
        <p>{view.words.notFoundBody}</p>
      </Page>
    )
    return this.#gate.page(c, page, 404)
  }

  fault(c: Context, id: string): Response | Promise<Response> {
    const view = this.#gate.view(c)
    const page = (
      <Page view={view} title={view.words.fault}>
        <p>{fill(view.words.faultBody, { id })}</p>
      </Page>
    )
    return this.#gate.page(c, page, 503)
  }
}
