/** Money that fits no purchase: what waits for somebody, and what somebody said of the rest. */
import {
  agoColumn,
  definePage,
  EmptyState,
  fill,
  LinkButton,
  OlderPager,
  PageHead,
  Table,
  UserText,
  visible,
  Why,
  type Column,
  type Desk,
} from '@lango/kernel/ui'
import {
  amountText,
  PaymentMark,
  PaymentTabs,
  payerPhone,
  purchaseHref,
  reasonsOf,
  receiptHref,
  ReceiptLink,
  resolverText,
  UNMATCHED_HREF,
  wordsOf,
  type Payment,
  type SaidPayment,
} from './desk-parts.tsx'
import { listPayments, settledByHand } from './queries.ts'

const PAGE_ROWS = 50
const ID_MAX = 64

const receiptColumn = (desk: Desk): Column<Payment> => ({
  id: 'receipt',
  head: wordsOf(desk).receipt,
  width: 'm',
  card: 'title',
  value: ({ receipt }) => receipt,
  render: ({ receipt }) => <ReceiptLink receipt={receipt} />,
})

const amountColumn = (desk: Desk): Column<Payment> => ({
  id: 'amount',
  head: wordsOf(desk).amount,
  width: 'm',
  figures: true,
  value: amountText,
})

const DoubtWhy = ({ desk, payment: { doubt, purchase } }: { desk: Desk; payment: Payment }) => {
  const reasons = reasonsOf(desk)
  if (doubt === null) return null
  return (
    <Why
      locale={desk.locale}
      lead={reasons[`doubt.${doubt}`]}
      reason={fill(reasons[`doubtWhy.${doubt}`], { n: purchase ?? '' })}
      remedy={reasons[`doubtDo.${doubt}`]}
    />
  )
}

const waitingColumns = (desk: Desk): readonly Column<Payment>[] => {
  const words = wordsOf(desk)
  const who = (payment: Payment): string => [payerPhone(payment, words), payment.name ?? ''].filter(Boolean).join(' ')
  return [
    receiptColumn(desk),
    amountColumn(desk),
    agoColumn(desk, ({ paidAt }) => paidAt, { id: 'paid', head: words.paidAt, width: 's' }),
    {
      id: 'account',
      head: words.account,
      width: 'm',
      value: ({ account }) => account,
      render: ({ account }) => <UserText text={account} />,
    },
    {
      id: 'who',
      head: words.who,
      width: 'xl',
      card: 'wide',
      value: who,
      render: (payment) => <UserText text={who(payment)} />,
    },
    {
      id: 'why',
      head: words.why,
      width: 'xl',
      card: 'wide',
      value: ({ doubt }) => doubt ?? '',
      render: (payment) => <DoubtWhy desk={desk} payment={payment} />,
    },
    {
      id: 'say',
      head: '',
      width: 'm',
      card: 'side',
      value: () => '',
      render: ({ receipt }) =>
        desk.may('payments.resolve') ? <LinkButton href={receiptHref(receipt)}>{words.say}</LinkButton> : '',
    },
  ]
}

const settledColumns = (desk: Desk): readonly Column<SaidPayment>[] => {
  const words = wordsOf(desk)
  return [
    receiptColumn(desk),
    amountColumn(desk),
    {
      id: 'state',
      head: words.state,
      width: 'm',
      card: 'side',
      value: ({ state }) => state,
      render: ({ state }) => <PaymentMark desk={desk} state={state} />,
    },
    {
      id: 'for',
      head: words.isFor,
      width: 'm',
      value: ({ purchase }) => String(purchase ?? ''),
      render: ({ purchase }) =>
        purchase === null ? '' : <a href={purchaseHref(purchase)}>{fill(words.purchaseTitle, { n: purchase })}</a>,
    },
    agoColumn(desk, ({ resolvedAt }) => resolvedAt ?? 0, { id: 'when', head: words.settledAt, width: 'm' }),
    {
      id: 'by',
      head: words.by,
      width: 'm',
      value: (payment) => resolverText(payment, words),
      render: (payment) => <UserText text={resolverText(payment, words)} />,
    },
    {
      id: 'note',
      head: words.note,
      width: 'xl',
      card: 'wide',
      value: ({ note }) => visible(note ?? ''),
      render: ({ note }) => <UserText text={note ?? ''} />,
    },
  ]
}

const before = ({ search }: Desk): { readonly before?: string } => {
  const id = search.get('before') ?? ''
  return id === '' || id.length > ID_MAX ? {} : { before: id }
}

type ListProps<Row> = {
  desk: Desk
  title: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  empty: { readonly title: string; readonly body: string }
}

const List = <Row extends Payment>({ desk, title, columns, rows, empty }: ListProps<Row>) => {
  const words = wordsOf(desk)
  return (
    <>
      <section class="panel">
        {rows.length === 0 ? (
          <EmptyState title={empty.title}>
            <p>{empty.body}</p>
          </EmptyState>
        ) : (
          <Table name="payments" caption={title} columns={columns} rows={rows} rowKey={({ receipt }) => receipt} />
        )}
      </section>
      <OlderPager
        desk={desk}
        words={{ newest: words.newestPayments, older: words.olderPayments }}
        next={rows.length < PAGE_ROWS ? undefined : rows.at(-1)?.id}
      />
    </>
  )
}

export const unmatchedPage = definePage({
  path: UNMATCHED_HREF,
  permission: 'payments.read',
  async show(desk) {
    const words = wordsOf(desk)
    const isSettled = desk.search.get('tab') === 'settled'
    const asked = { ...before(desk), limit: PAGE_ROWS }
    const settled = isSettled ? await desk.ask(settledByHand, asked) : undefined
    const waiting = await desk.ask(listPayments, { state: 'unmatched', ...(isSettled ? { limit: 1 } : asked) })
    const title = isSettled ? words.settled : words.unmatched
    return {
      title,
      content: (
        <>
          <PageHead title={title} />
          <PaymentTabs desk={desk} current={isSettled ? 'settled' : 'unmatched'} waiting={waiting.unmatched} />
          {settled ? (
            <List
              desk={desk}
              title={title}
              columns={settledColumns(desk)}
              rows={settled}
              empty={{ title: words.nothingSettled, body: words.nothingSettledBody }}
            />
          ) : (
            <>
              <p class="muted">{words.unmatchedWhat}</p>
              <List
                desk={desk}
                title={title}
                columns={waitingColumns(desk)}
                rows={waiting.payments}
                empty={{ title: words.nothingWaits, body: words.nothingWaitsBody }}
              />
            </>
          )}
        </>
      ),
    }
  },
})
