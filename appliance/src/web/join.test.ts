import { expect, test } from 'vitest'
import { messageTextPurpose, setSender } from '@lango/modules/messages'
import { messages } from '@lango/modules/messages/tables'
import { addPlan } from '@lango/modules/plans'
import { listConsents, listRegistrations, registrationLimits } from '@lango/modules/registration'
import { registrations } from '@lango/modules/registration/tables'
import { services } from '@lango/modules/services/tables'
import { changeSettings } from '@lango/modules/settings'
import { webUnderTest } from './testing/web-under-test.ts'

const PHONE = '+254712345678'
/** As a page of 2016 over a slow line: what is loaded altogether. */
const PAGE_BYTES_MAX = 50_000

const joining = (plans: readonly ('phone' | 'email')[] = ['phone']) => {
  const made = webUnderTest()
  const { site, web } = made
  site.must(changeSettings, { siteName: 'Lakeview <POP>' })
  site.must(setSender, { sender: { driver: 'smtp', host: 'mail.isp.example', from: 'noreply@isp.example' } })
  const sms = { driver: 'africastalking' as const, username: 'isp', prefixes: ['+254'], secret: 'key' }
  site.must(setSender, { sender: sms })
  const ids = plans.map(
    (by) =>
      site.must(addPlan, {
        name: `Trial by ${by}`,
        kind: 'hotspot',
        policy: { downKbps: 2000, upKbps: 1000 },
        validitySec: 86_400,
        quotaOctets: 500e6,
        selfRegistration: by,
      }).id,
  )
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://localhost' }
  let forms = 0
  /** A form of the public page, by a browser without cookies. */
  const post = (path: string, fields: Record<string, string>, more: Record<string, string> = {}) =>
    web.app.request(path, {
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      headers: { ...headers, ...more },
    })
  const ask = (fields: Record<string, string> = {}, more: Record<string, string> = {}) =>
    post(
      '/join',
      {
        plan: ids[0] ?? '',
        once: `form-of-the-test-${forms++}`.padEnd(22, '-'),
        name: 'Amina <script>alert(1)</script>',
        contact: '0712 345 678',
        accept: 'yes',
        ...fields,
      },
      more,
    )
  const tokenOf = (answer: Response) => new URL(answer.headers.get('location')!, 'http://x').searchParams.get('r')!
  const codes = () =>
    site.database.orm
      .select()
      .from(messages.site)
      .all()
      .map(({ no, body }) => {
        const opened = site.vault.open(body!, messageTextPurpose(no))
        return /\b\d{6}\b/.exec(opened.ok ? opened.value.reveal() : '')?.[0] ?? ''
      })
  const get = async (path: string, more: Record<string, string> = {}) => {
    const answer = await web.app.request(path, { headers: more })
    return { status: answer.status, text: await answer.text() }
  }
  return { ...made, ids, post, ask, tokenOf, codes, get }
}

test('somebody without cookies or a script registers: plan, phone, code, account', async () => {
  const { ask, post, tokenOf, codes, get, site } = joining()
  const page = await get('/join')
  expect(page.status).toBe(200)
  for (const text of ['Trial by phone', 'free · 2', 'for 1', '500', 'Lakeview &lt;POP>', 'type="tel"', 'name="once"'])
    expect(page.text).toContain(text)
  expect(page.text).not.toContain('<script')
  const asked = await ask()
  expect(asked.status).toBe(303)
  const token = tokenOf(asked)
  expect((await get(`/join/code?r=${token}`)).text).toContain('autocomplete="one-time-code"')
  const [code = ''] = codes()
  const wrong = await post('/join/code', { r: token, code: code === '000000' ? '000001' : '000000' })
  expect([wrong.status, await wrong.text()]).toEqual([422, expect.stringContaining('4 more tries')])
  const done = await post('/join/code', { r: token, code })
  expect([done.status, done.headers.get('cache-control')]).toEqual([200, 'no-store'])
  const text = await done.text()
  const [, login] = /id="login">([^<]*)</.exec(text)!
  const [, password] = /id="password">([^<]*)</.exec(text)!
  expect([login, password]).toEqual(['254712345678', expect.stringMatching(/^[a-z2-9]{12}$/)])
  // Loaded again, it is there again, and nothing more has been made.
  expect(await (await post('/join/code', { r: token, code })).text()).toContain(password!)
  expect(site.count(services)).toBe(1)
})

