/** Standing orders at the portal: whoever has opened their wallet lets M-Pesa pay into it regularly. */
import { parseMoney, type Fault } from '@lango/kernel'
import { Button, Field, Select } from '@lango/kernel/ui'
import { dayOf, frequencies, isDay, requestStandingOrder, standingOrdersAtGate } from '@lango/modules/payments'
import type { Context } from 'hono'
import type { Field as Sent, Gate, Status } from './gate.tsx'
import { Alert, GateForm, href, Page, tooMany, type View } from './page.tsx'
import { promptRefusal } from './refusals.ts'
import { HowToStop, ORDER_PATH } from './standing-orders.tsx'
import { openWalletOf, WALLET_PATH, type OpenWallet } from './wallet.tsx'

const DAY_MS = 86_400_000

type Typed = Readonly<Record<'amount' | 'every' | 'from' | 'until', string>>
type OrderPageProps = { view: View; once: string; typed: Typed; problem?: string | undefined }

const OrderPage = ({ view, once, typed, problem }: OrderPageProps) => {
  const { words, locale } = view
  return (
    <Page view={view} title={words.orderAsk} path={ORDER_PATH}>
      <Alert text={problem} />
      <p>{words.orderBody}</p>
      <GateForm view={view} action={ORDER_PATH} once={once}>
        <Field
          locale={locale}
          label={words.walletAmount}
          name="amount"
          inputMode="numeric"
          autoComplete="off"
          value={typed.amount}
          required
        />
        <Select
          label={words.orderEvery}
          name="every"
          value={typed.every}
          options={frequencies.map((value) => ({ value, label: words[`every.${value}`] }))}
        />
        <Field locale={locale} label={words.orderFrom} name="from" type="date" value={typed.from} required />
        <Field locale={locale} label={words.orderUntil} name="until" type="date" value={typed.until} required />
        <Button kind="main">{words.orderSend}</Button>
      </GateForm>
      <HowToStop view={view} />
      <a class="button" href={href(view, WALLET_PATH)}>
        {words.walletTitle}
      </a>
    </Page>
  )
}

export class StandingOrderPages {
  readonly #gate: Gate

  constructor(gate: Gate) {
    this.#gate = gate
  }

  async open(c: Context): Promise<Response> {
    const view = this.#gate.view(c)
    const wallet = await this.#may(c)
    if (!wallet) return c.redirect(href(view, WALLET_PATH), 303)
    // From tomorrow on, for a year.
    const [from, until] = [1, 365].map((days) => dayOf(view.now + days * DAY_MS))
    return this.#page(c, view, { amount: '', every: 'monthly', from: from!, until: until! })
  }

  /** Of the wallet that is open here, where standing orders are on. */
  async #may(c: Context): Promise<OpenWallet | undefined> {
    const wallet = await openWalletOf(this.#gate, c)
    const standing = wallet && (await this.#gate.ask(standingOrdersAtGate, { walletId: wallet.id }))
    return standing?.isOn === true ? wallet : undefined
  }

  #page(c: Context, view: View, typed: Typed, problem?: string, status: Status = problem === undefined ? 200 : 422) {
    const gate = this.#gate
    return gate.page(c, <OrderPage {...{ view, typed, problem }} once={gate.once()} />, status)
  }

  async ask(c: Context): Promise<Response> {
    const gate = this.#gate
    const field = await gate.fields(c)
    const place = gate.placeIn(field)
    const view = gate.view(c, place)
    const { words } = view
    const wallet = await this.#may(c)
    if (!wallet) return c.redirect(href(view, WALLET_PATH), 303)
    const typed = typedIn(field)
    const again = (problem: string, status?: Status) => this.#page(c, view, typed, problem, status)
    const amount = parseMoney(typed.amount, wallet.currency)
    if (!amount.ok || amount.value.minor < 1) return again(words.walletAmountUnfit)
    const frequency = frequencies.find((one) => one === typed.every)
    if (frequency === undefined || !isDay(typed.from) || !isDay(typed.until)) return again(words.orderDayUnfit)
    if (!gate.tries(c, 'buys', place)) return again(tooMany(view), 429)
    const days = { startsOn: typed.from, endsOn: typed.until }
    const input = { wallet: wallet.number, amountMinor: amount.value.minor, frequency, ...days }
    const id = gate.commandId(field('once'), 'order', wallet.id, ...Object.values(typed))
    const done = gate.tell(c, requestStandingOrder, input, id)
    return done.ok ? c.redirect(href(view, WALLET_PATH), 303) : again(refusal(done.error, view))
  }
}

const TYPED_MAX = 64
const typedIn = (field: Sent): Typed => {
  const of = (name: string): string => field(name).trim().slice(0, TYPED_MAX)
  return { amount: of('amount'), every: of('every'), from: of('from'), until: of('until') }
}

const refusal = (fault: Fault, view: View): string => {
  const { words } = view
  switch (fault.type) {
    case 'StandingOrderDays':
      return words.orderDaysUnfit
    case 'StandingOrderSame':
      return words.orderSame
    case 'StandingOrdersMany':
      return words.orderMany
    case 'WalletBlocked':
    case 'WalletUnknown':
      return words.walletIsShut
    default:
      return promptRefusal(fault, view)
  }
}
