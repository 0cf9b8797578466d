import { addRouter } from '@lango/modules/network'
import { setPicture, setPortal } from '@lango/modules/portal'
import { plansForSale } from '@lango/modules/payments'
import { expect, test } from 'vitest'
import { pngOf } from '../../modules/portal/testing/pictures.ts'
import { createPortal, languageTemplate, lookStylesheet, pictureAt, previewHome, readLanguage } from './index.ts'
import { portalLimits } from './limits.ts'
import { portalUnderTest } from './testing/portal-under-test.ts'

const HOSTILE = '<script>alert(1)</script>"\'&'

test('what is set at the desk stands on the first page, in the reader’s language, and as text alone', async () => {
  const { get, must } = portalUnderTest()
  must(setPortal, {
    welcome: { en: HOSTILE, sw: 'Karibu Lakeview' },
    announcement: { en: 'Closed on Friday.\nOpen on Saturday.' },
  })
  const { sha256 } = must(setPicture, { kind: 'logo', data: pngOf(60, 40).toString('base64') })
  const english = await (await get('/', { 'accept-language': 'en' })).text()
  expect(english).toContain('&lt;script>alert(1)&lt;/script>')
  expect(english).not.toContain('<script')
  expect(english).toContain('Closed on Friday.<br/>Open on Saturday.')
  expect(english).toContain(`<img class="logo" src="/pictures/${sha256}" width="60" height="40" alt`)
  const swahili = await (await get('/', { 'accept-language': 'sw' })).text()
  expect(swahili).toContain('Karibu Lakeview')
  // What was written in one language only is better than nothing.
  expect(swahili).toContain('Closed on Friday.')
})

test('a router that is called as at the desk has a look of its own, on every page that follows', async () => {
  const { get, must } = portalUnderTest()
  const { id: location } = must(addRouter, { name: 'market', address: '10.0.0.2', secret: 'a-long-shared-secret' })
  must(setPortal, { welcome: { en: 'Everywhere' }, terms: { en: 'Terms of all' } })
  must(setPortal, { location, welcome: { en: 'At the market' }, terms: { en: 'Terms of the market' } })
  const from = (identity: string) => `/?mac=02:00:00:00:00:01&identity=${encodeURIComponent(identity)}`
  const home = await (await get(from('market'))).text()
  expect(home).toContain('At the market')
  const [, terms = ''] = /href="(\/terms[^"]*)"/.exec(home) ?? []
  expect(await (await get(terms)).text()).toContain('Terms of the market')
  for (const other of ['tower', '', "market' OR '1'='1", 'x'.repeat(5000)])
    expect(await (await get(from(other))).text()).toContain('Everywhere')
})

test('the stylesheets of several places are served side by side', async () => {
  const sheets = new Map(['market', 'shore'].map((router) => [router, `/* ${router} */`]))
  const portal = portalUnderTest()
  const app = createPortal({
    ...portal.deps,
    look: (router = '') => ({ ...portal.look(), stylesheet: sheets.get(router) ?? '' }),
  })
  const ask = async (path: string) => (await app.request(path, { headers: { host: '192.168.88.10' } })).text()
  const addressOf = async (router: string) =>
    /href="(\/assets\/brand-[^"]+)"/.exec(await ask(`/?mac=02:00:00:00:00:01&identity=${router}`))?.[1]
  const [market, shore] = [await addressOf('market'), await addressOf('shore')]
  expect(await ask(market!)).toBe('/* market */')
  expect(await ask(shore!)).toBe('/* shore */')
  expect(await addressOf('')).toBeUndefined()
})

test('an announcement ends by itself', async () => {
  const { get, must, clock } = portalUnderTest()
  must(setPortal, { announcement: { en: 'Closed today.' }, announcementUntil: clock.now() + 1000 })
  expect(await (await get('/')).text()).toContain('Closed today.')
  clock.advance(1000)
  expect(await (await get('/')).text()).not.toContain('Closed today.')
})

test('a picture is sent by what it holds, to be kept for good; nothing else is', async () => {
  const { get, must } = portalUnderTest()
  const { sha256 } = must(setPicture, { kind: 'logo', data: pngOf(60, 40).toString('base64') })
  const answer = await get(pictureAt(sha256))
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(pngOf(60, 40))
  expect(answer.headers.get('content-type')).toBe('image/png')
  expect(answer.headers.get('cache-control')).toContain('immutable')
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect((await get(pictureAt('none'))).status).toBe(404)
})

test('only so many bundles stand on the first screen; the others are a touch away', async () => {
  const { get, must, plan } = portalUnderTest()
  for (const name of ['One', 'Two', 'Three']) plan(name, 1000)
  must(setPortal, { bundlesMax: 2 })
  const count = (html: string): number => html.match(/class="button bundle"/g)?.length ?? 0
  const first = await (await get('/')).text()
  expect(count(first)).toBe(2)
  expect(first).toContain('href="/?all=1"')
  expect(count(await (await get('/?all=1')).text())).toBe(3)
})

