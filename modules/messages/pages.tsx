/** `/settings/messages`: who sends e-mail and SMS for the box, a test, and what came of each message. */
import {
  agoColumn,
  beforeAsked,
  Button,
  counted,
  DeedButton,
  definePage,
  EmptyState,
  Field,
  fill,
  Form,
  formatPhone,
  FormReader,
  LinkButton,
  nextBefore,
  OlderPager,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Select,
  Status,
  Table,
  UserText,
  valuesFor,
  visible,
  type Column,
  type Desk,
  type DeskPage,
  type Done,
  type DoingDesk,
  type Meaning,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { removeSender, retryMessage, setSender, testMessage } from './commands.ts'
import { listMessages, listSenders } from './queries.ts'
import { COUNTRY, securities, type Channel, type SenderConfig } from './rules.ts'
import { messageWords } from './words.ts'

const PATH = '/settings/messages'
const PAGE_ROWS = 50

const wordsOf = (desk: Pick<Desk, 'locale'>) => messageWords[desk.locale.lang]

type Config<D> = Extract<SenderConfig, { driver: D }>
type LineProps = { desk: Desk; deed: string; name: string; label: string; set?: string; help?: string }
type Line = LineProps & { type?: 'password'; required?: boolean }

const FormLine = ({ desk, deed, name, set = '', ...rest }: Line) => {
  const form = valuesFor(desk, deed)
  const value = rest.type === 'password' ? '' : form.value(name, set)
  return <Field locale={desk.locale} name={name} value={value} {...rest} {...form.error(name)} />
}

const MailFields = ({ desk, now }: { desk: Desk; now: Config<'smtp'> | undefined }) => {
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

const SmsFields = ({ desk, now }: { desk: Desk; now: Config<'africastalking'> | undefined }) => {
  const words = wordsOf(desk)
  const line = { desk, deed: 'sms' }
  const prefixes = now?.prefixes.join(' ') ?? ''
  return (
    <>
      <p class="muted">{words.by}</p>
      <FormLine
        {...line}
        name="username"
        label={words.username}
        help={words.usernameHelp}
        set={now?.username ?? ''}
        required
      />
      <FormLine {...line} name="apiKey" label={words.apiKey} help={words.keyHelp} type="password" />
      <FormLine {...line} name="sender" label={words.sender} help={words.senderHelp} set={now?.sender ?? ''} />
      <FormLine {...line} name="prefixes" label={words.prefixes} help={words.prefixesHelp} set={prefixes} required />
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
        <Form action={desk.here} deed={deed} once={desk.once()}>
          {channel === 'email' ? (
            <MailFields desk={desk} now={now?.driver === 'smtp' ? now : undefined} />
          ) : (
            <SmsFields desk={desk} now={now?.driver === 'africastalking' ? now : undefined} />
          )}
          <Button kind="main">{words.save}</Button>
        </Form>
      </PanelBody>
      {now ? <TestForm desk={desk} channel={channel} /> : null}
    </Panel>
  )
}

type Message = ResultOf<typeof listMessages>[number]

const stateMeanings = { waiting: 'attention', accepted: 'good', failed: 'stopped' } as const satisfies Record<
  Message['state'],
  Meaning
>
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

const Sent = ({ desk, rows }: { desk: Desk; rows: readonly Message[] }) => {
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

const saveSms = async (desk: DoingDesk): Promise<Done> => {
  const prefixes = desk.fields
    .get('prefixes')
    .split(/[\s,]+/)
    .filter((each) => each !== '')
  if (!prefixes.every((each) => COUNTRY.test(each))) return { problems: { prefixes: wordsOf(desk).prefixesUnreadable } }
  const done = await desk.tell(setSender, {
    sender: {
      driver: 'africastalking',
      username: desk.fields.get('username'),
      sender: desk.fields.get('sender'),
      prefixes,
      ...secretIn(desk, 'apiKey'),
    },
  })
  return done.ok ? { go: `${PATH}?said=saved` } : { fault: done.error }
}

const secretIn = ({ fields }: DoingDesk, name: string): { secret?: string } => {
  const secret = fields.get(name)
  return secret === '' ? {} : { secret }
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
