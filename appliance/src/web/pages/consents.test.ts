import { messageTextPurpose, setSender } from '@lango/modules/messages'
import { addPlan } from '@lango/modules/plans'
import { confirmRegistration, listConsents, startRegistration } from '@lango/modules/registration'
import { changeSettings } from '@lango/modules/settings'
import { expect, test } from 'vitest'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const AMINA = '+254712345678'
const offers = { purpose: 'offers', language: 'en', text: 'Offers <b>, twice a month.' } as const

const desk = () => {
  const made = deskUnderTest()
  const { site } = made
  site.must(setSender, { sender: { driver: 'africastalking', username: 'isp', prefixes: ['+254'], secret: 'key' } })
  site.must(addPlan, { name: 'Trial', kind: 'hotspot', policy: {}, validitySec: 3600, selfRegistration: 'phone' })
  site.must(changeSettings, { consentOffers: true })
  let asked = 0
  /** Somebody agrees on the hotspot's page, and types the code that has come. */
  const agrees = (contact: string) => {
    const place = contact === AMINA ? '=cmd()' : undefined
    const address = `192.0.2.${(asked += 1)}`
    const wish = { by: 'phone' as const, contact, language: 'en' as const, address, agreed: [offers], place }
    const { token } = site.must(startRegistration, wish)
    const { no, body } = site.database.raw
      .prepare<[], { no: number; body: Buffer }>('SELECT no, body FROM messages ORDER BY no DESC LIMIT 1')
      .get()!
    const opened = site.vault.open(body, messageTextPurpose(no))
    const code = /\d{6}/.exec(opened.ok ? opened.value.reveal() : '')![0]
    expect(site.must(confirmRegistration, { token, code }).outcome.state).toBe('noted')
  }
  const consents = (more: object = {}) => site.query(listConsents, more)
  const page = async (path: string) => (await made.page(path)).replaceAll('\u00a0', ' ')
  return { ...made, page, agrees, consents, idOf: (contact: string) => consents({ contact })[0]!.id }
}

test('who has agreed to what is listed and found, with the words as they were read', async () => {
  const { as, agrees, page, deadLinks, idOf, cookies } = desk()
  as('cashier')
  expect(await page('/consents')).toContain('Nobody has agreed to anything yet')
  agrees(AMINA)
  agrees('+254722000000')
  const all = await page('/consents')
  for (const text of [
    '+254 712 345 678',
    '+254 722 000 000',
    'offers by message',
    'version 1, en',
    '=cmd()',
    'not told',
  ])
    expect(all).toContain(text)
  expect(await deadLinks('/consents')).toEqual([])
  const found = await page('/consents?q=0722+000+000')
  expect([found.includes('+254 722 000 000'), found.includes('+254 712 345 678')]).toEqual([true, false])
  expect(await page('/consents?q=0799+000+000')).toContain('Nothing is known of this contact')
  const one = await page(`/consents/${idOf(AMINA)}`)
  expect(one).toContain('Offers &lt;b>, twice a month.')
  for (const id of ['cns_gone', '__proto__', 'x'.repeat(1000)])
    expect(await page(`/consents/${id}`)).toContain('Nothing is known of this consent')
  cookies.set('lango-view', 'lang=sw')
  expect(await page('/consents')).toContain('Ridhaa')
})

test('a cashier stops it for whoever asks, and forgets nobody; the owner does, once the contact is typed', async () => {
  const { as, agrees, page, post, idOf, consents } = desk()
  agrees(AMINA)
  const path = `/consents/${idOf(AMINA)}`
  as('viewer')
  expect((await post(path, 'stop')).status).toBe(403)
  as('cashier')
  expect(await page(path)).not.toContain('Forget for good')
  expect((await post(path, 'stop')).headers.get('location')).toBe(`${path}?said=stopped`)
  expect(await page(path)).toMatch(/stopped.*at the desk, cashier/s)
  expect((await post(path, 'forget', { contact: '0712345678' })).status).toBe(403)
  as('owner')
  expect(await (await post(path, 'forget', { contact: '0799 000 000' })).text()).toContain(
    'This is not the contact above',
  )
  expect(consents()).toHaveLength(1)
  expect((await post(path, 'forget', { contact: '0712 345 678' })).headers.get('location')).toBe(
    '/consents?said=forgotten',
  )
  expect(consents()).toEqual([])
})

test('the contacts to send to are a file for whoever may export them, which is recorded first', async () => {
  const { as, agrees, page, post, idOf, site } = desk()
  agrees(AMINA)
  agrees('+254722000000')
  for (const role of ['technician', 'cashier', 'viewer'] as const) {
    as(role)
    expect((await post('/consents', 'csv')).status).toBe(403)
    expect(await page('/consents')).not.toContain('Download CSV')
  }
  const taken = () =>
    site.database.raw
      .prepare<[], { record: string }>("SELECT record FROM audit WHERE command = 'consents.exported'")
      .all()
  expect(taken()).toEqual([])
  as('owner')
  await post(`/consents/${idOf('+254722000000')}`, 'stop')
  const file = await post('/consents', 'csv')
  expect(file.headers.get('content-type')).toContain('text/csv')
  const lines = (await file.text()).trim().split('\r\n')
  expect(lines).toHaveLength(2)
  expect(lines[0]).toBe('contact,channel,agreed_at,place,words_version,language,words')
  expect(lines[1]).toMatch(/254712345678,phone,20\d\d-[^,]+Z,'=cmd\(\),1,en,"Offers <b>, twice a month\."/)
  expect(taken()).toHaveLength(1)
  as(['subscribers.read', 'consents.export'])
  expect((await post('/consents', 'csv')).status).toBe(200)
})

test('the owner chooses whether people are asked and in which words; others are not shown that', async () => {
  const { as, page, post, site } = desk()
  as('cashier')
  expect(await page('/consents')).not.toContain('Ask people if they want')
  expect((await post('/consents', 'asks', { asks: 'yes' })).status).toBe(403)
  as('owner')
  expect(await page('/consents')).toContain('Ask people if they want offers by message')
  const words = { consentWordsEn: 'Two a month.', consentWordsSw: 'Mbili kwa mwezi.' }
  expect((await post('/consents', 'asks', words)).headers.get('location')).toBe('/consents?said=saved')
  expect(site.web.settings()).toMatchObject({ consentOffers: false, ...words })
  const long = await post('/consents', 'asks', { asks: 'yes', consentWordsEn: 'x'.repeat(301) })
  expect(await long.text()).toContain('At most 300 characters')
  expect(site.web.settings().consentOffers).toBe(false)
  await post('/consents', 'asks', { asks: 'yes' })
  expect(site.web.settings()).toMatchObject({ consentOffers: true, consentWordsEn: '' })
})
