import { expect, test } from 'vitest'
import { messages, messageSenders } from '@lango/modules/messages/tables'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const path = '/settings/messages'
const mail = {
  host: 'mail.isp.example',
  security: 'starttls',
  port: '',
  user: 'box',
  password: 'pw-of-mail',
  from: 'noreply@isp.example',
}
const sms = { username: 'isp', apiKey: 'key-of-sms', sender: '', prefixes: '+254, +255' }

test('e-mail and SMS are set up, tested and taken back on one page, and the secrets stand nowhere on it', async () => {
  const { as, post, page, site } = deskUnderTest()
  as('owner')
  expect(await page(path)).toContain('Nothing was sent yet')
  expect((await post(path, 'mail', mail)).headers.get('location')).toBe(`${path}?said=saved`)
  expect((await post(path, 'sms', sms)).headers.get('location')).toBe(`${path}?said=saved`)
  // The forms as they stand there then: with no secret, which stays.
  expect((await post(path, 'mail', { ...mail, password: '' })).status).toBe(303)
  expect(await (await post(path, 'testMail', { toEmail: 'me' })).text()).toContain('Write an e-mail address')
  expect(await (await post(path, 'testSms', { toSms: '0712' })).text()).toContain('Write the whole number')
  expect((await post(path, 'testMail', { toEmail: 'Me@isp.example' })).status).toBe(303)
  expect((await post(path, 'testSms', { toSms: '+254 712 345 678' })).status).toBe(303)
  const shown = await page(`${path}?said=tested`)
  for (const text of ['mail.isp.example', '+254 +255', 'me@isp.example', '+254\u00a0712\u00a0345\u00a0678', 'a test'])
    expect(shown).toContain(text)
  for (const secret of ['pw-of-mail', 'key-of-sms']) expect(shown).not.toContain(secret)
  expect((await post(path, 'remove', { channel: 'sms' })).status).toBe(303)
  expect(site.count(messageSenders)).toBe(1)
})

test('each provider of SMS has a tab of its own, and another asks for its own key', async () => {
  const { as, post, page, site } = deskUnderTest()
  as('owner')
  await post(path, 'sms', sms)
  const account = `AC${'0'.repeat(32)}`
  const twilio = { driver: 'twilio', account, authToken: '', sender: '+15005550006', prefixes: '+254' }
  expect(await page(`${path}?sms=twilio`)).toContain('Account SID')
  expect(await (await post(path, 'sms', twilio)).text()).toContain('is needed')
  expect((await post(path, 'sms', { ...twilio, authToken: 'token-of-twilio' })).status).toBe(303)
  const shown = await page(path)
  expect(shown).toContain(account)
  expect(shown).not.toContain('token-of-twilio')
  expect(site.database.orm.select().from(messageSenders.site).all()[0]!.config).toMatchObject({ driver: 'twilio' })
})

test('another gateway is described by a form, whose parameters may stand on lines of their own', async () => {
  const { as, post, page, site } = deskUnderTest()
  as('owner')
  const gateway = {
    driver: 'http',
    address: 'https://sms.example.net/send',
    how: 'form',
    body: 'to={number}\r\nmessage={text}\r\napikey={key}',
    header: '',
    key: 'key-of-gateway',
    sender: '',
    okField: 'status',
    okValues: '0, Success',
    idField: '',
    prefixes: '+254',
  }
  expect(await page(`${path}?sms=http`)).toContain('to={number}&amp;message={text}')
  const refused = await (await post(path, 'sms', { ...gateway, body: 'to={nobody}' })).text()
  expect(refused).toContain('Nothing is called {nobody}')
  expect((await post(path, 'sms', gateway)).status).toBe(303)
  expect(site.database.orm.select().from(messageSenders.site).all()[0]!.config).toMatchObject({
    body: 'to={number}&message={text}&apikey={key}',
    okValues: ['0', 'Success'],
  })
  const shown = await page(path)
  expect(shown).toContain('https://sms.example.net/send')
  expect(shown).not.toContain('key-of-gateway')
})

test('what cannot be set up is told in words, keeps what was typed but the secret, and changes nothing', async () => {
  const { as, post, site } = deskUnderTest()
  as('owner')
  for (const [deed, form, why] of [
    ['mail', { ...mail, port: '99999' }, 'from 1 to 65535'],
    ['mail', { ...mail, from: 'nobody' }, 'looks like name@example.net'],
    ['mail', { ...mail, security: 'none' }, 'Without TLS'],
    ['mail', { ...mail, password: '' }, 'is needed'],
    ['sms', { ...sms, driver: 'twilio', account: 'isp' }, 'AC and 32 digits'],
    ['sms', { ...sms, prefixes: '254' }, 'such as +254 +255'],
    ['testMail', { toEmail: 'me@isp.example' }, 'Nobody is set up'],
  ] as const) {
    const answer = await post(path, deed, form)
    const text = await answer.text()
    expect([answer.status, why, text.includes(why)]).toEqual([422, why, true])
    expect(text).not.toContain('pw-of-mail')
  }
  expect([site.count(messageSenders), site.count(messages)]).toEqual([0, 0])
})

test('what was given up is sent again by its button', async () => {
  const { as, post, page, site } = deskUnderTest()
  as('owner')
  await post(path, 'mail', mail)
  await post(path, 'testMail', { toEmail: 'me@isp.example' })
  site.database.raw.exec(`UPDATE messages SET state = 'failed', attempts = 1, reason = '<b>no</b> such mailbox'`)
  const shown = await page(path)
  expect(shown).toContain('Send again')
  expect(shown).toContain('1 try: &lt;b>no&lt;/b> such mailbox')
  await post(path, 'retry', { message: '1' })
  expect(site.database.raw.prepare('SELECT state FROM messages').pluck().all()).toEqual(['waiting'])
})

test('a technician neither sees nor changes them', async () => {
  const { as, post, visit, site } = deskUnderTest()
  as('technician')
  expect((await visit(path)).status).toBe(403)
  expect((await post(path, 'mail', mail)).status).toBe(403)
  expect(site.count(messageSenders)).toBe(0)
})
