/** What the AAA threads may ask of the control thread: business rows that a login brings about, and passwords of people. */
import type { Log } from '@lango/kernel'
import { system } from '@lango/kernel/verbs'
import { firstUse } from '@lango/modules/access'
import { routerLearned } from '@lango/modules/network'
import type { ControlAnswer, ControlQuestion, DeedQuestion } from './aaa/control-link.ts'
import { createRouterDoor } from './router-door.ts'
import type { Site } from './site.ts'
import type { StaffDoor } from './staff-door.ts'

const aaa = system('aaa')

/** A deed is answered at once: a command is one short transaction. False refuses the login. */
export const createFrontDesk = (site: Site, staffDoor: StaffDoor, log: Log) => {
  const routerDoor = createRouterDoor({ ...staffDoor, site, log })

  const carryOut = (question: DeedQuestion): boolean => {
    const options = { id: site.ids.next('cmd'), actor: aaa }
    const { kind, ...input } = question
    const done =
      question.kind === 'first-use'
        ? site.dispatcher.dispatch(
            firstUse,
            input as Omit<Extract<DeedQuestion, { kind: 'first-use' }>, 'kind'>,
            options,
          )
        : site.dispatcher.dispatch(
            routerLearned,
            input as Omit<Extract<DeedQuestion, { kind: 'learned' }>, 'kind'>,
            options,
          )
    if (!done.ok) log.warn('a request of the AAA threads was refused', { kind, fault: done.error })
    return done.ok
  }

  return (question: ControlQuestion): ControlAnswer | Promise<ControlAnswer> =>
    question.kind === 'admin-login' ? routerDoor(question) : carryOut(question)
}
