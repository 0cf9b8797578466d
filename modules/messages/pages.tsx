/** `/settings/messages`: who sends e-mail and SMS for the box, a test, and what came of each message. */
import {
  beforeAsked,
  Button,
  CopyButton,
  DeedButton,
  definePage,
  Field,
  fill,
  Form,
  FormReader,
  LinkButton,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Select,
  Status,
  valuesFor,
  type Desk,
  type DeskPage,
  type Done,
  type DoingDesk,
} from '@lango/kernel/ui'
import { removeSender, retryMessage, setSender, testMessage } from './commands.ts'
import { FormLine, secretIn } from './form-line.tsx'
import { listMessages, listSenders } from './queries.ts'
import { securities, type Channel, type SenderConfig, type SmtpConfig } from './rules.ts'
import { PAGE_ROWS, Sent } from './sent-list.tsx'
import { saveSms, SmsFields, SmsTabs } from './sms-form.tsx'
import { wordsOf } from './words.ts'

const PATH = '/settings/messages'

const MailFields = ({ desk, now }: { desk: Desk; now: SmtpConfig | undefined }) => {
  const words = wordsOf(desk)
  const line = { desk, deed: 'mail' }
  return (
    <>
      <FormLine {...line} name="host" label={words.host} help={words.hostHelp} set={now?.host ?? ''} required />
      <Select
        label={words.security}
        name="security"
        value={valuesFor(desk, 'mail').value('security', now?.security)}
        options={securities.map((value) => ({ value, label: words[value] }))}
      />
      <FormLine {...line} name="port" label={words.port} help={words.portHelp} set={String(now?.port ?? '')} />
      <FormLine {...line} name="user" label={words.user} help={words.userHelp} set={now?.user ?? ''} />
      <FormLine {...line} name="password" label={words.password} help={words.secretHelp} type="password" />
      <FormLine {...line} name="from" label={words.from} help={words.fromHelp} set={now?.from ?? ''} required />
    </>
  )
}

/** Two forms of one page: their fields have names of their own. */
const recipientField = (channel: Channel): string => (channel === 'email' ? 'toEmail' : 'toSms')

const TestForm = ({ desk, channel }: { desk: Desk; channel: Channel }) => {
  const words = wordsOf(desk)
  const deed = channel === 'email' ? 'testMail' : 'testSms'
  const form = valuesFor(desk, deed)
  const name = recipientField(channel)
  return (
    <PanelBody>
      <Form action={desk.here} deed={deed} once={desk.once()}>
        <Field
          locale={desk.locale}
          label={words.to}
          name={name}
          value={form.value(name)}
          help={channel === 'email' ? words.toEmailHelp : words.toSmsHelp}
          inputMode={channel === 'sms' ? 'tel' : 'text'}
          required
          {...form.error(name)}
        />
        <Button>{words.test}</Button>
      </Form>
      <DeedButton desk={desk} deed="remove" fields={{ channel }}>
        {words.remove}
      </DeedButton>
    </PanelBody>
  )
}

const ChannelPanel = ({ desk, channel, now }: { desk: Desk; channel: Channel; now: SenderConfig | undefined }) => {
  const words = wordsOf(desk)
  const deed = channel === 'email' ? 'mail' : 'sms'
  const mark = now ? <Status meaning="good">{words.isSet}</Status> : <Status meaning="plain">{words.isNotSet}</Status>
  return (
    <Panel title={words[channel]} note={mark}>
      <PanelBody>
        {channel === 'sms' ? <SmsTabs desk={desk} now={now} /> : null}
        <Form action={desk.here} deed={deed} once={desk.once()}>
          {channel === 'email' ? (
            <MailFields desk={desk} now={now?.driver === 'smtp' ? now : undefined} />
          ) : (
            <SmsFields desk={desk} now={now} />
          )}
          <Button kind="main">{words.save}</Button>
        </Form>
      </PanelBody>
      {now ? <TestForm desk={desk} channel={channel} /> : null}
    </Panel>
  )
}

