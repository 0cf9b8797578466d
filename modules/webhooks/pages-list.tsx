import {
  Button,
  CopyButton,
  definePage,
  EmptyState,
  fill,
  Form,
  formatNumber,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Status,
  Table,
  UserText,
  type Column,
  type Desk,
  type Shown,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { addWebhook } from './commands.ts'
import { EndpointFields, readEndpoint } from './form-parts.tsx'
import { listWebhooks } from './queries.ts'
import { defaultEvents } from './rules.ts'
import { wordsOf } from './words.ts'

export type Webhook = ResultOf<typeof listWebhooks>[number]

export const webhookHref = (number: number, more = ''): string => `/settings/webhooks/${number}${more}`

const meanings = { active: 'good', off: 'plain', gone: 'stopped' } as const

export const StatusMark = ({ desk, status }: { desk: Desk; status: Webhook['status'] }) => (
  <Status meaning={meanings[status]}>{wordsOf(desk)[status]}</Status>
)

const columns = (desk: Desk): readonly Column<Webhook>[] => {
  const words = wordsOf(desk)
  const figure = (id: 'waiting' | 'failed' | 'missed'): Column<Webhook> => ({
    id,
    head: words[id],
    width: 's',
    figures: true,
    value: (row) => formatNumber(row[id], desk.locale),
  })
  return [
    {
      id: 'url',
      head: words.address,
      width: 'xl',
      card: 'title',
      value: ({ url }) => url,
      render: ({ number, url }) => (
        <a href={webhookHref(number)}>
          <UserText text={url} />
        </a>
      ),
    },
    {
      id: 'status',
      head: words.status,
      width: 'm',
      card: 'side',
      value: ({ status }) => status,
      render: ({ status }) => <StatusMark desk={desk} status={status} />,
    },
    {
      id: 'events',
      head: words.events,
      width: 'l',
      card: 'wide',
      secondary: true,
      value: ({ events }) => events.join(', '),
    },
    figure('waiting'),
    figure('failed'),
    figure('missed'),
  ]
}

const AddForm = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.add} id="add">
      <PanelBody>
        <RefusedNote desk={desk} deed="add" />
        <Form action={desk.here} deed="add" once={desk.once()}>
          <EndpointFields
            desk={desk}
            deed="add"
            url=""
            events={defaultEvents}
            secret={{ title: words.secret, note: words.secretNote }}
          />
          <Button kind="main">{words.addDo}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

/** Told this once. */
const secretShown = (desk: Desk, number: number, secret: string): Shown => {
  const words = wordsOf(desk)
  const title = fill(words.secretTitle, { n: number })
  return {
    title,
    content: (
      <>
        <PageHead title={title} />
        <Panel title={fill(words.webhook, { n: number })}>
          <PanelBody>
            <p>{words.secretBody}</p>
            <p>
              <code id="secret">{secret}</code> <CopyButton of="secret" locale={desk.locale} />
            </p>
            <p class="muted">{words.verify}</p>
            <p>
              <a class="button button-main" href={webhookHref(number)}>
                {words.toWebhook}
              </a>
            </p>
          </PanelBody>
        </Panel>
      </>
    ),
  }
}

export const webhooksPage = definePage({
  path: '/settings/webhooks',
  permission: 'webhooks.read',
  async show(desk) {
    const words = wordsOf(desk)
    const rows = await desk.ask(listWebhooks, {})
    const mayWrite = desk.may('webhooks.write')
    return {
      title: words.webhooks,
      content: (
        <>
          <PageHead title={words.webhooks} beside={<span class="muted">{words.lead}</span>} />
          <Said desk={desk} words={{ removed: words.saidRemoved }} />
          <section class="panel">
            {rows.length === 0 ? (
              <EmptyState title={words.none}>
                <p>{mayWrite ? words.noneBody : words.noneRead}</p>
              </EmptyState>
            ) : (
              <Table
                name="webhooks"
                caption={words.webhooks}
                columns={columns(desk)}
                rows={rows}
                rowKey={({ number }) => String(number)}
              />
            )}
          </section>
          {mayWrite ? <AddForm desk={desk} /> : null}
        </>
      ),
    }
  },
  deeds: {
    add: {
      permission: 'webhooks.write',
      async run(desk) {
        const typed = readEndpoint(desk)
        if (!typed.ok) return { problems: typed.problems }
        const added = await desk.tell(addWebhook, typed.input)
        return added.ok ? { show: secretShown(desk, added.value.number, added.value.secret) } : { fault: added.error }
      },
    },
  },
})
