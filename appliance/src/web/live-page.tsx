import {
  Ago,
  Badge,
  cellContent,
  counted,
  EmptyState,
  fill,
  formatDuration,
  formatExact,
  formatNumber,
  formatPerSec,
  formatTimeOfDay,
  HealthDot,
  Notice,
  Sentence,
  StatStrip,
  Status,
  Table,
  TableRow,
  visible,
  type Column,
  type HealthMark,
  type Stat,
} from '@lango/kernel/ui'
import type { ComponentChildren, VNode } from 'preact'
import { attentionIn } from './attention-words.ts'
import type { AttentionRow, Health, LiveSnapshot, Machine } from './feed.ts'
import { renderPart } from './html.ts'
import { webLimits } from './limits.ts'
import {
  decisionColumns,
  decisionKey,
  RouterCard,
  routerCells,
  routerKey,
  routersMore,
  sessionColumns,
  sessionKey,
  shownRouters,
  type View,
} from './lists.tsx'
import type { ListPicture, Picture, SlotPicture } from './picture.ts'
import { healthSentenceIn } from './reason-words.ts'
import type { WebWords } from './words.ts'

export const healthMark = (health: Health, words: WebWords): HealthMark => ({
  serving: health.serving,
  word: health.serving ? words.serving : words.notServing,
})

const HealthNotice = ({ health, view: { locale, words } }: { health: Health; view: View }) =>
  health.serving ? null : (
    <Notice meaning="stopped" title={fill(words.notServingSince, { time: formatExact(health.since, locale) })}>
      <p>
        <Sentence text={visible(healthSentenceIn(locale.lang, health.reason ?? words.reasonUnknown))} />
      </p>
      <p>
        <Sentence text={healthSentenceIn(locale.lang, health.remedy ?? words.askDoctor)} />
      </p>
    </Notice>
  )

const figures = ({ totals }: LiveSnapshot, { locale, words }: View): readonly (Stat & { value: string })[] => [
  { id: 'figure-open', label: words.openSessions, value: formatNumber(totals.openSessions, locale) },
  { id: 'figure-auth', label: words.logins, value: formatPerSec(totals.authPerSec, locale), note: words.perSecond },
  { id: 'figure-acct', label: words.accounting, value: formatPerSec(totals.acctPerSec, locale), note: words.perSecond },
  ...(totals.acceptsToday === undefined
    ? []
    : [{ id: 'figure-accepts', label: words.acceptedToday, value: formatNumber(totals.acceptsToday, locale) }]),
  ...(totals.rejectsToday === undefined
    ? []
    : [{ id: 'figure-rejects', label: words.refusedToday, value: formatNumber(totals.rejectsToday, locale) }]),
]

/** What needs a look, with what to do about it; nothing at all when nothing does. */
const Attention = ({ rows, view: { locale, words, now } }: { rows: readonly AttentionRow[]; view: View }) =>
  rows.length === 0 ? null : (
    <section class="panel" id="attention">
      <div class="panel-head">
        <h2>{words.attention}</h2>
      </div>
      <ul class="lines">
        {rows.map((row) => {
          const { sentence, remedy } = attentionIn(locale, row)
          return (
            <li key={row.id}>
              <span>
                <Status meaning={row.severity}>{visible(sentence)}</Status>
              </span>
              <span class="muted">
                <Sentence text={visible(remedy)} /> <Ago at={row.since} now={now} locale={locale} />
              </span>
            </li>
          )
        })}
      </ul>
    </section>
  )

const percent = (share: number, locale: View['locale']): string => `${formatNumber(share * 100, locale)} %`

