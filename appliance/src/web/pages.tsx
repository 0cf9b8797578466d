import {
  fill,
  Gallery,
  localeOf,
  langs,
  Notice,
  readPreferences,
  type Lang,
  type Locale,
  type Preferences,
  type Shown,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { isUnderWay, setupProgress, setupSteps, stepsDone, type Progress } from '@lango/modules/setup'
import { purchasePace } from '@lango/modules/payments'
import { PaceStrip } from '@lango/modules/payments/pages'
import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import type { VNode } from 'preact'
import type { Assets } from './assets.ts'
import { renderPage } from './html.ts'
import type { View } from './lists.tsx'
import type { LiveHub } from './live-hub.ts'
import type { Look } from './look.ts'
import { healthMark, LivePage } from './live-page.tsx'
import { navigationFor, type Reach } from './navigation.ts'
import { MenuPage, MessagePage, Shell, type MessageProps } from './shell.tsx'
import type { WebSite } from './web-site.ts'
import type { DeskEnv } from './who.ts'
import { webWords, type WebWords } from './words.ts'

export const VIEW_COOKIE = 'lango-view'

/** How somebody likes to look: as chosen, else in the language of the site, else of the browser. */
export const createPreferencesOf =
  (look: () => Look) =>
  (c: Context): Preferences =>
    readPreferences(getCookie(c, VIEW_COOKIE), look().language || c.req.header('accept-language'))

type PagesOptions = {
  readonly assets: Assets
  readonly hub: LiveHub
  readonly site: Pick<WebSite, 'may' | 'credentials' | 'query'>
  readonly look: () => Look
  readonly preferencesOf: (c: Context) => Preferences
  readonly timeZone: string
  /** Of the pages that there are. */
  readonly paths: ReadonlySet<string>
  readonly demo: boolean
}

type InFrame = {
  title: string
  content: VNode
  isLive?: boolean
  usesPasskeys?: boolean | undefined
  stylesheet?: string
  refreshSec?: number | undefined
}
type Message = Pick<MessageProps, 'kind' | 'id' | 'reload' | 'sentence'>

/** The pages as answers to requests, each in the reader's language. */
export const createPages = ({ assets, hub, site, look, preferencesOf, timeZone, paths, demo }: PagesOptions) => {
  const reachOf = (c: Context<DeskEnv>): Reach => ({
    may: (permission) => site.may(c.get('who').actor, permission),
    paths,
  })
  const locales = Object.fromEntries(langs.map((lang) => [lang, localeOf(lang, timeZone)])) as Record<Lang, Locale>
  const localeFor = (c: Context): Locale => locales[preferencesOf(c).lang]

  const inFrame = (c: Context<DeskEnv>, { content, ...own }: InFrame, status = 200) => {
    const who = c.get('who')
    const locale = localeFor(c)
    const words = webWords[locale.lang]
    const shell = (
      <Shell
        {...{ assets, look: look(), demo, locale, ...own }}
        preferences={preferencesOf(c)}
        health={healthMark(hub.health(), words)}
        path={c.req.path + new URL(c.req.url).search}
        personName={who.staff?.name}
        reach={reachOf(c)}
      >
        {content}
      </Shell>
    )
    return c.html(renderPage(shell), status as 200)
  }

  const message = (c: Context, status: 400 | 401 | 403 | 404 | 500, told: Message) => {
    const preferences = preferencesOf(c)
    const words = webWords[preferences.lang]
    return c.html(
      renderPage(<MessagePage {...{ assets, brand: look().address, preferences, words, ...told }} />),
      status,
    )
  }

  return {
    localeFor,
    message,
    shown: (c: Context<DeskEnv>, { title, content, refreshSec, usesPasskeys }: Shown, status: number) =>
      inFrame(c, { title, content, refreshSec, usesPasskeys }, status),
    doorView: (c: Context) => ({ assets, preferences: preferencesOf(c), locale: localeFor(c), look: look() }),

    live: async (c: Context<DeskEnv>) => {
      const { snapshot, view, version } = hub.current(preferencesOf(c).lang)
      const showAll = c.req.query('all') !== undefined
      const content = (
        <>
          {c.get('who').staff || demo || site.credentials.anyone() ? null : <NoOwner words={view.words} />}
          <SetUp words={view.words} progress={demo ? undefined : await setupLeft(site, reachOf(c))} />
          <LivePage {...{ demo, snapshot, view, showAll }} stream={`/events?since=${version}`} />
          <Bought pace={await paceOf(site, reachOf(c), view.now)} view={view} />
        </>
      )
      return inFrame(c, { title: view.words.overview, content, isLive: true })
    },

    menu: (c: Context<DeskEnv>) => {
      const who = c.get('who')
      const words = webWords[preferencesOf(c).lang]
      const nav = navigationFor(words, c.req.path, reachOf(c), demo)
      return inFrame(c, { title: words.menu, content: <MenuPage nav={nav} words={words} name={who.staff?.name} /> })
    },

    gallery: (c: Context<DeskEnv>) => {
      const { view } = hub.current(preferencesOf(c).lang)
      const content = <GalleryPage view={view} />
      return inFrame(c, { title: view.words.gallery, content, stylesheet: assets.gallery.address })
    },
  }
}

export type Pages = ReturnType<typeof createPages>

const GalleryPage = ({ view: { words, locale, now } }: { view: View }) => (
  <>
    <h1>{words.gallery}</h1>
    <Gallery locale={locale} now={now} />
  </>
)

const NoOwner = ({ words }: { words: (typeof webWords)['en'] }) => (
  <Notice meaning="attention" title={words.makeOwner}>
    <p>{words.makeOwnerBody}</p>
    <p>
      <a class="button button-main" href="/first-run">
        {words.makeOwnerLink}
      </a>
    </p>
  </Notice>
)

const DAY_MS = 86_400_000

type Pace = ResultOf<typeof purchasePace>

/** What was bought by phone in the last day; undefined for who may not know. */
const paceOf = async (site: Pick<WebSite, 'query'>, { may }: Reach, now: number): Promise<Pace | undefined> => {
  if (!may('payments.read')) return undefined
  const answer = await site.query(purchasePace.name, { fromAt: now - DAY_MS })
  return answer.ok ? (answer.value as Pace) : undefined
}

const Bought = ({ pace, view }: { pace: Pace | undefined; view: View }) =>
  pace === undefined || pace.asked === 0 ? null : (
    <>
      <PaceStrip pace={pace} locale={view.locale} />
      <p>
        <a href="/payments">{view.words.bought}</a>
      </p>
    </>
  )

/** How far the box is set up; undefined once it is, for who may not know, and where somebody has had enough of it. */
const setupLeft = async (site: Pick<WebSite, 'query'>, { may, paths }: Reach): Promise<Progress | undefined> => {
  if (!may(setupProgress.permission) || !may('settings.write') || !paths.has('/setup')) return undefined
  const answer = await site.query(setupProgress.name, {})
  if (!answer.ok) return undefined
  const progress = answer.value as Progress
  return isUnderWay(progress) ? progress : undefined
}

const SetUp = ({ words, progress }: { words: WebWords; progress: Progress | undefined }) =>
  progress === undefined ? null : (
    <Notice
      meaning="info"
      title={fill(words.setUp, { n: String(stepsDone(progress)), all: String(setupSteps.length) })}
    >
      <p>
        <a class="button button-main" href="/setup">
          {words.setUpGoOn}
        </a>
      </p>
    </Notice>
  )
