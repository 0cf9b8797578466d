/** A page that stands for a customer's handset: open prompts to answer, and a payment of one's own to make. */
import type { Prompt } from './handsets.ts'
import type { StandingOrder } from './standing-orders.ts'
import { descriptions, type Customer, type Shortcode, type World } from './world.ts'

export const decisions = { approve: 'Approve', cancel: 'Cancel', 'wrong-pin': 'Wrong PIN', ignore: 'Ignore' } as const
export type Decision = keyof typeof decisions

export const isDecision = (text: string): text is Decision => Object.hasOwn(decisions, text)

const SIGNS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string | number): string => String(text).replaceAll(/[&<>"']/g, (sign) => SIGNS[sign]!)

/** Puts values into markup, escaped; markup that was made so stays as it is. */
class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}
type Part = string | number | Markup | readonly Markup[]
const partText = (part: Part): string => {
  if (part instanceof Markup) return part.text
  return typeof part === 'object' ? part.map(({ text }) => text).join('') : escaped(part)
}
const markup = (pieces: TemplateStringsArray, ...parts: readonly Part[]): Markup =>
  new Markup(pieces.map((piece, index) => piece + (index < parts.length ? partText(parts[index]!) : '')).join(''))

const STYLE = new Markup(`<style>
:root{color-scheme:light dark;--line:light-dark(#cbd5e1,#475569);--brand:#0f766e}
*{box-sizing:border-box}
body{font:16px/1.45 system-ui,sans-serif;margin:0 auto;padding:16px;max-width:480px;background:light-dark(#fff,#0f172a);color:light-dark(#0f172a,#f1f5f9)}
h1{font-size:20px;margin:16px 0 4px}h2{font-size:16px;margin:24px 0 8px}p{margin:4px 0 12px}
.mark{border:1px solid light-dark(#b45309,#fbbf24);border-radius:6px;padding:8px 12px;color:light-dark(#92400e,#fcd34d)}
.prompt{border:1px solid var(--line);border-radius:6px;padding:12px;margin:0 0 12px}
.prompt form{display:grid;grid-template-columns:1fr 1fr;gap:8px}
label{display:block;margin:0 0 12px}
input,select,button{font:inherit;width:100%;min-height:48px;border:1px solid var(--line);border-radius:6px;padding:8px 12px;background:transparent;color:inherit}
select{background:light-dark(#fff,#0f172a)}
button.approve{background:var(--brand);border-color:var(--brand);color:#fff}
a{color:light-dark(#0f766e,#5eead4)}
</style>`)

const page = (title: string, content: Markup): string =>
  markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title}</title>${STYLE}</head><body>
<p class="mark"><strong>Simulated.</strong> No money moves, and nobody’s phone rings.</p>
<main>${content}</main></body></html>`.text

const buttons: readonly Markup[] = Object.entries(decisions).map(
  ([value, words]) => markup`<button name="decision" value="${value}" class="${value}">${words}</button>`,
)

const promptMarkup = ({ ref, amount, account, shortcode, order }: Prompt): Markup => markup`<section class="prompt">
<p>Pay <strong>KSh ${amount.toLocaleString('en')}</strong> ${order ? everyOf(order) : ''} to ${shortcode.name} (${shortcode.shortcode}), account ${account}?</p>
<form method="post" action="/handset/decide"><input type="hidden" name="ref" value="${ref}">${buttons}</form></section>`

const everyOf = ({ every, startsOn, endsOn }: StandingOrder): string => `${every}, ${startsOn} to ${endsOn},`

const orderMarkup = (order: StandingOrder): Markup => markup`<section class="prompt">
<p>${order.name}: <strong>KSh ${order.amount.toLocaleString('en')}</strong> ${everyOf(order)} to ${order.shortcode.name}, account ${order.account}. Paid ${order.paid} times.</p>
<form method="post" action="/handset/order"><input type="hidden" name="phone" value="${order.customer.msisdn}"><input type="hidden" name="name" value="${order.name}"><button name="do" value="due" class="approve">Let its day come</button><button name="do" value="stop">Stop it</button></form></section>`

const optionOf = ({ shortcode, till, name, kind }: Shortcode): Markup =>
  markup`<option value="${till ?? shortcode}">${name}, ${kind} ${till ?? shortcode}</option>`

const linkOf = ({ msisdn, name }: Customer): Markup =>
  markup`<li><a href="/handset?phone=${msisdn}">${name}, +${msisdn}</a></li>`

export const choicePage = (world: World): string =>
  page(
    'Simulated handset',
    markup`<h1>Whose handset?</h1>
<form method="get" action="/handset"><label>Phone number
<input name="phone" type="tel" inputmode="tel" autocomplete="off" required placeholder="0712 345 678"></label>
<button class="approve">Open the handset</button></form>
<h2>Handsets that are known</h2>
<ul>${[...world.customers.values()].map(linkOf)}</ul>`,
  )

export const handsetPage = (
  world: World,
  msisdn: string,
  { prompts, orders }: { readonly prompts: readonly Prompt[]; readonly orders: readonly StandingOrder[] },
  { receipt, code }: { readonly receipt: string | null; readonly code: string | null },
): string => {
  const customer = world.customerOf(msisdn)
  if (customer === undefined)
    return page('No such handset', markup`<h1>Nobody has +${msisdn}</h1><p><a href="/handset">Another handset</a></p>`)
  const outcome =
    receipt === null
      ? code !== null && `Not paid: ${Object.hasOwn(descriptions, code) ? descriptions[code] : 'Rejected.'} (${code})`
      : `Paid: receipt ${receipt}.`
  const none = markup`<p>None waits. Buy something with this number, then <a href="/handset?phone=${msisdn}">look again</a>.</p>`
  return page(
    `Handset of ${customer.name}`,
    markup`<h1>${customer.name}</h1>
<p>+${msisdn}, balance KSh ${customer.balance.toLocaleString('en')}. <a href="/handset">Another handset</a></p>
${outcome === false ? [] : markup`<p role="status">${outcome}</p>`}
<h2>Prompts</h2>
${prompts.length === 0 ? none : prompts.map(promptMarkup)}
${orders.length === 0 ? [] : markup`<h2>Standing orders</h2>`}${orders.map(orderMarkup)}
<h2>Pay without a prompt</h2>
<form method="post" action="/handset/pay"><input type="hidden" name="phone" value="${msisdn}">
<label>To<select name="shortcode">${[...world.shortcodes.values()].map(optionOf)}</select></label>
<label>Account<input name="account" maxlength="20" autocomplete="off"></label>
<label>Amount, KSh<input name="amount" inputmode="numeric" pattern="[0-9]+" required></label>
<button class="approve">Pay</button></form>`,
  )
}
