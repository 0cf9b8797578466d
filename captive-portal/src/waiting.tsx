/** From the wish to the money: what whoever pays sees meanwhile. */
import { fill, formatPhone, formatPrice, visible } from '@lango/kernel/ui'
import { paymentLimits, purchaseAtGate } from '@lango/modules/payments'
import type { ResultOf } from '@lango/kernel/db'
import type { Context } from 'hono'
import type { Gate } from './gate.tsx'
import { href, Page, type View } from './page.tsx'

type Purchase = NonNullable<ResultOf<typeof purchaseAtGate>>
type Props = { view: View; purchase: Purchase; here: string }

/** How often the page looks by itself; a prompt is answered within some twenty seconds. */
const LOOK_SEC = 3
/** What failed and may still be paid. */
const LOOK_LATE_SEC = 10

const Again = ({ view }: { view: View }) => (
  <a class="button" href={href(view, '/')}>
    {view.words.tryAgain}
  </a>
)

const PromptPage = ({ view, purchase, here }: Props) => {
  const { words } = view
  const leftSec = Math.ceil((purchase.requestedAt + paymentLimits.promptLifeMs - view.now) / 1000)
  const said = {
    phone: formatPhone(purchase.phone),
    price: formatPrice(purchase.amountMinor, purchase.currency).replace(/\.00$/, ''),
    plan: visible(purchase.plan),
  }
  return (
    <Page view={view} title={words.waitingTitle} refreshSec={LOOK_SEC} path={here}>
      <p class="big">{fill(purchase.state === 'requested' ? words.sending : words.waitingBody, said)}</p>
      {leftSec > 0 ? <p role="status">{fill(words.timeLeft, { n: leftSec })}</p> : null}
      <p>{words.waitingStay}</p>
      <a class="button button-main" href={href(view, here)}>
        {words.lookAgain}
      </a>
      <Again view={view} />
    </Page>
  )
}

const PaidPage = ({ view, here }: Props) => (
  <Page view={view} title={view.words.paidTitle} refreshSec={LOOK_LATE_SEC} path={here}>
    <p>{view.words.paidClock}</p>
  </Page>
)

const FailedPage = ({ view, purchase, here }: Props) => {
  const { words } = view
  return (
    <Page
      view={view}
      title={words.failedTitle}
      refreshSec={purchase.mayStillBePaid ? LOOK_LATE_SEC : undefined}
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
    const ticket = gate.ticket(c)
    const purchase =
      ticket?.kind === 'purchase' ? await gate.ask(purchaseAtGate, { purchaseId: ticket.purchaseId }) : undefined
    if (!purchase) return c.redirect(href(view, '/'), 303)
    if (purchase.grantNo !== null) {
      const granted = gate.tickets.write({ kind: 'grant', grantNo: purchase.grantNo })
      return c.redirect(href(view, `/connect/${granted}`), 303)
    }
    const Shown = pages[purchase.state === 'granted' ? 'confirmed' : purchase.state]
    return gate.page(c, <Shown {...{ view, purchase }} here={c.req.path} />)
  }
}

const pages = { requested: PromptPage, accepted: PromptPage, confirmed: PaidPage, failed: FailedPage }
