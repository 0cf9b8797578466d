/** A code from paper: spelt right or not, known or not, and on to the router with it. */
import { Button, Field } from '@lango/kernel/ui'
import { CODE_PURPOSE, codeLogin, readCode, spellCode } from '@lango/modules/access'
import { showAllowance } from '@lango/modules/sessions'
import type { Context } from 'hono'
import type { Gate, Status } from './gate.tsx'
import { GateForm, href, Page, tooMany, type View } from './page.tsx'

const VoucherPage = ({ view, typed = '', problem }: { view: View; typed?: string; problem?: string | undefined }) => {
  const { words, locale } = view
  return (
    <Page view={view} title={words.voucherTitle} path="/voucher">
      <GateForm view={view} action="/voucher">
        <Field
          locale={locale}
          label={words.voucher}
          name="code"
          value={typed}
          help={words.voucherHelp}
          autoComplete="off"
          required
          {...(problem !== undefined && { error: problem })}
        />
        <Button kind="main">{words.connect}</Button>
      </GateForm>
    </Page>
  )
}

/**
 * The code came with the address, of a QR on the paper: one tap uses it. Opening the page never does: browsers and what
 * previews links open addresses by themselves.
 */
const CodeInHand = ({ view, code }: { view: View; code: string }) => (
  <Page view={view} title={view.words.voucherTitle} path="/voucher" extra={{ code }}>
    <p class="told">{spellCode(code, '')}</p>
    <GateForm view={view} action="/voucher">
      <input type="hidden" name="code" value={code} />
      <Button kind="main">{view.words.useCode}</Button>
    </GateForm>
    <a class="button" href={href(view, '/voucher')}>
      {view.words.otherCode}
    </a>
  </Page>
)

export class Voucher {
  readonly #gate: Gate

  constructor(gate: Gate) {
    this.#gate = gate
  }

  /** Empty, or with the code of a QR on the voucher. */
  open(c: Context): Response | Promise<Response> {
    const view = this.#gate.view(c)
    const typed = (c.req.query('code') ?? '').slice(0, 64)
    const code = readCode(typed)
    return this.#gate.page(
      c,
      code === undefined ? <VoucherPage view={view} typed={typed} /> : <CodeInHand view={view} code={code} />,
    )
  }

  async redeem(c: Context): Promise<Response> {
    const gate = this.#gate
    const field = await gate.fields(c)
    const place = gate.placeIn(field)
    const view = gate.view(c, place)
    const { words } = view
    const typed = field('code').trim().slice(0, 64)
    const again = (problem: string, status: Status = 422) =>
      gate.page(c, <VoucherPage {...{ view, typed, problem }} />, status)
    if (typed === '') return again(words.voucherMissing)
    const code = readCode(typed)
    // Its check digit says so without looking anywhere: no try is counted, and nobody learns anything.
    if (code === undefined) return again(words.voucherMistyped)
    if (!gate.mayTry(c, 'misses', place)) return again(tooMany(view), 429)
    const login = codeLogin(gate.deps.vault.keyedHash(code, CODE_PURPOSE))
    const allowance = await gate.ask(showAllowance, { login, at: gate.now, timeZone: gate.deps.timeZone })
    if (!allowance) {
      gate.tries(c, 'misses', place)
      return again(words.voucherUnknown)
    }
    const ticket = gate.tickets.write({ kind: 'grant', grantNo: allowance.grantNo })
    gate.keepTicket(c, ticket)
    return c.redirect(href(view, `/connect/${ticket}`), 303)
  }
}
