/** `/payouts`: money that goes out to phones, and who asks for it. */
import {
  agoColumn,
  beforeAsked,
  definePage,
  EmptyState,
  fill,
  formatPhone,
  OlderPager,
  PageHead,
  Said,
  Table,
  UserText,
  visible,
  type Column,
  type Desk,
} from '@lango/kernel/ui'
import { BalancePanel, balanceDeed } from './balance-panel.tsx'
import { amountText } from './desk-parts.tsx'
import { CURRENCY } from './mpesa-rules.ts'
import { PayoutForm, payoutDeed } from './payout-form.tsx'
import { payoutHref, PayoutMark, PAYOUTS_HREF, wordsOfPayouts, type PayoutRow } from './payout-parts.tsx'
import { listPayouts, payoutsAsked } from './payout-queries.ts'

const PAGE_ROWS = 50

const columns = (desk: Desk): readonly Column<PayoutRow>[] => {
  const words = wordsOfPayouts(desk)
  return [
    {
      id: 'number',
      head: words.number,
      width: 's',
      card: 'title',
      value: ({ number }) => String(number),
      render: ({ number }) => <a href={payoutHref(number)}>{fill(words.one, { n: number })}</a>,
    },
    { id: 'to', head: words.to, width: 'm', value: ({ phone }) => formatPhone(phone) },
    { id: 'amount', head: words.amount, width: 'm', figures: true, value: amountText },
    {
      id: 'state',
      head: words.state,
      width: 'l',
      card: 'side',
      value: ({ state }) => state,
      render: ({ state }) => <PayoutMark desk={desk} state={state} />,
    },
    {
      id: 'for',
      head: words.reason,
      width: 'xl',
      card: 'wide',
      value: ({ reason }) => visible(reason),
      render: ({ reason }) => <UserText text={reason} />,
    },
    agoColumn(desk, ({ requestedAt }) => requestedAt, { id: 'asked', head: words.asked, width: 'm' }),
    {
      id: 'by',
      head: words.by,
      width: 'm',
      value: ({ requester }) => visible(requester ?? words.console),
      render: ({ requester }) => <UserText text={requester ?? words.console} />,
    },
  ]
}

export const payoutsPage = definePage({
  path: PAYOUTS_HREF,
  permission: 'payments.read',
  async show(desk) {
    const words = wordsOfPayouts(desk)
    const { payouts, open } = await desk.ask(listPayouts, { ...beforeAsked(desk), limit: PAGE_ROWS })
    const mayAsk = desk.may('payouts.request')
    const asked = mayAsk ? await desk.ask(payoutsAsked, {}) : undefined
    return {
      title: words.title,
      content: (
        <>
          <PageHead title={words.title} />
          <Said desk={desk} words={{ balance: words.saidBalance }} />
          <p class="muted">{words.what}</p>
          {open.payouts === 0 ? null : (
            <p>
              {fill(words.waits, {
                n: open.payouts,
                amount: amountText({ amountMinor: open.amountMinor, currency: CURRENCY }),
              })}
            </p>
          )}
          <section class="panel">
            {payouts.length === 0 ? (
              <EmptyState title={words.none}>
                <p>{words.noneBody}</p>
              </EmptyState>
            ) : (
              <Table
                name="payouts"
                caption={words.title}
                columns={columns(desk)}
                rows={payouts}
                rowKey={({ number }) => String(number)}
              />
            )}
          </section>
          <OlderPager
            desk={desk}
            words={{ newest: words.newest, older: words.older }}
            next={payouts.length < PAGE_ROWS ? undefined : payouts.at(-1)?.number}
          />
          {asked ? <PayoutForm desk={desk} {...asked} /> : null}
          {await BalancePanel({ desk })}
        </>
      ),
    }
  },
  deeds: { payout: payoutDeed, balance: balanceDeed(PAYOUTS_HREF) },
})
