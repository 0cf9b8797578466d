import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { changePreferences, densities, navStates, readPreferences, themes, writePreferences } from './preferences.ts'
import { langs } from './locale.ts'

test('what is written is read again', () => {
  const preferences = fc.record({
    lang: fc.constantFrom(...langs),
    theme: fc.constantFrom(...themes),
    density: fc.constantFrom(...densities),
    nav: fc.constantFrom(...navStates),
  })
  fc.assert(
    fc.property(preferences, (chosen) => {
      expect(readPreferences(writePreferences(chosen))).toEqual(chosen)
    }),
  )
})

test('whatever a cookie holds, preferences come out that exist', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (cookie, accept) => {
      const read = readPreferences(cookie, accept)
      expect(themes).toContain(read.theme)
      expect(densities).toContain(read.density)
      expect(navStates).toContain(read.nav)
      expect(langs).toContain(read.lang)
    }),
  )
})

test.each([
  [undefined, 'sw-KE,sw;q=0.9,en;q=0.5', 'sw'],
  [undefined, 'luo-KE, SW;q=0.9, en;q=0.8', 'sw'],
  [undefined, 'fr,en-GB;q=0.9,sw;q=0.1', 'en'],
  [undefined, 'swg,de', 'en'],
  [undefined, 'de-DE', 'en'],
  [undefined, '', 'en'],
  ['lang=en', 'sw', 'en'],
  ['lang=constructor', 'sw', 'sw'],
])('cookie %s and Accept-Language %s give %s', (cookie, accept, lang) => {
  expect(readPreferences(cookie, accept).lang).toBe(lang)
})

test('one field changes one preference', () => {
  const before = readPreferences('lang=sw&theme=dark&density=dense&nav=collapsed')
  expect(changePreferences(before, new URLSearchParams('density=comfortable&colour=pink'))).toEqual({
    ...before,
    density: 'comfortable',
  })
})
