/** What somebody has paid, for whoever wants it on record: to be kept, shown or printed. */
import { formatExact, formatPhone, formatPrice, visible } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { receiptOfGrant } from '@lango/modules/payments'
import type { Context } from 'hono'
import type { Gate } from './gate.tsx'
import { href, Page, type View } from './page.tsx'
import { ShareBox, shareOf, type Share } from './share.tsx'

type Receipt = NonNullable<ResultOf<typeof receiptOfGrant>>

const ReceiptPage = ({ view, receipt, share }: { view: View; receipt: Receipt; share: Share | undefined }) => {
  const { words, locale } = view
  const facts = [
    [words.receiptFor, visible(receipt.plan)],
    [words.receiptAmount, formatPrice(receipt.amountMinor, receipt.currency)],
    ...(receipt.discountMinor === 0
      ? []
      : [[words.receiptDiscount, formatPrice(receipt.discountMinor, receipt.currency)] as const]),
    [words.receiptPhone, formatPhone(receipt.phone)],
    [words.receiptWhen, formatExact(receipt.paidAt ?? receipt.confirmedAt, locale)],
    ...(receipt.receipt === null ? [] : [[words.claimCode, visible(receipt.receipt)] as const]),
    [words.receiptReference, receipt.reference],
    [words.receiptNumber, String(receipt.number)],
  ] as const
  return (
    <Page view={view} title={words.receipt}>
      <dl class="account">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <ShareBox view={view} share={share} />
    </Page>
  )
}

/** The one of a ticket's grant; nothing else is told of whoever paid. */
export const openReceipt = (gate: Gate) => async (c: Context) => {
  const view = gate.view(c)
  const ticket = gate.ticket(c)
  const grantNo = ticket?.kind === 'grant' ? ticket.grantNo : undefined
  const receipt = grantNo === undefined ? undefined : await gate.ask(receiptOfGrant, { grantNo })
  if (grantNo === undefined || !receipt) return c.redirect(href(view, '/'), 303)
  return gate.page(c, <ReceiptPage {...{ view, receipt }} share={await shareOf(gate, c, grantNo)} />)
}
