/** `/settings/mpesa`: what has to be known to be paid by M-Pesa. */
import {
  Ago,
  Button,
  DeedButton,
  definePage,
  Field,
  fill,
  Form,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Select,
  Status,
  UserText,
  valuesFor,
  type Desk,
  type DoingDesk,
  type Done,
} from '@lango/kernel/ui'
import { setMpesa, showMpesa } from './mpesa.ts'
import { registerCallbacks } from './register-callbacks.ts'
import {
  forbiddenInCallbacks,
  mpesaSettingsSchema,
  newMpesa,
  standingOrderSettings,
  TRUST_MAX,
  type MpesaSettings,
  type Registration,
} from './mpesa-rules.ts'
import { pulledUntil } from './queries.ts'
import { missingNames, MPESA_HREF as PATH, MpesaTabs, mpesaWordsOf as wordsOf } from './mpesa-parts.tsx'

type TextName = 'baseUrl' | 'shortcode' | 'till' | 'consumerKey' | 'phone' | 'callbackUrl'
const secretNames = ['consumerSecret', 'passkey'] as const
const optional: ReadonlySet<TextName> = new Set(['till', 'callbackUrl'])

const Line = ({ desk, name, help, set }: { desk: Desk; name: TextName; help?: string; set: MpesaSettings }) => {
  const form = valuesFor(desk, 'save')
  const isDigits = name === 'shortcode' || name === 'till'
  return (
    <Field
      locale={desk.locale}
      label={wordsOf(desk)[name]}
      name={name}
      value={form.value(name, set[name])}
      autoComplete="off"
      required={!optional.has(name)}
      {...(isDigits ? { inputMode: 'numeric' as const } : {})}
      {...(help === undefined ? {} : { help })}
      {...form.error(name)}
    />
  )
}

type FormProps = { readonly desk: Desk; readonly set: MpesaSettings; readonly missing: readonly string[] }

const SettingsForm = ({ desk, set, missing }: FormProps) => {
  const words = wordsOf(desk)
  const line = { desk, set }
  return (
    <Form action={PATH} deed="save" once={desk.once()}>
      <Line {...line} name="baseUrl" help={words.baseUrlHelp} />
      <Select
        label={words.kind}
        name="kind"
        value={valuesFor(desk, 'save').value('kind', set.kind)}
        options={[
          { value: 'paybill', label: words.paybill },
          { value: 'till', label: words.tillKind },
        ]}
      />
      <Line {...line} name="shortcode" />
      <Line {...line} name="till" help={words.tillHelp} />
      <Line {...line} name="consumerKey" />
      {secretNames.map((name) => (
        <Field
          key={name}
          locale={desk.locale}
          label={words[name]}
          name={name}
          type="password"
          autoComplete="off"
          {...(missing.includes(name) ? { required: true } : { help: words.secretHelp })}
        />
      ))}
      <Line {...line} name="phone" help={words.phoneHelp} />
      <Line {...line} name="callbackUrl" help={words.callbackUrlHelp} />
      <Select
        label={words.callbackFrom}
        name="callbackFrom"
        value={valuesFor(desk, 'save').value('callbackFrom', set.callbackFrom)}
        options={[
          { value: 'any', label: words.fromAny },
          { value: 'known', label: words.fromKnown },
        ]}
      />
      <Field
        locale={desk.locale}
        label={words.trustUpTo}
        name="trustUpTo"
        value={valuesFor(desk, 'save').value('trustUpTo', String(set.trustUpTo))}
        inputMode="numeric"
        help={words.trustUpToHelp}
        {...valuesFor(desk, 'save').error('trustUpTo')}
      />
      <Select
        label={words.standingOrders}
        name="standingOrders"
        value={valuesFor(desk, 'save').value('standingOrders', set.standingOrders)}
        options={standingOrderSettings.map((value) => ({ value, label: words[`standingOrders.${value}`] }))}
        help={words.standingOrdersHelp}
      />
      <Button kind="main">{words.save}</Button>
    </Form>
  )
}

const Standing = async ({ desk, missing }: { desk: Desk; missing: readonly string[] }) => {
  const words = wordsOf(desk)
  if (missing.length > 0) {
    const names = missingNames(missing, words)
    return (
      <p>
        <Status meaning="attention">{words.notReady}</Status> {fill(words.missing, { names })}
      </p>
    )
  }
  const readTo = await desk.ask(pulledUntil, {})
  return (
    <>
      <p>
        <Status meaning="good">{words.ready}</Status>{' '}
        {readTo === undefined ? null : (
          <span class="muted">
            {words.readTo} <Ago at={readTo} now={desk.now} locale={desk.locale} />
          </span>
        )}
      </p>
    </>
  )
}

