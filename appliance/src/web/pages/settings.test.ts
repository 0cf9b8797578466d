import { expect, test } from 'vitest'
import { webUnderTest } from '../testing/web-under-test.ts'

test('the name and the colour that the owner sets stand on every page at once', async () => {
  const { signInAs, web } = webUnderTest()
  const owner = signInAs('owner')
  const form = { do: 'save', siteName: 'Lakeview <POP>', currency: 'ugx', brandColour: '#7A1FA2' }
  expect((await owner.send('/settings', form)).headers.get('location')).toBe('/settings?said=saved')
  const page = await (await owner.visit('/settings')).text()
  expect(page).toContain('Lakeview &lt;POP>')
  expect(page).toContain('value="UGX"')
  const [, address = ''] = /href="(\/brand\.css\?\w+)"/.exec(page) ?? []
  const sheet = await web.app.request(address)
  expect(sheet.headers.get('content-type')).toContain('text/css')
  expect(await sheet.text()).toContain('--brand: #7a1fa2;')
  // Also before anybody is signed in.
  expect(await (await web.app.request('/sign-in')).text()).toContain('Lakeview &lt;POP>')
})

test.each([
  [{ brandColour: 'red' }, 'A colour is written'],
  [{ currency: 'KSh.' }, 'A currency is three letters'],
  [{ siteName: 'x'.repeat(80) }, 'At most 64 characters'],
])('what cannot be set is told beside its field and changes nothing: %j', async (wrong, why) => {
  const { signInAs, site } = webUnderTest()
  const answer = await signInAs('owner').send('/settings', { do: 'save', siteName: '', currency: 'KES', ...wrong })
  expect(answer.status).toBe(422)
  expect(await answer.text()).toContain(why)
  expect(site.count({ name: 'settings' })).toBe(0)
})

test('a technician reads the settings and changes none', async () => {
  const { signInAs, site } = webUnderTest()
  const technician = signInAs('technician')
  expect((await technician.visit('/settings')).status).toBe(200)
  expect((await technician.send('/settings', { do: 'save', siteName: 'Mine' })).status).toBe(403)
  expect(site.count({ name: 'settings' })).toBe(0)
})
