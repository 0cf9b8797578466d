/** What every page of the gate is made of: light, for an old phone; nothing inline, no font, no cookie needed. */
import { fill, visible, type Locale } from '@lango/kernel/ui'
import type { ComponentChildren, VNode } from 'preact'
import type { GateAsset, GateAssets } from './assets.ts'
import { writePlace, type Place } from './hand-off.ts'
import { portalLimits } from './limits.ts'
import type { GateLook } from './port.ts'
import type { GateLanguage } from './words/added.ts'
import type { GateWords } from './words/index.ts'

/** Who looks, from where, in which language. */
export type View = {
  readonly words: GateWords
  readonly locale: Locale
  readonly language: Pick<GateLanguage, 'tag' | 'isRightToLeft'>
  /** Those that there are to choose from. */
  readonly languages: readonly Pick<GateLanguage, 'tag' | 'name'>[]
  readonly look: GateLook
  readonly place: Place
  /** Of the stylesheets. */
  readonly assets: { readonly [K in keyof GateAssets]: Pick<GateAsset, 'address'> | Extract<GateAssets[K], undefined> }
  /** Where a picture of the place is. */
  readonly pictureAt: (sha256: string) => string
  /** Only to be looked at: no link leads anywhere. */
  readonly isPreview?: boolean
  /** Epoch ms. */
  readonly now: number
}

/** An address of the portal that keeps the reader's place in the hotspot. */
export const href = ({ place }: Pick<View, 'place'>, path: string, extra: Readonly<Record<string, string>> = {}) => {
  const g = writePlace(place)
  const query = new URLSearchParams({ ...extra, ...(g !== '' && { g }) })
  return query.size === 0 ? path : `${path}?${query}`
}

export type Waits = {
  /** The path that tells in one word how it stands. */
  readonly address: string
  readonly state: string
  readonly lookSec: number
}

type PageProps = {
  view: View
  title: string
  /** Loaded anew by itself after so long. */
  refreshSec?: number | undefined
  /** Somebody waits for something: a script looks after it, and where there is none the page loads itself. */
  waits?: Waits | undefined
  /** The page's own path, for the choice of language; '' where a reload would do something again. */
  path?: string
  /** What stands in the page's own address besides. */
  extra?: Readonly<Record<string, string>>
  /** Leads back to the start. */
  back?: boolean
  /** A further link at the foot. */
  foot?: VNode | null
  children: ComponentChildren
}

type Languages = { view: View; path: string; extra: Readonly<Record<string, string>> | undefined }

const inLanguage = ({ view, path, extra }: Languages, lang: string): string =>
  href({ place: { ...view.place, lang } }, path, extra)

const Languages = (props: Languages) => (
  <p class="languages">
    {props.view.languages.map(({ tag, name }) =>
      tag === props.view.language.tag ? (
        <b key={tag} lang={tag}>
          {visible(name)}
        </b>
      ) : (
        <a key={tag} lang={tag} href={inLanguage(props, tag)}>
          {visible(name)}
        </a>
      ),
    )}
  </p>
)

/** Where only one language was written, that is better than nothing. */
export const textIn = ({ locale }: Pick<View, 'locale'>, text: { readonly en: string; readonly sw: string }): string =>
  text[locale.lang] || text.en || text.sw

/** What somebody typed in paragraphs, with nothing hidden in it. */
export const Paragraphs = ({ text }: { text: string }) => (
  <>
    {text.split(/\n{2,}/).map((paragraph, at) => (
      <p key={at}>
        {paragraph.split('\n').flatMap((line, below) => [...(below === 0 ? [] : [<br key={below} />]), visible(line)])}
      </p>
    ))}
  </>
)

const Logo = ({ view: { look, pictureAt } }: Pick<PageProps, 'view'>) => {
  const { logo } = look.portal.pictures
  if (logo === undefined) return null
  return <img class="logo" src={pictureAt(logo.sha256)} width={logo.width} height={logo.height} alt="" />
}

export const Page = (props: PageProps): VNode => {
  const { view, title, refreshSec, waits, path = '', extra, back = true, foot, children } = props
  const { words, look, assets, language } = view
  return (
    <html lang={language.tag} dir={language.isRightToLeft ? 'rtl' : undefined}>
      <head>
        <meta charset="utf-8" />
        <title>{`${title} · ${visible(look.siteName)}`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <meta name="format-detection" content="telephone=no" />
        <link rel="stylesheet" href={assets.gate.address} />
        {assets.brand === undefined ? null : <link rel="stylesheet" href={assets.brand.address} />}
        {view.isPreview === true ? <base target="_blank" /> : null}
        {refreshSec === undefined ? null : <meta http-equiv="refresh" content={String(refreshSec)} />}
        {waits === undefined ? null : (
          <>
            <noscript>
              <meta http-equiv="refresh" content={String(waits.lookSec)} />
            </noscript>
            <script src={assets.script.address} defer />
          </>
        )}
      </head>
      <body>
        <main {...(waits && { id: 'waits', 'data-address': waits.address, 'data-state': waits.state })}>
          <Logo view={view} />
          <p class="site">{visible(look.siteName)}</p>
          <h1>{title}</h1>
          {children}
          <footer class="foot">
            {back ? <a href={href(view, '/')}>{words.start}</a> : null}
            <a href={href(view, '/help')}>{words.help}</a>
            <a href={href(view, '/terms')}>{words.terms}</a>
            {foot}
          </footer>
          {path === '' ? null : <Languages view={view} path={path} extra={extra} />}
        </main>
      </body>
    </html>
  )
}

/** Where a number is written without a country: what stands in the field before anybody types. */
export const countryCodes: Readonly<Record<string, string>> = { KES: '+254 ', RWF: '+250 ', TZS: '+255 ', UGX: '+256 ' }

/** Something that went wrong, said aloud by a screen reader. */
export const Alert = ({ text }: { text: string | undefined }) =>
  text === undefined ? null : (
    <div class="notice notice-stopped" role="alert">
      <p class="notice-title">{text}</p>
    </div>
  )

/** Where the form leads, and the reader's place, which travels with it. */
export const GateForm = ({
  view,
  action,
  once,
  children,
}: {
  view: View
  action: string
  /** Makes the same form sent twice one deed. */
  once?: string
  children: ComponentChildren
}) => (
  <form class="form" method="post" action={action}>
    <input type="hidden" name="g" value={writePlace(view.place)} />
    {once === undefined ? null : <input type="hidden" name="once" value={once} />}
    {children}
  </form>
)

export const tooMany = ({ words }: View): string => fill(words.tooMany, { minutes: portalLimits.windowMs / 60_000 })
