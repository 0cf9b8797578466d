/** The pages before the desk: signing in, the second step, the first owner, an invitation. They work without a script. */
import {
  Button,
  Choice,
  Document,
  Field,
  fill,
  Notice,
  PasskeyForm,
  PlainPage,
  Sentence,
  visible,
  type Locale,
  type Preferences,
  type Problems,
} from '@lango/kernel/ui'
import { PASSWORD_LENGTH_MIN } from '@lango/modules/people'
import type { ComponentChildren, VNode } from 'preact'
import type { Assets } from './assets.ts'
import { doorWords } from './door-words.ts'
import type { Look } from './look.ts'
import { restoreWords } from './restore-words.ts'

export type DoorView = {
  readonly assets: Assets
  readonly preferences: Preferences
  readonly locale: Locale
  readonly look: Look
}

type DoorPageProps = { view: DoorView; title: string; scripts?: readonly string[]; children: ComponentChildren }

export const DoorPage = ({ view, title, scripts = [], children }: DoorPageProps): VNode => (
  <Document
    title={`${title} · ${visible(view.look.siteName)} · Lango`}
    preferences={view.preferences}
    stylesheets={[view.assets.kit.address, view.look.address].filter((each) => each !== undefined)}
    font={view.assets.font.address}
    icon={view.assets.icon.address}
    scripts={scripts}
  >
    <PlainPage>
      <h1>{title}</h1>
      {children}
    </PlainPage>
  </Document>
)

export const Alert = ({ text }: { text: string | undefined }) =>
  text === undefined ? null : <Notice meaning="stopped" title={text} />

type SignInProps = {
  view: DoorView
  login: string
  next: string
  refused: string | undefined
  said: string | undefined
  /** Whether they are offered here. */
  passkeys: boolean
}

export const SignInPage = ({ view, login, next, refused, said, passkeys }: SignInProps): VNode => {
  const words = doorWords[view.preferences.lang]
  return (
    <DoorPage view={view} title={words.signIn} scripts={passkeys ? [view.assets.passkey.address] : []}>
      <p class="muted">{visible(view.look.siteName)}</p>
      <Alert text={refused} />
      {said === undefined ? null : <p role="status">{said}</p>}
      <form class="form" method="post" action="/sign-in">
        <input type="hidden" name="next" value={next} />
        <Field locale={view.locale} label={words.login} name="login" value={login} required autoComplete="username" />
        <Field
          locale={view.locale}
          label={words.password}
          name="password"
          type="password"
          required
          autoComplete="current-password"
        />
        <Button kind="main">{words.signIn}</Button>
      </form>
      {passkeys ? (
        <PasskeyForm locale={view.locale} action="/sign-in/passkey" options="/sign-in/passkey/options">
          <input type="hidden" name="next" value={next} />
          <Button>{words.usePasskey}</Button>
        </PasskeyForm>
      ) : null}
    </DoorPage>
  )
}

type CodeProps = { view: DoorView; step: string; next: string; refused: string | undefined; clockSure: boolean }

export const CodePage = ({ view, step, next, refused, clockSure }: CodeProps): VNode => {
  const words = doorWords[view.preferences.lang]
  return (
    <DoorPage view={view} title={words.codeTitle}>
      <Alert text={refused} />
      {clockSure ? null : <p>{words.codeUnsure}</p>}
      <form class="form" method="post" action="/sign-in/code">
        <input type="hidden" name="next" value={next} />
        <input type="hidden" name="step" value={step} />
        <Field
          locale={view.locale}
          label={words.code}
          name="code"
          required
          autoComplete="one-time-code"
          help={words.codeHelp}
        />
        <Button kind="main">{words.signIn}</Button>
      </form>
    </DoorPage>
  )
}

export const NoOwnerPage = ({ view }: { view: DoorView }): VNode => {
  const words = doorWords[view.preferences.lang]
  return (
    <DoorPage view={view} title={words.noOwner}>
      <p>{words.noOwnerBody}</p>
      <p>
        <Sentence text={words.printAddress} />
      </p>
    </DoorPage>
  )
}

