import {
  Ago,
  agoColumn,
  counted,
  DeedButton,
  definePage,
  EmptyState,
  Facts,
  formatBytes,
  formatDuration,
  formatExact,
  formatMac,
  nextBefore,
  OlderPager,
  PageHead,
  Panel,
  RefusedNote,
  Said,
  SearchForm,
  Status,
  Table,
  UNKNOWN,
  UserText,
  withSearch,
  type Column,
  type Desk,
  type DoingDesk,
  type Done,
  type Meaning,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { octetColumns } from './octet-columns.ts'
import { deskSessions, ordersOf, sessionsFound } from './queries.ts'
import { subscriberHref } from './links.ts'
import { wordsOf, type DeskWords } from './words.ts'

export type LiveSession = ResultOf<typeof deskSessions>[number]
type Order = ResultOf<typeof ordersOf>[number]

const PAGE_ROWS = 50

/** Where the owner of a session stands: a subscriber's page, a voucher's, a purchase's; a stranger has none. */
const ownerOf = ({ service, voucherId, purchase, bypass }: LiveSession): string | undefined => {
  if (bypass !== null) return '/bypass'
  if (service !== null) return subscriberHref(service)
  if (purchase !== null) return `/payments/purchases/${purchase}`
  return voucherId === null ? undefined : `/vouchers/code/${encodeURIComponent(voucherId)}`
}

const Owner = ({ row }: { row: LiveSession }) => {
  const href = ownerOf(row)
  const name = <UserText text={row.login} />
  return (
    <span class="pair">
      {href === undefined ? name : <a href={href}>{name}</a>}
      {row.customer === null || row.customer === row.login ? null : (
        <span class="muted">
          <UserText text={row.customer} />
        </span>
      )}
    </span>
  )
}

const userColumn = (id: string, head: string, of: (row: LiveSession) => string | null): Column<LiveSession> => ({
  id,
  head,
  width: 'm',
  value: (row) => of(row) ?? UNKNOWN,
  render: (row) => <UserText text={of(row) ?? ''} />,
})

/** Columns of live sessions; a list of one subscriber's leaves the owner out, a page without deeds the buttons. */
export const sessionColumns = (
  desk: Desk,
  { withOwner, withDeeds }: { withOwner: boolean; withDeeds: boolean },
): readonly Column<LiveSession>[] => {
  const words = wordsOf(desk)
  const { locale, now } = desk
  const owner: Column<LiveSession> = {
    id: 'login',
    head: words.subscriber,
    width: 'xl',
    card: 'title',
    value: ({ login }) => login,
    render: (row) => <Owner row={row} />,
  }
  return [
    ...(withOwner ? [owner, userColumn('plan', words.plan, ({ plan }) => plan)] : []),
    userColumn('router', words.router, ({ router, nas }) => router ?? nas),
    { ...userColumn('ip', words.address, ({ ip }) => ip), digits: true },
    {
      id: 'device',
      head: words.device,
      width: 'l',
      digits: true,
      ...(withOwner ? {} : { card: 'title' as const }),
      value: ({ device }) => formatMac(device) || UNKNOWN,
    },
    {
      id: 'online',
      head: words.onlineFor,
      width: 's',
      figures: true,
      value: ({ startedAt }) => formatDuration(now - startedAt, locale),
      render: (row) => <a href={`/sessions/${row.no}`}>{formatDuration(now - row.startedAt, locale)}</a>,
    },
    ...octetColumns(locale, words),
    ...(withDeeds && desk.may('sessions.write') ? [disconnectColumn(desk)] : []),
  ]
}

const disconnectColumn = (desk: Desk): Column<LiveSession> => ({
  id: 'end',
  head: '',
  width: 'm',
  card: 'side',
  value: () => '',
  render: ({ acctSessionId }) => (
    <DeedButton desk={desk} deed="disconnect" fields={{ acctSessionId }}>
      {wordsOf(desk).disconnect}
    </DeedButton>
  ),
})

type Carried = readonly { readonly state: string }[]

/** Whether everything that was asked is done; a NAS that does not answer is tried on after the page has gone. */
export const isCarriedOut = (value: unknown): boolean => (value as Carried).every(({ state }) => state === 'done')

/** Ends the session that the form names, and comes back to `to`. */
export const disconnectTo = (to: (desk: DoingDesk) => string) => ({
  permission: 'sessions.write',
  async run(desk: DoingDesk): Promise<Done> {
    const done = await desk.box('sessions.disconnect', { acctSessionId: desk.fields.get('acctSessionId') })
    if (!done.ok) return { fault: done.error }
    const place = to(desk)
    return { go: `${place}${place.includes('?') ? '&' : '?'}said=${isCarriedOut(done.value) ? 'ended' : 'ending'}` }
  },
})

export const sessionsPage = definePage({
  path: '/sessions',
  permission: 'sessions.read',
  async show(desk) {
    const words = wordsOf(desk)
    const q = desk.search.get('q')?.trim() ?? ''
    const before = Number(desk.search.get('before') ?? Number.NaN)
    const isPaged = Number.isSafeInteger(before)
    const page = { q, limit: PAGE_ROWS, ...(isPaged ? { before } : {}) }
    const { total, nos } = await desk.ask(sessionsFound, page)
    const rows = await desk.ask(deskSessions, { nos, limit: PAGE_ROWS })
    return {
      title: words.sessions,
      content: (
        <>
          <PageHead
            title={words.sessions}
            beside={
              <span class="muted" data-refresh="count">
                {counted(words.openNow, total, desk.locale)}
              </span>
            }
          />
          <Said desk={desk} words={{ ended: words.saidEnded, ending: words.saidEnding }} />
          <RefusedNote desk={desk} />
          <SearchForm
            desk={desk}
            action="/sessions"
            q={q}
            words={{ search: words.search, placeholder: words.findSessions, find: words.find }}
          />
          <section class="panel" data-refresh={isPaged ? undefined : 'sessions'}>
            {rows.length === 0 ? <NoneFound desk={desk} isSearch={q !== ''} /> : null}
            {rows.length === 0 ? null : (
              <Table
                name="sessions"
                caption={words.sessions}
                columns={sessionColumns(desk, { withOwner: true, withDeeds: true })}
                rows={rows}
                rowKey={({ no }) => String(no)}
              />
            )}
          </section>
          <OlderPager desk={desk} words={words} next={nextBefore(rows, PAGE_ROWS)} />
        </>
      ),
    }
  },
  deeds: { disconnect: disconnectTo((desk) => withSearch(desk, { said: '' })) },
})

const NoneFound = ({ desk, isSearch }: { desk: Desk; isSearch: boolean }) => {
  const words = wordsOf(desk)
  return isSearch ? (
    <EmptyState title={words.noneFound}>
      <p>{words.noneFoundBody}</p>
      <p>
        <a href="/sessions">{words.showAll}</a>
      </p>
    </EmptyState>
  ) : (
    <EmptyState title={words.noSessions}>
      <p>{words.noSessionsBody}</p>
    </EmptyState>
  )
}

const orderStates = {
  waiting: ['info', 'stateWaiting'],
  done: ['good', 'stateDone'],
  failed: ['stopped', 'stateFailed'],
} as const satisfies Record<Order['state'], readonly [Meaning, keyof DeskWords]>

/** What was asked of the router, and each way that was tried. */
export const Orders = ({ desk, orders }: { desk: Desk; orders: readonly Order[] }) => {
  const words = wordsOf(desk)
  const columns: readonly Column<Order>[] = [
    agoColumn(desk, ({ orderedAt }) => orderedAt, {
      id: 'when',
      head: words.when,
      width: 'm',
    }),
    {
      id: 'what',
      head: words.what,
      width: 'm',
      card: 'title',
      value: ({ kind }) => (kind === 'end' ? words.orderEnd : words.orderChange),
    },
    {
      id: 'state',
      head: words.outcome,
      width: 'm',
      card: 'side',
      value: ({ state }) => state,
      render: ({ state }) => <Status meaning={orderStates[state][0]}>{words[orderStates[state][1]]}</Status>,
    },
    {
      id: 'steps',
      head: words.reason,
      width: 'xl',
      card: 'wide',
      value: ({ reason, steps }) => [reason, ...steps.map(({ means, outcome }) => `${means}: ${outcome}`)].join(' · '),
    },
  ]
  return orders.length === 0 ? null : (
    <Panel title={words.orders}>
      <Table name="orders" caption={words.orders} columns={columns} rows={orders} rowKey={({ id }) => id} />
    </Panel>
  )
}

export const sessionPage = definePage({
  path: '/sessions/:no{[0-9]+}',
  permission: 'sessions.read',
  async show(desk) {
    const words = wordsOf(desk)
    const no = Number(desk.param('no'))
    const [session] = Number.isSafeInteger(no) ? await desk.ask(deskSessions, { nos: [no] }) : []
    const orders = Number.isSafeInteger(no) ? await desk.ask(ordersOf, { sessionNo: no }) : []
    const said = <Said desk={desk} words={{ ended: words.saidEnded, ending: words.saidEnding }} />
    if (!session)
      return {
        title: words.sessionOver,
        content: (
          <>
            {said}
            <EmptyState title={words.sessionOver}>
              <p>{words.sessionOverBody}</p>
            </EmptyState>
            <Orders desk={desk} orders={orders} />
          </>
        ),
      }
    const { locale } = desk
    return {
      title: words.session,
      content: (
        <>
          <PageHead title={<Owner row={session} />} beside={<Status meaning="good">{words.online}</Status>}>
            {desk.may('sessions.write') ? (
              <DeedButton desk={desk} deed="disconnect" fields={{ acctSessionId: session.acctSessionId }} kind="danger">
                {words.disconnect}
              </DeedButton>
            ) : null}
          </PageHead>
          {said}
          <RefusedNote desk={desk} />
          <Facts
            facts={[
              [words.plan, <UserText key="plan" text={session.plan ?? ''} />],
              [words.router, <UserText key="router" text={session.router ?? session.nas} />],
              [words.address, <UserText key="ip" text={session.ip} />],
              [words.device, formatMac(session.device)],
              [words.since, formatExact(session.startedAt, locale)],
              [words.heard, <Ago key="heard" at={session.heardAt} now={desk.now} locale={locale} />],
              [words.down, formatBytes(session.outputOctets, locale)],
              [words.up, formatBytes(session.inputOctets, locale)],
              ['Acct-Session-Id', <UserText key="id" text={session.acctSessionId} />],
            ]}
          />
          <Orders desk={desk} orders={orders} />
        </>
      ),
    }
  },
  deeds: { disconnect: disconnectTo((desk) => `/sessions/${desk.param('no')}`) },
})
