import { ok } from '@lango/kernel'
import {
  addRouter,
  listControls,
  listHotspots,
  setControl,
  setHotspot,
  type HotspotStatus,
} from '@lango/modules/network'
import { expect, test } from 'vitest'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const PAGE = '/routers/tower/control'
const form = { interface: 'vlan30', network: '10.30.0.0/20', box: '', openNames: 'pay.bank.example\n' }

const desk = (hotspot?: HotspotStatus) => {
  const pushed: unknown[] = []
  const made = deskUnderTest({
    others: {
      'routers.push': (input) => {
        pushed.push(input)
        return ok({})
      },
      'routers.controlled': () =>
        ok([
          {
            routerId: made.site.query(listControls, {})[0]?.id,
            customers: 0,
            active: 0,
            troubles: [],
            troubleCount: 0,
            hotspot,
          },
        ]),
    },
  })
  const { must, query } = made.site
  must(addRouter, { name: 'tower', address: '192.168.88.1', secret: 'the-secret-of-the-router' })
  must(setControl, { name: 'tower', password: 'of-mine' })
  return { ...made, pushed, hotspots: () => query(listHotspots, {}), kept: () => must(setHotspot, { name: 'tower' }) }
}

test('the box is told to keep a hotspot, and the script then gives its user what that takes', async () => {
  const { as, page, post, hotspots } = desk()
  as('owner')
  const before = await page(PAGE)
  expect(before).toContain('Keep its hotspot')
  expect(before).not.toContain('sensitive')
  const saved = await post(PAGE, 'hotspot', form)
  expect(saved.headers.get('location')).toBe('/routers/tower/control?said=hotspot#hotspot')
  expect(hotspots()).toMatchObject([
    { interface: 'vlan30', network: '10.30.0.0/20', box: null, openNames: ['pay.bank.example'] },
  ])
  expect(await page(PAGE)).toContain('policy=read,write,api,ftp,test,sensitive')
})

test.each([
  ['interface', 'a"b', /Write the name as the router has it/],
  ['network', '10.30.0.0/30', /Write a network/],
  ['box', 'portal.example', /Write an IPv4 address/],
  ['openNames', 'https://bank.example', /This is no host name/],
  ['openNames', 'captive.apple.com', /Phones ask for captive\.apple\.com/],
])('what is wrong in %s is said, and nothing is kept', async (name, value, sentence) => {
  const { as, post, hotspots } = desk()
  as('owner')
  expect(await (await post(PAGE, 'hotspot', { ...form, [name]: value })).text()).toMatch(sentence)
  expect(hotspots()).toEqual([])
})

test('how it goes is told: in order, a row in the way, the router’s own words', async () => {
  const at = { keptAt: 0, changedAt: 0 }
  const good = desk({ isLeaving: false, troubles: [], ...at })
  good.kept()
  good.as('owner')
  expect(await good.page(PAGE)).toMatch(/Hotspot.*As it should be/s)
  const troubles = [
    { what: 'taken', menu: '/ip/hotspot', name: 'lango-hotspot', said: '' },
    { what: 'refused', menu: '/radius', name: 'radius', said: '<b>not enough permissions</b>' },
    { what: 'page', menu: '/file', name: 'login.html', said: 'failure' },
    { what: 'unready', menu: '', name: '', said: '' },
  ] as const
  const bad = desk({ isLeaving: false, troubles })
  bad.kept()
  bad.as('owner')
  const html = await bad.page(PAGE)
  for (const part of ['Not as it should be', 'A row of your own is in the way: lango-hotspot', 'login.html'])
    expect(html).toContain(part)
  expect(html).toContain('&lt;b>not enough permissions')
  expect(html).not.toMatch(/undefined|\[object/)
})

test('it is pushed, taken off, or left there', async () => {
  const { as, post, pushed, hotspots, kept } = desk()
  kept()
  as('owner')
  await post(PAGE, 'push', {})
  expect(pushed).toEqual([{ name: 'tower' }])
  await post(PAGE, 'hotspotOff', {})
  expect(hotspots()).toMatchObject([{ status: 'leaving' }])
  await post(PAGE, 'hotspotLeave', {})
  expect(hotspots()).toEqual([])
})

test('whoever may only look sees it and changes nothing', async () => {
  const { as, page, post, hotspots, kept } = desk({ isLeaving: false, troubles: [], keptAt: 0 })
  kept()
  as('viewer')
  const html = await page(PAGE)
  expect(html).toContain('bridge-hotspot')
  expect(html).not.toContain('Push now')
  for (const deed of ['hotspot', 'push', 'hotspotOff', 'hotspotLeave'])
    expect((await post(PAGE, deed, form)).status).toBe(403)
  expect(hotspots()).toMatchObject([{ status: 'kept' }])
})
