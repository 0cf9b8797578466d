import { addWebhook, listDeliveries, listWebhooks, setWebhook, testWebhook } from '@lango/modules/webhooks'
import { webhookDeliveries, webhookEndpoints } from '@lango/modules/webhooks/tables'
import { expect, test } from 'vitest'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const url = 'https://crm.example/hook?key=abc'
const ownSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

const desk = () => {
  const made = deskUnderTest()
  const { site } = made
  const add = (more: object = {}) => site.must(addWebhook, { url, ...more })
  /** A test that was sent to it, in a state that the receiver has brought it to. */
  const sent = (number: number, became: Partial<(typeof webhookDeliveries.site)['$inferInsert']> = {}): number => {
    const { delivery } = site.must(testWebhook, { number })
    site.database.orm
      .update(webhookDeliveries.site)
      .set({ nextAt: site.clock.now(), ...became })
      .run()
    return delivery
  }
  const webhooks = () => site.query(listWebhooks, {})
  return { ...made, add, sent, webhooks }
}

const problemOf = (page: string, field: string) => new RegExp(`id="${field}-error">([^<]*)`).exec(page)?.[1]
const checkedIn = (page: string) =>
  [...page.matchAll(/name="event" value="([^"]+)"([^>]*)/g)].filter(([, , rest]) => rest?.includes('checked')).length

test('an address is added, its secret told this once, and it stands in no page after that', async () => {
  const { as, page, post, webhooks } = desk()
  as('technician')
  expect(await page('/settings/webhooks')).toContain('Nobody is told of anything')
  const added = await (await post('/settings/webhooks', 'add', { url, event: ['voucher.sold', 'voucher.used'] })).text()
  const [, secret = ''] = /id="secret">(whsec_[^<]+)</.exec(added) ?? []
  expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32)
  expect(webhooks()).toMatchObject([{ number: 1, url, events: ['voucher.sold', 'voucher.used'], status: 'active' }])
  for (const address of ['/settings/webhooks', '/settings/webhooks/1', '/settings/webhooks/1?tab=change']) {
    const shown = await page(address)
    expect(shown).toContain('crm.example')
    expect(shown).not.toContain(secret)
  }
})

test('a form sent twice adds one address, and the second answer tells no secret', async () => {
  const { as, visit, webhooks } = desk()
  as('owner')
  const body = new URLSearchParams({ do: 'add', once: 'the-very-same-form-twice', url, event: 'voucher.sold' })
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://localhost' }
  const send = () => visit('/settings/webhooks', { method: 'POST', body: body.toString(), headers })
  await send()
  const again = await send()
  expect(again.status).toBe(422)
  expect(await again.text()).not.toMatch(/whsec_[A-Za-z0-9]/)
  expect(webhooks()).toHaveLength(1)
})

test.each([
  ['url', { url: '' }, 'Write where'],
  ['url', { url: 'crm.example' }, 'Write an address'],
  ['url', { url: 'https://me:pw@crm.example' }, 'Leave name and password out'],
  ['url', { url: 'https://crm.example/#top' }, 'Leave out #'],
  ['url', { url: `https://crm.example/${'x'.repeat(600)}` }, 'at most 512'],
  ['event', { event: [] }, 'Choose at least one'],
  ['event', { event: ['no.such'] }, 'Choose at least one'],
  ['secret', { secret: 'whsec_short' }, 'A secret is whsec_'],
])('what cannot be is told beside %s, nothing typed is lost, nothing is added: %j', async (field, wrong, why) => {
  const { as, post, site } = desk()
  as('owner')
  const form = { url, event: ['plan.added', 'voucher.sold'], secret: ownSecret, ...wrong }
  const answer = await post('/settings/webhooks', 'add', form)
  const page = await answer.text()
  expect(answer.status).toBe(422)
  expect(problemOf(page, field)).toContain(why)
  expect(page).toContain(form.url.replaceAll('&', '&amp;'))
  expect(checkedIn(page)).toBe(field === 'event' ? 0 : 2)
  // A typed secret is asked for again, and stands in no page.
  expect(problemOf(page, 'secret')).toBeDefined()
  expect(page).not.toContain(ownSecret)
  expect(site.count(webhookEndpoints)).toBe(0)
})

test('it is paused, resumed, changed and removed, each said', async () => {
  const { as, add, post, page, webhooks, site } = desk()
  as('owner')
  add()
  const deed = async (name: string, fields = {}, query = '') =>
    (await post(`/settings/webhooks/1${query}`, name, fields)).headers.get('location')
  expect(await deed('pause')).toBe('/settings/webhooks/1?said=paused')
  const paused = await page('/settings/webhooks/1?said=paused')
  for (const text of ['Paused', 'events that happen are not kept']) expect(paused).toContain(text)
  expect(paused).not.toContain('value="test"')
  expect(await deed('resume')).toBe('/settings/webhooks/1?said=resumed')
  const change = { url: 'http://10.0.0.5:9000/hook', event: ['session.ended'], secret: ownSecret }
  expect(await deed('save', change, '?tab=change')).toBe('/settings/webhooks/1?said=saved')
  expect(webhooks()).toMatchObject([{ url: change.url, events: change.event, status: 'active' }])
  expect((await post('/settings/webhooks/1?tab=remove', 'remove', { confirm: '2' })).status).toBe(422)
  expect(site.count(webhookEndpoints)).toBe(1)
  expect(await deed('remove', { confirm: '1' }, '?tab=remove')).toBe('/settings/webhooks?said=removed')
  expect(site.count(webhookEndpoints)).toBe(0)
})

