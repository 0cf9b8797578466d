/** The first page: what is sold, for whom, and the ways in beside it. */
import { fill, visible } from '@lango/kernel/ui'
import type { Fault } from '@lango/kernel'
import type { FaultOf } from '@lango/kernel/verbs'
import { readPhone } from '@lango/modules/customers'
import { offersOpen, payableAtGate, plansForSale, requestPurchase } from '@lango/modules/payments'
import type { Context } from 'hono'
import { codeProblem, couponOf, type Coupon } from './coupon.tsx'
import { freeNow } from './free.tsx'
import type { Field as Sent, Gate, Status } from './gate.tsx'
import { isFromRouter, placeFromRouter, readWayBack, type Place, type WayBack } from './hand-off.ts'
import { portalLimits } from './limits.ts'
import { NEWS_PATH } from './news.tsx'
import { countryCodes, href, Page, Paragraphs, textIn, tooMany, type View } from './page.tsx'
import { readChoice } from './prices.ts'
import { mayBeStale, promptRefusal, refusalText } from './refusals.ts'
import { Shop, type Offer, type ShopProps } from './shop.tsx'
import { priceText, type Bundle } from './terms.ts'
import type { WalletDeeds } from './wallet-deeds.tsx'
import { balanceOf, openWalletOf, WALLET_PATH, type OpenWallet } from './wallet.tsx'

type HomeProps = ShopProps & {
  /** What to connect again with, from a visit before. */
  ticket?: string | undefined
  /** The open wallet, however it is paid. */
  purse?: OpenWallet | undefined
  /** Why the router has just turned them away. */
  turnedAway?: string | undefined
}

const Announcement = ({ view }: { view: View }) => {
  const { announcement, announcementUntil: until } = view.look.portal
  const text = until !== null && until <= view.now ? '' : textIn(view, announcement)
  if (text === '') return null
  return (
    <div class="notice">
      <Paragraphs text={text} />
    </div>
  )
}

export const HomePage = (props: HomeProps) => {
  const { view, ticket, turnedAway } = props
  const { words } = view
  const welcome = textIn(view, view.look.portal.welcome)
  const keeps: Readonly<Record<string, string>> = props.coupon === undefined ? {} : { code: props.coupon.typed }
  const news = props.offer.hasNews ? <a href={href(view, NEWS_PATH)}>{words.newsLink}</a> : null
  return (
    <Page view={view} title={words.title} path="/" extra={keeps} back={false} foot={news}>
      {welcome === '' ? null : <p>{visible(welcome)}</p>}
      <Announcement view={view} />
      {turnedAway === undefined ? null : (
        <div class="notice notice-stopped" role="alert">
          <p class="notice-title">{words.notConnected}</p>
          <p>{turnedAway}</p>
        </div>
      )}
      {ticket === undefined ? null : (
        <p>
          <a class="button button-main" href={href(view, `/connect/${ticket}`)}>
            {words.connectAgain}
          </a>
        </p>
      )}
      <Shop {...props} />
      <a class="button" href={href(view, '/voucher')}>
        {words.haveVoucher}
      </a>
      <a class="button" href={href(view, WALLET_PATH)}>
        {props.purse === undefined ? words.walletLink : fill(words.walletMine, { balance: balanceOf(props.purse) })}
      </a>
      {props.offer.hasFree ? (
        <a class="button" href={href(view, '/free')}>
          {words.freeLink}
        </a>
      ) : null}
      <a class="button" href={href(view, '/paid')}>
        {words.havePaid}
      </a>
    </Page>
  )
}

/** How somebody whom the router sends with a ticket is sent back to be let in; undefined for whoever is to see the page. */
const onwardWith = (
  { isOnWay, isAgain }: WayBack,
  { login, chapId }: Place,
  error: string,
): Readonly<Record<string, string>> | undefined => {
  // What they are to be let in with was chosen before anybody knew where.
  if (isOnWay && login !== '' && error === '') return {}
  // The challenge was used up meanwhile, and the router has just made another.
  return !isAgain && chapId !== '' && mayBeStale(error) ? { again: '' } : undefined
}

