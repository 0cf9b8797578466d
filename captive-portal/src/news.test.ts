import { expect, test } from 'vitest'
import { listConsents } from '@lango/modules/registration'
import { changeSettings } from '@lango/modules/settings'
import { hidden, portalUnderTest } from './testing/portal-under-test.ts'

const PHONE = '0712 345 678'
const CONTACT = '+254712345678'
const g = Buffer.from('mac=02:00:00:00:00:01&router=cafe').toString('base64url')

const asking = () => {
  const portal = portalUnderTest()
  portal.free()
  portal.must(changeSettings, { consentOffers: true })
  const text = async (path: string) => (await portal.get(path)).text()
  /** The form of a page, sent with these fields. */
  const send = async (path: string, fields: Record<string, string>) => {
    const form = await text(`${path}?g=${g}`)
    return portal.post(path, { g, once: hidden(form, 'once'), plan: hidden(form, 'plan'), ...fields })
  }
  const agree = async (contact = PHONE) => {
    const asked = await send('/news', { contact, offers: 'yes' })
    const r = new URL(asked.headers.get('location')!, 'http://x').searchParams.get('r')!
    return portal.post('/news/code', { g, r, code: portal.sentCode() })
  }
  return { ...portal, text, send, agree, consents: (more: object = {}) => portal.query(listConsents, more) }
}

test('whoever likes gets offers: the box is not ticked, a code confirms, and what they read is kept', async () => {
  const portal = asking()
  expect(await portal.text('/')).toMatch(/href="\/news[^"]*"[^>]*>Offers by message/)
  const form = await portal.text('/news')
  expect(form).toContain('What you buy here does not depend on it')
  expect(form).not.toContain('checked')
  const said = /name="offers"[^>]*>[^]*?(Kisumu estate may send me[^<]*)</.exec(form)![1]!
  const unticked = await portal.send('/news', { contact: PHONE })
  expect([unticked.status, await unticked.text()]).toEqual([
    422,
    expect.stringContaining('They come only if you agree'),
  ])
  expect(portal.count({ name: 'registrations' })).toBe(0)
  expect(await (await portal.agree()).text()).toContain('You get our offers')
  expect(portal.consents()).toMatchObject([{ contact: CONTACT, text: said, language: 'en', place: 'cafe', version: 1 }])
  expect(portal.count({ name: 'grants' })).toBe(0)
})

test('what is no number that gets messages is said beside the field, and an address where only numbers do', async () => {
  const portal = asking()
  for (const contact of ['+882123456789', 'amina@example.net', '<b>']) {
    const answer = await portal.send('/news', { contact, offers: 'yes' })
    expect([answer.status, await answer.text()]).toEqual([422, expect.stringContaining('begins with +254')])
    portal.clock.advance(900_000)
  }
  expect(portal.count({ name: 'registrations' })).toBe(0)
})

test('it is stopped as easily, and the answer is the same for whoever never agreed', async () => {
  const portal = asking()
  await portal.agree()
  const answers = await Promise.all(
    [PHONE, '0799 111 222'].map(async (contact) => (await portal.send('/news/stop', { contact })).text()),
  )
  expect(answers[0]).toContain('They are stopped')
  expect(answers[0]).toBe(answers[1])
  expect(portal.consents()).toMatchObject([{ contact: CONTACT, withdrawnBy: 'self' }])
  const wrong = await portal.send('/news/stop', { contact: '<b>12' })
  expect([wrong.status, await wrong.text()]).toEqual([422, expect.stringContaining('Type a mobile number such as')])
})

test('with free access it is a second box, which nobody needs to tick', async () => {
  const portal = asking()
  const form = await portal.text('/free')
  expect(form.match(/type="checkbox"/g)).toHaveLength(2)
  expect(form).toContain('free access is the same without it')
  expect(form).not.toContain('checked')
  const take = async (contact: string, device: string, more: Record<string, string> = {}) => {
    const at = Buffer.from(`mac=${device}`).toString('base64url')
    const asked = await portal.send('/free', { g: at, name: 'Amina', contact, accept: 'yes', ...more })
    const r = new URL(asked.headers.get('location')!, 'http://x').searchParams.get('r')!
    return portal.post('/free/code', { g: at, r, code: portal.sentCode() })
  }
  expect((await take(PHONE, '02:00:00:00:00:01')).headers.get('location')).toContain('/connect/')
  expect((await take('0722 000 000', '02:00:00:00:00:02', { offers: 'yes' })).status).toBe(303)
  expect(portal.consents({ purpose: 'offers' }).map(({ contact }) => contact)).toEqual(['+254722000000'])
  expect(portal.consents({ purpose: 'service' })).toHaveLength(2)
  // The same device, another phone: said before a message is sent.
  const again = await portal.send('/free', { name: 'Amina', contact: '0733 000 000', accept: 'yes' })
  expect(await again.text()).toContain('This device has had its free access')
  expect(portal.count({ name: 'messages' })).toBe(2)
})

test('until the owner asks nothing is asked, and whoever agreed before can stop it all the same', async () => {
  const portal = asking()
  await portal.agree()
  portal.must(changeSettings, { consentOffers: false })
  portal.clock.advance(2000)
  expect(await portal.text('/')).not.toContain('Offers by message')
  expect((await portal.text('/free')).match(/type="checkbox"/g)).toHaveLength(1)
  expect((await portal.get('/news')).status).toBe(404)
  expect((await portal.post('/news', { g, contact: PHONE, offers: 'yes' })).status).toBe(404)
  expect(await portal.text('/terms')).toContain('href="/news/stop"')
  await portal.send('/news/stop', { contact: PHONE })
  expect(await portal.text('/terms')).not.toContain('/news/stop')
})

test('the owner’s own words are asked and kept, in the language of whoever reads them', async () => {
  const portal = asking()
  portal.must(changeSettings, { consentWordsEn: 'Two offers a month <b>', consentWordsSw: 'Ofa mbili kwa mwezi' })
  expect(await portal.text('/news')).toContain('Two offers a month &lt;b>')
  const sw = Buffer.from('lang=sw').toString('base64url')
  expect(await portal.text(`/news?g=${sw}`)).toContain('Ofa mbili kwa mwezi')
  const asked = await portal.send('/news', { g: sw, contact: PHONE, offers: 'yes' })
  const r = new URL(asked.headers.get('location')!, 'http://x').searchParams.get('r')!
  expect(await (await portal.post('/news/code', { g: sw, r, code: portal.sentCode() })).text()).toContain(
    'Utapata ofa zetu',
  )
  expect(portal.consents()).toMatchObject([{ text: 'Ofa mbili kwa mwezi', language: 'sw' }])
})

test('who asks or stops too often is told so, and the log does not grow by it', async () => {
  const portal = asking()
  const statuses: number[] = []
  for (let n = 0; n < 20; n++) statuses.push((await portal.send('/news/stop', { contact: `07123456${10 + n}` })).status)
  expect([statuses[0], statuses.at(-1)]).toEqual([200, 429])
  const lines = portal.count({ name: 'audit' })
  expect((await portal.send('/news/stop', { contact: PHONE })).status).toBe(429)
  for (let n = 0; n < 6; n++) await portal.send('/news', { contact: `07223456${10 + n}`, offers: 'yes' })
  expect((await portal.send('/news', { contact: PHONE, offers: 'yes' })).status).toBe(429)
  expect(portal.count({ name: 'messages' })).toBe(3)
  expect(portal.count({ name: 'audit' })).toBeLessThan(lines + 8)
})
