import {
  agoColumn,
  Button,
  DeedButton,
  definePage,
  EmptyState,
  Field,
  fill,
  formatDuration,
  formatExact,
  formatNumber,
  OlderPager,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Select,
  Table,
  UNKNOWN,
  UserText,
  visible,
  type Column,
  type Desk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { normaliseDevice } from '../access/index.ts'
import { listRouters, parseAddress } from '../network/index.ts'
import { searchHistory, whoHad } from '../sessions/index.ts'
import { octetColumns } from './octet-columns.ts'
import { askedRange, DayFields, macOf, RangeLinks, ReportTabs, routerOf, Who, wordsOf } from './report-parts.tsx'
import { EXPORT_ROWS_MAX, exportSessions } from './session-export.ts'
import { instantOf } from './time-range.ts'

type Past = ResultOf<typeof searchHistory>['rows'][number]
type Had = ResultOf<typeof whoHad>[number]

const PAGE_ROWS = 50

/** What the address asks for, and how it is asked of the box. */
const askedOf = (desk: Desk) => {
  const { search } = desk
  const text = (name: string) => (search.get(name) ?? '').trim().slice(0, 253)
  const when = askedRange(desk)
  const typed = { login: text('login'), ip: text('ip'), device: text('device'), router: text('router') }
  const [, endedAt, no] = /^(\d{1,15})-(\d{1,15})$/.exec(text('after')) ?? []
  return {
    when,
    typed,
    after: endedAt === undefined ? undefined : { endedAt: Number(endedAt), no: Number(no) },
    search: {
      fromAt: when.range.fromAt,
      toAt: when.range.toAt,
      ...(typed.login === '' ? {} : { login: typed.login }),
      ...(typed.ip === '' ? {} : { ip: typed.ip }),
      ...(typed.device === '' ? {} : { device: normaliseDevice(typed.device) }),
      ...(/^\d{1,9}$/.test(typed.router) ? { routerNo: Number(typed.router) } : {}),
    },
  }
}
type Asked = ReturnType<typeof askedOf>

const whoColumn = <Row extends Past | Had>(desk: Desk): Column<Row> => ({
  id: 'login',
  head: wordsOf(desk).login,
  width: 'l',
  card: 'title',
  value: ({ login }) => login,
  render: ({ login, service, customer }) => (
    <span class="pair">
      <Who desk={desk} login={login} service={service} />
      {customer === null || customer === login ? null : (
        <span class="muted">
          <UserText text={customer} />
        </span>
      )}
    </span>
  ),
})

const placeColumns = <Row extends Past | Had>(desk: Desk): readonly Column<Row>[] => {
  const words = wordsOf(desk)
  return [
    { id: 'device', head: words.device, width: 'l', digits: true, value: ({ device }) => macOf(device) },
    {
      id: 'router',
      head: words.router,
      width: 'm',
      value: (row) => routerOf(desk, row),
      render: (row) => <UserText text={routerOf(desk, row)} />,
    },
  ]
}

const pastColumns = (desk: Desk): readonly Column<Past>[] => {
  const words = wordsOf(desk)
  const { locale } = desk
  return [
    whoColumn<Past>(desk),
    agoColumn(desk, ({ endedAt }) => endedAt, {
      id: 'ended',
      head: words.ended,
      width: 'm',
      card: 'side',
    }),
    {
      id: 'lasted',
      head: words.lasted,
      width: 's',
      figures: true,
      value: ({ sessionTimeSec }) => formatDuration(sessionTimeSec * 1000, locale),
    },
    {
      id: 'ip',
      head: words.ip,
      width: 'm',
      digits: true,
      value: ({ framedIp }) => framedIp || UNKNOWN,
      render: ({ framedIp }) => <UserText text={framedIp} />,
    },
    ...placeColumns<Past>(desk),
    ...octetColumns<Past>(locale, words),
    {
      id: 'why',
      head: words.why,
      width: 'm',
      secondary: true,
      value: ({ terminateCause }) => terminateCause,
      render: ({ terminateCause }) => <UserText text={terminateCause} />,
    },
  ]
}

const SearchForm = async (desk: Desk, { when, typed }: Asked) => {
  const words = wordsOf(desk)
  const { locale } = desk
  const routers = desk.may('routers.read') ? await desk.ask(listRouters, {}) : []
  const options = routers.map(({ no, name }) => ({ value: String(no), label: visible(name) }))
  return (
    <form class="filters" method="get" action="/reports/sessions" role="search">
      <Field locale={locale} label={words.login} name="login" value={typed.login} bare />
      <Field locale={locale} label={words.ip} name="ip" value={typed.ip} bare />
      <Field locale={locale} label={words.device} name="device" value={typed.device} bare />
      {options.length === 0 ? null : (
        <Select
          label={words.router}
          name="router"
          value={typed.router}
          options={[{ value: '', label: words.any }, ...options]}
        />
      )}
      <DayFields desk={desk} asked={when} />
      <Button>{words.search}</Button>
    </form>
  )
}

const Export = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.exportTitle} id="export">
      <PanelBody>
        <RefusedNote desk={desk} deed="export" />
        <p>{fill(words.exportNote, { max: formatNumber(EXPORT_ROWS_MAX, desk.locale) })}</p>
        <DeedButton desk={desk} deed="export">
          {words.exportDo}
        </DeedButton>
      </PanelBody>
    </Panel>
  )
}

