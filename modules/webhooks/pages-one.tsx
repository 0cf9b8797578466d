import {
  Button,
  DeedButton,
  definePage,
  Facts,
  Field,
  fill,
  Form,
  formatExact,
  formatNumber,
  nothingKnown,
  Notice,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Tabs,
  UserText,
  valuesFor,
  visible,
  type Desk,
  type Done,
  type DoingDesk,
  type Shown,
} from '@lango/kernel/ui'
import type { Fault, Result } from '@lango/kernel'
import { removeWebhook, retryWebhook, setWebhook, testWebhook } from './commands.ts'
import { deliveriesOf, DeliveryLog, type Delivery } from './delivery-log.tsx'
import { EndpointFields, readEndpoint } from './form-parts.tsx'
import { StatusMark, webhookHref, type Webhook } from './pages-list.tsx'
import { listWebhooks } from './queries.ts'
import { wordsOf } from './words.ts'

const LOOK_AGAIN_SEC = 2

const tabs = ['deliveries', 'change', 'remove'] as const
type TabName = (typeof tabs)[number]

const numberOf = (desk: Desk): number => Number(desk.param('number'))

const webhookOf = async (desk: Desk): Promise<Webhook | undefined> =>
  (await desk.ask(listWebhooks, {})).find(({ number }) => number === numberOf(desk))

const noWebhook = (desk: Desk): Shown => {
  const words = wordsOf(desk)
  return nothingKnown(words.unknown, words.unknownBody, { href: '/settings/webhooks', label: words.toWebhooks })
}

const tabAsked = (desk: Desk): TabName =>
  (desk.may('webhooks.write') ? tabs.find((name) => name === desk.search.get('tab')) : undefined) ?? 'deliveries'

const WebhookTabs = ({ desk, title }: { desk: Desk; title: string }) => {
  const words = wordsOf(desk)
  const labels: Readonly<Record<TabName, string>> = {
    deliveries: words.deliveries,
    change: words.change,
    remove: words.removeTab,
  }
  return (
    <Tabs
      label={title}
      tabs={tabs.map((name) => ({
        href: webhookHref(numberOf(desk), name === 'deliveries' ? '' : `?tab=${name}`),
        label: labels[name],
        current: name === tabAsked(desk),
      }))}
    />
  )
}

const Actions = ({ desk, webhook }: { desk: Desk; webhook: Webhook }) => {
  const words = wordsOf(desk)
  if (webhook.status !== 'active')
    return (
      <DeedButton desk={desk} deed="resume" kind="main">
        {words.resume}
      </DeedButton>
    )
  return (
    <>
      <DeedButton desk={desk} deed="test" kind="main">
        {words.test}
      </DeedButton>
      <DeedButton desk={desk} deed="pause">
        {words.pause}
      </DeedButton>
    </>
  )
}

const WebhookFacts = ({ desk, webhook }: { desk: Desk; webhook: Webhook }) => {
  const words = wordsOf(desk)
  const figure = (n: number) => formatNumber(n, desk.locale)
  return (
    <section class="panel">
      <PanelBody>
        <Facts
          facts={[
            [words.address, <UserText key="url" text={webhook.url} />],
            [words.waiting, figure(webhook.waiting)],
            [words.failed, figure(webhook.failed)],
            [
              words.missed,
              <span key="missed" title={words.missedHelp}>
                {figure(webhook.missed)}
              </span>,
            ],
            [words.added, formatExact(webhook.createdAt, desk.locale)],
            [words.events, webhook.events.join(', ')],
          ]}
        />
        {webhook.status === 'active' && webhook.failed > 0 && desk.may('webhooks.write') ? (
          <DeedButton desk={desk} deed="retryAll">
            {words.retryAll}
          </DeedButton>
        ) : null}
      </PanelBody>
    </section>
  )
}

const ChangeForm = ({ desk, webhook }: { desk: Desk; webhook: Webhook }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.change}>
      <PanelBody>
        <Form action={desk.here} deed="save" once={desk.once()}>
          <EndpointFields
            desk={desk}
            deed="save"
            url={webhook.url}
            events={webhook.events}
            secret={{ title: words.anotherSecret, note: words.anotherSecretNote }}
          />
          <Button kind="main">{words.save}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