test('a test is sent, waited for, and what came of it is shown', async () => {
  const { as, add, sent, post, page } = desk()
  as('owner')
  add()
  expect((await post('/settings/webhooks/1', 'test')).headers.get('location')).toBe('/settings/webhooks/1?said=tested')
  const waited = await page('/settings/webhooks/1?said=tested')
  expect(waited).toContain('http-equiv="refresh"')
  expect(waited).toContain('Not tried yet')
  const body = '{"type":"webhook.test","data":{"name":"<b>\u202eevil"}}'
  sent(1, { state: 'delivered', attempts: 1, httpStatus: 200, tookMs: 34, answer: 'thanks <script>', body })
  const done = await page('/settings/webhooks/1?said=tested')
  expect(done).not.toContain('http-equiv="refresh"')
  for (const text of ['Delivered', 'Answered 200 (34 ms)', 'thanks &lt;script>', '&lt;b>']) expect(done).toContain(text)
  expect(done).not.toContain('\u202e')
})

test('what was given up is sent again, one or all; another state is not', async () => {
  const { as, add, sent, post, page, site } = desk()
  as('technician')
  add()
  const failed = sent(1, { state: 'failed', attempts: 19, httpStatus: 500, error: 'refused' })
  const shown = await page('/settings/webhooks/1')
  for (const text of ['Given up', 'Answered 500. It refused the message.', 'Send again what was given up'])
    expect(shown).toContain(text)
  const again = await post('/settings/webhooks/1', 'retry', { delivery: String(failed) })
  expect(again.headers.get('location')).toBe('/settings/webhooks/1?said=retried')
  expect(site.query(listDeliveries, {})).toMatchObject([{ state: 'waiting', attempts: 0 }])
  const waiting = await post('/settings/webhooks/1', 'retry', { delivery: String(failed) })
  expect([waiting.status, await waiting.text()]).toEqual([422, expect.stringContaining('Only what was given up')])
  site.database.orm.update(webhookDeliveries.site).set({ state: 'failed' }).run()
  expect((await post('/settings/webhooks/1', 'retryAll')).status).toBe(303)
  expect(site.query(listDeliveries, { state: 'waiting' })).toHaveLength(1)
})

test('the log shows one endpoint’s deliveries only, by state and page by page', async () => {
  const { as, add, sent, page, site } = desk()
  as('owner')
  add()
  add({ url: 'https://other.example/' })
  for (let count = 0; count < 55; count++) site.must(testWebhook, { number: 1 })
  sent(2, { state: 'delivered', attempts: 1 })
  site.database.raw.prepare("UPDATE webhook_deliveries SET state = 'failed' WHERE no = 3").run()
  const rows = (shown: string) => [...shown.matchAll(/data-key="(\d+)"/g)].map(([, no]) => Number(no))
  const first = await page('/settings/webhooks/1')
  expect(rows(first)).toHaveLength(50)
  const [, older = ''] = /href="([^"]+)">Older</.exec(first) ?? []
  expect(rows(await page(older.replaceAll('&amp;', '&')))).toEqual([5, 4, 3, 2, 1])
  expect(rows(await page('/settings/webhooks/1?state=failed'))).toEqual([3])
  expect(rows(await page('/settings/webhooks/2'))).toEqual([56])
})

test('one that answered 410 says so and can be resumed', async () => {
  const { as, add, page, post, webhooks, site } = desk()
  as('owner')
  add()
  site.database.orm.update(webhookEndpoints.site).set({ status: 'gone' }).run()
  expect(await page('/settings/webhooks/1')).toContain('answered 410')
  await post('/settings/webhooks/1', 'resume')
  expect(webhooks()[0]?.status).toBe('active')
})

test('who may only read sees all of it and no button; who may not, nothing', async () => {
  const { as, add, page, post, visit, site } = desk()
  add()
  site.must(setWebhook, { number: 1, status: 'active' })
  as(['webhooks.read'])
  for (const path of ['/settings/webhooks', '/settings/webhooks/1', '/settings/webhooks/1?tab=remove'])
    expect(await page(path)).not.toMatch(/<form[^>]* method="post" action="\/settings/)
  for (const deed of ['test', 'pause', 'save', 'remove', 'retry', 'retryAll'])
    expect((await post('/settings/webhooks/1', deed, { confirm: '1' })).status).toBe(403)
  expect(site.count(webhookEndpoints)).toBe(1)
  as('viewer')
  for (const path of ['/settings/webhooks', '/settings/webhooks/1']) expect((await visit(path)).status).toBe(403)
})

test('one that is not there is nothing here, for its deeds too', async () => {
  const { as, visit, post } = desk()
  as('owner')
  expect((await visit('/settings/webhooks/9')).status).toBe(404)
  for (const deed of ['test', 'pause', 'remove']) {
    const answer = await post('/settings/webhooks/9', deed, { confirm: '9' })
    expect(await answer.text()).toContain('There is no such webhook')
  }
})

test('no link of the pages leads nowhere', async () => {
  const { as, add, sent, deadLinks } = desk()
  as('owner')
  add()
  sent(1)
  for (const path of ['/settings/webhooks', '/settings/webhooks/1', '/settings/webhooks/1?tab=change&state=failed'])
    expect(await deadLinks(path)).toEqual([])
})