const saveMail = async (desk: DoingDesk): Promise<Done> => {
  const words = wordsOf(desk)
  const form = new FormReader(desk.fields)
  const port = form.whole('port', [1, 65_535], words.portUnreadable)
  if (!form.isGood) return { problems: form.problems }
  const done = await desk.tell(setSender, {
    sender: {
      driver: 'smtp',
      host: desk.fields.get('host'),
      port,
      security: form.choice('security', securities),
      user: desk.fields.get('user'),
      from: desk.fields.get('from').trim(),
      ...secretIn(desk, 'password'),
    },
  })
  return done.ok ? { go: `${PATH}?said=saved` } : { fault: done.error }
}

const test =
  (channel: Channel) =>
  async (desk: DoingDesk): Promise<Done> => {
    const words = wordsOf(desk)
    const name = recipientField(channel)
    const typed = desk.fields.get(name).trim()
    const text = fill(words.testText, { site: desk.siteName })
    const to = channel === 'sms' ? typed.replaceAll(/[\s()-]/g, '') : typed
    const done = await desk.tell(testMessage, { channel, to, text })
    if (done.ok) return { go: `${PATH}?said=tested` }
    if (done.error.type !== 'InputInvalid') return { fault: done.error }
    return { problems: { [name]: channel === 'email' ? words.emailUnreadable : words.phoneUnreadable } }
  }

/** For a provider that is told of it by hand, in its own settings. */
const ReportAddress = ({ desk, url }: { desk: Desk; url: string | null }) => {
  const words = wordsOf(desk)
  if (url === null) return null
  return (
    <Panel title={words.reportAddress} note={words.reportAddressNote}>
      <PanelBody>
        <p>
          <code id="report-address">{url}</code> <CopyButton of="report-address" locale={desk.locale} />
        </p>
      </PanelBody>
    </Panel>
  )
}

const messagesPage = definePage({
  path: PATH,
  permission: 'settings.write',
  async show(desk) {
    const words = wordsOf(desk)
    const senders = await desk.ask(listSenders, {})
    const rows = await desk.ask(listMessages, { ...beforeAsked(desk), limit: PAGE_ROWS })
    const setUp = (channel: Channel) => senders.find(({ id }) => id === channel)?.config
    const said = { saved: words.saved, removed: words.removed, tested: words.tested, retried: words.retried }
    return {
      title: words.title,
      content: (
        <>
          <PageHead title={words.title}>
            <LinkButton href="/settings">{words.back}</LinkButton>
          </PageHead>
          <Said desk={desk} words={said} />
          <RefusedNote desk={desk} />
          <p class="muted">{words.what}</p>
          <ChannelPanel desk={desk} channel="email" now={setUp('email')} />
          <ChannelPanel desk={desk} channel="sms" now={setUp('sms')} />
          <ReportAddress desk={desk} url={senders.find(({ id }) => id === 'sms')?.reportUrl ?? null} />
          <Sent desk={desk} rows={rows} />
        </>
      ),
    }
  },
  deeds: {
    mail: { permission: 'settings.write', run: saveMail },
    sms: { permission: 'settings.write', run: saveSms },
    testMail: { permission: 'settings.write', run: test('email') },
    testSms: { permission: 'settings.write', run: test('sms') },
    remove: {
      permission: 'settings.write',
      async run(desk) {
        const channel = desk.fields.get('channel') === 'sms' ? 'sms' : 'email'
        const done = await desk.tell(removeSender, { channel })
        return done.ok ? { go: `${PATH}?said=removed` } : { fault: done.error }
      },
    },
    retry: {
      permission: 'settings.write',
      async run(desk) {
        const done = await desk.tell(retryMessage, { message: Number(desk.fields.get('message')) })
        return done.ok ? { go: `${PATH}?said=retried` } : { fault: done.error }
      },
    },
  },
})

export const messagesPages: readonly DeskPage[] = [messagesPage]
