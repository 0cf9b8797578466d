import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { addRouter, network } from '../network/index.ts'
import { createPortalLook, portal, removePicture, setPicture, setPortal, showPortal } from './index.ts'
import { newPortal } from './rules.ts'
import { fiveByThree, pngOf } from './testing/pictures.ts'

const shop = () => {
  const site = memorySite([network, portal])
  const { id: router } = site.must(addRouter, {
    name: 'tower',
    address: '192.168.88.2',
    secret: 'a-long-shared-secret',
  })
  const rows = () => site.count({ name: 'portal_settings' }) + site.count({ name: 'portal_pictures' })
  return { ...site, router, rows, look: createPortalLook(site.database.raw) }
}
const png = (...size: Parameters<typeof pngOf>) => pngOf(...size).toString('base64')

test('where nothing was set the defaults hold', () => {
  const { look, query } = shop()
  expect(look()).toMatchObject({ ...newPortal, pictures: {} })
  expect(query(showPortal, {})).toEqual({ settings: newPortal, pictures: [] })
})

test('what is given changes, each language by itself; the rest stays', () => {
  const { must, look, query } = shop()
  must(setPortal, { welcome: { en: ' Karibu to Lakeview ' }, bundlesMax: 4 })
  must(setPortal, { welcome: { sw: 'Karibu Lakeview' }, support: { phone: '+254712345678' } })
  const set = {
    ...newPortal,
    welcome: { en: 'Karibu to Lakeview', sw: 'Karibu Lakeview' },
    support: { phone: '+254712345678', whatsapp: '' },
    bundlesMax: 4,
  }
  expect(query(showPortal, {}).settings).toEqual(set)
  expect(look()).toMatchObject(set)
  must(setPortal, { welcome: { en: '' }, announcementUntil: 1_800_000_000_000 })
  must(setPortal, { announcementUntil: null })
  expect(look()).toMatchObject({ ...set, welcome: { en: '', sw: 'Karibu Lakeview' } })
})

test('a router’s own stands over the whole box’s, which it follows in all else', () => {
  const { must, look, router, query } = shop()
  must(setPortal, { wifiName: 'Lakeview', bundlesMax: 4 })
  must(setPortal, { location: router, wifiName: 'Market', bundlesMax: 4 })
  must(setPortal, { bundlesMax: 8 })
  expect(look(router)).toMatchObject({ wifiName: 'Market', bundlesMax: 8 })
  expect(query(showPortal, { location: router }).settings).toMatchObject({ wifiName: 'Market', bundlesMax: 8 })
  expect(look()).toMatchObject({ wifiName: 'Lakeview', bundlesMax: 8 })
  // What is as everywhere again follows again.
  must(setPortal, { location: router, wifiName: 'Lakeview' })
  must(setPortal, { wifiName: 'Shore' })
  expect(look(router).wifiName).toBe('Shore')
  expect(look('rtr_gone').wifiName).toBe('Shore')
})

test.each([
  [{ welcome: { en: 'x'.repeat(161) } }, 'welcome.en'],
  [{ welcome: { sw: 'two\nlines' } }, 'welcome.sw'],
  [{ announcement: { en: 'x'.repeat(281) } }, 'announcement.en'],
  [{ announcementUntil: -1 }, 'announcementUntil'],
  [{ terms: { sw: 'x'.repeat(8001) } }, 'terms.sw'],
  [{ support: { phone: '0712345678' } }, 'support.phone'],
  [{ support: { whatsapp: 'call us' } }, 'support.whatsapp'],
  [{ background: 'red' }, 'background'],
  [{ colour: '#0f766e;}' }, 'colour'],
  [{ bundlesMax: 0 }, 'bundlesMax'],
  [{ bundlesMax: 13 }, 'bundlesMax'],
  [{ loginHosts: ['http://10.5.50.1'] }, 'loginHosts.0'],
  [{ loginHosts: ['login.example/x'] }, 'loginHosts.0'],
  [{ loginHosts: ['-a.example'] }, 'loginHosts.0'],
  [{ loginHosts: Array.from({ length: 21 }, (_, at) => `h${at}`) }, 'loginHosts'],
  [{ venueInfoUrl: 'http://venue.example' }, 'venueInfoUrl'],
  [{ venueInfoUrl: 'javascript:alert(1)' }, 'venueInfoUrl'],
  [{ wifiName: 'x'.repeat(33) }, 'wifiName'],
  // Thirty-two octets are sixteen of these.
  [{ wifiName: 'é'.repeat(17) }, 'wifiName'],
])('what cannot be is refused, by the field: %j', (input, path) => {
  const { dispatch, rows } = shop()
  const done = dispatch(setPortal, { wifiName: 'Lakeview', ...input })
  expect(done).toMatchObject({ error: { type: 'InputInvalid', problems: [{ path }] } })
  expect(rows()).toBe(0)
})

test('lines as browsers send them count as one each', () => {
  const { must, look } = shop()
  must(setPortal, { terms: { en: `${'x\r\n'.repeat(3999)}xx\r\n` } })
  expect(look().terms.en).toHaveLength(8000)
})

test('names and addresses of login pages are told in small letters', () => {
  const { must, look } = shop()
  must(setPortal, { loginHosts: ['Hotspot.ISP.example', '10.5.50.1'] })
  expect(look().loginHosts).toEqual(['hotspot.isp.example', '10.5.50.1'])
})