/** How the machine does: a strip of its own, below what it is there for. */
const machineFigures = (machine: Machine, { locale, words }: View): readonly (Stat & { value: string })[] => [
  ...(machine.cpuShare === undefined
    ? []
    : [{ id: 'machine-cpu', label: words.cpu, value: percent(machine.cpuShare, locale) }]),
  { id: 'machine-memory', label: words.memory, value: percent(machine.memoryUsedShare, locale) },
  ...(machine.diskUsedShare === undefined
    ? []
    : [{ id: 'machine-disk', label: words.disk, value: percent(machine.diskUsedShare, locale) }]),
  ...(machine.temperatureC === undefined
    ? []
    : [{ id: 'machine-temperature', label: words.temperature, value: `${machine.temperatureC} °C` }]),
  { id: 'machine-clock', label: words.clock, value: machine.clockSure ? words.clockSure : words.clockUnsure },
  { id: 'machine-up', label: words.upFor, value: formatDuration(machine.upSec * 1000, locale) },
]

/** The short texts beside the headings. */
const notes = (snapshot: LiveSnapshot, view: View): Readonly<Record<'sessions' | 'decisions' | 'routers', string>> => {
  const { locale, words } = view
  const shown = snapshot.sessions.length
  const open = snapshot.totals.openSessions
  return {
    sessions:
      open > shown
        ? fill(words.newestOf, { n: formatNumber(shown, locale), total: formatNumber(open, locale) })
        : counted(words.openNow, open, locale),
    decisions: snapshot.decisions.length === 0 ? '' : counted(words.lastDecisions, snapshot.decisions.length, locale),
    routers: routersMore(snapshot.routers, view),
  }
}

const slot = (id: string, value: string, draw: () => VNode): SlotPicture => ({
  id,
  value,
  html: () => renderPart(draw()),
})

const listPicture = <Row,>(
  name: string,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  rowKey: (row: Row) => string,
  drawRow: (row: Row) => VNode,
): ListPicture => ({
  name,
  rows: rows.map((row) => ({
    key: rowKey(row),
    html: () => renderPart(drawRow(row)),
    cells: columns.map((column) => slot(column.id, column.value(row), () => <>{cellContent(column, row)}</>)),
  })),
})

/** A feed that forgets its limits must not make the page grow. */
export const bounded = (snapshot: LiveSnapshot): LiveSnapshot => ({
  ...snapshot,
  sessions: snapshot.sessions.slice(0, webLimits.sessionRowsMax),
  decisions: snapshot.decisions.slice(0, webLimits.decisionRowsMax),
})

/** What the live page shows of a snapshot: the same views that draw the page draw its patches. */
export const pictureOf = (snapshot: LiveSnapshot, view: View): Picture => {
  const { health } = snapshot
  const sessions = sessionColumns(view)
  const decisions = decisionColumns(view)
  const beside = notes(snapshot, view)
  return {
    at: view.now,
    slots: [
      slot('health', String(health.serving), () => <HealthDot health={healthMark(health, view.words)} />),
      slot('health-notice', JSON.stringify(health), () => <HealthNotice health={health} view={view} />),
      slot('attention', JSON.stringify(snapshot.attention ?? []), () => (
        <Attention rows={snapshot.attention ?? []} view={view} />
      )),
      ...[...figures(snapshot, view), ...(snapshot.machine ? machineFigures(snapshot.machine, view) : [])].map(
        ({ id, value }) => slot(id, value, () => <>{value}</>),
      ),
      ...Object.entries(beside).map(([name, text]) => slot(`note-${name}`, text, () => <>{text}</>)),
    ],
    lists: [
      listPicture('sessions', snapshot.sessions, sessions, sessionKey, (row) => (
        <TableRow columns={sessions} row={row} rowKey={sessionKey} />
      )),
      listPicture('decisions', snapshot.decisions, decisions, decisionKey, (row) => (
        <TableRow columns={decisions} row={row} rowKey={decisionKey} />
      )),
      listPicture('routers', shownRouters(snapshot.routers), routerCells(view), routerKey, (row) => (
        <RouterCard row={row} view={view} />
      )),
    ],
  }
}

type PanelProps = {
  name: 'sessions' | 'decisions' | 'routers'
  title: string
  note: string
  view: View
  className?: string
  children: ComponentChildren
}

