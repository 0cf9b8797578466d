import {
  Ago,
  counted,
  fill,
  formatAgo,
  formatBytes,
  formatDuration,
  formatExact,
  formatMac,
  formatRate,
  formatTimeOfDay,
  Status,
  UNKNOWN,
  UserText,
  visible,
  Why,
  type Column,
  type Locale,
  type Meaning,
} from '@lango/kernel/ui'
import type { DecisionRow, RouterRow, SessionRow } from './feed.ts'
import { webLimits } from './limits.ts'
import { decisionIn } from './reason-words.ts'
import type { WebWords } from './words.ts'

/** Who reads, and when: all that a view needs besides the data. */
export type View = { readonly locale: Locale; readonly words: WebWords; readonly now: number }

const sessionStates = {
  start: ['info', 'stateNew'],
  interim: ['good', 'stateOnline'],
  stale: ['attention', 'stateStale'],
  stop: ['plain', 'stateEnded'],
} as const satisfies Record<SessionRow['state'], readonly [Meaning, keyof WebWords]>

const SessionState = ({ row, view: { locale, words } }: { row: SessionRow; view: View }) => {
  const [meaning, word] = sessionStates[row.state]
  const heard = fill(words.staleWhy, { time: formatTimeOfDay(row.updatedAt, locale) })
  return (
    <span title={row.state === 'stale' ? heard : undefined}>
      <Status meaning={meaning}>{words[word]}</Status>
    </span>
  )
}

const Subscriber = ({ row }: { row: SessionRow }) => (
  <span class="pair">
    <a href={`/sessions/${row.no}`}>
      <UserText text={row.login} />
    </a>
    {row.customerName === undefined || row.customerName === row.login ? null : (
      <span class="muted">
        <UserText text={row.customerName} />
      </span>
    )}
  </span>
)

/** How a session counts up and down is the NAS's view: its output is what the subscriber downloads. */
const trafficColumns = ({ locale, words }: View): readonly Column<SessionRow>[] => [
  {
    id: 'used',
    head: words.used,
    width: 'xs',
    figures: true,
    value: (row) => formatBytes(row.inputOctets + row.outputOctets, locale),
  },
  {
    id: 'down',
    head: words.down,
    width: 's',
    figures: true,
    value: (row) => formatRate(row.outRateKbps, locale),
  },
  { id: 'up', head: words.up, width: 's', figures: true, value: (row) => formatRate(row.inRateKbps, locale) },
]

export const sessionColumns = (view: View): readonly Column<SessionRow>[] => {
  const { locale, words, now } = view
  const user = (text: string | undefined) => (text === undefined ? UNKNOWN : <UserText text={text} />)
  return [
    {
      id: 'login',
      head: words.subscriber,
      width: 'xl',
      card: 'title',
      value: (row) => `${row.login}\n${row.customerName}`,
      render: (row) => <Subscriber row={row} />,
    },
    {
      id: 'state',
      head: words.state,
      width: 's',
      card: 'side',
      value: (row) => (row.state === 'stale' ? `stale ${row.updatedAt}` : row.state),
      render: (row) => <SessionState row={row} view={view} />,
    },
    {
      id: 'plan',
      head: words.plan,
      width: 'm',
      card: 'wide',
      value: (row) => row.plan ?? UNKNOWN,
      render: (row) => user(row.plan),
    },
    { id: 'nas', head: words.router, width: 'm', value: (row) => row.nas, render: (row) => user(row.nas) },
    {
      id: 'ip',
      head: words.address,
      width: 'm',
      digits: true,
      value: (row) => row.ip ?? UNKNOWN,
      render: (row) => user(row.ip),
    },
    {
      id: 'mac',
      head: words.device,
      width: 'l',
      digits: true,
      secondary: true,
      value: (row) => (row.mac === undefined ? UNKNOWN : formatMac(row.mac)),
      render: (row) => user(row.mac === undefined ? undefined : formatMac(row.mac)),
    },
    {
      id: 'online',
      head: words.online,
      width: 'm',
      figures: true,
      quiet: true,
      value: (row) => formatDuration(now - row.startedAt, locale),
      render: (row) => (
        <time dateTime={new Date(row.startedAt).toISOString()} title={formatExact(row.startedAt, locale)}>
          {formatDuration(now - row.startedAt, locale)}
        </time>
      ),
    },
    ...trafficColumns(view),
  ]
}

export const sessionKey = (row: SessionRow): string => String(row.no)

const outcomes = {
  accept: ['good', 'accepted'],
  reject: ['stopped', 'refused'],
  challenge: ['info', 'challenged'],
} as const satisfies Record<DecisionRow['outcome'], readonly [Meaning, keyof WebWords]>

const latency = (row: DecisionRow, { locale, words }: View): string => {
  if (row.latencyMs === undefined) return UNKNOWN
  return fill(words.milliseconds, { n: (row.latencyMs < 100 ? locale.tenths : locale.whole).format(row.latencyMs) })
}

const DecisionReason = ({ row, view }: { row: DecisionRow; view: View }) => {
  const { locale, words } = view
  const told = decisionIn(locale.lang, row)
  const sentence = visible(told.sentence)
  return (
    <Why
      locale={locale}
      lead={
        <span class={row.outcome === 'reject' ? undefined : 'muted'} title={sentence}>
          {sentence}
        </span>
      }
      remedy={told.remedy}
      facts={[
        [words.login, <UserText key="login" text={row.login} />],
        [words.code, visible(row.reason)],
        [words.router, <UserText key="nas" text={row.nas} />],
        [words.device, row.mac === undefined ? UNKNOWN : formatMac(row.mac)],
        [words.method, row.method],
        [words.took, latency(row, view)],
      ]}
    />
  )
}

