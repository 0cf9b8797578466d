import type { ComponentChildren } from 'preact'
import { Icon, type IconName } from './icon.tsx'
import type { Locale } from './locale.ts'
import type { Preferences } from './preferences.ts'
import { Status } from './status.tsx'
import { UserText } from './text.tsx'

type DocumentProps = {
  title: string
  preferences: Preferences
  stylesheets: readonly string[]
  /** Address of the kit's font, where it is used. */
  font?: string
  icon: string
  /** Addresses of ES modules. */
  scripts?: readonly string[]
  /** Reloads a page by itself where no script does it. */
  refreshSecWithoutScript?: number
  /** Reloads a page by itself; a script of the desk does it, so as not to take away what somebody is typing. */
  refreshSec?: number | undefined
  /** Loads the page once more at once. */
  reload?: boolean
  children: ComponentChildren
}

const RefreshWithoutScript = ({ sec }: { sec: number | undefined }) =>
  sec === undefined ? null : (
    <noscript>
      <meta http-equiv="refresh" content={String(sec)} />
    </noscript>
  )

/** The page around everything. Nothing is inline: it works under a content policy that forbids that. */
export const Document = (props: DocumentProps) => (
  <html lang={props.preferences.lang} data-theme={props.preferences.theme} data-density={props.preferences.density}>
    <head>
      <meta charset="utf-8" />
      <title>{props.title}</title>
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="robots" content="noindex" />
      {/* Fonts are asked for without credentials, also of one's own box: a preload that differs is loaded twice. */}
      {props.font === undefined ? null : (
        <link rel="preload" as="font" type="font/woff2" href={props.font} crossOrigin="anonymous" />
      )}
      {props.stylesheets.map((address) => (
        <link key={address} rel="stylesheet" href={address} />
      ))}
      <link rel="icon" type="image/svg+xml" href={props.icon} />
      {props.reload === true ? <meta http-equiv="refresh" content="0" /> : null}
      {props.refreshSec === undefined ? null : <meta name="refresh-sec" content={String(props.refreshSec)} />}
      <RefreshWithoutScript sec={props.refreshSec ?? props.refreshSecWithoutScript} />
      {props.scripts?.map((address) => (
        <script key={address} type="module" src={address} />
      ))}
    </head>
    <body>{props.children}</body>
  </html>
)

export type NavItem = {
  readonly href: string
  readonly label: string
  readonly icon: IconName
  readonly current?: boolean
  /** Stands in the bottom bar of a phone; the others are behind "more" there. */
  readonly first?: boolean
}

/** The name in its mark: a gate, drawn as two posts and what passes between them. */
export const Brand = () => (
  <span class="brand">
    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <path d="M3 17V8a7 7 0 0 1 14 0v9M7.5 17V9a2.5 2.5 0 0 1 5 0v8" />
    </svg>
    <span class="brand-name">Lango</span>
  </span>
)

export type HealthMark = { readonly serving: boolean; readonly word: string }

/** The dot in the top bar; the word beside it says the same. */
export const HealthDot = ({ health }: { health: HealthMark }) => (
  <Status meaning={health.serving ? 'good' : 'stopped'}>{health.word}</Status>
)

type FrameProps = {
  locale: Locale
  preferences: Preferences
  siteName: string
  /** By job. Only what exists stands here: no dead links. */
  nav: readonly NavItem[]
  health: HealthMark
  /** Where preference forms are posted, and where they lead back to. */
  preferencesAction: string
  returnTo: string
  /** In the middle of the top bar. */
  search?: ComponentChildren
  /** At the end of the top bar. */
  tools?: ComponentChildren
  /** Where a phone finds the whole navigation. */
  more?: NavItem
  children: ComponentChildren
}

const CollapseForm = ({ locale, preferences, preferencesAction, returnTo }: FrameProps) => {
  const isOpen = preferences.nav === 'open'
  const label = isOpen ? locale.words.collapse : locale.words.expand
  return (
    <form class="nav-collapse" method="post" action={preferencesAction}>
      <input type="hidden" name="returnTo" value={returnTo} />
      <button type="submit" name="nav" value={isOpen ? 'collapsed' : 'open'} title={label}>
        <Icon name={isOpen ? 'collapse' : 'expand'} />
        <span class="nav-label">{label}</span>
      </button>
    </form>
  )
}

const NavLine = ({ item, className }: { item: NavItem; className: string | undefined }) => (
  <li class={className}>
    <a href={item.href} title={item.label} aria-current={item.current === true ? 'page' : undefined}>
      <Icon name={item.icon} />
      <span class="nav-label">{item.label}</span>
    </a>
  </li>
)

/** Left navigation by job, a bottom bar on phones; a top bar with site and health; the page itself. */
export const Frame = (props: FrameProps) => (
  <>
    <a class="skip" href="#main">
      {props.locale.words.skipToContent}
    </a>
    <div class="frame" data-nav={props.preferences.nav}>
      <header class="topbar">
        <Brand />
        <span class="topbar-site">
          <UserText text={props.siteName} />
        </span>
        <span class="topbar-health" data-slot="health">
          <HealthDot health={props.health} />
        </span>
        {props.search === undefined ? null : <span class="topbar-search">{props.search}</span>}
        <span class="topbar-tools">{props.tools}</span>
      </header>
      <nav class="nav" aria-label={props.locale.words.navigation}>
        <ul>
          {props.nav.map((item) => (
            <NavLine key={item.href} item={item} className={item.first === true ? undefined : 'nav-rest'} />
          ))}
          {props.more === undefined ? null : <NavLine item={props.more} className="nav-more" />}
        </ul>
        <CollapseForm {...props} />
      </nav>
      <main class="main" id="main" tabIndex={-1}>
        {props.children}
      </main>
    </div>
  </>
)

/** A page of one message and no navigation: signing in, a fault, nothing there. */
export const PlainPage = ({ children }: { children: ComponentChildren }) => (
  <main class="plain" id="main">
    <Brand />
    {children}
  </main>
)