type Asked = { readonly place: Place; readonly typed: string; readonly coupon?: Coupon | undefined }
type Choice = { readonly bundle: Bundle; readonly phone: string; readonly shownMinor: number | undefined }

export class Home {
  readonly #gate: Gate
  readonly #deeds: WalletDeeds
  #offer: { readonly at: number; readonly offer: Promise<Offer> } | undefined

  constructor(gate: Gate, deeds: WalletDeeds) {
    this.#gate = gate
    this.#deeds = deeds
  }

  async open(c: Context): Promise<Response> {
    const gate = this.#gate
    const { search, searchParams: query } = new URL(c.req.url)
    const isSent = isFromRouter(query)
    const back = readWayBack(query.get('link-orig') ?? '')
    const told = isSent ? placeFromRouter(search, gate.loginHosts()) : gate.place(c)
    const place = { ...told, lang: told.lang || back.lang }
    const view = gate.view(c, place)
    const ticket = this.#ticketFor(c, back.ticket)
    const error = query.get('error') ?? ''
    // It is done: how it stands is all there is to see.
    if (query.get('logged-in') === 'yes' && ticket !== undefined)
      return c.redirect(href(view, `/s/${ticket}`, { in: String(gate.now) }), 303)
    const onward = ticket === back.ticket ? onwardWith(back, place, error) : undefined
    if (onward !== undefined) return c.redirect(href(view, `/connect/${ticket}`, onward), 303)
    return gate.page(
      c,
      <HomePage
        view={view}
        offer={await this.#offered()}
        once={gate.once()}
        ticket={ticket}
        coupon={await couponOf(gate, c, view, query.get('code'))}
        turnedAway={error === '' ? undefined : refusalText(error, view.words)}
        showAll={query.has('all')}
        {...await this.#purse(c)}
      />,
    )
  }

  /** Asks the phone to pay. */
  async buy(c: Context): Promise<Response> {
    const gate = this.#gate
    const field = await gate.fields(c)
    const place = gate.placeIn(field)
    const view = gate.view(c, place)
    const asked = { place, typed: field('phone'), coupon: await couponOf(gate, c, view, field('code') || null) }
    const { words, look } = view
    const { id: chosen, shownMinor } = readChoice(field('plan'))
    const offer = await this.#offered()
    const bundle = offer.bundles.find(({ id }) => id === chosen)
    if (bundle && field('wallet') !== '') return this.#fromWallet(c, field, asked, { bundle, shownMinor })
    const typed = asked.typed.trim()
    const isEmpty = typed === '' || typed === countryCodes[look.currency]?.trim()
    if (isEmpty) return this.#again(c, asked, { problem: words.phoneMissing })
    const phone = readPhone(typed, look.currency)
    if (!phone.ok) return this.#again(c, asked, { problem: words.phoneUnreadable })
    if (!bundle || !offer.isSetUp) return this.#again(c, asked, { refused: words.planGone })
    if (asked.coupon?.problem !== undefined) return this.#again(c, asked, { refused: asked.coupon.problem })
    if (!gate.tries(c, 'buys', asked.place)) return this.#again(c, asked, { refused: tooMany(view) }, 429)
    return this.#request(c, field, asked, { bundle, phone: phone.value, shownMinor })
  }

  async #fromWallet(c: Context, field: Sent, asked: Asked, choice: Omit<Choice, 'phone'>): Promise<Response> {
    const view = this.#gate.view(c, asked.place)
    if (asked.coupon?.problem !== undefined) return this.#again(c, asked, { refused: asked.coupon.problem })
    if (!this.#gate.tries(c, 'buys', asked.place)) return this.#again(c, asked, { refused: tooMany(view) }, 429)
    const done = await this.#deeds.buy(c, field, view, { ...choice, code: asked.coupon?.typed })
    return done instanceof Response ? done : this.#refuse(c, asked, choice.bundle, done)
  }

  async #request(c: Context, field: Sent, asked: Asked, choice: Choice): Promise<Response> {
    const gate = this.#gate
    const view = gate.view(c, asked.place)
    const { bundle, phone, shownMinor } = choice
    const code = asked.coupon?.typed
    const id = gate.commandId(field('once'), bundle.id, phone, code ?? '', String(shownMinor ?? ''))
    const wish = { plan: bundle.name, phone, code, shownMinor, device: asked.place.mac || undefined }
    const done = gate.tell(c, requestPurchase, wish, id)
    if (!done.ok) return this.#refuse(c, asked, bundle, done.error)
    const ticket = gate.tickets.write({ kind: 'purchase', purchaseId: done.value.id })
    gate.keepTicket(c, ticket)
    return c.redirect(href(view, `/pay/${ticket}`), 303)
  }

  #refuse(c: Context, asked: Asked, { id }: Bundle, fault: Fault): Promise<Response> {
    const view = this.#gate.view(c, asked.place)
    const known = fault as FaultOf<typeof requestPurchase>
    if (known.type === 'OfferCodeUnfit') {
      const problem = codeProblem(known.why, view)
      return this.#again(c, { ...asked, coupon: { typed: known.code, problem } }, { refused: problem })
    }
    if (known.type !== 'PriceChanged') return this.#again(c, asked, { refused: promptRefusal(fault, view) })
    // What everybody is shown is looked up anew, and of this bundle they are shown what they would be asked for.
    this.#offer = undefined
    const { priceMinor: amountMinor, currency } = known
    const refused = fill(view.words.priceChanged, { price: priceText({ amountMinor, currency }) })
    return this.#again(c, asked, { refused, told: { id, amountMinor } })
  }

