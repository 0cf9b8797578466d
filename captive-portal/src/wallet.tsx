/** A wallet at the portal: opened by phone and code, filled, shown, and shut again. What is paid from it is in `wallet-deeds.tsx`. */
import { Button, Field, fill, formatPhone, formatPrice, visible } from '@lango/kernel/ui'
import { requestTopUp, standingOrdersAtGate, walletBought } from '@lango/modules/payments'
import { readPhone } from '@lango/modules/customers'
import { walletAmountsOf } from '@lango/modules/settings'
import { canSendCode, enterWallet, sendWalletCode, walletAtGate } from '@lango/modules/wallets'
import { currencyDecimals, parseMoney } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type { Context } from 'hono'
import type { Field as Sent, Gate, Status } from './gate.tsx'
import { Alert, countryCodes, GateForm, href, Page, tooMany, type View } from './page.tsx'
import { promptRefusal } from './refusals.ts'
import { AskedNow, StandingOrders, type Orders } from './standing-orders.tsx'
import { priceText } from './terms.ts'

export type OpenWallet = NonNullable<ResultOf<typeof walletAtGate>>
type Bought = ResultOf<typeof walletBought>

export const WALLET_PATH = '/wallet'

export const balanceOf = ({ balanceMinor, currency }: Pick<OpenWallet, 'balanceMinor' | 'currency'>): string =>
  priceText({ amountMinor: balanceMinor, currency })

/** The one that this browser has opened; undefined where none is open, or its code is another by now. */
export const openWalletOf = async (gate: Gate, c: Context): Promise<OpenWallet | undefined> => {
  const kept = gate.keptWallet(c)
  return kept && gate.ask(walletAtGate, kept)
}

const PhoneInput = ({ view, name, label, typed }: { view: View; name: string; label: string; typed: string }) => (
  <Field
    locale={view.locale}
    label={label}
    name={name}
    type="tel"
    inputMode="tel"
    autoComplete="tel"
    value={typed || (countryCodes[view.look.currency] ?? '')}
    required
  />
)

/** Money for the wallet of a phone: by one press, or typed. */
const TopUpForm = ({ view, once, phone }: { view: View; once: string; phone: string | undefined }) => {
  const { words, look } = view
  const { currency } = look
  return (
    <GateForm view={view} action={`${WALLET_PATH}/top-up`} once={once}>
      {phone === undefined ? <PhoneInput view={view} name="payer" label={words.phone} typed="" /> : null}
      {walletAmountsOf(look).map((amount) => (
        <button key={amount} class="button" type="submit" name="amount" value={amount}>
          {priceText({ amountMinor: amount * 10 ** currencyDecimals(currency), currency })}
        </button>
      ))}
      <Field
        locale={view.locale}
        label={words.walletOther}
        name="other"
        inputMode="decimal"
        autoComplete="off"
        value=""
        bare
      />
      <Button>{words.walletPut}</Button>
    </GateForm>
  )
}

type ShutProps = { view: View; once: string; typed?: string; canSend: boolean; said?: string; problem?: string }

const ShutPage = ({ view, once, typed = '', canSend, said, problem }: ShutProps) => {
  const { words, locale } = view
  return (
    <Page view={view} title={words.walletTitle} path={WALLET_PATH}>
      <Alert text={problem} />
      {said === undefined ? null : <p role="status">{said}</p>}
      <p>{words.walletBody}</p>
      <GateForm view={view} action={WALLET_PATH}>
        <PhoneInput view={view} name="phone" label={words.walletPhone} typed={typed} />
        <Field locale={locale} label={words.walletCode} name="code" value="" autoComplete="off" bare />
        <Button kind="main">{words.walletOpen}</Button>
        {canSend ? (
          <button class="button" type="submit" name="send" value="1">
            {words.walletSendCode}
          </button>
        ) : null}
      </GateForm>
      <h2>{words.walletNew}</h2>
      <p>{words.walletNewBody}</p>
      <TopUpForm view={view} once={once} phone={undefined} />
    </Page>
  )
}

