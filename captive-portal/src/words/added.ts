/**
 * Languages that a site adds to the portal, each by one file of words. What a file does not say, or says so that it would
 * mislead, is read in English; whoever adds it is told which words those are. Pure.
 */
import { err, ok, type Result } from '@lango/kernel'
import { addedLocale, isLang, kitWords, localeOf, timeWords, type Lang, type Locale } from '@lango/kernel/ui'
import { LANGUAGE_CHARACTERS_MAX, LANGUAGE_TAG } from '@lango/modules/portal'
import { gateWords, languageNames, type GateWords } from './index.ts'

export type GateLanguage = {
  /** BCP 47: `fr`, `pt-MZ`. */
  readonly tag: string
  /** In its own words. */
  readonly name: string
  readonly words: GateWords
  readonly locale: (timeZone: string) => Locale
  readonly isRightToLeft: boolean
}

export const ownLanguages: readonly GateLanguage[] = (['en', 'sw'] as const satisfies readonly Lang[]).map((lang) => ({
  tag: lang,
  name: languageNames[lang],
  words: gateWords[lang],
  locale: (timeZone) => localeOf(lang, timeZone),
  isRightToLeft: false,
}))

const WORD_CHARACTERS_MAX = 600
const NAME_CHARACTERS_MAX = 40

/** `why`: 'json' is no JSON object of `name` and `words`; 'tag' is no name of a language; 'ours' the portal speaks it. */
export type LanguageFault = { readonly type: 'LanguageUnreadable'; readonly why: 'json' | 'tag' | 'ours' | 'size' }

export type WordTrouble = {
  /** `words.title`, `times.hours`. */
  readonly word: string
  /** `places`: other `{places}` than the English has, and nobody would be told what stands in them. */
  readonly why: 'missing' | 'unknown' | 'unfit' | 'places'
}

type Entry = string | { readonly one: string; readonly other: string }
type Words = Readonly<Record<string, Entry>>

const enTimes = (lang: Lang): Words => Object.fromEntries(timeWords.map((word) => [word, kitWords(lang)[word]]))

/** What a translator begins with: all there is to say, in a language that is said already. */
export const languageTemplate = (lang: Lang): string =>
  `${JSON.stringify({ name: languageNames[lang], rightToLeft: false, words: gateWords[lang], times: enTimes(lang) }, null, 2)}\n`

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const own = (value: unknown, name: string): unknown =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined

/** `tag` as it is kept under. */
export const readLanguage = (
  tag: string,
  text: string,
): Result<{ readonly language: GateLanguage; readonly troubles: readonly WordTrouble[] }, LanguageFault> => {
  const fault = (why: LanguageFault['why']) => err({ type: 'LanguageUnreadable', why } as const)
  if (!LANGUAGE_TAG.test(tag)) return fault('tag')
  if (isLang(tag)) return fault('ours')
  if (text.length > LANGUAGE_CHARACTERS_MAX) return fault('size')
  const told = parsed(text)
  const name = own(told, 'name')
  if (typeof name !== 'string' || name === '' || name.length > NAME_CHARACTERS_MAX || !isObject(own(told, 'words')))
    return fault('json')
  const words = translated('words', gateWords.en, own(told, 'words'))
  const times = translated('times', enTimes('en'), own(told, 'times'))
  const language: GateLanguage = {
    tag,
    name,
    words: words.words as GateWords,
    locale: (timeZone) => addedLocale(tag, times.words, timeZone),
    isRightToLeft: own(told, 'rightToLeft') === true,
  }
  return ok({ language, troubles: [...words.troubles, ...times.troubles] })
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** All of the English words, each as it was translated where that says as much. */
const translated = (room: string, english: Words, told: unknown) => {
  const troubles: WordTrouble[] = []
  const trouble = (word: string, why: WordTrouble['why']): void => {
    troubles.push({ word: `${room}.${word}`, why })
  }
  const words = Object.fromEntries(
    Object.entries(english).map(([word, entry]) => {
      const value = own(told, word)
      const why = value === undefined ? 'missing' : unfit(entry, value)
      if (why !== undefined) trouble(word, why)
      return [word, why === undefined ? (value as Entry) : entry]
    }),
  )
  for (const word of isObject(told) ? Object.keys(told) : [])
    if (!Object.hasOwn(english, word)) trouble(word.slice(0, NAME_CHARACTERS_MAX), 'unknown')
  return { words, troubles }
}

const unfit = (english: Entry, value: unknown): 'unfit' | 'places' | undefined => {
  if (typeof english === 'string') return unfitText(english, value)
  return unfitText(english.one, own(value, 'one')) ?? unfitText(english.other, own(value, 'other'))
}

const unfitText = (english: string, value: unknown): 'unfit' | 'places' | undefined => {
  if (typeof value !== 'string' || value.trim() === '' || value.length > WORD_CHARACTERS_MAX) return 'unfit'
  return placesOf(english) === placesOf(value) ? undefined : 'places'
}

const placesOf = (text: string): string =>
  [...new Set(text.match(/\{\w+\}/g))].toSorted((one, other) => (one < other ? -1 : 1)).join('')