  async #again(
    c: Context,
    { place, typed, coupon }: Asked,
    said: Pick<HomeProps, 'problem' | 'refused' | 'told'>,
    status: Status = 422,
  ): Promise<Response> {
    const gate = this.#gate
    const [view, once] = [gate.view(c, place), gate.once()]
    const offer = await this.#offered()
    const purse = await this.#purse(c)
    return gate.page(c, <HomePage {...{ view, once, typed, coupon, offer, ...purse, ...said }} />, status)
  }

  /** The open wallet pays, unless the phone is to. */
  async #purse(c: Context): Promise<Pick<HomeProps, 'wallet' | 'purse' | 'pays'>> {
    const purse = await openWalletOf(this.#gate, c)
    const pay = c.req.query('pay')
    return { purse, wallet: pay === 'phone' ? undefined : purse, pays: pay === 'friend' ? 'friend' : undefined }
  }

  /** What was bought here before, whether the router or the browser has kept it. */
  #ticketFor(c: Context, led: string): string | undefined {
    if (led !== '' && this.#gate.tickets.read(led)) return led
    return this.#gate.keptTicket(c)
  }

  /** Looked up at most once a second, however many people stand at the gate. */
  #offered(): Promise<Offer> {
    const now = this.#gate.deps.clock.monotonicMs()
    if (!this.#offer || now - this.#offer.at >= portalLimits.offerLifeMs) {
      const offer = offerNow(this.#gate)
      // What failed is asked for anew by the next one who looks.
      offer.catch(() => (this.#offer = undefined))
      this.#offer = { at: now, offer }
    }
    return this.#offer.offer
  }
}

export const offerNow = async (gate: Pick<Gate, 'ask' | 'now'>): Promise<Offer> => {
  const [bundles, { open, hasCodes }, { isSetUp, isReached }, free] = await Promise.all([
    gate.ask(plansForSale, {}),
    gate.ask(offersOpen, { at: gate.now }),
    gate.ask(payableAtGate, { fromAt: gate.now - portalLimits.cutLatelyMs }),
    freeNow(gate),
  ])
  return {
    bundles,
    open,
    hasCodes,
    isSetUp,
    isCut: !isReached,
    hasFree: free.plans.length > 0,
    hasNews: free.offers.isAsked,
  }
}