export const decisionColumns = (view: View): readonly Column<DecisionRow>[] => {
  const { locale, words, now } = view
  return [
    {
      id: 'at',
      head: words.when,
      width: 'm',
      quiet: true,
      value: (row) => formatAgo(row.at, now, locale),
      render: (row) => <Ago at={row.at} now={now} locale={locale} />,
    },
    {
      id: 'login',
      head: words.login,
      width: 'l',
      card: 'title',
      value: (row) => row.login,
      render: (row) => <UserText text={row.login} />,
    },
    {
      id: 'outcome',
      head: words.outcome,
      width: 'm',
      card: 'side',
      value: (row) => row.outcome,
      render: ({ outcome }) => <Status meaning={outcomes[outcome][0]}>{words[outcomes[outcome][1]]}</Status>,
    },
    {
      id: 'reason',
      head: words.reason,
      width: 'xl',
      card: 'wide',
      value: (row) => `${row.reason}\n${row.sentence}`,
      render: (row) => <DecisionReason row={row} view={view} />,
    },
    {
      id: 'nas',
      head: words.router,
      width: 'm',
      value: (row) => row.nas,
      render: (row) => <UserText text={row.nas} />,
    },
    {
      id: 'mac',
      head: words.device,
      width: 'l',
      digits: true,
      secondary: true,
      value: (row) => (row.mac === undefined ? UNKNOWN : formatMac(row.mac)),
    },
    { id: 'method', head: words.method, width: 'm', card: 'none', value: (row) => row.method },
    {
      id: 'took',
      head: words.took,
      width: 'xs',
      figures: true,
      secondary: true,
      value: (row) => latency(row, view),
    },
  ]
}

export const decisionKey = (row: DecisionRow): string => String(row.no)

// In order of urgency. Strangers come after routers of ours: whoever floods the box must not push those out of sight.
const routerStates = {
  silent: ['attention', 'routerSilent'],
  never: ['plain', 'routerNever'],
  unknown: ['info', 'routerUnknown'],
  up: ['good', 'routerUp'],
} as const satisfies Record<RouterRow['state'], readonly [Meaning, keyof WebWords]>

const urgency = Object.keys(routerStates)

/** Those that need a person first, then by name; as many as are drawn one by one. */
export const shownRouters = (routers: readonly RouterRow[]): readonly RouterRow[] =>
  routers
    .toSorted((a, b) => urgency.indexOf(a.state) - urgency.indexOf(b.state) || a.name.localeCompare(b.name))
    .slice(0, webLimits.routerCardsMax)

/** `and 88 more`, or nothing. */
export const routersMore = (routers: readonly RouterRow[], { locale, words }: View): string => {
  const more = routers.length - webLimits.routerCardsMax
  return more > 0 ? counted(words.routersMore, more, locale) : ''
}

const RouterWhy = ({ row, view: { locale, words } }: { row: RouterRow; view: View }) => {
  const address = visible(row.address)
  if (row.state === 'up') return null
  if (row.state === 'unknown')
    return <Why locale={locale} reason={words.unknownWhy} remedy={fill(words.unknownRemedy, { address })} />
  if (row.state === 'never' || row.lastPacketAt === undefined)
    return (
      <Why locale={locale} reason={fill(words.neverWhy, { address })} remedy={fill(words.neverRemedy, { address })} />
    )
  const time = formatExact(row.lastPacketAt, locale)
  return <Why locale={locale} reason={fill(words.silentWhy, { time })} remedy={words.silentRemedy} />
}

/** The parts of a router's card; drawn as a card, compared and repainted as the cells of a row are. */
export const routerCells = (view: View): readonly Column<RouterRow>[] => {
  const { locale, words, now } = view
  return [
    {
      id: 'name',
      head: words.router,
      width: 'xl',
      value: (row) => row.name,
      render: (row) => <UserText text={row.name} />,
    },
    {
      id: 'state',
      head: words.state,
      width: 's',
      value: (row) => row.state,
      render: ({ state }) => <Status meaning={routerStates[state][0]}>{words[routerStates[state][1]]}</Status>,
    },
    {
      id: 'facts',
      head: words.address,
      width: 'm',
      value: (row) => `${row.address}\n${row.vendor}`,
      render: (row) => <UserText text={[row.address, row.vendor].filter(Boolean).join(' · ')} />,
    },
    {
      id: 'heard',
      head: words.when,
      width: 's',
      quiet: true,
      value: (row) => (row.lastPacketAt === undefined ? '' : formatAgo(row.lastPacketAt, now, locale)),
      render: (row) =>
        row.lastPacketAt === undefined ? null : <Ago at={row.lastPacketAt} now={now} locale={locale} />,
    },
    {
      id: 'why',
      head: words.reason,
      width: 'm',
      quiet: true,
      value: (row) => (row.state === 'silent' ? `silent ${row.lastPacketAt}` : row.state),
      render: (row) => <RouterWhy row={row} view={view} />,
    },
  ]
}

// An unknown router's name is what it calls itself: factory-new ones share it, and HTML must not change a key.
export const routerKey = (row: RouterRow): string => visible(`${row.name} ${row.address}`)

export const RouterCard = ({ row, view }: { row: RouterRow; view: View }) => (
  <li class="router" data-key={routerKey(row)}>
    {routerCells(view).map((cell) => (
      <div
        key={cell.id}
        class={`router-${cell.id}`}
        data-cell={cell.id}
        data-quiet={cell.quiet === true ? '' : undefined}
      >
        {cell.render?.(row)}
      </div>
    ))}
  </li>
)
