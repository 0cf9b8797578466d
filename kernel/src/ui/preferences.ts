import { isLang, type Lang } from './locale.ts'

export const themes = ['auto', 'light', 'dark'] as const
export const densities = ['comfortable', 'dense'] as const
export const navStates = ['open', 'collapsed'] as const

/** How one person likes to look at the product: remembered in a cookie, so the server draws it right at once. */
export type Preferences = {
  readonly lang: Lang
  readonly theme: (typeof themes)[number]
  readonly density: (typeof densities)[number]
  readonly nav: (typeof navStates)[number]
}

const oneOf = <T extends string>(choices: readonly T[], wanted: string | null, otherwise: T): T =>
  choices.find((choice) => choice === wanted) ?? otherwise

/** The preferences with what the fields say changed; unknown names and values change nothing. */
export const changePreferences = (current: Preferences, fields: URLSearchParams): Preferences => {
  const lang = fields.get('lang') ?? ''
  return {
    lang: isLang(lang) ? lang : current.lang,
    theme: oneOf(themes, fields.get('theme'), current.theme),
    density: oneOf(densities, fields.get('density'), current.density),
    nav: oneOf(navStates, fields.get('nav'), current.nav),
  }
}

/** `lang=sw&theme=dark&density=dense&nav=open`: fit for a cookie. */
export const writePreferences = (preferences: Preferences): string => new URLSearchParams(preferences).toString()

/**
 * From the cookie; without one, the first language of ours that the browser asks for (Accept-Language; browsers list
 * them in the order of preference).
 */
export const readPreferences = (cookie: string | undefined, acceptLanguage = ''): Preferences => {
  const asked = acceptLanguage.split(',').map((range) => /^\s*([a-z]*)/i.exec(range)![1]!.toLowerCase())
  const fresh: Preferences = { lang: asked.find(isLang) ?? 'en', theme: 'auto', density: 'comfortable', nav: 'open' }
  return changePreferences(fresh, new URLSearchParams(cookie ?? ''))
}
