/** A subscriber's sessions that are over, and the logins that were let in or refused. */
import {
  agoColumn,
  beforeAsked,
  EmptyState,
  formatBytes,
  formatDuration,
  formatExact,
  formatMac,
  nextBefore,
  OlderPager,
  Status,
  Table,
  UNKNOWN,
  UserText,
  type Column,
  type Desk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { grantHistory } from './queries.ts'
import { wordsOf } from './words.ts'

type Past = ResultOf<typeof grantHistory>[number]

const PAGE_ROWS = 50

/** What the box tells of a login. */
type SeenDecision = {
  readonly no: number
  readonly at: number
  readonly outcome: 'accept' | 'reject' | 'challenge'
  readonly reason: string
  readonly sentence: string
  readonly remedy: string
  readonly method: string
  readonly device: string
}

export const decisionsOf = async (desk: Desk, login: string, limit: number): Promise<readonly SeenDecision[]> => {
  const asked = { login, limit, lang: desk.locale.lang }
  const found = await desk.box<readonly SeenDecision[]>('decisions.search', asked)
  return found.ok ? found.value : []
}

const historyColumns = (desk: Desk): readonly Column<Past>[] => {
  const words = wordsOf(desk)
  const { locale } = desk
  return [
    {
      id: 'ended',
      head: words.endedAt,
      width: 'l',
      card: 'title',
      value: ({ endedAt }) => formatExact(endedAt, locale),
    },
    {
      id: 'long',
      head: words.onlineFor,
      width: 'm',
      figures: true,
      value: ({ startedAt, endedAt }) => formatDuration(endedAt - startedAt, locale),
    },
    {
      id: 'down',
      head: words.down,
      width: 's',
      figures: true,
      value: ({ outputOctets }) => formatBytes(outputOctets, locale),
    },
    {
      id: 'up',
      head: words.up,
      width: 's',
      figures: true,
      value: ({ inputOctets }) => formatBytes(inputOctets, locale),
    },
    { id: 'ip', head: words.address, width: 'm', digits: true, value: ({ ip }) => ip || UNKNOWN },
    {
      id: 'device',
      head: words.device,
      width: 'l',
      digits: true,
      secondary: true,
      value: ({ device }) => formatMac(device) || UNKNOWN,
    },
    {
      id: 'router',
      head: words.router,
      width: 'm',
      value: ({ router }) => router ?? UNKNOWN,
      render: ({ router }) => <UserText text={router ?? ''} />,
    },
    {
      id: 'cause',
      head: words.cause,
      width: 'm',
      secondary: true,
      value: ({ terminateCause }) => terminateCause || UNKNOWN,
    },
  ]
}

export const HistoryTab = async ({ desk, grantNo }: { desk: Desk; grantNo: number }) => {
  const words = wordsOf(desk)
  const rows = await desk.ask(grantHistory, { grantNo, limit: PAGE_ROWS, ...beforeAsked(desk) })
  return (
    <>
      <section class="panel">
        {rows.length === 0 ? (
          <EmptyState title={words.noHistory}>
            <p>{words.noHistoryBody}</p>
          </EmptyState>
        ) : (
          <Table
            name="history"
            caption={words.history}
            columns={historyColumns(desk)}
            rows={rows}
            rowKey={({ no }) => String(no)}
          />
        )}
      </section>
      <OlderPager desk={desk} words={words} next={nextBefore(rows, PAGE_ROWS)} />
    </>
  )
}

const outcomeMeaning = { accept: 'good', reject: 'stopped', challenge: 'info' } as const

export const DecisionsTab = async ({ desk, login }: { desk: Desk; login: string }) => {
  const words = wordsOf(desk)
  const rows = await decisionsOf(desk, login, PAGE_ROWS)
  const outcomeWord = { accept: words.accepted, reject: words.rejected, challenge: words.challenged }
  const columns: readonly Column<SeenDecision>[] = [
    agoColumn(desk, ({ at }) => at, {
      id: 'at',
      head: words.when,
      width: 'm',
    }),
    {
      id: 'outcome',
      head: words.outcome,
      width: 'm',
      card: 'title',
      value: ({ outcome }) => outcome,
      render: ({ outcome }) => <Status meaning={outcomeMeaning[outcome]}>{outcomeWord[outcome]}</Status>,
    },
    {
      id: 'reason',
      head: words.reason,
      width: 'xl',
      card: 'wide',
      value: ({ sentence, remedy }) => `${sentence} ${remedy}`,
    },
    { id: 'method', head: words.method, width: 'm', secondary: true, value: ({ method }) => method },
    { id: 'device', head: words.device, width: 'l', digits: true, value: ({ device }) => formatMac(device) || UNKNOWN },
  ]
  return (
    <section class="panel">
      {rows.length === 0 ? (
        <EmptyState title={words.noDecisions}>
          <p>{words.noDecisionsBody}</p>
        </EmptyState>
      ) : (
        <Table
          name="decisions"
          caption={words.decisions}
          columns={columns}
          rows={rows}
          rowKey={({ no }) => String(no)}
        />
      )}
    </section>
  )
}
