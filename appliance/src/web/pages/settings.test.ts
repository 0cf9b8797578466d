import { expect, test } from 'vitest'
import { insertSql } from '@lango/kernel/db'
import { sessionHistory } from '@lango/modules/sessions/tables'
import { webUnderTest } from '../testing/web-under-test.ts'

const endedSession = (endedAt: number) => ({
  grantNo: 1,
  routerNo: 1,
  nas: '',
  acctSessionId: `s${endedAt}`,
  userName: 'amina',
  device: '',
  framedIp: '',
  startedAt: endedAt - 1000,
  startAuthenticator: '',
  endedAt,
  stopReceivedAt: endedAt,
  sessionTimeSec: 1,
  inputOctets: 0,
  outputOctets: 0,
  implausible: 0,
  terminateCause: 'User-Request',
  hourAt: 0,
  hourInputOctets: 0,
  hourOutputOctets: 0,
  hourSessionTimeSec: 0,
})

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

test('people who have chosen no language get the one of the site; a choice of their own stands', async () => {
  const { signInAs, web } = webUnderTest()
  const owner = signInAs('owner')
  await owner.send('/settings', { do: 'save', siteName: '', currency: 'KES', brandColour: '', language: 'sw' })
  const lang = async (headers: Record<string, string>) =>
    /<html lang="(\w+)"/.exec(await (await web.app.request('/sign-in', { headers })).text())?.[1]
  expect(await lang({ 'accept-language': 'en-GB' })).toBe('sw')
  expect(await lang({ 'accept-language': 'en-GB', cookie: 'lango-view=lang=en' })).toBe('en')
})

test('a shorter retention says what would go, and is kept only when it is meant', async () => {
  const { signInAs, site } = webUnderTest()
  const { clock, database } = site
  const add = database.raw.prepare(insertSql(sessionHistory, { without: ['no'] }))
  for (const days of [200, 150, 20]) add.run(endedSession(clock.now() - days * 86_400_000))
  const owner = signInAs('owner')
  const asked = await owner.send('/settings/retention', { do: 'save', sessionDays: '100', decisionDays: '400' })
  expect(asked.status).toBe(200)
  const page = await asked.text()
  expect(page).toMatch(/2 sessions that ended before \d+ \w+ \d{4}/)
  expect(site.count({ name: 'settings' })).toBe(0)
  const meant = { do: 'shorten', sessionDays: '100', decisionDays: '400' }
  expect((await owner.send('/settings/retention', meant)).headers.get('location')).toBe(
    '/settings/retention?said=saved',
  )
  expect(await (await owner.visit('/settings/retention')).text()).toContain('value="100"')
})

test.each([{ sessionDays: '29' }, { sessionDays: '' }, { decisionDays: 'ten' }, { decisionDays: '401' }])(
  'a retention outside its bounds is told beside its field: %j',
  async (wrong) => {
    const { signInAs, site } = webUnderTest()
    const form = { do: 'save', sessionDays: '400', decisionDays: '400', ...wrong }
    const answer = await signInAs('owner').send('/settings/retention', form)
    expect(answer.status).toBe(422)
    expect(await answer.text()).toContain('Write a whole number of days from')
    expect(site.count({ name: 'settings' })).toBe(0)
  },
)
