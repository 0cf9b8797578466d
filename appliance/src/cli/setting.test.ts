import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pngOf } from '../../../modules/portal/testing/pictures.ts'
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

test('what the captive portal shows is set a name at a time, long texts from a file', async () => {
  expect((await box.lango('setting', 'set', 'portal.welcome.en', 'Welcome to Lakeview')).out).toMatch(
    /portal.welcome.en is set/,
  )
  await box.langoWith('One.\n\nTwo.\n', 'setting', 'set', 'portal.terms.sw', '-')
  await box.json('setting', 'set', 'portal.loginHosts', '10.5.50.1, hotspot.isp.example')
  await box.json('setting', 'set', 'portal.bundlesMax', '4')
  await box.json('setting', 'set', 'portal.announcementUntil', '2026-12-24 18:00')
  expect(await box.json('setting', 'show')).toMatchObject({
    'portal.welcome.en': 'Welcome to Lakeview',
    'portal.welcome.sw': '',
    'portal.terms.sw': 'One.\n\nTwo.',
    'portal.loginHosts': '10.5.50.1, hotspot.isp.example',
    'portal.bundlesMax': 4,
    'portal.announcementUntil': '2026-12-24 18:00',
  })
  expect((await box.lango('setting', 'set', 'portal.announcementUntil', '')).out).toMatch(/is not set/)
  await box.json('setting', 'set', 'portal.loginHosts', '')
  expect(await box.json('setting', 'show')).toMatchObject({ 'portal.announcementUntil': '', 'portal.loginHosts': '' })
})

test('what the portal cannot show is said', async () => {
  expect((await box.lango('setting', 'set', 'portal.motto', 'x')).err).toMatch(/They are portal.welcome.en/)
  expect((await box.lango('setting', 'set', 'portal.bundlesMax', 'many')).err).toMatch(/from 1 to 12/)
  expect((await box.lango('setting', 'set', 'portal.announcementUntil', 'soon')).err).toMatch(/2026-12-01 08:00/)
  expect((await box.lango('setting', 'set', 'portal.background', '#777777')).err).toMatch(/cannot be read in the sun/)
})

test('a picture of the portal is a file', async () => {
  const file = (name: string, octets: Buffer): string => {
    writeFileSync(join(box.dir, name), octets)
    return join(box.dir, name)
  }
  const logo = (value: string) => box.lango('setting', 'set', 'portal.logo', value)
  expect((await logo(file('logo.png', pngOf(60, 40)))).out).toMatch(/portal.logo is set/)
  expect(await box.json('setting', 'show')).toMatchObject({
    'portal.logo': `image/png, 60 × 40, ${pngOf(60, 40).length} octets`,
    'portal.backgroundPicture': '',
  })
  expect((await logo(file('page.png', Buffer.from('<html>')))).err).toMatch(/PNG, JPEG or WebP/)
  expect((await logo(file('large.png', pngOf(60, 40, 40_000)))).err).toMatch(/has 40.1 kB, .* room for 30 kB/)
  expect((await logo(join(box.dir, 'none.png'))).err).toMatch(/cannot be read \(ENOENT\)/)
  expect((await logo('')).out).toMatch(/portal.logo is not set/)
  expect((await logo('')).err).toMatch(/no logo picture/)
})
