/** The form of how the box logs in to a router, and what it reads from it. */
import type { z } from 'zod'
import type { ResultOf } from '@lango/kernel/db'
import {
  Button,
  Check,
  DeedButton,
  Field,
  fill,
  Form,
  Panel,
  PanelBody,
  RefusedNote,
  Select,
  TextArea,
  valuesFor,
  visible,
  type Desk,
  type DoingDesk,
  type Problems,
} from '@lango/kernel/ui'
import {
  CONTROL_USER_DEFAULT,
  parseAddress,
  type ControlWay,
  type listControls,
  type setControl,
  type StaticNetwork,
} from '../network/index.ts'
import { controlWordsOf } from './router-control-state.tsx'
import { wordsOf, type Router } from './router-facts.tsx'
import { SECRET_LENGTH_MAX } from './router-form.tsx'

export type Control = ResultOf<typeof listControls>[number]

const WAYS = ['api-tls', 'rest', 'api'] as const satisfies readonly ControlWay[]
const USER_LENGTH_MAX = 64

/** The safe one where it is none. */
export const wayIn = (text: string): ControlWay => WAYS.find((way) => way === text) ?? 'api-tls'

const asLines = (networks: readonly StaticNetwork[]): string =>
  networks.map(({ network, interface: behind }) => `${network} ${behind}`).join('\n')

type Props = { readonly desk: Desk; readonly router: Router; readonly control: Control | undefined }

const Way = ({ desk, router, control }: Props) => {
  const words = controlWordsOf(desk)
  const { locale } = desk
  const form = valuesFor(desk, 'save')
  const isSingle = parseAddress(router.address) !== undefined
  return (
    <>
      <Select
        label={words.way}
        name="way"
        value={form.value('way', control?.way ?? 'api-tls')}
        options={WAYS.map((value) => ({ value, label: words[value] }))}
        help={words.wayHelp}
      />
      <Field
        locale={locale}
        label={words.host}
        name="host"
        value={form.value('host', control?.host ?? '')}
        required={!isSingle}
        help={isSingle ? fill(words.hostHelp, { address: visible(router.address) }) : words.hostHelpRange}
        {...form.error('host')}
      />
      <Field
        locale={locale}
        label={words.port}
        name="port"
        inputMode="numeric"
        value={form.value('port', String(control?.port ?? ''))}
        help={words.portHelp}
        {...form.error('port')}
      />
    </>
  )
}

const Login = ({ desk, control }: Omit<Props, 'router'>) => {
  const words = controlWordsOf(desk)
  const { locale } = desk
  const form = valuesFor(desk, 'save')
  return (
    <>
      <Field
        locale={locale}
        label={words.user}
        name="user"
        value={form.value('user', control?.user ?? CONTROL_USER_DEFAULT)}
        autoComplete="off"
        required
        {...form.error('user')}
      />
      <Field
        locale={locale}
        label={words.passwordField}
        name="password"
        type="password"
        autoComplete="off"
        help={control === undefined ? words.passwordNewHelp : words.passwordHelp}
        {...form.error('password')}
      />
    </>
  )
}

export const ControlForm = ({ desk, router, control }: Props) => {
  const words = controlWordsOf(desk)
  const form = valuesFor(desk, 'save')
  return (
    <Panel title={words.settings}>
      <PanelBody>
        <RefusedNote desk={desk} deed="save" />
        <Form action={desk.here} deed="save" once={desk.once()}>
          <TextArea
            label={words.networks}
            name="networks"
            value={form.value('networks', asLines(control?.networks ?? []))}
            help={words.networksHelp}
            {...form.error('networks')}
          />
          {desk.refused?.problems['drop'] === undefined ? null : <Check label={words.drop} name="drop" />}
          <Way desk={desk} router={router} control={control} />
          <Login desk={desk} control={control} />
          <Button kind="main">{control === undefined ? words.saveNew : words.save}</Button>
        </Form>
        {control === undefined ? null : (
          <>
            <RefusedNote desk={desk} deed="drawPassword" />
            <DeedButton desk={desk} deed="drawPassword">
              {words.passwordDraw}
            </DeedButton>
          </>
        )}
      </PanelBody>
    </Panel>
  )
}

type Input = Omit<z.input<typeof setControl.input>, 'name'>

const linesIn = (text: string): readonly (StaticNetwork & { readonly line: string })[] =>
  text.split('\n').flatMap((each) => {
    const line = each.trim()
    const [, network = '', behind = ''] = /^(\S+)\s+(\S.*)$/.exec(line) ?? []
    return line === '' ? [] : [{ line, network, interface: behind }]
  })

const networksProblems = (desk: DoingDesk, control: Control | undefined): Problems => {
  const words = controlWordsOf(desk)
  const lines = linesIn(desk.fields.get('networks'))
  const wrong = lines.find(({ network }) => network === '')
  if (wrong) return { networks: fill(words.networksWrong, { line: visible(wrong.line) }) }
  const kept = new Set(lines.map(({ network }) => network))
  const gone = (control?.networks ?? []).flatMap(({ network }) => (kept.has(network) ? [] : [network]))
  if (gone.length === 0 || desk.fields.has('drop')) return {}
  return { networks: fill(words.networksGone, { networks: gone.join(', ') }), drop: words.drop }
}

const problemsIn = (desk: DoingDesk, router: Router, { host, port, user }: Typed): Problems => {
  const words = controlWordsOf(desk)
  return {
    ...(parseAddress(host === '' ? router.address : host) === undefined ? { host: words.hostWrong } : {}),
    ...(port !== '' && !/^[1-9]\d{0,4}$/.test(port) ? { port: wordsOf(desk).portWrong } : {}),
    ...(user === '' || user.length > USER_LENGTH_MAX ? { user: words.userWrong } : {}),
    ...(desk.fields.get('password').length > SECRET_LENGTH_MAX ? { password: wordsOf(desk).secretLong } : {}),
  }
}

type Typed = { readonly host: string; readonly port: string; readonly user: string }

/** What the form says, and what is wrong with it in words. */
export const controlIn = (
  desk: DoingDesk,
  router: Router,
  control: Control | undefined,
): { readonly input: Input; readonly problems: Problems } => {
  const { fields } = desk
  const text = (name: string): string => fields.get(name).trim()
  const typed = { host: text('host'), port: text('port'), user: text('user') }
  const password = fields.get('password')
  return {
    input: {
      way: wayIn(fields.get('way')),
      host: typed.host === '' ? null : typed.host,
      ...(typed.port === '' ? {} : { port: Number(typed.port) }),
      user: typed.user,
      ...(password === '' ? {} : { password }),
      networks: linesIn(fields.get('networks')).map(({ line: _line, ...network }) => network),
    },
    problems: { ...problemsIn(desk, router, typed), ...networksProblems(desk, control) },
  }
}
