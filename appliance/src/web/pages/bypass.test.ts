import { addBypasses, listBypasses } from '@lango/modules/bypass'
import { addRouter } from '@lango/modules/network'
import { addPlan } from '@lango/modules/plans'
import { expect, test } from 'vitest'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const TV = '8A:B3:A0:EB:D5:E7'
const form = { devices: `${TV} Lobby TV\n8ab3a0ebd5e8, Till\n`, plan: 'Screen', until: '', routers: 'tower' }

const desk = () => {
  const made = deskUnderTest()
  const { must, query } = made.site
  must(addRouter, { name: 'tower', address: '192.168.88.1', secret: 'the-secret-of-the-router' })
  must(addPlan, { name: 'Screen', kind: 'mac', policy: { downKbps: 8000, upKbps: 2000 } })
  return { ...made, list: () => query(listBypasses, {}) }
}

test('pasted lines become devices, and the page says that an address can be copied', async () => {
  const { as, page, post, list } = desk()
  as('owner')
  expect(await page('/bypass')).toContain('An address can be copied')
  const saved = await post('/bypass', 'add', form)
  expect(saved.headers.get('location')).toBe('/bypass?said=added')
  expect(list()).toMatchObject([
    { name: 'Lobby TV', mac: TV, plan: 'Screen', untilAt: null },
    { name: 'Till', mac: '8A:B3:A0:EB:D5:E8' },
  ])
  expect(await page('/bypass')).toMatch(/Lobby TV.*Screen.*for ever.*tower/s)
})

test.each([
  ['devices', 'Lobby TV', /This line cannot be read: Lobby TV/],
  ['devices', '', /This line cannot be read/],
  ['devices', Array.from({ length: 101 }, () => `${TV} x`).join('\n'), /at most 100/],
  ['until', '2020-01-01', /Choose a day from today on/],
  ['routers', 'nowhere', /No router is called nowhere/],
  ['plan', 'Nothing', /No plan is called Nothing/],
])('what is wrong in %s is said, and nobody is put on the list', async (name, value, sentence) => {
  const { as, post, list } = desk()
  as('owner')
  expect(await (await post('/bypass', 'add', { ...form, [name]: value })).text()).toMatch(sentence)
  expect(list()).toEqual([])
})

test('a device is changed and taken off; its page then says that it is gone', async () => {
  const { as, page, post, list, site } = desk()
  site.must(addBypasses, { devices: [{ name: 'Lobby TV', mac: TV }] })
  as('owner')
  const path = `/bypass/${encodeURIComponent(TV)}`
  expect(await page(path)).toContain('Change Lobby TV')
  await post(path, 'save', { name: 'Bar TV', plan: 'Screen', until: '2099-12-31', routers: '' })
  expect(list()).toMatchObject([{ name: 'Bar TV', plan: 'Screen', untilAt: Date.UTC(2099, 11, 31, 21) }])
  expect(await page(path)).toContain('value="2099-12-31"')
  await post(path, 'remove', {})
  expect(list()).toEqual([])
})

test('whoever may only look sees the list and changes nothing', async () => {
  const { as, page, post, list, site } = desk()
  site.must(addBypasses, { devices: [{ name: 'Lobby TV', mac: TV }] })
  as('viewer')
  expect(await page('/bypass')).toContain('Lobby TV')
  expect((await post('/bypass', 'add', form)).status).toBe(403)
  expect((await post(`/bypass/${encodeURIComponent(TV)}`, 'remove', {})).status).toBe(403)
  expect(list()).toHaveLength(1)
})
