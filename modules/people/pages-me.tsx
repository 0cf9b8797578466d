import { totpAddress } from '@lango/kernel'
import {
  Ago,
  Button,
  DeedButton,
  definePage,
  EmptyState,
  Field,
  fill,
  Form,
  formatExact,
  PageHead,
  Panel,
  PanelBody,
  QrCode,
  RefusedNote,
  Said,
  Table,
  UserText,
  valuesFor,
  type Column,
  type Desk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { encode } from 'uqr'
import { beginTotp, confirmTotp, renewRecovery, signOutOwn } from './own.ts'
import { wordsOf } from './words.ts'
import { ownPasskeyDeeds, PasskeysPanel } from './pages-passkeys.tsx'
import { ownPasskeys, ownSessions, showOwn } from './queries.ts'
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from './rules.ts'

type Session = ResultOf<typeof ownSessions>[number]

/** What the door answers about a new password, as words of this page. */
const PASSWORD_ANSWERS = ['short', 'long', 'guessable', 'different', 'wrong', 'busy'] as const

const passwordAnswer = (desk: Desk): { field: 'present' | 'password' | 'again'; text: string } | undefined => {
  const words = wordsOf(desk)
  const answer = PASSWORD_ANSWERS.find((each) => each === desk.search.get('password'))
  if (answer === undefined) return undefined
  if (answer === 'busy') return { field: 'present', text: words.busy }
  if (answer === 'wrong') return { field: 'present', text: words.wrongPassword }
  if (answer === 'different') return { field: 'again', text: words.different }
  const sentences = {
    short: fill(words.passwordFaultShort, { n: PASSWORD_LENGTH_MIN }),
    long: fill(words.passwordFaultLong, { most: PASSWORD_LENGTH_MAX }),
    guessable: words.passwordFaultGuessable,
  }
  return { field: 'password', text: sentences[answer] }
}

/** The password is asked for and hashed by the door, which pages know nothing of. */
const PasswordPanel = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const answer = passwordAnswer(desk)
  const errorOf = (field: string) => (answer?.field === field ? { error: answer.text } : {})
  const common = { locale: desk.locale, type: 'password', required: true } as const
  return (
    <Panel title={words.changePassword}>
      <PanelBody>
        <form class="form" method="post" action="/me/password">
          <Field
            {...common}
            label={words.presentPassword}
            name="present"
            autoComplete="current-password"
            {...errorOf('present')}
          />
          <Field
            {...common}
            label={words.newPassword}
            name="password"
            autoComplete="new-password"
            help={fill(words.passwordHelp, { n: PASSWORD_LENGTH_MIN })}
            {...errorOf('password')}
          />
          <Field {...common} label={words.again} name="again" autoComplete="new-password" {...errorOf('again')} />
          <Button kind="main">{words.changePassword}</Button>
        </form>
      </PanelBody>
    </Panel>
  )
}

const AppPanel = ({
  desk,
  totpSince,
  recoveryLeft,
}: {
  desk: Desk
  totpSince: number | null
  recoveryLeft: number
}) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.appTitle}>
      <PanelBody>
        {totpSince === null ? (
          <>
            <p>{words.appBody}</p>
            <DeedButton desk={desk} deed="beginApp" kind="main">
              {words.appBegin}
            </DeedButton>
          </>
        ) : (
          <>
            <p>{fill(words.appOn, { time: formatExact(totpSince, desk.locale) })}</p>
            <p>{fill(words.recoveryLeft, { n: recoveryLeft })}</p>
            <DeedButton desk={desk} deed="renewRecovery">
              {words.recoveryRenew}
            </DeedButton>
            <form class="form form-inline" method="post" action="/me/app-off">
              <Field
                locale={desk.locale}
                label={words.presentPassword}
                name="present"
                type="password"
                required
                autoComplete="current-password"
                {...(desk.search.get('app') === 'wrong' ? { error: words.wrongPassword } : {})}
              />
              <Button kind="danger">{words.appDrop}</Button>
            </form>
          </>
        )}
      </PanelBody>
    </Panel>
  )
}

const sessionColumns = (desk: Desk): readonly Column<Session>[] => {
  const words = wordsOf(desk)
  return [
    {
      id: 'agent',
      head: words.browser,
      width: 'xl',
      card: 'title',
      value: ({ agent }) => agent,
      render: ({ agent }) => <UserText text={agent} />,
    },
    { id: 'address', head: words.address, width: 'l', digits: true, value: ({ address }) => address },
    {
      id: 'since',
      head: words.signedIn,
      width: 'm',
      value: ({ createdAt }) => String(createdAt),
      render: ({ createdAt }) => <Ago at={createdAt} now={desk.now} locale={desk.locale} />,
    },
    {
      id: 'end',
      head: '',
      width: 'm',
      card: 'side',
      value: ({ id }) => id,
      render: ({ id }) =>
        id === desk.sessionId ? (
          <span class="muted">{words.thisOne}</span>
        ) : (
          <DeedButton desk={desk} deed="signOut" fields={{ id }}>
            {words.endSession}
          </DeedButton>
        ),
    },
  ]
}