const Moves = ({ view, wallet: { moves, currency } }: { view: View; wallet: OpenWallet }) => (
  <dl class="account">
    {moves.map(({ id, kind, at, minor }) => (
      <div key={id}>
        <dt>
          {view.locale.day.format(at)} {view.words[`move.${kind}`]}
        </dt>
        <dd>{formatPrice(minor, currency)}</dd>
      </div>
    ))}
  </dl>
)

/** Bundles that end by themselves: paid for anew from the wallet, or not. */
const Renewals = ({ view, bought }: { view: View; bought: Bought }) => {
  const { words } = view
  const shown = bought.filter(({ canRenew }) => canRenew)
  if (shown.length === 0) return null
  return (
    <>
      <h2>{words.renewTitle}</h2>
      {shown.map(({ id, plan, renewal }) => {
        const isOn = renewal === 'on' || renewal === 'short'
        return (
          <GateForm key={id} view={view} action={`${WALLET_PATH}/renew`}>
            <input type="hidden" name="purchase" value={id} />
            <input type="hidden" name="on" value={isOn ? 'no' : 'yes'} />
            <p>
              <b>{visible(plan)}</b>: {renewal === null ? words.renewOff : words[`renew.${renewal}`]}
            </p>
            <Button>{isOn ? words.renewSwitchOff : words.renewSwitchOn}</Button>
          </GateForm>
        )
      })}
    </>
  )
}

type OpenProps = {
  view: View
  wallet: OpenWallet
  bought: Bought
  standing: Orders
  once: string
  said?: string | undefined
  problem?: string | undefined
}

const OpenPage = ({ view, wallet, bought, standing, once, said, problem }: OpenProps) => {
  const { words, locale } = view
  return (
    <Page view={view} title={words.walletTitle} path={WALLET_PATH}>
      <Alert text={problem} />
      {said === undefined ? null : <p role="status">{said}</p>}
      <AskedNow view={view} standing={standing} />
      <p class="big">{balanceOf(wallet)}</p>
      {wallet.balanceMinor < 0 ? <p>{words.walletOwes}</p> : null}
      <p>{fill(words.walletOf, { phone: formatPhone(wallet.phone), reference: wallet.reference })}</p>
      <a class="button button-main" href={href(view, '/')}>
        {words.walletBuy}
      </a>
      <h2>{words.walletPutTitle}</h2>
      <TopUpForm view={view} once={once} phone={wallet.phone} />
      <StandingOrders view={view} standing={standing} />
      <Renewals view={view} bought={bought} />
      <h2>{words.walletSendTitle}</h2>
      <GateForm view={view} action={`${WALLET_PATH}/send`} once={once}>
        <PhoneInput view={view} name="phone" label={words.walletFriend} typed="" />
        <Field
          locale={locale}
          label={words.walletAmount}
          name="amount"
          inputMode="decimal"
          autoComplete="off"
          value=""
          required
        />
        <Button>{words.walletSend}</Button>
      </GateForm>
      {wallet.moves.length === 0 ? null : (
        <>
          <h2>{words.walletMoves}</h2>
          <Moves view={view} wallet={wallet} />
        </>
      )}
      <GateForm view={view} action={`${WALLET_PATH}/shut`}>
        <Button>{words.walletShut}</Button>
      </GateForm>
    </Page>
  )
}

export class WalletPages {
  readonly #gate: Gate

  constructor(gate: Gate) {
    this.#gate = gate
  }

