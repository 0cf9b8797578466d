/**
 * "I have paid and am not online": by the code of the M-Pesa message, which only whoever paid has read; or by the number,
 * as long as nobody has used what it bought.
 */
import { Button, Field, fill, formatPrice } from '@lango/kernel/ui'
import { purchasesOfPhone, readPhone, receiptAtGate } from '@lango/modules/payments'
import type { Context } from 'hono'
import type { Gate, Status } from './gate.tsx'
import { tooMany } from './home.tsx'
import { portalLimits } from './limits.ts'
import { Alert, GateForm, href, Page, type View } from './page.tsx'

type Typed = { readonly code: string; readonly phone: string }
type ClaimProps = { view: View; typed?: Typed; refused?: string | undefined; problem?: string | undefined }

const NOTHING: Typed = { code: '', phone: '' }
const RECEIPT = /^[A-Z0-9]{8,16}$/

const ClaimPage = ({ view, typed = NOTHING, refused, problem }: ClaimProps) => {
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
        <Button kind="main">{words.claimFind}</Button>
      </GateForm>
    </Page>
  )
}

/** What is found: what to go on with, or what to say. */
type Found = { readonly ticket: string } | { readonly say: string }

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
    const again = (said: Pick<ClaimProps, 'refused' | 'problem'>, status: Status = 422) =>
      gate.page(c, <ClaimPage {...{ view, typed, ...said }} />, status)
    if (typed.code === '' && typed.phone === '') return again({ refused: words.claimNothing })
    if (!gate.tries(c, 'claims', place)) return again({ refused: tooMany(view) }, 429)
    const phone = typed.phone === '' ? undefined : readPhone(typed.phone, view.look.currency)
    if (phone?.ok === false) return again({ problem: words.phoneUnreadable })
    const found = typed.code === '' ? await this.#byPhone(view, phone!.value) : await this.#byCode(view, typed.code)
    return 'say' in found ? again({ refused: found.say }) : c.redirect(href(view, `/connect/${found.ticket}`), 303)
  }

  async #byCode({ words }: View, typed: string): Promise<Found> {
    const receipt = typed.toUpperCase().replaceAll(/[\s-]/g, '')
    const payment = RECEIPT.test(receipt) ? await this.#gate.ask(receiptAtGate, { receipt }) : undefined
    if (!payment) return { say: words.claimNone }
    if (payment.grantNo !== null && payment.state !== 'refunded') return this.#ticketOf(payment.grantNo)
    const price = formatPrice(payment.amountMinor, payment.currency)
    return payment.state === 'unmatched'
      ? { say: fill(words.claimAsk, { price, support: words.supportUnknown }) }
      : { say: words.claimOver }
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
