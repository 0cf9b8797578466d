import { expect, test } from 'vitest'
import { languageTemplate, ownLanguages, readLanguage } from './added.ts'
import { en } from './en.ts'

type File = { name: string; rightToLeft: boolean; words: Record<string, unknown>; times: Record<string, unknown> }
const french = (change: (file: File) => void = () => undefined): string => {
  const file = JSON.parse(languageTemplate('en')) as File
  file.name = 'Français'
  change(file)
  return JSON.stringify(file)
}
const read = (text: string, tag = 'fr') => {
  const done = readLanguage(tag, text)
  if (!done.ok) throw new Error(done.error.why)
  return done.value
}

test('a file of all words is taken as it is', () => {
  const { language, troubles } = read(
    french(({ words, times }) => {
      words['title'] = 'Se connecter'
      words['devices'] = { one: '{n} appareil', other: '{n} appareils' }
      times['hours'] = '{n} h'
    }),
  )
  expect(troubles).toEqual([])
  expect(language).toMatchObject({ tag: 'fr', name: 'Français', isRightToLeft: false })
  expect(language.words.title).toBe('Se connecter')
  const at = Date.UTC(2026, 7, 1, 9)
  expect(language.locale('Africa/Kinshasa').day.format(at)).toBe('1 août 2026')
})

test.each([
  ['left out', (file: File) => delete file.words['title'], { word: 'words.title', why: 'missing' }],
  ['empty', (file: File) => (file.words['title'] = ' '), { word: 'words.title', why: 'unfit' }],
  ['a number', (file: File) => (file.words['title'] = 7), { word: 'words.title', why: 'unfit' }],
  ['far too long', (file: File) => (file.words['title'] = 'x'.repeat(601)), { word: 'words.title', why: 'unfit' }],
  ['no forms', (file: File) => (file.words['devices'] = 'appareils'), { word: 'words.devices', why: 'unfit' }],
  [
    'a form without its number',
    (file: File) => (file.words['devices'] = { one: 'un appareil', other: '{n} appareils' }),
    { word: 'words.devices', why: 'places' },
  ],
  [
    'without a value that people need',
    (file: File) => (file.words['waitingBody'] = 'Tapez votre code PIN.'),
    { word: 'words.waitingBody', why: 'places' },
  ],
  ['no word of ours', (file: File) => (file.words['titel'] = 'x'), { word: 'words.titel', why: 'unknown' }],
  ['of another kind', (file: File) => (file.times['hours'] = {}), { word: 'times.hours', why: 'unfit' }],
])('a word that is %s is told, and read in English', (_name, change, trouble) => {
  const { language, troubles } = read(french((file) => void change(file)))
  expect(troubles).toEqual([trouble])
  expect(language.words).toMatchObject({ title: en.title, devices: en.devices, waitingBody: en.waitingBody })
})

test('names of objects are words like any other, and none of ours', () => {
  const text = french().replace('"words":{', '"words":{"__proto__":{"title":"x"},"constructor":"y",')
  const { language, troubles } = read(text)
  expect(troubles.map(({ word }) => word)).toEqual(['words.__proto__', 'words.constructor'])
  expect(language.words.title).toBe(en.title)
  expect(Object.getPrototypeOf(language.words)).toBe(Object.prototype)
})

test.each([
  ['no JSON', 'fr', '{', 'json'],
  ['a list', 'fr', '[]', 'json'],
  ['without a name', 'fr', JSON.stringify({ words: {} }), 'json'],
  ['without words', 'fr', JSON.stringify({ name: 'x' }), 'json'],
  ['called as no language', '../fr', french(), 'tag'],
  ['of a language that is spoken', 'sw', french(), 'ours'],
  ['too large', 'fr', french(({ words }) => (words['more'] = 'x'.repeat(300_000))), 'size'],
])('a file that is %s is refused', (_name, tag, text, why) => {
  expect(readLanguage(tag, text)).toEqual({ ok: false, error: { type: 'LanguageUnreadable', why } })
})

test('what a translator begins with is whole in both languages', () => {
  for (const lang of ['en', 'sw'] as const) expect(read(languageTemplate(lang), 'ln').troubles).toEqual([])
  expect(ownLanguages.map(({ tag }) => tag)).toEqual(['en', 'sw'])
})
