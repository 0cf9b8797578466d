/** The way in to a box that has no owner yet: the code that stands on its screen. */
import { fill, formatDuration } from '@lango/kernel/ui'
import type { CodeTried, SetupCode } from '../setup/setup-code.ts'
import { Hono, type Context } from 'hono'
import type { DeskSessions } from './desk-sessions.ts'
import { SetupCodePage } from './door-pages.tsx'
import { fieldsOf, type DoorDeps, type Entry } from './entry.tsx'
import { addressOf } from './request-facts.ts'

export type SetupDoorDeps = Pick<DoorDeps, 'keeper' | 'viewOf' | 'credentials'> & {
  readonly setupCode: SetupCode
  readonly console: Pick<DeskSessions, 'begin'>
}

/** Nothing of it answers once there is an owner: the desk's own page of that address does. */
export const createSetupDoor = (deps: SetupDoorDeps, entry: Entry): Hono => {
  const { setupCode, credentials, keeper, console } = deps

  const ask = (c: Context, tried?: CodeTried): Response | Promise<Response> => {
    const view = deps.viewOf(c)
    const words = entry.words(c)
    const refused =
      tried?.is === 'late'
        ? fill(words.setupLate, { time: formatDuration(tried.waitSec * 1000, view.locale) })
        : tried && words.setupWrong
    const page = <SetupCodePage view={view} refused={refused} />
    return entry.page(c, page, tried === undefined ? 200 : tried.is === 'late' ? 429 : 401)
  }

  const app = new Hono()
  app.use('/setup', async (c, next) => {
    if (credentials.anyone()) return next()
    return keeper.who(c) ? c.redirect('/first-run', 303) : ask(c)
  })
  app.post('/setup/code', async (c) => {
    if (credentials.anyone()) return c.redirect('/', 303)
    const field = await fieldsOf(c)
    const tried = setupCode.try(field('code'), addressOf(c))
    if (tried.is !== 'right') {
      // What came too early is not told to the audit log: it would be as long as somebody likes.
      if (tried.is === 'wrong') entry.refuse(c, entry.attemptOf(c, ''), 'wrong-code')
      return ask(c, tried)
    }
    // Whoever becomes the owner meanwhile, by a file or on the command line, ends it.
    keeper.keepConsole(
      c,
      console.begin(() => !credentials.anyone()),
    )
    return c.redirect('/first-run', 303)
  })
  return app
}
