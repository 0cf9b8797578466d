import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { changeSettings, createSettings, defaultSettings, setRetention, settings } from './index.ts'

const shop = () => {
  const { database, dispatch, count } = memorySite([settings])
  return {
    now: createSettings(database.raw),
    count: () => count({ name: 'settings' }),
    change: (input: Parameters<typeof dispatch<typeof changeSettings>>[1]) => dispatch(changeSettings, input),
    retain: (input: Parameters<typeof dispatch<typeof setRetention>>[1]) => dispatch(setRetention, input),
  }
}

test('a setting holds until it is set again; the others keep their defaults', () => {
  const { change, now } = shop()
  expect(now()).toEqual(defaultSettings)
  expect(change({ language: 'sw' }).ok).toBe(true)
  expect(now()).toEqual({ ...defaultSettings, language: 'sw' })
  expect(change({ language: 'fr' as 'sw' })).toMatchObject({ ok: false, error: { type: 'InputInvalid' } })
  expect(now().language).toBe('sw')
})

test.each(['Africa/Nowhere', '__proto__', '+99:00', 'x'.repeat(80)])('%j is no time zone', (timeZone) => {
  const { change, count } = shop()
  expect(change({ timeZone })).toMatchObject({ ok: false, error: { type: 'InputInvalid' } })
  expect(count()).toBe(0)
})

test('to keep things shorter has to be meant; to keep them longer has not', () => {
  const { retain, now, count } = shop()
  expect(retain({ sessionDays: 90 })).toEqual({
    ok: false,
    error: { type: 'RetentionShorter', sessionDays: 400, decisionDays: 400 },
  })
  expect(retain({ sessionDays: 500, decisionDays: 30 })).toMatchObject({ error: { type: 'RetentionShorter' } })
  expect(count()).toBe(0)
  expect(retain({ sessionDays: 90, shorten: true }).ok).toBe(true)
  expect(retain({ sessionDays: 91 }).ok).toBe(true)
  expect(now()).toMatchObject({ sessionDays: 91, decisionDays: 400 })
})

test.each([
  { sessionDays: 29 },
  { sessionDays: 3651 },
  { decisionDays: 6 },
  { decisionDays: 401 },
  { sessionDays: 99.5 },
])('outside its bounds a retention is refused, meant or not: %j', (wrong) => {
  const { retain, count } = shop()
  expect(retain({ ...wrong, shorten: true })).toMatchObject({ ok: false, error: { type: 'InputInvalid' } })
  expect(count()).toBe(0)
})
