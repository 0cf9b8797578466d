/** What is paid from an open wallet: a bundle, one for a friend, money to a friend; and what is renewed from it. */
import { parseMoney, type Fault } from '@lango/kernel'
import { Button, fill, formatPhone, visible } from '@lango/kernel/ui'
import { readPhone } from '@lango/modules/customers'
import { buyFromWallet, purchaseAtGate, setOwnRenewal } from '@lango/modules/payments'
import { sendMoney } from '@lango/modules/wallets'
import type { Context } from 'hono'
import type { Field as Sent, Gate } from './gate.tsx'
import { GateForm, href, Page, type View } from './page.tsx'
import { balanceOf, openWalletOf, WALLET_PATH, type OpenWallet, type WalletPages } from './wallet.tsx'
import { choiceOf } from './prices.ts'
import { priceText, type Bundle } from './terms.ts'

/** What was bought for somebody else: the code is theirs, and is told to whoever paid, to share it. */
const FriendPage = ({ view, phone, ticket }: { view: View; phone: string; ticket: string }) => (
  <Page view={view} title={view.words.friendTitle}>
    <p>{fill(view.words.friendBody, { phone: formatPhone(phone) })}</p>
    <a class="button button-main" href={href({ place: { ...view.place, login: '' } }, `/connect/${ticket}`)}>
      {view.words.friendCode}
    </a>
  </Page>
)

export type WalletChoice = {
  readonly bundle: Bundle
  /** The price that was shown; undefined where none was. */
  readonly shownMinor: number | undefined
  /** Of an offer. */
  readonly code: string | undefined
}

/** There is not so much in it: how much there is, and the ways on. */
type ShortProps = { view: View; wallet: OpenWallet; choice: WalletChoice; once: string }
const ShortPage = ({ view, wallet, choice: { bundle, shownMinor = bundle.priceMinor, code }, once }: ShortProps) => (
  <Page view={view} title={view.words.shortTitle}>
    <p>
      {fill(view.words.shortBody, {
        balance: balanceOf(wallet),
        plan: visible(bundle.name),
        price: priceText({ ...bundle, amountMinor: shownMinor }),
      })}
    </p>
    <a class="button button-main" href={href(view, WALLET_PATH)}>
      {view.words.walletPut}
    </a>
    <GateForm view={view} action="/buy" once={once}>
      <input type="hidden" name="phone" value={wallet.phone} />
      <input type="hidden" name="plan" value={choiceOf({ id: bundle.id, amountMinor: shownMinor })} />
      {code === undefined ? null : <input type="hidden" name="code" value={code} />}
      <Button>{view.words.shortMpesa}</Button>
    </GateForm>
  </Page>
)

type Paid = { readonly wallet: OpenWallet; readonly choice: WalletChoice; readonly phone: string | undefined }

export class WalletDeeds {
  readonly #gate: Gate
  readonly #pages: WalletPages

  constructor(gate: Gate, pages: WalletPages) {
    this.#gate = gate
    this.#pages = pages
  }

  /** A bundle, given at once: whoever reached the shop with an open wallet has pressed its button. */
  async buy(c: Context, field: Sent, view: View, choice: WalletChoice): Promise<Response | Fault> {
    const gate = this.#gate
    const wallet = await openWalletOf(gate, c)
    if (!wallet) return this.#pages.page(c, view, { problem: view.words.walletIsShut })
    const typed = field('friend').trim()
    const friend = typed === '' ? undefined : readPhone(typed, view.look.currency)
    if (friend?.ok === false) return this.#pages.page(c, view, { problem: view.words.phoneUnreadable })
    const phone = friend?.value === wallet.phone ? undefined : friend?.value
    const done = this.#pay(c, field('once'), { wallet, choice, phone })
    if (done.ok) return this.#bought(c, view, done.value.id, phone)
    const { type } = done.error
    if (type === 'WalletShort') return gate.page(c, <ShortPage {...{ view, wallet, choice }} once={gate.once()} />, 422)
    // Of the price: whoever shows the prices says it.
    if (type === 'PriceChanged' || type === 'OfferCodeUnfit') return done.error
    return this.#pages.page(c, view, { problem: spendRefusal(done.error, view) })
  }

  #pay(c: Context, once: string, { wallet, choice, phone }: Paid) {
    const { bundle, shownMinor, code } = choice
    const said = ['wallet', wallet.id, bundle.id, phone ?? '', code ?? '', String(shownMinor ?? '')]
    const input = { walletId: wallet.id, plan: bundle.name, phone, code, shownMinor }
    return this.#gate.tell(c, buyFromWallet, input, this.#gate.commandId(once, ...said))
  }

  /** On to the router with it, or to the code of whoever it is for; while nobody trusts the clock it waits. */
  async #bought(c: Context, view: View, purchaseId: string, phone: string | undefined): Promise<Response> {
    const gate = this.#gate
    const grantNo = (await gate.ask(purchaseAtGate, { purchaseId }))?.grantNo ?? null
    const isGiven = grantNo !== null
    const ticket = gate.tickets.write(isGiven ? { kind: 'grant', grantNo } : { kind: 'purchase', purchaseId })
    if (phone !== undefined) return gate.page(c, <FriendPage {...{ view, phone, ticket }} />)
    gate.keepTicket(c, ticket)
    return c.redirect(href(view, `/${isGiven ? 'connect' : 'pay'}/${ticket}`), 303)
  }

  async send(c: Context): Promise<Response> {
    const gate = this.#gate
    const field = await gate.fields(c)
    const view = gate.view(c, gate.placeIn(field))
    const { words, look } = view
    const wallet = await openWalletOf(gate, c)
    if (!wallet) return this.#pages.page(c, view, { problem: words.walletIsShut })
    const [phone, amount] = [readPhone(field('phone'), look.currency), parseMoney(field('amount'), wallet.currency)]
    if (!phone.ok) return this.#pages.page(c, view, { problem: words.phoneUnreadable })
    if (!amount.ok || amount.value.minor < 1) return this.#pages.page(c, view, { problem: words.walletAmountUnfit })
    const input = { walletId: wallet.id, phone: phone.value, amountMinor: amount.value.minor }
    const id = gate.commandId(field('once'), 'send', wallet.id, phone.value, String(amount.value.minor))
    const done = gate.tell(c, sendMoney, input, id)
    if (!done.ok) return this.#pages.page(c, view, { problem: spendRefusal(done.error, view) })
    return c.redirect(href(view, WALLET_PATH, { said: 'sent' }), 303)
  }

  async renew(c: Context): Promise<Response> {
    const gate = this.#gate
    const field = await gate.fields(c)
    const view = gate.view(c, gate.placeIn(field))
    const wallet = await openWalletOf(gate, c)
    if (!wallet) return this.#pages.page(c, view, { problem: view.words.walletIsShut })
    const input = { walletId: wallet.id, purchaseId: field('purchase').slice(0, 64), on: field('on') === 'yes' }
    const done = gate.tell(c, setOwnRenewal, input)
    if (!done.ok) return this.#pages.page(c, view, { problem: view.words.renewUnfit })
    return c.redirect(href(view, WALLET_PATH), 303)
  }
}

const spendRefusal = ({ type }: Fault, { words }: View): string => {
  switch (type) {
    case 'WalletShort':
      return words.shortTitle
    case 'WalletBlocked':
      return words.walletIsShut
    case 'WalletSelf':
      return words.walletSelf
    default:
      return words.planGone
  }
}