test('terms are paragraphs, and help is a touch away', async () => {
  const { get, must, clock } = portalUnderTest()
  expect(await (await get('/terms')).text()).toContain('has written no terms')
  must(setPortal, {
    terms: { en: `One.\n\n\n${HOSTILE}` },
    support: { phone: '+254712345678', whatsapp: '+254711111111' },
  })
  clock.advance(portalLimits.offerLifeMs)
  const terms = await (await get('/terms')).text()
  expect(terms).toContain('<p>One.</p><p>&lt;script>')
  expect(terms).not.toContain('<script')
  const help = await (await get('/help')).text()
  expect(help).toContain('href="tel:+254712345678"')
  expect(help).toContain('href="https://wa.me/254711111111"')
})

test('phones are told of the place, and people are sent to login pages that are listed', async () => {
  const { get, must, clock } = portalUnderTest()
  const login = (host: string) =>
    `/?mac=02:00:00:00:00:01&link-login-only=${encodeURIComponent(`https://${host}/login`)}`
  const mayLeadTo = async (host: string) =>
    (await get(login(host))).headers.get('content-security-policy')!.includes(`https://${host}`)
  expect(await mayLeadTo('hotspot.isp.example')).toBe(false)
  must(setPortal, { venueInfoUrl: 'https://venue.example/', loginHosts: ['hotspot.isp.example'] })
  clock.advance(portalLimits.offerLifeMs)
  expect(await mayLeadTo('hotspot.isp.example')).toBe(true)
  expect(await (await get('/captive-portal/api')).json()).toMatchObject({ 'venue-info-url': 'https://venue.example/' })
})

test('a background of the place’s own is written on in what can be read there', () => {
  expect(lookStylesheet({ colour: '', background: '' }, '')).toBe('')
  expect(lookStylesheet({ colour: '', background: '#fff8e1' }, '')).toContain('  color: #121918;')
  expect(lookStylesheet({ colour: '', background: '#002b28' }, '')).toContain('  color: #ffffff;')
  const all = lookStylesheet({ colour: '#7a1fa2', background: '#fff8e1' }, '/pictures/abc')
  expect(all).toContain('url("/pictures/abc")')
  expect(all).toContain('--brand: #7a1fa2;')
})

test('a preview is the first page of that look, and leads nowhere', () => {
  const { plan, query, must, clock, look } = portalUnderTest()
  plan('Hour', 2000)
  must(setPortal, { welcome: { sw: 'Karibu Lakeview' } })
  const html = previewHome(look(), {
    lang: 'sw',
    timeZone: 'Africa/Nairobi',
    now: clock.now(),
    offer: {
      bundles: query(plansForSale, {}),
      open: [],
      hasCodes: false,
      isSetUp: true,
      isCut: false,
      hasFree: false,
      hasNews: false,
    },
    stylesheets: ['/gate.css', '/look.css'],
    pictureAt,
  })
  expect(html).toContain('<html lang="sw">')
  expect(html).toContain('Karibu Lakeview')
  expect(html).toContain('Hour')
  for (const address of ['/gate.css', '/look.css']) expect(html).toContain(`<link rel="stylesheet" href="${address}"`)
  expect(html).toContain('<base target="_blank"')
})

test('with the largest pictures, long words and many bundles the first page stays under 50 kB', async () => {
  const { get, plan, must, look } = portalUnderTest()
  for (let at = 0; at < 12; at++) plan(`A bundle for a day ${at}`, 5000)
  const both = (text: string) => ({ en: text, sw: text })
  must(setPortal, { welcome: both('w'.repeat(160)), announcement: both('a'.repeat(280)), bundlesMax: 12 })
  const picture = (octets: number) => pngOf(60, 40, octets - pngOf(60, 40).length - 12).toString('base64')
  const logo = must(setPicture, { kind: 'logo', data: picture(12_000) })
  const background = must(setPicture, { kind: 'background', data: picture(28_000) })
  const html = await (await get('/')).text()
  const [, gate = ''] = /href="(\/assets\/gate-[^"]+)"/.exec(html) ?? []
  const sheet = await (await get(gate)).text()
  const own = lookStylesheet(
    { ...look().portal, colour: '#7a1fa2', background: '#fff8e1' },
    pictureAt(background.sha256),
  )
  expect(html.length + sheet.length + own.length + logo.bytes + background.bytes).toBeLessThan(50_000)
})

test('a language that the site has added is spoken: as it is asked for, chosen, and written the other way round', async () => {
  const { get, added } = portalUnderTest()
  const file = JSON.parse(languageTemplate('en')) as { words: Record<string, unknown> }
  const words = { ...file.words, title: '<b>اتصل</b>', voucherTitle: 'قسيمتك' }
  const read = readLanguage('ar', JSON.stringify({ name: 'العربية', rightToLeft: true, words }))
  const before = await (await get('/', { 'accept-language': 'ar-EG,en' })).text()
  expect(before).toContain('<html lang="en">')
  if (read.ok) added.languages = [read.value.language]
  const html = await (await get('/', { 'accept-language': 'ar-EG,en' })).text()
  expect(html).toContain('<html lang="ar" dir="rtl">')
  expect(html).toContain('&lt;b>اتصل&lt;/b>')
  expect(html).toContain('<b lang="ar">العربية</b>')
  const swahili = await (await get('/', { 'accept-language': 'sw' })).text()
  const [, chosen = ''] = /<a lang="ar" href="([^"]+)"/.exec(swahili) ?? []
  const page = await (await get(chosen.replace('/?', '/voucher?'))).text()
  expect(page).toContain('<h1>قسيمتك</h1>')
})
