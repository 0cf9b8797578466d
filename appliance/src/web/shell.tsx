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
  UserText,
  visible,
  type HealthMark,
  type Locale,
  type NavItem,
  type Preferences,
} from '@lango/kernel/ui'
import type { ComponentChildren, VNode } from 'preact'
import type { Assets } from './assets.ts'
import type { Look } from './look.ts'
import { furtherFor, navigationFor, type Reach } from './navigation.ts'
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

const PersonMenu = ({ words, name }: { words: WebWords; name: string | undefined }) => (
  <details class="menu">
    <summary class="button" title={name === undefined ? words.console : visible(name)}>
      <Icon name="person" />
      <span class="desk-label person-name">
        <UserText text={name ?? words.console} />
      </span>
    </summary>
    <div class="menu-panel menu-links">
      {name === undefined ? null : <a href="/me">{words.account}</a>}
      <form method="post" action="/sign-out">
        <button type="submit">{words.signOut}</button>
      </form>
    </div>
  </details>
)

/** On a phone the bar has room for the way to the page of searches only. */
const SearchField = ({ words, query }: { words: WebWords; query: string }) => (
  <>
    <a class="button search-link" href="/search" title={words.search}>
      <Icon name="search" />
      <span class="desk-label">{words.search}</span>
    </a>
    <form class="search" method="get" action="/search" role="search">
      <Icon name="search" />
      <input
        type="search"
        name="q"
        value={query}
        placeholder={words.searchHint}
        aria-label={words.search}
        data-search=""
      />
      <kbd>/</kbd>
    </form>
  </>
)

type ShellProps = {
  assets: Assets
  locale: Locale
  preferences: Preferences
  look: Look
  demo: boolean
  health: HealthMark
  /** Path of the page, with its query. */
  path: string
  title: string
  /** Whose desk it is; undefined for the console's. */
  personName: string | undefined
  reach: Reach
  /** A page that its script keeps up to date; without one it is loaded anew now and then. */
  isLive?: boolean
  stylesheet?: string
  refreshSec?: number | undefined
  usesPasskeys?: boolean | undefined
  children: ComponentChildren
}

/** A page of the desk in its frame. */
export const Shell = (props: ShellProps): VNode => {
  const { assets, preferences, look } = props
  const words = webWords[preferences.lang]
  const [path = '/', query = ''] = props.path.split('?')
  const searched = path === '/search' ? (new URLSearchParams(query).get('q') ?? '') : ''
  const nav = navigationFor(words, path, props.reach, props.demo)
  const maySearch = props.reach.paths.has('/search') && props.reach.may('subscribers.read')
  return (
    <Document
      title={`${props.title} · ${visible(look.siteName)} · Lango`}
      preferences={preferences}
      stylesheets={[assets.kit.address, look.address, props.stylesheet].filter((each) => each !== undefined)}
      font={assets.font.address}
      icon={assets.icon.address}
      scripts={[
        assets.desk.address,
        ...(props.isLive === true ? [assets.live.address] : []),
        ...(props.usesPasskeys === true ? [assets.passkey.address] : []),
      ]}
      refreshSec={props.refreshSec}
      {...(props.isLive === true ? { refreshSecWithoutScript: REFRESH_SEC } : {})}
    >
      <Frame
        locale={props.locale}
        preferences={preferences}
        siteName={look.siteName}
        nav={nav}
        more={{ href: '/menu', label: words.more, icon: 'more', current: path === '/menu' }}
        health={props.health}
        preferencesAction="/preferences"
        returnTo={props.path}
        search={maySearch ? <SearchField words={words} query={searched} /> : null}
        tools={
          <>
            <ViewMenu words={words} preferences={preferences} returnTo={props.path} />
            <PersonMenu words={words} name={props.personName} />
          </>
        }
      >
        {props.children}
      </Frame>
      <dialog class="palette" data-palette="" aria-label={words.search}>
        <form method="get" action={maySearch ? '/search' : undefined}>
          <input type="search" name="q" placeholder={words.commands} aria-label={words.commands} autocomplete="off" />
        </form>
        <ul>
          {[...nav, ...furtherFor(words, path, props.reach)].map((item) => (
            <li key={item.href}>
              <a href={item.href}>
                <Icon name={item.icon} /> {item.label}
              </a>
            </li>
          ))}
        </ul>
      </dialog>
    </Document>
  )
}

/** Everything the navigation leads to, for a phone. */
export const MenuPage = ({
  nav,
  words,
  name,
}: {
  nav: readonly NavItem[]
  words: WebWords
  name: string | undefined
}) => (
  <>
    <h1>{words.menu}</h1>
    <nav class="panel menu-page" aria-label={words.menu}>
      {nav.map((item) => (
        <a key={item.href} href={item.href}>
          <Icon name={item.icon} /> {item.label}
        </a>
      ))}
      {name === undefined ? null : (
        <a href="/me">
          <Icon name="person" /> {words.account}
        </a>
      )}
    </nav>
  </>
)

export type MessageProps = {
  assets: Assets
  /** Address of the tenant's own colours. */
  brand: string | undefined
  preferences: Preferences
  words: WebWords
  kind: 'signIn' | 'used' | 'notFound' | 'wrongHost' | 'fault' | 'forbidden' | 'ask'
  /** Why, where the kind alone does not say it. */
  sentence?: string
  /** Of the fault, as it stands in the log. */
  id?: string
  /** Loads the page once more at once. */
  reload?: boolean
}

/** A page of one message: what happened, why, what to do. */
export const MessagePage = (props: MessageProps): VNode => {
  const { assets, brand, preferences, words, kind, id = '', reload = false, sentence } = props
  const title = words[`${kind}Title`]
  const body = kind === 'forbidden' || kind === 'ask' ? (sentence ?? '') : words[`${kind}Body`]
  return (
    <Document
      title={`${title} · Lango`}
      preferences={preferences}
      stylesheets={[assets.kit.address, ...(brand === undefined ? [] : [brand])]}
      font={assets.font.address}
      icon={assets.icon.address}
      reload={reload}
    >
      <PlainPage>
        <h1>{title}</h1>
        <p>{fill(body, { id })}</p>
        {kind === 'signIn' || kind === 'used' ? (
          <p>
            <Sentence text={words.newAddress} />
          </p>
        ) : null}
        {kind === 'signIn' || kind === 'used' || kind === 'wrongHost' ? null : (
          <p>
            <a href="/">{words.toLive}</a>
          </p>
        )}
      </PlainPage>
    </Document>
  )
}
