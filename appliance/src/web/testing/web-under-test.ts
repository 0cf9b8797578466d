import { collectingLog } from '@lango/kernel/testing'
import { seededRandom } from '@lango/kernel'
import { inviteStaff, signedIn } from '@lango/modules/people'
import type { LiveSnapshot } from '../feed.ts'
import type { WebSite } from '../web-site.ts'
import { createWeb, type WebOptions } from '../web.ts'
import { deskPages } from '../../desk-pages.ts'
import { createFixtureFeed, sampleSnapshot } from './fixture-feed.ts'
import { siteUnderTest } from './site-under-test.ts'

export const TOKEN = 'one-time-token-of-the-test'

type Visit = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> }

type Options = Partial<WebOptions> & {
  snapshot?: LiveSnapshot
  /** Actions of a box that has more than memory. */
  others?: Parameters<typeof siteUnderTest>[0]
  /** What this site has that others have not. */
  siteMore?: (site: ReturnType<typeof siteUnderTest>) => Partial<WebSite>
}

/** The web on a clock, a feed and timers held in hand; `visit` asks as a browser that keeps its cookies. */
export const webUnderTest = ({ others, siteMore, ...options }: Options = {}) => {
  const site = siteUnderTest(others)
  const { clock } = site
  const log = collectingLog()
  const feed = createFixtureFeed(options.snapshot ?? sampleSnapshot({ now: clock.now(), sessions: 3, decisions: 3 }))
  const every = (intervalMs: number, run: () => void) => {
    let stop = () => {}
    const wait = () => {
      stop = clock.after(intervalMs, () => {
        wait()
        run()
      })
    }
    wait()
    return () => stop()
  }
  const web = createWeb({
    token: TOKEN,
    feed,
    site: { ...site.web, ...siteMore?.(site) },
    pages: deskPages,
    siteName: 'Kisumu POP',
    clock,
    demo: false,
    log,
    random: seededRandom(1),
    timeZone: 'Africa/Nairobi',
    every,
    ...options,
  })
  /** Another browser, with cookies of its own. */
  const newBrowser = () => {
    const cookies = new Map<string, string>()
    const visit = async (path: string, init: Visit = {}) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const answer = await web.app.request(path, { ...init, headers: { cookie, ...init.headers } })
      for (const line of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        cookies.set(name, value)
      }
      return answer
    }
    /** Sends a form of the desk, as the page has it. */
    const send = (path: string, fields: Record<string, string>) =>
      visit(path, {
        method: 'POST',
        body: new URLSearchParams(fields).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://localhost' },
      })
    return { cookies, visit, send }
  }
  const { cookies, visit, send } = newBrowser()
  const signIn = () => visit(`/?token=${TOKEN}`)

  /** A browser of a person with this role, signed in without the work of a password. */
  const signInAs = (role: string, login = role) => {
    const { id } = site.must(inviteStaff, { login, name: login, role })
    const { secret, sessionId } = site.must(signedIn, { id, address: '192.0.2.7', agent: 'Firefox' })
    const browser = newBrowser()
    browser.cookies.set('lango-staff-80', secret)
    return { id, sessionId, ...browser }
  }
  return { web, site, clock, log, feed, cookies, visit, send, signIn, signInAs, newBrowser }
}

/** Reads server-sent events as they come, one read at a time, as a connection does. */
export const eventReader = (answer: Response) => {
  const reader = answer.body!.getReader()
  const decoder = new TextDecoder()
  return {
    /** The next piece, or undefined when the stream has ended. */
    next: async () => {
      const { value } = await reader.read()
      return value && decoder.decode(value)
    },
    cancel: () => reader.cancel(),
  }
}