test.each([
  // Between black and white neither can be read well enough.
  [{ background: '#777777' }, { type: 'BackgroundUnfit', colour: '#777777', contrast: 4.4 }],
  [{ background: '#0f766e' }, { type: 'BackgroundUnfit', colour: '#0f766e', contrast: 5.4 }],
  [{ colour: '#f00000' }, { type: 'ColourUnfit', colour: '#f00000', contrast: 4.4 }],
])('a colour on which nothing can be read is refused: %j', (input, error) => {
  const { dispatch, rows } = shop()
  expect(dispatch(setPortal, input)).toEqual({ ok: false, error })
  expect(rows()).toBe(0)
})

test('a colour that can be read on is taken', () => {
  const { must, look } = shop()
  must(setPortal, { background: '#FFF8E1', colour: '#0F766E' })
  expect(look()).toMatchObject({ background: '#fff8e1', colour: '#0f766e' })
})

test('a picture is kept, told without its octets, and read by what it holds', () => {
  const { must, look, query } = shop()
  const { sha256 } = must(setPicture, { kind: 'logo', data: png(60, 40) })
  const note = { type: 'image/png', sha256, width: 60, height: 40 }
  expect(look().pictures).toEqual({ logo: note })
  expect(look().picture(sha256)).toEqual({ type: 'image/png', sha256, bytes: pngOf(60, 40) })
  expect(look().picture('of nothing')).toBeUndefined()
  expect(query(showPortal, {}).pictures).toEqual([
    { location: 'all', kind: 'logo', bytes: pngOf(60, 40).length, ...note },
  ])
  must(setPicture, { kind: 'logo', data: fiveByThree.webp })
  expect(look().pictures.logo).toMatchObject({ type: 'image/webp', width: 5 })
  expect(look().picture(sha256)).toBeUndefined()
  must(removePicture, { kind: 'logo' })
  expect(look().pictures).toEqual({})
})

test('a router’s own picture stands in the place of the whole box’s', () => {
  const { must, look, router } = shop()
  must(setPicture, { kind: 'logo', data: png(60, 40) })
  must(setPicture, { kind: 'background', data: fiveByThree.jpeg })
  must(setPicture, { location: router, kind: 'logo', data: png(30, 20) })
  expect(look(router).pictures).toMatchObject({ logo: { width: 30 }, background: { width: 5 } })
  expect(look().pictures).toMatchObject({ logo: { width: 60 } })
  must(removePicture, { location: router, kind: 'logo' })
  expect(look(router).pictures).toMatchObject({ logo: { width: 60 } })
})

const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
test.each([
  ['a page', Buffer.from('<html><script>alert(1)</script>'), { type: 'PictureUnreadable' }],
  ['SVG', SVG, { type: 'PictureUnreadable' }],
  [
    'more than 30 kB',
    pngOf(60, 40, 30_000),
    { type: 'PictureTooLarge', kind: 'logo', kilobytes: 30.1, kilobytesMax: 30 },
  ],
  ['too many pixels', pngOf(1001, 2), { type: 'PictureTooWide', width: 1001, height: 2, pixelsMax: 1000 }],
])('a logo that is %s is refused', (_, octets, error) => {
  const { dispatch, rows } = shop()
  expect(dispatch(setPicture, { kind: 'logo', data: octets.toString('base64') })).toEqual({ ok: false, error })
  expect(rows()).toBe(0)
})

test('what is no base64, or of no kind, is refused', () => {
  const { dispatch, rows } = shop()
  expect(dispatch(setPicture, { kind: 'logo', data: '<html>' })).toMatchObject({ error: { type: 'InputInvalid' } })
  expect(dispatch(setPicture, { kind: 'flag' as 'logo', data: png(1, 1) })).toMatchObject({
    error: { type: 'InputInvalid' },
  })
  expect(rows()).toBe(0)
})

test('both pictures together leave room for the page', () => {
  const { must, dispatch, router, count } = shop()
  must(setPicture, { kind: 'logo', data: png(60, 40, 25_000) })
  const background = { kind: 'background', data: png(60, 40, 15_000) } as const
  expect(dispatch(setPicture, background)).toMatchObject({
    error: { type: 'PictureTooLarge', kilobytes: 15.1, kilobytesMax: 14.9 },
  })
  expect(dispatch(setPicture, { ...background, location: router })).toMatchObject({ ok: false })
  expect(count({ name: 'portal_pictures' })).toBe(1)
  must(removePicture, { kind: 'logo' })
  must(setPicture, background)
})

test('a place that is not there has no settings and no picture', () => {
  const { dispatch, rows } = shop()
  const location = 'rtr_of_nobody'
  const error = { type: 'LocationUnknown', location }
  expect(dispatch(setPortal, { location, wifiName: 'x' })).toEqual({ ok: false, error })
  expect(dispatch(setPicture, { location, kind: 'logo', data: png(1, 1) })).toEqual({ ok: false, error })
  expect(dispatch(removePicture, { location, kind: 'logo' })).toMatchObject({ error: { type: 'PictureMissing' } })
  expect(rows()).toBe(0)
})

test('the audit log tells which picture, and does not hold it', () => {
  const { must, database } = shop()
  const { sha256 } = must(setPicture, { kind: 'logo', data: png(60, 40) })
  const { record } = database.raw
    .prepare<[], { record: string }>("SELECT record FROM audit WHERE command = 'portal.setPicture'")
    .get()!
  expect(JSON.parse(record)).toEqual({ location: 'all', kind: 'logo', sha256 })
})
