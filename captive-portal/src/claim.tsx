/**
 * "I have paid and am not online": by the code of the M-Pesa message, which only whoever paid has read; or by the number,
 * as long as nobody has used what it bought.
 */
import { Button, Field, fill, formatPhone, formatPrice, visible } from '@lango/kernel/ui'
import { plansForSale, purchasesOfPhone, readPhone, receiptAtGate, resolvePayment } from '@lango/modules/payments'
import type { ResultOf } from '@lango/kernel/db'
import type { Context } from 'hono'
import type { Gate, Status } from './gate.tsx'
import { portalLimits } from './limits.ts'
import type { Bundle } from './terms.ts'
import { Alert, GateForm, href, Page, tooMany, type View } from './page.tsx'

type Typed = { readonly code: string; readonly phone: string }
type ClaimProps = {
  view: View
  typed?: Typed
  refused?: string | undefined
  problem?: string | undefined
  /** What costs as much as was paid, to choose from. */
  plans?: readonly Bundle[]
}
type Payment = NonNullable<ResultOf<typeof receiptAtGate>>

const NOTHING: Typed = { code: '', phone: '' }
const RECEIPT = /^[A-Z0-9]{8,16}$/

const ClaimPage = ({ view, typed = NOTHING, refused, problem, plans = [] }: ClaimProps) => {
  const { words, locale } = view
  return (
    <Page view={view} title={words.claimTitle} path="/paid">
      <Alert text={refused} />
      <p>{words.claimBody}</p>
      <GateForm view={view} action="/paid">
        <Field
          locale={locale}
          label={words.claimCode}
          name="code"
          value={typed.code}
          help={words.claimCodeHelp}
          autoComplete="off"
          bare
        />
        <Field
          locale={locale}
          label={words.claimPhone}
          name="phone"
          type="tel"
          inputMode="tel"
          autoComplete="tel"
          value={typed.phone}
          bare
          {...(problem !== undefined && { error: problem })}
        />
        {plans.map((plan) => (
          <button key={plan.id} class="button button-main" type="submit" name="plan" value={plan.id}>
            {visible(plan.name)}
          </button>
        ))}
        {plans.length === 0 ? <Button kind="main">{words.claimFind}</Button> : null}
      </GateForm>
    </Page>
  )
}

/** What is found: what to go on with, or what to say. */
type Found = { readonly ticket: string } | { readonly say: string; readonly plans?: readonly Bundle[] }

/** Who claims, and what they chose. */
type Claimed = {
  readonly c: Context
  readonly view: View
  readonly phone: string | undefined
  readonly planId: string
}

export class Claim {
  readonly #gate: Gate

  constructor(gate: Gate) {
    this.#gate = gate
  }

  open(c: Context): Response | Promise<Response> {
    return this.#gate.page(c, <ClaimPage view={this.#gate.view(c)} />)
  }

  async find(c: Context): Promise<Response> {
    const gate = this.#gate
    const field = await gate.fields(c)
    const place = gate.placeIn(field)
    const view = gate.view(c, place)
    const { words } = view
    const typed = { code: field('code').trim().slice(0, 64), phone: field('phone').trim().slice(0, 64) }
    const again = (said: Pick<ClaimProps, 'refused' | 'problem' | 'plans'>, status: Status = 422) =>
      gate.page(c, <ClaimPage {...{ view, typed, ...said }} />, status)
    if (typed.code === '' && typed.phone === '') return again({ refused: words.claimNothing })
    if (!gate.mayTry(c, 'claims', place)) return again({ refused: tooMany(view) }, 429)
    const phone = typed.phone === '' ? undefined : readPhone(typed.phone, view.look.currency)
    if (phone?.ok === false) return again({ problem: words.phoneUnreadable })
    const claim = { c, view, phone: phone?.value, planId: field('plan') }
    const found = typed.code === '' ? await this.#byPhone(view, phone!.value) : await this.#byCode(claim, typed.code)
    // Whoever waits for their own payment may ask as often as they like; guesses find nothing.
    if ('say' in found && found.say === words.claimNone) gate.tries(c, 'claims', place)
    if ('say' in found) return again({ refused: found.say, ...(found.plans && { plans: found.plans }) })
    gate.keepTicket(c, found.ticket)
    return c.redirect(href(view, `/connect/${found.ticket}`), 303)
  }

  async #byCode(claim: Claimed, typed: string): Promise<Found> {
    const { words } = claim.view
    const receipt = typed.toUpperCase().replaceAll(/[\s-]/g, '')
    const payment = RECEIPT.test(receipt) ? await this.#gate.ask(receiptAtGate, { receipt }) : undefined
    if (!payment) return { say: words.claimNone }
    if (payment.state === 'unmatched') return this.#take(claim, receipt, payment)
    if (payment.state === 'refunding' || payment.state === 'refunded') return { say: words.claimOver }
    if (payment.purpose === 'wallet') return { say: words.claimWallet }
    return payment.grantNo === null ? { say: words.paidClock } : this.#ticketOf(payment.grantNo)
  }

  /** Money that nobody could match buys what costs as much: whoever has its code has paid it. */
  async #take({ c, view, phone: typed, planId }: Claimed, receipt: string, payment: Payment): Promise<Found> {
    const { words } = view
    const { amountMinor, currency } = payment
    const price = formatPrice(amountMinor, currency)
    const { phone: called } = view.look.portal.support
    const support = called === '' ? words.supportUnknown : formatPhone(called)
    const ask = fill(words.claimAsk, { price, support })
    // Somebody of the staff has it in hand.
    if (payment.doubt === 'refund-failed') return { say: ask }
    const all = await this.#gate.ask(plansForSale, {})
    const plans = all.filter((plan) => plan.priceMinor === amountMinor && plan.currency === currency)
    if (plans.length === 0) return { say: ask }
    const phone = payment.phone ?? typed
    if (phone === undefined) return { say: words.claimPhoneToo }
    const plan = plans.length === 1 ? plans[0]! : plans.find(({ id }) => id === planId)
    if (!plan) return { say: fill(words.claimUnmatched, { price }), plans }
    const how = { as: 'plan', plan: plan.name, phone }
    this.#gate.tell(c, resolvePayment, { receipt, how }, this.#gate.commandId('', receipt))
    const settled = await this.#gate.ask(receiptAtGate, { receipt })
    return settled?.grantNo == null ? { say: words.paidClock } : this.#ticketOf(settled.grantNo)
  }

  async #byPhone({ words }: View, phone: string): Promise<Found> {
    const fromAt = this.#gate.now - portalLimits.claimByPhoneMs
    const bought = await this.#gate.ask(purchasesOfPhone, { phone, fromAt })
    const [latest] = bought
    if (!latest) return { say: words.claimNone }
    const unused = bought.find(({ grantNo, firstUsedAt }) => grantNo !== null && firstUsedAt === null)
    if (unused) return this.#ticketOf(unused.grantNo!)
    if (bought.some(({ grantNo }) => grantNo !== null)) return { say: words.claimUsed }
    return { say: latest.state === 'failed' ? words.claimFailed : words.claimOpen }
  }

  #ticketOf(grantNo: number): Found {
    return { ticket: this.#gate.tickets.write({ kind: 'grant', grantNo }) }
  }
}