const RemoveForm = ({ desk, webhook }: { desk: Desk; webhook: Webhook }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'remove')
  return (
    <Panel title={words.removeWhat}>
      <PanelBody>
        <ul class="plain-list">
          <li>{fill(words.removeNothingSent, { address: visible(webhook.url) })}</li>
          <li>{words.removeSecret}</li>
          <li>{words.removeLog}</li>
        </ul>
        <Form action={desk.here} deed="remove" once={desk.once()}>
          <Field
            locale={desk.locale}
            label={fill(words.removeConfirm, { n: webhook.number })}
            name="confirm"
            value={form.value('confirm')}
            inputMode="numeric"
            autoComplete="off"
            required
            {...form.error('confirm')}
          />
          <Button kind="danger">{words.removeDo}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

type ContentProps = { desk: Desk; webhook: Webhook; found: readonly Delivery[] }

const Content = ({ desk, webhook, found }: ContentProps) => {
  const tab = tabAsked(desk)
  if (tab === 'change') return <ChangeForm desk={desk} webhook={webhook} />
  if (tab === 'remove') return <RemoveForm desk={desk} webhook={webhook} />
  return (
    <>
      <WebhookFacts desk={desk} webhook={webhook} />
      <DeliveryLog desk={desk} found={found} isActive={webhook.status === 'active'} />
    </>
  )
}

/** A deed of this endpoint, and the word that the page then says. */
const deed = (said: string, run: (desk: DoingDesk, number: number) => Promise<Result<unknown, Fault>>) => ({
  permission: 'webhooks.write',
  async run(desk: DoingDesk): Promise<Done> {
    const done = await run(desk, numberOf(desk))
    return done.ok ? { go: webhookHref(numberOf(desk), `?said=${said}`) } : { fault: done.error }
  },
})

export const webhookPage = definePage({
  path: '/settings/webhooks/:number{[0-9]+}',
  permission: 'webhooks.read',
  async show(desk) {
    const words = wordsOf(desk)
    const webhook = await webhookOf(desk)
    if (!webhook) return noWebhook(desk)
    const found = await deliveriesOf(desk, webhook.number)
    const title = fill(words.webhook, { n: webhook.number })
    const mayWrite = desk.may('webhooks.write')
    // Somebody who has just sent something waits for what becomes of it.
    const isWaitedFor =
      ['tested', 'retried'].includes(desk.search.get('said') ?? '') &&
      webhook.status === 'active' &&
      found.some(({ state, attempts }) => state === 'waiting' && attempts === 0)
    return {
      title,
      ...(isWaitedFor ? { refreshSec: LOOK_AGAIN_SEC } : {}),
      content: (
        <>
          <PageHead title={title} beside={<StatusMark desk={desk} status={webhook.status} />}>
            {mayWrite ? <Actions desk={desk} webhook={webhook} /> : undefined}
          </PageHead>
          <Said
            desk={desk}
            words={{
              saved: words.saidSaved,
              tested: words.saidTested,
              paused: words.saidPaused,
              resumed: words.saidResumed,
              retried: words.saidRetried,
            }}
          />
          <RefusedNote desk={desk} />
          {webhook.status === 'gone' ? <Notice meaning="attention" title={words.goneBody} /> : null}
          {webhook.status === 'off' ? <Notice meaning="info" title={words.offBody} /> : null}
          {mayWrite ? <WebhookTabs desk={desk} title={title} /> : null}
          <Content desk={desk} webhook={webhook} found={found} />
        </>
      ),
    }
  },
  deeds: {
    test: deed('tested', (desk, number) => desk.tell(testWebhook, { number })),
    pause: deed('paused', (desk, number) => desk.tell(setWebhook, { number, status: 'off' })),
    resume: deed('resumed', (desk, number) => desk.tell(setWebhook, { number, status: 'active' })),
    retryAll: deed('retried', (desk, number) => desk.tell(retryWebhook, { number })),
    retry: deed('retried', (desk) => desk.tell(retryWebhook, { delivery: Number(desk.fields.get('delivery')) })),
    save: {
      permission: 'webhooks.write',
      async run(desk) {
        const typed = readEndpoint(desk)
        if (!typed.ok) return { problems: typed.problems }
        const saved = await desk.tell(setWebhook, { number: numberOf(desk), ...typed.input })
        return saved.ok ? { go: webhookHref(numberOf(desk), '?said=saved') } : { fault: saved.error }
      },
    },
    remove: {
      permission: 'webhooks.write',
      async run(desk) {
        const number = numberOf(desk)
        if (desk.fields.get('confirm').trim() !== String(number))
          return { problems: { confirm: fill(wordsOf(desk).removeWrong, { n: number }) } }
        const removed = await desk.tell(removeWebhook, { number })
        return removed.ok ? { go: '/settings/webhooks?said=removed' } : { fault: removed.error }
      },
    },
  },
})
