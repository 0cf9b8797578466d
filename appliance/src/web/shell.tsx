import {
  Choice,
  densities,
  Document,
  fill,
  Frame,
  Icon,
  PlainPage,
  Sentence,
  themes,
  visible,
  type HealthMark,
  type Locale,
  type NavItem,
  type Preferences,
} from '@lango/kernel/ui'
import type { ComponentChildren, VNode } from 'preact'
import type { Assets } from './assets.ts'
import { webWords, type WebWords } from './words.ts'

/** The page without a script is loaded anew this often. */
const REFRESH_SEC = 15

const languages = [
  { value: 'en', label: 'English' },
  { value: 'sw', label: 'Kiswahili' },
]

const ViewMenu = ({
  words,
  preferences,
  returnTo,
}: {
  words: WebWords
  preferences: Preferences
  returnTo: string
}) => (
  <details class="menu">
    <summary class="button" title={words.view}>
      <Icon name="view" />
      <span class="desk-label">{words.view}</span>
    </summary>
    <form class="menu-panel" method="post" action="/preferences">
      <input type="hidden" name="returnTo" value={returnTo} />
      <Choice
        label={words.rows}
        name="density"
        value={preferences.density}
        options={densities.map((value) => ({ value, label: words[value] }))}
      />
      <Choice
        label={words.appearance}
        name="theme"
        value={preferences.theme}
        options={themes.map((value) => ({ value, label: words[value] }))}
      />
      <Choice label={words.language} name="lang" value={preferences.lang} options={languages} />
    </form>
  </details>
)

type ShellProps = {
  assets: Assets
  locale: Locale
  preferences: Preferences
  siteName: string
  demo: boolean
  health: HealthMark
  /** Path of the page, with its query. */
  path: string
  title: string
  /** A page that its script keeps up to date; without one it is loaded anew now and then. */
  isLive?: boolean
  stylesheet?: string
  children: ComponentChildren
}

const navigation = (words: WebWords, demo: boolean, path: string): readonly NavItem[] => [
  { href: '/#sessions', label: words.sessions, icon: 'sessions', current: !path.startsWith('/gallery') },
  { href: '/#decisions', label: words.decisions, icon: 'decisions' },
  { href: '/#routers', label: words.routers, icon: 'routers' },
  ...(demo
    ? [{ href: '/gallery', label: words.gallery, icon: 'gallery', current: path.startsWith('/gallery') } as const]
    : []),
]

/** A page of the desk in its frame. */
export const Shell = (props: ShellProps): VNode => {
  const { assets, preferences, path } = props
  const words = webWords[preferences.lang]
  return (
    <Document
      title={`${props.title} · ${visible(props.siteName)} · Lango`}
      preferences={preferences}
      stylesheets={[assets.kit.address, ...(props.stylesheet === undefined ? [] : [props.stylesheet])]}
      font={assets.font.address}
      icon={assets.icon.address}
      scripts={[assets.live.address]}
      {...(props.isLive === true ? { refreshSecWithoutScript: REFRESH_SEC } : {})}
    >
      <Frame
        locale={props.locale}
        preferences={preferences}
        siteName={props.siteName}
        nav={navigation(words, props.demo, path)}
        health={props.health}
        preferencesAction="/preferences"
        returnTo={path}
        tools={<ViewMenu words={words} preferences={preferences} returnTo={path} />}
      >
        {props.children}
      </Frame>
    </Document>
  )
}

export type MessageProps = {
  assets: Assets
  preferences: Preferences
  words: WebWords
  kind: 'signIn' | 'used' | 'notFound' | 'wrongHost' | 'fault'
  /** Of the fault, as it stands in the log. */
  id?: string
  /** Loads the page once more at once. */
  reload?: boolean
}

/** A page of one message: what happened, why, what to do. */
export const MessagePage = ({ assets, preferences, words, kind, id = '', reload = false }: MessageProps): VNode => {
  const title = words[`${kind}Title`]
  return (
    <Document
      title={`${title} · Lango`}
      preferences={preferences}
      stylesheets={[assets.kit.address]}
      font={assets.font.address}
      icon={assets.icon.address}
      reload={reload}
    >
      <PlainPage>
        <h1>{title}</h1>
        <p>{fill(words[`${kind}Body`], { id })}</p>
        {kind === 'signIn' || kind === 'used' ? (
          <p>
            <Sentence text={words.newAddress} />
          </p>
        ) : null}
        {kind === 'notFound' || kind === 'fault' ? (
          <p>
            <a href="/">{words.toLive}</a>
          </p>
        ) : null}
      </PlainPage>
    </Document>
  )
}
