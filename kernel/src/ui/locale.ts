/** Two languages of equal rank. English decides which words exist; a language that lacks one does not compile. */
export const langs = ['en', 'sw'] as const
export type Lang = (typeof langs)[number]
export const isLang = (text: string): text is Lang => (langs as readonly string[]).includes(text)

/** Forms by number: English and Swahili both tell one from other. `{n}` is the number. */
export type Plural = { readonly one: string; readonly other: string }
type Entry = string | Plural
type SameWords<W> = { readonly [K in keyof W]: W[K] extends string ? string : Plural }
export type Catalogue<W> = { readonly en: SameWords<W>; readonly sw: SameWords<W> }

/** A catalogue of one part of the product, next to the pages that use it. */
export const catalogue = <const W extends Readonly<Record<string, Entry>>>(en: W, sw: SameWords<W>): Catalogue<W> => ({
  en: en as SameWords<W>,
  sw,
})

/** Puts values into `{name}` places. A place without a value stays as it is, so that it is seen. */
export const fill = (template: string, values: Readonly<Record<string, string | number>>): string =>
  template.replace(/\{(\w+)\}/g, (place, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : place))

const kit = catalogue(
  {
    skipToContent: 'Skip to content',
    navigation: 'Navigation',
    collapse: 'Collapse',
    expand: 'Expand',
    why: 'Why?',
    whatToDo: 'What to do',
    optional: 'optional',
    copy: 'Copy',
    copied: 'Copied',
    passkeyNone:
      'Nothing came of it: it was cancelled, took too long, or the browser does not trust this box’s certificate. Try again.',
    passkeyKnown: 'This device holds a passkey of yours for this box already.',
    passkeyFailed: 'The box did not answer. Load the page anew and try again.',
    none: 'none',
    justNow: 'just now',
    secondsAgo: { one: '{n} s ago', other: '{n} s ago' },
    minutesAgo: { one: '{n} min ago', other: '{n} min ago' },
    hoursAgo: { one: '{n} h ago', other: '{n} h ago' },
    daysAgo: { one: '{n} d ago', other: '{n} d ago' },
    inTheFuture: 'in {duration}',
    seconds: '{n} s',
    minutes: '{n} min',
    hours: '{n} h',
    days: '{n} d',
  },
  {
    skipToContent: 'Ruka hadi maudhui',
    navigation: 'Urambazaji',
    collapse: 'Kunja',
    expand: 'Kunjua',
    why: 'Kwa nini?',
    whatToDo: 'La kufanya',
    optional: 'si lazima',
    copy: 'Nakili',
    copied: 'Imenakiliwa',
    passkeyNone:
      'Haikukamilika: imeghairiwa, imechukua muda mrefu mno, au kivinjari hakiamini cheti cha kisanduku hiki. Jaribu tena.',
    passkeyKnown: 'Kifaa hiki tayari kina ufunguo wako wa siri wa kisanduku hiki.',
    passkeyFailed: 'Kisanduku hakikujibu. Pakia ukurasa upya kisha ujaribu tena.',
    none: 'hakuna',
    justNow: 'sasa hivi',
    secondsAgo: { one: 'sek {n} iliyopita', other: 'sek {n} zilizopita' },
    minutesAgo: { one: 'dak {n} iliyopita', other: 'dak {n} zilizopita' },
    hoursAgo: { one: 'saa {n} iliyopita', other: 'saa {n} zilizopita' },
    daysAgo: { one: 'siku {n} iliyopita', other: 'siku {n} zilizopita' },
    inTheFuture: 'baada ya {duration}',
    seconds: 'sek {n}',
    minutes: 'dak {n}',
    hours: 'saa {n}',
    days: 'siku {n}',
  },
)
export type KitWords = (typeof kit)['en']

/** Everything that depends on who reads and where the site stands. Built once a language: Intl objects are dear. */
export interface Locale {
  readonly lang: Lang
  readonly timeZone: string
  readonly words: KitWords
  readonly whole: Intl.NumberFormat
  readonly tenths: Intl.NumberFormat
  readonly plurals: Intl.PluralRules
  /** 18:42:07 */
  readonly timeOfDay: Intl.DateTimeFormat
  /** 21 Nov 2026 */
  readonly day: Intl.DateTimeFormat
  /** 21 Nov 2026, 18:42:07 EAT: with the zone, since whoever reads may sit elsewhere. */
  readonly exact: Intl.DateTimeFormat
}

type Written = {
  readonly lang: Lang
  /** BCP 47: how numbers and times are written. */
  readonly region: string
  readonly words: KitWords
}

const localeIn = ({ lang, region, words }: Written, timeZone: string): Locale => {
  const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZone } as const
  const date = { day: 'numeric', month: 'short', year: 'numeric' } as const
  return {
    lang,
    timeZone,
    words,
    whole: new Intl.NumberFormat(region, { maximumFractionDigits: 0 }),
    tenths: new Intl.NumberFormat(region, { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
    plurals: new Intl.PluralRules(region),
    timeOfDay: new Intl.DateTimeFormat(region, clock),
    day: new Intl.DateTimeFormat(region, { ...date, timeZone }),
    exact: new Intl.DateTimeFormat(region, { ...clock, ...date, timeZoneName: 'short' }),
  }
}

/** `timeZone` is the site's, by its IANA name. */
export const localeOf = (lang: Lang, timeZone: string): Locale =>
  localeIn({ lang, region: `${lang}-KE`, words: kit[lang] }, timeZone)

/** A language that a site has added, by its BCP 47 tag: what it brings no word for is in English. */
export const addedLocale = (tag: string, words: Partial<KitWords>, timeZone: string): Locale =>
  localeIn({ lang: 'en', region: tag, words: { ...kit.en, ...words } }, timeZone)

/** Words of ours that tell times and numbers. */
export const timeWords = [
  'optional',
  'none',
  'justNow',
  'secondsAgo',
  'minutesAgo',
  'hoursAgo',
  'daysAgo',
  'inTheFuture',
  'seconds',
  'minutes',
  'hours',
  'days',
] as const satisfies readonly (keyof KitWords)[]
export const kitWords = (lang: Lang): KitWords => kit[lang]

/** The form for the number, with the number in it. */
export const counted = (forms: Plural, n: number, locale: Locale): string =>
  fill(locale.plurals.select(n) === 'one' ? forms.one : forms.other, { n: locale.whole.format(n) })
