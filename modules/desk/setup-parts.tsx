/** What the pages of the first steps have in common. */
import { fill, LinkButton, PageHead, RefusedNote, type Desk, type Shown } from '@lango/kernel/ui'
import { setupSteps, stepHref, type SetupStep } from '../setup/index.ts'
import type { ComponentChildren } from 'preact'
import { setupWordsOf } from './words-setup.ts'

const stepAfter = (step: SetupStep): SetupStep => setupSteps[setupSteps.indexOf(step) + 1] ?? 'login'
const stepBefore = (step: SetupStep): SetupStep | undefined => setupSteps[setupSteps.indexOf(step) - 1]

type FootProps = { desk: Desk; step: SetupStep; isDone: boolean }

/** On, whether it is done or left out, and back to what can be changed again. */
const StepFoot = ({ desk, step, isDone }: FootProps) => {
  const words = setupWordsOf(desk)
  const before = stepBefore(step)
  return (
    <p class="button-row">
      <LinkButton href={stepHref[stepAfter(step)]} kind={isDone ? 'main' : 'plain'}>
        {isDone ? words.next : words.skip}
      </LinkButton>
      {before === undefined || before === 'owner' ? null : (
        <LinkButton href={stepHref[before]}>{words.back}</LinkButton>
      )}
      <LinkButton href="/setup">{words.overview}</LinkButton>
    </p>
  )
}

type StepProps = FootProps & { children: ComponentChildren }

export const stepPage = ({ desk, step, isDone, children }: StepProps): Shown => {
  const words = setupWordsOf(desk)
  const at = fill(words.stepOf, { n: setupSteps.indexOf(step) + 1, all: setupSteps.length })
  return {
    title: words[step],
    content: (
      <>
        <PageHead title={words[step]} />
        <p class="muted">
          {at}: {words[`${step}Note`]}
        </p>
        <RefusedNote desk={desk} />
        {children}
        <StepFoot {...{ desk, step, isDone }} />
      </>
    ),
  }
}
