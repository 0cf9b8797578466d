/** From the wish to the money: what whoever pays sees meanwhile. */
import { Button, fill, formatPhone, visible } from '@lango/kernel/ui'
import { askSoon, paymentLimits, purchaseAtGate } from '@lango/modules/payments'
import type { ResultOf } from '@lango/kernel/db'
import type { Context } from 'hono'
import type { Gate } from './gate.tsx'
import { GateForm, href, Page, type View, type Waits } from './page.tsx'
import { priceText } from './terms.ts'
import { filledPage } from './wallet-filled.tsx'

type Purchase = NonNullable<ResultOf<typeof purchaseAtGate>>
type Props = { view: View; purchase: Purchase; here: string }

/** What a page shows, in a word: another word is another page. */
const stateOf = ({ state, grantNo }: Purchase): string => (grantNo === null ? state : 'granted')

const waitsOf = ({ purchase, here }: Props, lookSec: number): Waits => ({
  address: `${here}/state`,
  state: stateOf(purchase),
  lookSec,
})

/** How often the page looks by itself; a prompt is answered within some twenty seconds. */
const LOOK_SEC = 2
/** What failed and may still be paid. */
const LOOK_LATE_SEC = 10

const Again = ({ view }: { view: View }) => (
  <a class="button" href={href(view, '/')}>
    {view.words.tryAgain}
  </a>
)

/** The seconds stand alone in an element, for the script to count; read aloud they are not, each second. */
const Countdown = ({ sec, template }: { sec: number; template: string }) => {
  const [before = '', after = ''] = template.split('{n}')
  return (
    <p>
      {before}
      <span id="left" data-sec={sec}>
        {sec}
      </span>
      {after}
    </p>
  )
}

const PromptPage = (props: Props) => {
  const { view, purchase, here } = props
  const { words } = view
  const leftSec = Math.ceil((purchase.requestedAt + paymentLimits.promptLifeMs - view.now) / 1000)
  const discount = priceText({ ...purchase, amountMinor: purchase.discountMinor })
  const said = {
    phone: formatPhone(purchase.phone),
    price: priceText(purchase),
    plan: visible(purchase.plan ?? words.wallet),
  }
  return (
    <Page view={view} title={words.waitingTitle} waits={waitsOf(props, LOOK_SEC)} path={here}>
      <p class="big">{fill(purchase.state === 'requested' ? words.sending : words.waitingBody, said)}</p>
      {purchase.discountMinor > 0 ? <p>{fill(words.discounted, { amount: discount })}</p> : null}
      {leftSec > 0 ? <Countdown sec={leftSec} template={words.timeLeft} /> : null}
      <p>{words.waitingStay}</p>
      <GateForm view={view} action={here}>
        <Button kind="main">{words.lookAgain}</Button>
      </GateForm>
      <Again view={view} />
    </Page>
  )
}

const PaidPage = (props: Props) => (
  <Page view={props.view} title={props.view.words.paidTitle} waits={waitsOf(props, LOOK_LATE_SEC)} path={props.here}>
    <p>{props.view.words.paidClock}</p>
  </Page>
)

const OverPage = ({ view, here }: Props) => (
  <Page view={view} title={view.words.refundedTitle} path={here}>
    <p>{view.words.refundedBody}</p>
    <a class="button button-main" href={href(view, '/')}>
      {view.words.tryAgain}
    </a>
  </Page>
)

const FailedPage = (props: Props) => {
  const { view, purchase, here } = props
  const { words } = view
  return (
    <Page
      view={view}
      title={words.failedTitle}
      waits={purchase.mayStillBePaid ? waitsOf(props, LOOK_LATE_SEC) : undefined}
      path={here}
    >
      <p class="big">{words[`why.${purchase.failure ?? 'system'}`]}</p>
      {purchase.mayStillBePaid ? <p>{words.mayStill}</p> : null}
      <a class="button button-main" href={href(view, '/')}>
        {words.tryAgain}
      </a>
      <a class="button" href={href(view, '/paid')}>
        {words.havePaid}
      </a>
    </Page>
  )
}

export class Waiting {
  readonly #gate: Gate

  constructor(gate: Gate) {
    this.#gate = gate
  }

  async open(c: Context): Promise<Response> {
    const gate = this.#gate
    const view = gate.view(c)
    const purchase = await this.#find(c)
    if (!purchase) return c.redirect(href(view, '/'), 303)
    if (purchase.purpose === 'wallet' && purchase.state === 'granted') return filledPage(gate, c, view, purchase)
    if (purchase.grantNo !== null) {
      const granted = gate.tickets.write({ kind: 'grant', grantNo: purchase.grantNo })
      return c.redirect(href(view, `/connect/${granted}`), 303)
    }
    const Shown = pages[purchase.state === 'granted' ? 'confirmed' : purchase.state]
    return gate.page(c, <Shown {...{ view, purchase }} here={c.req.path} />)
  }

  /** They say that they have paid: whoever knows is asked. */
  async paid(c: Context): Promise<Response> {
    const gate = this.#gate
    const view = gate.view(c, gate.placeIn(await gate.fields(c)))
    const ticket = gate.ticket(c)
    if (ticket?.kind !== 'purchase') return c.redirect(href(view, '/'), 303)
    gate.tell(c, askSoon, { purchaseId: ticket.purchaseId })
    return c.redirect(href(view, c.req.path), 303)
  }

  /** For the script of the page. */
  async state(c: Context): Promise<Response> {
    const purchase = await this.#find(c)
    return purchase ? c.text(stateOf(purchase)) : c.text('none', 404)
  }

  async #find(c: Context): Promise<Purchase | undefined> {
    const ticket = this.#gate.ticket(c)
    return ticket?.kind === 'purchase' ? this.#gate.ask(purchaseAtGate, { purchaseId: ticket.purchaseId }) : undefined
  }
}

const pages = {
  requested: PromptPage,
  accepted: PromptPage,
  confirmed: PaidPage,
  failed: FailedPage,
  refunded: OverPage,
}