export const sessionHistoryPage = definePage({
  path: '/reports/sessions',
  permission: 'sessions.read',
  async show(desk) {
    const words = wordsOf(desk)
    const asked = askedOf(desk)
    const { rows, next } =
      asked.when.fault === undefined
        ? await desk.ask(searchHistory, {
            ...asked.search,
            limit: PAGE_ROWS,
            ...(asked.after === undefined ? {} : { after: asked.after }),
          })
        : { rows: [], next: null }
    return {
      title: words.history,
      content: (
        <>
          <PageHead title={words.reports} />
          <ReportTabs desk={desk} current="history" />
          <RangeLinks desk={desk} range={asked.when.range} />
          {await SearchForm(desk, asked)}
          <p class="muted">{words.historyNote}</p>
          <section class="panel">
            {rows.length === 0 ? (
              <EmptyState title={words.noHistory}>
                <p>{words.noHistoryBody}</p>
              </EmptyState>
            ) : (
              <Table
                name="history"
                caption={words.history}
                columns={pastColumns(desk)}
                rows={rows}
                rowKey={({ no }) => String(no)}
              />
            )}
          </section>
          <OlderPager desk={desk} words={words} next={next && `${next.endedAt}-${next.no}`} name="after" />
          {rows.length === 0 ? null : <Export desk={desk} />}
        </>
      ),
    }
  },
  deeds: {
    export: {
      permission: 'sessions.read',
      run: (desk) => exportSessions(desk, askedOf(desk).search, wordsOf(desk)),
    },
  },
})

const hadColumns = (desk: Desk): readonly Column<Had>[] => {
  const words = wordsOf(desk)
  const { locale } = desk
  return [
    whoColumn<Had>(desk),
    {
      id: 'began',
      head: words.began,
      width: 'l',
      card: 'wide',
      value: ({ startedAt }) => formatExact(startedAt, locale),
    },
    {
      id: 'ended',
      head: words.ended,
      width: 'l',
      card: 'wide',
      value: ({ endedAt }) => (endedAt === null ? words.stillOpen : formatExact(endedAt, locale)),
    },
    ...placeColumns<Had>(desk),
    {
      id: 'session',
      head: 'Acct-Session-Id',
      width: 'm',
      digits: true,
      secondary: true,
      value: ({ acctSessionId }) => visible(acctSessionId),
    },
  ]
}

/** What was asked on the page of addresses: undefined until somebody has. */
const addressAsked = (desk: Desk) => {
  const [ip, when] = [(desk.search.get('ip') ?? '').trim(), (desk.search.get('at') ?? '').trim()]
  const isAsked = desk.search.has('ip')
  const at = instantOf(when, desk.locale.timeZone)
  const [ipWrong, whenWrong] = [isAsked && parseAddress(ip) === undefined, isAsked && at === undefined]
  return { ip, when, ipWrong, whenWrong, found: isAsked && !ipWrong && at !== undefined ? { ip, at } : undefined }
}

const Answer = ({ desk, ip, at, rows }: { desk: Desk; ip: string; at: number; rows: readonly Had[] }) => {
  const words = wordsOf(desk)
  return (
    <section class="panel">
      {rows.length === 0 ? (
        <EmptyState title={fill(words.nobodyHad, { ip })}>
          <p>{fill(words.nobodyHadBody, { time: formatExact(at, desk.locale) })}</p>
        </EmptyState>
      ) : (
        <Table
          name="had"
          caption={`${words.address}: ${ip}, ${formatExact(at, desk.locale)}`}
          columns={hadColumns(desk)}
          rows={rows}
          rowKey={(row) => `${row.endedAt === null ? 'live' : 'past'}-${row.no}`}
        />
      )}
    </section>
  )
}

export const addressReportPage = definePage({
  path: '/reports/address',
  permission: 'sessions.read',
  async show(desk) {
    const words = wordsOf(desk)
    const { locale } = desk
    const asked = addressAsked(desk)
    const rows = asked.found === undefined ? [] : await desk.ask(whoHad, asked.found)
    return {
      title: words.address,
      content: (
        <>
          <PageHead title={words.reports} />
          <ReportTabs desk={desk} current="address" />
          <p>{words.addressNote}</p>
          <form class="filters" method="get" action="/reports/address" role="search">
            <Field
              locale={locale}
              label={words.ip}
              name="ip"
              value={asked.ip}
              required
              {...(asked.ipWrong ? { error: words.addressWrong } : {})}
            />
            <Field
              locale={locale}
              label={words.when}
              name="at"
              type="datetime-local"
              value={asked.when}
              required
              help={fill(words.whenHelp, { zone: locale.timeZone })}
              {...(asked.whenWrong ? { error: words.whenWrong } : {})}
            />
            <Button kind="main">{words.ask}</Button>
          </form>
          {asked.found === undefined ? null : <Answer desk={desk} {...asked.found} rows={rows} />}
        </>
      ),
    }
  },
})
