import { FaultError } from '@lango/kernel'
import {
  agoColumn,
  Button,
  definePage,
  EmptyState,
  Field,
  fill,
  formatMac,
  LinkButton,
  OlderPager,
  PageHead,
  Select,
  Status,
  Table,
  UNKNOWN,
  UserText,
  visible,
  Why,
  withSearch,
  type Column,
  type Desk,
  type Meaning,
  type Option,
} from '@lango/kernel/ui'
import { listRouters } from '../network/index.ts'
import { timeRangeOf, type TimeRange } from './time-range.ts'
import { accessLogWords, type AccessLogWords } from './words-access-log.ts'

const PAGE_ROWS = 50
const outcomes = ['accept', 'reject', 'challenge'] as const
type Outcome = (typeof outcomes)[number]

/** As the box answers it: words in the reader's language, vouchers by the end of their code. */
type Login = {
  readonly no: number
  readonly at: number
  readonly login: string
  readonly outcome: Outcome
  readonly reason: string
  readonly sentence: string
  readonly remedy: string
  readonly method: string
  readonly routerNo: number
  readonly device: string
  readonly detail: string
  readonly latencyMicros: number
}
type Told = { readonly reason: string; readonly sentence: string }
type LogPage = { readonly rows: readonly Login[]; readonly next: number | null; readonly reasons: readonly Told[] }

/** What the address asks for. */
type Asked = {
  readonly login: string
  readonly device: string
  readonly router: string
  readonly outcome: string
  readonly reason: string
  readonly before: number | undefined
  readonly range: TimeRange | undefined
  readonly fault: 'from' | 'to' | undefined
}

const meanings = { accept: 'good', reject: 'stopped', challenge: 'info' } as const satisfies Record<Outcome, Meaning>

const wordsOf = (desk: Pick<Desk, 'locale'>): AccessLogWords => accessLogWords[desk.locale.lang]

const askedOf = (desk: Desk): Asked => {
  const { search, now, locale } = desk
  const text = (name: string) => (search.get(name) ?? '').trim()
  const hasRange = text('from') !== '' || text('to') !== ''
  const read = timeRangeOf(search, { now, timeZone: locale.timeZone, otherwise: 'today' })
  return {
    login: text('login'),
    device: text('device'),
    router: text('router'),
    outcome: text('outcome'),
    reason: text('reason'),
    before: /^\d{1,15}$/.test(text('before')) ? Number(text('before')) : undefined,
    range: hasRange ? read.range : undefined,
    fault: hasRange ? read.fault : undefined,
  }
}

const hasFilter = ({ login, device, router, outcome, reason, range }: Asked): boolean =>
  [login, device, router, outcome, reason].some((text) => text !== '') || range !== undefined

const find = async (desk: Desk, asked: Asked): Promise<LogPage> => {
  const { login, device, outcome, reason, before, range, fault } = asked
  const answer = await desk.box<LogPage>('decisions.page', {
    lang: desk.locale.lang,
    limit: PAGE_ROWS,
    ...(login === '' ? {} : { login }),
    ...(device === '' ? {} : { device }),
    ...(/^\d{1,9}$/.test(asked.router) ? { routerNo: Number(asked.router) } : {}),
    ...(outcomes.some((each) => each === outcome) ? { outcome } : {}),
    ...(reason === '' ? {} : { reason }),
    ...(before === undefined ? {} : { before }),
    ...(range === undefined || fault !== undefined ? {} : { fromAt: range.fromAt, toAt: range.toAt }),
  })
  if (!answer.ok) throw new FaultError(answer.error)
  return answer.value
}

const took = ({ latencyMicros }: Login, desk: Desk): string => {
  const ms = latencyMicros / 1000
  return fill(wordsOf(desk).milliseconds, { n: (ms < 100 ? desk.locale.tenths : desk.locale.whole).format(ms) })
}

const Reason = ({ desk, row, router }: { desk: Desk; row: Login; router: string }) => {
  const words = wordsOf(desk)
  return (
    <Why
      locale={desk.locale}
      lead={
        <span class={row.outcome === 'reject' ? undefined : 'muted'} title={row.sentence}>
          {row.sentence}
        </span>
      }
      remedy={row.remedy}
      facts={[
        [words.loginHead, <UserText key="login" text={row.login} />],
        [words.code, row.reason],
        [words.detail, row.detail === '' ? UNKNOWN : <UserText key="detail" text={row.detail} />],
        [words.router, <UserText key="router" text={router} />],
        [words.device, row.device === '' ? UNKNOWN : formatMac(row.device)],
        [words.method, row.method],
        [words.took, took(row, desk)],
      ]}
    />
  )
}

/** The same search for this value too. */
const narrowed = (desk: Desk, name: string, value: string): string => withSearch(desk, { [name]: value, before: '' })

