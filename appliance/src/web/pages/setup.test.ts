import { expect, test } from 'vitest'
import { currencyDecimals, isTimeZone, parseMoney } from '@lango/kernel'
import { HEALTH_GRANT_NO } from '@lango/modules/access'
import { addRouter } from '@lango/modules/network'
import { changeSettings } from '@lango/modules/settings'
import { packOf, packs } from '@lango/modules/setup'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const KENYA = { country: 'KE', siteName: 'Lakeview', currency: 'KES', timeZone: 'Africa/Nairobi', language: '' }
const TOWER = { name: 'tower', address: '192.168.88.1', vendor: 'mikrotik', coaPort: '3799' }
const BUNDLES = { hour: 'yes', hourPrice: '10', day: 'yes', dayPrice: '50', weekPrice: '250', speed: '5M/2M' }

const owned = () => {
  const made = deskUnderTest()
  made.as('owner')
  const { raw } = made.site.database
  const all = (sql: string) => raw.prepare(sql).all() as Record<string, unknown>[]
  return { ...made, all, to: async (answer: Promise<Response>) => (await answer).headers.get('location') }
}

test('from nothing to ten vouchers, each step leading to the next, and the home page says how far it is', async () => {
  const { post, page, to, all } = owned()
  expect(await page('/')).toContain('Set-up of this box: 1 of 6 done')
  expect(await page('/setup')).toContain('1 of 6 done')

  expect(await page('/setup/place')).not.toContain('name="siteName"')
  const place = await page('/setup/place?country=KE')
  for (const told of ['value="KES"', 'VAT (16 %)', 'M-Pesa', '<option value="Africa/Nairobi" selected'])
    expect(place).toContain(told)
  expect(await to(post('/setup/place', 'save', KENYA))).toBe('/setup/router')

  const script = await to(post('/setup/router', 'add', TOWER))
  expect(script).toBe('/routers/tower/script?service=hotspot&watch=yes&setup=yes')
  expect(await page(script!)).toContain('Go on with setting up the box')
  const router = await page('/setup/router')
  expect(router).toContain('tower')
  expect(router).toContain('http-equiv="refresh"')

  const plans = await page('/setup/plan')
  for (const told of ['KSh', 'value="10"', 'value="50"', 'value="250"', '1 hour']) expect(plans).toContain(told)
  expect(await to(post('/setup/plan', 'make', BUNDLES))).toBe('/setup/vouchers')
  expect(
    all('SELECT name, kind, validity_sec sec, price_minor minor, currency FROM plans ORDER BY price_minor'),
  ).toEqual([
    { name: '1 hour', kind: 'hotspot', sec: 3600, minor: 1000, currency: 'KES' },
    { name: '1 day', kind: 'hotspot', sec: 86_400, minor: 5000, currency: 'KES' },
  ])

  expect(await to(post('/setup/vouchers', 'make', { plan: '1 hour' }))).toBe('/setup/vouchers')
  expect(all('SELECT count(*) n FROM vouchers')).toEqual([{ n: 10 }])
  const vouchers = await page('/setup/vouchers')
  expect(vouchers).toContain('Print them')
  expect(vouchers).toContain('action="/vouchers/1?tab=print"')

  expect(await page('/setup/done')).toContain('5 of 6 done')
  expect(await to(post('/setup/done', 'finish'))).toBe('/')
  expect(await page('/')).not.toContain('Set-up of this box')
  expect(await page('/setup')).not.toContain('Do not show this any more')
})

test('the form of the step prints the vouchers', async () => {
  const { post } = owned()
  await post('/setup/plan', 'make', BUNDLES)
  await post('/setup/vouchers', 'make', { plan: '1 day' })
  const form = { layout: 'a4', from: '1', to: '', brand: 'Lakeview', url: '' }
  const file = await post('/vouchers/1?tab=print', 'print', form)
  expect(file.headers.get('content-type')).toBe('application/pdf')
})

test('whatever is done again makes nothing twice', async () => {
  const { post, all, page } = owned()
  for (let times = 0; times < 2; times++) {
    await post('/setup/place', 'save', KENYA)
    await post('/setup/router', 'add', TOWER)
    await post('/setup/plan', 'make', BUNDLES)
    await post('/setup/vouchers', 'make', { plan: '1 hour' })
  }
  const counts = ['routers', 'plans', 'voucher_batches', 'vouchers'].map((name) =>
    all(`SELECT count(*) n FROM ${name}`),
  )
  expect(counts).toEqual([[{ n: 1 }], [{ n: 2 }], [{ n: 1 }], [{ n: 10 }]])
  expect(await page('/setup/router')).not.toContain('name="address"')
  expect(await page('/setup/router?another=yes')).toContain('name="address"')
})

test('a batch whose vouchers were not made when the power went gets them now', async () => {
  const { post, site, all } = owned()
  await post('/setup/plan', 'make', BUNDLES)
  const { openBatch } = await import('@lango/modules/vouchers')
  site.must(openBatch, { plan: '1 hour', count: 10 })
  await post('/setup/vouchers', 'make', { plan: '1 hour' })
  expect(all('SELECT count(*) n FROM vouchers')).toEqual([{ n: 10 }])
  expect(all('SELECT count(*) n FROM voucher_batches')).toEqual([{ n: 1 }])
})