const wrong = {
  baseUrl: 'baseUrlWrong',
  shortcode: 'shortcodeWrong',
  till: 'tillWrong',
  phone: 'phoneWrong',
  callbackUrl: 'callbackUrlWrong',
} as const

const save = async (desk: DoingDesk): Promise<Done> => {
  const words = wordsOf(desk)
  const { fields } = desk
  const text = (name: string): string => fields.get(name).trim()
  const texts = {
    baseUrl: text('baseUrl'),
    shortcode: text('shortcode'),
    till: text('till'),
    phone: text('phone'),
    callbackUrl: text('callbackUrl'),
  }
  const problems = Object.fromEntries(
    Object.entries(texts).flatMap(([name, value]) => {
      const shape = mpesaSettingsSchema.shape[name as keyof typeof texts]
      const isLeftOut = name === 'shortcode' && value === ''
      return isLeftOut || shape.safeParse(value).success
        ? []
        : [[name, fill(words[wrong[name as keyof typeof wrong]], { words: forbiddenInCallbacks.join(', ') })]]
    }),
  )
  const trustUpTo = Number(text('trustUpTo'))
  if (!mpesaSettingsSchema.shape.trustUpTo.safeParse(trustUpTo).success)
    problems['trustUpTo'] = fill(words.trustUpToWrong, { max: TRUST_MAX })
  if (Object.keys(problems).length > 0) return { problems }
  const { shortcode, ...rest } = texts
  const secrets = secretNames.flatMap((name) => (fields.get(name) === '' ? [] : [[name, fields.get(name)] as const]))
  const done = await desk.tell(setMpesa, {
    ...rest,
    trustUpTo,
    ...(shortcode === '' ? {} : { shortcode }),
    kind: fields.get('kind') === 'till' ? 'till' : 'paybill',
    callbackFrom: fields.get('callbackFrom') === 'known' ? 'known' : 'any',
    consumerKey: text('consumerKey'),
    standingOrders: standingOrderSettings.find((one) => one === fields.get('standingOrders')) ?? 'off',
    ...Object.fromEntries(secrets),
  })
  return done.ok ? { go: `${PATH}?said=saved` } : { fault: done.error }
}

const registrations = {
  asking: ['info', 'isAsking'],
  registered: ['good', 'isRegistered'],
  before: ['attention', 'isBefore'],
  refused: ['stopped', 'isRefused'],
} as const

/** Of payments that nobody was asked for. */
const Registering = ({ desk, registration }: { desk: Desk; registration: Registration | null }) => {
  const words = wordsOf(desk)
  const [meaning, word] = registrations[registration?.state ?? 'asking']
  return (
    <Panel title={words.registering}>
      <PanelBody>
        <p>{words.registeringNote}</p>
        {registration === null ? null : (
          <p>
            <Status meaning={meaning}>{words[word]}</Status>{' '}
            <span class="muted">
              <Ago at={registration.at} now={desk.now} locale={desk.locale} />
            </span>
            {registration.reason === undefined ? null : <UserText text={` ${registration.reason}`} />}
          </p>
        )}
        <DeedButton desk={desk} deed="register">
          {words.register}
        </DeedButton>
      </PanelBody>
    </Panel>
  )
}

const register = async (desk: DoingDesk): Promise<Done> => {
  const done = await desk.tell(registerCallbacks, {})
  return done.ok ? { go: `${PATH}?said=asked` } : { fault: done.error }
}

export const mpesaPage = definePage({
  path: PATH,
  permission: 'settings.write',
  async show(desk) {
    const words = wordsOf(desk)
    const account = await desk.ask(showMpesa, {})
    return {
      title: words.title,
      content: (
        <>
          <PageHead title={words.title} />
          <MpesaTabs desk={desk} current="account" />
          <Said desk={desk} words={{ saved: words.saved, asked: words.isAsking }} />
          <RefusedNote desk={desk} deed="save" />
          <RefusedNote desk={desk} deed="register" />
          <p>{words.note}</p>
          <Panel title={words.title}>
            <PanelBody>
              {account ? await Standing({ desk, ...account }) : null}
              <SettingsForm desk={desk} set={account?.settings ?? newMpesa} missing={account?.missing ?? secretNames} />
            </PanelBody>
          </Panel>
          {account?.missing.length === 0 && account.settings.callbackUrl !== '' ? (
            <Registering desk={desk} registration={account.registration} />
          ) : null}
        </>
      ),
    }
  },
  deeds: {
    save: { permission: 'settings.write', run: save },
    register: { permission: 'settings.write', run: register },
  },
})
