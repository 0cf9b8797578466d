import { Gallery, readPreferences, type Preferences } from '@lango/kernel/ui'
import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import type { VNode } from 'preact'
import type { Assets } from './assets.ts'
import { renderPage } from './html.ts'
import type { LiveHub, LiveState } from './live-hub.ts'
import { healthMark, LivePage } from './live-page.tsx'
import { MessagePage, Shell, type MessageProps } from './shell.tsx'
import { webWords } from './words.ts'

export const VIEW_COOKIE = 'lango-view'

export const preferencesOf = (c: Context): Preferences =>
  readPreferences(getCookie(c, VIEW_COOKIE), c.req.header('accept-language'))

type PagesOptions = {
  readonly assets: Assets
  readonly hub: LiveHub
  readonly siteName: string
  readonly demo: boolean
}

type InFrame = { title: string; content: VNode; isLive?: boolean; stylesheet?: string }

/** The pages as answers to requests, each in the reader's language. */
export const createPages = ({ assets, hub, siteName, demo }: PagesOptions) => {
  const inFrame = (c: Context, { snapshot, view }: LiveState, { content, ...own }: InFrame) => {
    const shell = (
      <Shell
        {...{ assets, siteName, demo, ...own }}
        locale={view.locale}
        preferences={preferencesOf(c)}
        health={healthMark(snapshot.health, view)}
        path={c.req.path + new URL(c.req.url).search}
      >
        {content}
      </Shell>
    )
    return c.html(renderPage(shell))
  }

  return {
    live: (c: Context) => {
      const state = hub.current(preferencesOf(c).lang)
      const { snapshot, view, version } = state
      const showAll = c.req.query('all') !== undefined
      const content = <LivePage {...{ demo, snapshot, view, showAll }} stream={`/events?since=${version}`} />
      return inFrame(c, state, { title: view.words.overview, content, isLive: true })
    },

    gallery: (c: Context) => {
      const state = hub.current(preferencesOf(c).lang)
      const { locale, now, words } = state.view
      const content = (
        <>
          <h1>{words.gallery}</h1>
          <Gallery locale={locale} now={now} />
        </>
      )
      return inFrame(c, state, { title: words.gallery, content, stylesheet: assets.gallery.address })
    },

    message(c: Context, status: 400 | 401 | 404 | 500, message: Pick<MessageProps, 'kind' | 'id' | 'reload'>) {
      const preferences = preferencesOf(c)
      const words = webWords[preferences.lang]
      return c.html(renderPage(<MessagePage {...{ assets, preferences, words, ...message }} />), status)
    },
  }
}