test('the page is light: one stylesheet, no font, no script', async () => {
  const { get } = joining(['phone', 'email'])
  const { text } = await get('/join')
  const addresses = [...text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, address]) => address!)
  expect(addresses).toHaveLength(2)
  const assets = await Promise.all(addresses.map((address) => get(address)))
  const bytes = [text, ...assets.map((asset) => asset.text)].reduce((sum, part) => sum + Buffer.byteLength(part), 0)
  expect(bytes).toBeLessThan(PAGE_BYTES_MAX)
  expect(text + assets.map((asset) => asset.text).join('')).not.toMatch(/<script|@font-face|url\(/)
})

test('of several plans one is chosen first; Swahili is spoken to whoever asks for it', async () => {
  const { get, ids } = joining(['phone', 'email'])
  const { text } = await get('/join', { 'accept-language': 'sw' })
  expect(text).toContain('<html lang="sw"')
  for (const id of ids) expect(text).toContain(`/join?plan=${id}`)
  expect((await get(`/join?plan=${ids[1]}`)).text).toContain('type="email"')
  // An unknown one is none.
  for (const plan of ['pln_gone', '__proto__', 'constructor'])
    expect((await get(`/join?plan=${plan}`)).text).toContain('What would you like?')
})

test('what is missing or wrong is said beside its field, what was typed stays, and nothing is sent', async () => {
  const { ask, site } = joining()
  for (const [fields, why] of [
    [{ name: ' ' }, 'Write your name.'],
    [{ name: 'x'.repeat(65) }, 'at most 64'],
    [{ contact: '' }, 'Write it, so that a code'],
    [{ contact: '+882123456789' }, 'begins with +254'],
    [{ contact: 'amina@example.net' }, 'begins with +254'],
    [{ accept: '' }, 'tick the box'],
  ] as const) {
    const answer = await ask(fields)
    const text = await answer.text()
    expect([answer.status, why, text.includes(why)]).toEqual([422, why, true])
    expect(text).not.toContain('<script>')
  }
  expect(await (await ask({ contact: 'x' })).text()).toContain('value="Amina &lt;script>alert(1)&lt;/script>"')
  expect([site.count(registrations), site.count(messages)]).toEqual([0, 0])
})

test('what is agreed to is kept as it was read; offers are a box of their own that nobody needs to tick', async () => {
  const { ask, post, tokenOf, codes, get, site, clock } = joining()
  expect((await get('/join')).text.match(/type="checkbox"/g)).toHaveLength(1)
  site.must(changeSettings, { consentOffers: true })
  const page = (await get('/join')).text
  expect(page).toMatch(/your account is the same without it/)
  expect(page).not.toContain('checked')
  const join = async (contact: string, more: Record<string, string> = {}) => {
    const token = tokenOf(await ask({ contact, ...more }))
    await post('/join/code', { r: token, code: codes().at(-1)! })
    clock.advance(3_600_000)
  }
  await join('0712 345 678')
  await join('0722 000 000', { offers: 'yes' })
  const consents = site.query(listConsents, {})
  expect(consents.map(({ contact, purpose }) => [contact, purpose])).toEqual([
    ['+254722000000', 'offers'],
    ['+254722000000', 'service'],
    [PHONE, 'service'],
  ])
  expect(consents[2]!.text).toContain('I agree that Lakeview <POP> keeps my name and this contact')
})

test('the same form sent twice asks for one code', async () => {
  const { ask, tokenOf, site } = joining()
  const once = 'one-form-sent-twice---'
  const [first, second] = [await ask({ once }), await ask({ once })]
  expect(tokenOf(second)).toBe(tokenOf(first))
  expect(site.count(messages)).toBe(1)
  // Gone back, changed and sent again, it is another.
  const third = await ask({ once, contact: '0722 000 000' })
  expect(tokenOf(third)).not.toBe(tokenOf(first))
  expect(site.count(messages)).toBe(2)
})