  open(c: Context): Promise<Response> {
    const said = c.req.query('said') ?? ''
    const { words } = this.#gate.view(c)
    const known = said === 'sent' || said === 'code' ? words[`walletSaid.${said}`] : undefined
    return this.page(c, this.#gate.view(c), known === undefined ? {} : { said: known })
  }

  /** As it is now: open, or shut. */
  async page(
    c: Context,
    view: View,
    told: { readonly said?: string; readonly problem?: string; readonly typed?: string } = {},
    status: Status = told.problem === undefined ? 200 : 422,
  ): Promise<Response> {
    const gate = this.#gate
    const [wallet, once] = [await openWalletOf(gate, c), gate.once()]
    if (!wallet) {
      const canSend = await gate.ask(canSendCode, {})
      return gate.page(c, <ShutPage {...{ view, once, canSend, ...told }} />, status)
    }
    const of = { walletId: wallet.id }
    const [bought, standing] = [await gate.ask(walletBought, of), await gate.ask(standingOrdersAtGate, of)]
    return gate.page(
      c,
      <OpenPage {...{ view, wallet, bought, standing, once }} said={told.said} problem={told.problem} />,
      status,
    )
  }

  /** By phone and code, or has the code sent to the phone. */
  async enter(c: Context): Promise<Response> {
    const gate = this.#gate
    const field = await gate.fields(c)
    const place = gate.placeIn(field)
    const view = gate.view(c, place)
    const { words } = view
    const typed = field('phone').trim().slice(0, 64)
    const phone = readPhone(typed, view.look.currency)
    if (!phone.ok) return this.page(c, view, { problem: words.phoneUnreadable, typed })
    if (field('send') !== '') {
      if (!gate.tries(c, 'codes', place)) return this.page(c, view, { problem: tooMany(view), typed }, 429)
      gate.tell(c, sendWalletCode, { phone: phone.value })
      return c.redirect(href(view, WALLET_PATH, { said: 'code' }), 303)
    }
    if (!gate.mayTry(c, 'misses', place)) return this.page(c, view, { problem: tooMany(view), typed }, 429)
    const done = gate.tell(c, enterWallet, { phone: phone.value, code: field('code').slice(0, 64) })
    const opened = done.ok ? done.value.opened : null
    if (opened === null) {
      gate.tries(c, 'misses', place)
      return this.page(c, view, { problem: words.walletWrong, typed })
    }
    gate.keepWallet(c, opened)
    return c.redirect(href(view, WALLET_PATH), 303)
  }

  async shut(c: Context): Promise<Response> {
    const view = this.#gate.view(c, this.#gate.placeIn(await this.#gate.fields(c)))
    this.#gate.dropWallet(c)
    return c.redirect(href(view, '/'), 303)
  }

  /** Asks a phone to pay in: the open wallet's, or the one that was typed. */
  async topUp(c: Context): Promise<Response> {
    const gate = this.#gate
    const field = await gate.fields(c)
    const place = gate.placeIn(field)
    const view = gate.view(c, place)
    const wallet = await openWalletOf(gate, c)
    const phone = readPhone(wallet?.phone ?? field('payer'), view.look.currency)
    const again = (problem: string, status?: Status) => this.page(c, view, { problem, typed: field('payer') }, status)
    if (!phone.ok) return again(view.words.phoneUnreadable)
    const amountMinor = amountIn(field, view.look.currency)
    if (amountMinor === undefined) return again(view.words.walletAmountUnfit)
    if (!gate.tries(c, 'buys', place)) return again(tooMany(view), 429)
    const id = gate.commandId(field('once'), 'wallet', phone.value, String(amountMinor))
    const done = gate.tell(c, requestTopUp, { phone: phone.value, amountMinor }, id)
    if (!done.ok) return again(promptRefusal(done.error, view))
    const ticket = gate.tickets.write({ kind: 'purchase', purchaseId: done.value.id })
    return c.redirect(href(view, `/pay/${ticket}`), 303)
  }
}

/** Of a button, or typed: whole units, which is what M-Pesa moves. */
const amountIn = (field: Sent, currency: string): number | undefined => {
  const read = parseMoney(field('other').trim() || field('amount'), currency)
  const isFit = read.ok && read.value.minor > 0 && read.value.minor % 10 ** currencyDecimals(currency) === 0
  return isFit ? read.value.minor : undefined
}
