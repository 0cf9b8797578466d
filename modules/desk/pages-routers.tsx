import {
  Ago,
  agoColumn,
  Button,
  definePage,
  EmptyState,
  Field,
  Form,
  formatNumber,
  LinkButton,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Table,
  UNKNOWN,
  UserText,
  valuesFor,
  visible,
  type Column,
  type Desk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { addRouter, listRouters } from '../network/index.ts'
import { bypassWordsOf } from './pages-bypass.tsx'
import { listUnknownRouters } from '../sessions/index.ts'
import {
  healthByRouter,
  openSessions,
  routerHref,
  stateOf,
  StateMark,
  StateWhy,
  wordsOf,
  type Health,
  type Router,
} from './router-facts.tsx'
import { MoreFields, NAME_LENGTH_MAX, problemsOf, RouterFields, settingsIn } from './router-form.tsx'
import { vendorLabel } from './vendor-settings.ts'

type Stranger = ResultOf<typeof listUnknownRouters>[number]
type Row = { readonly router: Router; readonly health: Health | undefined; readonly open: number | undefined }

/** Which router it is. */
const namingColumns = (desk: Desk): readonly Column<Row>[] => {
  const words = wordsOf(desk)
  return [
    {
      id: 'name',
      head: words.name,
      width: 'l',
      card: 'title',
      value: ({ router }) => router.name,
      render: ({ router }) => (
        <a href={routerHref(router)}>
          <UserText text={router.name} />
        </a>
      ),
    },
    {
      id: 'state',
      head: words.state,
      width: 'm',
      card: 'side',
      value: ({ health }) => stateOf(health, desk.now),
      render: ({ health }) => <StateMark desk={desk} state={stateOf(health, desk.now)} />,
    },
    {
      id: 'address',
      head: words.address,
      width: 'm',
      digits: true,
      value: ({ router }) => router.address,
      render: ({ router }) => <UserText text={router.address} />,
    },
    {
      id: 'vendor',
      head: words.vendor,
      width: 'm',
      card: 'wide',
      value: ({ router }) => visible(vendorLabel(router.vendor)),
    },
  ]
}

/** How it does. */
const doingColumns = (desk: Desk): readonly Column<Row>[] => {
  const words = wordsOf(desk)
  const { locale, now } = desk
  const open: Column<Row> = {
    id: 'open',
    head: words.sessionsNow,
    width: 's',
    figures: true,
    value: (row) => formatNumber(row.open ?? 0, locale),
  }
  return [
    ...(desk.may('sessions.read') ? [open] : []),
    {
      id: 'requests',
      head: words.requests,
      width: 's',
      figures: true,
      secondary: true,
      value: ({ health }) => (health === undefined ? UNKNOWN : formatNumber(health.requests, locale)),
    },
    {
      id: 'heard',
      head: words.heard,
      width: 'm',
      value: ({ health }) => String(health?.lastPacketAt ?? ''),
      render: ({ health }) =>
        health === undefined ? UNKNOWN : <Ago at={health.lastPacketAt} now={now} locale={locale} />,
    },
    {
      id: 'why',
      head: '',
      width: 'm',
      card: 'wide',
      value: ({ health }) => stateOf(health, now),
      render: ({ router, health }) => <StateWhy desk={desk} router={router} health={health} />,
    },
  ]
}

/** The form to add it, filled in. */
const adoptHref = ({ address, nasIdentifier }: Stranger): string =>
  `/routers/new?${new URLSearchParams({ address, name: nasIdentifier.slice(0, NAME_LENGTH_MAX) }).toString()}`

const strangerColumns = (desk: Desk): readonly Column<Stranger>[] => {
  const words = wordsOf(desk)
  const { locale } = desk
  const adopt: Column<Stranger> = {
    id: 'adopt',
    head: '',
    width: 's',
    card: 'side',
    value: ({ address }) => address,
    render: (stranger) => <LinkButton href={adoptHref(stranger)}>{words.adopt}</LinkButton>,
  }
  return [
    {
      id: 'address',
      head: words.address,
      width: 'm',
      card: 'title',
      digits: true,
      value: ({ address }) => address,
      render: ({ address }) => <UserText text={address} />,
    },
    {
      id: 'name',
      head: words.callsItself,
      width: 'l',
      value: ({ nasIdentifier }) => nasIdentifier,
      render: ({ nasIdentifier }) => <UserText text={nasIdentifier} />,
    },
    {
      id: 'packets',
      head: words.packets,
      width: 's',
      figures: true,
      value: ({ packets }) => formatNumber(packets, locale),
    },
    agoColumn(desk, ({ firstAt }) => firstAt, {
      id: 'first',
      head: words.first,
      width: 'm',
      secondary: true,
    }),
    agoColumn(desk, ({ lastAt }) => lastAt, {
      id: 'last',
      head: words.last,
      width: 'm',
      card: 'wide',
    }),
    ...(desk.may('routers.write') ? [adopt] : []),
  ]
}

export const Strangers = ({ desk, strangers }: { desk: Desk; strangers: readonly Stranger[] }) => (
  <Table
    name="strangers"
    caption={wordsOf(desk).strangers}
    columns={strangerColumns(desk)}
    rows={strangers}
    rowKey={({ no }) => String(no)}
  />
)

const isFound = ({ router }: Row, sought: string): boolean =>
  [router.name, router.address, router.vendor, vendorLabel(router.vendor)].some((text) =>
    text.toLowerCase().includes(sought),
  )

const SearchForm = ({ desk, q }: { desk: Desk; q: string }) => {
  const words = wordsOf(desk)
  return (
    <form class="filters" method="get" action="/routers" role="search">
      <Field locale={desk.locale} label={words.search} name="q" type="search" value={q} bare />
      <Button>{words.find}</Button>
    </form>
  )
}

const Empty = ({ desk, isSearch }: { desk: Desk; isSearch: boolean }) => {
  const words = wordsOf(desk)
  return (
    <EmptyState title={isSearch ? words.noneFound : words.noRouters}>
      <p>{isSearch ? words.noneFoundBody : words.noRoutersBody}</p>
      {isSearch || !desk.may('routers.write') ? null : (
        <p>
          <LinkButton href="/routers/new" kind="main">
            {words.add}
          </LinkButton>
        </p>
      )}
    </EmptyState>
  )
}

export const routersPage = definePage({
  path: '/routers',
  permission: 'routers.read',
  async show(desk) {
    const words = wordsOf(desk)
    const [health, open] = [await healthByRouter(desk), await openSessions(desk)]
    const all = (await desk.ask(listRouters, {})).map((router) => ({
      router,
      health: health.get(router.no),
      open: open?.get(router.no),
    }))
    const strangers = await desk.ask(listUnknownRouters, {})
    const q = (desk.search.get('q') ?? '').trim()
    const rows = all.filter((row) => isFound(row, q.toLowerCase()))
    const hasAny = all.length > 0
    return {
      title: words.routers,
      content: (
        <>
          <PageHead title={words.routers}>
            {desk.may('subscribers.read') ? (
              <LinkButton href="/bypass">{bypassWordsOf(desk).title}</LinkButton>
            ) : undefined}
            {hasAny ? <LinkButton href="/rollouts">{words.software}</LinkButton> : undefined}
            {hasAny && desk.may('routers.write') ? (
              <LinkButton href="/routers/new" kind="main">
                {words.add}
              </LinkButton>
            ) : undefined}
          </PageHead>
          <Said desk={desk} words={{ removed: words.saidRemoved }} />
          {hasAny ? <SearchForm desk={desk} q={q} /> : null}
          <section class="panel">
            {rows.length === 0 ? (
              <Empty desk={desk} isSearch={hasAny} />
            ) : (
              <Table
                name="routers"
                caption={words.routers}
                columns={[...namingColumns(desk), ...doingColumns(desk)]}
                rows={rows}
                rowKey={({ router }) => router.id}
              />
            )}
          </section>
          {strangers.length === 0 ? null : (
            <Panel title={words.strangers} id="strangers">
              <PanelBody>
                <p>{words.strangersNote}</p>
              </PanelBody>
              <Strangers desk={desk} strangers={strangers} />
            </Panel>
          )}
        </>
      ),
    }
  },
})

export const newRouterPage = definePage({
  path: '/routers/new',
  permission: 'routers.write',
  show(desk) {
    const words = wordsOf(desk)
    const form = valuesFor(desk, 'add')
    const before = { name: desk.search.get('name') ?? '', address: desk.search.get('address') ?? '' }
    return Promise.resolve({
      title: words.newTitle,
      content: (
        <>
          <PageHead title={words.newTitle} />
          <section class="panel">
            <PanelBody>
              <RefusedNote desk={desk} deed="add" />
              <Form action={desk.here} deed="add" once={desk.once()}>
                <RouterFields desk={desk} deed="add" before={before} />
                <Field
                  locale={desk.locale}
                  label={words.secret}
                  name="secret"
                  type="password"
                  autoComplete="off"
                  help={words.secretNewHelp}
                  {...form.error('secret')}
                />
                <MoreFields desk={desk} deed="add" before={{}} />
                <Button kind="main">{words.addDo}</Button>
              </Form>
            </PanelBody>
          </section>
        </>
      ),
    })
  },
  deeds: {
    add: {
      permission: 'routers.write',
      async run(desk) {
        const words = wordsOf(desk)
        const { fields } = desk
        const { settings, problems } = settingsIn(fields, words)
        if (Object.keys(problems).length > 0) return { problems }
        const secret = fields.get('secret')
        const added = await desk.tell(addRouter, {
          name: fields.get('name'),
          address: fields.get('address'),
          ...(secret === '' ? {} : { secret }),
          ...settings,
        })
        if (added.ok) return { go: routerHref(added.value, '/script?said=added') }
        const beside = problemsOf(added.error, words)
        return beside === undefined ? { fault: added.error } : { problems: beside }
      },
    },
  },
})
