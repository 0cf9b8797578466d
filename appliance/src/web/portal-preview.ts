/** The hotspot's first page as it would look with what is typed where that is set: nothing of it is kept. */
import { lookStylesheet, offerNow, previewHome, type GateLook } from '@lango/captive-portal'
import { FaultError, type Clock } from '@lango/kernel'
import type { AnyQuery, ResultOf } from '@lango/kernel/db'
import { fieldsOf, isLang, type Fields, type Locale } from '@lango/kernel/ui'
import { readPortalForm } from '@lango/modules/desk'
import { portalSettingsSchema, showPortal, withChange } from '@lango/modules/portal'
import type { Context, Hono, MiddlewareHandler } from 'hono'
import type { Assets } from './assets.ts'
import { PREVIEW_PATH } from './guard.ts'
import type { Look } from './look.ts'
import type { WebSite } from './web-site.ts'
import type { DeskEnv } from './who.ts'

type PreviewDeps = {
  readonly site: Pick<WebSite, 'may' | 'query' | 'portalLook' | 'settings'>
  readonly assets: Assets
  readonly clock: Pick<Clock, 'now'>
  readonly look: () => Look
  readonly localeOf: (c: Context) => Locale
  readonly forbidden: (c: Context<DeskEnv>, permission: string) => Promise<Response>
}

const LOOK_PATH = `${PREVIEW_PATH}/look.css`
const PICTURES_PATH = '/portal-pictures/'
const SHA256 = /^[0-9a-f]{64}$/

/** A long text has no room in an address, so it is sent as forms are. */
const sentIn = async (c: Context): Promise<Fields> =>
  fieldsOf(c.req.method === 'POST' ? new URLSearchParams(await c.req.text()) : new URL(c.req.url).searchParams)

const pictureAt = (sha256: string): string => PICTURES_PATH + sha256

/** Colours that were never saved have a stylesheet too: it is all in its address. */
const lookSheet = (c: Context) => {
  const colourIn = (name: 'colour' | 'background'): string => {
    const read = portalSettingsSchema.shape[name].safeParse(c.req.query(name) ?? '')
    return read.success ? read.data : ''
  }
  const picture = c.req.query('picture') ?? ''
  const css = lookStylesheet(
    { colour: colourIn('colour'), background: colourIn('background') },
    SHA256.test(picture) ? pictureAt(picture) : '',
  )
  // What stands in its address is all that it is made of.
  return c.body(css, 200, { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'private, max-age=3600' })
}

const picture =
  ({ site }: PreviewDeps) =>
  (c: Context) => {
    const found = site.portalLook().picture(c.req.param('sha256') ?? '')
    if (!found) return c.body(null, 404)
    return c.body(new Uint8Array(found.bytes), 200, {
      'content-type': found.type,
      'cache-control': 'private, max-age=31536000, immutable',
    })
  }

/** What strangers are told anyway: it takes no permission. */
const asking =
  ({ query }: Pick<WebSite, 'query'>) =>
  async <Q extends AnyQuery>({ name }: Q, input: unknown): Promise<ResultOf<Q>> => {
    const answer = await query(name, input)
    if (!answer.ok) throw new FaultError(answer.error)
    return answer.value as ResultOf<Q>
  }

const preview = (deps: PreviewDeps) => async (c: Context) => {
  const { site, assets, clock, look, localeOf } = deps
  const [fields, locale] = [await sentIn(c), localeOf(c)]
  const { siteName, currency, language } = look()
  const { timeZone } = locale
  const saved = site.portalLook(fields.get('location') || undefined)
  // What cannot be taken stays as it was until it can.
  const { change } = readPortalForm(fields, { timeZone, currency })
  const portal = withChange(saved, change)
  const { background, pictures } = portal
  const colour = portal.colour || site.settings().brandColour
  const lookOf = new URLSearchParams({ colour, background, picture: pictures.background?.sha256 ?? '' })
  const gateLook: GateLook = { siteName, currency, language, walletAmounts: '', stylesheet: '', portal }
  const now = clock.now()
  const wanted = fields.get('lang')
  return c.html(
    previewHome(gateLook, {
      lang: isLang(wanted) ? wanted : locale.lang,
      timeZone,
      now,
      offer: await offerNow({ ask: asking(site), now }),
      stylesheets: [assets.gate.address, `${LOOK_PATH}?${lookOf}`],
      pictureAt,
    }),
  )
}

/** For whoever may see how the portal is set. */
export const mountPortalPreview = (app: Hono<DeskEnv>, deps: PreviewDeps): void => {
  const { permission } = showPortal
  const guarded: MiddlewareHandler<DeskEnv> = (c, next) =>
    deps.site.may(c.get('who').actor, permission) ? next() : deps.forbidden(c, permission)
  app.use(PREVIEW_PATH, guarded)
  app.use(`${PICTURES_PATH}*`, guarded)
  app.on(['GET', 'POST'], PREVIEW_PATH, preview(deps))
  app.get(LOOK_PATH, lookSheet)
  app.get(`${PICTURES_PATH}:sha256`, picture(deps))
}