const Panel = ({ name, title, note, view: { words }, className, children }: PanelProps) => (
  <section class={className === undefined ? 'panel' : `panel ${className}`} id={name}>
    <div class="panel-head">
      <h2>{title}</h2>
      <span class="panel-note" data-slot={`note-${name}`}>
        {note}
      </span>
      <span class="chip" role="status" data-paused={name} data-idle={words.paused} data-new={words.pausedNew} hidden>
        <span data-paused-text="">{words.paused}</span>
        <button type="button">{words.resume}</button>
      </span>
    </div>
    {children}
  </section>
)

const Empty = ({ title, body, how }: { title: string; body: string; how: string }) => (
  <EmptyState title={title}>
    <p>{body}</p>
    <p>
      <Sentence text={how} />
    </p>
  </EmptyState>
)

const PageHead = ({ view: { locale, words, now }, demo }: { view: View; demo: boolean }) => {
  const time = formatTimeOfDay(now, locale)
  return (
    <div class="page-head">
      <h1>{words.overview}</h1>
      {demo ? <Badge>{words.demo}</Badge> : null}
      <span
        class="page-head-end"
        role="status"
        data-connection=""
        data-at={time}
        data-on={words.live}
        data-lost={words.lost}
      >
        <span data-connection-text="">{fill(words.asOf, { time })}</span>
        <a href="/">{words.refresh}</a>
      </span>
    </div>
  )
}

/** On a phone; `.cards-first` of the kit says the same. */
const CARDS_SHOWN_FIRST = 20

type LivePageProps = {
  snapshot: LiveSnapshot
  view: View
  demo: boolean
  /** All sessions on a phone too, where the first 20 are shown. */
  showAll: boolean
  /** Address of the stream that keeps the page up to date from here on. */
  stream: string
}

export const LivePage = ({ snapshot, view, demo, showAll, stream }: LivePageProps) => {
  const { words } = view
  const beside = notes(snapshot, view)
  const toggle = showAll
    ? { href: '/#sessions', text: words.showFew }
    : { href: '/?all=1#sessions', text: words.showAll }
  return (
    <div class="live" data-stream={stream}>
      <PageHead view={view} demo={demo} />
      <div data-slot="health-notice" data-quiet="">
        <HealthNotice health={snapshot.health} view={view} />
      </div>
      <StatStrip stats={figures(snapshot, view)} label={words.figures} />
      <div data-slot="attention" data-quiet="">
        <Attention rows={snapshot.attention ?? []} view={view} />
      </div>
      <Panel
        name="sessions"
        title={words.sessions}
        note={beside.sessions}
        view={view}
        className={showAll ? 'panel-tall' : 'panel-tall cards-first'}
      >
        <Table
          name="sessions"
          caption={words.sessions}
          columns={sessionColumns(view)}
          rows={snapshot.sessions}
          rowKey={sessionKey}
        />
        {snapshot.sessions.length > CARDS_SHOWN_FIRST ? (
          <p class="panel-foot phone-only">
            <a href={toggle.href}>{toggle.text}</a>
          </p>
        ) : null}
        <Empty title={words.noSessions} body={words.noSessionsBody} how={words.noSessionsHow} />
      </Panel>
      <Panel name="decisions" title={words.decisions} note={beside.decisions} view={view} className="panel-short">
        <Table
          name="decisions"
          caption={words.decisions}
          columns={decisionColumns(view)}
          rows={snapshot.decisions}
          rowKey={decisionKey}
        />
        <Empty title={words.noDecisions} body={words.noDecisionsBody} how={words.noDecisionsHow} />
      </Panel>
      <Panel name="routers" title={words.routers} note={beside.routers} view={view}>
        <ul class="routers" data-live="routers" data-scroll="routers">
          {shownRouters(snapshot.routers).map((row) => (
            <RouterCard key={routerKey(row)} row={row} view={view} />
          ))}
        </ul>
        <Empty title={words.noRouters} body={words.noRoutersBody} how={words.noRoutersHow} />
      </Panel>
      {snapshot.machine ? <StatStrip stats={machineFigures(snapshot.machine, view)} label={words.machine} /> : null}
    </div>
  )
}
