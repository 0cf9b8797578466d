/** What the AAA threads may ask of the control thread: business rows that a login brings about. */
import type { Log } from '@lango/kernel'
import { system } from '@lango/kernel/verbs'
import { firstUse } from '@lango/modules/access'
import { routerLearned } from '@lango/modules/network'
import type { ControlQuestion } from './aaa/control-link.ts'
import type { Site } from './site.ts'

const aaa = system('aaa')

/** Answers at once: a command is one short transaction. False refuses the login. */
export const createFrontDesk =
  (site: Site, log: Log) =>
  (question: ControlQuestion): boolean => {
    const options = { id: site.ids.next('cmd'), actor: aaa }
    const { kind, ...input } = question
    const done =
      question.kind === 'first-use'
        ? site.dispatcher.dispatch(
            firstUse,
            input as Omit<Extract<ControlQuestion, { kind: 'first-use' }>, 'kind'>,
            options,
          )
        : site.dispatcher.dispatch(
            routerLearned,
            input as Omit<Extract<ControlQuestion, { kind: 'learned' }>, 'kind'>,
            options,
          )
    if (!done.ok) log.warn('a request of the AAA threads was refused', { kind, fault: done.error })
    return done.ok
  }
