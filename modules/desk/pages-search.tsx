/** One field that finds anything: a subscriber, a session, a router, a voucher. */
import {
  Button,
  definePage,
  EmptyState,
  fill,
  Form,
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
import { sessionColumns } from './pages-sessions.tsx'
import { onlineNow, subscriberColumns } from './pages-subscribers.tsx'
import { listSubscribers } from '../services/index.ts'
import { deskSessions } from './queries.ts'
import { wordsOf } from './words.ts'

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
    const [online, sessions, allRouters] = await Promise.all([
      onlineNow(desk, subscribers),
      desk.may('sessions.read') ? desk.ask(deskSessions, { q, owners, limit: ROWS }) : [],
      desk.may('routers.read') ? desk.ask(listRouters, {}) : [],
    ])
    const wanted = q.toLowerCase()
    const routers = allRouters
      .filter(({ name, address }) => name.toLowerCase().includes(wanted) || address.includes(wanted))
      .slice(0, ROWS)
    const mayBeCode = desk.may('vouchers.read') && readCode(q) !== undefined
    const isNothing = subscribers.length + sessions.length + routers.length === 0
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
