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

test('M-Pesa is set a name at a time, and what is missing is said; secrets are shown nowhere', async () => {
  expect((await box.lango('setting', 'set', 'mpesa.shortcode', '174379')).out).toMatch(
    /Missing still: mpesa.consumerKey/,
  )
  await box.json('setting', 'set', 'mpesa.passkey', 'passkey-of-mine')
  expect(await box.json('setting', 'show')).toMatchObject({ 'mpesa.shortcode': '174379', 'mpesa.kind': 'paybill' })
  expect(JSON.stringify(await box.json('setting', 'show'))).not.toContain('passkey-of-mine')
  expect((await box.lango('setting', 'set', 'mpesa.pin', '1')).err).toMatch(
    /no setting mpesa.pin. They are mpesa.baseUrl/,
  )
  expect((await box.lango('setting', 'set', 'mpesa.shortcode', 'x')).err).toMatch(/5 to 7 digits/)
  expect((await box.lango('setting', 'set', 'mpesa.callbackUrl', 'http://pop.example.com')).err).toMatch(/plain http/)
})