test.each([
  [{ hourPrice: 'ten' }, 'Write a price such as 10.'],
  [{ hourPrice: '' }, 'Write a price such as 10.'],
  [{ dayPrice: '-5' }, 'Write a price such as 50.'],
  [{ speed: 'fast' }, 'Write a speed such as 5M/2M.'],
  [{ speed: '' }, 'Write a speed such as 5M/2M.'],
])('of bundles that cannot be sold none is: %j', async (wrong, why) => {
  const { post, all } = owned()
  await post('/setup/place', 'save', KENYA)
  const answer = await post('/setup/plan', 'make', { ...BUNDLES, ...wrong })
  expect(answer.status).toBe(422)
  expect(await answer.text()).toContain(why)
  expect(all('SELECT count(*) n FROM plans')).toEqual([{ n: 0 }])
})

test('no bundle at all is told beside the first, and its prices are not told in another currency', async () => {
  const { post, page } = owned()
  expect(await (await post('/setup/plan', 'make', { speed: '5M/2M' })).text()).toContain('Choose one at least')
  await post('/setup/place', 'save', { ...KENYA, currency: 'EUR' })
  expect(await page('/setup/plan')).not.toContain('value="250"')
})

test.each([
  [{ timeZone: 'Africa/Nowhere' }, 'A time zone is named'],
  [{ currency: 'shillings' }, 'A currency is three letters'],
])('a place that is none is told why, and nothing is kept: %j', async (wrong, why) => {
  const { post, all } = owned()
  const answer = await post('/setup/place?country=KE', 'save', { ...KENYA, ...wrong })
  expect(answer.status).toBe(422)
  expect(await answer.text()).toContain(why)
  expect(all('SELECT count(*) n FROM settings')).toEqual([{ n: 0 }])
})

test('another time zone than the running one says that the box starts anew', async () => {
  const { post, to, page } = owned()
  const next = await to(post('/setup/place', 'save', { ...KENYA, timeZone: 'Africa/Kampala' }))
  expect(next).toBe('/setup/router?said=restarts')
  expect(await page(next!)).toContain('starts anew for it by itself')
})

test('steps can be left out, and gone back to', async () => {
  const { page, deadLinks } = owned()
  expect(await page('/setup/router')).toContain('href="/setup/plan"')
  expect(await page('/setup/vouchers')).toContain('First there must be something to sell')
  for (const path of [
    '/setup',
    '/setup/place?country=TZ',
    '/setup/router',
    '/setup/plan',
    '/setup/vouchers',
    '/setup/done',
  ])
    expect([path, await deadLinks(path)]).toEqual([path, []])
})

test('whoever may not set up is neither asked to nor let in', async () => {
  const { as, page, visit, post, all } = owned()
  as('cashier')
  expect(await page('/')).not.toContain('Set-up of this box')
  for (const path of ['/setup', '/setup/place', '/setup/router', '/setup/plan', '/setup/vouchers', '/setup/done'])
    expect([path, (await visit(path)).status]).toEqual([path, 403])
  expect((await post('/setup/plan', 'make', BUNDLES)).status).toBe(403)
  expect(all('SELECT count(*) n FROM plans')).toEqual([{ n: 0 }])
})

test('a box with people online is set up, whatever it has left out; so is one whose owner has had enough', async () => {
  const { site, page, all } = owned()
  site.must(addRouter, { name: 'x', address: '10.0.0.1' })
  expect(await page('/')).toContain('2 of 6')
  site.must(changeSettings, { setUpIsOver: true })
  expect(await page('/')).not.toContain('Set-up of this box')
  expect(all(`SELECT count(*) n FROM settings WHERE id = 'country'`)).toEqual([{ n: 0 }])
})

test.each(['live_sessions', 'session_history'])('that the box tries itself is no first login, in %s', async (table) => {
  const { site, page } = owned()
  const { raw } = site.database
  const columns = raw.prepare(`SELECT name, type FROM pragma_table_info('${table}')`).all() as Record<string, string>[]
  const openSessionOf = (grantNo: number) => {
    const values = columns.map(({ name, type }) => (name === 'grant_no' ? grantNo : type === 'TEXT' ? 'a' : 1))
    raw.prepare(`DELETE FROM ${table}`).run()
    raw.prepare(`INSERT INTO ${table} VALUES (${columns.map(() => '?').join()})`).run(...values)
  }
  openSessionOf(HEALTH_GRANT_NO)
  expect(await page('/setup/done')).toContain('1 of 6 done')
  openSessionOf(7)
  expect(await page('/setup/done')).toContain('2 of 6 done')
})

test('in Swahili nothing is left in English', async () => {
  const { visit } = owned()
  for (const path of [
    '/setup',
    '/setup/place?country=KE',
    '/setup/router',
    '/setup/plan',
    '/setup/vouchers',
    '/setup/done',
  ]) {
    const text = await (await visit(path, { headers: { 'accept-language': 'sw' } })).text()
    for (const english of ['Step ', ' of 6', 'Leave it out', 'All steps', 'Next step', 'done<'])
      expect([path, text]).not.toEqual([path, expect.stringContaining(english)])
  }
})

test.each(packs)('the pack of $country can be used as it stands', ({ country, currency, timeZone, bundles, tax }) => {
  expect(packOf(country).country).toBe(country)
  expect(currencyDecimals(currency)).toBeGreaterThanOrEqual(0)
  expect(timeZone === '' || isTimeZone(timeZone)).toBe(true)
  const prices = bundles.map(({ price }) => parseMoney(price, currency))
  expect(prices.every(({ ok }) => ok)).toBe(true)
  const minors = prices.map((price) => (price.ok ? price.value.minor : 0))
  expect(minors).toEqual(minors.toSorted((a, b) => a - b))
  expect(minors[0]).toBeGreaterThan(0)
  expect(tax === undefined || (tax.percent > 0 && tax.percent < 30)).toBe(true)
})

test('a country without a pack has the one of all others', () => {
  expect(packOf('FR').country).toBe('XX')
  expect(packOf('__proto__').country).toBe('XX')
})
