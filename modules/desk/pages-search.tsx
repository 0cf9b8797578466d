/** One field that finds anything: a subscriber, a session, a router, a voucher. */
import {
  agoColumn,
  Button,
  definePage,
  EmptyState,
  fill,
  Form,
  formatPhone,
  formatPrice,
  PageHead,
  Panel,
  SearchForm,
  Table,
  UserText,
  type Column,
  type Desk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { readCode } from '../access/index.ts'
import { listRouters } from '../network/index.ts'
import { findPurchases, readPhone } from '../payments/index.ts'
import { listWallets } from '../wallets/index.ts'
import { sessionColumns } from './pages-sessions.tsx'
import { onlineNow, subscriberColumns } from './pages-subscribers.tsx'
import { listSubscribers } from '../services/index.ts'
import { deskSessions } from './queries.ts'
import { searchWords } from './words-search.ts'
import { wordsOf } from './words.ts'

type Purchase = ResultOf<typeof findPurchases>['purchases'][number]
type Router = ResultOf<typeof listRouters>[number]

const ROWS = 10

const routerColumns = (desk: Desk): readonly Column<Router>[] => {
  const words = wordsOf(desk)
  return [
    {
      id: 'name',
      head: words.router,
      width: 'xl',
      card: 'title',
      value: ({ name }) => name,
      render: ({ name }) => (
        <a href={`/routers/${encodeURIComponent(name)}`}>
          <UserText text={name} />
        </a>
      ),
    },
    { id: 'address', head: words.address, width: 'l', digits: true, value: ({ address }) => address },
  ]
}

const purchaseColumns = (desk: Desk): readonly Column<Purchase>[] => {
  const words = wordsOf(desk)
  const found = searchWords[desk.locale.lang]
  return [
    {
      id: 'number',
      head: found.purchase,
      width: 'm',
      card: 'title',
      value: ({ number }) => String(number),
      render: ({ number }) => <a href={`/payments/purchases/${number}`}>{fill(found.purchaseTitle, { n: number })}</a>,
    },
    {
      id: 'plan',
      head: words.plan,
      width: 'l',
      value: ({ plan }) => plan ?? found.walletTopUp,
      render: ({ plan }) => <UserText text={plan ?? found.walletTopUp} />,
    },
    { id: 'phone', head: words.phone, width: 'l', digits: true, value: ({ phone }) => formatPhone(phone) },
    {
      id: 'amount',
      head: found.amount,
      width: 'm',
      figures: true,
      value: ({ amountMinor, currency }) => formatPrice(amountMinor, currency),
    },
    agoColumn(desk, ({ requestedAt }) => requestedAt, { id: 'when', head: found.asked, width: 'm' }),
  ]
}

type Wallet = ResultOf<typeof listWallets>[number]

const walletColumns = (desk: Desk): readonly Column<Wallet>[] => {
  const [words, found] = [wordsOf(desk), searchWords[desk.locale.lang]]
  return [
    {
      id: 'number',
      head: found.wallet,
      width: 'm',
      card: 'title',
      value: ({ number }) => String(number),
      render: ({ number }) => <a href={`/wallets/${number}`}>{fill(found.walletTitle, { n: number })}</a>,
    },
    { id: 'phone', head: words.phone, width: 'l', digits: true, value: ({ phone }) => formatPhone(phone) },
    { id: 'reference', head: found.reference, width: 'l', value: ({ reference }) => reference },
    {
      id: 'balance',
      head: found.balance,
      width: 'm',
      figures: true,
      value: ({ balanceMinor, currency }) => formatPrice(balanceMinor, currency),
    },
  ]
}

type Bought = ResultOf<typeof findPurchases> & { readonly wallets: readonly Wallet[] }

const FoundBought = ({ desk, bought: { purchases, receipt, wallets } }: { desk: Desk; bought: Bought }) => {
  const found = searchWords[desk.locale.lang]
  return (
    <>
      {receipt === undefined ? null : (
        <p>
          <a href={`/payments/receipts/${encodeURIComponent(receipt)}`}>{fill(found.receiptFound, { receipt })}</a>
        </p>
      )}
      <Found
        title={found.purchases}
        columns={purchaseColumns(desk)}
        rows={purchases}
        rowKey={({ number }) => String(number)}
      />
      <Found
        title={found.wallets}
        columns={walletColumns(desk)}
        rows={wallets}
        rowKey={({ number }) => String(number)}
      />
    </>
  )
}

/** What was bought by phone and the wallets, by whatever the customer has of them. */
const findBought = async (desk: Desk, q: string): Promise<Bought> => {
  const phone = readPhone(q, desk.currency)
  const asked = { q, ...(phone.ok && { phone: phone.value }) }
  const [bought, wallets] = await Promise.all([
    desk.may('payments.read') ? desk.ask(findPurchases, asked) : { purchases: [], receipt: undefined },
    desk.may('wallets.read') ? desk.ask(listWallets, { ...asked, limit: ROWS }) : [],
  ])
  return { ...bought, wallets }
}

/** Vouchers are found by their code on their own page, which keeps it out of the address. */
const VoucherForm = ({ desk, code }: { desk: Desk; code: string }) => (
  <Form action="/vouchers" deed="find" once={desk.once()} inline>
    <input type="hidden" name="code" value={code} />
    <Button>{wordsOf(desk).findVoucher}</Button>
  </Form>
)

const Found = <Row,>(props: {
  title: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
}) =>
  props.rows.length === 0 ? null : (
    <Panel title={props.title}>
      <Table name={props.title} caption={props.title} columns={props.columns} rows={props.rows} rowKey={props.rowKey} />
    </Panel>
  )

export const searchPage = definePage({
  path: '/search',
  permission: 'subscribers.read',
  async show(desk) {
    const words = wordsOf(desk)
    const asked = { search: words.search, placeholder: words.findSubscribers, find: words.find }
    const q = (desk.search.get('q') ?? '').trim().slice(0, 100)
    if (q === '')
      return {
        title: words.search,
        content: (
          <>
            <PageHead title={words.search} />
            <SearchForm desk={desk} action="/search" q="" words={asked} />
            <EmptyState title={words.searchEmpty}>
              <p>{words.searchEmptyBody}</p>
            </EmptyState>
          </>
        ),
      }
    const subscribers = await desk.ask(listSubscribers, { search: q, limit: ROWS })
    const owners = subscribers.map(({ grantNo }) => grantNo)
    const [online, sessions, allRouters, bought] = await Promise.all([
      onlineNow(desk, subscribers),
      desk.may('sessions.read') ? desk.ask(deskSessions, { q, owners, limit: ROWS }) : [],
      desk.may('routers.read') ? desk.ask(listRouters, {}) : [],
      findBought(desk, q),
    ])
    const wanted = q.toLowerCase()
    const routers = allRouters
      .filter(({ name, address }) => name.toLowerCase().includes(wanted) || address.includes(wanted))
      .slice(0, ROWS)
    const mayBeCode = desk.may('vouchers.read') && readCode(q) !== undefined
    const isNothing =
      subscribers.length + sessions.length + routers.length + bought.purchases.length + bought.wallets.length === 0 &&
      bought.receipt === undefined
    return {
      title: words.search,
      content: (
        <>
          <PageHead title={fill(words.results, { q })} />
          <SearchForm desk={desk} action="/search" q={q} words={asked} />
          {mayBeCode ? <VoucherForm desk={desk} code={q} /> : null}
          {isNothing && !mayBeCode ? (
            <EmptyState title={words.nothingFound}>
              <p>{words.searchEmptyBody}</p>
            </EmptyState>
          ) : null}
          <FoundBought desk={desk} bought={bought} />
          <Found
            title={words.subscribers}
            columns={subscriberColumns(desk, online)}
            rows={subscribers}
            rowKey={({ login }) => login}
          />
          <Found
            title={words.sessions}
            columns={sessionColumns(desk, { withOwner: true, withDeeds: false })}
            rows={sessions}
            rowKey={({ no }) => String(no)}
          />
          <Found title={words.router} columns={routerColumns(desk)} rows={routers} rowKey={({ name }) => name} />
        </>
      ),
    }
  },
})
