import { systemRandom, type Clock, type Fault, type Log, type Random } from '@lango/kernel'
import { changePreferences, writePreferences, type DeskPage } from '@lango/kernel/ui'
import { Hono, type Context, type Handler, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { compress } from 'hono/compress'
import { setCookie } from 'hono/cookie'
import { csrf } from 'hono/csrf'
import { HTTPException } from 'hono/http-exception'
import { loadAssets, serveAssets } from './assets.ts'
import { mountPages } from './desk.tsx'
import { createDeskSessions, type DeskSessions } from './desk-sessions.ts'
import { createDoor } from './door.tsx'
import type { DoorDeps } from './entry.tsx'
import { faultSentenceIn } from './fault-words.ts'
import type { LiveFeed } from './feed.ts'
import { isOurHost, localPath, protectiveHeaders } from './guard.ts'
import { createJoin } from './join.tsx'
import { webLimits } from './limits.ts'
import { createLiveHub, type LiveHub } from './live-hub.ts'
import { createLook } from './look.ts'
import { createPages, createPreferencesOf, VIEW_COOKIE, type Pages } from './pages.tsx'
import { passkeyPlace } from './passkey-place.ts'
import { mountPortalPreview } from './portal-preview.ts'
import { createRecentProofs } from './recent-proofs.ts'
import { isUpload, takeUpload, UPLOAD_PATH } from './upload.ts'
import type { WebSite } from './web-site.ts'
import { createDoorkeeper, type DeskEnv, type Doorkeeper } from './who.ts'

export type WebOptions = {
  /** The one-time token in the address that `start` prints: at least 22 characters from a random source. */
  readonly token: string
  readonly feed: LiveFeed
  readonly site: WebSite
  /** The modules' pages. */
  readonly pages: readonly DeskPage[]
  /** What the box is called where the desk has set no name. */
  readonly siteName: string
  readonly clock: Clock
  readonly demo: boolean
  /** The interface for programs, which brings its own key. */
  readonly api?: Hono
  /** What the provider of payments posts, to addresses of its own. */
  readonly callbacks?: Hono
  /** Where other boxes keep their backups, with keys of their own. */
  readonly shelf?: Hono
  /** What Prometheus asks for, with a key of its own. */
  readonly metrics?: Handler
  readonly log: Log
  readonly random?: Random
  /** The site's, by IANA name; the machine's when not said. */
  readonly timeZone?: string
  /** Names of this box besides its addresses and `localhost`, in lower case. */
  readonly hostNames?: readonly string[]
  /** Calls `run` every so often until the returned function is called. */
  readonly every?: (intervalMs: number, run: () => void) => () => void
}

export interface Web {
  readonly app: Hono<DeskEnv>
  /** A fresh one-time token for `/?token=`; the one before it no longer works. */
  newToken(): string
  /** Live pages open now. */
  streams(): number
  /** Ends the live streams; pages say since when they are not live. */
  close(): void
}

const YEAR_SEC = 365 * 86_400

const onInterval = (intervalMs: number, run: () => void): (() => void) => {
  const timer = setInterval(run, intervalMs).unref()
  return () => clearInterval(timer)
}

const onlyOurHost =
  (pages: Pages, hostNames: readonly string[]): MiddlewareHandler =>
  async (c, next) => {
    const host = c.req.header('host') ?? new URL(c.req.url).host
    return isOurHost(host, hostNames) ? next() : pages.message(c, 400, { kind: 'wrongHost' })
  }

/** `/?token=…` becomes a session cookie once, and a clean address. */
const exchangeToken =
  (desk: DeskSessions, keeper: Doorkeeper, pages: Pages, log: Log): MiddlewareHandler =>
  async (c, next) => {
    const token = c.req.query('token')
    // A link preview asks with HEAD: it must not use the token up.
    if (token === undefined || c.req.method !== 'GET') return next()
    const secret = desk.exchange(token)
    if (secret !== undefined) {
      log.info('desk opened with a one-time address')
      keeper.keepConsole(c, secret)
    }
    const isIn = secret !== undefined || keeper.who(c) !== undefined
    return isIn ? c.redirect('/', 303) : pages.message(c, 401, { kind: 'used' })
  }

const onlySignedIn =
  (keeper: Doorkeeper, site: WebSite, pages: Pages): MiddlewareHandler<DeskEnv> =>
  async (c, next) => {
    const who = keeper.who(c)
    if (who) {
      c.set('who', who)
      return next()
    }
    // A link on another site led here, so the browser has kept a strict cookie back; a reload of our own brings it.
    if (c.req.header('sec-fetch-site') === 'cross-site' && c.req.header('sec-fetch-mode') === 'navigate')
      return pages.message(c, 401, { kind: 'signIn', reload: true })
    const isOwned = site.credentials.anyone()
    if (c.req.method !== 'GET' || !(isOwned || site.setupCode)) return pages.message(c, 401, { kind: 'signIn' })
    if (!(c.req.header('accept') ?? '').includes('text/html')) return c.text('Sign in first.', 401)
    if (!isOwned) return c.redirect('/setup', 303)
    const { pathname, search } = new URL(c.req.url)
    return c.redirect(`/sign-in?next=${encodeURIComponent(pathname + search)}`, 303)
  }

type PreferencesOf = ReturnType<typeof createPreferencesOf>

const openStream = (hub: LiveHub, keeper: Doorkeeper, preferencesOf: PreferencesOf) => (c: Context) => {
  const known = c.req.header('last-event-id') ?? c.req.query('since') ?? ''
  const since = /^\d{1,15}$/.test(known) ? Number(known) : undefined
  const stream = hub.open(preferencesOf(c).lang, since, () => keeper.who(c) !== undefined)
  if (!stream) return c.text('Too many live pages are open: close one, then load this one again.', 503)
  return c.body(stream, 200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' })
}

const choosePreferences = (preferencesOf: PreferencesOf) => async (c: Context) => {
  const fields = new URLSearchParams(await c.req.text())
  const chosen = changePreferences(preferencesOf(c), fields)
  const kept = { path: '/', httpOnly: true, sameSite: 'Strict', maxAge: YEAR_SEC } as const
  setCookie(c, VIEW_COOKIE, writePreferences(chosen), kept)
  return c.redirect(localPath(fields.get('returnTo') ?? '/'), 303)
}

/** No form is larger than most, but where a page takes pictures; lists are taken otherwise. */
const limitForms = (pages: readonly DeskPage[]): MiddlewareHandler => {
  const limit = bodyLimit({ maxSize: webLimits.formBytesMax })
  const larger = new Map(
    pages.flatMap(({ path, formBytesMax: maxSize }) =>
      maxSize === undefined ? [] : [[path, bodyLimit({ maxSize })] as const],
    ),
  )
  return (c, next) => (isUpload(c.req.path) ? next() : (larger.get(c.req.path) ?? limit)(c, next))
}

type DoorParts = Pick<DoorDeps, 'keeper' | 'proofs' | 'passkeysAt' | 'console'> & { readonly pages: Pages }

const doorOf = ({ site, clock }: WebOptions, { pages, ...parts }: DoorParts, random: Random): Hono =>
  createDoor({
    credentials: site.credentials,
    setupCode: site.setupCode,
    restoring: site.restoring,
    passwords: site.passwords,
    signIns: site.signIns,
    clock,
    random,
    ...parts,
    command: site.command,
    viewOf: pages.doorView,
    sentenceOf: (fault, c) => faultSentenceIn(pages.localeFor(c).lang, fault) ?? site.sentenceOf(fault),
  })

/** The box's web: pages, their live stream, `/healthz`. `app.request()` answers without a port. */
export const createWeb = (options: WebOptions): Web => {
  const { feed, site, clock, demo, log, random = systemRandom(), every = onInterval } = options
  const timeZone = options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  const assets = loadAssets()
  const look = createLook(site.settings, options.siteName)
  const paths = new Set(['/', ...options.pages.map(({ path }) => path)])
  const desk = createDeskSessions(options.token, clock, random)
  const hub = createLiveHub({ feed, clock, timeZone, every, log })
  const preferencesOf = createPreferencesOf(look)
  const hostNames = options.hostNames ?? []
  const passkeysAt = (c: Context) => passkeyPlace(c.req.url, hostNames)
  const pages = createPages({ assets, hub, site, look, preferencesOf, timeZone, paths, demo })
  const keeper = createDoorkeeper({ people: site.people, console: desk, vault: site.vault, clock, random })
  const proofs = createRecentProofs(clock)
  const app = new Hono<DeskEnv>()

  app.use(protectiveHeaders, compress())
  // Before the names: a proxy that leads from outside to here has one of its own.
  if (options.callbacks) app.route('/callbacks', options.callbacks)
  if (options.shelf) app.route('/shelf', options.shelf)
  app.use(onlyOurHost(pages, hostNames))
  app.use('/assets/*', serveAssets(assets))
  app.get('/brand.css', (c) => c.body(look().stylesheet, 200, { 'content-type': 'text/css; charset=utf-8' }))
  app.get('/healthz', (c) => {
    const { serving, reason } = hub.health()
    return c.json({ serving, ...(reason === undefined ? {} : { reason }) }, serving ? 200 : 503)
  })
  if (options.api) app.route('/api', options.api)
  if (options.metrics) app.get('/metrics', options.metrics)
  app.use(csrf())
  app.use('/preferences', bodyLimit({ maxSize: webLimits.bodyBytesMax }))
  app.use(limitForms(options.pages))
  app.use('/', exchangeToken(desk, keeper, pages, log))
  app.route('/', doorOf(options, { keeper, pages, proofs, passkeysAt, console: desk }, random))
  app.route('/join', createJoin({ ...site, clock, random, viewOf: pages.doorView }))
  // How people like to look at pages concerns those before the desk too, and is nobody's but theirs.
  app.post('/preferences', choosePreferences(preferencesOf))
  app.use(onlySignedIn(keeper, site, pages))
  app.get('/', pages.live)
  app.get('/menu', pages.menu)
  app.get('/events', openStream(hub, keeper, preferencesOf))
  if (demo) app.get('/gallery', pages.gallery)
  const forbidden = async (c: Context<DeskEnv>, permission: string) => {
    const sentence = faultSentenceIn(pages.localeFor(c).lang, { type: 'Forbidden', permission } as Fault) ?? ''
    return pages.message(c, 403, { kind: 'forbidden', sentence })
  }
  app.post(UPLOAD_PATH, takeUpload(site, forbidden))
  mountPortalPreview(app, { site, assets, clock, look, localeOf: pages.localeFor, forbidden })
  mountPages(app, options.pages, {
    site,
    clock,
    random,
    look,
    localeOf: pages.localeFor,
    passkeysAt,
    proofs,
    draw: pages.shown,
    message: (c, status, sentence) =>
      pages.message(c, status, { kind: status === 403 ? 'forbidden' : 'ask', sentence }),
  })

  app.notFound((c) => pages.message(c, 404, { kind: 'notFound' }))
  app.onError((error, c) => {
    // A refusal (forged form, body too large), no fault of ours.
    if (error instanceof HTTPException) return error.getResponse()
    const id = random.bytes(6).toString('hex')
    log.error('page failed', { id, path: c.req.path, error })
    return pages.message(c, 500, { kind: 'fault', id })
  })

  return { app, newToken: () => desk.newToken(), streams: () => hub.streams(), close: () => hub.close() }
}
