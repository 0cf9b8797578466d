import { afterAll, beforeAll, expect, test } from 'vitest'
import { testBox, type TestBox } from './testing/box.ts'

let box: TestBox
beforeAll(() => void (box = testBox()))
afterAll(() => box.remove())

test('a setting is set by its name, and shown', async () => {
  expect(await box.json('setting', 'set', 'language', 'sw')).toMatchObject({ language: 'sw', currency: 'KES' })
  expect(await box.json('setting', 'set', 'sessionDays', '500')).toMatchObject({ sessionDays: 500 })
  expect(await box.json('setting', 'show')).toMatchObject({ language: 'sw', sessionDays: 500 })
  expect((await box.lango('setting', 'set', 'language', '')).out).toMatch(/language is not set/)
})

test('what is no setting, or no value of it, changes nothing', async () => {
  expect((await box.lango('setting', 'set', 'colour', 'red')).err).toMatch(/no setting colour. They are siteName/)
  expect((await box.lango('setting', 'set', 'sessionDays', 'many')).err).toMatch(/number of days/)
  expect((await box.lango('setting', 'set', 'siteName', 'x', '--shorten')).code).toBe(2)
  expect((await box.lango('setting', 'set', 'sessionDays', '30')).err).toMatch(/--shorten/)
  expect(await box.json('setting', 'show')).toMatchObject({ siteName: '', sessionDays: 500 })
  expect(await box.json('setting', 'set', 'sessionDays', '30', '--shorten')).toMatchObject({ sessionDays: 30 })
})