const recoveryShown = (desk: Desk, codes: readonly string[]) => {
  const words = wordsOf(desk)
  return {
    title: words.recoveryTitle,
    content: (
      <>
        <PageHead title={words.recoveryTitle} />
        <Panel title={words.appTitle}>
          <PanelBody>
            <p>{words.recoveryBody}</p>
            <ul class="codes" id="recovery">
              {codes.map((code) => (
                <li key={code}>
                  <code>{code}</code>
                </li>
              ))}
            </ul>
            <a class="button button-main" href="/me">
              {words.done}
            </a>
          </PanelBody>
        </Panel>
      </>
    ),
  }
}

/** The secret is told this once, as a picture and in letters; the form below proves that the app has it. */
const enrolShown = (desk: Desk, { secret, login }: { readonly secret: string; readonly login: string }) => {
  const words = wordsOf(desk)
  const address = totpAddress(secret, `Lango ${desk.siteName}`, login)
  return {
    title: words.appTitle,
    content: (
      <>
        <PageHead title={words.appTitle} />
        <Panel title={words.appBegin}>
          <PanelBody>
            <p>{words.appScan}</p>
            <QrCode cells={encode(address).data} title={words.appScan} />
            <p>
              {words.appType} <code>{secret.replace(/(.{4})(?=.)/g, '$1 ')}</code>
            </p>
            <ConfirmForm desk={desk} />
          </PanelBody>
        </Panel>
      </>
    ),
  }
}

const ConfirmForm = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'confirmApp')
  return (
    <Form action="/me" deed="confirmApp" once={desk.once()}>
      <Field
        locale={desk.locale}
        label={words.appCode}
        name="code"
        inputMode="numeric"
        autoComplete="one-time-code"
        required
        {...form.error('code')}
      />
      <Button kind="main">{words.appConfirm}</Button>
    </Form>
  )
}

export const mePage = definePage({
  path: '/me',
  permission: 'self',
  async show(desk) {
    const words = wordsOf(desk)
    const staffId = desk.staffId
    if (staffId === undefined)
      return {
        title: words.me,
        content: (
          <>
            <PageHead title={words.me} />
            <section class="panel">
              <EmptyState title={words.consoleMe}>
                <p>{words.consoleMeBody}</p>
              </EmptyState>
            </section>
          </>
        ),
      }
    const me = await desk.ask(showOwn, { staffId })
    const sessions = await desk.ask(ownSessions, { staffId })
    const passkeys = await desk.ask(ownPasskeys, { staffId })
    const isConfirming = desk.refused?.deed === 'confirmApp'
    return {
      title: words.me,
      usesPasskeys: desk.passkeys.ok,
      content: (
        <>
          <PageHead title={words.me} beside={<UserText text={me?.name ?? ''} />} />
          <Said desk={desk} words={{ password: words.saidPassword, out: words.saidOut, appOff: words.saidAppOff }} />
          <RefusedNote desk={desk} />
          <AppPanel desk={desk} totpSince={me?.totpSince ?? null} recoveryLeft={me?.recoveryLeft ?? 0} />
          {isConfirming ? (
            <Panel title={words.appConfirm}>
              <PanelBody>
                <ConfirmForm desk={desk} />
              </PanelBody>
            </Panel>
          ) : null}
          <PasswordPanel desk={desk} />
          <PasskeysPanel desk={desk} passkeys={passkeys} />
          <Panel title={words.sessions}>
            <Table
              name="browsers"
              caption={words.sessions}
              columns={sessionColumns(desk)}
              rows={sessions}
              rowKey={({ id }) => id}
            />
            {sessions.length > 1 ? (
              <PanelBody>
                <DeedButton desk={desk} deed="signOutOthers">
                  {words.signOutOthers}
                </DeedButton>
              </PanelBody>
            ) : null}
          </Panel>
        </>
      ),
    }
  },
  deeds: {
    ...ownPasskeyDeeds,
    beginApp: {
      permission: 'self',
      async run(desk) {
        const begun = await desk.tell(beginTotp, {})
        return begun.ok ? { show: enrolShown(desk, begun.value) } : { fault: begun.error }
      },
    },
    confirmApp: {
      permission: 'self',
      async run(desk) {
        const done = await desk.tell(confirmTotp, { code: desk.fields.get('code') || '-' })
        return done.ok ? { show: recoveryShown(desk, done.value.recoveryCodes) } : { fault: done.error }
      },
    },
    renewRecovery: {
      permission: 'self',
      async run(desk) {
        const done = await desk.tell(renewRecovery, {})
        return done.ok ? { show: recoveryShown(desk, done.value.recoveryCodes) } : { fault: done.error }
      },
    },
    signOut: {
      permission: 'self',
      async run(desk) {
        const done = await desk.tell(signOutOwn, { sessionId: desk.fields.get('id') })
        return done.ok ? { go: '/me?said=out' } : { fault: done.error }
      },
    },
    signOutOthers: {
      permission: 'self',
      async run(desk) {
        const { sessionId } = desk
        const done = await desk.tell(signOutOwn, sessionId === undefined ? {} : { but: sessionId })
        return done.ok ? { go: '/me?said=out' } : { fault: done.error }
      },
    },
  },
})
