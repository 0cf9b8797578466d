import {
  agoColumn,
  beforeAsked,
  Button,
  DeedButton,
  EmptyState,
  fill,
  formatAgo,
  formatNumber,
  OlderPager,
  Panel,
  Select,
  Status,
  Table,
  UserText,
  visible,
  Why,
  withSearch,
  type Column,
  type Desk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { listDeliveries } from './queries.ts'
import { attemptErrors, webhookEvents, webhookLimits, TEST_EVENT } from './rules.ts'
import { wordsOf } from './words.ts'

const PAGE_ROWS = 50
const DAY_MS = 86_400_000

const states = ['waiting', 'delivered', 'failed'] as const
type State = (typeof states)[number]

export type Delivery = ResultOf<typeof listDeliveries>[number]

const meanings = { waiting: 'info', delivered: 'good', failed: 'stopped' } as const
const stateWords = { waiting: 'stateWaiting', delivered: 'stateDelivered', failed: 'stateFailed' } as const

/** One more than a page, so that a page knows of another. */
export const deliveriesOf = (desk: Desk, webhook: number): Promise<readonly Delivery[]> => {
  const state = stateAsked(desk)
  return desk.ask(listDeliveries, {
    webhook,
    limit: PAGE_ROWS + 1,
    ...(state === undefined ? {} : { state }),
    ...beforeAsked(desk),
  })
}

const stateAsked = ({ search }: Desk): State | undefined => states.find((state) => state === search.get('state'))

/** What became of the last try, in a few words. */
const outcomeText = ({ attempts, httpStatus, error }: Delivery, desk: Desk): string => {
  const words = wordsOf(desk)
  if (attempts === 0) return words.notTried
  const known: Readonly<Record<string, string>> = {
    [attemptErrors.secret]: words.errorSecret,
    [attemptErrors.gone]: words.errorGone,
    [attemptErrors.redirect]: words.errorRedirect,
    [attemptErrors.refused]: words.errorRefused,
  }
  const why = error === null ? '' : (known[error] ?? visible(error))
  if (httpStatus === null) return why
  const answered = fill(words.answered, { status: httpStatus })
  return why === '' ? answered : `${answered}. ${why}`
}

const Outcome = ({ desk, row }: { desk: Desk; row: Delivery }) => {
  const words = wordsOf(desk)
  const { messageId, tookMs, answer, body } = row
  const took = tookMs === null ? '' : ` (${fill(words.milliseconds, { n: formatNumber(tookMs, desk.locale) })})`
  const answered =
    answer === null || answer === '' ? [] : [[words.answerBegan, <UserText key="answer" text={answer} />] as const]
  return (
    <Why
      locale={desk.locale}
      lead={`${outcomeText(row, desk)}${took}`}
      facts={[
        [words.messageId, <code key="id">{messageId}</code>],
        ...answered,
        [
          words.message,
          <pre key="body" class="record">
            {visible(body)}
          </pre>,
        ],
      ]}
    />
  )
}

const StateCell = ({ desk, row }: { desk: Desk; row: Delivery }) => {
  const words = wordsOf(desk)
  const next =
    row.nextAt > desk.now ? fill(words.nextTry, { time: formatAgo(row.nextAt, desk.now, desk.locale) }) : words.notYet
  return (
    <span class="pair">
      <Status meaning={meanings[row.state]}>{words[stateWords[row.state]]}</Status>
      {row.state === 'waiting' ? <span class="muted">{next}</span> : null}
    </span>
  )
}

const isNamed = (event: string): event is (typeof webhookEvents)[number] | typeof TEST_EVENT =>
  event === TEST_EVENT || webhookEvents.some((each) => each === event)

const columns = (desk: Desk, isActive: boolean): readonly Column<Delivery>[] => {
  const words = wordsOf(desk)
  const mayRetry = isActive && desk.may('webhooks.write')
  return [
    agoColumn(desk, ({ createdAt }) => createdAt, {
      id: 'at',
      head: words.when,
      width: 'm',
    }),
    {
      id: 'event',
      head: words.event,
      width: 'l',
      card: 'title',
      value: ({ event }) => event,
      render: ({ event }) => <span title={isNamed(event) ? words[event] : undefined}>{event}</span>,
    },
    {
      id: 'state',
      head: words.status,
      width: 'xl',
      card: 'side',
      value: ({ state }) => state,
      render: (row) => <StateCell desk={desk} row={row} />,
    },
    {
      id: 'tries',
      head: words.tries,
      width: 's',
      figures: true,
      value: ({ attempts }) => formatNumber(attempts, desk.locale),
    },
    {
      id: 'answer',
      head: words.answer,
      width: 'xl',
      card: 'wide',
      value: (row) => outcomeText(row, desk),
      render: (row) => <Outcome desk={desk} row={row} />,
    },
    ...(mayRetry
      ? [
          {
            id: 'retry',
            head: '',
            width: 'm',
            card: 'wide',
            value: ({ state }: Delivery) => state,
            render: ({ no, state }: Delivery) =>
              state === 'failed' ? (
                <DeedButton desk={desk} deed="retry" fields={{ delivery: String(no) }}>
                  {words.retry}
                </DeedButton>
              ) : null,
          } as const,
        ]
      : []),
  ]
}

const Filter = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const state = stateAsked(desk)
  return (
    <form class="filters" method="get" action={desk.here.split('?')[0]} role="search">
      <Select
        label={words.status}
        name="state"
        value={state ?? ''}
        options={[
          { value: '', label: words.any },
          ...states.map((value) => ({ value, label: words[stateWords[value]] })),
        ]}
      />
      <Button>{words.filter}</Button>
      {state === undefined ? null : <a href={withSearch(desk, { state: '', before: '', said: '' })}>{words.clear}</a>}
    </form>
  )
}

type DeliveryLogProps = { desk: Desk; found: readonly Delivery[]; isActive: boolean }

/** What was sent to one endpoint, newest first, and what came of it. */
export const DeliveryLog = ({ desk, found, isActive }: DeliveryLogProps) => {
  const words = wordsOf(desk)
  const rows = found.slice(0, PAGE_ROWS)
  const hasAsked = stateAsked(desk) !== undefined || desk.search.has('before')
  return (
    <>
      <Filter desk={desk} />
      <Panel title={words.deliveries}>
        {rows.length === 0 ? (
          <EmptyState title={hasAsked ? words.noneFound : words.empty}>
            <p>{hasAsked ? words.noneFoundBody : words.emptyBody}</p>
          </EmptyState>
        ) : (
          <Table
            name="deliveries"
            caption={words.deliveries}
            columns={columns(desk, isActive)}
            rows={rows}
            rowKey={({ no }) => String(no)}
          />
        )}
      </Panel>
      <p class="muted">
        {fill(words.kept, { days: webhookLimits.deliveriesKeptMs / DAY_MS, n: webhookLimits.attemptsMax })}
      </p>
      <OlderPager desk={desk} words={words} next={found.length > PAGE_ROWS ? rows.at(-1)?.no : undefined} />
    </>
  )
}
