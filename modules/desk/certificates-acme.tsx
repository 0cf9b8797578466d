/** The certificate that the box gets and renews by itself: what is set, how it went, and the form that sets it. */
import type { Fault } from '@lango/kernel'
import {
  Button,
  counted,
  DeedButton,
  Facts,
  Field,
  FieldGroup,
  Fold,
  Form,
  formatExact,
  Panel,
  PanelBody,
  RefusedNote,
  Select,
  Sentence,
  UserText,
  valuesFor,
  type Desk,
  type Done,
  type DoingDesk,
  type Fact,
} from '@lango/kernel/ui'
import { wordsOf } from './words-acme.ts'

/** As the box tells it (`acme.show`). */
export type ToldAcme = {
  readonly names: readonly string[]
  readonly directory: string
  readonly dns:
    | { readonly kind: 'rfc2136'; readonly server: string; readonly zone: string }
    | { readonly kind: 'webhook'; readonly url: string }
  readonly isAside: boolean
  readonly lastAt: number
  readonly nextAt: number
  readonly failures: number
} | null

type Props = { desk: Desk; path: string; told: ToldAcme }

const parts = {
  about: ['names', 'email', 'directory'],
  rfc2136: ['server', 'zone', 'keyName', 'secret'],
  webhook: ['url', 'token'],
} as const
const inForm = [...parts.about, ...parts.rfc2136, ...parts.webhook] as const

const State = ({ desk, path, told }: Props & { told: NonNullable<ToldAcme> }) => {
  const words = wordsOf(desk)
  const { names, directory, dns, isAside, lastAt, nextAt, failures } = told
  const time = (at: number) => formatExact(at, desk.locale)
  const facts: Fact[] = [
    [words.names, <UserText key="names" text={names.join(', ')} />],
    [words.directory, <UserText key="directory" text={directory} />],
    [words.kind, <UserText key="kind" text={dns.kind === 'webhook' ? dns.url : `${dns.zone}, ${dns.server}`} />],
    [words.lastTried, lastAt === 0 ? words.never : time(lastAt)],
    ...(failures > 0 ? [[words.failed, counted(words.times, failures, desk.locale)] as const] : []),
    ...(nextAt > desk.now ? [[words.triedAgain, time(nextAt)] as const] : []),
  ]
  return (
    <>
      {isAside ? <p>{words.aside}</p> : null}
      {failures > 0 ? <p>{words.failedHelp}</p> : null}
      <Facts facts={facts} />
      {desk.may('settings.write') ? (
        <>
          <DeedButton desk={{ ...desk, here: path }} deed="acmeNow">
            {words.now}
          </DeedButton>
          <DeedButton desk={{ ...desk, here: path }} deed="acmeOff">
            {words.off}
          </DeedButton>
        </>
      ) : null}
    </>
  )
}

export const AcmePanel = ({ desk, path, told }: Props) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'acme')
  const options = [
    { value: 'rfc2136', label: words.rfc2136 },
    { value: 'webhook', label: words.webhook },
  ]
  const field = (name: (typeof inForm)[number]) => (
    <Field
      key={name}
      locale={desk.locale}
      label={words[name]}
      name={name}
      value={name === 'secret' || name === 'token' ? '' : form.value(name)}
      type={name === 'secret' || name === 'token' ? 'password' : 'text'}
      autoComplete="off"
      help={words[`${name}Help`]}
      bare
      {...form.error(name)}
    />
  )
  return (
    <Panel title={words.title}>
      <PanelBody>
        <p class="muted">
          <Sentence text={words.help} />
        </p>
        {told === null ? null : <State desk={desk} path={path} told={told} />}
        {desk.may('settings.write') ? (
          <Fold
            title={told === null ? words.begin : words.change}
            note={words.foldNote}
            open={desk.refused?.deed === 'acme'}
          >
            <Form action={path} deed="acme" once={desk.once()}>
              <RefusedNote desk={desk} deed="acme" />
              <div class="form-columns">{parts.about.map(field)}</div>
              <Select label={words.kind} name="kind" value={form.value('kind', 'rfc2136')} options={options} />
              <FieldGroup title={words.rfc2136Title}>
                <div class="form-columns">{parts.rfc2136.map(field)}</div>
              </FieldGroup>
              <FieldGroup title={words.webhookTitle}>
                <div class="form-columns">{parts.webhook.map(field)}</div>
              </FieldGroup>
              <Button kind="main">{words.set}</Button>
            </Form>
          </Fold>
        ) : null}
      </PanelBody>
    </Panel>
  )
}

/** What is wrong, beside its field. */
const refusal = (fault: Fault, wrong: string): Done => {
  if (fault.type !== 'InputInvalid') return { fault }
  const { problems } = fault as Fault & { readonly problems: readonly { readonly path: string }[] }
  const named = problems.flatMap(({ path }) => inForm.filter((name) => path.split('.').includes(name)))
  return named.length === 0 ? { fault } : { problems: Object.fromEntries(named.map((name) => [name, wrong])) }
}

/** Sets what the form says, and says so on the page at `path`. */
export const setAcme = async (desk: DoingDesk, path: string): Promise<Done> => {
  const get = (name: (typeof inForm)[number] | 'kind') => desk.fields.get(name).trim()
  const [server, zone, keyName, secret] = [get('server'), get('zone'), get('keyName'), get('secret')]
  const directory = get('directory')
  const done = await desk.box('acme.set', {
    names: get('names').split(/[\s,]+/),
    email: get('email'),
    ...(directory !== '' && { directory }),
    dns:
      get('kind') === 'webhook'
        ? { kind: 'webhook', url: get('url'), token: get('token') }
        : { kind: 'rfc2136', server, zone, keyName, secret },
  })
  return done.ok ? { go: `${path}?said=acme` } : refusal(done.error, wordsOf(desk).wrong)
}