type SetupCodeProps = { view: DoorView; refused: string | undefined }

/** The first page that anybody sees of a new box: on a phone, standing before it. */
export const SetupCodePage = ({ view, refused }: SetupCodeProps): VNode => {
  const words = doorWords[view.preferences.lang]
  return (
    <DoorPage view={view} title={words.setupTitle}>
      <p>{words.setupBody}</p>
      <Alert text={refused} />
      <form class="form" method="post" action="/setup/code">
        <Field
          locale={view.locale}
          label={words.setupCode}
          name="code"
          required
          autoComplete="off"
          help={words.setupCodeHelp}
        />
        <Button kind="main">{words.next}</Button>
      </form>
      <p class="muted">
        <Sentence text={words.setupWhere} />
      </p>
      <LanguageChoice view={view} returnTo="/setup" />
    </DoorPage>
  )
}

const languages = [
  { value: 'en', label: 'English' },
  { value: 'sw', label: 'Kiswahili' },
]

export const LanguageChoice = ({ view, returnTo }: { view: DoorView; returnTo: string }) => (
  <form method="post" action="/preferences">
    <input type="hidden" name="returnTo" value={returnTo} />
    <Choice
      label={doorWords[view.preferences.lang].language}
      name="lang"
      value={view.preferences.lang}
      options={languages}
    />
  </form>
)

const PasswordFields = ({ view, problems }: { view: DoorView; problems: Problems }) => {
  const words = doorWords[view.preferences.lang]
  const error = problems.password
  return (
    <>
      <Field
        locale={view.locale}
        label={words.password}
        name="password"
        type="password"
        required
        autoComplete="new-password"
        help={fill(words.passwordHelp, { n: PASSWORD_LENGTH_MIN })}
        {...(error === undefined ? {} : { error })}
      />
      <Field
        locale={view.locale}
        label={words.again}
        name="again"
        type="password"
        required
        autoComplete="new-password"
      />
    </>
  )
}

type FirstProps = {
  view: DoorView
  login: string
  name: string
  problems: Problems
  refused: string | undefined
  mayRestore: boolean
}

export const FirstPage = ({ view, login, name, problems, refused, mayRestore }: FirstProps): VNode => {
  const words = doorWords[view.preferences.lang]
  const errorOf = (field: string) => (problems[field] === undefined ? {} : { error: problems[field] })
  return (
    <DoorPage view={view} title={words.firstTitle}>
      <p>{words.firstBody}</p>
      <Alert text={refused} />
      <form class="form" method="post" action="/first-run">
        <Field
          locale={view.locale}
          label={words.name}
          name="name"
          value={name}
          required
          autoComplete="name"
          {...errorOf('name')}
        />
        <Field
          locale={view.locale}
          label={words.login}
          name="login"
          value={login}
          required
          autoComplete="username"
          help={words.loginHelp}
          {...errorOf('login')}
        />
        <PasswordFields view={view} problems={problems} />
        <Button kind="main">{words.create}</Button>
      </form>
      {mayRestore ? (
        <p>
          <a href="/setup/restore">{restoreWords[view.preferences.lang].link}</a>
        </p>
      ) : null}
    </DoorPage>
  )
}

type WelcomeProps = { view: DoorView; code: string; problems: Problems; refused: string | undefined }

export const WelcomePage = ({ view, code, problems, refused }: WelcomeProps): VNode => {
  const words = doorWords[view.preferences.lang]
  return (
    <DoorPage view={view} title={words.welcomeTitle}>
      <p>{words.welcomeBody}</p>
      <Alert text={refused} />
      <form class="form" method="post" action="/welcome">
        <input type="hidden" name="code" value={code} />
        <PasswordFields view={view} problems={problems} />
        <Button kind="main">{words.choose}</Button>
      </form>
    </DoorPage>
  )
}
