import { addRouter } from '@lango/modules/network'
import { setMpesa } from '@lango/modules/payments'
import { addPlan } from '@lango/modules/plans'
import { setPicture, setPortal, showPortal } from '@lango/modules/portal'
import { expect, test } from 'vitest'
import { pngOf } from '../../../../modules/portal/testing/pictures.ts'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const PAGE = '/settings/portal'
const PREVIEW = '/portal-preview'
const HOSTILE = '</textarea><script>alert(1)</script>"\'&'
const form = {
  location: 'all',
  'welcome.en': 'Welcome to Lakeview',
  'welcome.sw': 'Karibu Lakeview',
  'announcement.en': 'Closed on Friday.',
  'announcement.sw': '',
  announcementUntil: '2026-12-24T18:00',
  background: '#FFF8E1',
  colour: '',
  bundlesMax: '4',
  'support.phone': '0712 345 678',
  'support.whatsapp': '',
  wifiName: 'Lakeview',
  address: 'http://192.168.88.10:8090/',
  venueInfoUrl: '',
  loginHosts: '10.5.50.1\r\nhotspot.isp.example',
  'terms.en': 'One.\r\n\r\nTwo.',
  'terms.sw': '',
}

const desk = () => {
  const made = deskUnderTest()
  const { site, visit } = made
  const rows = () => site.count({ name: 'portal_settings' }) + site.count({ name: 'portal_pictures' })
  const send = (path: string, fields: Record<string, string>) => {
    const body = new URLSearchParams(fields).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://localhost' }
    return visit(path, { method: 'POST', body, headers })
  }
  const upload = (octets: Uint8Array, kind = 'logo', location = 'all') => {
    const body = new FormData()
    for (const [name, value] of Object.entries({ do: 'use', kind, location })) body.append(name, value)
    body.append('picture', new File([new Uint8Array(octets)], 'logo.png'))
    return visit(PAGE, { method: 'POST', body, headers: { origin: 'http://localhost' } })
  }
  return { ...made, rows, send, upload, set: () => site.query(showPortal, {}) }
}

