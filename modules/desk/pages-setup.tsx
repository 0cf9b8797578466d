/** The first steps of a box as a whole, and their end. */
import {
  DeedButton,
  definePage,
  fill,
  LinkButton,
  Notice,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Sentence,
  Status,
  type Deed,
  type Desk,
} from '@lango/kernel/ui'
import { changeSettings, showSettings } from '../settings/index.ts'
import {
  nextStep,
  packOf,
  setupProgress,
  setupSteps,
  stepHref,
  stepsDone,
  type Progress,
  type SetupStep,
} from '../setup/index.ts'
import { setupWordsOf } from './words-setup.ts'

const LOOK_SEC = 5

const StepMark = ({ desk, isDone }: { desk: Desk; isDone: boolean }) => {
  const words = setupWordsOf(desk)
  return <Status meaning={isDone ? 'good' : 'plain'}>{isDone ? words.done : words.open}</Status>
}

const Steps = ({ desk, progress }: { desk: Desk; progress: Progress }) => {
  const words = setupWordsOf(desk)
  const isLed = (step: SetupStep) => step !== 'owner' || (!progress.done.owner && desk.staffId === undefined)
  return (
    <ul class="lines">
      {setupSteps.map((step) => (
        <li key={step} class="line-row">
          <span>
            {isLed(step) ? <a href={stepHref[step]}>{words[step]}</a> : words[step]}
            <br />
            <span class="muted">{words[`${step}Note`]}</span>
          </span>
          <StepMark desk={desk} isDone={progress.done[step]} />
        </li>
      ))}
    </ul>
  )
}

const finish: Deed = {
  permission: 'settings.write',
  async run(desk) {
    const done = await desk.tell(changeSettings, { setUpIsOver: true })
    return done.ok ? { go: '/' } : { fault: done.error }
  },
}

export const setupPage = definePage({
  path: '/setup',
  permission: 'settings.read',
  async show(desk) {
    const words = setupWordsOf(desk)
    const progress = await desk.ask(setupProgress, {})
    const next = nextStep(progress)
    return {
      title: words.title,
      content: (
        <>
          <PageHead title={words.title} />
          <RefusedNote desk={desk} />
          <Panel title={fill(words.progress, { n: stepsDone(progress), all: setupSteps.length })}>
            <Steps desk={desk} progress={progress} />
            <PanelBody>
              <p class="muted">{words.body}</p>
              <div class="button-row">
                {next === undefined ? null : (
                  <LinkButton href={stepHref[next]} kind="main">
                    {words.goOn}
                  </LinkButton>
                )}
                {desk.may('settings.write') && !progress.isDismissed ? (
                  <DeedButton desk={desk} deed="dismiss">
                    {words.dismiss}
                  </DeedButton>
                ) : null}
              </div>
            </PanelBody>
          </Panel>
        </>
      ),
    }
  },
  deeds: { dismiss: finish },
})

const TryIt = ({ desk, progress }: { desk: Desk; progress: Progress }) => {
  const words = setupWordsOf(desk)
  return (
    <Panel title={words.tryTitle}>
      <PanelBody>
        {progress.done.login ? (
          <Notice meaning="good" title={words.loggedIn} />
        ) : (
          <p class="muted" role="status">
            {words.waiting}
          </p>
        )}
        <p>{words.tryPhone}</p>
        <p>{desk.may('sessions.read') ? <a href="/access-log">{words.tryLog}</a> : words.tryLog}</p>
        <p>
          <Sentence text={words.tryShell} />
        </p>
      </PanelBody>
    </Panel>
  )
}

const NextSteps = ({ desk, takesMpesa }: { desk: Desk; takesMpesa: boolean }) => {
  const words = setupWordsOf(desk)
  const links = [
    ['/settings/backups', 'backups.write', words.nextBackup],
    ...(takesMpesa ? [['/settings/mpesa', 'settings.write', words.nextMpesa] as const] : []),
    ['/settings/portal', 'settings.write', words.nextPortal],
    ['/staff', 'people.write', words.nextStaff],
    ['/me', 'self', words.nextTotp],
  ] as const
  return (
    <Panel title={words.nextTitle}>
      <ul class="lines">
        {links.map(([href, permission, text]) =>
          desk.may(permission) ? (
            <li key={href}>
              <a href={href}>{text}</a>
            </li>
          ) : null,
        )}
        <li class="muted">{words.nextCloud}</li>
      </ul>
    </Panel>
  )
}

export const setupDonePage = definePage({
  path: stepHref.login,
  permission: 'settings.read',
  async show(desk) {
    const words = setupWordsOf(desk)
    const progress = await desk.ask(setupProgress, {})
    const { country } = await desk.ask(showSettings, {})
    const takesMpesa = packOf(country).gateways.some(({ page }) => page === '/settings/mpesa')
    return {
      title: words.doneTitle,
      ...(progress.done.login ? {} : { refreshSec: LOOK_SEC }),
      content: (
        <>
          <PageHead title={words.doneTitle} />
          <RefusedNote desk={desk} />
          <Panel title={fill(words.progress, { n: stepsDone(progress), all: setupSteps.length })}>
            <Steps desk={desk} progress={progress} />
          </Panel>
          <TryIt desk={desk} progress={progress} />
          <NextSteps desk={desk} takesMpesa={takesMpesa} />
          {desk.may('settings.write') ? (
            <DeedButton desk={desk} deed="finish" kind="main">
              {words.finish}
            </DeedButton>
          ) : null}
        </>
      ),
    }
  },
  deeds: { finish },
})