test('a phone that is known gets the same pages, and an account never', async () => {
  const { ask, post, tokenOf, codes, clock, site } = joining()
  const token = tokenOf(await ask())
  await post('/join/code', { r: token, code: codes()[0]! })
  clock.advance(3_600_000)
  const pages = async (contact: string) => {
    const asked = await ask({ contact })
    const r = tokenOf(asked)
    const answers = [asked]
    for (let n = 0; n < registrationLimits.triesMax + 1; n++)
      answers.push(await post('/join/code', { r, code: `00000${n}` }))
    const told = await Promise.all(answers.map(async (answer) => [answer.status, await answer.text()]))
    return JSON.stringify(told).replaceAll(r, 'TOKEN')
  }
  const known = await pages('0712 345 678')
  clock.advance(3_600_000)
  expect(known).toBe(await pages('0722 000 000'))
  expect(site.count(services)).toBe(1)
})

test('a form of another site, or of another name for this box, does nothing', async () => {
  const { ask, post, site } = joining()
  expect((await ask({}, { origin: 'https://evil.example' })).status).toBe(403)
  expect((await ask({}, { host: 'evil.example' })).status).toBe(400)
  expect((await post('/join/code', { r: 'x', code: '1' }, { origin: 'https://evil.example' })).status).toBe(403)
  expect(site.count(registrations)).toBe(0)
})

test('whoever asks too often waits, and the log does not grow by it', async () => {
  const { ask, post, site } = joining()
  const statuses: number[] = []
  for (let n = 0; n < 40; n++) statuses.push((await ask({ contact: `07123456${10 + n}` })).status)
  expect(statuses.filter((status) => status === 303)).toHaveLength(registrationLimits.codesPerAddressMax)
  expect(statuses.at(-1)).toBe(429)
  const lines = site.count({ name: 'audit' })
  for (let n = 0; n < 40; n++) await post('/join/code', { r: 'x', code: '000000' })
  expect((await ask()).status).toBe(429)
  expect(site.count({ name: 'audit' })).toBe(lines)
})

test('where nothing can be taken, or its codes cannot be sent, the page says so', async () => {
  const none = joining([])
  expect(await none.get('/join')).toMatchObject({ status: 404 })
  const { get, ask, site } = joining()
  site.database.raw.exec('DELETE FROM message_senders')
  expect((await get('/join')).text).toContain('cannot register here')
  expect((await ask()).status).toBe(404)
  expect(site.count(registrations)).toBe(0)
})

test('the owner sees who registered and who did not, and chooses whether the password is sent too', async () => {
  const { ask, post, tokenOf, codes, signInAs, clock, site } = joining()
  const token = tokenOf(await ask())
  await post('/join/code', { r: token, code: codes()[0]! })
  clock.advance(3_600_000)
  await ask({ contact: '0722 000 000' })
  await ask()
  const cashier = signInAs('cashier')
  const shown = await (await cashier.visit('/registrations')).text()
  for (const text of ['has an account', 'has not entered the code yet', 'has had an account', '2 of 60', '&lt;script>'])
    expect(shown).toContain(text)
  expect(shown).toContain('href="/subscribers/254712345678"')
  expect(shown).not.toContain('Send the password by message too')
  expect((await cashier.send('/registrations', { do: 'sends', sends: 'yes' })).status).toBe(403)
  clock.advance(registrationLimits.codeLifeMs)
  expect(await (await cashier.visit('/registrations')).text()).toContain('did not enter the code')
  const owner = signInAs('owner')
  expect((await owner.send('/registrations', { do: 'sends', sends: 'yes' })).status).toBe(303)
  expect(site.web.settings().registrationSendsPassword).toBe(true)
  await owner.send('/registrations', { do: 'sends' })
  expect(site.web.settings().registrationSendsPassword).toBe(false)
  expect(site.query(listRegistrations, {}).map(({ contact }) => contact)).toContain(PHONE)
})
