/** What was sent and what came of it, with a button where it can be sent again. */
import {
  agoColumn,
  counted,
  DeedButton,
  EmptyState,
  formatPhone,
  nextBefore,
  OlderPager,
  Panel,
  Status,
  Table,
  UserText,
  visible,
  type Column,
  type Desk,
  type Meaning,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { listMessages } from './queries.ts'
import { wordsOf } from './words.ts'

export const PAGE_ROWS = 50

type Message = ResultOf<typeof listMessages>[number]

const stateMeanings = {
  waiting: 'attention',
  accepted: 'good',
  failed: 'stopped',
  delivered: 'good',
  undelivered: 'stopped',
} as const satisfies Record<Message['state'], Meaning>
const kindWords = {
  test: 'kindTest',
  code: 'kindCode',
  welcome: 'kindWelcome',
  known: 'kindKnown',
  purchase: 'kindPurchase',
} as const

const kindText = (kind: string, desk: Desk): string =>
  Object.hasOwn(kindWords, kind) ? wordsOf(desk)[kindWords[kind as keyof typeof kindWords]] : kind

const State = ({ desk, message: { state, reason, attempts } }: { desk: Desk; message: Message }) => {
  const words = wordsOf(desk)
  const why = reason === null ? '' : visible(`${counted(words.tries, attempts, desk.locale)}: ${reason}`)
  return (
    <>
      <Status meaning={stateMeanings[state]}>{words[state]}</Status>{' '}
      {why === '' ? null : (
        // Isolated as a name is, but it may take several lines.
        <bdi class="muted" title={why}>
          {why}
        </bdi>
      )}
    </>
  )
}

const columns = (desk: Desk): readonly Column<Message>[] => {
  const words = wordsOf(desk)
  const mayRetry = ({ state, expiresAt }: Message): boolean => state === 'failed' && expiresAt > desk.now
  const recipient = (text: string): string => (text.startsWith('+') ? formatPhone(text) : text)
  return [
    {
      id: 'recipient',
      head: words.recipient,
      width: 'l',
      card: 'title',
      value: (message) => recipient(message.recipient),
      render: (message) => <UserText text={recipient(message.recipient)} />,
    },
    { id: 'kind', head: words.kind, width: 'm', card: 'wide', value: ({ kind }) => kindText(kind, desk) },
    agoColumn(desk, ({ createdAt }) => createdAt, {
      id: 'made',
      head: words.made,
      width: 'm',
      card: 'wide',
    }),
    {
      id: 'state',
      head: words.state,
      width: 'xl',
      card: 'wide',
      value: ({ state, reason }) => `${state} ${reason ?? ''}`,
      render: (message) => <State desk={desk} message={message} />,
    },
    {
      id: 'retry',
      head: '',
      width: 'm',
      card: 'side',
      value: (message) => String(mayRetry(message)),
      render: (message) =>
        mayRetry(message) ? (
          <DeedButton desk={desk} deed="retry" fields={{ message: String(message.no) }}>
            {words.retry}
          </DeedButton>
        ) : null,
    },
  ]
}

export const Sent = ({ desk, rows }: { desk: Desk; rows: readonly Message[] }) => {
  const words = wordsOf(desk)
  return (
    <>
      <Panel title={words.sent} note={words.sentNote}>
        {rows.length === 0 ? (
          <EmptyState title={words.nothingSent}>
            <p>{words.nothingSentBody}</p>
          </EmptyState>
        ) : (
          <Table
            name="messages"
            caption={words.sent}
            columns={columns(desk)}
            rows={rows}
            rowKey={({ no }) => String(no)}
          />
        )}
      </Panel>
      <OlderPager desk={desk} words={words} next={nextBefore(rows, PAGE_ROWS)} />
    </>
  )
}