const columns = (desk: Desk, routerName: (no: number) => string): readonly Column<Login>[] => {
  const words = wordsOf(desk)
  return [
    agoColumn(desk, ({ at }) => at, {
      id: 'at',
      head: words.when,
      width: 'm',
    }),
    {
      id: 'login',
      head: words.loginHead,
      width: 'l',
      card: 'title',
      value: ({ login }) => login,
      render: ({ login }) =>
        // A voucher is found by its whole code, which nobody is told here.
        login.startsWith('voucher ') ? (
          <UserText text={login} />
        ) : (
          <a href={narrowed(desk, 'login', login)}>
            <UserText text={login} />
          </a>
        ),
    },
    {
      id: 'outcome',
      head: words.outcome,
      width: 'm',
      card: 'side',
      value: ({ outcome }) => outcome,
      render: ({ outcome }) => <Status meaning={meanings[outcome]}>{words[outcome]}</Status>,
    },
    {
      id: 'reason',
      head: words.reason,
      width: 'xl',
      card: 'wide',
      value: ({ reason }) => reason,
      render: (row) => <Reason desk={desk} row={row} router={routerName(row.routerNo)} />,
    },
    {
      id: 'router',
      head: words.router,
      width: 'm',
      value: ({ routerNo }) => String(routerNo),
      render: ({ routerNo }) => (
        <a href={narrowed(desk, 'router', String(routerNo))}>
          <UserText text={routerName(routerNo)} />
        </a>
      ),
    },
    {
      id: 'device',
      head: words.device,
      width: 'l',
      digits: true,
      secondary: true,
      value: ({ device }) => device,
      render: ({ device }) =>
        device === '' ? UNKNOWN : <a href={narrowed(desk, 'device', device)}>{formatMac(device)}</a>,
    },
  ]
}

type FiltersProps = { desk: Desk; asked: Asked; reasons: readonly Told[]; routers: readonly Option[] }

const Filters = ({ desk, asked, reasons, routers }: FiltersProps) => {
  const words = wordsOf(desk)
  const { locale, search } = desk
  const any = { value: '', label: words.any }
  const time = (name: 'from' | 'to') => ({
    locale,
    name,
    type: 'datetime-local' as const,
    value: search.get(name) ?? '',
    bare: true,
    ...(asked.fault === name ? { error: name === 'from' ? words.fromWrong : words.toWrong } : {}),
  })
  return (
    <form class="filters" method="get" action="/access-log" role="search">
      <Field locale={locale} label={words.login} name="login" value={asked.login} bare />
      <Field locale={locale} label={words.device} name="device" value={asked.device} bare />
      {routers.length === 0 ? null : (
        <Select label={words.router} name="router" value={asked.router} options={[any, ...routers]} />
      )}
      <Select
        label={words.outcome}
        name="outcome"
        value={asked.outcome}
        options={[any, ...outcomes.map((value) => ({ value, label: words[value] }))]}
      />
      <Select
        label={words.reason}
        name="reason"
        value={asked.reason}
        options={[any, ...reasons.map(({ reason, sentence }) => ({ value: reason, label: sentence }))]}
      />
      <Field {...time('from')} label={words.from} />
      <Field {...time('to')} label={words.to} />
      <Button>{words.filter}</Button>
      {hasFilter(asked) ? <a href="/access-log">{words.clear}</a> : null}
    </form>
  )
}

const Empty = ({ desk, asked, next }: { desk: Desk; asked: Asked; next: number | null }) => {
  const words = wordsOf(desk)
  if (next !== null) return <EmptyState title={words.none}>{words.searched}</EmptyState>
  if (asked.before !== undefined) return <EmptyState title={words.oldest}>{words.oldestBody}</EmptyState>
  if (hasFilter(asked)) return <EmptyState title={words.none}>{words.noneBody}</EmptyState>
  return (
    <EmptyState title={words.empty}>
      <p>{words.emptyBody}</p>
      {desk.may('routers.read') ? (
        <p>
          <LinkButton href="/routers">{words.toRouters}</LinkButton>
        </p>
      ) : null}
    </EmptyState>
  )
}

export const accessLogPage = definePage({
  path: '/access-log',
  permission: 'sessions.read',
  async show(desk) {
    const words = wordsOf(desk)
    const asked = askedOf(desk)
    const { rows, next, reasons } = await find(desk, asked)
    const routers = desk.may('routers.read') ? await desk.ask(listRouters, {}) : []
    const names = new Map(routers.map(({ no, name }) => [no, name]))
    const routerName = (no: number) => names.get(no) ?? fill(words.routerGone, { no: String(no) })
    const options = routers.map(({ no, name }) => ({ value: String(no), label: visible(name) }))
    return {
      title: words.accessLog,
      content: (
        <>
          <PageHead title={words.accessLog} beside={<span class="muted">{words.lead}</span>} />
          <Filters desk={desk} asked={asked} reasons={reasons} routers={options} />
          <section class="panel">
            {rows.length === 0 ? (
              <Empty desk={desk} asked={asked} next={next} />
            ) : (
              <Table
                name="logins"
                caption={words.accessLog}
                columns={columns(desk, routerName)}
                rows={rows}
                rowKey={({ no }) => String(no)}
              />
            )}
          </section>
          <OlderPager
            desk={desk}
            words={{ newest: words.newest, older: rows.length === PAGE_ROWS ? words.older : words.goOn }}
            next={next}
          />
        </>
      ),
    }
  },
})
