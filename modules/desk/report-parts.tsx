/** What the pages of reports have in common: their tabs, the stretch of time, a chart with its figures behind it. */
import {
  Bars,
  Button,
  Field,
  fill,
  formatMac,
  Table,
  Tabs,
  UNKNOWN,
  UserText,
  withSearch,
  type Column,
  type Desk,
} from '@lango/kernel/ui'
import { subscriberHref } from './links.ts'
import { presets, timeRangeOf, type TimeRange } from './time-range.ts'
import { reportWords, type ReportWords } from './words-reports.ts'

export const wordsOf = (desk: Pick<Desk, 'locale'>): ReportWords => reportWords[desk.locale.lang]

const tabs = {
  usage: '/reports',
  plans: '/reports/plans',
  topUsers: '/reports/users',
  history: '/reports/sessions',
  address: '/reports/address',
}

/** The stretch of time goes along from one report to the other. */
const KEPT = ['range', 'from', 'to']

export const ReportTabs = ({ desk, current }: { desk: Desk; current: keyof typeof tabs }) => {
  const words = wordsOf(desk)
  const kept = new URLSearchParams(
    KEPT.flatMap((name) => (desk.search.has(name) ? [[name, desk.search.get(name)!]] : [])),
  )
  const query = kept.size === 0 ? '' : `?${kept.toString()}`
  const each = Object.entries(tabs) as [keyof typeof tabs, string][]
  return (
    <Tabs
      label={words.reports}
      tabs={each.map(([name, path]) => ({
        href: name === 'address' ? path : path + query,
        label: words[name],
        current: name === current,
      }))}
    />
  )
}

export type AskedRange = { readonly range: TimeRange; readonly fault: 'from' | 'to' | undefined }

export const askedRange = (desk: Desk, otherwise: TimeRange['preset'] = '7d'): AskedRange =>
  timeRangeOf(desk.search, { now: desk.now, timeZone: desk.locale.timeZone, otherwise: otherwise ?? '7d' })

/** The two fields of days of one's own. */
export const DayFields = ({ desk, asked: { range, fault } }: { desk: Desk; asked: AskedRange }) => {
  const words = wordsOf(desk)
  const field = (name: 'from' | 'to') => ({
    locale: desk.locale,
    name,
    type: 'date' as const,
    value: range[name].slice(0, 10),
    bare: true,
    ...(fault === name ? { error: name === 'from' ? words.fromWrong : words.toWrong } : {}),
  })
  return (
    <>
      <Field {...field('from')} label={words.from} />
      <Field {...field('to')} label={words.to} />
    </>
  )
}

/** Links to the usual stretches. */
export const RangeLinks = ({ desk, range }: { desk: Desk; range: TimeRange }) => (
  <nav class="ranges" aria-label={wordsOf(desk).rangeOf}>
    {presets.map((preset) => (
      <a
        key={preset}
        class="button button-plain"
        href={withSearch(desk, { range: preset, from: '', to: '', after: '' })}
        aria-current={range.preset === preset ? 'true' : undefined}
      >
        {wordsOf(desk)[preset]}
      </a>
    ))}
  </nav>
)

export const RangeForm = ({ desk, asked }: { desk: Desk; asked: AskedRange }) => {
  const words = wordsOf(desk)
  return (
    <div class="range-row">
      <RangeLinks desk={desk} range={asked.range} />
      <form class="filters" method="get" action={desk.here.split('?')[0]}>
        <DayFields desk={desk} asked={asked} />
        <Button>{words.show}</Button>
      </form>
    </div>
  )
}

const dayFormats = new Map<string, Intl.DateTimeFormat>()

/** `25 Nov` of `2026-11-25`. */
export const dayLabel = (day: string, desk: Pick<Desk, 'locale'>): string => {
  const { lang } = desk.locale
  const known = dayFormats.get(lang)
  const format = known ?? new Intl.DateTimeFormat(`${lang}-KE`, { day: 'numeric', month: 'short', timeZone: 'UTC' })
  if (known === undefined) dayFormats.set(lang, format)
  return format.format(new Date(`${day}T00:00Z`))
}

export type ChartBar = { readonly label: string; readonly says: string; readonly parts: readonly number[] }

type ChartProps<Row> = {
  readonly desk: Desk
  readonly title: string
  readonly bars: readonly ChartBar[]
  /** What the parts of a bar are, by their class. */
  readonly legend: readonly (readonly [className: string, word: string])[]
  /** The scale in words: what the tallest bar stands for. */
  readonly scale: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly rowKey: (row: Row) => string
}

/** Fewer than this many bars each have their word; of more every so many. */
const ENDS_MAX = 8

const Ends = ({ bars }: { bars: readonly ChartBar[] }) => {
  const step = Math.ceil(bars.length / ENDS_MAX)
  const shown = bars.filter((_, at) => at % step === 0)
  return (
    <p class={step === 1 ? 'chart-ends chart-ends-each' : 'chart-ends'} aria-hidden="true">
      {shown.map(({ label }) => (
        <span key={label}>{label}</span>
      ))}
    </p>
  )
}

/** A chart on one question, its scale and ends in words, and the same figures as a table behind it. */
export const Chart = <Row,>({ desk, title, bars, legend, scale, columns, rows, rowKey }: ChartProps<Row>) => (
  <>
    <p class="legend">
      {legend.length < 2
        ? null
        : legend.map(([name, word]) => (
            <span key={name}>
              <span class={name}>■</span> {word}{' '}
            </span>
          ))}
      <span class="muted">{scale}</span>
    </p>
    <Bars
      title={`${title}. ${scale}`}
      bars={bars.map(({ says, parts }) => ({ label: says, parts }))}
      classes={legend.map(([name]) => name)}
    />
    <Ends bars={bars} />
    <details class="more">
      <summary>{wordsOf(desk).figures}</summary>
      <Table name={title} caption={title} columns={columns} rows={rows} rowKey={rowKey} />
    </details>
  </>
)

type Somebody = { readonly login: string; readonly service: string | null }

/** A subscriber by a link to their page, for those who may open it. */
export const Who = ({ desk, login, service }: { desk: Desk } & Somebody) =>
  service !== null && desk.may('subscribers.read') ? (
    <a href={subscriberHref(service)}>
      <UserText text={login} />
    </a>
  ) : (
    <UserText text={login} />
  )

export const macOf = (device: string): string => (device === '' ? UNKNOWN : formatMac(device))

/** The router by name; one that was removed by its number. */
export const routerOf = (desk: Desk, { router, nas }: { router: string | null; nas: string }): string =>
  router ?? (nas === '' ? fill(wordsOf(desk).routerGone, { no: '' }).trim() : nas)