test('what people write is kept as the portal reads it, and shown again as they write it', async () => {
  const { as, post, page, set } = desk()
  as('owner')
  expect((await post(PAGE, 'save', form)).headers.get('location')).toBe(`${PAGE}?said=saved`)
  expect(set().settings).toEqual({
    welcome: { en: 'Welcome to Lakeview', sw: 'Karibu Lakeview' },
    announcement: { en: 'Closed on Friday.', sw: '' },
    // Of the site's own clock, which is three hours ahead.
    announcementUntil: Date.UTC(2026, 11, 24, 15),
    terms: { en: 'One.\n\nTwo.', sw: '' },
    support: { phone: '+254712345678', whatsapp: '' },
    background: '#fff8e1',
    colour: '',
    bundlesMax: 4,
    loginHosts: ['10.5.50.1', 'hotspot.isp.example'],
    venueInfoUrl: '',
    wifiName: 'Lakeview',
    address: 'http://192.168.88.10:8090',
  })
  const html = await page(PAGE)
  for (const value of ['Karibu Lakeview', '2026-12-24T18:00', '#fff8e1', '+254712345678'])
    expect(html).toContain(`value="${value}"`)
  expect(html).toMatch(/10\.5\.50\.1(\n|&#10;)hotspot\.isp\.example/)
})

test.each([
  ['welcome.en', 'x'.repeat(161), 'one line of at most 160'],
  ['announcement.sw', 'x'.repeat(281), 'at most 280 characters'],
  ['announcementUntil', 'tomorrow', 'Choose a day and a time'],
  ['background', 'red', 'Write a colour as'],
  ['background', '#777777', 'could not be read in the sun'],
  ['colour', '#f00000', 'words on the buttons'],
  ['bundlesMax', '13', 'from 1 to 12'],
  ['bundlesMax', '', 'from 1 to 12'],
  ['support.phone', 'call us', 'Write it as 0712 345 678'],
  ['support.whatsapp', '12', 'Write it as 0712 345 678'],
  ['wifiName', 'é'.repeat(17), 'at most 32 letters'],
  ['address', 'http://192.168.88.10/voucher', 'without a path'],
  ['venueInfoUrl', 'http://venue.example', 'begins with https://'],
  ['loginHosts', 'http://10.5.50.1/login', 'names or addresses alone'],
  ['terms.en', 'x'.repeat(8001), 'at most 8,000'],
])(
  'what is wrong in %s is said beside it, keeps what was typed, and nothing else is kept',
  async (name, value, sentence) => {
    const { as, post, rows } = desk()
    as('owner')
    const answer = await post(PAGE, 'save', { ...form, [name]: value })
    expect(answer.status).toBe(422)
    const html = await answer.text()
    expect(html).toContain(sentence)
    expect(html).toContain(`id="${name}-error"`)
    expect(html).toContain('Karibu Lakeview')
    expect(rows()).toBe(0)
  },
)

test('everything is said in Swahili too', async () => {
  const { as, visit } = desk()
  as('owner')
  const html = await (await visit(PAGE, { headers: { 'accept-language': 'sw' } })).text()
  for (const word of ['Makaribisho, kwa Kiswahili', 'Onyesho la awali', 'Picha ya nyuma']) expect(html).toContain(word)
})

test('what is typed is drawn without being kept, and in the language that is asked for', async () => {
  const { as, send, visit, rows, site } = desk()
  as('technician')
  site.must(addPlan, {
    name: 'Hour',
    kind: 'hotspot',
    policy: {},
    validitySec: 3600,
    priceMinor: 2000,
    currency: 'KES',
  })
  site.must(setMpesa, {
    shortcode: '174379',
    consumerKey: 'k',
    consumerSecret: 's',
    passkey: 'p',
    phone: '+254700000001',
  })
  const saved = await (await visit(PREVIEW)).text()
  expect(saved).toContain('Get online')
  expect(saved).toContain('Hour')
  const typed = await send(PREVIEW, { ...form, lang: 'sw', do: 'save' })
  const html = await typed.text()
  expect(html).toContain('<html lang="sw">')
  expect(html).toContain('Karibu Lakeview')
  expect(html).toContain('look.css?colour=&amp;background=%23fff8e1')
  expect(rows()).toBe(0)
})

test('what is typed wrong stays as it is saved until it is right', async () => {
  const { as, send, site } = desk()
  as('owner')
  site.must(setPortal, { background: '#002b28', welcome: { en: 'Saved' } })
  const html = await (await send(PREVIEW, { background: '#777777', 'welcome.en': 'x'.repeat(200) })).text()
  expect(html).toContain('background=%23002b28')
  expect(html).toContain('Saved')
})

test('markup that is typed is text, in the form, in the preview and on the poster', async () => {
  const { as, post, page, send } = desk()
  as('owner')
  await post(PAGE, 'save', { ...form, 'welcome.en': HOSTILE, 'terms.en': HOSTILE, wifiName: '"><script>alert(1)' })
  const hostile = { ...form, 'welcome.en': HOSTILE, 'terms.en': HOSTILE, wifiName: '"><script>alert(1)' }
  for (const html of [
    await (await send(PREVIEW, { ...hostile, lang: 'en' })).text(),
    await (await post(PAGE, 'save', { ...hostile, bundlesMax: 'x' })).text(),
    await page(PAGE),
    await page(PREVIEW),
    await page(`${PAGE}/poster`),
  ])
    expect(html).not.toContain('<script>alert')
  expect(await page(`${PAGE}/poster`)).toContain('&lt;script>alert')
})

test('the poster says what to do, step by step, in both languages; without a Wi-Fi of its own it takes one less', async () => {
  const { as, post, page } = desk()
  as('owner')
  const steps = async () =>
    [...(await page(`${PAGE}/poster`)).matchAll(/lang="(en|sw)"[^>]*>(\d)\. ([^<]*)</g)].map(([, ...said]) => said)
  expect(await steps()).toEqual([
    ['en', '1', 'Scan to get online'],
    ['sw', '1', 'Skani ili kuingia mtandaoni'],
    ['en', '2', expect.stringContaining('pay by M-Pesa')],
    ['sw', '2', expect.stringContaining('ulipe kwa M-Pesa')],
  ])
  await post(PAGE, 'save', { ...form, wifiName: 'Lakeview Free' })
  expect((await steps()).map(([lang, n]) => lang! + n!)).toEqual(['en1', 'sw1', 'en2', 'sw2', 'en3', 'sw3'])
})

test('a stylesheet of colours that were never saved is made of colours alone', async () => {
  const { as, page } = desk()
  as('technician')
  const sheet = (query: Record<string, string>) => page(`${PREVIEW}/look.css?${new URLSearchParams(query)}`)
  expect(await sheet({ background: '#fff8e1' })).toContain('background-color: #fff8e1;')
  expect(await sheet({ background: '#fff}body{display:none', colour: 'url(//x)', picture: '"); @import' })).toBe('')
})

test('the page frames its own preview alone, and nothing else of the desk is framed', async () => {
  const { as, visit } = desk()
  as('owner')
  const policy = async (path: string) => {
    const { headers } = await visit(path)
    return [headers.get('content-security-policy')!, headers.get('x-frame-options')]
  }
  const [plain, none] = await policy('/settings')
  expect(none).toBe('DENY')
  expect(plain).not.toContain('frame-src')
  expect(await policy(PAGE)).toEqual([
    plain!.replace("; frame-ancestors 'none'", "; frame-src 'self'; frame-ancestors 'none'"),
    'DENY',
  ])
  expect(await policy(PREVIEW)).toEqual([
    plain!.replace("frame-ancestors 'none'", "frame-ancestors 'self'"),
    'SAMEORIGIN',
  ])
})

test('whoever may only read sees it, and can change nothing', async () => {
  const { as, post, page, upload, visit, rows } = desk()
  as('technician')
  const html = await page(PAGE)
  expect(html).toContain('<fieldset class="bare-fields" disabled')
  expect(html).not.toContain('type="file"')
  expect((await post(PAGE, 'save', form)).status).toBe(403)
  expect((await upload(pngOf(60, 40))).status).toBe(403)
  expect(rows()).toBe(0)
  as('cashier')
  for (const path of [PAGE, `${PAGE}/poster`, PREVIEW, '/portal-pictures/x'])
    expect((await visit(path)).status, path).toBe(403)
})

test('a picture is put on, shown, and taken off', async () => {
  const { as, upload, page, visit, post, set } = desk()
  as('owner')
  expect((await upload(pngOf(60, 40))).headers.get('location')).toBe(`${PAGE}?said=picture`)
  const [{ sha256 } = { sha256: '' }] = set().pictures
  expect(await page(PAGE)).toContain(`/portal-pictures/${sha256}`)
  expect(await page(PREVIEW)).toContain(`/portal-pictures/${sha256}`)
  const sent = await visit(`/portal-pictures/${sha256}`)
  expect(sent.headers.get('content-type')).toBe('image/png')
  expect(Buffer.from(await sent.arrayBuffer())).toEqual(pngOf(60, 40))
  await post(PAGE, 'remove', { kind: 'logo', location: 'all' })
  expect(set().pictures).toEqual([])
  expect((await visit(`/portal-pictures/${sha256}`)).status).toBe(404)
})

test.each([
  ['that is a page', Buffer.from('<html><script>alert(1)</script>'), 'no whole picture of a kind'],
  ['that is too large', pngOf(60, 40, 34_000), 'has 34.1 kB, and there is room for 30 kB'],
  ['that a camera took', Buffer.alloc(4_000_000, 'x'), 'has 4000 kB, and there is room for 30 kB'],
  ['of too many pixels', pngOf(1001, 2), '1001 × 2 pixels'],
  ['that was not chosen', Buffer.alloc(0), 'Choose a picture first'],
])('a picture %s is refused in words', async (_, octets, sentence) => {
  const { as, upload, rows } = desk()
  as('owner')
  const answer = await upload(octets)
  expect(answer.status).toBe(422)
  expect(await answer.text()).toContain(sentence)
  expect(rows()).toBe(0)
})

test('with more than one router each can differ, and says so', async () => {
  const { as, page, post, site, set } = desk()
  as('owner')
  const add = (name: string, address: string) =>
    site.must(addRouter, { name, address, secret: 'a-long-shared-secret' }).id
  const tower = add('tower', '192.168.88.2')
  expect(await page(PAGE)).not.toContain(`location=${tower}`)
  add('market', '192.168.88.3')
  expect(await page(PAGE)).toContain(`href="${PAGE}?location=${tower}"`)
  await post(PAGE, 'save', form)
  const own = { ...form, location: tower, wifiName: 'Tower' }
  expect((await post(PAGE, 'save', own)).headers.get('location')).toBe(`${PAGE}?location=${tower}&said=saved`)
  expect(set().settings.wifiName).toBe('Lakeview')
  const html = await page(`${PAGE}?location=${tower}`)
  expect(html).toContain('Only what you change here differs at tower')
  expect(html).toContain('value="Tower"')
  site.must(setPicture, { kind: 'logo', data: pngOf(60, 40).toString('base64') })
  expect(await page(`${PAGE}?location=${tower}`)).toContain('as everywhere')
})

test('the poster has a code for the Wi-Fi and one for the page, in both languages', async () => {
  const { as, page, site } = desk()
  as('owner')
  expect(await page(`${PAGE}/poster`)).toContain('The name of the Wi-Fi is not set')
  site.must(setPortal, { wifiName: 'Lakeview', support: { phone: '+254712345678' } })
  const html = await page(`${PAGE}/poster`)
  expect(html.match(/class="qr"/g)).toHaveLength(2)
  for (const word of ['Scan to join the Wi-Fi', 'Skani ili kujiunga na Wi-Fi', '192.168.88.10'])
    expect(html).toContain(word)
  expect(html).toMatch(/Help \/ Msaada: <b>\+254\s712\s345\s678/)
  expect(await page(`${PAGE}/poster?address=javascript:alert(1)`)).toContain('begins with http:// or https://')
})

test('no link of it leads nowhere', async () => {
  const { as, deadLinks } = desk()
  as('owner')
  expect([...(await deadLinks(PAGE)), ...(await deadLinks(`${PAGE}/poster`))]).toEqual([])
})
